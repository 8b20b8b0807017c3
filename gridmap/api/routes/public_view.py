"""What everybody may know of a station's incidents: masked counts, no log-in."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Request, Response

from gridmap.http.limits import TooManyTries
from gridmap.http.problems import problems
from gridmap.http.public_view import published
from gridmap.http.session_dep import SessionDep
from gridmap.services.public_view import NoPublicView
from gridmap.store.driver_errors import DatabaseAway

router = APIRouter(prefix="/public/stations/{station}", tags=["public"])
#: A quarter that is published never changes; a new one comes four times a year [s].
FRESH_S = 3_600


@router.get(
    "/incidents",
    summary="Counts of incidents that single out no household",
    response_class=Response,
    responses={
        200: {"description": "`quarters`, newest first: for each group of incidents `areas` (GeoJSON) and `months`."},
        **problems(NoPublicView, TooManyTries, DatabaseAway),
    },
)
def public_incidents(
    request: Request,
    session: SessionDep,
    station: Annotated[str, Path(max_length=16, description="Code of a station.", examples=["990000000000"])],
) -> Response:
    """Return what is published of a station: off by default, and then 404.

    Every number stands for at least 5 events and 8 households, and so does whatever adding and subtracting them gives.
    """
    body = orjson.dumps({"station": station, **published(request, session, station)})
    return Response(body, media_type="application/json", headers={"Cache-Control": f"public, max-age={FRESH_S}"})
