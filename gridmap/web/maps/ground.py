"""The data under every map, by their own addresses: the zones of an edition, and the quiet ground beneath them."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

import orjson
import shapely
from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.editions import UNPUBLISHED
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import lists
from gridmap.store import editions, frames
from gridmap.store.tables import Edition
from gridmap.web import shell
from gridmap.web.maps import features
from gridmap.web.maps.base import base_map_of

router = APIRouter(include_in_schema=False)
ZonesDep = Annotated[Actor, Depends(allowed(Action.READ_ZONES))]
NAMES = ("code", "name_zh", "name_en")


def zones_url(edition: Edition) -> str:
    """Return where the zones of an edition are read."""
    return f"/maps/zones.json?station={edition.station}&edition={edition.number}"


def ground_url(station: str) -> str:
    """Return where the ground of a station is read."""
    return f"/maps/ground.json?station={station}"


@router.get("/maps/zones.json")
def zones(request: Request, session: SessionDep, actor: ZonesDep, station: str, edition: int) -> Response:
    """Return the beats and grid cells of an edition; a published one never changes, a draft is compared by content."""
    found = lists.edition(session, actor, require_station(actor, station), edition)
    frozen = f"zones-{found.id}-1" if found.status not in UNPUBLISHED else None
    if frozen and request.headers.get("if-none-match") == f'W/"{frozen}"':
        return shell.data(request, {}, etag=frozen)
    content = zone_content(session, found)
    return shell.data(request, content, etag=frozen or hashlib.sha256(orjson.dumps(content)).hexdigest()[:16])


def zone_content(session: Session, edition: Edition) -> dict[str, object]:
    """Return beats and cells of an edition as GeoJSON; beats alone where there are too many cells for a browser."""
    beats, cells = (frames.zones(session, edition.id, kind) for kind in ("beat", "grid_cell"))
    shown = cells if len(cells) <= features.MOST_POLYGONS else cells.iloc[:0]
    return {
        "beats": features.collection(beats, NAMES),
        "cells": features.collection(shown, (*NAMES, "beat")),
        "cells_left_out": len(cells) - len(shown),
    }


@router.get("/maps/ground.json")
def ground(request: Request, session: SessionDep, actor: ZonesDep, station: str) -> Response:
    """Return jurisdiction, roads by kind and named places of a station."""
    place = editions.find_station(session, require_station(actor, station))
    roads = frames.roads(session, place.code)
    places = frames.places(session, place.code)
    named: Any = zip(
        places.itertuples(),
        places.geometry.representative_point(),
        features.geometries(places.geometry.to_numpy(), features.COARSE),
        strict=True,
    )
    content = {
        "jurisdiction": features.geometry(frames.jurisdiction(session, place.code), features.COARSE),
        "tiles": base_map_of(request).url is not None,
        "roads": {
            str(kind): features.geometry(
                shapely.MultiLineString(list(shapely.get_parts(group.geometry.to_numpy()))), features.COARSE
            )
            for kind, group in roads.groupby("kind")
        },
        "places": [
            {
                "kind": row.kind,
                "code": row.code,
                "name_zh": row.name_zh,
                "name_en": row.name_en,
                "lon": round(spot.x, features.DECIMALS),
                "lat": round(spot.y, features.DECIMALS),
                "geometry": shape if row.kind == "village" else None,
            }
            for row, spot, shape in named
        ],
    }
    return shell.data(request, content, etag=hashlib.sha256(orjson.dumps(content)).hexdigest()[:16], fresh_s=600)
