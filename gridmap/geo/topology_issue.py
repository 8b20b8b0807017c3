"""One topology issue, and the frame of many: what is wrong, which zones, how large, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyproj
    from numpy.typing import NDArray


KINDS: Final = (
    "empty",
    "self_crossing",
    "duplicate",
    "overlap",
    "missing_cell",
    "gap",
    "leak",
    "detached",
    "cell_outside_beat",
    "orphan_cell",
    "beat_not_union",
    "spike",
    "sliver_overlap",
    "sliver_gap",
    "sliver_leak",
    "sliver_outside_beat",
    "unmatched_vertex",
)
"""Every kind, in the order a person should mend them: one fault often explains those after it."""
NOISE_M2: Final = 1e-6
"""Ground smaller than this is the noise of arithmetic [m2]."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault: `zones` are codes, `shape` is the place in the zones' CRS or None where an empty zone has none."""

    kind: str
    zones: tuple[str, ...]
    shape: shapely.Geometry | None
    detail: str


def issues_frame(issues: Sequence[Issue], crs: pyproj.CRS | None) -> gpd.GeoDataFrame:
    """Return the issues frame: kind, zones, area_m2, length_m, detail, geometry; worst first, then largest.

    `length_m` is the outline of an area or the length of a line.
    """
    shapes = np.array([issue.shape for issue in issues], dtype=object)
    areas, lengths = np.nan_to_num(shapely.area(shapes)), np.nan_to_num(shapely.length(shapes))
    rank = np.array([KINDS.index(issue.kind) for issue in issues], dtype=int)
    order = sorted(range(len(issues)), key=lambda i: (rank[i], -areas[i], -lengths[i], issues[i].zones))
    return gpd.GeoDataFrame(
        {
            "kind": [issues[i].kind for i in order],
            "zones": [list(issues[i].zones) for i in order],
            "area_m2": [float(areas[i]) for i in order],
            "length_m": [float(lengths[i]) for i in order],
            "detail": [issues[i].detail for i in order],
        },
        geometry=gpd.GeoSeries(shapes[order], crs=crs),
        crs=crs,
    )


def narrower_than(shapes: NDArray[np.object_], width: float) -> NDArray[np.bool_]:
    """Return which of (n,) polygons hold no circle of diameter `width` [m] anywhere; empty ones count as narrow.

    An erosion decides; an area of at least half the perimeter times the width settles the plain cases first,
    because the largest circle in a polygon is at least as wide as twice its area over its perimeter.
    """
    areas, perimeters = shapely.area(shapes), shapely.length(shapes)
    narrow = 2 * areas < width * perimeters
    narrow |= ~(areas > NOISE_M2)
    rows = np.flatnonzero(narrow & (areas > NOISE_M2))
    narrow[rows] = shapely.is_empty(shapely.buffer(shapes[rows], -width / 2, quad_segs=2))
    return narrow


def points_inside(shapes: NDArray[np.object_], away: float = 1e-4) -> NDArray[np.object_]:
    """Return a point in each of (n,) polygons that is further than `away` [m] from its outline where that can be.

    The usual point in a polygon may lie in a tail a tenth of a millimetre wide, and so on both its sides at once; then
    the centre of the largest circle is taken.
    """
    spots = np.asarray(shapely.point_on_surface(shapes), dtype=object)
    close = np.flatnonzero(shapely.distance(spots, shapely.boundary(shapes)) < away)
    spots[close] = shapely.get_point(shapely.maximum_inscribed_circle(shapes[close], tolerance=away), 0)
    return spots


def polygons_of(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return the polygons in (n,) geometries of any kind, and the row of each; lines and points fall away."""
    parts, rows = shapely.get_parts(shapes, return_index=True)
    nested = shapely.get_type_id(parts) == shapely.GeometryType.MULTIPOLYGON
    if nested.any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        rows = rows[inner]
    keep = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return parts[keep], rows[keep].astype(np.int64)
