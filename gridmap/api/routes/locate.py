"""Who answers at a position without a plate: for anybody, and not too often."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import FiniteFloat

from gridmap.domain.plates import PositionAnswer
from gridmap.http.limits import Buckets, TooManyTries
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import look_up
from gridmap.services.look_up import NoStationThere
from gridmap.store.driver_errors import DatabaseAway

router = APIRouter(tags=["doors"])


class PositionDatum(StrEnum):
    """In what a phone or a map gives a position; CGCS2000 is WGS 84 to a few centimetres."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@router.get(
    "/locate",
    summary="Who answers at a position",
    responses=problems(NoStationThere, RequestNotValid, TooManyTries, DatabaseAway),
)
def locate(
    request: Request,
    response: Response,
    session: SessionDep,
    lng: Annotated[FiniteFloat, Query(ge=-180, le=180, description="Longitude [degrees].", examples=[112.931])],
    lat: Annotated[FiniteFloat, Query(ge=-90, le=90, description="Latitude [degrees].", examples=[35.804])],
    datum: Annotated[PositionDatum, Query(description="Datum of the position.")] = PositionDatum.WGS84,
) -> PositionAnswer:
    """Return the zones a position lies in and who answers there now; the position is neither kept nor logged."""
    tries: Buckets = request.app.state.public_by_address
    tries.take(request.client.host if request.client else "")
    response.headers["Cache-Control"] = "no-store"
    return look_up.locate(session, *_wgs84(lng, lat, datum))


def _wgs84(lng: float, lat: float, datum: PositionDatum) -> tuple[float, float]:
    """Return WGS 84 degrees."""
    if datum in {PositionDatum.WGS84, PositionDatum.CGCS2000}:
        return lng, lat
    # Loaded for the few who ask by a shifted datum: it brings NumPy, which the residents' process goes without.
    from gridmap.geo.datum import Datum, to_wgs84  # noqa: PLC0415

    x, y = to_wgs84([lng], [lat], Datum(datum.value))
    return float(x[0]), float(y[0])
