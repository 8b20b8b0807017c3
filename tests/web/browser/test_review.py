"""A draft on its way to being published, in real browsers of two people."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from gridmap.domain.access import Role
from gridmap.services import editions, reviews
from gridmap.store import editions as store
from tests.web.browser.conftest import DESKTOP, PHONE, ready

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@pytest.fixture
def draft(sessions, held):
    """Return a sound draft of a station that wants two people."""
    with sessions.begin() as session:
        reviews.set_two_person(session, "S001", wanted=True, by="test")
        return editions.open_draft(session, "S001", by="test").number


@pytest.fixture
def look(origin, draft):
    def opened(context):
        return ready(context.new_page(), f"{origin}/plan/review?station=S001&edition={draft}")

    return opened


def push(page, step):
    with page.expect_navigation():  # else the page before is taken for the one that comes
        page.locator(f"form[action='/plan/review/{step}'] button").first.click()
    page.wait_for_selector("html[data-map=ready]", state="attached")


def test_one_draws_another_approves_and_it_is_in_force(look, person, draft, sessions, watch):
    planner, commander = person(Role.PLANNER, name="安"), person(Role.COMMANDER, name="博")
    mine = look(planner)
    push(mine, "hand-in")
    expect(mine.locator(".message[role=status]")).to_have_text("已送审。", use_inner_text=True)
    expect(mine.locator("form[action='/plan/review/approve'] button")).to_be_disabled()

    theirs = look(commander)
    push(theirs, "approve")
    expect(theirs.locator(".steps .now .what")).to_have_text("批准", use_inner_text=True)
    expect(theirs.locator(".steps .done")).to_have_count(2)
    expect(theirs.locator(".steps .now .who")).to_contain_text("博", use_inner_text=True)

    again = look(planner)
    push(again, "publish")
    expect(again.locator(".message[role=status]")).to_contain_text(f"已发布第 {draft} 版", use_inner_text=True)
    with sessions() as session:
        found = store.in_force(session, "S001")
        assert found.number == draft
        assert found.approved_by != found.published_by
    watch.clean()


@SIZES
def test_a_comment_is_pinned_by_a_click_and_leads_there_and_back(look, person, watch, size):
    page = look(person(Role.COMMANDER, size=size, name="博"))
    page.locator("#pin").click()
    box = page.locator("#map_main").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.45)
    expect(page.locator(".note.fresh")).to_have_count(1)
    expect(page.locator("#pin-where")).to_contain_text("位置已标出", use_inner_text=True)
    assert page.evaluate("document.activeElement.name") == "text"
    page.keyboard.type("<img src=x onerror=alert(1)> 这里归谁?")
    page.locator("#new-comment button:not([type])").click()
    page.wait_for_url("**#comment-*")
    page.wait_for_selector("html[data-map=ready]", state="attached")
    expect(page.locator(".note")).to_have_count(1)
    assert page.locator(".thread .text").inner_text() == "<img src=x onerror=alert(1)> 这里归谁?"
    expect(page.locator(".thread.on")).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator(".note").dispatch_event("click")
    assert "onerror" in page.locator(".popup dd").last.inner_text()
    page.locator("button[data-show]").press("Enter")
    pin, middle = page.locator(".note").bounding_box(), page.locator("#map_main").bounding_box()
    assert abs(pin["x"] - (middle["x"] + middle["width"] / 2)) < 60
    watch.clean()


def test_a_comment_is_pinned_without_a_mouse(look, person, sessions, watch):
    page = look(person(Role.COMMANDER))
    page.locator("#pin").press("Enter")
    assert page.evaluate("document.activeElement.id") == "map_main"
    before = page.evaluate("map_main.getCenter().lng")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("x => map_main.getCenter().lng > x", arg=before)
    page.wait_for_function("() => !map_main._panAnim || !map_main._panAnim._inProgress")
    page.locator("#pin-middle").press("Enter")
    middle = page.evaluate("map_main.getCenter()")
    assert float(page.locator("#new-comment [name=lon]").input_value()) == pytest.approx(middle["lng"], abs=1e-6)
    page.locator("#unpin").press("Enter")
    expect(page.locator("#new-comment [name=lon]")).to_be_disabled()
    page.locator("#pin").press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator(".crosshair")).to_be_hidden()
    watch.clean()


def test_an_answer_and_a_resolution_by_the_other_person(look, person, watch):
    theirs = look(person(Role.COMMANDER, name="博"))
    theirs.locator("#new-comment textarea").fill("整体看，东边太小。")
    theirs.locator("#new-comment button:not([type])").click()
    theirs.wait_for_selector(".thread")
    mine = look(person(Role.PLANNER, name="安"))
    mine.locator(".thread summary").click()
    mine.locator(".thread textarea").fill("已调整。")
    mine.locator(".thread form[action='/plan/review/comment'] button").click()
    mine.wait_for_selector(".answers li")
    expect(mine.locator(".answers .meta")).to_contain_text("安", use_inner_text=True)
    mine.locator("form[action='/plan/review/resolve'] button").click()
    mine.wait_for_selector("#comments > details")
    expect(mine.locator("#comments > details > summary")).to_contain_text("已处理 1 条", use_inner_text=True)
    watch.clean()


@SIZES
def test_faults_and_changes_are_on_the_map_and_nothing_is_wider_than_the_screen(origin, held, person, watch, size):
    page = ready(person(Role.PLANNER, size=size).new_page(), f"{origin}/plan/review?edition={held.draft}")
    assert page.locator(".pin").count() == page.locator("#faults button[data-n]").count() > 0
    fills = page.eval_on_selector_all(".leaflet-fills-pane path", "ps => ps.map(p => p.getAttribute('fill'))")
    assert "url(#c-reshaped)" in fills
    expect(page.locator("form[action='/plan/review/hand-in'] button")).to_be_disabled()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    watch.clean()


def test_without_script_the_steps_and_a_comment_can_be_taken(origin, draft, person):
    page = person(Role.PLANNER, java_script_enabled=False).new_page()
    page.goto(f"{origin}/plan/review?edition={draft}")
    page.locator("#new-comment textarea").fill("无脚本")
    page.locator("#new-comment button:not([type])").click()
    expect(page.locator(".thread .text")).to_have_text("无脚本", use_inner_text=True)
    page.locator("form[action='/plan/review/hand-in'] button").click()
    expect(page.locator(".steps .now .what")).to_have_text("送审", use_inner_text=True)
