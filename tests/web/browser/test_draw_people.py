"""Two planners on one draft: seen, never overwritten, locked out where they wish; and nothing lost when a browser goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from gridmap.domain.access import Role
from gridmap.services import reviews
from tests.makers import SIDE
from tests.web.browser.drawing import (
    choose,
    drag,
    draw,
    is_partition,
    layer,
    open_draft,
    shapes,
    snap,
    told,
    tool,
    version,
)  # fmt: skip
from tests.web.filled import STATION

pytestmark = pytest.mark.browser


@pytest.fixture
def number(held, sessions):
    return open_draft(sessions)


@pytest.fixture
def two(origin, number, person):
    """Return the drawing pages of Li and Wang, grid cells in hand."""
    pages = []
    for name in ("李规划", "王规划"):
        page = draw(person(Role.PLANNER, name=name).new_page(), origin, number)
        layer(page, "grid_cell")
        snap(page, on=False)
        pages.append(page)
    return pages


def rename(page, code, name):
    choose(page, code)
    details = page.locator("#draw-zone details[data-open=rename]")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    page.locator("[data-form=rename] [name=name_zh]").fill(name)
    page.locator("[data-form=rename] button").click()


def test_each_sees_who_else_is_there_and_at_which_zone(two):
    li, wang = two
    choose(li, "A1")
    wang.locator("#draw-people", has_text="李规划 · A1").wait_for()
    assert "王规划" not in wang.locator("#draw-people").inner_text()


def test_what_another_changed_comes_by_itself_and_says_who_did_what(two):
    li, wang = two
    wang.locator("#draw-people", has_text="李规划").wait_for()
    rename(li, "B2", "北格")
    version(li, 1)
    wang.locator("#draw-news", has_text="李规划：改名 B2").wait_for()
    expect(wang.locator("#draw-figures tr[data-code=B2]")).to_contain_text("北格", use_inner_text=True)


def test_an_edition_handed_in_meanwhile_can_only_be_looked_at(two, number, sessions):
    li, _ = two
    tool(li, "split")
    with sessions.begin() as session:
        reviews.hand_in(session, STATION, number, by="else", sliver_m=1.0)
    li.locator("#live", has_text="不在草案状态").wait_for()
    expect(li.locator("[data-tool=split]")).to_be_disabled()
    expect(li.locator("[data-tool=select]")).to_have_attribute("aria-pressed", "true")


def test_who_is_logged_out_is_told_so(two):
    li, _ = two
    li.context.clear_cookies()
    li.locator("#draw-offline", has_text="已退出登录").wait_for()


def test_a_double_click_asks_once(two, number):
    li, _ = two
    choose(li, "B2")
    asked: list[str] = []
    li.on("request", lambda request: asked.append(request.url) if request.url.endswith("/edits") else None)
    li.locator("#draw-zone details[data-open=rename] summary").click()
    form = li.locator("[data-form=rename]")
    form.locator("[name=name_zh]").fill("北格")
    form.locator("button").last.dblclick()
    version(li, 1)
    assert len(asked) == 1


def stale(li, wang):
    """Let Wang change the draft, and Li, who has not heard of it, drag a border."""
    li.route("**/draft/presence", lambda route: route.abort())
    li.wait_for_timeout(300)
    choose(li, "A1")
    tool(li, "border")
    rename(wang, "B2", "北格")
    version(wang, 1)
    drag(li, (1, 0.5), (1.1, 0.6))
    li.locator("#draw-conflict").wait_for()


def test_a_stale_change_overwrites_nothing_shows_both_and_can_be_made_again(two, number):
    li, wang = two
    stale(li, wang)
    expect(li.locator("#draw-conflict")).to_contain_text("改名 B2", use_inner_text=True)
    expect(li.locator("#draw-figures tr[data-code=B2]")).to_contain_text("北格", use_inner_text=True)
    assert li.locator(".leaflet-gaps-pane path[stroke-dasharray='3 7']").count() >= 3
    assert li.evaluate("document.activeElement.id") == "draw-conflict-title"
    assert told(li, number)["version"] == 1
    li.locator("#draw-conflict button").first.click()
    version(li, 2)
    draft = told(li, number)
    assert is_partition(draft)
    assert {one["properties"]["name_zh"] for one in draft["cells"]["features"]} >= {"北格"}
    assert shapes(draft, "cells")["A1"].area == pytest.approx(0.575 * SIDE**2, rel=0.03)
    expect(li.locator("#draw-conflict")).to_be_hidden()


def test_a_stale_change_can_be_let_go(two, number):
    li, wang = two
    stale(li, wang)
    li.locator("#draw-conflict button").last.click()
    expect(li.locator("#draw-conflict")).to_be_hidden()
    expect(li.locator(".leaflet-gaps-pane path[stroke-dasharray='3 7']")).to_have_count(0)
    assert told(li, number)["version"] == 1
    assert shapes(told(li, number), "cells")["A1"].area == pytest.approx(0.5 * SIDE**2, rel=1e-6)


def test_a_locked_zone_is_marked_and_nobody_else_changes_it(two, number):
    li, wang = two
    choose(li, "A1")
    lock = li.locator("#draw-zone [data-keep=lock]")
    lock.click()
    li.locator("#draw-figures tr[data-code=A1] .lock").wait_for()
    wang.locator("#draw-figures tr[data-code=A1] .lock").wait_for()
    choose(wang, "A1")
    tool(wang, "border")
    expect(wang.locator(".marker-icon")).to_have_count(0)
    choose(wang, "A2")
    drag(wang, (1, 0.5), (1.1, 0.6))
    wang.locator("#live", has_text="已被锁定").wait_for()
    assert told(wang, number)["version"] == 0
    wang.wait_for_selector('html[data-draw-version="0"]', state="attached")
    lock.click()
    li.locator("#draw-figures tr[data-code=A1] .lock").wait_for(state="detached")


def test_a_closed_browser_loses_nothing_and_undo_reaches_behind_it(origin, number, person):
    first = person(Role.PLANNER, name="李规划")
    page = draw(first.new_page(), origin, number)
    layer(page, "grid_cell")
    snap(page, on=False)
    before = {code: shape.wkb for code, shape in shapes(told(page, number), "cells").items()}
    choose(page, "A1")
    tool(page, "border")
    drag(page, (1, 0.5), (1.1, 0.6))
    version(page, 1)
    first.close()
    page = draw(person(Role.PLANNER, name="王规划").new_page(), origin, number)
    expect(page.locator("#draw-version")).to_have_text("版本 1", use_inner_text=True)
    page.locator("#draw-history summary").click()
    page.locator("#draw-history li", has_text="移动边界").wait_for()
    page.locator("#draw-undo").click()
    version(page, 2)
    assert {code: shape.wkb for code, shape in shapes(told(page, number), "cells").items()} == before


def test_the_history_leads_back_to_any_state(origin, number, person):
    page = draw(person(Role.PLANNER).new_page(), origin, number)
    layer(page, "grid_cell")
    for n, name in enumerate(("甲", "乙", "丙"), start=1):
        rename(page, "A1", name)
        version(page, n)
    page.locator("#draw-history > summary").click()
    page.locator("#draw-history li").nth(3).wait_for()
    page.locator("#draw-history li").nth(2).locator("button").click()
    version(page, 4)
    expect(page.locator("#draw-figures tr[data-code=A1]")).to_contain_text("甲", use_inner_text=True)
    page.locator("#draw-history li.undone").first.wait_for()
    page.locator("#draw-history li", has_text="打开草案").locator("button").click()
    version(page, 5)
    expect(page.locator("#draw-figures tr[data-code=A1]")).to_contain_text("A1格", use_inner_text=True)
