"""The officer's map in a real browser: what is chosen is drawn, told and in the address; by pointer and by keyboard."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

from gridmap.domain.access import Role
from tests.web.browser.conftest import DESKTOP, PHONE, ready

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@SIZES
def test_a_filter_is_in_the_address_and_survives_a_reload(origin, held, person, watch, size):
    page = ready(person(Role.OFFICER, size=size).new_page(), f"{origin}/map")
    assert page.locator("#chips").inner_text().startswith("全部纠纷")
    page.locator("#more summary").click()
    page.locator("[name=category][value=theft]").check()
    expect(page.locator("#held")).to_contain_text("15")
    expect(page).to_have_url(re.compile("category=theft"))
    expect(page).not_to_have_url(re.compile("disputes"))
    page.reload()
    page.wait_for_selector("html[data-map=ready]", state="attached")
    page.locator("#more summary").click()
    expect(page.locator("[name=category][value=theft]")).to_be_checked()
    page.locator("#chips button").click()
    expect(page.locator("#held")).to_contain_text("60")
    assert re.search(r"category=(&|$)", page.url)
    watch.clean()


def test_the_incidents_drawn_are_those_of_the_view(origin, held, person, watch):
    page = ready(person(Role.OFFICER).new_page(), f"{origin}/map?category=theft")
    page.locator("input[data-layer=incidents]").check()
    page.wait_for_selector(".event-dot, .bubble")
    expect(page.locator(".event-dot.dispute")).to_have_count(0)
    watch.clean()


def test_an_incident_that_is_clicked_is_told_beside_the_map(origin, held, person, watch):
    page = ready(person(Role.OFFICER).new_page(), f"{origin}/map?category=theft")
    page.locator("input[data-layer=incidents]").check()
    page.wait_for_selector(".event-dot, .bubble")
    for _ in range(20):
        if page.locator(".event-dot").count():
            break
        with suppress(Error):  # it may have made room for dots in this moment
            page.locator(".bubble").first.click(timeout=2_000)
        page.wait_for_timeout(300)
    page.locator(".event-dot").first.dispatch_event("click")
    expect(page.locator("#clicked h2").first).to_have_text("theft", use_inner_text=True)
    watch.clean()


def test_layers_go_and_come_by_keyboard(origin, held, person, watch):
    page = ready(person(Role.OFFICER).new_page(), f"{origin}/map")
    lines = page.locator(".leaflet-fills-pane path")
    expect(lines).to_have_count(2)
    page.locator("input[data-layer=beats]").focus()
    page.keyboard.press("Space")
    expect(lines).to_have_count(0)
    page.keyboard.press("Space")
    expect(lines).to_have_count(2)
    watch.clean()


@SIZES
def test_every_picture_and_panel_opens_and_is_a_link(origin, held, person, watch, size):
    page = ready(person(Role.OFFICER, size=size).new_page(), f"{origin}/map")
    expect(page.locator(".leaflet-heat-pane path")).not_to_have_count(0)
    page.locator("[data-picture=density]").click()
    expect(page.locator("#legend-title")).to_have_text("密度")
    expect(page).to_have_url(re.compile("layer=density"))
    page.locator("[data-picture=none]").click()
    expect(page.locator(".leaflet-heat-pane path")).to_have_count(0)
    for name in ("when", "again", "next", "change", "gaps", "where"):
        page.locator(f"[data-panel={name}]").click()
        expect(page.locator(f"[data-panel={name}]")).to_have_attribute("aria-current", "true")
        expect(page.locator("#panel > *")).not_to_have_count(0)
        expect(page).to_have_url(re.compile(f"panel={name}"))
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    watch.clean()


def test_a_zone_that_is_clicked_tells_who_answers_and_can_be_looked_at_alone(origin, held, person, watch):
    page = ready(person(Role.OFFICER).new_page(), f"{origin}/map?layer=none")
    page.locator(".leaflet-fills-pane path").first.click()
    page.get_by_text("王警官").wait_for()
    page.get_by_role("button", name="只看这里").click()
    expect(page).to_have_url(re.compile("zone=A"))
    page.get_by_role("button", name="去掉 A格").click()
    expect(page).not_to_have_url(re.compile("zone=A"))
    watch.clean()


def test_a_month_is_chosen_by_keyboard(origin, held, person, watch):
    page = ready(person(Role.OFFICER).new_page(), f"{origin}/map")
    first = page.locator("#slider input").first
    first.focus()
    page.keyboard.press("End")
    assert first.get_attribute("aria-valuetext") == page.locator("#slider input").last.get_attribute("aria-valuetext")
    month = first.get_attribute("aria-valuetext")
    expect(page).to_have_url(re.compile(f"since={month}-01"))
    watch.clean()


def test_the_files_of_the_view_are_one_click_away(origin, held, person, watch):
    page = ready(person(Role.OFFICER).new_page(), f"{origin}/map")
    with page.expect_download() as got:
        page.locator("[data-file=csv]").click()
    assert got.value.suggested_filename.endswith(".csv")
    page.locator("[data-picture=none]").click()
    expect(page.locator("[data-file=csv]:not([href])")).to_have_count(1)
    watch.clean()


def test_what_stands_out_is_a_list_that_a_keyboard_reaches(origin, held, person, watch):
    page = ready(person(Role.OFFICER).new_page(), f"{origin}/map?layer=density")
    first = page.locator(".items.firsts button").first
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#clicked h2").first).to_have_text("分析单元")
    expect(page.locator("#clicked")).to_contain_text("密度")
    watch.clean()


def test_the_hours_are_a_chart_that_filters_by_keyboard_and_by_pointer(origin, held, person, watch):
    page = ready(person(Role.OFFICER).new_page(), f"{origin}/map?panel=when")
    cell = page.locator("[role=gridcell][data-day='0'][data-hour='0']")
    cell.focus()
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("hours=1-3.*weekday=2.*weekday=3|weekday=2.*weekday=3.*hours=1-3"))
    expect(page.locator("[role=gridcell][aria-selected=true]")).to_have_count(4)
    expect(page.locator("#chips button")).to_have_count(3)
    page.locator("#when-clear").click()
    expect(page).not_to_have_url(re.compile("hours="))
    page.locator(".week [data-day='5'].head").click()
    expect(page).to_have_url(re.compile("weekday=6"))
    expect(page).not_to_have_url(re.compile("hours="))
    watch.clean()


def test_back_leads_to_the_view_before(origin, held, person, watch):
    page = ready(person(Role.OFFICER).new_page(), f"{origin}/map")
    page.locator("[data-picture=density]").click()
    expect(page).to_have_url(re.compile("layer=density"))
    page.go_back()
    page.wait_for_selector("html[data-map=ready]", state="attached")
    expect(page.locator("#legend-title")).to_have_text("热点：是否超出偶然")
