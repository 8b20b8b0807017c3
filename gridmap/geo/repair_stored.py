"""Repaired shapes brought back into stored coordinates: every vertex that was stored is the same double again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

from gridmap.geo.crs import STORAGE_EPSG

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyproj
    from numpy.typing import NDArray

DIGITS: Final = 9
"""Decimals of a degree kept of a new vertex (0.1 mm), as an edit keeps them."""


def as_stored(
    made: gpd.GeoSeries, stored: Sequence[gpd.GeoSeries], computed: Sequence[gpd.GeoSeries]
) -> NDArray[np.object_]:
    """Return shapes in EPSG:4326 whose vertices are stored ones wherever they were computed from one.

    Parameters
    ----------
    made
        (k,) shapes in a plane.
    stored, computed
        The same shapes, vertex by vertex, in EPSG:4326 and brought into that plane: all that repairs could draw on
        (zones, former zones, the jurisdiction). The first that has a vertex decides.

    Returns
    -------
    shapes
        (k,) in EPSG:4326; a vertex that is in none of them (where two borders cross) is rounded to `DIGITS`, alike in
        every shape that has it.
    """
    known = np.concatenate([_coords(one) for one in computed]) if computed else np.empty((0, 2))
    degrees = np.concatenate([_coords(one) for one in stored]) if stored else np.empty((0, 2))
    keys, first = np.unique(known[:, 0] + 1j * known[:, 1], return_index=True)

    def back(places: NDArray[np.float64]) -> NDArray[np.float64]:
        wanted = places[:, 0] + 1j * places[:, 1]
        result = _unprojected(places, made.crs)
        if len(keys):
            at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            there = keys[at] == wanted
            result[there] = degrees[first[at[there]]]
        return result

    shapes: NDArray[np.object_] = shapely.transform(np.asarray(made.array, dtype=object), back)
    return shapes


def _coords(shapes: gpd.GeoSeries) -> NDArray[np.float64]:
    return shapely.get_coordinates(np.asarray(shapes.array, dtype=object))


def _unprojected(places: NDArray[np.float64], crs: pyproj.CRS | None) -> NDArray[np.float64]:
    points = gpd.GeoSeries(gpd.points_from_xy(places[:, 0], places[:, 1]), crs=crs).to_crs(STORAGE_EPSG)
    return np.round(shapely.get_coordinates(np.asarray(points.array, dtype=object)), DIGITS)
