"""The drawing page without a mouse: by keyboard alone, and by finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from gridmap.domain.access import Role
from tests.makers import SIDE
from tests.web.browser.drawing import (
    choose,
    degrees,
    draw,
    is_partition,
    layer,
    open_draft,
    pixel,
    shapes,
    snap,
    told,
    tool,
    version,
)  # fmt: skip

pytestmark = pytest.mark.browser


@pytest.fixture
def number(held, sessions):
    return open_draft(sessions)


@pytest.fixture
def page(origin, number, person):
    opened = draw(person(Role.PLANNER).new_page(), origin, number)
    layer(opened, "grid_cell")
    return opened


def focused(page) -> str:
    """Return the text of what has the focus."""
    return page.evaluate("document.activeElement.textContent.trim()")


def test_a_vertex_is_moved_metre_by_metre_from_the_list_and_the_focus_stays(page, number, watch):
    page.locator("#draw-figures tr[data-code=A1] button").focus()
    page.keyboard.press("Enter")
    page.locator("#draw-zone details[data-open=vertices] summary").focus()
    page.keyboard.press("Enter")
    rows = page.locator(".vertex")
    lon, lat = degrees(1, 0.5)
    wanted = rows.filter(has_text=f"{lat:.6f}, {lon:.6f}")
    rows.first.focus()
    while focused(page) != wanted.inner_text().replace("\n", ""):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#live")).to_contain_text("移到", use_inner_text=True)
    page.keyboard.press("Enter")
    version(page, 1)
    draft = told(page, number)
    assert is_partition(draft)
    east = max(x for x, _ in shapes(draft, "cells")["A1"].convex_hull.exterior.coords)
    assert (east - lon) * 111_320 * 0.811 == pytest.approx(30, abs=0.5)
    assert page.evaluate("document.activeElement.className") == "vertex"
    watch.clean()


def test_escape_lets_a_moved_vertex_go_back(page, number):
    choose(page, "A1")
    page.locator("#draw-zone details[data-open=vertices] summary").click()
    page.locator(".vertex").first.focus()
    for key in ("Enter", "ArrowRight", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("#live")).to_have_text("未移动", use_inner_text=True)
    assert told(page, number)["version"] == 0


def test_a_zone_is_split_between_two_vertices_without_a_pointer(page, number, watch):
    page.locator("#draw-figures tr[data-code=A1] button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("s")
    expect(page.locator("[data-tool=split]")).to_have_attribute("aria-pressed", "true")
    page.locator("#draw-tool-form summary").focus()
    page.keyboard.press("Enter")
    vertices = page.locator("select[name=a] option").all_inner_texts()
    corners = {
        name: f"{degrees(*at)[1]:.6f}, {degrees(*at)[0]:.6f}" for name, at in {"a": (0, 0), "b": (1, 0.5)}.items()
    }
    for name, text in corners.items():
        n = next(i for i, one in enumerate(vertices) if one.endswith(text))
        page.locator(f"select[name={name}]").select_option(str(n))
    page.locator("[data-form=by-vertices] button").focus()
    page.keyboard.press("Enter")
    page.locator("[data-form=split] [name=name_zh]").fill("斜格")
    page.keyboard.press("Enter")
    version(page, 1)
    draft = told(page, number)
    assert is_partition(draft)
    assert sorted(round(shape.area / SIDE**2, 3) for shape in shapes(draft, "cells").values()) == [
        0.25,
        0.25,
        0.5,
        0.5,
        0.5,
    ]
    watch.clean()


def test_typed_points_cut_a_piece(page, number, watch):
    choose(page, "A1")
    page.keyboard.press("c")
    page.locator("#draw-tool-form summary").click()
    corners = [degrees(*at) for at in ((0.8, -0.1), (1.1, -0.1), (1.1, 0.3), (0.8, 0.3))]
    page.locator("textarea[name=points]").fill("\n".join(f"{lon} {lat}" for lon, lat in corners))
    page.locator("[data-form=typed] button").click()
    page.locator("[data-form=cut] select[name=to]").select_option("B1")
    page.locator("[data-form=cut] button").first.press("Enter")
    version(page, 1)
    assert is_partition(told(page, number))
    watch.clean()


def test_merge_needs_no_pointer(page, number, watch):
    page.locator("#draw-figures tr[data-code=A1] button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("m")
    page.locator("#draw-tool-form select[name=with]").select_option("A2")
    page.locator("#draw-tool-form button", has_text="添加").press("Enter")
    page.locator("[data-form=merge] button").press("Enter")
    version(page, 1)
    assert set(shapes(told(page, number), "cells")) == {"A1", "B1", "B2"}
    watch.clean()


def test_single_letter_shortcuts_can_be_switched_off_and_do_not_disturb_typing(page):
    choose(page, "A1")
    page.locator("#draw-zone details[data-open=rename] summary").click()
    page.locator("[data-form=rename] [name=name_en]").focus()
    page.keyboard.type("smell")
    expect(page.locator("[data-tool=select]")).to_have_attribute("aria-pressed", "true")
    page.locator("summary", has_text="快捷键").click()
    page.locator("#draw-keys").uncheck()
    page.locator("[data-tool=border]").focus()
    page.keyboard.press("s")
    expect(page.locator("[data-tool=select]")).to_have_attribute("aria-pressed", "true")
    page.reload()
    page.wait_for_selector("html[data-map=ready]", state="attached")
    assert not page.locator("#draw-keys").is_checked()


def test_a_finger_drags_a_vertex_on_a_tablet(origin, number, person, watch):
    size = {"width": 1024, "height": 768}
    page = draw(person(Role.PLANNER, size=size, has_touch=True).new_page(), origin, number)
    layer(page, "grid_cell")
    snap(page, on=False)
    choose(page, "A1")
    tool(page, "border")
    handle = page.locator(".marker-icon:not(.marker-icon-middle)").first.bounding_box()
    if page.evaluate("matchMedia('(pointer: coarse)').matches"):
        assert handle["width"] >= 24
    finger = page.context.new_cdp_session(page)
    start, end = pixel(page, 1, 0.5), pixel(page, 1.1, 0.6)

    def touch(kind, at):
        points = [{"x": at[0], "y": at[1]}] if at else []
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", start)
    for step in (0.3, 0.6, 1):
        touch("touchMove", [a + step * (b - a) for a, b in zip(start, end, strict=True)])
    touch("touchEnd", None)
    version(page, 1)
    draft = told(page, number)
    assert is_partition(draft)
    assert shapes(draft, "cells")["A1"].area == pytest.approx(0.575 * SIDE**2, rel=0.03)
    watch.clean()
