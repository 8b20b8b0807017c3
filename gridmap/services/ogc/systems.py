"""The coordinate reference systems that features can be read in.

References
----------
OGC 18-058r1, "OGC API - Features - Part 2: Coordinate Reference Systems by Reference": the axes of a system are in
the order its authority gives them, so latitude comes first in EPSG:4326 and north in Gauss-Krueger, not in CRS84.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap.store import ogc

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"
#: Web Mercator, and CGCS2000 and WGS 84 in degrees; each station's metres come on top.
EVERYWHERE: Final = (4326, 4490, 3857)
DEGREE_DECIMALS, METRE_DECIMALS = 7, 2  # one centimetre
#: Parts into which an edge of a box is cut before it is brought into degrees, where it is no straight line.
CUTS: Final = 20


@dataclass(frozen=True, slots=True)
class System:
    """A reference system by its address; `north_first` tells the order of its axes."""

    uri: str
    srid: int
    north_first: bool
    in_degrees: bool

    @property
    def picture(self) -> ogc.Picture:
        """Return how the store writes shapes in this system, to the centimetre."""
        return ogc.Picture(self.srid, DEGREE_DECIMALS if self.in_degrees else METRE_DECIMALS, self.north_first)


#: Longitude before latitude, as GeoJSON has it.
AS_STORED: Final = System(CRS84, ogc.STORAGE_SRID, north_first=False, in_degrees=True)


def of_stations(session: Session, stations: tuple[str, ...]) -> tuple[System, ...]:
    """Return the systems that the rows of `stations` can be read in, CRS84 first; one query."""
    metric = [srid for srid in ogc.metric_systems(session, stations) if srid not in EVERYWHERE]
    return (AS_STORED, *map(_system, (*EVERYWHERE, *metric)))


@lru_cache(maxsize=64)
def _system(epsg: int) -> System:
    found = pyproj.CRS.from_epsg(epsg)
    north = found.axis_info[0].direction.lower().startswith(("north", "south"))
    return System(f"{EPSG}{epsg}", epsg, north_first=north, in_degrees=found.is_geographic)


def boxes(numbers: tuple[float, float, float, float], system: System) -> tuple[shapely.Geometry, ...]:
    """Return a box of `system` (first axis low, second low, first high, second high) as shapes in EPSG:4326.

    A box in degrees whose west is greater than its east crosses the antimeridian and becomes two.

    Raises
    ------
    ValueError
        If it is upside down or does not lie on Earth.
    """
    x_low, y_low, x_high, y_high = numbers
    if system.north_first:
        x_low, y_low, x_high, y_high = y_low, x_low, y_high, x_high
    if y_low > y_high or (x_low > x_high and not system.in_degrees):
        raise ValueError("the box is upside down: the lower corner comes first")
    if not system.in_degrees:
        return (_to_degrees(x_low, y_low, x_high, y_high, system),)
    if not (-180 <= x_low <= 180 and -180 <= x_high <= 180 and y_low >= -90 and y_high <= 90):
        raise ValueError("the box does not lie on Earth; is the order of its axes that of its CRS?")
    if x_low > x_high:
        return _box(x_low, y_low, 180, y_high), _box(-180, y_low, x_high, y_high)
    return (_box(x_low, y_low, x_high, y_high),)


def _box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    """Return a box, or the line or point that a flat one is."""
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def _to_degrees(x_low: float, y_low: float, x_high: float, y_high: float, system: System) -> shapely.Geometry:
    shape = _box(x_low, y_low, x_high, y_high)
    longest = max(x_high - x_low, y_high - y_low)
    if longest > 0:
        shape = shapely.segmentize(shape, longest / CUTS)
    there: shapely.Geometry = transformed(np.array([shape], dtype=object), system.srid, ogc.STORAGE_SRID)[0]
    coordinates = shapely.get_coordinates(there)
    if not np.isfinite(coordinates).all() or (np.abs(coordinates) > (180, 90)).any() or not shapely.is_valid(there):
        raise ValueError("the box does not lie where its CRS is used")
    return there


def transformed(shapes: NDArray[np.object_], source: int, target: int) -> NDArray[np.object_]:
    """Return shapes brought from one EPSG system into another, x east and y north in both."""
    if source == target:
        return shapes
    mover = _mover(source, target)
    return shapely.transform(shapes, lambda xy: np.column_stack(mover.transform(xy[:, 0], xy[:, 1])))


@lru_cache(maxsize=64)
def _mover(source: int, target: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)
