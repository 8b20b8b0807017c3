"""Residents' reports as they happen."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import Response

from gridmap.api.routes.stations import IN_STATION
from gridmap.domain.access import Action, Actor
from gridmap.http.event_bus import TooManyStreams
from gridmap.http.events import EventStream
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import report_feed
from gridmap.services.report_feed import Watcher

router = APIRouter(prefix="/stations/{station}", tags=["reports"])
ReaderDep = Annotated[Actor, Depends(allowed(Action.READ_REPORTS))]
LAST = 2**31 - 1


@router.get(
    "/events",
    summary="Steps of reports as they happen",
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events named `report`, JSON each."}, **problems(*IN_STATION, TooManyStreams)},
    response_class=Response,
)  # fmt: skip
def events(
    request: Request,
    session: SessionDep,
    actor: ReaderDep,
    station: StationDep,
    *,
    after: Annotated[int | None, Query(ge=0, le=LAST, description="Begin after this event; the newest else.")] = None,
    last_event_id: Annotated[str | None, Header(max_length=20, description="As `after`; a browser sends it.")] = None,
    lasts: Annotated[
        float | None, Query(ge=0, le=86_400, description="End after so long [s]; 0: only what was missed.")
    ] = None,
) -> Response:
    """Stream each step of a report as it happens: which report, what, when, and where; never what was said.

    A step may come twice after a break; none is left out. Grid members get those of their own grid cells.
    """
    begin = int(last_event_id) if last_event_id and last_event_id.isdecimal() else after
    watcher = Watcher(actor, report_feed.own_cells(session, actor, station))
    return EventStream(request, watcher, station, after=None if begin is None else min(begin, LAST), lasts_s=lasts)
