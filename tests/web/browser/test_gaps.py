"""The page of coverage gaps in a real browser: list and map lead to each other, at the desk and in the hand."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from gridmap.domain.access import Role
from gridmap.store.tables import Person
from tests import makers
from tests.web.browser.conftest import DESKTOP, PHONE, ready
from tests.web.filled import NOW

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture
def page(origin, sessions, held, person):
    """Return the page of a station with a roster and nobody on duty in B."""
    with sessions.begin() as session:
        officer = session.query(Person).filter(Person.name.endswith("王警官")).one()
        makers.make_shift(session, officer, NOW - timedelta(days=2), NOW + timedelta(days=16))

    def opened(size=DESKTOP, query=""):
        return ready(person(Role.OFFICER, size=size).new_page(), f"{origin}/gaps?station=S001{query}")

    return opened


@SIZES
def test_list_and_map_hold_the_same_gaps_and_nothing_overflows(page, watch, size):
    shown = page(size)
    numbers = shown.eval_on_selector_all("#list button[data-n]", "bs => bs.map(b => b.dataset.n)")
    assert len(numbers) >= 6
    expect(shown.locator(".pin")).to_have_count(len(numbers))
    assert shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    watch.clean()


@SIZES
def test_a_gap_of_the_list_is_shown_on_the_map_and_back(page, watch, size):
    shown = page(size)
    row = shown.locator("#list tr", has_text="任职已到期").first
    row.locator(".what").click()
    number = row.get_attribute("data-n")
    assert shown.locator(".pin.on").inner_text() == number
    popup = shown.locator(".leaflet-popup-content").inner_text()
    assert "任职已到期" in popup
    assert "续任或另行任命" in popup
    expect(row.locator("button.on")).to_have_count(1)

    other = shown.locator("#list tr", has_text="请假无人代班").first.get_attribute("data-n")
    shown.evaluate("map_main.closePopup()")
    shown.locator(".leaflet-marker-icon.pin", has_text=other).first.dispatch_event("click")
    expect(shown.locator("#list button.on")).to_have_attribute("data-n", other)
    expect(shown.locator("#list button.on").first).to_be_visible()
    watch.clean()


def test_hours_without_duty_are_told_by_texture_and_in_words(page, watch):
    shown = page(query="&zone=B&lang=en")
    fills = shown.eval_on_selector_all("#week .strips rect.w-none", "rs => rs.map(r => getComputedStyle(r).fill)")
    assert fills
    assert all("w-none" in fill for fill in fills)
    cells = shown.locator(".hours-table td.w-none")
    expect(cells).to_have_count(168)
    assert cells.first.inner_text().startswith("✕")
    expect(shown.locator("#week .strips td.number")).to_contain_text("336.0", use_inner_text=True)
    watch.clean()


def test_a_beat_of_the_map_leads_to_its_gaps(page, watch):
    shown = page()
    spot = makers.spot(0.75, 0.9)
    at = shown.evaluate(
        """([lat, lon]) => { const p = map_main.latLngToContainerPoint([lat, lon]);
           const r = map_main.getContainer().getBoundingClientRect(); return [p.x + r.x, p.y + r.y]; }""",
        [spot.y, spot.x],
    )
    shown.mouse.click(*at)
    shown.locator(".leaflet-popup-content a").click()
    shown.wait_for_selector("html[data-map=ready]", state="attached")
    expect(shown).to_have_url(re.compile("zone=A"))
    assert shown.locator("select[name=zone]").input_value() == "A"
    watch.clean()


def test_on_paper_the_list_is_whole_and_the_form_is_gone(page):
    shown = page()
    shown.emulate_media(media="print")
    expect(shown.locator(".pick")).to_be_hidden()
    expect(shown.locator("header.top")).to_be_hidden()
    expect(shown.locator(".print-only")).to_be_visible()
    assert shown.evaluate("getComputedStyle(document.querySelector('.side')).overflow") == "visible"
