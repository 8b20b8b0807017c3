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

if TYPE_CHECKING:
    import geopandas as gpd

STORAGE_EPSG: Final = 4326
CGCS2000_EPSG: Final = 4490

# Drawn by hand, up to about 60 km off and rather outside than inside: near the border both answers are metres.
MAINLAND: Final = shapely.Polygon(
    [
        (73.4, 39.3), (73.8, 40.1), (76.5, 40.6), (80.1, 42.2), (80.2, 45.1), (82.5, 45.3), (83.0, 47.3), (85.5, 47.2),
        (85.7, 48.5), (87.3, 49.3), (90.3, 48.0), (91.2, 45.3), (95.4, 44.4), (97.0, 42.9), (101.8, 42.7), (105.0, 41.8),
        (109.0, 42.6), (112.0, 43.5), (111.9, 45.2), (114.5, 45.6), (116.5, 46.5), (119.8, 46.9), (115.5, 47.9), (116.6, 50.0),
        (119.3, 50.4), (119.9, 52.9), (123.0, 53.7), (126.0, 53.0), (127.7, 50.2), (130.9, 49.0), (131.1, 47.9), (135.2, 48.6),
        (133.2, 45.2), (131.9, 45.4), (131.4, 43.6), (130.8, 42.3), (128.1, 41.9), (126.7, 41.6), (124.2, 39.7), (122.0, 38.4),
        (123.0, 37.3), (120.5, 35.0), (122.5, 32.0), (123.2, 30.5), (121.3, 27.5), (119.2, 25.2), (117.2, 23.2), (114.5, 22.59),
        (114.05, 22.51), (113.55, 22.25), (113.5, 22.1), (111.5, 20.5), (111.3, 18.5), (108.4, 18.0), (108.3, 21.4), (106.5, 22.2),
        (105.3, 23.5), (102.3, 22.3), (101.8, 21.0), (100.0, 21.4), (98.7, 24.0), (97.4, 24.3), (98.5, 27.5), (96.2, 29.2),
        (92.0, 27.6), (88.8, 27.9), (85.9, 27.8), (81.2, 30.0), (78.5, 31.4), (78.3, 34.4), (74.8, 37.1),
    ]
)  # fmt: skip


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
    if shapely.contains_xy(MAINLAND, lon, lat):
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
    if operation is not None and "Mercator" in operation.method_name and "Transverse" not in operation.method_name:
        return "stretches lengths and areas away from the equator"
    return ""


@lru_cache(maxsize=64)
def _is_lon_lat(crs: pyproj.CRS) -> bool:
    return any(crs.equals(pyproj.CRS.from_epsg(epsg), ignore_axis_order=True) for epsg in (STORAGE_EPSG, CGCS2000_EPSG))
