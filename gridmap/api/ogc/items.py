"""Features of a collection, page by page, and one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from gridmap.api import etag
from gridmap.api.ogc import links, params, replies
from gridmap.api.ogc.links import GEOJSON, HTML, JSON, link, path
from gridmap.api.ogc.route import Route
from gridmap.domain.access import Actor
from gridmap.http.basic import ReaderDep, ReaderSessionDep
from gridmap.services.ogc import collections, items, systems
from gridmap.services.ogc.systems import System

router = APIRouter(prefix="/ogc", route_class=Route, include_in_schema=False)


@router.get("/collections/{collection}/items")
def list_items(request: Request, session: ReaderSessionDep, actor: ReaderDep, collection: str) -> Response:
    """Return a page of features with the address of the next; looks at people's affairs are on record."""
    found = collections.find(actor, collection)
    asked = params.of_items(request, found, _systems(request, session, actor))
    station = asked.equal.get("station")
    items.look(session, actor, found, station)
    data = items.version(session, actor, found)
    version = f"W/{etag.tag(request.url, data)}"
    if etag.seen(request, version.removeprefix("W/")):
        return replies.not_modified(version)
    page = items.page(session, actor, found, asked, data)
    where = path("collections", found.name, "items")
    own = [
        links.again(request, where, GEOJSON, "self", {"f": "json"}, "GeoJSON"),
        links.again(request, where, HTML, "alternate", {"f": "html"}, "HTML"),
        link(request, "collection", JSON, path("collections", found.name), title=found.title),
    ]
    if page.following is not None:
        own.append(links.again(request, where, GEOJSON, "next", {"after": page.following}, "next page"))
    content = {
        "type": "FeatureCollection",
        "numberMatched": page.matched,
        "numberReturned": len(page.features),
        "timeStamp": _now(),
        "links": own,
        "features": page.features,
    }
    return _features(request, content, version, asked.system)


@router.get("/collections/{collection}/items/{feature:path}")
def show_item(request: Request, session: ReaderSessionDep, actor: ReaderDep, collection: str, feature: str) -> Response:
    """Return one feature."""
    found = collections.find(actor, collection)
    params.only(request, "f", "crs")
    system = params.system_of("crs", request.query_params.get("crs"), _systems(request, session, actor))
    told = items.one(session, actor, found, feature, system)
    items.look(session, actor, found, told["properties"]["station"])
    version = f"W/{etag.tag(request.url, items.version(session, actor, found))}"
    if etag.seen(request, version.removeprefix("W/")):
        return replies.not_modified(version)
    where = path("collections", found.name, "items", feature)
    told["links"] = [
        *links.self_and_page(request, where, GEOJSON),
        link(request, "collection", JSON, path("collections", found.name), title=found.title),
    ]
    return _features(request, told, version, system)


def _systems(request: Request, session: Session, actor: Actor) -> tuple[System, ...]:
    """Return the systems there are; nothing is read where the request names none."""
    named = {"crs", "bbox-crs"} & set(request.query_params)
    return systems.of_stations(session, actor.stations) if named else (systems.AS_STORED,)


def _features(request: Request, content: dict[str, Any], version: str, system: System) -> Response:
    body = orjson.dumps(content, option=orjson.OPT_UTC_Z)
    return replies.send(request, body, GEOJSON, version, content, **{"Content-Crs": f"<{system.uri}>"})


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
