"""Simplify: zones with fewer vertices for small screens, borders still shared, no zone lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import sparse

from gridmap.errors import Invalid
from gridmap.geo.columns import check_zones
from gridmap.geo.crs import require_metric

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


class BadTolerance(Invalid):
    """A tolerance that is not a positive, finite length."""

    slug, title = "bad-tolerance", "The tolerance is not a length"


def simplify_zones(zones: gpd.GeoDataFrame, tolerance_m: float) -> gpd.GeoDataFrame:
    """Return a copy of `zones` with fewer vertices whose borders are still shared.

    A zone that would be lost (become empty, unsound, or fall into other parts) stays as it is, with all zones it is
    joined to; GEOS 3.14 was not seen to lose one. Zones that tile their ground tile it afterwards too, else all of
    them come back as they were. This is for display: areas change, and codes must not be resolved against it.

    Parameters
    ----------
    zones
        (n,) zones frame of valid polygons in a metric CRS. Borders that are not shared vertex by vertex are
        simplified each for itself.
    tolerance_m
        About the square root of the largest triangle that may be cut off [m].

    Raises
    ------
    NotAFrame, BadFrame, NotMetric
        As `check_zones` and `require_metric`.
    BadTolerance
        If the tolerance is not above 0.

    References
    ----------
    Visvalingam & Whyatt (1993), "Line generalisation by repeated elimination of points", The Cartographic Journal
    30(1), 46-51, as GEOS applies it to coverages.
    """
    check_zones(zones)
    require_metric(zones)
    if not (tolerance_m > 0 and np.isfinite(tolerance_m)):
        raise BadTolerance(f"{tolerance_m} is not a tolerance; give metres above 0.", tolerance_m=tolerance_m)
    shapes = np.asarray(zones.geometry.array, dtype=object)
    simple = np.asarray(shapely.coverage_simplify(shapes, tolerance_m), dtype=object)
    rows = _joined(shapes, np.flatnonzero(_lost(shapes, simple)))
    simple[rows] = shapes[rows]
    if shapely.coverage_is_valid(shapes) and not shapely.coverage_is_valid(simple):
        simple = shapes
    return zones.set_geometry(type(zones.geometry)(simple, index=zones.index, crs=zones.crs))


def _lost(shapes: NDArray[np.object_], simple: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which zones are not what they were: no ground, unsound, or other parts or holes."""
    sound = shapely.is_valid(simple) & ~shapely.is_empty(simple)
    for count in (shapely.get_num_geometries, shapely.get_num_interior_rings):
        sound &= count(shapes) == count(simple)
    return ~sound


def _joined(shapes: NDArray[np.object_], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of all zones that are joined to any of `rows` by zones that touch."""
    if not len(rows):
        return rows
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    links = sparse.coo_array((np.ones(len(one), bool), (one, other)), shape=(len(shapes), len(shapes)))
    label = sparse.csgraph.connected_components(links, directed=False)[1]
    return np.flatnonzero(np.isin(label, label[rows]))
