"""The pages on which like matters become a series, over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from gridmap.domain import loops
from gridmap.domain.access import Role
from gridmap.domain.loop_rules import to_json
from gridmap.domain.loops import Rules, SeriesRule
from gridmap.services.disputes import opening
from gridmap.store import loops as kept_loops
from gridmap.store.engine import enter_scope
from tests import makers
from tests.disputes import actor_of
from tests.web.filled import NOW, STATION

URL = f"/desk/series?station={STATION}"


@pytest.fixture
def cases(held, sessions) -> list[int]:
    """Take in three thefts near one another, a fresh case each, and an incident beside them."""
    with sessions.begin() as session:
        enter_scope(session, [STATION])
        rules = Rules(series=SeriesRule(("theft",), 200.0, 7, 3))
        loop = loops.Loop("town", "试", "Try", loops.STANDARD.tiers.values(), loops.STANDARD.moves.values(), rules)
        kept_loops.put(session, loop, to_json(rules), by="test")
        kept_loops.follow(session, STATION, "town")
        session.execute(text("DELETE FROM incident WHERE category = 'theft'"))
        makers.make_incident(session, 1.5, 0.5, NOW - timedelta(days=2), category="theft")
        officer = actor_of(None, Role.OFFICER, "li", STATION)
        wishes = [
            opening.Intake("theft", f"<第{n}起>", matter="case", lon=112.915 + n / 10_000, lat=35.805, opened_at=NOW - timedelta(days=n))
            for n in range(1, 4)
        ]  # fmt: skip
        return [opening.open_dispute(session, officer, STATION, wish).dispute for wish in wishes]


@pytest.fixture
def officer(as_role, held):
    return as_role("officer", login="li")


def form(client, url: str, **fields: object) -> dict[str, object]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(url).text).group(1)
    return {"csrf_token": token, "station": STATION, **fields}


def make(client, members: list[str], name: str = "电瓶车被盗") -> int:
    reply = client.post("/desk/series/make", data=form(client, URL, kind="theft", name=name, member=members))
    assert reply.status_code == 303
    return int(re.search(r"/desk/series/(\d+)\?", reply.headers["location"]).group(1))


def test_a_proposal_is_shown_with_reasons_and_a_map_and_becomes_a_series(officer, cases, sessions):
    page = officer.get(URL).text
    assert re.findall(r'name="member" value="(\w+)" checked', page)
    assert page.count('class="small-map"') == 1
    assert "&lt;第1起&gt;" in page
    assert "同类共 4 件" in page
    members = re.findall(r'name="member" value="(\w+)"', page)
    assert len(members) == 4
    number = make(officer, members)
    page = officer.get(f"/desk/series/{number}?station={STATION}&done=made").text
    assert "已建立" in page
    assert page.count('name="remove"') == 4
    assert 'name="member"' not in officer.get(URL).text
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM dispute WHERE series_id = :n"), {"n": number}) == 3


def test_members_go_in_and_out_and_solving_settles_them(officer, cases, sessions):
    number = make(officer, [f"d{cases[0]}"])
    url = f"/desk/series/{number}?station={STATION}"
    assert f'name="add" value="d{cases[1]}"' in officer.get(url).text
    sent = form(officer, url, add=[f"d{cases[1]}", f"d{cases[2]}"], remove=[f"d{cases[0]}"])
    assert officer.post(f"/desk/series/{number}/members", data=sent).status_code == 303
    reply = officer.post(f"/desk/series/{number}/solve", data=form(officer, url, sentence=" "))
    assert (reply.status_code, 'role="alert"' in reply.text) == (422, True)
    reply = officer.post(f"/desk/series/{number}/solve", data=form(officer, url, sentence="抓获一人"))
    assert reply.status_code == 303
    assert "办结 2 件" in officer.get(reply.headers["location"]).text
    with sessions() as session:
        states = dict(
            session.execute(text("SELECT id, state FROM dispute WHERE id = ANY (:ids)"), {"ids": cases}).all()
        )
        assert states == {cases[0]: "open", cases[1]: "settled", cases[2]: "settled"}
    assert officer.post(f"/desk/series/{number}/dissolve", data=form(officer, URL)).status_code == 409


def test_dissolving_gives_the_members_back(officer, cases):
    number = make(officer, [f"d{one}" for one in cases])
    url = f"/desk/series/{number}?station={STATION}"
    reply = officer.post(f"/desk/series/{number}/dissolve", data=form(officer, url, sentence="无关联"))
    assert "无关联" in officer.get(reply.headers["location"]).text
    assert 'name="member"' in officer.get(URL).text


def test_what_cannot_be_is_said_and_keeps_nothing(officer, cases, sessions):
    for wrong in ({"kind": "nothing"}, {"name": " "}, {"member": []}, {"member": ["x"]}, {"member": ["i999999"]}):
        fields = {"kind": "theft", "name": "一串", "member": [f"d{cases[0]}"]} | wrong
        reply = officer.post("/desk/series/make", data=form(officer, URL, **fields))
        assert (reply.status_code, 'role="alert"' in reply.text) == (422, True)
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM series")) == 0


def test_others_see_none_of_it(as_role, cases):
    for role in ("grid_member", "mediator", "planner", "auditor"):
        assert as_role(role).get(URL).status_code == 403
    commander = as_role("commander")
    assert commander.get(URL).status_code == 200
    assert commander.get(f"/desk/series/7?station={STATION}").status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages_name_everything(officer, cases, language):
    number = make(officer, [f"d{cases[0]}"])
    for url in (URL, f"/desk/series/{number}?station={STATION}"):
        reply = officer.get(f"{url}&lang={language}")
        assert reply.status_code == 200
        assert not re.search(r">\s*(series|desk)_[a-z_]+\s*<", reply.text)
