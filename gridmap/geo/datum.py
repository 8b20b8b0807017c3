"""Chinese map datums: WGS 84 or CGCS2000, GCJ-02 (phones, Amap, Tencent) and BD-09 (Baidu).

GCJ-02 moves a place by some 50 to 700 m and BD-09 by some 500 to 1,500 m. Both exist only at gridmap's edges: a file is
brought to WGS 84 when it is read. CGCS2000 and WGS 84 are taken as one (they differ by less than a metre).

The offset applies on the mainland alone (`gridmap.geo.mainland`). Within about 1.5 km beyond its outline a coordinate
said to be GCJ-02 or BD-09 can have two origins, and the one on the mainland is taken.

A file may say WGS 84 and lie like another datum. `suspect_by_pairs` and `suspect_by_outline` tell so from what is
already known, with their evidence; they name what a person should look at and change nothing.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from scipy.special import bdtrc

from gridmap.errors import Invalid
from gridmap.geo.columns import check_area
from gridmap.geo.crs import STORAGE_EPSG, same_crs
from gridmap.geo.gcj02 import bd09_to_gcj02, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02
from gridmap.geo.mainland import inside_mainland

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    Degrees = NDArray[np.float64]

_DEGREE_M: Final = 111_195.0  # on a sphere of 6,371 km; half a per cent is enough to judge a shift
_SMALLEST_SHIFT_M: Final = 50.0  # below this an offset is lost in ordinary survey errors
_MOST_PLACES: Final = 20_000


class NotLonLat(Invalid):
    """A datum shift was asked of coordinates that are not longitude and latitude."""

    slug, title = "not-lon-lat", "The coordinates are not longitude and latitude"


class Datum(enum.StrEnum):
    """In what a longitude and latitude was taken; WGS84 stands for CGCS2000 too."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@dataclass(frozen=True, slots=True)
class DatumSuspicion:
    """A file that says WGS 84 and lies like `datum`, with the evidence.

    `shift_m` is the offset of that datum there; `before` and `after` are the file's `measure` as it came and after
    taking the offset away; `number` counts the pairs or places judged, or is 1 for an area.
    """

    datum: Datum
    shift_m: float
    measure: str
    before: float
    after: float
    number: int

    def __str__(self) -> str:
        """Return the evidence as a sentence."""
        return (
            f"The coordinates lie like {self.datum.name}: without its offset of {self.shift_m:.0f} m here, "
            f"the {self.measure} goes from {self.before:.4g} to {self.after:.4g} (n = {self.number})."
        )


def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Degrees, Degrees]:
    """Return WGS 84 longitude and latitude of places given in `datum`.

    The inverse is iterated until a further step is below 1e-11 degrees; a round trip errs by less than 0.01 mm.

    >>> lon, lat = to_wgs84([119.811800215], [29.147728], Datum.GCJ02)
    >>> lon.round(6).tolist(), lat.round(6).tolist()
    ([119.807109], [29.150562])

    Parameters
    ----------
    lon, lat
        (n,) degrees in `datum`; not-a-number stays so.

    Returns
    -------
    lon, lat
        (n,) new arrays of degrees, WGS 84; unchanged where the place is not on the mainland.
    """
    x, y = _pair(lon, lat)
    if datum is Datum.WGS84:
        return x.copy(), y.copy()
    there = _unshift(x, y, datum)
    inside = inside_mainland(*there)
    return np.where(inside, there[0], x), np.where(inside, there[1], y)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Degrees, Degrees]:
    """Return longitude and latitude in `datum` of places given in WGS 84.

    Parameters
    ----------
    lon, lat
        (n,) degrees, WGS 84; not-a-number stays so.

    Returns
    -------
    lon, lat
        (n,) new arrays of degrees in `datum`; unchanged where the place is not on the mainland.
    """
    x, y = _pair(lon, lat)
    if datum is Datum.WGS84:
        return x.copy(), y.copy()
    there = wgs84_to_gcj02(x, y)
    if datum is Datum.BD09:
        there = gcj02_to_bd09(*there)
    inside = inside_mainland(x, y)
    return np.where(inside, there[0], x), np.where(inside, there[1], y)


