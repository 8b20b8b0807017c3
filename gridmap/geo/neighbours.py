"""Neighbours: which zones share a border (rook) or at least a corner (queen), and how long the border is.

Shared borders are found by edge pairing, so that 70,000 zones take seconds; where the vertices of two zones on one
border differ, the pieces are laid on each other one by one. Borders nearer than `GRID_M` (1 mm) are one.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from gridmap.geo.columns import check_zones
from gridmap.geo.crs import require_metric
from gridmap.geo.gistar import QUEEN, NotCounts
from gridmap.geo.topology_edges import GRID_M, loose_edges, piece_keys, rings_of
from gridmap.geo.topology_faces import nodes_on_edges, unmatched_vertices

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from gridmap.geo.topology_edges import Loose, Rings

    Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def borders(zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return every pair of zones that touch, and the length of their common border.

    Parameters
    ----------
    zones
        (n,) zones frame of valid polygons in a metric CRS.

    Returns
    -------
    pairs
        Frame of `one` < `other` (codes) and `length_m`: 0 where the two meet in corners only; sorted. Zones that
        overlap count by what they share of their outlines.

    Raises
    ------
    NotAFrame, BadFrame, NotMetric
        As `check_zones` and `require_metric`.
    """
    one, other, length = _pairs(zones)
    codes = zones["code"].to_numpy(dtype=object)
    swap = codes[one] > codes[other]
    names = {"one": np.where(swap, codes[other], codes[one]), "other": np.where(swap, codes[one], codes[other])}
    pairs = pd.DataFrame({**names, "length_m": length})
    return pairs.sort_values(["one", "other"], ignore_index=True)


def border_lengths(zones: gpd.GeoDataFrame) -> sparse.csr_array:
    """Return the (n, n) symmetric matrix of common border [m], in the order of `zones`; see `borders`."""
    one, other, length = _pairs(zones)
    along = length > 0
    return _symmetric(one[along], other[along], length[along], len(zones))


def contiguity(zones: gpd.GeoDataFrame, *, corners: bool = False) -> sparse.csr_array:
    """Return the (n, n) symmetric 0/1 matrix of neighbours, in the order of `zones`; no zone is its own neighbour.

    Parameters
    ----------
    zones
        (n,) zones frame of valid polygons in a metric CRS.
    corners
        Let zones that meet in a corner only be neighbours too (queen); else they share a border (rook).

    Raises
    ------
    NotAFrame, BadFrame, NotMetric
        As `borders`.
    """
    one, other, length = _pairs(zones)
    kept = np.full(len(one), fill_value=True) if corners else length > 0
    return _symmetric(one[kept], other[kept], np.ones(int(kept.sum())), len(zones))


def lattice_contiguity(
    column: ArrayLike, row: ArrayLike, offsets: tuple[tuple[int, int], ...] = QUEEN
) -> sparse.csr_array:
    """Return the (n, n) 0/1 matrix of neighbours among cells of a lattice; no cell is its own neighbour.

    Parameters
    ----------
    column, row
        (n,) int, each cell once.
    offsets
        The neighbourhood as steps of (column, row): `gistar.QUEEN` or `gistar.HEXAGON`; (0, 0) is passed over.

    Raises
    ------
    NotCounts
        If a cell comes twice.
    """
    at = pd.MultiIndex.from_arrays([np.asarray(column, dtype=np.int64), np.asarray(row, dtype=np.int64)])
    if not at.is_unique:
        raise NotCounts(f"{int(at.duplicated().sum())} cells come more than once; give each (column, row) once.")
    one, other = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for east, north in offsets:
        if (east, north) != (0, 0):
            near = at.get_indexer(pd.MultiIndex.from_arrays([np.asarray(column) + east, np.asarray(row) + north]))
            one.append(np.flatnonzero(near >= 0))
            other.append(near[near >= 0])
    pairs = np.concatenate(one), np.concatenate(other)
    return sparse.csr_array((np.ones(len(pairs[0])), pairs), shape=(len(at), len(at)))


def _symmetric(
    one: NDArray[np.int64], other: NDArray[np.int64], values: NDArray[np.float64], count: int
) -> sparse.csr_array:
    rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
    return sparse.csr_array((np.concatenate([values, values]), (rows, columns)), shape=(count, count))


