"""Two editions against each other in a real browser: the divider, two maps, and the tables."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from gridmap.domain.access import Role
from gridmap.services import editions
from tests import makers
from tests.web.browser.conftest import DESKTOP, PHONE, ready

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
VISIBLE = """side => { const r = map_main.getContainer().getBoundingClientRect();
  const clip = map_main.getPane('compare-' + side).style.clip.match(/-?[\\d.]+/g).map(Number);
  return (clip[1] - clip[3]) / r.width; }"""


@pytest.fixture
def sound(sessions, held):
    """Return a draft in which B took the east of A and gave its north to a new beat C."""
    with sessions.begin() as session:
        draft = editions.open_draft(session, "S001", by="test", note="<img src=x onerror=alert(1)>")
        beats = makers.zones({
            "A": makers.square(0, 0, 0.5), "B": makers.square(0.5, 0, 1.5, 0.5), "C": makers.square(0.5, 0.5, 1.5, 0.5),
        })  # fmt: skip
        editions.put_zones(session, draft, beats, makers.two_squares()[1].iloc[:0])
        return draft.number


@pytest.fixture
def page(origin, sound, person):
    def opened(size=DESKTOP, query=""):
        somebody = person(Role.PLANNER, size=size).new_page()
        return ready(somebody, f"{origin}/plan/compare?station=S001&before=1&after={sound}{query}")

    return opened


@SIZES
def test_both_editions_are_drawn_by_what_became_of_each_zone(page, watch, size):
    shown = page(size)
    fills = shown.eval_on_selector_all(".leaflet-compare-after-pane path", "ps => ps.map(p => p.getAttribute('fill'))")
    assert sorted(fills) == ["url(#c-reshaped)", "url(#c-split)", "url(#c-split)"]
    expect(shown.locator(".leaflet-compare-before-pane path")).to_have_count(2)
    assert shown.locator(".pin").count() == shown.locator("#ground button[data-n]").count() == 3
    assert shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    watch.clean()


def test_the_divider_is_moved_by_keyboard_and_by_pointer(page, watch):
    shown = page()
    share = shown.evaluate(VISIBLE, "before")
    assert abs(share - 0.5) < 0.01
    shown.locator("#swipe").focus()
    for _ in range(10):
        shown.keyboard.press("ArrowRight")
    assert abs(shown.evaluate(VISIBLE, "before") - 0.6) < 0.01
    assert abs(shown.evaluate(VISIBLE, "after") - 0.4) < 0.01
    assert "60" in shown.locator("#swipe").get_attribute("aria-valuetext")
    shown.keyboard.press("Home")
    assert shown.evaluate(VISIBLE, "before") == 0

    shown.keyboard.press("End")
    bar = shown.locator("#divider").bounding_box()
    shown.mouse.move(bar["x"] + bar["width"] / 2, bar["y"] + 100)
    shown.mouse.down()
    shown.mouse.move(200, bar["y"] + 120, steps=4)
    shown.mouse.up()
    width = shown.locator("#compare-maps").bounding_box()["width"]
    assert abs(shown.evaluate(VISIBLE, "before") - 200 / width) < 0.02
    watch.clean()


def test_the_cut_stays_at_the_divider_when_the_map_is_moved(page):
    shown = page()
    shown.evaluate("map_main.panBy([120, 40], {animate: false})")
    left = shown.evaluate("""() => { const clip = map_main.getPane('compare-after').style.clip.match(/-?[\\d.]+/g).map(Number);
        return map_main.layerPointToContainerPoint([clip[3], 0]).x / map_main.getSize().x; }""")
    assert abs(left - 0.5) < 0.01


@SIZES
def test_side_by_side_two_maps_move_together(page, watch, size):
    shown = page(size)
    shown.locator("button[data-view=side]").press("Enter")
    expect(shown.locator("button[data-view=side]")).to_have_attribute("aria-pressed", "true")
    expect(shown).to_have_url(re.compile("view=side"))
    expect(shown.locator("#map-before .leaflet-compare-before-pane path")).to_have_count(2)
    expect(shown.locator("#swipe")).to_be_hidden()
    boxes = [shown.locator(name).bounding_box() for name in ("#map-before", "#map_main")]
    along = "x" if size is DESKTOP else "y"
    length = "width" if size is DESKTOP else "height"
    assert boxes[0][along] + boxes[0][length] <= boxes[1][along] + 3

    first = shown.locator("#map-before .leaflet-compare-before-pane path").first
    before = first.bounding_box()
    shown.evaluate("map_main.panBy([30, 10], {animate: false})")
    after = first.bounding_box()
    assert (round(before["x"] - after["x"]), round(before["y"] - after["y"])) == (30, 10)
    shown.locator("button[data-view=swipe]").click()
    expect(shown.locator("#map-before")).to_be_hidden()
    watch.clean()


def test_the_tables_lead_to_the_map(page, watch):
    shown = page()
    shown.locator("#ground button[data-n='1']").press("Enter")
    expect(shown.locator(".pin.on")).to_have_text("1", use_inner_text=True)
    expect(shown.locator(".popup h3")).to_contain_text("第 1 块", use_inner_text=True)
    row = shown.locator("#zone-table tr[data-code=C]")
    row.locator("button").press("Enter")
    assert "on" in row.get_attribute("class").split()
    expect(shown.locator(".popup h3").last).to_have_text("C格", use_inner_text=True)
    shown.locator("#show-pieces").uncheck()
    expect(shown.locator(".pin")).to_have_count(0)
    watch.clean()


def test_without_script_the_figures_are_there(origin, sound, person):
    shown = person(Role.PLANNER, java_script_enabled=False).new_page()
    shown.goto(f"{origin}/plan/compare?before=1&after={sound}")
    expect(shown.locator("#ground tbody tr")).to_have_count(3)
    expect(shown.locator("#zone-table tbody tr")).to_have_count(3)


def test_on_paper_every_row_is_there_and_no_button(page):
    shown = page()
    shown.emulate_media(media="print")
    expect(shown.locator("#print")).to_be_hidden()
    expect(shown.locator("#zone-table tbody tr").last).to_be_visible()
    expect(shown.locator("#compare-maps")).to_be_visible()
    assert len(shown.pdf()) > 20_000
