"""The desk of disputes in a real browser, at phone size: two taps a step, a broken network, two officers, live news."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Role
from gridmap.domain.dispute_words import Holder
from gridmap.services.disputes import opening
from gridmap.services.disputes.opening import Intake
from gridmap.store.tables import Address, Body, Person
from tests.disputes import add_kinds
from tests.web.browser.conftest import DESKTOP, PHONE, Watch, ready
from tests.web.filled import STATION, Held

#: Where something is too wide for the phone, or too small for a finger [CSS px].
FAULTS = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const small = [...document.querySelectorAll('main a, main button, main summary, main select, main input:not([type=hidden])')]
    .filter((one) => { const box = one.getBoundingClientRect(); return box.width && box.height > 1 && box.height < 43.5; })
    .filter((one) => !one.closest('.leaflet-container') && !one.matches('.picks input, .spots input, .sr'));
  return [wide > 0 ? `too wide by ${wide}` : '', ...small.map((one) => one.outerHTML.slice(0, 120))].filter(Boolean);
}"""


@dataclass
class Desk:
    """Two officers on their phones, and what the database says."""

    origin: str
    sessions: sessionmaker[Session]
    first: Page
    second: Page
    holder: int

    def open(self, words: str = "楼上漏水") -> int:
        """Open a dispute that the first officer holds."""
        with self.sessions.begin() as session:
            door = session.query(Address).order_by(Address.id).first()
            intake = Intake("neighbours", words, address_id=door.id, to=Holder(person=self.holder))
            return opening.take_in(session, STATION, intake, by="demo", role="officer").dispute

    def go(self, page: Page, number: int) -> Page:
        page.goto(f"{self.origin}/desk/{number}?station={STATION}")
        return page

    def steps(self, number: int) -> list[str]:
        with self.sessions() as session:
            rows = session.execute(
                text("SELECT what FROM dispute_event WHERE dispute_id = :id ORDER BY id"), {"id": number}
            )
            return [row.what for row in rows]


@pytest.fixture
def desk(held: Held, sessions, person: Callable, origin: str) -> Desk:
    with sessions.begin() as session:
        add_kinds(session)
        session.add(Body(station=STATION, code="court", name_zh="小法庭", name_en="Small court"))
        holder = session.query(Person).filter_by(name="王警官").one().id
    first, second = (person(Role.OFFICER, size=PHONE, name=name) for name in ("王警官", "李警官"))
    with sessions.begin() as session:
        session.execute(text("UPDATE account SET person_id = :id WHERE display_name = '王警官'"), {"id": holder})
    return Desk(origin, sessions, first.new_page(), second.new_page(), holder)


def said(page: Page, words: str) -> None:
    expect(page.locator("main .message, main #unsent").filter(has_text=words).first).to_be_visible()


def test_an_officer_works_a_dispute_in_two_taps_a_step_and_a_broken_network_doubles_nothing(desk: Desk, watch: Watch):
    number, page = desk.open(), desk.first
    page.goto(f"{desk.origin}/desk?station={STATION}")
    expect(page.locator("#list [data-id]")).to_have_count(1)
    assert page.evaluate(FAULTS) == []
    assert page.evaluate("!window.L"), "a phone does not load the map before it is asked for"
    page.locator("#list a").first.click()
    assert page.evaluate(FAULTS) == []
    # One tap accepts, one begins; settling takes two.
    page.get_by_role("button", name="受理").click()
    said(page, "已记录：受理")
    page.get_by_role("button", name="开始调处").click()
    said(page, "已记录：开始调处")
    page.locator("summary", has_text="化解").click()
    assert page.evaluate(FAULTS) == []
    page.get_by_role("button", name="确定化解").click()
    said(page, "已记录：化解")
    assert desk.steps(number) == ["opened", "accepted", "begun", "settled"]
    # The reply is lost on its way back, then there is no network at all; a reload loses nothing either.
    tries = []

    def lose(route: Route) -> None:
        tries.append(route.request.post_data)
        if len(tries) == 1:
            route.fetch(max_redirects=0)  # the server has done it
        route.abort()

    page.route("**/step", lose)
    page.locator("summary", has_text="回访").click()
    page.get_by_role("button", name="很好").dblclick()
    said(page, "没有信号")
    assert desk.steps(number)[-1] == "followed_up"
    page.reload()
    said(page, "没有信号")
    assert len(set(tries)) == 1, "the same form with the same key"
    page.unroute("**/step")
    # After a new log-in the form's token is another one: the one of the page is sent.
    page.evaluate("""() => {
      const kept = JSON.parse(sessionStorage.getItem("desk-unsent"));
      kept.body = kept.body.replace(/csrf_token=[^&]*/, "csrf_token=old");
      sessionStorage.setItem("desk-unsent", JSON.stringify(kept));
    }""")
    page.get_by_role("button", name="马上重发").click()
    said(page, "已记录：回访")
    assert desk.steps(number) == ["opened", "accepted", "begun", "settled", "followed_up"]
    assert page.evaluate("sessionStorage.length") == 0
    assert watch.outside == []