def transform_frame(frame: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    """Return a copy of `frame` in WGS 84 whose coordinates were given in `datum`.

    A shape is moved whole or not at all, by where most of its vertices lie, so that none is torn at the outline of the
    mainland. Heights are dropped.

    Parameters
    ----------
    frame
        (n,) geometries of any type, longitude and latitude in `datum`; CRS EPSG:4326, 4490 or none given.

    Returns
    -------
    frame
        The same rows and columns, EPSG:4326.

    Raises
    ------
    NotLonLat
        If the CRS is another one: a projected file is to be brought to longitude and latitude first.
    """
    if frame.crs is not None and not same_crs(frame.crs, pyproj.CRS.from_epsg(STORAGE_EPSG)):
        name = frame.crs.name
        raise NotLonLat(f"The file is in {name}, but {datum} is longitude and latitude; give its own CRS.", crs=name)
    shapes = shapely.force_2d(np.array(frame.geometry.array, dtype=object))
    if datum is not Datum.WGS84 and len(shapes):
        coords, owner = shapely.get_coordinates(shapes, return_index=True)
        there = np.column_stack(_unshift(coords[:, 0], coords[:, 1], datum))
        inside = np.bincount(owner, inside_mainland(there[:, 0], there[:, 1]), minlength=len(shapes))
        whole = inside * 2 >= np.bincount(owner, minlength=len(shapes))
        shapes = shapely.set_coordinates(shapes, np.where(whole[owner, None] & np.isfinite(there), there, coords))
    moved = frame.copy()
    return moved.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=STORAGE_EPSG))


def suspect_by_pairs(
    lon: ArrayLike, lat: ArrayLike, known_lon: ArrayLike, known_lat: ArrayLike
) -> DatumSuspicion | None:
    """Return why a file that says WGS 84 lies like GCJ-02 or BD-09, judged on places known from elsewhere.

    The median offset of the file from the known places must equal the datum's offset there within a fifth, and be known
    to a sixth of it (standard error from the median absolute deviation). So scatter, even of 300 m, is not enough, nor
    is a constant offset of another length or direction. `measure` is the median distance of the pairs [m].

    Parameters
    ----------
    lon, lat
        (n,) degrees, the file's coordinates, said to be WGS 84.
    known_lon, known_lat
        (n,) degrees, WGS 84, the same addresses as already known; pairs beyond the mainland or not finite are left out.

    Returns
    -------
    suspicion
        The better fitting datum, or None. Fewer than five pairs tell nothing.
    """
    pairs = np.column_stack([*_pair(lon, lat), *_pair(known_lon, known_lat)])
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    pairs = pairs[inside_mainland(pairs[:, 2], pairs[:, 3])]
    if len(pairs) < 5:
        return None
    x, y, known_x, known_y = pairs.T
    offset = _metres(x, y, known_x, known_y)
    found = []
    for datum in (Datum.GCJ02, Datum.BD09):
        expected = _metres(*from_wgs84(known_x, known_y, datum), known_x, known_y)
        missed = offset - expected
        length = float(np.hypot(*np.median(expected, axis=0)))
        middle = np.median(missed, axis=0)
        spread = 1.4826 * np.median(np.abs(missed - middle), axis=0).max()
        unsure = 1.2533 * spread / math.sqrt(len(pairs))
        far = float(np.hypot(*middle))
        if length >= _SMALLEST_SHIFT_M and far <= length / 5 and unsure <= length / 6:
            before, after = (float(np.median(np.hypot(*each.T))) for each in (offset, missed))
            evidence = DatumSuspicion(datum, length, "median distance to known places [m]", before, after, len(pairs))
            found.append((far / length, evidence))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def suspect_by_outline(geometry: BaseGeometry, jurisdiction: BaseGeometry) -> DatumSuspicion | None:
    """Return why a file that says WGS 84 lies like GCJ-02 or BD-09, judged on the jurisdiction it should fill.

    The file is laid on the jurisdiction as it is, without each datum's offset, and moved by a quarter to one and a half
    of it in sixteen directions. The datum must bring nine tenths of what the best of these moves brings. Areas, as the
    zones' union, must also halve what disagrees; points must do better than unmoved, and than moved half way, beyond
    chance (sign test on distinct places of about 100 m, p < 0.001). What settles nothing gives None: points far from
    every border, or zones that cover less than half of the jurisdiction.

    Parameters
    ----------
    geometry
        (Multi)Polygon or (Multi)Point, degrees, said to be WGS 84.
    jurisdiction
        Valid (Multi)Polygon, degrees, WGS 84.

    Returns
    -------
    suspicion
        The better fitting datum, or None. `measure` is the overlap (area of intersection over area of union) for
        areas, the share of places inside for points.

    Raises
    ------
    BadShape
        If the jurisdiction is no valid area.
    """
    area = check_area(jurisdiction)
    centre = shapely.centroid(area)
    if geometry.is_empty or not inside_mainland(centre.x, centre.y).all():
        return None
    shapely.prepare(area)
    judge = _judge_areas if geometry.area > 0 else _judge_places
    found = [evidence for datum in (Datum.GCJ02, Datum.BD09) if (evidence := judge(geometry, area, datum)) is not None]
    return max(found, key=lambda evidence: evidence.after) if found else None


