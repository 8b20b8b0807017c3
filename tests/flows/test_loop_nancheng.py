"""Nancheng: three tiers, the small court, a joint table of nine trades, and the joint review meeting."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Holder
from gridmap.domain.disputes import DisputeStepNotPossible
from gridmap.services.disputes import configure, matching
from gridmap.services.disputes.acting import DisputeNotFound
from tests import makers
from tests.disputes import make_town
from tests.looped import file_of, loop_house, walked
from tests.served import app, as_role

__all__ = ["app", "as_role", "loop_house"]

#: kind -> the trade that mediates it, and the tier it begins at.
KINDS = {
    "pollution": ("environment", 1), "housing": ("housing", 1), "traffic_dispute": ("traffic", 1), "family": ("women", 1),
    "school": ("education", 2), "labour": ("labour", 2), "consumer": ("market", 1), "land": ("resources", 2),
    "medical": ("health", 2), "neighbours": ("law", 1), "debt": ("law", 1),
}  # fmt: skip
NINE = ("environment", "housing", "traffic", "women", "education", "labour", "market", "resources", "health")


@pytest.fixture
def walk(loop_house):
    yield from walked(loop_house, "nancheng")


def test_a_quarrel_goes_from_the_spot_to_the_court_to_the_joint_table_and_its_meeting(walk):
    town, court, chair = walk.town, walk.mediator("NC-C1"), walk.mediator("NC-J1")
    done = walk.open(kind="housing")
    assert (done.standing.tier, done.standing.holder.person) == (1, town.grid.person_id)
    walk.step(town.grid, "accepted")
    walk.step(town.grid, "begun")
    walk.step(town.grid, "mediated", "各说各的")
    with pytest.raises(DisputeStepNotPossible, match="at tier 1"):
        walk.step(town.officer, "convened", "请联合调处", bodies=("housing_bureau",))
    assert walk.who("convened", "请联合调处", bodies=("housing_bureau",)) == set()
    assert walk.wait(days=5, hours=23) == [("warned", 143, "grid")]
    assert walk.wait(days=1, hours=1) == [("escalated", 25, "court")], "seven days are over, and the clock takes it up"
    assert walk.row().tier == 2
    assert walk.who("convened", "请联合调处", bodies=("housing_bureau",)) == set()
    done = walk.step(court, "accepted")
    assert done.standing.holder.person == court.person_id
    assert done.standing.settle_by == walk.after(days=15)
    walk.wait(days=1)
    done = walk.step(court, "escalated", "小法庭也谈不拢")
    assert (done.standing.tier, done.standing.holder.body) == (3, "joint_table")
    assert walk.loop.tiers[3].name_zh == "法院、司法、公安联合调处"
    done = walk.step(chair, "accepted")
    assert done.standing.holder.person == chair.person_id, "the joint table has people of its own"
    table = {"note": "三方到场", "bodies": ("county_court", "justice_office", "housing_bureau")}
    assert walk.who("convened", **table) == {"officer", "mediator", "commander"}
    assert walk.needs("mediator", "convened", **table) == {"note", "bodies"}
    walk.step(chair, "convened", **table)
    came, following = ("county_court", "justice_office"), walk.after(days=14)
    meeting = {"note": "久调不决，限期十日", "bodies": came, "until": following}
    assert walk.who("reviewed", **meeting) == {"officer", "mediator", "commander"}
    assert walk.needs("mediator", "reviewed", **meeting) == {"note", "bodies", "until"}
    done = walk.step(chair, "reviewed", "久调不决，限期十日", bodies=came, until=following)
    assert (done.standing.state, done.standing.due_at) == ("joint", done.standing.settle_by), (
        "a meeting gives no time away"
    )
    kept = walk.session.execute(text("SELECT at, facts FROM dispute_event WHERE id = :id"), {"id": done.event}).one()
    assert (kept.at, kept.facts["bodies"]) == (walk.now, list(came)), "the day of the meeting, and who came"
    assert datetime.fromisoformat(kept.facts["until"]) == following, "the day of the next one"
    done = walk.step(chair, "settled", "物业退费")
    settled = walk.now
    assert done.standing.due_at == walk.after(days=14), "the review meeting comes within a fortnight"
    assert walk.wait(days=15) == [("reminded", 14 * 24, "NC-J1"), ("reassigned", 15 * 24, "desk")], "it is late"
    assert walk.who("reviewed", "会上讲评", bodies=came) == {"officer", "mediator", "commander"}
    assert walk.needs("commander", "reviewed", note="会上讲评", bodies=came) == {"note", "bodies"}
    done = walk.step(town.commander, "reviewed", "会上讲评", bodies=came)
    assert (done.standing.state, done.standing.due_at) == ("reviewed", settled + timedelta(days=30))
    assert walk.who("closed") == set(), "a visit comes first"
    assert walk.wait(days=15) == [("reminded", 15 * 24, "desk")]
    walk.step(town.officer, "followed_up", outcome=5)
    assert walk.who("closed") == {"officer", "grid_member", "mediator", "commander", "clock"}
    assert walk.wait(minutes=10) == [("closed", 0.17, "desk")]
    assert (walk.row().state, walk.row().rating) == ("closed", 5)


def go_by(session, **span):
    """Let time go by for a service whose clock is the machine's: all that happened is put so long ago, by its owner."""
    for table, columns in (
        ("dispute", ("opened_at", "settled_at", "due_at", "settle_by")), ("dispute_event", ("at", "due_at", "settle_by")),
    ):  # fmt: skip
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        ago = ", ".join(f"{column} = {column} - :span" for column in columns)
        session.execute(text(f"UPDATE {table} SET {ago}"), {"span": timedelta(**span)})
        session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


