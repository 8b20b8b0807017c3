"""Gaps on the ground: each fault that is planted is found, and nothing else is accused."""

from __future__ import annotations

from datetime import UTC, datetime

import geopandas as gpd
import pytest
from sqlalchemy import text

from gridmap.services import coverage, editions
from gridmap.services.coverage import COLUMNS, GapKindNotKnown
from gridmap.store import editions as store
from tests import makers
from tests.services.coverage.conftest import IN_FORCE, NOW


def kinds_of(session):
    return coverage.gaps(session, "S001", NOW)["kind"].tolist()


def test_where_all_is_well_there_is_no_gap_and_what_is_not_loaded_is_said(told):
    found = told()
    assert found.gaps.empty
    assert tuple(found.gaps.columns) == COLUMNS
    assert [note.key for note in found.notes] == ["no_roster", "no_visits", "no_posts"]
    assert found.week is None


def test_doors_outside_are_one_place_when_they_stand_together(session, station):
    for n, x in enumerate((2.3, 2.3001, 2.9)):
        makers.make_plate(session, f"{n + 5}" * 12, makers.make_door(session, x, 0.5))
    editions.publish(session, "S001", editions.open_draft(session, "S001", by="test").number, by="test")
    found = coverage.gaps(session, "S001")
    assert found[["kind", "doors"]].to_numpy().tolist() == [["door_no_cell", 2], ["door_no_cell", 1]]
    assert found.geometry.iloc[0].geom_type == "MultiPoint"
    assert found["name_zh"].tolist() == ["试验路", "试验路"]


def test_a_door_without_a_plate_is_counted_in_its_beat_since_it_lost_it(session, told, kinds):
    makers.make_door(session, 0.3, 0.3)
    door = makers.make_door(session, 0.4, 0.3)
    found = told().gaps.iloc[0]
    assert (found["kind"], found["code"], found["doors"], found["name_zh"]) == ("door_no_plate", "A", 2, "A格")
    assert found["since"] is not None
    assert str(found["since"]) == "NaT"
    plate = makers.make_plate(session, "F" * 12, door)
    plate.status, plate.retired_at = "retired", datetime(2026, 4, 1, tzinfo=UTC)
    found = told().gaps.iloc[0]
    assert (found["since"], found["detail"]["since_is"]) == (datetime(2026, 4, 1, tzinfo=UTC), "at_latest")
    makers.make_door(session, 2.5, 0.3)
    assert kinds() == [("door_no_cell", ""), ("door_no_plate", "A"), ("door_no_plate", "")]


def test_a_plate_whose_door_was_moved_says_what_it_answers_and_what_is_so(session, told):
    for code, x in (("A1", 1.2), ("B2", 2.5)):
        session.execute(
            text("UPDATE address SET geom = ST_SetSRID(ST_MakePoint(:x, :y), 4326) WHERE code = :code"),
            {"x": makers.spot(x, 0.2).x, "y": makers.spot(x, 0.2).y, "code": code},
        )
    found = told().gaps
    assert found[["kind", "code", "doors"]].to_numpy().tolist() == [
        ["plate_elsewhere", "A1 → B1", 1], ["plate_elsewhere", "B2 → –", 1],
    ]  # fmt: skip
    detail = found["detail"].iloc[0]
    assert (detail["says"], detail["stands_in"]) == ({"beat": "A", "grid_cell": "A1"}, {"beat": "B", "grid_cell": "B1"})
    assert (detail["since_is"], detail["beats"]) == ("at_earliest", ["A", "B"])
    assert (found["since"] == IN_FORCE).all()


def test_a_door_moved_onto_a_border_is_not_accused(session, kinds):
    session.execute(
        text("UPDATE address SET geom = ST_SetSRID(ST_MakePoint(:x, :y), 4326) WHERE code = 'B1'"),
        {"x": makers.spot(1, 0.2).x, "y": makers.spot(1, 0.2).y},
    )
    assert kinds() == []


def test_ground_of_nobody_and_ground_of_two_have_their_doors(session):
    makers.make_station(session, width=3)
    sound = makers.zones({"A": makers.square(0, 0), "B": makers.square(1, 0, 2)})
    for beat in "AB":
        makers.make_person(session, f"警{beat}", beat=beat)
    for n, x in enumerate((0.5, 0.9, 1.5)):
        makers.make_plate(session, f"{n}" * 12, makers.make_door(session, x, 0.5))
    draft = makers.make_draft(session, beats=sound, cells=makers.two_squares()[1].iloc[:0])
    editions.publish(session, "S001", draft.number, by="test", since=IN_FORCE)
    assert kinds_of(session) == []
    # No edition is published like this; one that came from elsewhere may be so.
    session.execute(text("ALTER TABLE beat DISABLE TRIGGER USER"))
    session.execute(
        text("UPDATE beat SET geom = ST_GeomFromWKB(:shape, 4326) WHERE code = 'B'"),
        {"shape": makers.square(0.8, 0, 1.2).wkb},
    )
    makers.make_plate(session, "F" * 12, makers.make_door(session, 2.5, 0.5))
    found = coverage.gaps(session, "S001", NOW)
    assert found[["kind", "code", "doors"]].to_numpy().tolist() == [
        ["no_beat", "B", 1], ["overlap", "A、B", 1], ["door_no_beat", "", 1], ["door_two_beats", "A、B", 1],
    ]  # fmt: skip
    assert found["area_m2"].notna().tolist() == [True, True, False, False]
    assert (found["since"] == IN_FORCE).all()


def test_a_station_of_beats_alone_has_no_missing_cells(session):
    makers.make_station(session)
    beats, cells = makers.two_squares()
    draft = makers.make_draft(session, beats=beats, cells=cells.iloc[:0])
    for beat in "AB":
        makers.make_person(session, f"警{beat}", beat=beat)
    makers.make_plate(session, "0" * 12, makers.make_door(session, 0.5, 0.5))
    editions.publish(session, "S001", draft.number, by="test", since=IN_FORCE)
    assert kinds_of(session) == []


def test_a_station_without_an_edition_tells_only_of_plates(session):
    makers.make_station(session)
    makers.make_door(session, 0.5, 0.5)
    found = coverage.look(session, "S001", NOW)
    assert found.gaps["kind"].tolist() == ["door_no_plate"]
    assert found.notes[0].key == "no_edition"


def test_an_unknown_station_or_kind_is_not_found(session, told):
    with pytest.raises(store.StationNotFound):
        coverage.gaps(session, "S404")
    with pytest.raises(GapKindNotKnown, match="no_such"):
        told(kinds=["no_such"])
    with pytest.raises(GapKindNotKnown, match="air"):
        told(groups=["air"])


def test_only_what_is_asked_for_is_told(session, told):
    makers.make_door(session, 0.3, 0.3)
    found = told(kinds=["door_no_plate"]).gaps
    assert isinstance(found, gpd.GeoDataFrame)
    assert found["kind"].tolist() == ["door_no_plate"]
    assert told(kinds=["overlap"]).gaps.empty
    assert told(kinds=["door_no_plate"], groups=["people"]).gaps.empty
    assert told(groups=["people"]).notes == ()
