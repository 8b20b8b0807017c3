"""Coverage gaps: each kind found, each with its place and size, and nothing where all is well."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from gridmap.services import coverage, editions
from gridmap.store import editions as store
from tests import makers

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)


@pytest.fixture
def station(session):
    """Two beats with officers and four cells with members, a door in each cell, all with plates: no gap."""
    makers.make_station(session)
    draft = makers.make_draft(session)
    for beat in "AB":
        makers.make_person(session, f"警{beat}", beat=beat)
    for n, (cell, x, y) in enumerate([("A1", 0.5, 0.2), ("A2", 0.5, 0.8), ("B1", 1.5, 0.2), ("B2", 1.5, 0.8)]):
        makers.make_person(session, f"网{cell}", "grid_member", cell=cell)
        makers.make_plate(session, f"{n}" * 12, makers.make_door(session, x, y))
    editions.publish(session, "S001", draft.number, by="test", since=datetime(2025, 1, 1, tzinfo=UTC))
    return draft


def told(session):
    return coverage.gaps(session, "S001", NOW)


def kinds(session):
    return told(session)["kind"].tolist()


def test_where_all_is_well_there_is_no_gap(session, station):
    assert kinds(session) == []


def test_doors_outside_are_one_place_when_they_stand_together(session, station):
    for n, x in enumerate((2.3, 2.3001, 2.9)):
        makers.make_plate(session, f"{n + 5}" * 12, makers.make_door(session, x, 0.5))
    editions.publish(session, "S001", editions.open_draft(session, "S001", by="test").number, by="test")
    found = coverage.gaps(session, "S001")
    assert found[["kind", "doors"]].to_numpy().tolist() == [["door_no_cell", 2], ["door_no_cell", 1]]
    assert found.geometry.iloc[0].geom_type == "MultiPoint"


def test_a_door_without_a_plate_is_counted_in_its_beat(session, station):
    makers.make_door(session, 0.3, 0.3)
    makers.make_door(session, 0.4, 0.3)
    found = told(session).iloc[0]
    assert (found["kind"], found["code"], found["doors"]) == ("door_no_plate", "A", 2)


def test_a_door_with_neither_plate_nor_cell_is_both(session, station):
    makers.make_door(session, 2.5, 0.3)
    assert kinds(session) == ["door_no_cell", "door_no_plate"]


def test_an_ended_posting_is_told_with_who_and_until_when(session, station):
    makers.make_person(session, "旧", beat="A", until=date(2026, 3, 1))
    assert kinds(session) == []  # somebody else is posted there
    session.execute(text("DELETE FROM posting WHERE beat = 'A' AND upper_inf(during)"))
    found = told(session).iloc[0]
    assert (found["kind"], found["code"], found["who"], found["until"]) == (
        "posting_ended", "A", "旧", date(2026, 3, 1),
    )  # fmt: skip
    assert (found["doors"], found["households"]) == (2, 2)


def test_nobody_ever_posted_is_another_kind(session, station):
    session.execute(text("DELETE FROM posting WHERE beat = 'B' OR grid_cell = 'A2'"))
    assert kinds(session) == ["beat_no_officer", "cell_no_member"]


def test_leave_is_a_gap_only_without_a_substitute_who_is_there(session, station):
    away = makers.make_person(session, "休", beat="A")
    session.execute(text("DELETE FROM posting WHERE beat = 'A' AND person_id <> :id"), {"id": away.id})
    stands_in = makers.make_person(session, "代", role=None)
    leave = makers.make_leave(session, away, date(2026, 5, 20), date(2026, 6, 20), stands_in)
    assert kinds(session) == []
    leave.substitute_id = None
    session.flush()
    found = told(session).iloc[0]
    assert (found["kind"], found["who"], found["until"]) == ("leave_no_substitute", "休", date(2026, 6, 20))


def test_a_station_of_beats_alone_has_no_missing_cells(session):
    makers.make_station(session)
    beats, cells = makers.two_squares()
    draft = makers.make_draft(session, beats=beats, cells=cells.iloc[:0])
    for beat in "AB":
        makers.make_person(session, f"警{beat}", beat=beat)
    makers.make_plate(session, "0" * 12, makers.make_door(session, 0.5, 0.5))
    editions.publish(session, "S001", draft.number, by="test", since=datetime(2025, 1, 1, tzinfo=UTC))
    assert kinds(session) == []


def test_a_station_without_an_edition_tells_only_of_plates(session):
    makers.make_station(session)
    makers.make_door(session, 0.5, 0.5)
    assert kinds(session) == ["door_no_plate"]


def test_an_unknown_station_is_not_found(session):
    with pytest.raises(store.StationNotFound):
        coverage.gaps(session, "S404")