def test_the_same_loop_by_the_api(sessions, as_role):
    with sessions.begin() as session:
        make_town(session)
        configure.load(session, file_of("nancheng"), ["S001"], by="test")
    officer, commander, there = as_role("officer"), as_role("commander"), "/api/v1/stations/S001"
    loop = officer.get(f"{there}/loop").json()
    assert loop["tiers"][0]["name_zh"] == "就地化解"
    reply = officer.post(f"{there}/disputes", json={"kind": "medical", "words": "合成", "lon": 112.905, "lat": 35.8025})
    number, version = reply.json()["dispute"], reply.json()["version"]
    assert reply.json()["holder"]["code"] == "court"

    def step(who, name, **facts):
        nonlocal version
        reply = who.post(
            f"{there}/disputes/{number}/steps", json={"step": name, "version": version, "note": "合成", **facts}
        )
        if reply.status_code == 200:
            version = reply.json()["version"]
            assert commander.get(f"{there}/disputes/lost").json()["items"] == []
        return reply

    assert step(officer, "convened", bodies=["health_bureau"]).status_code == 409
    for name, facts in (
        ("accepted", {}), ("escalated", {}), ("accepted", {}), ("convened", {"bodies": ["health_bureau", "county_court"]}),
    ):  # fmt: skip
        assert step(officer, name, **facts).status_code == 200
    possible = officer.get(f"{there}/disputes/{number}/possible-steps").json()["items"]
    assert {one["step"]: one["name_zh"] for one in possible}["reviewed"] == "联席会议研判"
    for who, name, facts in (
        (commander, "reviewed", {"bodies": ["county_court"], "until": "2099-01-01T00:00:00Z"}), (officer, "settled", {}),
    ):  # fmt: skip
        assert step(who, name, **facts).status_code == 200
    assert step(commander, "closed").status_code == 409, "nobody has visited yet"
    with sessions.begin() as session:
        go_by(session, days=30)
    for who, name, facts in ((commander, "followed_up", {"outcome": 5}), (officer, "closed", {})):
        assert step(who, name, **facts).status_code == 200
    whole = officer.get(f"{there}/disputes/{number}").json()
    assert (whole["state"], whole["tier"], {body["code"] for body in whole["bodies"]}) == (
        "closed", 3, {"health_bureau", "county_court"},
    )  # fmt: skip