def _pairs(zones: gpd.GeoDataFrame) -> Pairs:
    """Return the rows of each touching pair, lower first, and their common border [m]."""
    check_zones(zones)
    require_metric(zones)
    rings = rings_of(np.asarray(zones.geometry.array, dtype=object))
    loose = loose_edges(rings)
    pieces = [_equal_pieces(rings), _laid_together(loose), _equal_corners(rings), _corners_on_borders(loose)]
    one, other, length = (np.concatenate(column) for column in zip(*pieces, strict=True))
    apart = one != other
    low, high = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
    keys, which = np.unique(low * len(zones) + high, return_inverse=True)
    total = np.bincount(which, weights=length[apart], minlength=len(keys)).astype(float)
    keys = keys.astype(np.int64)
    return keys // max(len(zones), 1), keys % max(len(zones), 1), total


def _equal_pieces(rings: Rings) -> Pairs:
    """Return the owners of pieces of border that have both ends in common."""
    keys = piece_keys(rings)
    rows = np.flatnonzero(keys)
    first, second = _alike(keys[rows])
    a, b = rows[first], rows[second]
    step = rings.coords[a + 1] - rings.coords[a]
    owner = _owner_of_rows(rings)
    return owner[a], owner[b], np.hypot(step[:, 0], step[:, 1])


def _equal_corners(rings: Rings) -> Pairs:
    """Return the owners of vertices at one place."""
    steps = np.rint(rings.coords / GRID_M).astype(np.int64).astype(np.uint64)
    mixed = steps[:, 0] * np.uint64(0x9E3779B97F4A7C15) + steps[:, 1]
    keys = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    first, second = _alike(keys)
    owner = _owner_of_rows(rings)
    return owner[first], owner[second], np.zeros(len(first))


def _owner_of_rows(rings: Rings) -> NDArray[np.int64]:
    return np.repeat(rings.owner, np.diff(rings.starts))


def _alike(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of rows with the same key."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    pairs: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    start = np.arange(len(keys))
    apart = 1
    while True:
        start = start[start + apart < len(keys)]
        start = start[ordered[start] == ordered[start + apart]]
        if not len(start):
            break
        pairs.append((order[start], order[start + apart]))
        apart += 1
    if not pairs:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def _laid_together(loose: Loose) -> Pairs:
    """Return the owners of pieces of border that lie along each other but differ in their ends."""
    places = loose.places[loose.ends]
    lines = np.asarray(shapely.linestrings(places), dtype=object)
    a, b = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=GRID_M)
    a, b = a[a < b], b[a < b]
    start, step = places[a, 0], places[a, 1] - places[a, 0]
    long = np.hypot(step[:, 0], step[:, 1])[:, None]
    along = step / np.maximum(long, GRID_M)
    reach = ((places[b] - start[:, None]) * along[:, None]).sum(axis=2)
    low, high = np.maximum(reach.min(axis=1), 0), np.minimum(reach.max(axis=1), long[:, 0])
    near = low < high - GRID_M
    for at in (low, high):
        spot = shapely.points(start + along * at[:, None])
        near &= shapely.distance(spot, lines[b]) <= GRID_M
    owners: list[list[int]] = [[] for _ in range(len(loose.ends))]
    for edge, owner in zip(loose.walk_edge.tolist(), loose.walk_owner.tolist(), strict=True):
        owners[edge].append(owner)
    pairs = [
        (one, other, both)
        for i, j, both in zip(a[near], b[near], (high - low)[near], strict=True)
        for one in owners[i]
        for other in owners[j]
    ]
    return _columns(pairs)


def _corners_on_borders(loose: Loose) -> Pairs:
    """Return the owners of vertices that lie on a border of another zone."""
    _, owners = unmatched_vertices(loose, *nodes_on_edges(loose), np.empty(0, np.int64))
    return _columns([(one, other, 0.0) for rows in owners for one, other in combinations(rows, 2)])


def _columns(pairs: list[tuple[int, int, float]]) -> Pairs:
    table = np.array(pairs, dtype=float).reshape(-1, 3)
    return table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2]
