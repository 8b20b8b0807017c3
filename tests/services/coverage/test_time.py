"""Gaps in time: nobody on duty now, hours without a shift in the coming fortnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from gridmap.store.tables import Person
from tests import makers
from tests.services.coverage.conftest import NOW

DAY = timedelta(days=1)


@pytest.fixture
def people(session, station):
    """Return the officers of A and B."""
    return [session.query(Person).filter_by(name=f"警{beat}").one() for beat in "AB"]


@pytest.fixture
def duty(session, people):
    """Return the function that puts an officer on duty from now on, for so many days."""

    def put(person, *, days=15, since=NOW - DAY, beats=None):
        return makers.make_shift(session, person, since, since + days * DAY, beats)

    return put


def hours(found):
    gaps = found.gaps[found.gaps["kind"] == "off_duty_hours"]
    return {code: round(value, 6) for code, value in zip(gaps["code"], gaps["hours"], strict=True)}


def test_without_a_roster_nobody_is_accused_and_the_page_can_say_so(told):
    found = told(groups=["time"])
    assert found.gaps.empty
    assert [note.key for note in found.notes] == ["no_roster"]


def test_who_is_always_on_duty_leaves_no_gap(told, duty, people):
    for person in people:
        duty(person, days=16)
    found = told(groups=["time"])
    assert found.gaps.empty
    assert found.notes == ()
    assert (found.week.share == 1).all()


def test_a_beat_without_a_shift_is_uncovered_now_and_for_the_fortnight(told, duty, people):
    duty(people[0], days=16)
    found = told(groups=["time"])
    assert found.gaps[["kind", "code", "doors"]].to_numpy().tolist() == [
        ["off_duty_now", "B", 2],
        ["off_duty_hours", "B", 2],
    ]
    assert found.gaps["hours"].tolist() == [336, 336]
    assert found.gaps["detail"].iloc[0]["since_is"] == "at_latest"
    assert found.gaps["until"].tolist() == [None, None]


def test_a_gap_of_now_is_told_since_when_and_until_when(session, told, people):
    makers.make_shift(session, people[0], NOW - 3 * DAY, NOW - timedelta(hours=5), ["*"])
    makers.make_shift(session, people[1], NOW + timedelta(hours=2), NOW + 14 * DAY, ["*"])
    found = told(kinds=["off_duty_now"]).gaps
    assert found["code"].tolist() == ["A", "B"]
    assert (found["since"] == NOW - timedelta(hours=5)).all()
    assert found["until"].tolist() == [NOW + timedelta(hours=2)] * 2
    assert found["hours"].tolist() == [2, 2]


def test_nights_are_hours_of_the_week_on_the_stations_clock(session, told, people):
    noon = NOW.replace(hour=0)  # 8:00 in Shanghai
    for step in range(-1, 16):
        makers.make_shift(session, people[0], noon + step * DAY, noon + step * DAY + timedelta(hours=12), ["*"])
    found = told(groups=["time"])
    assert hours(found) == {"A": 168, "B": 168}
    assert "off_duty_now" not in set(found.gaps["kind"])
    free = np.flatnonzero(found.week.share[0] == 0)
    assert sorted(set(free % 24)) == [0, 1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 23]
    assert found.week.now == 12
    detail = found.gaps["detail"].iloc[0]
    assert detail["spans"][0] == ["2026-06-01T12:00:00+00:00", "2026-06-02T00:00:00+00:00"]
    assert (detail["spans_in_all"], detail["of_hours"]) == (14, 336)


def test_leave_takes_a_shift_away_and_a_substitute_takes_it_over(session, told, duty, people):
    for person in people:
        duty(person, days=16)
    leave = makers.make_leave(session, people[0], date(2026, 6, 3), date(2026, 6, 5))
    assert hours(told(groups=["time"])) == {"A": 48}
    stands_in = makers.make_person(session, "代", role=None)
    leave.substitute_id = stands_in.id
    assert hours(told(groups=["time"])) == {}
    makers.make_leave(session, stands_in, date(2026, 6, 4), date(2026, 6, 9))
    assert hours(told(groups=["time"])) == {"A": 24}


def test_a_shift_without_beats_is_for_those_posted_to_on_that_day(session, told, duty, people):
    for person in people:
        duty(person, days=16)
    session.execute(text("UPDATE posting SET during = '[2020-01-01,2026-06-08)' WHERE beat = 'B'"))
    assert hours(told(groups=["time"])) == {
        "B": (NOW + 14 * DAY - datetime(2026, 6, 7, 16, tzinfo=UTC)) / timedelta(hours=1)
    }


def test_only_officers_and_auxiliaries_count(session, told, duty, people):
    duty(people[0], days=16)
    member = session.query(Person).filter_by(name="网B1").one()
    shift = duty(member, days=16, beats=["B"])
    assert hours(told(groups=["time"])) == {"B": 336}
    session.delete(shift)
    helper = makers.make_person(session, "辅", "auxiliary", beat="B")
    duty(helper, days=16)
    assert hours(told(groups=["time"])) == {}


def test_a_roster_that_ends_is_said(told, duty, people):
    for person in people:
        duty(person, days=4)
    found = told(groups=["time"])
    assert [(note.key, note.facts) for note in found.notes] == [("roster_until", {"at": NOW + 3 * DAY})]
    assert hours(found) == {"A": 264, "B": 264}
