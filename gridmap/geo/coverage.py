"""Coverage: ground that no zone or more than one zone covers, and doors that no zone answers for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from gridmap.errors import Invalid
from gridmap.geo.columns import check_points
from gridmap.geo.crs import require_metric
from gridmap.geo.topology import find_issues

if TYPE_CHECKING:
    from numpy.typing import NDArray


class NotTheSameDoors(Invalid):
    """The doors and the zones they were resolved to do not belong together."""

    slug, title = "not-the-same-doors", "Doors and their zones do not match"


def uncovered_ground(
    jurisdiction: shapely.Polygon | shapely.MultiPolygon, zones: gpd.GeoDataFrame, *, width_m: float = 1.0
) -> gpd.GeoDataFrame:
    """Return the polygons of a jurisdiction that no zone covers, largest first.

    Parameters
    ----------
    jurisdiction
        Valid area in the zones' CRS.
    zones
        (n,) zones frame in a metric CRS; unsound zones count for the ground they enclose.
    width_m
        Slivers that hold no circle of this diameter are left to the topology check [m].

    Returns
    -------
    ground
        Frame of `area_m2`, `zones` (codes beside it), geometry Polygon.

    Raises
    ------
    NotAFrame, BadFrame, NotMetric, BadShape
        As `topology.find_issues`.
    """
    issues = find_issues(zones, jurisdiction, sliver_width_m=width_m)
    return issues.loc[issues["kind"] == "gap", ["area_m2", "zones", "geometry"]].reset_index(drop=True)


def overlapping_ground(zones: gpd.GeoDataFrame, *, width_m: float = 1.0) -> gpd.GeoDataFrame:
    """Return the polygons that two zones share, largest first; three zones on one place are three pairs.

    Parameters and errors as `uncovered_ground`; a zone that lies there twice counts too.
    """
    issues = find_issues(zones, sliver_width_m=width_m)
    shared = issues[issues["kind"].isin(["duplicate", "overlap"])].sort_values("area_m2", ascending=False)
    return shared[["area_m2", "zones", "geometry"]].reset_index(drop=True)


def doors_without_zone(
    points: gpd.GeoDataFrame, assigned: pd.Series[str], *, apart_m: float = 100.0, margin_m: float = 5.0
) -> gpd.GeoDataFrame:
    """Return the doors that stand in no zone, in clusters of doors that lie close together.

    Parameters
    ----------
    points
        (p,) points frame in a metric CRS.
    assigned
        (p,) the code of each point's zone on `points.index`, missing where there is none.
    apart_m
        Two doors no further apart than this are of one cluster, and so are the doors of each (single linkage) [m].
    margin_m
        By how much the hull of a cluster is widened, so that one door is an area too [m].

    Returns
    -------
    clusters
        Frame of `count`, `ids` (list, in the order of `points`), geometry Polygon; most doors first.

    Raises
    ------
    NotAFrame, BadFrame, NotMetric
        As `check_points` and `require_metric`.
    NotTheSameDoors
        If `assigned` is not on the index of `points`.
    """
    check_points(points)
    require_metric(points)
    if not assigned.index.equals(points.index):
        raise NotTheSameDoors("The zones are not on the index of the points; resolve these points first.")
    lost = points[assigned.isna().to_numpy()]
    shapes = np.asarray(lost.geometry.array, dtype=object)
    label = _linked(shapely.get_coordinates(shapes), apart_m)
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1) if len(order) else []
    groups.sort(key=lambda rows: (-len(rows), rows[0]))
    hulls = [shapely.buffer(shapely.convex_hull(shapely.multipoints(shapes[rows])), margin_m) for rows in groups]
    ids = lost["id"].tolist()
    return gpd.GeoDataFrame(
        {"count": [len(rows) for rows in groups], "ids": [[ids[row] for row in rows] for rows in groups]},
        geometry=gpd.GeoSeries(np.array(hulls, dtype=object), crs=points.crs),
        crs=points.crs,
    )


def _linked(places: NDArray[np.float64], apart: float) -> NDArray[np.int32]:
    """Return the cluster (p,) of each place.

    Squares whose diagonal is `apart` hold only places of one cluster, so it is enough to link squares; their number
    of neighbours is bounded, that of a door's neighbours is not.
    """
    if not len(places):
        return np.empty(0, np.int32)
    squares, square = np.unique(np.floor(places / (apart / np.sqrt(2))), axis=0, return_inverse=True)
    order = np.argsort(square, kind="stable")
    doors = np.asarray(shapely.points(places[order]), dtype=object)
    crowds = np.asarray(shapely.multipoints(doors, indices=square[order]), dtype=object)
    one, other = shapely.STRtree(crowds).query(crowds, predicate="dwithin", distance=apart)
    links = sparse.coo_array((np.ones(len(one), bool), (one, other)), shape=(len(squares), len(squares)))
    label: NDArray[np.int32] = sparse.csgraph.connected_components(links, directed=False)[1]
    return label[square]
