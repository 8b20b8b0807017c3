"""What turns out graver, and clocks that neither a reminder nor an offer stretches."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Holder, Wish
from gridmap.domain.disputes import DisputeStepNeeds
from gridmap.services.disputes import acting, clock, configure
from gridmap.store.engine import enter_scope
from gridmap.store.tables import IncidentCategory
from tests.disputes import make_town
from tests.looped import file_of

GRADED = """
[loop]
code = "graded"
name_zh = "分级"
name_en = "Graded"

[[tier]]
number = 1
name_zh = "网格"
name_en = "Cell"
holder = "cell"
accept_hours = 4
settle_days = 30
on_late = "remind"

[[tier]]
number = 2
name_zh = "警务室"
name_en = "Beat"
holder = "beat"
accept_hours = 3
settle_days = 30
on_late = "escalate"

[[tier]]
number = 3
name_zh = "所"
name_en = "Station"
holder = "desk"
accept_hours = 3
settle_days = 30
on_late = "remind"

[[grade]]
number = 1
name_zh = "一般"
name_en = "Plain"

[[grade]]
number = 2
name_zh = "较急"
name_en = "Urgent"
settle_days = 3

[[grade]]
number = 3
name_zh = "紧急"
name_en = "Grave"
tier = 3
"""
#: The same without its highest tier.
LOWER = GRADED.replace(GRADED[GRADED.index("[[tier]]\nnumber = 3"):GRADED.index("[[grade]]")], "").replace(
    'on_late = "escalate"', 'on_late = "remind"'
).replace("tier = 3\n", "tier = 2\n")  # fmt: skip


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        return make_town(session)


def load(sessions, told):
    given = file_of(told) if "[" not in told else configure.check_file(told, "graded.toml")
    with sessions.begin() as session:
        configure.load(session, given, ["S001"], by="test")


@pytest.fixture
def served(app_sessions):
    with app_sessions() as session, session.begin():
        enter_scope(session, ["S001"])
        yield session


def test_threats_told_later_take_it_where_threats_begin(town, sessions, served):
    load(sessions, "nancheng")
    done = town.step(served, town.grid, town.open(served), "accepted")
    assert done.standing.tier == 1
    done = town.step(served, town.grid, done, "marked", marks=("threats",))
    assert (done.standing.tier, done.standing.state, done.standing.marks) == (3, "open", ("threats",))
    rows = served.execute(text("SELECT what, role, tier, facts ->> 'why' AS why FROM dispute_event ORDER BY id")).all()
    assert [tuple(row) for row in rows[-3:]] == [
        ("marked", "grid_member", 1, None), ("escalated", "clock", 2, "graver"), ("escalated", "clock", 3, "graver"),
    ]  # fmt: skip


def test_a_grade_told_later_shortens_its_clock_and_a_milder_one_does_not_stretch_it(town, sessions, served):
    load(sessions, GRADED)
    now = datetime.now(UTC)
    done = town.step(served, town.grid, town.open(served, grade=1), "accepted")
    done = town.step(served, town.grid, done, "marked", grade=2)
    assert (done.standing.tier, done.standing.grade) == (1, 2)
    assert done.standing.settle_by - now < timedelta(days=3, minutes=5)
    assert done.standing.due_at == done.standing.settle_by
    before = done.standing.settle_by
    done = town.step(served, town.grid, done, "marked", grade=1, kind="family")
    assert (done.standing.grade, done.standing.kind, done.standing.settle_by) == (1, "family", before)
    kept = served.execute(text("SELECT grade, kind, settle_by FROM dispute")).one()
    assert tuple(kept) == (1, "family", before)


def test_a_grade_that_begins_above_takes_it_there(town, sessions, served):
    load(sessions, GRADED)
    done = town.step(served, town.grid, town.open(served, grade=1), "accepted")
    done = town.step(served, town.grid, done, "marked", grade=3)
    assert (done.standing.tier, done.standing.holder) == (3, Holder(body="desk"))


@pytest.mark.parametrize("wish", [Wish("marked", grade=9), Wish("marked", kind="none"), Wish("note", "x", grade=1)])
def test_a_grade_or_kind_the_station_does_not_have_is_refused(town, sessions, served, wish):
    load(sessions, GRADED)
    done = town.open(served, grade=1)
    with pytest.raises(DisputeStepNeeds):
        acting.act(served, town.officer, "S001", done.dispute, wish, version=done.version)


def test_a_dispute_does_not_turn_into_a_kind_that_is_none(town, sessions, served):
    with sessions.begin() as session:
        session.add(IncidentCategory(code="burglary", name_zh="盗窃", name_en="Burglary", is_dispute=False))
    done = town.open(served)
    with pytest.raises(DisputeStepNeeds, match="no kind burglary of dispute"):
        town.step(served, town.officer, done, "marked", kind="burglary")
    case = town.open(served, matter="case")
    assert town.step(served, town.officer, case, "marked", kind="burglary").standing.kind == "burglary"


def test_a_reminder_does_not_put_the_next_tier_s_clock_to_sleep(town, sessions, app_sessions):
    load(sessions, GRADED)
    stop = threading.Event()
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.open(session)
    late = datetime.now(UTC) + timedelta(hours=4, minutes=1)
    assert clock.run_due(app_sessions, late, stop=stop)["reminded"] == 1
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        wish = Wish("escalated", "上交")
        done = acting.act(session, town.grid, "S001", done.dispute, wish, version=None, now=late)
    assert clock.run_due(app_sessions, done.standing.due_at - timedelta(seconds=1), stop=stop).total() == 0
    assert clock.run_due(app_sessions, done.standing.due_at, stop=stop)["escalated"] == 1


def test_an_offer_does_not_outlast_the_time_to_settle_it(town, served):
    done = town.step(served, town.grid, town.open(served), "accepted")
    ends = done.standing.settle_by
    wish = Wish("passed_on", "x", to=Holder(body="court"))
    done = acting.act(
        served, town.grid, "S001", done.dispute, wish, version=done.version, now=ends - timedelta(minutes=1)
    )
    assert done.standing.due_at == ends


def test_what_was_settled_above_the_highest_tier_there_is_is_reopened_where_it_was(town, sessions, app_sessions):
    load(sessions, GRADED)
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.open(session, grade=3)
        done = town.step(session, town.officer, done, "accepted")
        done = town.step(session, town.officer, done, "settled", "x")
    load(sessions, LOWER)
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.step(session, town.officer, done, "reopened", "又吵")
        assert (done.standing.state, done.standing.tier) == ("open", 3)
        assert done.standing.due_at is not None


def test_returning_stays_until_a_step_names_it_and_the_history_tells(served, town):
    town.open(served)
    done = town.open(served)
    assert done.standing.marks == ("returning",)
    done = town.step(served, town.officer, done, "marked", marks=("worse",))
    done = town.step(served, town.officer, done, "marked", marks=())
    assert done.standing.marks == ("returning",)
    done = town.step(served, town.officer, done, "marked", "两户不同", off=("returning",))
    query = text(
        "SELECT d.marks, e.facts FROM dispute d JOIN dispute_event e ON e.id = :event WHERE d.id = e.dispute_id"
    )
    row = served.execute(query, {"event": done.event}).one()
    assert (row.marks, row.facts["marks"], row.facts["off"]) == ([], [], ["returning"])


def test_the_same_key_with_another_mark_to_take_off_is_another_request(served, town):
    town.open(served)
    done = town.open(served)
    wish = Wish("marked", "两户不同", marks=("returning",))
    acting.act(served, town.officer, town.station, done.dispute, wish, version=done.version, key="a-key-of-it")
    other = Wish("marked", "两户不同", marks=("returning",), off=("returning",))
    with pytest.raises(acting.KeyUsed):
        acting.act(served, town.officer, town.station, done.dispute, other, version=None, key="a-key-of-it")
