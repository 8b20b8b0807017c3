"""Proposals in a real browser: wish, compare, open as a draft; on a desktop, on a phone, by keyboard, without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from gridmap.domain.access import Role
from tests import towns
from tests.web.browser.conftest import DESKTOP, PHONE, ready

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        towns.make_town(session)


def wish(page, tolerance="20"):
    """Fill in the form and send it; returns when the options are shown."""
    page.get_by_label("负荷允许偏差").fill(tolerance)
    page.get_by_label("门户", exact=True).fill("1")
    page.get_by_role("button", name="推算方案").click()
    page.wait_for_url("**/plan/proposals?station=S001&proposal=*")


@SIZES
def test_wishes_are_composed_compared_and_opened_as_a_draft(origin, town, person, watch, size):
    page = person(Role.PLANNER, size=size).new_page()
    page.goto(f"{origin}/plan/proposals")
    wish(page)
    heads = page.locator(".compare thead th")
    expect(heads.first.locator(".head")).to_have_text("第 1 版", use_inner_text=True)
    assert heads.count() >= 2
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than the screen"
    expect(page.locator(".compare td.better .delta")).not_to_have_count(0)
    page.get_by_role("button", name="作为草案打开 方案 1").click()
    page.wait_for_url("**/plan/draw?station=S001&edition=2")
    page.go_back()
    page.reload()
    expect(page.get_by_role("link", name="已打开为第 2 版")).to_have_count(1)
    watch.clean()


def test_a_beat_is_marked_in_every_drawing_and_found_in_the_table(origin, town, person, watch):
    page = person(Role.PLANNER).new_page()
    page.goto(f"{origin}/plan/proposals")
    wish(page)
    row = page.locator(".by-beat tr[data-code=J01]")
    row.hover()
    drawings = page.locator(".division").count()
    expect(page.locator('.division .edge.on[data-code="J01"]')).to_have_count(drawings)
    page.mouse.move(1, 1)
    expect(page.locator(".division .edge.on")).to_have_count(0)
    watch.clean()


def test_it_goes_by_keyboard_alone_and_what_is_wrong_is_reached_first(origin, town, person, watch):
    page = person(Role.PLANNER).new_page()
    page.goto(f"{origin}/plan/proposals")
    page.get_by_label("警格数").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("200")
    page.keyboard.press("Enter")
    page.wait_for_selector("#wrong-beats")
    assert page.evaluate("document.activeElement.name") == "beats"
    assert page.get_by_label("警格数").input_value() == "200"
    change = page.get_by_label("少换人")
    change.focus()
    before = change.input_value()
    page.keyboard.press("ArrowRight")
    assert int(change.input_value()) == int(before) + 10
    assert page.locator(".slide", has=change).locator("output").inner_text() == change.input_value()
    watch.complaints = [said for said in watch.complaints if "status of 422" not in said]  # the form sent back
    watch.clean()


def test_without_script_the_form_and_the_comparison_work(origin, town, person):
    page = person(Role.PLANNER, java_script_enabled=False).new_page()
    page.goto(f"{origin}/plan/proposals")
    wish(page)
    assert page.locator(".compare svg.division").count() >= 2
    page.get_by_role("link", name="逐格查看 方案 1").click()
    expect(page.locator(".by-beat tbody tr")).to_have_count(4)


@SIZES
def test_posts_are_found_and_lead_to_their_places(origin, town, person, watch, size):
    page = ready(person(Role.PLANNER, size=size).new_page(), f"{origin}/plan/posts?posts=2&reach=700")
    assert page.locator(".pin").count() == page.locator("#posts button[data-n]").count() == 2
    expect(page.locator(".leaflet-fills-pane path")).to_have_count(2)
    page.locator("#posts button[data-n]").first.press("Enter")
    expect(page.locator(".popup h3")).to_have_text("1 号警务室", use_inner_text=True)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than the screen"
    watch.clean()
