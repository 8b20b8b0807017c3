"""Residents' reports and disputes as they happen."""

from __future__ import annotations

from typing import Annotated, Literal

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
from gridmap.services.report_feed import KINDS, NOW

router = APIRouter(prefix="/stations/{station}", tags=["reports"])
ReaderDep = Annotated[Actor, Depends(allowed(Action.USE_DESK))]
#: The number of an event; of a dispute's with a d before it.
ID = "^d?[0-9]{1,10}$"


@router.get(
    "/events",
    summary="Steps of reports and disputes as they happen",
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events named `report` and `dispute`, JSON each."}, **problems(*IN_STATION, TooManyStreams)},
    response_class=Response,
)  # fmt: skip
def events(
    request: Request,
    session: SessionDep,
    actor: ReaderDep,
    station: StationDep,
    *,
    after: Annotated[
        str | None,
        Query(pattern=ID, description="Begin after this event (123, of a dispute d456); else with what happens now."),
    ] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=20, description="The event told last; a browser sends it to go on.")
    ] = None,
    only: Annotated[Literal["report", "dispute"] | None, Query(description="Tell of one of the two alone.")] = None,
    lasts: Annotated[
        float | None, Query(ge=0, le=86_400, description="End after so long [s]; 0: only what was missed.")
    ] = None,
) -> Response:
    """Stream each step of a report or a dispute as it happens: which, what, when, and where; never what was said.

    A step may come twice after a break; none is left out. Everybody gets what they may see in the lists; of a dispute that
    leaves somebody's sight they are told that it is `gone`. Ids of reports are numbers, those of disputes begin with a d.
    """
    watcher = report_feed.watcher_of(session, actor, station, KINDS if only is None else (only,))
    last = report_feed.position(last_event_id)
    begin = report_feed.position(after) or NOW if last is None else report_feed.resumed(session, station, last)
    return EventStream(request, watcher, station, begin=begin, lasts_s=lasts)
