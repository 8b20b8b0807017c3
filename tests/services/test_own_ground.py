"""Whose analyses show how much: all of a station, or the grid cells a person is posted to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gridmap.domain.access import Actor, Role
from gridmap.services import editions
from gridmap.services.own_ground import NoCells, own_ground
from tests import makers

TODAY = datetime.now(UTC).date()


@pytest.fixture
def station(session):
    makers.make_station(session)
    editions.publish(session, "S001", makers.make_draft(session).number, by="test")
    return "S001"


def member(person=None):
    return Actor(1, "li", "李", Role.GRID_MEMBER, ("S001",), None if person is None else person.id)


@pytest.mark.parametrize("role", [Role.PLANNER, Role.OFFICER, Role.COMMANDER])
def test_who_may_read_analyses_sees_the_whole_station(session, station, role):
    assert own_ground(session, Actor(1, "a", "A", role, ("S001",)), station) is None


def test_a_grid_member_sees_the_cells_of_today(session, station):
    person = makers.make_person(session, "李", "grid_member", cell="A1", since=TODAY - timedelta(days=9))
    assert own_ground(session, member(person), station).equals(makers.square(0, 0, 1, 0.5))


def test_a_posting_that_has_ended_shows_nothing(session, station):
    person = makers.make_person(session, "李", "grid_member", cell="A1", until=TODAY - timedelta(days=1))
    with pytest.raises(NoCells, match="posted to none"):
        own_ground(session, member(person), station)


def test_who_stands_in_sees_the_colleague_s_cells_while_they_are_away(session, station):
    away = makers.make_person(session, "赵", "grid_member", cell="A1")
    here = makers.make_person(session, "李", "grid_member", cell="B2")
    makers.make_leave(session, away, TODAY - timedelta(days=1), TODAY + timedelta(days=5), here)
    assert own_ground(session, member(here), station).area == pytest.approx(2 * makers.square(0, 0, 1, 0.5).area)


def test_nobody_in_particular_and_a_cell_that_is_no_more_show_nothing(session, station):
    with pytest.raises(NoCells):
        own_ground(session, member(), station)
    gone = makers.make_person(session, "李", "grid_member", cell="Z9")
    with pytest.raises(NoCells, match="Z9"):
        own_ground(session, member(gone), station)
