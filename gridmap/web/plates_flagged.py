"""The page of plates somebody should look at: damaged, lost, at another door, or installed far from their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from gridmap.domain.access import Action, Actor
from gridmap.domain.codes import spaced
from gridmap.http.person import allowed
from gridmap.http.plate_limits import LimitsDep
from gridmap.http.session_dep import SessionDep
from gridmap.services import plate_life
from gridmap.web import shell
from gridmap.web.entry import choose_station

router = APIRouter(include_in_schema=False)
PlateReaderDep = Annotated[Actor, Depends(allowed(Action.READ_PLATES))]


@router.get("/gaps/plates")
def flagged_page(
    request: Request, session: SessionDep, actor: PlateReaderDep, limits: LimitsDep, station: str | None = None
) -> Response:
    """List the flagged plates of a station; the look is on record."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    return shell.page(
        request,
        "plates_flagged.html",
        actor=actor,
        station=here,
        rows=plate_life.look_at_flagged(session, actor, here.code, limits),
        spaced=spaced,
        here=lambda at: shell.local_time(at, here),
    )
