"""Faces: the patches of ground that loose borders enclose, and who walked along them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.topology_edges import GRID_M, OUTLINE, Loose
from gridmap.geo.topology_issue import narrower_than

if TYPE_CHECKING:
    from numpy.typing import NDArray


def faces_of(loose: Loose) -> NDArray[np.object_]:
    """Return the polygons enclosed by borders that are walked more one way than the other.

    How many zones lie on each other, less one inside the jurisdiction, is the same everywhere within a face; *which*
    zones may differ. Faces nowhere as wide as `GRID_M` are left out: there two borders differ only in their vertices.
    """
    lines = _noded(shapely.linestrings(loose.places[loose.ends[loose.net != 0]]))
    faces = shapely.get_parts(shapely.polygonize(lines))
    kept: NDArray[np.object_] = faces[~narrower_than(faces, GRID_M)]
    return kept


def _noded(pieces: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return lines that meet only at their ends; only those that cross something are sent through an overlay."""
    lines = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces)))
    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    crossed = np.zeros(len(lines), dtype=bool)
    crossed[one[one != other]] = True
    crossed |= ~shapely.is_simple(lines)
    if not crossed.any():
        return lines
    return np.concatenate([lines[~crossed], shapely.get_parts(shapely.union_all(lines[crossed]))])


