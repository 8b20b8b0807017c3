"""The drawing page in a real browser: every tool changes the draft as it says, and breaks nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from gridmap.domain.access import Role
from tests.makers import SIDE
from tests.web.browser.conftest import DESKTOP, PHONE
from tests.web.browser.drawing import (
    choose,
    click,
    degrees,
    drag,
    draw,
    is_partition,
    layer,
    open_draft,
    pixel,
    shapes,
    snap,
    told,
    tool,
    trace,
    version,
)  # fmt: skip

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture
def number(held, sessions):
    return open_draft(sessions)


@pytest.fixture
def page(origin, number, person):
    """Return the drawing page of a sound draft, grid cells in hand, snapping off."""
    opened = draw(person(Role.PLANNER).new_page(), origin, number)
    layer(opened, "grid_cell")
    snap(opened, on=False)
    return opened


@SIZES
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_the_draft_and_asks_nobody_outside(origin, number, person, watch, size, language):
    page = draw(person(Role.PLANNER, size=size).new_page(), origin, number, f"&lang={language}")
    expect(page.locator("#draw-figures tbody tr")).to_have_count(2)
    expect(page.locator(".leaflet-fills-pane path")).to_have_count(2)
    expect(page.locator("[data-tool]")).to_have_count(10)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    watch.clean()


def test_a_shared_vertex_takes_all_its_zones_with_it_while_it_is_dragged_and_for_good(page, number, watch):
    choose(page, "A1")
    tool(page, "border")
    paths = page.locator(".leaflet-fills-pane path")
    before = [path.get_attribute("d") for path in paths.all()]
    page.mouse.move(*pixel(page, 1, 0.5))
    page.mouse.down()
    page.mouse.move(*pixel(page, 1.15, 0.58), steps=5)
    during = [path.get_attribute("d") for path in paths.all()]
    assert sum(old != new for old, new in zip(before, during, strict=True)) == 4
    page.mouse.up()
    version(page, 1)
    draft = told(page, number)
    assert is_partition(draft)
    moved = degrees(1.15, 0.58)
    for code, shape in shapes(draft, "cells").items():
        nearest = min(shape.exterior.coords if shape.geom_type == "Polygon" else shape.geoms[0].exterior.coords,
                      key=lambda at: abs(at[0] - moved[0]) + abs(at[1] - moved[1]))  # fmt: skip
        assert nearest == pytest.approx(moved, abs=2e-5), code
    expect(page.locator("#draw-figures tr[data-code=A1] .delta")).not_to_have_count(0)
    watch.clean()


def test_a_middle_handle_becomes_a_vertex_and_a_right_click_takes_it_away(page, number, watch):
    choose(page, "A1")
    tool(page, "border")
    drag(page, (0.5, 0.5), (0.5, 0.6))
    version(page, 1)
    draft = told(page, number)
    assert is_partition(draft)
    assert shapes(draft, "cells")["A1"].area == pytest.approx(0.55 * SIDE**2, rel=0.02)
    click(page, 0.5, 0.6, button="right")
    version(page, 2)
    assert shapes(told(page, number), "cells")["A1"].area == pytest.approx(0.5 * SIDE**2, rel=1e-4)
    watch.clean()


def test_a_vertex_can_pull_a_dense_border_along_up_to_where_another_begins(page, number, watch):
    choose(page, "A1")
    tool(page, "border")
    for n, x in enumerate((0.5, 0.25, 0.75), start=1):
        click(page, x, 0.5)
        version(page, n)
    page.locator("#draw-tool-form select[name=reach]").select_option("400")
    drag(page, (0.5, 0.5), (0.5, 0.6))
    version(page, 4)
    draft = told(page, number)
    assert is_partition(draft)
    gained = shapes(draft, "cells")["A1"].area / SIDE**2 - 0.5
    assert gained == pytest.approx(0.045, abs=0.004)  # one vertex alone would give 0.025
    watch.clean()


def test_an_edge_moves_as_it_is_for_both_sides(page, number, watch):
    choose(page, "A1")
    tool(page, "edge")
    drag(page, (0.5, 0.5), (0.5, 0.3))
    version(page, 1)
    draft = told(page, number)
    assert is_partition(draft)
    assert shapes(draft, "cells")["A1"].area == pytest.approx(0.3 * SIDE**2, rel=0.1)
    watch.clean()


def test_a_zone_is_split_by_a_line_undone_by_key_and_done_again(page, number, watch):
    choose(page, "A1")
    tool(page, "split")
    trace(page, (0.4, -0.1), (0.4, 0.6))
    page.locator("[data-form=split] [name=new_code]").fill("A9")
    page.locator("[data-form=split] [name=name_zh]").fill("新格")
    page.keyboard.press("Enter")
    version(page, 1)
    assert page.locator("#draw-figures tr[data-code=A9]").inner_text().startswith("A9")
    assert is_partition(told(page, number))
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    version(page, 2)
    expect(page.locator("#draw-figures tr[data-code=A9]")).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    version(page, 3)
    expect(page.locator("#draw-figures tr[data-code=A9]")).to_have_count(1)
    assert set(shapes(told(page, number), "cells")) == {"A1", "A2", "A9", "B1", "B2"}
    watch.clean()


def test_chosen_zones_become_one(page, number, watch):
    tool(page, "merge")
    click(page, 0.5, 0.25)
    click(page, 0.5, 0.75)
    page.locator("[data-form=merge] select[name=into]").select_option("A2")
    page.locator("[data-form=merge] button").click()
    version(page, 1)
    draft = told(page, number)
    assert set(shapes(draft, "cells")) == {"A2", "B1", "B2"}
    assert is_partition(draft)
    watch.clean()


def test_a_piece_is_cut_and_given_to_a_neighbour(page, number, watch):
    choose(page, "A1")
    tool(page, "cut")
    trace(page, (0.8, -0.1), (1.1, -0.1), (1.1, 0.3), (0.8, 0.3))
    page.locator("[data-form=cut] select[name=to]").select_option("B1")
    page.locator("[data-form=cut] button").first.click()
    version(page, 1)
    draft = told(page, number)
    assert is_partition(draft)
    assert shapes(draft, "cells")["B1"].area == pytest.approx(0.56 * SIDE**2, rel=0.02)
    watch.clean()


def test_a_new_cell_takes_its_ground_from_what_lies_there(page, number, watch):
    tool(page, "cell")
    trace(page, (0.3, 0.2), (0.7, 0.2), (0.7, 0.7), (0.3, 0.7))
    page.locator("[data-form=cell] [name=code]").fill("A7")
    page.locator("[data-form=cell] [name=name_zh]").fill("院落")
    page.locator("[data-form=cell] button").first.click()
    version(page, 1)
    draft = told(page, number)
    assert is_partition(draft)
    assert shapes(draft, "cells")["A7"].area == pytest.approx(0.2 * SIDE**2, rel=0.03)
    watch.clean()


def test_a_bent_border_is_made_straight(page, number, watch):
    choose(page, "A1")
    tool(page, "border")
    drag(page, (0.5, 0.5), (0.5, 0.6))
    version(page, 1)
    tool(page, "straighten")
    page.locator("[data-form=straighten] select[name=other]").select_option("A2")
    page.locator("[data-form=straighten] button").click()
    version(page, 2)
    assert shapes(told(page, number), "cells")["A1"].area == pytest.approx(0.5 * SIDE**2, rel=1e-4)
    watch.clean()


def test_brushed_cells_go_to_the_beat_in_hand(page, number, watch):
    tool(page, "paint")
    page.locator("#draw-tool-form select[name=beat]").select_option("A")
    drag(page, (1.5, 0.25), (1.7, 0.3))
    version(page, 1)
    draft = told(page, number)
    beats, cells = shapes(draft, "beats"), shapes(draft, "cells")
    assert beats["A"].equals(cells["A1"].union(cells["A2"]).union(cells["B1"]))
    assert draft["live"]["faults"] == []
    watch.clean()


def test_a_whole_village_is_given_from_the_list(page, number, watch):
    tool(page, "paint")
    page.locator("#draw-tool-form select[name=beat]").select_option("B")
    page.locator("[data-form=give-cell] select[name=cell]").select_option("A1")
    page.locator("[data-form=give-cell] button").click()
    version(page, 1)
    page.locator("#draw-tool-form select[name=beat]").select_option("A")
    page.locator("[data-form=give-village] button").click()
    version(page, 2)
    beats = {one["properties"]["code"]: one["properties"]["beat"] for one in told(page, number)["cells"]["features"]}
    assert beats == {"A1": "A", "A2": "A", "B1": "B", "B2": "B"}
    watch.clean()


def test_a_zone_is_renamed_and_what_it_is_called_stays_text(page, number, watch):
    choose(page, "A1")
    page.locator("#draw-zone details[data-open=rename] summary").click()
    page.locator("[data-form=rename] [name=name_zh]").fill("<img src=x onerror=window.__x=1>")
    page.locator("[data-form=rename] button").click()
    version(page, 1)
    expect(page.locator("#draw-figures tr[data-code=A1]")).to_contain_text("<img", use_inner_text=True)
    assert page.evaluate("window.__x") is None
    watch.clean()


def test_a_gap_is_allowed_and_no_longer_allowed(page, number, watch):
    tool(page, "gap")
    trace(page, (0.1, 0.1), (0.3, 0.1), (0.3, 0.3))
    page.locator("[data-form=gap] [name=name_zh]").fill("人工湖")
    page.locator("[data-form=gap] button").first.click()
    page.locator("#draw-gaps-count", has_text="1").wait_for()
    page.locator("summary", has_text="许可空白").click()
    page.locator("#draw-gaps button", has_text="取消许可").click()
    page.locator("#draw-gaps-count", has_text="0").wait_for()
    watch.clean()


def test_what_is_not_possible_is_told_with_its_place_and_changes_nothing(page, number):
    choose(page, "A1")
    tool(page, "split")
    trace(page, (0.2, 0.2), (0.4, 0.2))
    page.locator("[data-form=split] button").first.click()
    page.locator("#live", has_text="不能这样改").wait_for()
    assert told(page, number)["version"] == 0
    expect(page.locator("#draw-version")).to_have_text("版本 0", use_inner_text=True)


def test_a_fault_in_the_list_leads_to_its_place(origin, held, person, watch):
    page = draw(person(Role.PLANNER).new_page(), origin, held.draft)
    assert page.locator(".pin").count() == page.locator("#draw-faults li button").count() > 0
    page.locator("#draw-faults li button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".popup h3")).to_be_visible()
    expect(page.locator("#draw-figures tr.on")).not_to_have_count(0)
    watch.clean()
