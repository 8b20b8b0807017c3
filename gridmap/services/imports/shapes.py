"""Shapes of a block of rows: polygons and lines in EPSG:4326, sound, and not more than a map can bear."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.services.imports.rows import Rows

#: Vertices a zone, place or jurisdiction may have.
MAX_VERTICES: Final = 10_000

_POLYGONS: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_LINES: Final = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
_WHERE: Final = re.compile(r"^(.*?)\[([-\d.e+]+) ([-\d.e+]+)\]$")
_FAULTS: Final = {
    "Self-intersection": "the outline crosses itself", "Ring Self-intersection": "the outline touches itself",
    "Hole lies outside shell": "a hole lies outside", "Nested shells": "a part lies inside another part",
    "Holes are nested": "a hole lies inside a hole", "Interior is disconnected": "the inside is cut in two",
    "Too few points in geometry component": "a ring has too few points", "Duplicate Rings": "a ring stands twice",
}  # fmt: skip


def areas(rows: Rows, *, required: bool = True, longest: int = MAX_VERTICES) -> NDArray[np.object_]:
    """Return each row's MultiPolygon in EPSG:4326, None where there is none.

    Refused: no polygon, more than `longest` vertices, coordinates that are no finite numbers or out of range, and
    outlines that cross themselves, with the place of the fault. Nothing is repaired in silence.
    """
    return _checked(rows, _POLYGONS, "polygon", required=required, longest=longest)


def lines(rows: Rows, *, longest: int = MAX_VERTICES) -> NDArray[np.object_]:
    """Return each row's MultiLineString in EPSG:4326; refused as `areas` does."""
    return _checked(rows, _LINES, "line", required=True, longest=longest)


def _checked(
    rows: Rows, kinds: tuple[shapely.GeometryType, shapely.GeometryType], word: str, *, required: bool, longest: int
) -> NDArray[np.object_]:
    shapes = rows.block.shapes
    if shapes is None:
        shapes = np.full(rows.count, None, dtype=object)
    shapes = _lone(shapes)
    blank = np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if required:
        rows.reject(blank, f"no {word}")
    types = np.asarray(shapely.get_type_id(shapes))
    rows.reject(~blank & ~np.isin(types, kinds), f"the shape is no {word}", [_name(kind) for kind in types])
    counts = np.asarray(shapely.get_num_coordinates(shapes))
    rows.reject(counts > longest, f"more than {longest:,} vertices; simplify it", counts)
    usable = rows.alive & ~blank
    placed = np.full(rows.count, None, dtype=object)
    placed[usable] = _in_range(rows, usable, shapes)
    usable &= rows.alive
    broken = usable & ~np.asarray(shapely.is_valid(placed))
    if broken.any():
        told = [shapely.is_valid_reason(shape) if wrong else "" for shape, wrong in zip(placed, broken, strict=True)]
        rows.reject(broken, [_fault(reason) for reason in told], told)
    placed[~rows.alive] = None
    return _multi(placed, kinds)


def _in_range(rows: Rows, usable: NDArray[np.bool_], shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the usable shapes in EPSG:4326, having refused those with coordinates that cannot be."""
    places = np.flatnonzero(usable)
    coords, owner = shapely.get_coordinates(shapes[places], return_index=True)
    mask = np.zeros(rows.count, dtype=bool)
    mask[places[np.unique(owner[~np.isfinite(coords).all(axis=1)])]] = True
    rows.reject(mask, "coordinates that are no finite numbers")
    safe = shapes[places].copy()
    safe[mask[places]] = None
    moved = rows.placing.shapes(safe)
    coords, owner = shapely.get_coordinates(moved, return_index=True)
    far = ~((np.abs(coords[:, 0]) <= 180) & (np.abs(coords[:, 1]) <= 90))
    mask = np.zeros(rows.count, dtype=bool)
    mask[places[np.unique(owner[far])]] = True
    rows.reject(mask, "coordinates out of range (are they in another system, or latitude first? say it with --crs)")
    return moved


def _lone(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the shapes with collections of one part, as KML writes them, replaced by that part."""
    kinds = np.asarray(shapely.get_type_id(shapes))
    single = (kinds == shapely.GeometryType.GEOMETRYCOLLECTION) & (np.asarray(shapely.get_num_geometries(shapes)) == 1)
    return np.where(single, shapely.get_geometry(shapes, 0), shapes)


def _multi(shapes: NDArray[np.object_], kinds: tuple[shapely.GeometryType, ...]) -> NDArray[np.object_]:
    make = shapely.MultiPolygon if kinds is _POLYGONS else shapely.MultiLineString
    single = np.asarray(shapely.get_type_id(shapes)) == kinds[0]
    for place in np.flatnonzero(single):
        shapes[place] = make([shapes[place]])
    return shapes


def _name(kind: int) -> str:
    return "" if kind < 0 else shapely.GeometryType(kind).name.title()


def _fault(reason: str) -> str:
    """Return GEOS's reason as a sentence with its place: "the outline crosses itself at 112.9012, 35.8021"."""
    found = _WHERE.match(reason)
    if found is None:
        return reason
    return f"{_FAULTS.get(found[1], found[1])} at {float(found[2]):.7g}, {float(found[3]):.7g}"


def hex_wkb(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return shapes as hexadecimal EWKB in EPSG:4326, as COPY takes them; None stays None."""
    marked = shapely.set_srid(shapes, 4326)
    return np.asarray(shapely.to_wkb(marked, hex=True, include_srid=True), dtype=object)
