"""Straighten the border of two zones: fewer vertices on it, the same on both sides, its ends where they were."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gridmap.geo.edit_chain import pieces_of, weld
from gridmap.geo.edit_plane import project
from gridmap.geo.edit_vertices import drop
from gridmap.geo.edit_work import BEAT, WORDS, Work, refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.edit_ops import Straighten
    from gridmap.geo.edit_plane import Plane, Shape


def straighten(work: Work, op: Straighten) -> None:
    """Take vertices out of the border two zones share, between the places where other borders meet it.

    Raises
    ------
    EditNotPossible
        If they share no border, it has no vertex to spare, or it is a closed ring and no tolerance is given.

    References
    ----------
    Douglas & Peucker (1973), "Algorithms for the reduction of the number of points required to represent a digitized
    line or its caricature", Cartographica 10(2), 112-122.
    """
    if op.tolerance_m is not None and not (op.tolerance_m > 0 and math.isfinite(op.tolerance_m)):
        refuse(f"{op.tolerance_m} is no tolerance; give metres above 0.")
    shapes = [_shape(work, op, code) for code in (op.one, op.other)]
    names = f"{WORDS[op.kind]}s {op.one} and {op.other}"
    spare = []
    paths = _paths(work, shapes)
    if not paths:
        refuse(f"The {names} share no border.", shapes[0])
    for path in paths:
        closed = bool((path[0] == path[-1]).all())
        if closed and op.tolerance_m is None:
            refuse(
                f"The border of the {names} is a closed ring, which no straight line can be; give a tolerance.", path[0]
            )
        kept = _kept(path, op.tolerance_m, work.plane)
        spare.append(path[~kept])
    gone = np.concatenate(spare)
    if not len(gone):
        refuse(f"The border of the {names} has no vertex to spare; it is as straight as it can be.", paths[0][0])
    drop(work, gone)


def _shape(work: Work, op: Straighten, code: str) -> Shape:
    if op.kind == BEAT and work.has_cells(code):
        return work.beat_shape(code)
    shape: Shape = work.shape[work.ground(op.kind, code)]
    return shape


def _paths(work: Work, shapes: list[Shape]) -> list[NDArray[np.float64]]:
    """Return the stretches (k, 2) of the border that two shapes share, each from a junction to the next.

    A junction is where more or fewer than two pieces of border of the zones that carry ground end.
    """
    shared = _shared(shapes, work.plane)
    if not len(shared):
        return []
    low, high = (
        np.minimum(shared[:, :2], shared[:, 2:]).min(axis=0),
        np.maximum(shared[:, :2], shared[:, 2:]).max(axis=0),
    )
    border, _ = pieces_of(work.shape[work.near(np.concatenate([low, high]))])
    nodes, number = weld(np.concatenate([border[:, :2], border[:, 2:], shared[:, :2], shared[:, 2:]]), work.plane)
    count = len(border)
    ways = np.unique(np.sort(np.stack([number[:count], number[count : 2 * count]], axis=1), axis=1), axis=0)
    degree = np.bincount(ways.ravel(), minlength=len(nodes))
    mine = np.sort(number[2 * count :].reshape(2, -1).T, axis=1)
    return [nodes[path] for path in _walks(mine.tolist(), (degree == 2).tolist())]


def _shared(shapes: list[Shape], plane: Plane) -> NDArray[np.float64]:
    """Return the pieces (e, 4) of the one shape that are pieces of the other the other way round."""
    (one, _), (other, _) = (pieces_of(np.array([shape], dtype=object)) for shape in shapes)
    points = np.concatenate([one[:, :2], one[:, 2:], other[:, :2], other[:, 2:]])
    nodes, number = weld(points, plane)
    ends = np.split(number, [len(one), 2 * len(one), 2 * len(one) + len(other)])
    found: NDArray[np.float64] = one[np.isin(ends[0] * len(nodes) + ends[1], ends[3] * len(nodes) + ends[2])]
    return found


def _walks(ways: list[list[int]], plain: list[bool]) -> list[list[int]]:
    """Return the paths along `ways` (pairs of nodes) that pass only `plain` nodes, from one that is not to the next."""
    at: dict[int, list[int]] = {}
    for number, (a, b) in enumerate(ways):
        at.setdefault(a, []).append(number)
        at.setdefault(b, []).append(number)
    ends = [node for node, its in at.items() if len(its) != 2 or not plain[node]]
    left = set(range(len(ways)))
    paths = []
    for start in [*ends, *at]:
        for first in at[start]:
            if first not in left:
                continue
            path, way = [start], first
            while True:
                left.discard(way)
                here = sum(ways[way]) - path[-1]
                path.append(here)
                on = [number for number in at[here] if number in left]
                if len(at[here]) != 2 or not plain[here] or not on:
                    break
                way = on[0]
            paths.append(path)
    return paths


def _kept(path: NDArray[np.float64], tolerance_m: float | None, plane: Plane) -> NDArray[np.bool_]:
    """Return which vertices of a path (k, 2) stay: its ends, and those a simplified line needs."""
    kept = np.zeros(len(path), dtype=bool)
    kept[[0, -1]] = True
    if tolerance_m is None:
        return kept
    todo = [(0, len(path) - 1)]
    if (path[0] == path[-1]).all():  # a ring keeps three corners that enclose ground
        far = int(plane.apart(path, path[0]).argmax())
        a, b = (np.broadcast_to(path[i], path.shape) for i in (0, far))
        aside = int(project(path, a, b, plane)[1].argmax())
        corners = sorted({0, far, aside, len(path) - 1})
        kept[corners] = True
        todo = list(pairwise(corners))
    while todo:
        low, high = todo.pop()
        between = path[low + 1 : high]
        if not len(between):
            continue
        a, b = (np.broadcast_to(path[i], between.shape) for i in (low, high))
        _, off = project(between, a, b, plane)
        if off.max() > tolerance_m:
            worst = low + 1 + int(off.argmax())
            kept[worst] = True
            todo += [(low, worst), (worst, high)]
    return kept
