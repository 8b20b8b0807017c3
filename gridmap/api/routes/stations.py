"""Stations in scope, and the ground they are drawn on."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from gridmap.api import geojson
from gridmap.api.deps import ReaderDep
from gridmap.api.schemas.stations import StationBody, Stations
from gridmap.domain.access import NobodyLoggedIn, RoleMayNot, StationNotInScope
from gridmap.http.person import StationDep
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.store import geojson as shapes
from gridmap.store import lists
from gridmap.store.driver_errors import DatabaseAway, TooSlow

router = APIRouter(prefix="/stations", tags=["stations"])
READING = (NobodyLoggedIn, RoleMayNot, DatabaseAway, TooSlow)
IN_STATION = (*READING, StationNotInScope)
SQUARE = {"type": "MultiPolygon", "coordinates": [[[[112.9, 35.8], [112.91, 35.8], [112.91, 35.81], [112.9, 35.8]]]]}
LINE = {"type": "MultiLineString", "coordinates": [[[112.9, 35.8], [112.91, 35.81]]]}


@router.get("", summary="The stations in your scope", responses=problems(*READING))
def list_stations(session: SessionDep, _actor: ReaderDep) -> Stations:
    """Return every station you may read, by code."""
    return Stations(items=[StationBody.model_validate(row) for row in lists.stations(session)])


@router.get("/{station}", summary="One station", responses=problems(*IN_STATION))
def get_station(session: SessionDep, _actor: ReaderDep, station: StationDep) -> StationBody:
    """Return the names, desk, time zone and metric system of a station."""
    return StationBody.model_validate(lists.stations(session, station)[0])


@router.get(
    "/{station}/jurisdiction",
    summary="The ground a station answers for",
    response_class=Response,
    responses={
        200: geojson.describe("One feature.", {"id": "990000000000", "geometry": SQUARE, "properties": {}}),
        **problems(*IN_STATION),
    },
)
def get_jurisdiction(request: Request, session: SessionDep, _actor: ReaderDep, station: StationDep) -> Response:
    """Return the jurisdiction as GeoJSON."""
    return geojson.reply(request, geojson.of_rows(shapes.jurisdiction(session, station), key="code"))


@router.get(
    "/{station}/places",
    summary="Towns, villages and groups",
    response_class=Response,
    responses={
        200: geojson.describe(
            "Places by code; one without a boundary has no geometry.",
            {"id": "V01", "geometry": SQUARE, "properties": {"code": "V01", "kind": "village", "name_zh": "东村"}},
        ),
        **problems(*IN_STATION),
    },
)
def list_places(request: Request, session: SessionDep, _actor: ReaderDep, station: StationDep) -> Response:
    """Return the places of a station as GeoJSON; `parent` is the place around each."""
    return geojson.reply(request, geojson.of_rows(shapes.places(session, station), key="code"))


@router.get(
    "/{station}/roads",
    summary="Street centre lines",
    response_class=Response,
    responses={
        200: geojson.describe(
            "Roads.", {"id": 1, "geometry": LINE, "properties": {"name": "府前街", "kind": "secondary"}}
        ),
        **problems(*IN_STATION),
    },
)
def list_roads(request: Request, session: SessionDep, _actor: ReaderDep, station: StationDep) -> Response:
    """Return the roads drawn under the zones as GeoJSON."""
    return geojson.reply(request, geojson.of_rows(shapes.roads(session, station), key="id"))