def test_what_is_settled_on_the_spot_needs_no_meeting(walk):
    town = walk.town
    walk.open()
    walk.step(town.grid, "accepted")
    done = walk.step(town.grid, "settled", "当场和好")
    assert done.standing.due_at == walk.after(days=30)
    with pytest.raises(DisputeStepNotPossible):
        walk.step(town.commander, "reviewed", "讲评")
    assert walk.wait(days=30) == [("reminded", 30 * 24, "grid")]
    walk.step(town.officer, "followed_up", outcome=4)
    assert walk.who("closed") == {"officer", "grid_member", "mediator", "commander", "clock"}
    assert walk.wait(minutes=10) == [("closed", 0.17, "grid")]


def test_what_returns_to_a_door_begins_at_the_small_court(walk):
    assert walk.open(kind="debt").standing.tier == 1
    again = walk.open(kind="debt").standing
    assert (again.tier, again.holder.body, again.marks) == (2, "court", ("returning",))
    assert (again.due_at, again.settle_by) == (walk.after(hours=24), walk.after(days=15))
    assert walk.open(kind="family").standing.tier == 1, "another kind is another matter"
    assert walk.open(kind="consumer", marks=("worse",)).standing.tier == 2


def test_each_of_the_nine_trades_has_its_kind_its_body_and_its_mediator(walk):
    loop, town = walk.loop, walk.town
    assert tuple(trade.code for trade in loop.rules.trades)[:9] == NINE
    for kind, (trade, tier) in KINDS.items():
        done = walk.open(kind=kind, address_id=None, lon=makers.WEST + 0.005, lat=makers.SOUTH + 0.002)
        assert done.standing.tier == tier
        assert done.standing.settle_by == walk.after(days={1: 7, 2: 15}[tier])
        best = matching.propose(walk.session, town.officer, town.station, done.dispute).matches[0]
        assert trade in best.who.trades
        assert "trade" in {reason.word for reason in best.reasons}
        assert best.ready
    threatened = walk.open(kind="family", marks=("threats",))
    assert (threatened.standing.tier, threatened.standing.holder.body) == (3, "joint_table")
    assert set(loop.rules.templates) == {"accounts", "agreement", "record"}
    assert all(set(texts) == {"zh", "en"} for texts in loop.rules.templates.values())


def test_whoever_is_asked_to_the_joint_table_has_people_who_see_it_and_answer(walk):
    town, given = walk.town, file_of("nancheng")
    people = {one.body for one in given.mediators}
    assert {body.code for body in given.bodies} <= people, "no body is without a person"
    walk.open(kind="family", marks=("threats",))
    walk.step(walk.mediator("NC-J2"), "accepted")
    walk.step(walk.mediator("NC-J2"), "convened", "法院、司法到场", bodies=("county_court", "justice_office"))
    for code in ("NC-F1", "NC-S1"):
        walk.step(walk.mediator(code), "note", "合成：到会")
    with pytest.raises(DisputeNotFound):
        walk.step(walk.mediator("NC-K1"), "note", "没有请卫健")
    walk.step(town.officer, "passed_on", "请法官主持", to=Holder(body="county_court"))
    done = walk.step(walk.mediator("NC-F2"), "taken")
    assert done.standing.holder.person == walk.mediator("NC-F2").person_id


def test_the_joint_table_is_called_at_the_third_tier_alone_by_who_may_and_with_a_reason(walk):
    table = {"note": "请到场", "bodies": ("county_court",)}
    for kind, tier in (("neighbours", 1), ("labour", 2)):
        assert walk.open(kind=kind).standing.tier == tier
        for step in ("accepted", "begun"):
            walk.step(walk.town.officer, step)
            assert walk.who("convened", **table) == set()
    walk.open(kind="family", marks=("threats",))
    for _state in walk.worked(walk.town.officer):
        assert walk.who("convened", **table) == {"officer", "mediator", "commander"}
        assert walk.needs("officer", "convened", **table) == {"note", "bodies"}


def test_grid_members_and_schools_are_told_of_what_concerns_them(walk):
    grid, schools = {"grid_members"}, {"schools"}
    assert walk.groups_told("neighbours", "family", "housing", "land", "school", "labour") == {
        "neighbours": grid, "family": grid, "housing": grid, "land": grid, "school": schools, "labour": set(),
    }  # fmt: skip
