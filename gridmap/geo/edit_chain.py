"""Chains: borders as directed pieces with the ground on their left, added and taken away like numbers.

A zone is the sum of its pieces. Merging zones adds them, giving ground away subtracts them, and a piece walked both
ways is no border any more. Where two sums are equal, equally many zones lie over every place: that is how an edit is
known to open nothing and to lay nothing on anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gridmap.geo.edit_plane import Plane, Shape, project
from gridmap.geo.topology_issue import polygons_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Chain:
    """Pieces of border left after all that is walked both ways is struck out.

    `nodes` (n, 2) places; `start`, `end` (k,) node numbers; `times` (k,) how often each is walked, 1 or more.
    """

    nodes: NDArray[np.float64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    times: NDArray[np.int64]


def pieces_of(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the pieces (e, 4: from x, y to x, y) around (n,) (Multi)Polygons, ground on the left, and their rows."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    pieces = np.concatenate([coords[:-1][same], coords[1:][same]], axis=1)
    return pieces, row[part[ring[:-1][same]]].astype(np.int64)


def weld(points: NDArray[np.float64], plane: Plane) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the distinct places (n, 2) among (p, 2) points, and the number of each point's place.

    Points within the tolerance are one place; equal doubles, the usual case, cost no search.
    """
    key, first, number = np.unique(points[:, 0] + 1j * points[:, 1], return_index=True, return_inverse=True)
    nodes = points[first]
    if len(key) > 1:
        near = cKDTree(nodes * plane.scale).query_pairs(plane.tol_m, output_type="ndarray")
        if len(near):
            links = coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(len(key), len(key)))
            label = connected_components(links, directed=False)[1]
            _, chosen, number_of = np.unique(label, return_index=True, return_inverse=True)
            return nodes[chosen], number_of[number].astype(np.int64)
    return nodes, number.astype(np.int64)


def chain_of(pieces: NDArray[np.float64], sign: NDArray[np.int64], plane: Plane) -> Chain:
    """Return the sum of (e, 4) pieces, each walked as it is (`sign` 1) or taken away (-1)."""
    count = len(pieces)
    if not count:
        none = np.empty(0, dtype=np.int64)
        return Chain(np.empty((0, 2)), none, none, none)
    nodes, number = weld(np.concatenate([pieces[:, :2], pieces[:, 2:]]), plane)
    start, end = number[:count], number[count:]
    low, high = np.minimum(start, end), np.maximum(start, end)
    keys, which = np.unique(low * len(nodes) + high, return_inverse=True)
    times = np.bincount(which, weights=np.where(start == low, sign, -sign), minlength=len(keys)).astype(np.int64)
    low, high = keys // len(nodes), keys % len(nodes)
    kept = (times != 0) & (low != high)
    up = times[kept] > 0
    return Chain(nodes, np.where(up, low[kept], high[kept]), np.where(up, high[kept], low[kept]), np.abs(times[kept]))


def difference(after: Sequence[Shape], before: Sequence[Shape], plane: Plane) -> Chain:
    """Return the sum of the borders `after` less those `before`; empty if the same ground is covered as often."""
    plus, minus = (pieces_of(np.array(shapes, dtype=object))[0] for shapes in (after, before))
    sign = np.concatenate([np.ones(len(plus), np.int64), np.full(len(minus), -1)])
    return chain_of(np.concatenate([plus, minus]), sign, plane)


def ground_of(pieces: NDArray[np.float64], sign: NDArray[np.int64], plane: Plane) -> Shape | None:
    """Return the polygon whose border is the sum of `pieces`, or None if the sum is nobody's border.

    Where one piece runs along several others, their vertices are put into it first.
    """
    shape = _polygon(chain_of(pieces, sign, plane), plane)
    if shape is None:
        noded, source = with_nodes(pieces, plane)
        shape = _polygon(chain_of(noded, sign[source], plane), plane)
    return shape


