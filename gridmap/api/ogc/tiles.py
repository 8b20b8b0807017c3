"""Vector tiles of the collections that have them, and how the world is divided into tiles.

References
----------
OGC 20-057, "OGC API - Tiles - Part 1: Core"; OGC 17-083r4, "Two Dimensional Tile Matrix Set", annex D.1, WebMercatorQuad.
"""

from __future__ import annotations

import gzip
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from gridmap.api import etag
from gridmap.api.ogc import links, params, replies
from gridmap.api.ogc.links import JSON, MVT, RELATION, link, path
from gridmap.api.ogc.route import Route
from gridmap.http.basic import ReaderDep, ReaderSessionDep
from gridmap.services import tiles as cut
from gridmap.services.ogc import collections, extents, tiles
from gridmap.services.ogc.collections import Collection, CollectionNotFound
from gridmap.services.ogc.systems import CRS84
from gridmap.services.tiles import TileNotFound
from gridmap.store.tiles import HALF, Spot

router = APIRouter(prefix="/ogc", route_class=Route, include_in_schema=False)
NAME: Final = "WebMercatorQuad"
URI: Final = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{NAME}"
WEB_MERCATOR: Final = "http://www.opengis.net/def/crs/EPSG/0/3857"
SCHEME: Final = f"{RELATION}tiling-scheme"
#: Pixels along a side of a tile, and how wide one is on paper [m]: what the standard's scales are reckoned with.
PIXELS, PIXEL_M = 256, 0.000_28
SET: Final = {"id": NAME, "title": "Google Maps Compatible for the World", "uri": URI}


class TileMatrixSetNotFound(CollectionNotFound):
    """Tiles are cut in one way only, WebMercatorQuad."""

    slug, title = "tile-matrix-set-not-found", "No such tile matrix set"


@router.get("/tileMatrixSets")
def list_sets(request: Request, _actor: ReaderDep) -> Response:
    """Return the one tile matrix set there is."""
    params.only(request, "f")
    own = [link(request, "self", JSON, path("tileMatrixSets", NAME), title=NAME)]
    return replies.document(request, {"tileMatrixSets": [{**SET, "crs": WEB_MERCATOR, "links": own}]})


@router.get("/tileMatrixSets/{matrix}")
def show_set(request: Request, _actor: ReaderDep, matrix: str) -> Response:
    """Return the tile matrix set, zoom by zoom."""
    params.only(request, "f")
    _require(matrix)
    zooms = [
        {
            "id": str(z),
            "scaleDenominator": 2 * HALF / PIXELS / 2**z / PIXEL_M,
            "cellSize": 2 * HALF / PIXELS / 2**z,
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": [-HALF, HALF],
            "tileWidth": PIXELS,
            "tileHeight": PIXELS,
            "matrixWidth": 2**z,
            "matrixHeight": 2**z,
        }
        for z in range(cut.DEEPEST + 1)
    ]
    told = {**SET, "crs": WEB_MERCATOR, "orderedAxes": ["X", "Y"], "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible", "tileMatrices": zooms}  # fmt: skip
    return replies.document(request, told)


@router.get("/collections/{collection}/tiles")
def list_tilesets(request: Request, session: ReaderSessionDep, actor: ReaderDep, collection: str) -> Response:
    """Return the tilesets of a collection: one."""
    params.only(request, "f")
    found = _tiled(collections.find(actor, collection))
    box = extents.of_scope(session, actor).box
    where = path("collections", found.name, "tiles")
    told = {"title": found.title, "links": links.self_and_page(request, where), "tilesets": [_set(request, found, box)]}
    return replies.document(request, told)


@router.get("/collections/{collection}/tiles/{matrix}")
def show_tileset(
    request: Request, session: ReaderSessionDep, actor: ReaderDep, collection: str, matrix: str
) -> Response:
    """Return the tileset of a collection: its layers, its extent, and where its tiles are."""
    params.only(request, "f")
    found = _tiled(collections.find(actor, collection))
    _require(matrix)
    return replies.document(request, _set(request, found, extents.of_scope(session, actor).box))


@router.get("/collections/{collection}/tiles/{matrix}/{z}/{y}/{x}")
def show_tile(
    request: Request,
    session: ReaderSessionDep,
    actor: ReaderDep,
    *,
    collection: str,
    matrix: str,
    z: str,
    y: str,
    x: str,
) -> Response:
    """Return a vector tile: zoom, row from the north, column from the west."""
    params.only(request, "station", "datetime")
    found = _tiled(collections.find(actor, collection))
    _require(matrix)
    asked = request.query_params
    span = params.interval(asked["datetime"]) if "datetime" in asked else (None, None)
    tile = tiles.tile(
        session, actor, found, _spot(z, y, x), station=asked.get("station"), span=span,
        held=lambda tag: etag.seen(request, tag),
    )  # fmt: skip
    told = {**replies.KEPT, "ETag": f"W/{tile.etag}"}
    if tile.body is None:
        return Response(status_code=304, headers=told)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(tile.body), media_type=MVT, headers=told)
    return Response(tile.body, media_type=MVT, headers={**told, "Content-Encoding": "gzip"})


def _spot(z: str, y: str, x: str) -> Spot:
    if not all(part.isascii() and part.isdigit() and len(part) <= 8 for part in (z, y, x)):
        raise TileNotFound("a tile is /zoom/row/column, three whole numbers")
    return cut.spot(int(z), int(x), int(y))


def _require(matrix: str) -> None:
    if matrix != NAME:
        raise TileMatrixSetNotFound(f"there are tiles in {NAME} only")


def _tiled(collection: Collection) -> Collection:
    if not collection.tiled:
        raise TileMatrixSetNotFound(f"the collection {collection.name} has no tiles; read its items")
    return collection


def _set(request: Request, collection: Collection, box: tuple[float, ...]) -> dict[str, Any]:
    where = path("collections", collection.name, "tiles", NAME)
    template = link(request, "item", MVT, where, title="tiles")
    template["href"] += "/{tileMatrix}/{tileRow}/{tileCol}"
    layers = (collection.name,) if collection.name == "beats" else (collection.name, f"{collection.name}_counted")
    return {
        "title": collection.title,
        "dataType": "vector",
        "crs": WEB_MERCATOR,
        "tileMatrixSetId": NAME,
        "tileMatrixSetURI": URI,
        "boundingBox": {"lowerLeft": list(box[:2]), "upperRight": list(box[2:]), "crs": CRS84},
        "layers": [{"id": layer, "dataType": "vector"} for layer in layers],
        "links": [
            *links.self_and_page(request, where),
            link(request, SCHEME, JSON, path("tileMatrixSets", NAME), title=NAME),
            {**template, "templated": True},
        ],
    }
