"""Residents' reports in a real browser: they appear by themselves, are said once, and are worked on at phone size."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.store.tables import Report
from tests.reported import make_report, make_step
from tests.web.browser.conftest import PHONE
from tests.web.conftest import held
from tests.web.filled import STATION

__all__ = ["held"]
LIVE = "html[data-live=on]"


@pytest.fixture
def page(person, origin, held):
    opened = person(Role.OFFICER).new_page()
    opened.goto(f"{origin}/reports?station={STATION}&lang=en")
    opened.wait_for_selector(LIVE, state="attached")
    return opened


def send(sessions, held, **facts) -> int:
    with sessions.begin() as session:
        return make_report(session, held.plate, **facts).id


def test_a_report_sent_elsewhere_appears_at_the_top_within_two_seconds(page, sessions, held, watch):
    first = send(sessions, held)
    page.wait_for_selector(f"#list li:first-child[data-id='{first}']")
    began = time.monotonic()
    second = send(sessions, held, kind="dispute", urgent=True)
    page.wait_for_selector(f"#list li:first-child[data-id='{second}'].new")
    took = [time.monotonic() - began]
    expect(page.locator("#news").first).to_have_text("Urgent report: Dispute, Zone A")
    expect(page.locator("#counts .urgent b").first).to_have_text("1")
    assert page.evaluate("getComputedStyle(document.querySelector('#news')).display") != "none"
    while took[-1] >= 2 and len(took) < 3:  # a busy machine is late now and then, not each time
        began = time.monotonic()
        another = send(sessions, held)
        page.wait_for_selector(f"#list li[data-id='{another}'].new")
        took.append(time.monotonic() - began)
    assert min(took) < 2
    watch.clean()


def test_a_step_of_somebody_else_changes_the_line_and_keeps_the_focus(page, sessions, held):
    number = send(sessions, held)
    line = f"#list [data-id='{number}']"
    page.wait_for_selector(line)
    page.focus(f"{line} a")
    expect(page.locator("#news")).not_to_be_empty()
    said = page.text_content("#news")
    with sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO report_event (station, report_id, by, what) VALUES ('S001', :id, 'officer/x', 'in_hand')"
            ),
            {"id": number},
        )
    page.wait_for_selector(f"{line} .tag.s-in_hand")
    assert page.evaluate("document.activeElement.closest('[data-id]')?.dataset.id") == str(number)
    assert page.text_content("#news") == said, "only what is new is said"


def test_a_report_that_moves_on_while_it_is_read_says_so(page, sessions, held, origin):
    number = send(sessions, held)
    page.goto(f"{origin}/reports/{number}?station={STATION}&lang=en")
    page.wait_for_selector(LIVE, state="attached")
    page.wait_for_timeout(900)
    expect(page.locator("#moved")).to_be_hidden()
    with sessions.begin() as session:
        make_step(session, session.get_one(Report, number), "accepted", by="officer/x")
    page.wait_for_selector("#moved:not([hidden])")
    page.click("#moved a")
    expect(page.locator(".head .tag").first).to_have_text("accepted")


def test_a_phone_shows_everything_without_scrolling_sideways_and_takes_a_step(person, origin, sessions, held, watch):
    number = send(sessions, held, urgent=True, words="长" * 200)
    page = person(Role.OFFICER, size=PHONE).new_page()
    for url in (f"/reports?station={STATION}", f"/reports/{number}?station={STATION}"):
        page.goto(origin + url)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], url
        small = page.evaluate(
            "[...document.querySelectorAll('main a, main button, main select, main summary')].filter((one) => one.getClientRects().length)"
            ".filter((one) => one.getBoundingClientRect().height < 24).map((one) => one.textContent)"
        )
        assert small == [], url
    page.fill("textarea", "已到现场")
    page.click("button[value=in_hand]")
    page.wait_for_selector(".message[role=status]:not([hidden])")
    expect(page.locator(".head .tag").first).to_have_text("办理中")
    assert "已到现场" in page.text_content(".history")
    watch.clean()