def with_nodes(pieces: NDArray[np.float64], plane: Plane) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the pieces, cut wherever an end of another lies on them, and for each the row it came from."""
    places = np.unique(np.concatenate([pieces[:, :2], pieces[:, 2:]]), axis=0)
    scaled = pieces * np.tile(plane.scale, 2)
    tree = shapely.STRtree(np.asarray(shapely.linestrings(scaled.reshape(-1, 2, 2)), dtype=object))
    place, row = tree.query(shapely.points(places * plane.scale), predicate="dwithin", distance=plane.tol_m)
    ends = np.stack([plane.apart(places[place], pieces[row][:, part]) for part in (slice(0, 2), slice(2, 4))])
    inside = (ends > plane.tol_m).all(axis=0)
    place, row = place[inside], row[inside]
    share, _ = project(places[place], pieces[row, :2], pieces[row, 2:], plane)
    every = np.arange(len(pieces))
    owner = np.concatenate([every, row, every])
    points = np.concatenate([pieces[:, :2], places[place], pieces[:, 2:]])
    order = np.lexsort((np.concatenate([np.full(len(pieces), -1.0), share, np.full(len(pieces), 2.0)]), owner))
    owner, points = owner[order], points[order]
    same = owner[1:] == owner[:-1]
    return np.concatenate([points[:-1][same], points[1:][same]], axis=1), owner[:-1][same]


def united(shapes: NDArray[np.object_]) -> Shape:
    """Return the union of (n,) zones as GEOS makes it, for borders that do not add up; unsound zones are left out."""
    sound = shapes[shapely.is_valid(shapes) & ~shapely.is_empty(shapes)]
    unite = shapely.coverage_union_all if shapely.coverage_is_valid(sound) else shapely.union_all
    return cast("Shape", unite(sound))


def without_crumbs(shape: shapely.Geometry) -> Shape:
    """Return the polygons in what an overlay left, without its points and lines."""
    parts, _ = polygons_of(np.array([shape], dtype=object))
    return cast("Shape", parts[0] if len(parts) == 1 else shapely.MultiPolygon(list(parts)))


def _polygon(chain: Chain, plane: Plane) -> Shape | None:
    """Return the ground inside a chain: an empty polygon of no chain, None of one that is no sound border."""
    if not len(chain.start):
        return shapely.Polygon()
    walked = _rings(chain) if (chain.times == 1).all() else None
    rings = [chain.nodes[ring] for ring in walked or ()]
    sizes = np.array([_twice_area(ring * plane.scale) for ring in rings])
    if not rings or any(
        abs(size) < plane.tol_m * _length(ring * plane.scale) for ring, size in zip(rings, sizes, strict=True)
    ):
        return None
    shells = [shapely.Polygon(ring) for ring, size in zip(rings, sizes, strict=True) if size > 0]
    holes: list[list[NDArray[np.float64]]] = [[] for _ in shells]
    for ring in (ring for ring, size in zip(rings, sizes, strict=True) if size < 0):
        inside = shapely.Polygon(ring)
        around = [i for i, shell in enumerate(shells) if shell.covers(inside)]
        if not around:
            return None
        holes[min(around, key=lambda i: shells[i].area)].append(ring)
    parts = [shapely.Polygon(shell.exterior, its) for shell, its in zip(shells, holes, strict=True)]
    shape = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return shape if shape.is_valid else None


def _length(ring: NDArray[np.float64]) -> float:
    return float(np.hypot(*(ring - np.roll(ring, 1, axis=0)).T).sum())


def _twice_area(ring: NDArray[np.float64]) -> float:
    x, y = (ring - ring[0]).T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def _rings(chain: Chain) -> list[list[int]] | None:
    """Return the rings of a chain that is walked once everywhere, none passing a place twice; None if it is open.

    At a place where borders touch, the walk stays with the ground on its left: it takes the first way out clockwise
    from where it came. A walk that comes back to a place is a ring that is done.

    References
    ----------
    de Berg et al. (2008), "Computational Geometry", 3rd ed., section 2.2: faces of a doubly-connected edge list.
    """
    out: dict[int, list[int]] = {}
    for piece, start in enumerate(chain.start.tolist()):
        out.setdefault(start, []).append(piece)
    ends, left = chain.end.tolist(), dict.fromkeys(range(len(chain.end)))
    rings: list[list[int]] = []
    while left:
        piece = next(iter(left))
        path = [int(chain.start[piece])]
        seen = {path[0]: 0}
        while True:
            del left[piece]
            here = ends[piece]
            if here in seen:
                at = seen[here]
                rings.append(path[at:])
                if at == 0:
                    break
                for place in path[at + 1 :]:
                    del seen[place]
                del path[at + 1 :]
            else:
                seen[here] = len(path)
                path.append(here)
            ways = [way for way in out.get(here, ()) if way in left]
            if not ways:
                return None
            piece = ways[0] if len(ways) == 1 else _turn(chain, piece, ways)
    return rings


def _turn(chain: Chain, piece: int, ways: list[int]) -> int:
    """Return the first way out, clockwise from where `piece` came from."""
    here = chain.nodes[chain.end[piece]]
    back = chain.nodes[chain.start[piece]] - here
    on = chain.nodes[chain.end[ways]] - here
    turned = (np.arctan2(back[1], back[0]) - np.arctan2(on[:, 1], on[:, 0])) % (2 * np.pi)
    return ways[int(np.argmin(turned))]
