"""Vector tiles for the maps: zones of an edition, incidents of a view; sent compressed, and not again unless changed."""

from __future__ import annotations

import gzip
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.http.views import AskedDep
from gridmap.services import tiles, views
from gridmap.store import editions

router = APIRouter(include_in_schema=False)
ZonesDep = Annotated[Actor, Depends(allowed(Action.READ_ZONES))]
ReaderDep = Annotated[Actor, Depends(allowed(Action.READ_INCIDENTS))]
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
#: A published edition never changes: a browser that names it need not ask for a day.
DAY_S = 24 * 3600


@router.get("/tiles/{station}/incidents/{z}/{x}/{y}.mvt")
def incidents(
    request: Request, session: SessionDep, actor: ReaderDep, asked: AskedDep, *, station: str, z: int, x: int, y: int
) -> Response:
    """Return the incidents of a view, each, or counted in squares where there are too many; on record once a view."""
    here = editions.find_station(session, require_station(actor, station))
    view = views.settle(session, here, asked)
    tile = tiles.incident_tile(session, actor, here, view, tiles.spot(z, x, y), held=lambda tag: _holds(request, tag))
    return reply(request, tile)


@router.get("/tiles/{station}/{layer}/{z}/{x}/{y}.mvt")
def zones(
    request: Request, session: SessionDep, actor: ZonesDep, *, station: str, layer: tiles.ZoneLayer, z: int, x: int, y: int,
    edition: Annotated[int | None, Query(ge=1)] = None,
) -> Response:  # fmt: skip
    """Return the beats or cells of an edition, the one in force where none is named."""
    held = tiles.zone_tile(
        session, actor, station, layer, tiles.spot(z, x, y), number=edition, held=lambda tag: _holds(request, tag)
    )
    return reply(request, held, fresh_s=0 if edition is None else DAY_S)


def reply(request: Request, tile: tiles.Tile, *, fresh_s: int = 0) -> Response:
    """Return a tile as it is kept, or that the asker has it already; for `fresh_s` seconds a browser need not even ask."""
    headers = {
        "ETag": f"W/{tile.etag}",
        "Cache-Control": f"private, max-age={fresh_s}" if fresh_s else "private, no-cache",
        "Vary": "Accept-Encoding, Cookie",
    }
    if tile.body is None:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(tile.body), media_type=MEDIA_TYPE, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(tile.body, media_type=MEDIA_TYPE, headers=headers)


def _holds(request: Request, tag: str) -> bool:
    """Return whether the browser names `tag` among those it holds."""
    return tag in {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