def owners_along(faces: NDArray[np.object_], loose: Loose) -> list[list[int]]:
    """Return for each of (f,) faces the rows of the zones that walk along its outline, the jurisdiction left out."""
    rings, face = shapely.get_rings(faces, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    piece = np.flatnonzero(ring[1:] == ring[:-1])
    edge = _edge_between(coords[piece], coords[piece + 1], loose)
    of_face, known = face[ring[piece]], edge >= 0
    pairs = [np.stack([of_face[known], edge[known]], axis=1)]
    if not known.all():
        middle = shapely.points((coords[piece[~known]] + coords[piece[~known] + 1]) / 2)
        near, found = _tree(loose).query(middle, predicate="dwithin", distance=GRID_M)
        pairs.append(np.stack([of_face[~known][near], found], axis=1))
    return _owners(np.concatenate(pairs), loose, len(faces))


def nodes_on_edges(loose: Loose) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs (p,) of a node and a loose border that passes it within `GRID_M`, further than that from its ends."""
    if not len(loose.ends):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    node, edge = _tree(loose).query(shapely.points(loose.places), predicate="dwithin", distance=GRID_M)
    inside = np.ones(len(node), dtype=bool)
    for end in (0, 1):
        away = loose.places[node] - loose.places[loose.ends[edge, end]]
        inside &= np.hypot(away[:, 0], away[:, 1]) > GRID_M
    return node[inside].astype(np.int64), edge[inside].astype(np.int64)


def led_through(loose: Loose, node: NDArray[np.int64], edge: NDArray[np.int64]) -> Loose:
    """Return the borders led through the nodes they pass (`nodes_on_edges`).

    Two borders on one straight line, of which one has vertices that the other has not, are then the same pieces, and
    no face of no width is left between them for arithmetic to stumble over.
    """
    if not len(node):
        return loose
    first, last = loose.places[loose.ends[edge, 0]], loose.places[loose.ends[edge, 1]]
    along = np.einsum("ij,ij->i", loose.places[node] - first, last - first)
    order = np.lexsort((along, edge))
    node, edge = node[order], edge[order]
    inner = np.bincount(edge, minlength=len(loose.ends))
    heads = np.concatenate([[0], np.cumsum(inner + 1)])
    start = np.empty(heads[-1], dtype=np.int64)
    start[heads[:-1]] = loose.ends[:, 0]
    rank = np.arange(len(edge)) - np.searchsorted(edge, edge)
    start[heads[edge] + 1 + rank] = node
    end = np.append(start[1:], 0)
    end[heads[1:] - 1] = loose.ends[:, 1]
    parent = np.repeat(np.arange(len(loose.ends)), inner + 1)
    count = len(loose.nodes)
    keys, which = np.unique(np.minimum(start, end) * count + np.maximum(start, end), return_inverse=True)
    net = np.bincount(which, weights=np.where(start < end, 1, -1) * loose.net[parent], minlength=len(keys))
    sizes = (inner + 1)[loose.walk_edge]
    offset = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    walked = which[np.repeat(heads[loose.walk_edge], sizes) + offset]
    ends = np.stack([keys // count, keys % count], axis=1)
    return Loose(
        loose.nodes, loose.places, ends, net.astype(np.int64), walked.astype(np.int64),
        np.repeat(loose.walk_owner, sizes),
    )  # fmt: skip


def unmatched_vertices(
    loose: Loose, node: NDArray[np.int64], edge: NDArray[np.int64], doubtful: NDArray[np.int64]
) -> tuple[NDArray[np.float64], list[list[int]]]:
    """Return the places (k, 2) [m] where one zone has a vertex inside a straight border of another, and the zones.

    (`node`, `edge`) as `nodes_on_edges` gives them. Vertices of `doubtful` zones (crossing themselves) are not held
    against anybody.
    """
    if not len(node):
        return np.empty((0, 2)), []
    spots, spot = np.unique(node, return_inverse=True)
    along = _owners(np.stack([spot, edge], axis=1), loose, len(spots))
    at_spot = np.flatnonzero(np.isin(loose.ends, spots).any(axis=1))
    touching = np.concatenate([np.stack([loose.ends[at_spot, end], at_spot], axis=1) for end in (0, 1)])
    touching = touching[np.isin(touching[:, 0], spots)]
    touching[:, 0] = np.searchsorted(spots, touching[:, 0])
    corner = _owners(touching, loose, len(spots))
    unsure = set(doubtful.tolist())
    kept = [i for i in range(len(spots)) if set(along[i]) - set(corner[i]) and set(corner[i]) - set(along[i]) - unsure]
    return loose.places[spots[kept]], [sorted({*along[i], *corner[i]}) for i in kept]


def _tree(loose: Loose) -> shapely.STRtree:
    return shapely.STRtree(np.asarray(shapely.linestrings(loose.places[loose.ends]), dtype=object))


def _edge_between(start: NDArray[np.float64], end: NDArray[np.float64], loose: Loose) -> NDArray[np.int64]:
    """Return the number of the loose border between each pair of places (p, 2), -1 where there is none."""
    one, other = _node_at(start, loose), _node_at(end, loose)
    count = len(loose.nodes)
    key = np.minimum(one, other) * count + np.maximum(one, other)
    keys = loose.ends[:, 0] * count + loose.ends[:, 1]
    edge = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    return np.where((keys[edge] == key) & (one >= 0) & (other >= 0), edge, -1)


def _node_at(places: NDArray[np.float64], loose: Loose) -> NDArray[np.int64]:
    steps = np.rint(places / GRID_M)
    wanted = steps[:, 0] + 1j * steps[:, 1]
    node = np.minimum(np.searchsorted(loose.nodes, wanted), len(loose.nodes) - 1)
    return np.where(loose.nodes[node] == wanted, node, -1)


def _owners(pairs: NDArray[np.int64], loose: Loose, groups: int) -> list[list[int]]:
    """Return for each group the zones that walked any of its borders; `pairs` (p, 2) are group and border."""
    order = np.argsort(loose.walk_edge, kind="stable")
    walks = loose.walk_owner[order]
    heads = np.searchsorted(loose.walk_edge[order], np.arange(len(loose.ends) + 1))
    sizes = np.diff(heads)[pairs[:, 1]]
    offset = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    owner = walks[np.repeat(heads[pairs[:, 1]], sizes) + offset]
    found = np.unique(np.stack([np.repeat(pairs[:, 0], sizes), owner], axis=1)[owner != OUTLINE], axis=0)
    cuts = np.searchsorted(found[:, 0], np.arange(groups + 1))
    return [found[cuts[i] : cuts[i + 1], 1].tolist() for i in range(groups)]