def test_two_officers_at_once_and_live_news(desk: Desk, watch: Watch):
    number, first, second = desk.open("两家争车位"), desk.go(desk.first, 1), desk.second
    desk.go(second, number)
    expect(first.locator("html[data-live=on]")).to_be_attached()
    second.locator("summary", has_text="升级").click()
    second.locator("details[open] textarea").fill("两家又吵了")
    first.get_by_role("button", name="开始调处").click()
    said(first, "已记录：开始调处")
    # The second is told at once that it has moved, keeps typing, and is told what happened when sending.
    expect(second.locator("#moved")).to_be_visible()
    second.get_by_role("button", name="确定升级").click()
    alert = second.get_by_role("alert")
    expect(alert).to_contain_text("别人已办了一步")
    expect(alert).to_contain_text("王警官")
    expect(second.locator("details[open] textarea")).to_have_value("两家又吵了")
    assert desk.steps(number) == ["opened", "begun"]
    second.get_by_role("button", name="确定升级").click()
    said(second, "已记录：升级")
    assert desk.steps(number) == ["opened", "begun", "escalated"]
    # News: told in a bar, the list stays as it is until it is asked for.
    first.set_viewport_size(DESKTOP)
    ready(first, f"{desk.origin}/desk?station={STATION}&all=1")
    expect(first.locator("html[data-live=on]")).to_be_attached()
    with desk.sessions.begin() as session:
        door = session.query(Address).order_by(Address.id).first()
        offer = Intake("debt", "借款不还", address_id=door.id, to=Holder(body="court"))
        given = opening.take_in(session, STATION, offer, by="demo", role="officer").dispute
    expect(first.locator("#fresh")).to_be_visible()
    expect(first.locator("#list [data-id]")).to_have_count(1)
    first.locator("#fresh-link").click()
    expect(first.locator("#list [data-id]")).to_have_count(2)
    expect(first.locator("#list .new")).to_have_count(1)
    expect(first.locator(".spot")).to_have_count(2)
    expect(first.locator("#fresh")).to_be_hidden()
    # What is offered to the reader is told on the tab.
    desk.go(second, given)
    second.locator("summary", has_text="移交").click()
    second.locator("details[open] select").select_option("person:王警官")
    second.get_by_role("button", name="确定移交").click()
    said(second, "已记录：移交")
    expect(first).to_have_title("(1) 今天要办的 · 试验派出所 · 警格图")
    assert watch.outside == []
    assert [one for one in watch.complaints if "412" not in one] == []


def test_without_script_the_forms_work_and_a_dispute_is_taken_in(desk: Desk, person: Callable, held: Held):
    page = person(Role.OFFICER, size=PHONE, name="赵警官", java_script_enabled=False).new_page()
    page.goto(f"{desk.origin}/desk/new?station={STATION}&plate={held.plate}")
    page.get_by_role("radio", name="邻里纠纷").check()
    page.locator("textarea").fill("噪声")
    page.get_by_role("button", name="登记").click()
    said(page, "已记录：登记")
    page.get_by_role("button", name="开始调处").click()
    said(page, "已记录：开始调处")
    page.locator("summary", has_text="备注").click()
    page.locator("details[open] textarea").fill("已联系物业")
    page.get_by_role("button", name="确定备注").click()
    expect(page.locator(".history")).to_contain_text("已联系物业")
    assert desk.steps(int(page.url.split("/desk/")[1].partition("?")[0])) == ["opened", "begun", "note"]
