"""The three pages in a real browser: they load, keep to themselves, and answer to pointer and keyboard."""

from __future__ import annotations

import re

import pyproj
import pytest
from playwright.sync_api import expect

from gridmap.domain.access import Role
from gridmap.geo.datum import from_wgs84
from gridmap.settings import Settings
from tests.scanned import own_folder
from tests.served import SECRET
from tests.web.browser.conftest import DESKTOP, PHONE, come, ready, serving

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@SIZES
def test_every_page_loads_with_its_data_and_asks_nobody_outside(origin, held, person, watch, size):
    plan = ready(person(Role.PLANNER, size=size).new_page(), f"{origin}/plan")
    expect(plan.locator("#figures tbody tr")).to_have_count(2)
    expect(plan.locator(".leaflet-fills-pane path")).to_have_count(2)
    draft = ready(plan.context.new_page(), f"{origin}/plan?edition={held.draft}&kind=grid_cell")
    assert draft.locator(".pin").count() == draft.locator("#faults button[data-n]").count() > 0
    officer = ready(person(Role.OFFICER, size=size).new_page(), f"{origin}/map?panel=gaps")
    assert officer.locator(".pin").count() == officer.locator("#gaps button[data-n]").count() > 0
    expect(officer.locator(".leaflet-heat-pane path")).not_to_have_count(0)
    scan = person(None, size=size).new_page()
    scan.goto(f"{origin}/p/{held.plate}")
    expect(scan.get_by_text("王警官")).to_be_visible()
    for page in (plan, draft, officer, scan):
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{page.url} is wider than the screen"
    watch.clean()


def test_the_table_leads_to_the_map_by_keyboard_and_the_map_to_the_table(origin, held, person, watch):
    page = ready(person(Role.PLANNER).new_page(), f"{origin}/plan")
    first = page.locator("#figures tbody tr").nth(0)
    first.locator("button").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('tr').dataset.code") == "B"
    expect(page.locator("tr.over")).to_have_attribute("data-code", "B")
    page.keyboard.press("Enter")
    expect(page.locator("tr.on")).to_have_attribute("data-code", "B")
    expect(page.locator(".popup h3")).to_have_text("B格", use_inner_text=True)
    expect(page.locator("tr[data-code=B] button")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    page.locator(".leaflet-fills-pane path").nth(0).click()
    expect(page.locator("tr.on")).to_have_attribute("data-code", "A")
    watch.clean()


def test_a_heading_sorts_and_says_so(origin, held, person):
    page = ready(person(Role.PLANNER).new_page(), f"{origin}/plan")
    head = page.locator("th[data-figure=households]")
    codes = []
    for wanted in ("descending", "ascending"):
        head.locator("button").press("Enter")
        assert head.get_attribute("aria-sort") == wanted
        codes.append([row.get_attribute("data-code") for row in page.locator("#figures tbody tr").all()])
    assert codes == [["A", "B"], ["B", "A"]]


def test_what_the_map_is_coloured_by_is_in_the_address(origin, held, person):
    page = ready(person(Role.PLANNER).new_page(), f"{origin}/plan")
    before = page.locator(".leaflet-fills-pane path").nth(0).get_attribute("fill")
    page.select_option("#colour-by", "area")
    expect(page).to_have_url(re.compile("by=area"))
    expect(page.locator("#legend-title")).to_have_text("km²", use_inner_text=True)
    page.reload()
    page.wait_for_selector("html[data-map=ready]", state="attached")
    assert page.locator("#colour-by").input_value() == "area"
    assert page.locator(".leaflet-fills-pane path").nth(0).get_attribute("fill") != before


def test_a_fault_in_the_list_leads_to_its_place(origin, held, person, watch):
    page = ready(person(Role.PLANNER).new_page(), f"{origin}/plan?edition={held.draft}")
    page.locator("#faults button[data-n]").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".popup h3").inner_text() == page.evaluate(
        "JSON.parse(document.getElementById('page').textContent).pins[0].title"
    )
    pin, box = page.locator(".pin.on").bounding_box(), page.locator("#map_main").bounding_box()
    assert abs(pin["x"] + 12 - (box["x"] + box["width"] / 2)) < 60
    watch.clean()


def test_without_script_figures_gaps_and_the_way_to_publish_are_there(origin, held, person):
    page = person(Role.PLANNER, java_script_enabled=False).new_page()
    page.goto(f"{origin}/plan?edition={held.draft}")
    expect(page.locator("#figures tbody tr")).to_have_count(2)
    expect(page.locator("#faults li")).not_to_have_count(0)
    page.goto(f"{origin}/map?panel=gaps")
    expect(page.locator("#gaps li")).not_to_have_count(0)


def test_the_first_stop_of_the_keyboard_leads_past_the_header(origin, held, person):
    page = person(Role.PLANNER).new_page()
    page.goto(f"{origin}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_logging_in_through_the_form_works_in_a_browser(origin, held, person, sessions, watch):
    from gridmap.services import accounts

    with sessions.begin() as session:
        accounts.add(
            session, login="wang", display_name="王", role=Role.OFFICER, password="correct horse battery",
            stations=("S001",), by="test",
        )  # fmt: skip
    page = person(None).new_page()
    page.goto(f"{origin}/map?category=theft")
    page.fill("[name=login]", "wang")
    page.fill("[name=password]", "correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/map?category=theft")
    page.locator("form[action='/log-out'] button").click()
    page.wait_for_url("**/log-in")
    watch.clean()


@SIZES
def test_what_a_finger_must_hit_is_large_enough(origin, held, person, size):
    page = person(None, size=size).new_page()
    page.goto(f"{origin}/p/{held.plate}")
    for link in page.locator("main a, main button").all():
        assert link.bounding_box()["height"] >= 44


def test_a_base_map_in_gcj02_is_met_where_it_was_drawn(app_sessions, held, person, sessions, browser):
    settings = Settings(
        secret=SECRET, secure_cookies=False, log_level="error", database_url=None, basemap_datum="gcj02",
        basemap_url="http://127.0.0.1:9/{z}/{x}/{y}.png", scan=own_folder(),
    )  # fmt: skip
    with serving(settings, app_sessions) as origin:
        page = ready(come(browser, sessions, Role.PLANNER, origin).new_page(), f"{origin}/plan")
        there = page.evaluate(
            "(() => { const p = map_main.options.crs.project(L.latLng(35.8, 112.9)); return [p.x, p.y]; })()"
        )
        back = page.evaluate(
            "([x, y]) => { const p = map_main.options.crs.unproject(L.point(x, y)); return [p.lng, p.lat]; }", there
        )
        page.context.close()
    lon, lat = from_wgs84([112.9], [35.8], "gcj02")
    x, y = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(lon[0], lat[0])
    assert there == pytest.approx([x, y], abs=0.01)
    assert back == pytest.approx([112.9, 35.8], abs=1e-8)
