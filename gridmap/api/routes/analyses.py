"""Hotspots as GeoJSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from gridmap.api import geojson
from gridmap.api.routes.incidents import Category, Since, Until
from gridmap.api.routes.stations import IN_STATION, SQUARE
from gridmap.domain.access import Action, Actor
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services.analyses import hotspots

router = APIRouter(prefix="/stations/{station}", tags=["analyses"])
AnalystDep = Annotated[Actor, Depends(allowed(Action.READ_ANALYSES))]
CELL = {"id": 0, "geometry": SQUARE, "properties": {"count": 12, "z": 4.1, "p": 0.0001, "class": "hot99"}}


@router.get(
    "/hotspots",
    summary="Where incidents gather",
    response_class=Response,
    responses={200: geojson.describe("Squares that hold or border an incident.", CELL), **problems(*IN_STATION)},
)
def list_hotspots(
    request: Request,
    session: SessionDep,
    _actor: AnalystDep,
    station: StationDep,
    since: Since = None,
    until: Until = None,
    category: Annotated[
        list[Category] | None, Query(max_length=50, description="Only these categories; may be repeated.")
    ] = None,
) -> Response:
    """Return Gi* classes on a lattice as GeoJSON; the last year on record where no period is given.

    `method` says how, `enough` whether there are events enough to say anything, `tally` counts all squares by class.
    """
    found, since, until = hotspots(session, station, since=since, until=until, categories=category)
    members = {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "method": found.method,
        "enough": found.enough,
        "events": found.events,
        "outside": found.outside,
        "tally": found.tally,
    }
    return geojson.reply(request, geojson.of_frame(found.cells, members=members))
