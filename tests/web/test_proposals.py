"""The page of proposals: wishes are composed, options compared and opened; what cannot be is told at its field."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from gridmap.domain.access import Role
from gridmap.settings import Settings
from gridmap.store import editions as store
from gridmap.store import frames
from gridmap.store import proposals as kept
from tests import towns
from tests.scanned import own_folder
from tests.served import SECRET, make_app

WISHES = {"station": "S001", "beats": "4", "tolerance": "25", "base": "1", "units": "cells", "villages": "free",
          "cross": "on", "w.doors": "1", "w.calls": "0", "change": "80", "compact": "100"}  # fmt: skip


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        towns.make_town(session)


@pytest.fixture
def planner(town, as_role):
    return as_role(Role.PLANNER)


def propose(planner, **wishes):
    return planner.post("/plan/proposals", data={**WISHES, **wishes}, headers={"Accept": "text/html"})


def test_the_form_begins_with_what_is_in_force(planner):
    page = planner.get("/plan/proposals").text
    assert re.search(r'name="beats"[^>]* value="4"', page)
    assert re.search(r'name="tolerance"[^>]* value="5"', page)
    assert re.search(r'name="w.households"[^>]* value="1"', page)
    assert 'name="w.call:quarrel"' in page
    assert page.count('name="locked"') == 4
    assert "还没有方案" in page


def test_options_stand_beside_the_edition_in_force_and_any_opens_as_a_draft(planner, sessions):
    reply = propose(planner)
    assert reply.status_code == 303, reply.text
    page = planner.get(reply.headers["location"]).text
    options = len(re.findall(r'action="/plan/proposals/open"', page))
    assert options >= 1
    assert page.count('<svg class="division') == options + 1 + 2  # side by side, and two large ones
    assert re.search(r'<th scope="row">最大偏差</th>\s*<td class="number', page)
    assert re.search(r'class="number better[^"]*">[^<]*<span class="delta">−', page)
    assert "S001J01" in page  # the officer, beat by beat
    number = int(re.search(r"proposal=(\d+)", reply.headers["location"])[1])

    opened = planner.post("/plan/proposals/open", data={"station": "S001", "proposal": number, "option": options})
    assert opened.status_code == 303
    assert opened.headers["location"] == "/plan/draw?station=S001&edition=2"
    assert "已打开为第 2 版" in planner.get(reply.headers["location"]).text
    with sessions() as session:
        draft = store.find(session, "S001", 2)
        plan = kept.options(session, kept.find(session, "S001", number))[options - 1].plan["beats"]
        assert sorted(frames.zones(session, draft.id, "beat")["code"]) == sorted(plan)
        assert draft.status == "draft"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"beats": "hats"}, "beats"),
        ({"beats": "400"}, "beats"),
        ({"tolerance": "0"}, "tolerance"),
        ({"w.doors": "x"}, "weights"),
        ({"special": "nowhere = 5"}, "special"),
        ({"special": "no number"}, "special"),
        ({"locked": ["J01", "J99"]}, "locked"),
        ({"cap.J01": "0"}, "capacity"),
        ({"units": "hats"}, "units"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_typed_is_lost(planner, wrong, field):
    reply = propose(planner, seed="77", **wrong)
    assert reply.status_code == 422
    assert f'id="wrong-{field}"' in reply.text
    assert re.search(r'name="seed"[^>]* value="77"', reply.text)


def test_wishes_that_exclude_each_other_say_so(planner):
    reply = propose(planner, beats="2", tolerance="0.1", units="villages", villages="whole")
    assert reply.status_code == 422
    assert "愿望无法同时满足" in reply.text


def test_an_auditor_looks_and_changes_nothing(planner, as_role):
    where = propose(planner).headers["location"]
    page = as_role(Role.AUDITOR).get(where).text
    assert 'class="compare"' in page
    assert '<form method="post" action="/plan/proposals' not in page
    assert as_role(Role.OFFICER).get(where).status_code == 403


def test_a_proposal_needs_one_connection_at_a_time(town, as_role, app_sessions, planner):
    """With a single seat, a request that held one while it asked for another would find none."""
    settings = Settings(
        secret=SECRET, secure_cookies=True, log_level="error", database_url=None, pool_size=1, scan=own_folder()
    )
    with TestClient(make_app(settings, app_sessions), base_url="https://gridmap.test") as alone:
        alone.cookies.update(planner.cookies)
        alone.headers.update(planner.headers)
        reply = alone.post("/api/v1/stations/S001/proposals", json={"beats": 3, "tolerance": 0.5})
        assert reply.status_code == 201, reply.text
        assert alone.post("/api/v1/stations/S001/posts", json={"posts": 1}).status_code == 200
        found = alone.get(reply.headers["location"]).json()
    assert found["options"][0]["figures"]["beats_n"] == 3
    assert sum(len(cells) for cells in found["options"][0]["beats"].values()) == 24
    assert [one["id"] for one in planner.get("/api/v1/stations/S001/proposals").json()["items"]] == [found["id"]]


def test_the_api_names_the_field_of_what_cannot_be(planner):
    reply = planner.post("/api/v1/stations/S001/proposals", json={"beats": 3, "locked": ["J99"]})
    assert (reply.status_code, reply.json()["field"]) == (422, "locked")
    assert planner.get("/api/v1/stations/S001/proposals/9").status_code == 404


def test_posts_are_placed_and_what_is_left_is_told(planner):
    page = planner.get("/plan/posts?station=S001&posts=2&reach=700").text
    assert page.count('data-n="') == 2
    assert "的住户在 700 米之内" in page
    assert "仍在范围之外" in page
    wrong = planner.get("/plan/posts?station=S001&posts=2&reach=x")
    assert wrong.status_code == 422
    assert 'id="wrong-reach"' in wrong.text
    assert 'id="wrong-at"' in planner.get("/plan/posts?posts=2&at=nowhere").text