def _judge_areas(geometry: BaseGeometry, area: BaseGeometry, datum: Datum) -> DatumSuspicion | None:
    shape, area = (shapely.make_valid(shapely.simplify(each, 2e-5)) for each in (geometry, area))
    if shape.area < area.area / 2:
        return None

    def overlap(move: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
        common = shapely.intersection(shapely.transform(shape, move), area).area
        return float(common / (shape.area + area.area - common))

    length, own, others = _moves(area, datum)
    before, after = overlap(lambda xy: xy), overlap(own)
    best = max(overlap(move) for move in others)
    if length < _SMALLEST_SHIFT_M or 1 - after > (1 - before) / 2 or after - before < 0.9 * (best - before):
        return None
    return DatumSuspicion(datum, length, "overlap with the jurisdiction", before, after, 1)


def _judge_places(geometry: BaseGeometry, area: BaseGeometry, datum: Datum) -> DatumSuspicion | None:
    coords = shapely.get_coordinates(geometry)
    places = coords[np.unique(np.floor(coords * 1000), axis=0, return_index=True)[1]]
    places = places[:: 1 + len(places) // _MOST_PLACES]

    def inside(move: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> NDArray[np.bool_]:
        return np.asarray(shapely.contains_xy(area, move(places)), dtype=bool)

    length, own, others = _moves(area, datum)
    before, after = inside(lambda xy: xy), inside(own)
    best = max(float(inside(move).mean()) for move in others)
    gain = float(after.mean() - before.mean())
    half = inside(lambda xy: (xy + own(xy)) / 2)
    if length < _SMALLEST_SHIFT_M or gain < 0.9 * (best - float(before.mean())):
        return None
    if max(_by_chance(before, after), _by_chance(half, after)) >= 1e-3:
        return None
    measure = "share of places inside the jurisdiction"
    return DatumSuspicion(datum, length, measure, float(before.mean()), float(after.mean()), len(places))


def _moves(
    area: BaseGeometry, datum: Datum
) -> tuple[float, Callable[[Degrees], Degrees], list[Callable[[Degrees], Degrees]]]:
    """Return the datum's offset at `area` [m], the move that takes it away, and moves of other lengths and directions."""
    centre = shapely.get_coordinates(shapely.centroid(area))
    stretch = np.array([np.cos(np.radians(centre[0, 1])), 1.0])
    offset = (np.column_stack(_unshift(centre[:, 0], centre[:, 1], datum)) - centre)[0] * stretch

    def own(xy: Degrees) -> Degrees:
        return np.column_stack(_unshift(xy[:, 0], xy[:, 1], datum))

    def by(turn: float, factor: float) -> Callable[[Degrees], Degrees]:
        east, north = np.cos(turn), np.sin(turn)
        step = factor * np.array([[east, -north], [north, east]]) @ offset / stretch
        return lambda xy: xy + step

    others = [by(turn, factor) for turn in np.arange(16) * np.pi / 8 for factor in (0.25, 0.5, 1.0, 1.5)]
    return float(np.hypot(*offset)) * _DEGREE_M, own, others


def _by_chance(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return the one-sided p of the sign test that `second` holds more places than `first`."""
    won, lost = int((second & ~first).sum()), int((first & ~second).sum())
    return float(bdtrc(won - 1, won + lost, 0.5)) if won else 1.0


def _metres(x: Degrees, y: Degrees, from_x: Degrees, from_y: Degrees) -> NDArray[np.float64]:
    """Return (n, 2) offsets east and north [m] of places from others near by."""
    east = (x - from_x) * np.cos(np.radians(from_y))
    return np.column_stack([east, y - from_y]) * _DEGREE_M


def _unshift(lon: Degrees, lat: Degrees, datum: Datum) -> tuple[Degrees, Degrees]:
    """Return WGS 84 by formula alone, wherever the place lies."""
    return gcj02_to_wgs84(*(bd09_to_gcj02(lon, lat) if datum is Datum.BD09 else (lon, lat)))


def _pair(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    return x, y
