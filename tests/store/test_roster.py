"""Who answers for a door: posting, substitute, auxiliary, and never nobody."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlalchemy import text

from gridmap.store import roster
from tests.makers import make_leave, make_person, make_station

DAY = datetime(2026, 3, 10, 4, tzinfo=UTC)  # noon in Shanghai


def whom(session, at=DAY, beat="A", cell="A1"):
    """Return (rank, role, name, via) of everybody who answers, in order."""
    rows = session.execute(
        text("SELECT rank, role, name, via FROM responsible('S001', :beat, :cell, :at)"),
        {"beat": beat, "cell": cell, "at": at},
    )
    return [tuple(row) for row in rows]


DESK = (9, "duty_desk", "S001派出所", "desk")


@pytest.fixture(autouse=True)
def station(session):
    make_station(session)


def test_the_officer_of_the_beat_and_the_member_of_the_cell_answer_then_the_desk(session):
    make_person(session, "甲", "officer", beat="A")
    make_person(session, "乙", "grid_member", cell="A1")
    make_person(session, "丙", "officer", beat="B")
    assert whom(session) == [(1, "grid_member", "乙", "posting"), (1, "officer", "甲", "posting"), DESK]


def test_nobody_posted_leaves_the_desk(session):
    assert whom(session) == [DESK]
    assert whom(session, beat=None, cell=None) == [DESK]


def test_a_substitute_stands_in_for_somebody_on_leave(session):
    away = make_person(session, "甲", "officer", beat="A")
    make_leave(session, away, date(2026, 3, 9), date(2026, 3, 12), make_person(session, "乙", None))
    assert whom(session)[0] == (1, "officer", "乙", "substitute")
    assert whom(session, at=datetime(2026, 3, 12, 4, tzinfo=UTC))[0] == (1, "officer", "甲", "posting")


def test_leave_without_a_substitute_leaves_the_auxiliary(session):
    away = make_person(session, "甲", "officer", beat="A")
    make_person(session, "乙", "auxiliary", beat="A")
    make_leave(session, away, date(2026, 3, 9), date(2026, 3, 12))
    assert whom(session) == [(2, "auxiliary", "乙", "posting"), DESK]


def test_a_substitute_who_is_away_too_does_not_answer(session):
    away, other = make_person(session, "甲", "officer", beat="A"), make_person(session, "乙", None)
    make_leave(session, away, date(2026, 3, 9), date(2026, 3, 12), other)
    make_leave(session, other, date(2026, 3, 10), date(2026, 3, 11))
    assert whom(session) == [DESK]
    assert whom(session, at=datetime(2026, 3, 11, 4, tzinfo=UTC))[0] == (1, "officer", "乙", "substitute")


def test_a_day_begins_at_midnight_in_the_stations_zone(session):
    make_person(session, "甲", "officer", beat="A", since=date(2026, 3, 10))
    before, after = datetime(2026, 3, 9, 15, 59, tzinfo=UTC), datetime(2026, 3, 9, 16, 0, tzinfo=UTC)
    assert whom(session, at=before) == [DESK]
    assert whom(session, at=after)[0][2] == "甲"


def test_an_ended_posting_answers_no_more(session):
    make_person(session, "甲", "officer", beat="A", until=date(2026, 3, 10))
    assert whom(session) == [DESK]


def test_every_pair_of_zones_gets_somebody_in_one_query(session):
    make_person(session, "甲", "officer", beat="A")
    make_person(session, "乙", "grid_member", cell="A1")
    pairs = pd.DataFrame({"beat": ["A", "B", None], "grid_cell": ["A1", "B1", None]})
    found = roster.responsible_by_zone(session, "S001", pairs, DAY)
    assert list(found["responsible"]) == ["甲", "S001派出所", "S001派出所"]
    assert list(found["via"]) == ["posting", "desk", "desk"]
    assert list(found["grid_member"]) == ["乙", None, None]
