"""Coordinate reference systems: which metres a place uses, and checks that nothing is mixed in silence.

Axis order: EPSG defines 4326, 4490 and the CGCS2000 Gauss-Kruger systems north first. Everything in gridmap
is x = east or longitude, y = north or latitude, as GeoPandas and PostGIS keep it; a transformer made by hand
must say ``always_xy=True``.

EPSG:4490 (CGCS2000) and EPSG:4326 (WGS 84) are taken as one, as EPSG's own null transformation between them and
every desktop GIS do. What that leaves out: the ellipsoids differ by 0.1 mm at the pole, and CGCS2000 moves with
the Chinese plates while satellite positions do not (about 3 cm a year since 2000), so a raw satellite fix of the
2020s lies 0.6 to 0.9 m from its CGCS2000 coordinates, and one corrected by a Chinese network does not.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj
import shapely

from gridmap.geo.columns import CrsMismatch, MissingCrs, NotMetric, NotOnEarth, OutOfCrs
from gridmap.geo.mainland import inside_mainland

if TYPE_CHECKING:
    import geopandas as gpd

STORAGE_EPSG: Final = 4326
CGCS2000_EPSG: Final = 4490


def metric_epsg_for(lon: float, lat: float) -> int:
    """Return the EPSG code of the metric CRS customary at a place.

    On the Chinese mainland the CGCS2000 3-degree Gauss-Kruger zone without zone prefix (4534 for 75 E to 4554 for
    135 E), elsewhere UTM on WGS 84 (Norway's and Svalbard's exceptions are not made).

    >>> metric_epsg_for(112.9, 35.8), metric_epsg_for(-122.3, 47.6)
    (4547, 32610)

    Parameters
    ----------
    lon, lat
        Degrees, WGS 84 or CGCS2000.

    Raises
    ------
    NotOnEarth
        If the place is out of range, for example because the axes are swapped, or beyond UTM (84 N, 80 S).
    """
    if not (-180 <= lon <= 180 and -80 <= lat <= 84):
        raise NotOnEarth(
            f"Longitude {lon}, latitude {lat} has no metric zone; the order is longitude, latitude.", lon=lon, lat=lat
        )
    if inside_mainland(lon, lat):
        meridian = min(max(3 * math.floor(lon / 3 + 0.5), 75), 135)
        return 4534 + (meridian - 75) // 3
    zone = min(int((lon + 180) // 6) + 1, 60)
    return (32600 if lat >= 0 else 32700) + zone


def require_metric(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    """Do nothing if lengths and areas of `frame` are in true metres.

    Raises
    ------
    NotMetric
        If the CRS is missing, in degrees or feet, or a Mercator map projection (whose metres are 1.2 to 1.5 too
        long in China); nothing is reprojected in silence.
    """
    if frame.crs is None:
        raise NotMetric("The frame has no CRS; set the one its coordinates are in.", crs=None)
    why = _why_not_metric(frame.crs)
    if why:
        name = frame.crs.name
        raise NotMetric(f"{name} {why}; bring the frame into metres with to_metric first.", crs=name)


def require_same(
    first: gpd.GeoDataFrame | gpd.GeoSeries,
    second: gpd.GeoDataFrame | gpd.GeoSeries,
) -> None:
    """Do nothing if both frames are in one CRS; 4326, CRS84 and 4490 count as one (see the module).

    Raises
    ------
    MissingCrs
        If either frame does not say its CRS.
    CrsMismatch
        If they differ.
    """
    if first.crs is None or second.crs is None:
        raise MissingCrs("A frame has no CRS; set the one its coordinates are in.")
    if not same_crs(first.crs, second.crs):
        names = first.crs.name, second.crs.name
        raise CrsMismatch(f"One frame is in {names[0]}, the other in {names[1]}; bring both into one.", crs=names)


def same_crs(first: pyproj.CRS, second: pyproj.CRS) -> bool:
    """Return whether coordinates in both systems can lie in one frame; axis order and 4490 / 4326 aside."""
    if first == second or first.equals(second, ignore_axis_order=True):
        return True
    return _is_lon_lat(first) and _is_lon_lat(second)


def to_metric(frame: gpd.GeoDataFrame, epsg: int) -> gpd.GeoDataFrame:
    """Return a copy of `frame` in the metric CRS `epsg`, x east and y north.

    Raises
    ------
    MissingCrs
        If the frame does not say where its coordinates come from.
    NotMetric
        If `epsg` is not a metric CRS or does not exist.
    OutOfCrs
        If a coordinate has no image there.
    """
    if frame.crs is None:
        raise MissingCrs("The frame has no CRS; set the one its coordinates are in.")
    target = _crs(epsg)
    why = _why_not_metric(target)
    if why:
        raise NotMetric(f"EPSG:{epsg} ({target.name}) {why}; choose a metric CRS such as 4547.", epsg=epsg)
    moved = frame.to_crs(target)
    coords, owner = shapely.get_coordinates(np.asarray(moved.geometry.array), return_index=True)
    lost = np.unique(owner[~np.isfinite(coords).all(axis=1)])
    if lost.size:
        raise OutOfCrs(
            f"{lost.size} rows have no place in EPSG:{epsg}, the first is row {lost[0] + 1}; is their CRS right?",
            epsg=epsg, rows=lost.tolist(),
        )  # fmt: skip
    return moved


def straight_plane(lon: float, lat: float) -> pyproj.CRS:
    """Return a plane in metres around a place in which what is straight in degrees stays straight.

    Boundaries are stored in degrees and doors are resolved there: a border runs straight between its vertices *in
    degrees*. A conformal system bends it (by 5 cm on 2 km), and vertices that lie on a neighbour's edge leave it. Here
    lengths are right to 0.4 % within 50 km of the place; measure areas in the place's metric CRS.

    Parameters
    ----------
    lon, lat
        Degrees, WGS 84 or CGCS2000; the middle of the zones.

    References
    ----------
    Snyder (1987), "Map Projections: A Working Manual", USGS Professional Paper 1395, section 12, equidistant
    cylindrical on the sphere.
    """
    return pyproj.CRS.from_proj4(f"+proj=eqc +lat_ts={lat!r} +lon_0={lon!r} +R=6371008.8 +units=m +no_defs")


def _crs(epsg: int) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_epsg(epsg)
    except pyproj.exceptions.CRSError as error:
        raise NotMetric(f"EPSG:{epsg} is no coordinate reference system.", epsg=epsg) from error


@lru_cache(maxsize=64)
def _why_not_metric(crs: pyproj.CRS) -> str:
    """Return the end of a sentence that says why `crs` gives no true metres; empty if it does."""
    if not crs.is_projected:
        return "is not a projected system"
    units = sorted({axis.unit_name for axis in crs.axis_info[:2]})
    if units != ["metre"]:
        return f"is in {' and '.join(units)}"
    operation = crs.coordinate_operation
    if operation is not None and operation.method_name.startswith(("Mercator", "Popular Visualisation")):
        return "stretches lengths and areas away from the equator"
    return ""


@lru_cache(maxsize=64)
def _is_lon_lat(crs: pyproj.CRS) -> bool:
    return any(crs.equals(pyproj.CRS.from_epsg(epsg), ignore_axis_order=True) for epsg in (STORAGE_EPSG, CGCS2000_EPSG))
