"""Incidents as GeoJSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from gridmap.api import geojson, page
from gridmap.api.deps import BadBbox, BboxDep
from gridmap.api.moments import Moment
from gridmap.api.page import LINK, After, Limit
from gridmap.api.routes.stations import IN_STATION
from gridmap.domain.access import Action, Actor
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import lists

router = APIRouter(prefix="/stations/{station}", tags=["incidents"])
IncidentReaderDep = Annotated[Actor, Depends(allowed(Action.READ_INCIDENTS))]
Since = Annotated[Moment | None, Query(description="From this time on.", examples=["2025-01-01T00:00:00Z"])]
Until = Annotated[Moment | None, Query(description="Before this time.", examples=["2025-04-01T00:00:00Z"])]
Category = Annotated[str, Query(max_length=64)]
INCIDENT = {
    "id": 42,
    "geometry": geojson.POINT,
    "properties": {"id": 42, "number": "2025-000042", "category": "noise", "is_dispute": True, "at": "…"},
}


@router.get(
    "/incidents",
    summary="Incidents, newest first",
    response_class=Response,
    responses={
        200: geojson.describe("A page of incidents; one without a place has no geometry.", INCIDENT, headers=LINK),
        **problems(*IN_STATION, BadBbox),
    },
)
def list_incidents(
    request: Request,
    session: SessionDep,
    actor: IncidentReaderDep,
    station: StationDep,
    bbox: BboxDep,
    since: Since = None,
    until: Until = None,
    category: Annotated[
        list[Category] | None, Query(max_length=50, description="Only these categories; may be repeated.")
    ] = None,
    after: After = None,
    limit: Limit = 100,
) -> Response:
    """Return a page of incidents as GeoJSON, out of a window of time, some categories and a box; on record."""
    rows = lists.incidents(
        session,
        actor,
        station,
        since=since,
        until=until,
        categories=category or (),
        bbox=bbox,
        after=after,
        limit=limit + 1,
    )
    shown, more = page.cut(rows, limit)
    links = Response()
    following = page.link_next(request, links, shown[-1].id) if more else None
    reply = geojson.reply(request, geojson.of_rows(shown, key="id", members={"next": following}))
    if more:
        reply.headers["Link"] = links.headers["Link"]
    return reply
