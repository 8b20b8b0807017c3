"""The page on which an edition is reviewed, commented and published."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.services import comments, editions, reviews
from gridmap.store import editions as store


def facts(page):
    """Return what the page tells its module."""
    return json.loads(re.search(r'id="page">(.*?)</script>', page, re.DOTALL)[1])


def forms(page):
    """Return the steps the page offers, each with whether it can be taken."""
    found = {}
    for action, body in re.findall(
        r'<form method="post" action="/plan/review/([a-z-]+)"[^>]*>(.*?)</form>', page, re.DOTALL
    ):
        found.setdefault(action, not re.search(r"<button[^>]* disabled", body))
    return found


@pytest.fixture
def draft(sessions, held):
    """Return a sound draft of S001, opened by ann."""
    with sessions.begin() as session:
        return editions.open_draft(session, "S001", by="ann", note="试拟二").number


@pytest.fixture
def ann(held, as_role):
    return as_role(Role.PLANNER, login="ann")


@pytest.fixture
def bob(held, as_role):
    return as_role(Role.COMMANDER, login="bob")


def send(client, step, number, **fields):
    return client.post(f"/plan/review/{step}", data={"station": "S001", "edition": number, **fields})


def look(client, number):
    return client.get(f"/plan/review?station=S001&edition={number}").text


def test_each_state_offers_each_person_their_own_steps(ann, bob, draft, sessions):
    with sessions.begin() as session:
        reviews.set_two_person(session, "S001", wanted=True, by="test")
    assert forms(look(ann, draft)) == {"hand-in": True, "comment": True}
    assert forms(look(bob, draft)) == {"comment": True}

    done = send(ann, "hand-in", draft)
    assert done.status_code == 303
    assert "已送审" in ann.get(done.headers["location"]).text
    assert forms(look(ann, draft)) == {"approve": False, "give-back": True, "comment": True}
    assert "须由另一人批准" in look(ann, draft)
    assert forms(look(bob, draft)) == {"approve": True, "give-back": True, "comment": True}

    assert send(ann, "approve", draft).status_code == 409
    seen = re.search(r'name="seen" value="([^"]+)"', look(bob, draft))[1]
    assert send(bob, "approve", draft, seen=seen).status_code == 303
    for somebody in (ann, bob):
        assert forms(look(somebody, draft)) == {"publish": True, "schedule": True, "give-back": True, "comment": True}
    assert "已发布" in ann.get(send(ann, "publish", draft).headers["location"]).text
    assert forms(look(bob, draft)) == {}
    with sessions() as session:
        assert store.in_force(session, "S001").number == draft


def test_a_station_for_one_person_publishes_from_the_draft(ann, draft):
    assert forms(look(ann, draft)) == {"hand-in": True, "publish": True, "comment": True}
    assert send(ann, "publish", draft).status_code == 303


def test_a_draft_with_faults_says_what_must_be_mended_and_offers_no_way_round(ann, held):
    page = look(ann, held.draft)
    assert forms(page)["hand-in"] is False
    assert "必须修正" in page
    pins = facts(page)["pins"]
    assert [pin["n"] for pin in pins] == list(range(1, len(pins) + 1))
    assert pins[0]["weight"] == "stop"
    assert send(ann, "hand-in", held.draft).status_code == 409


def test_what_an_edition_changes_is_summed_up_with_the_way_to_the_comparison(ann, held):
    page = look(ann, held.draft)
    assert "与现行第 1 版相比" in page
    assert f"before=1&amp;after={held.draft}" in page
    assert facts(page)["changes"]["A"] == ["reshaped", "调整"]


def test_given_back_the_reason_is_on_the_page(ann, bob, draft):
    send(ann, "hand-in", draft)
    assert send(bob, "give-back", draft, reason="  \t ").status_code == 422
    send(bob, "give-back", draft, reason="<b>市场</b>")
    page = look(ann, draft)
    assert "&lt;b&gt;市场&lt;/b&gt;" in page
    assert forms(page)["hand-in"] is True


def test_a_time_is_read_by_the_stations_clocks(ann, bob, draft, sessions):
    send(ann, "hand-in", draft)
    send(bob, "approve", draft)
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    assert send(bob, "schedule", draft, at=f"{day}T08:00").status_code == 303
    with sessions() as session:
        assert store.find(session, "S001", draft).publish_at == datetime(day.year, day.month, day.day, 0, 0, tzinfo=UTC)
    page = look(bob, draft)
    assert f"已定于 {day} 08:00" in page
    assert forms(page) == {"unschedule": True, "publish": True, "give-back": True, "comment": True}
    send(bob, "unschedule", draft)
    assert "schedule" in forms(look(bob, draft))


def test_a_time_that_came_and_went_and_a_refusal_are_shown(ann, bob, draft, sessions):
    send(ann, "hand-in", draft)
    send(bob, "approve", draft)
    with sessions.begin() as session:
        session.execute(text("UPDATE edition SET publish_at = now() - interval '1 h' WHERE number = :n"), {"n": draft})
    assert "正在重试发布" in look(bob, draft)
    with sessions.begin() as session:
        edition = store.find(session, "S001", draft)
        reviews.reviews.set_problem(session, edition, "3 gap")
    assert "没有按时发布：3 gap" in look(bob, draft)


def test_comments_stand_under_one_another_and_fold_away_when_resolved(ann, bob, draft):
    back = send(bob, "comment", draft, text="这里<i>", lon="112.905", lat="35.805")
    number = int(re.search(r"#comment-(\d+)$", back.headers["location"])[1])
    again = send(ann, "comment", draft, text="好的", reply_to=number)
    assert again.headers["location"].endswith(f"#comment-{number}")
    page = look(ann, draft)
    assert "这里&lt;i&gt;" in page
    assert facts(page)["comments"] == [
        {"id": number, "n": 1, "who": "bob", "text": "这里<i>", "lon": 112.905, "lat": 35.805, "open": True}
    ]
    send(ann, "resolve", draft, comment=number, resolved="true")
    page = look(ann, draft)
    assert "已处理 1 条" in page
    assert facts(page)["comments"][0]["open"] is False
    send(ann, "resolve", draft, comment=number, resolved="false")
    assert facts(look(ann, draft))["comments"][0]["open"] is True


def test_open_comments_are_counted_before_approval(ann, bob, draft):
    send(bob, "comment", draft, text="一")
    send(ann, "hand-in", draft)
    assert "还有 1 条批注未处理" in look(bob, draft)


def test_an_auditor_looks_and_has_no_form(held, as_role, draft):
    assert forms(look(as_role(Role.AUDITOR), draft)) == {}


def test_a_draft_from_an_edition_no_longer_in_force_warns(ann, draft, sessions):
    with sessions.begin() as session:
        newer = editions.open_draft(session, "S001", by="ann").number
        editions.publish(session, "S001", newer, by="ann")
    assert f"第 {newer} 版的改动将不复存在" in look(ann, draft)


def test_asked_for_none_it_shows_what_waits(ann, bob, draft, sessions):
    send(ann, "hand-in", draft)
    with sessions.begin() as session:
        editions.open_draft(session, "S001", by="ann")
    assert f"<h1>第 {draft} 版</h1>" in bob.get("/plan/review").text


def test_an_address_alone_claims_nothing(ann, draft):
    for done in ("published", "in_review", "approved", "draft", "scheduled", "x"):
        assert 'class="message" role="status"' not in ann.get(f"/plan/review?edition={draft}&done={done}").text


def test_history_tells_who_did_what_and_a_published_edition_takes_no_comment(ann, bob, draft, sessions):
    with sessions.begin() as session:
        comments.add(session, store.find(session, "S001", draft), by="bob", text="早先")
    send(ann, "hand-in", draft)
    send(bob, "approve", draft)
    send(bob, "publish", draft)
    page = look(ann, draft)
    record = re.search(r'<ol class="record">.*?</ol>', page, re.DOTALL)[0]
    assert re.findall(r"<b>(.*?)</b> (\S+)", record.replace("</li>", " </li>")) == [
        ("bob", "发布"), ("bob", "批准"), ("ann", "送审"), ("ann", "新建草案"),
    ]  # fmt: skip
    assert "早先" in page
    assert send(bob, "comment", draft, text="晚了").status_code == 409


def test_a_form_without_its_token_changes_nothing(ann, draft, sessions):
    del ann.headers["X-CSRF-Token"]
    assert send(ann, "hand-in", draft).status_code == 403
    with sessions() as session:
        assert store.find(session, "S001", draft).status == "draft"


def test_the_planners_page_offers_no_way_round_the_second_person(ann, bob, draft, sessions):
    def offered():
        return 'action="/plan/publish"' in ann.get(f"/plan?edition={draft}").text

    assert offered()
    with sessions.begin() as session:
        reviews.set_two_person(session, "S001", wanted=True, by="test")
    assert not offered()
    send(ann, "hand-in", draft)
    send(bob, "approve", draft)
    assert offered()
