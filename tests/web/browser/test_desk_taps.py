"""The desk on a phone: each quick action takes two taps at most, and a line that dies loses nothing and doubles nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Role
from gridmap.domain.dispute_words import Holder
from gridmap.services.disputes import opening
from gridmap.services.disputes.opening import Intake
from gridmap.store.tables import Address, Body, Mediator, Person
from tests import makers
from tests.disputes import add_kinds
from tests.web.browser.conftest import Watch
from tests.web.filled import STATION, Held

PHONE = {"width": 360, "height": 740}
#: One bar of signal: 50 kbit/s and 800 ms, as the browser's own tools say it.
ONE_BAR = {"offline": False, "latency": 800, "downloadThroughput": 50_000 / 8, "uploadThroughput": 50_000 / 8}
NO_LINE = {**ONE_BAR, "offline": True}


@dataclass
class Desk:
    """An officer on a phone, and what the database says."""

    origin: str
    sessions: sessionmaker[Session]
    page: Page
    holder: int
    taps: int = 0

    def open(self) -> int:
        """Open a dispute of the officer's."""
        with self.sessions.begin() as session:
            door = session.query(Address).order_by(Address.id).first()
            intake = Intake("neighbours", "楼上漏水", address_id=door.id, to=Holder(person=self.holder))
            return opening.take_in(session, STATION, intake, by="demo", role="officer").dispute

    def steps(self, number: int) -> list[str]:
        with self.sessions() as session:
            query = text("SELECT what FROM dispute_event WHERE dispute_id = :id ORDER BY id")
            return list(session.scalars(query, {"id": number}))

    def tap(self, place: str) -> None:
        """Tap what is visible there, and count it."""
        self.page.locator(place).first.tap()
        self.taps += 1


@pytest.fixture
def desk(held: Held, sessions, person: Callable, origin: str) -> Desk:
    with sessions.begin() as session:
        add_kinds(session)
        session.add(Body(station=STATION, code="court", name_zh="小法庭", name_en="Small court"))
        holder = session.query(Person).filter_by(name="王警官").one().id
        # Nothing is offered to a body nobody is in.
        taker = makers.make_person(session, "court-1", "mediator", station=STATION)
        session.add(Mediator(person_id=taker.id, station=STATION, body="court"))
    phone = person(Role.OFFICER, size=PHONE, name="王警官", has_touch=True, is_mobile=True)
    with sessions.begin() as session:
        session.execute(text("UPDATE account SET person_id = :id WHERE display_name = '王警官'"), {"id": holder})
    return Desk(origin, sessions, phone.new_page(), holder)


def form(step: str) -> str:
    return f'form[data-send]:has(input[name=step][value="{step}"])'


def behind(step: str) -> str:
    """Return the heading a step's form opens from."""
    return f'details.act:has(input[name=step][value="{step}"]) > summary'


def test_each_quick_action_is_two_taps_from_the_list_or_the_dispute(desk: Desk, watch: Watch):
    page, number = desk.page, desk.open()
    page.goto(f"{desk.origin}/desk?station={STATION}")
    # From the list: one tap opens the dispute, the other accepts it.
    desk.tap("#list a")
    desk.tap(f"{form('accepted')} button")
    expect(page).to_have_url(re.compile("done=accepted"))
    expect(page.locator("main .message:not(#moved)")).to_contain_text("受理")
    assert (desk.taps, desk.steps(number)[-1]) == (2, "accepted")
    # From the dispute: a tap that opens, and a tap that sends.
    two = {
        "begun": f"{form('begun')} button",
        "visited": f"{form('visited')} > button",
        "mediated": f"{form('mediated')} > button",
        "paused": f"{form('paused')} > button",
        "resumed": f"{form('resumed')} button",
        "convened": f"{form('convened')} .straight button",
        "passed_on": f"{form('passed_on')} .straight button",
    }
    for step, last in two.items():
        desk.taps = 0
        if page.locator(behind(step)).count():
            desk.tap(behind(step))
        desk.tap(last)
        expect(page).to_have_url(re.compile(f"done={step}"))
        page.wait_for_load_state()  # what it offers next is there
        assert desk.steps(number)[-1] == step
        assert desk.taps <= 2, step
    # Others end or leave this one: settled and followed up, escalated.
    ends = {
        "settled": f"{form('settled')} > button",
        "followed_up": f"{form('followed_up')} .rates button >> nth=4",
        "escalated": f"{form('escalated')} > button",
    }
    for step, last in ends.items():
        if step != "followed_up":
            number = desk.open()
            page.goto(f"{desk.origin}/desk/{number}?station={STATION}")
        if step == "settled":
            desk.tap(f"{form('begun')} button")
            expect(page).to_have_url(re.compile("done=begun"))
        desk.taps = 0
        desk.tap(behind(step))
        desk.tap(last)
        expect(page).to_have_url(re.compile(f"done={step}"))
        assert (desk.steps(number)[-1], desk.taps) == (step, 2)
    # A threat is marked without opening another group first: a tap that opens, one that chooses, one that sends.
    number = desk.open()
    page.goto(f"{desk.origin}/desk/{number}?station={STATION}")
    expect(page.locator(behind("marked"))).to_be_visible()
    desk.tap(behind("marked"))
    desk.tap(f'{form("marked")} label:has(input[value="threats"])')
    desk.tap(f"{form('marked')} > button")
    expect(page).to_have_url(re.compile("done=marked"))
    assert "marked" in desk.steps(number)
    assert watch.outside == []


def test_the_filters_choices_come_when_they_are_opened(desk: Desk):
    page, number = desk.page, desk.open()
    page.goto(f"{desk.origin}/desk/list?station={STATION}")
    people = page.locator("#filter select[name=holder] option")
    expect(people).to_have_count(3)
    desk.tap("#filter > summary")
    expect(people.filter(has_text="小法庭")).to_have_count(1)
    page.select_option("#filter select[name=holder]", "body:court")
    desk.tap("#filter form button")
    expect(page.locator(".chips a").first).to_contain_text("小法庭")
    expect(page.locator(f'#list [data-id="{number}"]')).to_have_count(0)


def test_over_one_bar_that_dies_in_the_middle_a_step_counts_once_and_each_moment_is_told(desk: Desk):
    page, number = desk.page, desk.open()
    line: CDPSession = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", ONE_BAR)
    page.goto(f"{desk.origin}/desk/{number}?station={STATION}", wait_until="domcontentloaded")
    unsent = page.locator("#unsent")
    expect(page.locator("html[data-live=on]")).to_be_attached()
    # The line dies while the step is on its way: the request has left, no answer comes.
    page.locator(f"{form('accepted')} button").tap()
    expect(unsent).to_have_text("正在发送……")
    line.send("Network.emulateNetworkConditions", NO_LINE)
    expect(unsent).to_contain_text("没有网络。已存在本机")
    assert json.loads(page.evaluate("sessionStorage.getItem('desk-unsent')"))["what"] == "受理"
    # The line is back: it is sent once more by itself, and nobody taps anything.
    line.send("Network.emulateNetworkConditions", ONE_BAR)
    expect(page).to_have_url(re.compile("done=accepted"))
    assert desk.steps(number) == ["opened", "accepted"]
    assert page.evaluate("sessionStorage.length") == 0
    # With nothing on its way the page says that there is no line, and stops saying so when there is.
    line.send("Network.emulateNetworkConditions", NO_LINE)
    expect(unsent).to_contain_text("看到的是打开时的内容")
    line.send("Network.emulateNetworkConditions", ONE_BAR)
    expect(unsent).to_be_hidden()
