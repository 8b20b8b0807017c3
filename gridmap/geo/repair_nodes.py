"""Nodes: places that every border passing by must have as a vertex before ground changes hands.

Overlay of borders that share their vertices to the last bit is exact: it moves nothing and invents nothing. So before
a piece of ground is taken from one zone and given to another, its corners become vertices of every zone beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.topology_edges import GRID_M

if TYPE_CHECKING:
    from numpy.typing import NDArray


def settled(*places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the places (k, 2) [m] of all groups such that no two are within `GRID_M`; earlier groups go first."""
    every = np.concatenate(places)
    _, first = np.unique(every[:, 0] + 1j * every[:, 1], return_index=True)
    every = every[np.sort(first)]
    points = np.asarray(shapely.points(every), dtype=object)
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=GRID_M)
    crowded = other < one
    gone = np.zeros(len(every), dtype=bool)
    for later, earlier in zip(one[crowded], other[crowded], strict=True):
        gone[later] |= not gone[earlier]
    return every[~gone]


def vertices_beside(shapes: NDArray[np.object_], pieces: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the vertices (k, 2) [m] of (n,) `shapes` that lie within `GRID_M` of the outline of one of the pieces."""
    coords = shapely.get_coordinates(shapes)
    if not len(coords) or not len(pieces):
        return np.empty((0, 2))
    left, low, right, high = shapely.bounds(pieces).T
    spots = np.asarray(shapely.points(coords), dtype=object)
    boxed = shapely.STRtree(spots).query(shapely.box(left - GRID_M, low - GRID_M, right + GRID_M, high + GRID_M))[1]
    boxed = np.unique(boxed)
    outlines = shapely.STRtree(shapely.boundary(pieces))
    near = outlines.query(spots[boxed], predicate="dwithin", distance=GRID_M)[0]
    found: NDArray[np.float64] = coords[boxed[np.unique(near)]]
    return found


def still_vertices(shapes: NDArray[np.object_], tree: shapely.STRtree, spots: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return at which places (k, 2) [m] one of (n,) shapes has a vertex; `tree` over them, or what they were before."""
    boxes = np.asarray(shapely.buffer(shapely.points(spots), GRID_M / 2, quad_segs=1), dtype=object)
    near = np.unique(tree.query(boxes, predicate="dwithin", distance=GRID_M)[1])
    found = np.asarray(shapely.points(vertices_beside(shapes[near], boxes)), dtype=object)
    still = np.zeros(len(spots), dtype=bool)
    still[shapely.STRtree(found).query(shapely.points(spots), predicate="dwithin", distance=GRID_M)[0]] = True
    return still


def with_nodes(
    shapes: NDArray[np.object_], nodes: NDArray[np.float64]
) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Return (n,) polygons whose borders have every node they pass as a vertex, and which of them have changed.

    Parameters
    ----------
    shapes
        (n,) valid Polygons or MultiPolygons, none empty [m].
    nodes
        (k, 2) places [m], no two within `GRID_M`. A border within `GRID_M` of one is led through it; a vertex within
        `GRID_M` of one is moved onto it.

    Returns
    -------
    shapes, changed
        A new array; what has not changed is the very same object. A shape with a crack no wider than `GRID_M` may
        come out folded.
    """
    changed = np.zeros(len(shapes), dtype=bool)
    if not len(shapes) or not len(nodes):
        return shapes.copy(), changed
    tree = shapely.STRtree(np.asarray(shapely.points(nodes), dtype=object))
    kind, coords, (ring_heads, part_heads, shape_heads) = _ragged(shapes)
    last = np.zeros(len(coords), dtype=bool)
    last[ring_heads[1:] - 1] = True
    edge = np.flatnonzero(~last)
    lines = shapely.linestrings(np.stack([coords[edge], coords[edge + 1]], axis=1))
    which, node = tree.query(lines, predicate="dwithin", distance=GRID_M)
    row = edge[which]
    start, step = coords[row], coords[row + 1] - coords[row]
    away = nodes[node] - start
    along = np.einsum("ij,ij->i", away, step) / np.maximum(np.einsum("ij,ij->i", step, step), 1e-300)
    at_start = np.hypot(*away.T) <= GRID_M
    at_end = np.hypot(*(nodes[node] - coords[row + 1]).T) <= GRID_M
    ring_of = np.searchsorted(ring_heads, np.arange(len(coords)), side="right") - 1
    shape_of = np.searchsorted(shape_heads, np.searchsorted(part_heads, ring_of, side="right") - 1, side="right") - 1
    moved = at_start & (coords[row] != nodes[node]).any(axis=1)
    inside = ~at_start & ~at_end & (along > 0) & (along < 1)
    changed[shape_of[row[moved]]] = True
    changed[shape_of[row[inside]]] = True
    if not changed.any():
        return shapes.copy(), changed
    coords = coords.copy()
    coords[row[moved]] = nodes[node[moved]]
    closing = ring_heads[1:] - 1
    coords[closing] = coords[ring_heads[:-1]]
    order = np.lexsort((along[inside], row[inside]))
    put, spots = row[inside][order] + 1, nodes[node[inside][order]]
    grown = np.insert(coords, put, spots, axis=0)
    heads = ring_heads + np.searchsorted(np.sort(put), ring_heads, side="left")
    made = shapely.from_ragged_array(kind, grown, (heads, part_heads, shape_heads))
    result = shapes.copy()
    result[changed] = _alike(shapely.remove_repeated_points(made[changed], 0.0), shapes[changed])
    return result, changed


def _ragged(
    shapes: NDArray[np.object_],
) -> tuple[shapely.GeometryType, NDArray[np.float64], tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Return coordinates, heads of rings, of parts and of shapes, all shapes being taken as multi-part."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    _, coords, (rings, heads) = shapely.to_ragged_array(parts)
    counts = np.bincount(owner, minlength=len(shapes))
    whole = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return shapely.GeometryType.MULTIPOLYGON, coords, (rings.astype(np.int64), heads.astype(np.int64), whole)


def _alike(made: NDArray[np.object_], given: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the MultiPolygons `made` as Polygons where the `given` ones are."""
    single = shapely.get_type_id(given) == shapely.GeometryType.POLYGON
    result = made.copy()
    result[single] = shapely.get_geometry(made[single], 0)
    return result
