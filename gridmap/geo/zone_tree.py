"""Where a few points stand, without compiled code: the same answers as `gridmap.geo.zone_index`, at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

OUTSIDE = -1


@dataclass(frozen=True, eq=False)
class ZoneTree:
    """Zones in a search tree of their bounds; read like a `ZoneIndex`.

    Attributes
    ----------
    codes, rank
        (n,) codes, in the order of the zones given, and the place of each in the order of codes.
    tree
        The tree of the zones' shapes.
    """

    codes: NDArray[np.object_]
    rank: NDArray[np.int32]
    tree: shapely.STRtree

    def locate(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        *,
        prefer: NDArray[np.int32] | None = None,
        threads: int = 1,  # noqa: ARG002  (read like a ZoneIndex)
    ) -> NDArray[np.int32]:
        """Return the row of the zone of each point, -1 outside; as `ZoneIndex.locate`."""
        points, zones = self.covering(x, y)
        begin = np.searchsorted(points, np.arange(len(x) + 1))
        return choose(self.rank, begin, zones, None if prefer is None else np.asarray(prefer))

    def covering(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return every zone that holds each point, its border included, as pairs (point, zone) in order of points."""
        finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points, zones = self.tree.query(shapely.points(x[finite], y[finite]), predicate="intersects")
        order = np.lexsort((zones, points))
        return finite[points[order]], zones[order].astype(np.int32)

    def near_border(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],  # noqa: ARG002
        reach: float,  # noqa: ARG002
    ) -> NDArray[np.bool_]:
        """Return which points may have a border within `reach`: of a few points, all."""
        return np.ones(len(x), np.bool_)


def build_zone_tree(zones: gpd.GeoDataFrame) -> ZoneTree:
    """Return zones (column `code`, polygons in any CRS) as a tree for a few points."""
    codes = zones["code"].to_numpy(dtype=object)
    return ZoneTree(codes, ranks(codes), shapely.STRtree(zones.geometry.to_numpy()))


def ranks(codes: NDArray[np.object_]) -> NDArray[np.int32]:
    """Return the place of each code in the order of codes; equal codes keep the order given."""
    rank = np.empty(codes.size, np.int32)
    rank[sorted(range(codes.size), key=[str(code) for code in codes].__getitem__)] = np.arange(codes.size)
    return rank


def choose(
    rank: NDArray[np.int32],
    begin: NDArray[np.int64],
    zones: NDArray[np.int32],
    prefer: NDArray[np.int32] | None,
) -> NDArray[np.int32]:
    """Return one zone a point from its candidates: the preferred, else the lowest code, -1 where there is none.

    This is the one rule for ties. The candidates of point i are `zones[begin[i]:begin[i + 1]]`.
    """
    chosen = np.full(begin.size - 1, OUTSIDE, np.int32)
    count = np.diff(begin)
    if not zones.size:
        return chosen
    point = np.repeat(np.arange(begin.size - 1), count)
    merit = rank[zones].astype(np.int64)
    if prefer is not None:
        merit[zones == prefer[point]] = -1
    order = np.lexsort((merit, point))
    chosen[count > 0] = zones[order][begin[:-1][count > 0]]
    return chosen
