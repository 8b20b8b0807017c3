"""Ground of a station that needs no zone (a lake, a barracks): the check of an edition leaves it out."""

from __future__ import annotations

from typing import Any

import orjson
import shapely
from sqlalchemy.orm import Session

from gridmap.errors import Invalid, NotFound
from gridmap.store import audit, draft_people, editions, frames


class BadGap(Invalid):
    """The outline is no valid polygon, has no name, or lies outside the jurisdiction."""

    slug, title = "bad-gap", "This ground cannot be allowed as a gap"


class GapNotFound(NotFound):
    """The station has no allowed gap of that number."""

    slug, title = "gap-not-found", "No such allowed gap"


def collection(session: Session, station: str) -> dict[str, Any]:
    """Return the allowed gaps of a station as a GeoJSON feature collection, EPSG:4326; one query.

    Raises
    ------
    StationNotFound
    """
    editions.find_station(session, station)
    gaps = draft_people.allowed_gaps(session, station)
    rows: Any = zip(gaps.drop(columns="geometry").to_dict("records"), gaps.geometry, strict=True)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": fact["id"],
                "properties": {**fact, "at": fact["at"].isoformat()},
                "geometry": orjson.Fragment(shapely.to_geojson(shape)),
            }
            for fact, shape in rows
        ],
    }


def add(session: Session, station: str, ground: shapely.Polygon, *, by: str, name_zh: str, name_en: str = "") -> int:
    """Allow ground (EPSG:4326) of a station to have no zone; return its number.

    Raises
    ------
    StationNotFound
    BadGap
        If the outline crosses itself, is not named, or does not touch the jurisdiction.
    """
    editions.find_station(session, station)
    if not (name_zh.strip() or name_en.strip()):
        raise BadGap("name the ground, for example 水库: who reads the check must know why nobody is responsible there")
    if not ground.is_valid or ground.is_empty or ground.area == 0:
        raise BadGap(f"the outline is no valid polygon ({shapely.is_valid_reason(ground)}); draw it again")
    if not ground.intersects(frames.jurisdiction(session, station)):
        raise BadGap(f"the ground lies outside the jurisdiction of station {station}")
    gap = draft_people.add_allowed_gap(
        session, station, shapely.MultiPolygon([ground]), by=by, name_zh=name_zh.strip(), name_en=name_en.strip()
    )
    audit.write(session, [station], by=by, action="allow gap", thing=f"gap {gap.id}", after={"name_zh": name_zh})
    return gap.id


def drop(session: Session, station: str, number: int, *, by: str) -> None:
    """Take an allowed gap out.

    Raises
    ------
    GapNotFound
    """
    if draft_people.drop_allowed_gap(session, station, number) is None:
        raise GapNotFound(f"station {station} has no allowed gap {number}", number=number)
    audit.write(session, [station], by=by, action="drop gap", thing=f"gap {number}")
