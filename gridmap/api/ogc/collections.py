"""The collections a person may see: extent, reference systems, and where their features are."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from gridmap.api.ogc import describe, links, params, replies
from gridmap.api.ogc.links import GEOJSON, HTML, JSON, RELATION, SCHEMA, link, path
from gridmap.api.ogc.route import Route
from gridmap.domain.access import Actor
from gridmap.http.basic import ReaderDep, ReaderSessionDep
from gridmap.services.ogc import collections, extents, systems
from gridmap.services.ogc.collections import Collection
from gridmap.services.ogc.extents import Extent
from gridmap.services.ogc.systems import CRS84, System

router = APIRouter(prefix="/ogc", route_class=Route, include_in_schema=False)
VECTOR_TILES: Final = f"{RELATION}tilesets-vector"
GREGORIAN: Final = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"


@router.get("/collections")
def list_collections(request: Request, session: ReaderSessionDep, actor: ReaderDep) -> Response:
    """Return the collections; one that the role may not see is not among them."""
    params.only(request, "f")
    seen = collections.seen_by(actor)
    entries = _entries(request, session, actor, seen)
    own = links.self_and_page(request, "/collections")
    return replies.document(request, {"title": "gridmap", "links": own, "collections": entries})


@router.get("/collections/{collection}")
def show_collection(request: Request, session: ReaderSessionDep, actor: ReaderDep, collection: str) -> Response:
    """Return one collection, word for word as the list has it."""
    params.only(request, "f")
    found = collections.find(actor, collection)
    return replies.document(request, _entries(request, session, actor, (found,))[0])


@router.get("/collections/{collection}/queryables")
def queryables(request: Request, actor: ReaderDep, collection: str) -> Response:
    """Return the properties that features can be asked for by, as a JSON schema."""
    params.only(request, "f")
    found = collections.find(actor, collection)
    where = path("collections", found.name, "queryables")
    return replies.document(request, describe.queryables(f"{links.root(request)}{where}", found), SCHEMA)


def _entries(request: Request, session: Session, actor: Actor, wanted: tuple[Collection, ...]) -> list[dict[str, Any]]:
    extent = extents.of_scope(session, actor)
    known = systems.of_stations(session, actor.stations)
    return [_entry(request, one, extent, known) for one in wanted]


def _entry(request: Request, collection: Collection, extent: Extent, known: tuple[System, ...]) -> dict[str, Any]:
    where = path("collections", collection.name)
    told: dict[str, Any] = {"spatial": {"bbox": [extent.box], "crs": CRS84}}
    if collection.look == "incidents" or collection.name == "hotspots":
        told["temporal"] = {"interval": [extent.incidents], "trs": GREGORIAN}
    return {
        "id": collection.name,
        "title": collection.title,
        "description": collection.about,
        "itemType": "feature",
        "extent": told,
        "crs": [system.uri for system in known],
        "storageCrs": CRS84,
        "links": [
            link(request, "self", JSON, where, title="JSON"),
            link(request, "alternate", HTML, where, title="HTML", f="html"),
            link(request, "items", GEOJSON, f"{where}/items", title=collection.title),
            link(request, "items", HTML, f"{where}/items", title=collection.title, f="html"),
            link(request, f"{RELATION}queryables", SCHEMA, f"{where}/queryables", title="queryables"),
            *([link(request, VECTOR_TILES, JSON, f"{where}/tiles", title="vector tiles")] if collection.tiled else ()),
        ],
    }
