"""Which zone a point falls in, and who answers there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import geopandas as gpd
import shapely
from fastapi import APIRouter, Depends, Request

from gridmap.api.geojson import plain
from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas.doors import Points, Resolved, ResolvedBody
from gridmap.domain.access import Action, Actor
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import resolve
from gridmap.services.resolve import NothingInForce

router = APIRouter(prefix="/stations/{station}", tags=["analyses"])
ResolverDep = Annotated[Actor, Depends(allowed(Action.RESOLVE))]


@router.post(
    "/resolve",
    summary="Which zones points fall in",
    responses=problems(*IN_STATION, NothingInForce, RequestNotValid, ForeignPage, NoCsrfToken),
)
def resolve_points(
    request: Request, session: SessionDep, actor: ResolverDep, station: StationDep, body: Points
) -> Resolved:
    """Return beat, grid cell and whom to ask for each of up to 10,000 points; it changes nothing.

    A point nearer to a second beat than the tie distance is a tie and names the candidates.
    """
    shapes = shapely.points([point.lon for point in body.points], [point.lat for point in body.points])
    frame = gpd.GeoDataFrame({"id": range(len(shapes))}, geometry=shapes, crs="EPSG:4326")
    at = body.at or datetime.now(UTC)
    answer = resolve.resolve(session, frame, station=station, at=at, tie_m=request.app.state.settings.tie_m)
    phones = actor.may(Action.READ_PHONES)
    rows: list[dict[Any, Any]] = answer.to_dict("records")
    items = [_item(point.id, row, phones=phones) for point, row in zip(body.points, rows, strict=True)]
    return Resolved(edition=int(rows[0]["edition"]), items=items)


def _item(name: int | str | None, row: dict[Any, Any], *, phones: bool) -> ResolvedBody:
    shown = ("beat", "grid_cell", "responsible", "via", "grid_member")
    return ResolvedBody(
        id=name,
        phone=plain(row["phone"]) if phones else None,
        tie=[code for code in row["tie"].split("|") if code],
        **{key: plain(row[key]) for key in shown},
    )
