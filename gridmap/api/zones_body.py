"""A collection of zones that somebody sends: read within bounds, every fault told with its place, nothing repaired.

Broken polygons are refused, not mended: 300 random vertices take seconds to check for nothing and twenty to mend.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import shapely

from gridmap.domain import codes
from gridmap.errors import Invalid

MOST_FEATURES = 5_000
MOST_VERTICES = 10_000
LONGEST_NAME = 200
CODE = re.compile(codes.ZONE_CODE)
KINDS = ("beat", "grid_cell")
SHOWN = 20
NUMBERS = (int, float)
COLUMNS = {"code": 1, "name_zh": 2, "name_en": 3, "beat": 4}


class BadZones(Invalid):
    """The body is not a collection of zones; `faults` lists what is wrong, feature by feature."""

    slug, title = "bad-zones", "These are not zones"


def read_zones(body: bytes) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the beats and the grid cells of a GeoJSON collection, as zones frames in EPSG:4326 sorted by code.

    Raises
    ------
    BadZones
        If anything is wrong; nothing is dropped in silence.
    """
    features = _features(body)
    faults: list[str] = []
    rows: list[tuple[str, str, str, str, str | None, Any]] = []
    seen: set[tuple[str, str]] = set()
    for place, feature in enumerate(features):
        try:
            row = _row(feature)
        except ValueError as error:
            faults.append(f"feature {place}: {error}")
            continue
        if row[:2] in seen:
            faults.append(f"feature {place}: a second {row[0]} {row[1]}")
        seen.add(row[:2])
        rows.append(row)
    faults += [
        f"grid_cell {code}: there is no beat {beat}"
        for kind, code, _, _, beat, _ in rows
        if kind == "grid_cell" and beat is not None and ("beat", beat) not in seen
    ]
    _refuse(faults)
    beats, cells = (_frame([row for row in rows if row[0] == kind]) for kind in KINDS)
    _refuse([*_broken(beats, "beat"), *_broken(cells, "grid_cell")])
    return beats.drop(columns="beat"), cells


def _features(body: bytes) -> list[Any]:
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadZones(f"this is not JSON: {error.msg} at character {error.pos}") from None
    if (
        not isinstance(sent, dict)
        or sent.get("type") != "FeatureCollection"
        or not isinstance(sent.get("features"), list)
    ):
        raise BadZones("the body is a GeoJSON FeatureCollection with a list of features")
    crs = sent.get("crs")
    name = crs.get("properties", {}) if isinstance(crs, dict) else {}
    name = name.get("name", "") if isinstance(name, dict) else ""
    if crs is not None and not str(name).endswith(("CRS84", ":4326")):
        raise BadZones("GeoJSON is longitude, latitude in EPSG:4326; bring it there before sending")
    if len(sent["features"]) > MOST_FEATURES:
        raise BadZones(f"a collection has at most {MOST_FEATURES} features, this has {len(sent['features'])}")
    return list(sent["features"])


def _row(feature: Any) -> tuple[str, str, str, str, str | None, Any]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise ValueError("not a GeoJSON feature")
    facts = feature.get("properties")
    if not isinstance(facts, dict):
        raise ValueError("no properties; a zone has `kind` and `code`")  # noqa: TRY004  # told as a fault
    kind, code, beat = facts.get("kind"), facts.get("code"), facts.get("beat")
    if kind not in KINDS:
        raise ValueError('`kind` is "beat" or "grid_cell"')
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise ValueError(f"`code`: {codes.ZONE_CODE_RULE}")
    if beat is not None and (kind == "beat" or not isinstance(beat, str)):
        raise ValueError("`beat` is the code of a grid cell's beat, or missing")
    return kind, code, _name(facts, "name_zh"), _name(facts, "name_en"), beat, _shape(feature.get("geometry"))


def _name(facts: dict[str, Any], key: str) -> str:
    name = facts.get(key) or ""
    if not isinstance(name, str) or len(name) > LONGEST_NAME or "\0" in name:
        raise ValueError(f"`{key}` is text of at most {LONGEST_NAME} characters")
    return name


def _shape(geometry: Any) -> shapely.MultiPolygon:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(kind, str) or kind not in {"Polygon", "MultiPolygon"}:
        raise ValueError("the geometry is a Polygon or MultiPolygon")
    polygons = geometry.get("coordinates")
    if kind == "Polygon":
        polygons = [polygons]
    vertices = 0
    parts = []
    for rings in _list(polygons):
        arrays = [_ring(ring) for ring in _list(rings)]
        vertices += sum(len(ring) for ring in arrays)
        if vertices > MOST_VERTICES:
            raise ValueError(f"more than {MOST_VERTICES} vertices")
        if not arrays:
            raise ValueError("a polygon without a ring")
        parts.append(shapely.Polygon(arrays[0], arrays[1:]))
    if not parts:
        raise ValueError("the geometry is empty")
    return shapely.MultiPolygon(parts)


def _ring(ring: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    places = _list(ring)
    if len(places) > MOST_VERTICES:
        raise ValueError(f"more than {MOST_VERTICES} vertices")
    if len(places) < 4:
        raise ValueError("a ring has four places or more")
    if not all(isinstance(place, list) and len(place) >= 2 for place in places):
        raise ValueError("a place is [longitude, latitude]")
    if not all(type(place[0]) in NUMBERS and type(place[1]) in NUMBERS for place in places):
        raise ValueError("a place is two numbers, not text")
    array = np.array([(float(place[0]), float(place[1])) for place in places])
    if not np.isfinite(array).all():
        raise ValueError("a place is two finite numbers")
    if (np.abs(array) > (180, 90)).any():
        raise ValueError("a longitude beyond 180 or a latitude beyond 90 degrees; are they swapped, or in metres?")
    if (array[0] != array[-1]).any():
        raise ValueError("a ring ends where it began")
    return array


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("coordinates are lists of rings of [longitude, latitude]")  # noqa: TRY004  # told as a fault
    return value


def _frame(rows: list[tuple[str, str, str, str, str | None, Any]]) -> gpd.GeoDataFrame:
    rows = sorted(rows, key=lambda row: row[1])
    columns = {name: [row[place] for row in rows] for name, place in COLUMNS.items()}
    return gpd.GeoDataFrame(columns, geometry=[row[5] for row in rows], crs="EPSG:4326")


def _broken(zones: gpd.GeoDataFrame, kind: str) -> Iterator[str]:
    shapes = zones.geometry.to_numpy()
    for place in np.flatnonzero(~shapely.is_valid(shapes))[:SHOWN]:
        yield f"{kind} {zones['code'].iloc[place]}: {shapely.is_valid_reason(shapes[place])}"


def _refuse(faults: list[str]) -> None:
    if faults:
        more = f" and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise BadZones("; ".join(faults[:3]) + ("; …" if len(faults) > 3 else ""), faults=faults[:SHOWN], more=more)
