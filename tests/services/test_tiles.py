"""Tiles as a service: who may, what is kept until when, and one row on record for a view."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from gridmap.domain.access import Actor, NobodyLoggedIn, Role, RoleMayNot, StationNotInScope
from gridmap.domain.incidents import Origin
from gridmap.services import shape_queue, tiles
from gridmap.services.views import View
from gridmap.store import editions
from gridmap.store.editions import EditionNotFound
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Station
from tests import makers
from tests.queries import queries

__all__ = ["queries"]
WHEN = datetime(2025, 6, 1, tzinfo=UTC)
VIEW = View(date(2025, 1, 1), date(2025, 12, 31))
OFFICER = Actor(1, "officer", "民警", Role.OFFICER, ("S001",))
PLANNER = Actor(2, "planner", "规划", Role.PLANNER, ("S001",))
CITY = tiles.spot(12, 3332, 1611)


@pytest.fixture
def filled(sessions):
    """Publish S001 with two beats of two cells, and one incident; a draft stands beside."""
    with sessions.begin() as session:
        makers.make_station(session)
        draft = makers.make_draft(session)
        editions.set_published(session, draft, by="test", at=WHEN)
        makers.make_incident(session, 0.5, 0.5, WHEN)
        makers.make_draft(session)


@pytest.fixture
def session(filled, app_sessions):
    """Return a transaction of the service in the scope of S001."""
    with app_sessions.begin() as opened:
        enter_scope(opened, ["S001"])
        yield opened


def look(session, actor=OFFICER, view=VIEW, **more):
    return tiles.incident_tile(session, actor, session.get(Station, "S001"), view, tiles.spot(0, 0, 0), **more)


def test_the_place_of_the_station_is_in_the_tile_of_these_tests(session):
    assert gzip.decompress(tiles.zone_tile(session, OFFICER, "S001", "beats", CITY).body)


@pytest.mark.parametrize(("z", "x", "y"), [(-1, 0, 0), (0, 1, 0), (3, 0, 8), (3, -1, 0), (23, 0, 0)])
def test_there_is_no_tile_beyond_the_world(z, x, y):
    with pytest.raises(tiles.TileNotFound):
        tiles.spot(z, x, y)


def test_zones_are_for_whoever_reads_zones_and_incidents_for_whoever_reads_incidents(session):
    assert tiles.zone_tile(session, PLANNER, "S001", "beats", CITY).body
    with pytest.raises(RoleMayNot):
        look(session, PLANNER)
    with pytest.raises(NobodyLoggedIn):
        look(session, None)
    elsewhere = Actor(3, "officer", "民警", Role.OFFICER, ("S002",))
    for ask in (lambda: look(session, elsewhere), lambda: tiles.zone_tile(session, elsewhere, "S001", "cells", CITY)):
        with pytest.raises(StationNotInScope):
            ask()


def test_a_draft_has_no_tiles_and_a_missing_edition_neither(session):
    for number in (2, 9):
        with pytest.raises(EditionNotFound):
            tiles.zone_tile(session, PLANNER, "S001", "beats", CITY, number=number)


def test_a_tile_is_cut_once_and_found_by_one_query(session, queries):
    place = session.get(Station, "S001")
    look(session)
    queries.clear()
    look(session)
    assert len(queries.beyond_scope) == 1
    assert place.code == "S001"
    tiles.zone_tile(session, OFFICER, "S001", "cells", CITY)
    queries.clear()
    tiles.zone_tile(session, OFFICER, "S001", "cells", CITY)
    assert len(queries.beyond_scope) == 1


def test_the_tag_changes_with_the_data_and_with_the_view_and_with_nothing_else(session):
    first = look(session)
    assert look(session) == first
    assert look(session, view=View(date(2025, 1, 1), date(2025, 12, 31), hours=(8, 9))).etag != first.etag
    assert look(session, held=lambda tag: tag == first.etag).body is None
    makers.make_door(session, 0.5, 0.5)
    assert look(session).etag == first.etag, "a door is no incident"
    makers.make_incident(session, 0.6, 0.5, WHEN)
    after = look(session, held=lambda tag: tag == first.etag)
    assert after.etag != first.etag
    assert gzip.decompress(after.body) != gzip.decompress(first.body)


def test_a_view_of_zones_changes_with_the_edition_too(session):
    narrowed = View(date(2025, 1, 1), date(2025, 12, 31), zones=("A",))
    plain, first = look(session), look(session, view=narrowed)
    session.execute(text("UPDATE edition_period SET during = during"))
    assert look(session, view=narrowed).etag != first.etag
    assert look(session).etag == plain.etag


def test_cells_are_counted_at_low_zooms_and_where_the_tile_would_be_too_large(session, monkeypatch):
    drawn = gzip.decompress(tiles.zone_tile(session, OFFICER, "S001", "cells", CITY).body)
    assert b"cells_counted" not in drawn
    low = tiles.spot(9, CITY.x // 8, CITY.y // 8)
    assert b"cells_counted" in gzip.decompress(tiles.zone_tile(session, OFFICER, "S001", "cells", low).body)
    monkeypatch.setattr(tiles, "LARGEST", 10)
    beside = tiles.spot(13, 2 * CITY.x, 2 * CITY.y)
    for spot in (beside, tiles.spot(13, beside.x + 1, beside.y)):
        body = gzip.decompress(tiles.zone_tile(session, OFFICER, "S001", "cells", spot).body)
        assert body == b"" or b"cells_counted" in body
    assert gzip.decompress(tiles.zone_tile(session, OFFICER, "S001", "beats", low).body)


def test_a_look_is_on_record_once_for_a_view_and_not_for_each_tile(filled, sessions, app_sessions):
    def looks() -> list[dict[str, object]]:
        with sessions() as session:
            return list(session.scalars(text("SELECT after FROM audit WHERE thing = 'incidents' ORDER BY id")))

    def ask(view: View, actor: Actor = OFFICER, *, fail: bool = False) -> None:
        with app_sessions() as session:
            enter_scope(session, ["S001"])
            for z in range(3):
                tiles.incident_tile(session, actor, session.get(Station, "S001"), view, tiles.spot(z, 0, 0))
            (session.rollback if fail else session.commit)()

    started = View(date(2025, 1, 1), date(2025, 12, 31), origin=Origin.STARTED)
    ask(VIEW)
    ask(VIEW)
    assert looks() == [{"map": True, "since": ["2025-01-01"], "until": ["2025-12-31"]}]
    ask(started, fail=True)
    assert len(looks()) == 1
    ask(started)
    assert looks()[1]["origin"] == ["started"], "a look whose transaction failed is not forgotten"
    ask(VIEW, Actor(9, "other", "另", Role.OFFICER, ("S001",)))
    assert len(looks()) == 3


def test_shapes_that_were_missed_are_made_later_and_the_tile_is_another_then(filled, app_sessions):
    def ask() -> str:
        with app_sessions.begin() as session:
            enter_scope(session, ["S001"])
            return tiles.zone_tile(session, OFFICER, "S001", "beats", CITY).etag

    engine = app_sessions.kw["bind"]
    before = ask()
    station, _, zones = shape_queue.make_next(engine, app_sessions)
    assert (station, zones) == ("S001", 6)
    assert shape_queue.make_next(engine, app_sessions) is None
    assert ask() != before
    assert shape_queue.make_next(engine, app_sessions) is None, "what is there is not missed"
