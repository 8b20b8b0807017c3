"""An index of zones that says where each of many points stands: built once, read by any number of threads.

Made for millions of points. A handful is placed sooner by `gridmap.geo.zone_tree`, because loading the
compiled code takes half a second; `gridmap.geo.assign.build_locator` takes whichever pays.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.errors import Invalid
from gridmap.geo.zone_tree import choose, ranks

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_TANGLED = -2
_MOST_ZONES = 1 << 24
_TOP_SHIFT = 18
_TOP_EDGES = 32.0  # edges a bin of the first level should hold: it is cut finer by what it does hold
_TOP_BINS = 4096  # at most, across


class ZonesNotIndexable(Invalid):
    """Zones whose coordinates are not finite numbers, or more zones than an index can count."""

    slug, title = "zones-not-indexable", "The zones cannot be indexed"


@dataclass(frozen=True, eq=False)
class ZoneIndex:
    """Zones as flat arrays: no object a zone, so it can be shared, kept or sent as it is.

    Attributes
    ----------
    codes
        (n,) codes, in the order of the zones given; `rank` is the place of each in the order of codes.
    vertices, ring_end, first
        (m, 2) coordinates of all rings, where a ring ends, and the first vertex of each zone (n + 1).
    bounds
        (n, 4) x and y from, x and y to.
    frame, grid
        Corner and fixed-point scale; shift, columns and rows of the first level of bins.
    cells, leaves
        The bins (`gridmap.geo.zone_bins`).
    bucket_shift, bucket_begin, bucket_zones
        Coarse lists of the zones near a place, for the points that need every zone looked at.
    """

    codes: NDArray[np.object_]
    rank: NDArray[np.int32]
    vertices: NDArray[np.float64]
    ring_end: NDArray[np.uint8]
    first: NDArray[np.int64]
    bounds: NDArray[np.float64]
    frame: NDArray[np.float64]
    grid: NDArray[np.int64]
    cells: NDArray[np.int32]
    leaves: NDArray[np.int64]
    bucket_shift: int
    bucket_begin: NDArray[np.int64]
    bucket_zones: NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """Return the memory the index takes, in bytes."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    def locate(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        *,
        prefer: NDArray[np.int32] | None = None,
        threads: int = 1,
    ) -> NDArray[np.int32]:
        """Return the zone of each point.

        Where several zones hold a point (it stands on a border they share, or they overlap), the zone in
        `prefer` wins if it is one of them, else the lowest code.

        Parameters
        ----------
        x, y
            (n,) coordinates in the zones' CRS; NaN and infinity are outside.
        prefer
            (n,) row of the zone each point was in before, -1 for none.
        threads
            How many threads share the work; the answer is the same.

        Returns
        -------
        rows
            (n,) row of the zone in the frame the index was built from, -1 outside.
        """
        x, y, rows = self._locate(x, y, threads)
        tangled = np.flatnonzero(rows == _TANGLED)
        if tangled.size:
            begin, zones = self._covering(x[tangled], y[tangled])
            rows[tangled] = choose(self.rank, begin, zones, None if prefer is None else np.asarray(prefer)[tangled])
        return rows

    def covering(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return every zone that holds each point, its border included, as pairs (point, zone) in order of points."""
        x, y, rows = self._locate(x, y, 1)
        tangled = np.flatnonzero(rows == _TANGLED)
        single = np.flatnonzero(rows >= 0)
        begin, zones = self._covering(x[tangled], y[tangled])
        points = np.concatenate([single, np.repeat(tangled, np.diff(begin))])
        zones = np.concatenate([rows[single], zones])
        order = np.argsort(points, kind="stable")
        return points[order], zones[order]

    def near_border(self, x: NDArray[np.float64], y: NDArray[np.float64], reach: float) -> NDArray[np.bool_]:
        """Return which points may have a border within `reach` units, or stand in several zones.

        Never false for a point that has; often true for one that has not, where bins are small beside `reach`.
        """
        from gridmap.geo import zone_locate as compiled  # noqa: PLC0415  (half a second, only where it pays)

        x, y = _flat(x), _flat(y)
        near = np.empty(x.size, np.bool_)
        compiled.mark_near(x, y, float(reach), self.frame, self.grid, self.cells, near)
        return near

    def _locate(
        self, x: NDArray[np.float64], y: NDArray[np.float64], threads: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32]]:
        from gridmap.geo import zone_locate as compiled  # noqa: PLC0415

        x, y = _flat(x), _flat(y)
        rows = np.empty(x.size, np.int32)

        def run(start: int, stop: int) -> None:
            here = slice(start, stop)
            compiled.locate_points(
                x[here], y[here], self.frame, self.grid, self.cells, self.leaves, self.vertices, rows[here]
            )

        cuts = np.linspace(0, x.size, max(1, threads) + 1).astype(np.int64).tolist()
        if threads <= 1:
            run(0, x.size)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(run, cuts[:-1], cuts[1:]))
        return x, y, rows

    def _covering(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        from gridmap.geo import zone_locate as compiled  # noqa: PLC0415

        begin, zones = compiled.covering_zones(
            x,
            y,
            self.vertices,
            self.ring_end,
            self.first,
            self.bounds,
            self.frame,
            self.bucket_shift,
            (int(self.grid[1] << self.grid[0]) >> self.bucket_shift) + 1,
            self.bucket_begin,
            self.bucket_zones,
        )
        return begin, zones


def build_zone_index(zones: gpd.GeoDataFrame) -> ZoneIndex:
    """Return an index of zones, read by `ZoneIndex.locate`.

    Containment is planar in the frame's own coordinates, degrees or metres, border included, and exact:
    for valid polygons it is `shapely.covers`, but for the rare point on a border that GEOS, which works in 106
    bits, takes to be in no zone. A zone whose rings cross or repeat holds the places that an odd number of its rings
    go round.

    Parameters
    ----------
    zones
        (n,) Polygons or MultiPolygons with column `code`; may overlap, leave gaps, be empty or missing.

    Returns
    -------
    index
        Rows are the positions of the zones in the frame.

    Raises
    ------
    ZonesNotIndexable
        If a coordinate is not a finite number, or there are more than 16,777,216 zones.
    """
    from gridmap.geo import zone_locate, zone_split  # noqa: PLC0415

    codes = zones["code"].to_numpy(dtype=object)
    if codes.size >= _MOST_ZONES:
        raise ZonesNotIndexable(f"{codes.size} zones; an index counts up to {_MOST_ZONES - 1}. Index them in parts.")
    vertices, ring_end, zone, hole = _rings(zones.geometry.to_numpy())
    if not np.isfinite(vertices.sum()) and not np.isfinite(vertices).all():
        wrong = sorted({str(codes[z]) for z in zone[~np.isfinite(vertices).all(axis=1)]})
        raise ZonesNotIndexable(
            f"zones with coordinates that are not finite numbers: {', '.join(wrong[:5])}. Draw them anew.", zones=wrong
        )
    first = np.searchsorted(zone, np.arange(codes.size + 1)).astype(np.int64)
    own = zone_split.edge_keys(vertices, ring_end, zone, hole)
    del zone, hole  # what follows takes the most memory
    frame, grid = _frame(vertices, own)
    cells, leaves = _bins(vertices, own, frame, grid)
    bounds, bucket_shift, begin, listed = zone_locate.bucket_zones(vertices, first, frame, grid)
    return ZoneIndex(
        codes, ranks(codes), vertices, ring_end, first, bounds, frame, grid, cells, leaves, bucket_shift, begin, listed
    )


def _flat(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(values, dtype=np.float64).ravel()


def _rings(
    geometries: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.int32], NDArray[np.uint8]]:
    """Return the vertices of all rings of polygons: (m, 2) coordinates; ring ends, row of the zone and hole per vertex."""
    kinds = shapely.get_type_id(geometries)
    areal = (kinds == shapely.GeometryType.POLYGON) | (kinds == shapely.GeometryType.MULTIPOLYGON)
    if not areal.all():
        geometries = geometries.copy()
        geometries[~areal] = [_areal_part(geometry) for geometry in geometries[~areal]]
    vertices, zone = shapely.get_coordinates(geometries, return_index=True)
    first = np.searchsorted(zone, np.arange(geometries.size))
    size = np.diff(np.append(first, zone.size))
    plain = (kinds == shapely.GeometryType.POLYGON) & (shapely.get_num_interior_rings(geometries) == 0)
    ring_end, hole = np.zeros(zone.size, np.uint8), np.zeros(zone.size, np.uint8)
    ring_end[(first + size - 1)[plain & (size > 0)]] = 1

    # Rings are copied out only of the zones that have more than one.
    several = np.flatnonzero(~plain & (size > 0))
    parts = shapely.get_parts(geometries[several])
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    length = shapely.get_num_coordinates(rings)
    inner = np.zeros(rings.size, np.uint8)
    inner[1:] = part_of_ring[1:] == part_of_ring[:-1]
    where = np.flatnonzero(np.repeat(~plain, size))
    ring_end[where[np.cumsum(length) - 1]] = 1
    hole[where] = np.repeat(inner, length)
    return vertices, ring_end, zone.astype(np.int32), hole


def _areal_part(geometry: shapely.Geometry | None) -> shapely.Geometry:
    """Return the polygons of a geometry that is not made of polygons alone, as one; none at all for the missing."""
    parts = [] if geometry is None else shapely.get_parts(geometry).tolist()
    return shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon)])


def _frame(vertices: NDArray[np.float64], own: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return corner and scale of the fixed-point frame, and shift, columns and rows of its first bins.

    The first column and row are left free of edges: there every walk begins, outside.
    """
    x, y = vertices.T if len(vertices) else np.zeros((2, 1))
    low, high = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    size = high - low
    wide = max(float(size.max()), 1e-300)
    n_bins = max(1.0, np.count_nonzero(own) / _TOP_EDGES)
    side = max(np.sqrt(float(size[0]) * float(size[1]) / n_bins), wide / n_bins, wide / _TOP_BINS)
    frame = np.array([low[0] - 1.01 * side, low[1] - 1.01 * side, (1 << _TOP_SHIFT) / side])
    spread = ((high - frame[:2]) * frame[2]).astype(np.int64) >> _TOP_SHIFT
    return frame, np.array([_TOP_SHIFT, spread[0] + 1, spread[1] + 1], np.int64)


def _bins(
    vertices: NDArray[np.float64], own: NDArray[np.int64], frame: NDArray[np.float64], grid: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the cells of all levels, one after another, and the words of the leaves."""
    from gridmap.geo import zone_split  # noqa: PLC0415

    edges = np.flatnonzero(own).astype(np.int32)
    boxes = np.array([[0, edges.size, 0, 0, grid[0], grid[1], grid[2], 0, 0, 0]], np.int64)
    end = int(-(-grid[1] * grid[2] // 16) * 16)
    # Room that is never written costs no memory, and room made here lies on large pages.
    cells = np.empty(end + 16 * edges.size, np.int32)
    leaves, used = np.empty(1024 + 4 * edges.size, np.int64), 0
    keys = np.empty_like(own)
    bits = vertices.view(np.int64)
    begin = 0
    while len(boxes):
        if end > cells.size:
            cells = np.concatenate([cells[:begin], np.empty(end, np.int32)])
        level = cells[begin:end]
        top, begin = begin == 0, end
        leaves, used, boxes, edges, end = zone_split.split(
            level, boxes, edges, vertices, bits, frame, own, keys, leaves, used, end, top
        )
    return cells[:begin], leaves[:used]
