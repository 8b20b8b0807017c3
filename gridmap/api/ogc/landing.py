"""Where a program begins: the landing page, what the service conforms to, and its description for machines."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from gridmap.api.ogc import describe, links, params, replies
from gridmap.api.ogc.links import JSON, OPENAPI, RELATION, link
from gridmap.api.ogc.route import Route
from gridmap.http.basic import ReaderDep, ReaderSessionDep
from gridmap.services.ogc import collections, systems

router = APIRouter(prefix="/ogc", route_class=Route, include_in_schema=False)
TITLE: Final = "gridmap"
ABOUT: Final = (
    "Beats, grid cells, coverage gaps, hotspots and more, of the stations in your scope. 警格、网格、服务空白、热点等。"
)
SPECIFICATIONS: Final = "http://www.opengis.net/spec/"
CONFORMS_TO: Final = [
    SPECIFICATIONS + name
    for name in (
        "ogcapi-common-1/1.0/conf/core", "ogcapi-common-2/1.0/conf/collections",
        "ogcapi-features-1/1.0/conf/core", "ogcapi-features-1/1.0/conf/oas30", "ogcapi-features-1/1.0/conf/geojson",
        "ogcapi-features-1/1.0/conf/html", "ogcapi-features-2/1.0/conf/crs",
        "ogcapi-features-3/1.0/conf/queryables", "ogcapi-features-3/1.0/conf/queryables-query-parameters",
        "ogcapi-tiles-1/1.0/conf/core", "ogcapi-tiles-1/1.0/conf/tileset", "ogcapi-tiles-1/1.0/conf/tilesets-list",
        "ogcapi-tiles-1/1.0/conf/geodata-tilesets", "ogcapi-tiles-1/1.0/conf/mvt",
    )
]  # fmt: skip


@router.get("")
def landing(request: Request, _actor: ReaderDep) -> Response:
    """Return the landing page: links to everything else."""
    params.only(request, "f")
    told = {
        "title": TITLE,
        "description": ABOUT,
        "links": [
            *links.self_and_page(request, "/"),
            link(request, "service-desc", OPENAPI, "/api", title="OpenAPI 3.0"),
            link(request, "conformance", JSON, "/conformance", title="conformance"),
            link(request, f"{RELATION}conformance", JSON, "/conformance", title="conformance"),
            link(request, "data", JSON, "/collections", title="collections"),
            link(request, f"{RELATION}tiling-schemes", JSON, "/tileMatrixSets", title="tile matrix sets"),
            link(request, f"{RELATION}data", JSON, "/collections", title="collections"),
        ],
    }
    return replies.document(request, told)


@router.get("/conformance")
def conformance(request: Request, _actor: ReaderDep) -> Response:
    """Return the conformance classes."""
    params.only(request, "f")
    told = {"title": TITLE, "links": links.self_and_page(request, "/conformance"), "conformsTo": CONFORMS_TO}
    return replies.document(request, told)


@router.get("/api")
def description(request: Request, session: ReaderSessionDep, actor: ReaderDep) -> Response:
    """Return the OpenAPI 3.0 description of what this person may read, each collection with its own parameters."""
    params.only(request, "f")
    known = systems.of_stations(session, actor.stations)
    told = describe.api(links.root(request), collections.seen_by(actor), known)
    return replies.document(request, told, OPENAPI)
