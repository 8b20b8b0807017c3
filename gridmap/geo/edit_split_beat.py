"""Split a beat that has cells: no cell is cut, each goes to the side of the line where most of it lies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.geo.edit_chain import pieces_of, weld
from gridmap.geo.edit_cut import reaching
from gridmap.geo.edit_lines import line_of
from gridmap.geo.edit_names import after_parent, check_new, free_code
from gridmap.geo.edit_work import BEAT, Work, refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.edit_ops import Split
    from gridmap.geo.edit_plane import Plane, Shape
    from gridmap.geo.edit_vertices import Snap


def split_beat(work: Work, op: Split, snap: Snap) -> None:
    """Give the cells on one side of a line to a new beat; the side with more ground keeps the code.

    Cells cut off from their side by the others go to the other side, so that both hang together.

    Raises
    ------
    EditNotPossible
        If the line does not cross the beat, or no cell lies mostly on one of its sides.
    """
    shape = work.beat_shape(op.code)
    new = free_code(work.layers, BEAT, op.code) if op.new_code is None else check_new(work.layers, BEAT, op.new_code)
    line = reaching(work, line_of(work, op.line, snap), shape)
    left, right = _sides(shape, line, work.plane)
    rows = np.flatnonzero(work.beat == op.code)
    if not len(left) or not len(right):
        refuse(f"The line does not cut beat {op.code} in two; draw it from border to border.", line[len(line) // 2])
    ground = [_ground(work.shape[rows], side) for side in (left, right)]
    on_left = _joined(work.shape[rows], ground[0] > ground[1], work.plane)
    if on_left.all() or not on_left.any():
        refuse(
            f"Every cell of beat {op.code} lies mostly on one side of the line, so it cannot split the beat.",
            line[len(line) // 2],
        )
    area = [float(shapely.area(work.shape[rows[side]]).sum()) for side in (on_left, ~on_left)]
    left_stays = on_left[0] if math.isclose(*area, rel_tol=1e-9) else area[0] > area[1]
    moving = rows[~on_left] if left_stays else rows[on_left]
    work.beats_new[new] = op.code
    work.names[BEAT, new] = after_parent(work.layers, BEAT, work.beat_row(op.code), new, (op.name_zh, op.name_en))
    for row in moving:
        work.give(int(row), new)


def _sides(shape: Shape, line: NDArray[np.float64], plane: Plane) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the faces into which a line cuts a shape, to its left and to its right."""
    drawn = shapely.LineString(line)
    lines = shapely.get_parts(shapely.union_all([shapely.boundary(shape), drawn]))
    faces = shapely.get_parts(shapely.polygonize(lines))
    spot = shapely.get_coordinates(shapely.point_on_surface(faces))
    faces = faces[shapely.contains_xy(shape, spot[:, 0], spot[:, 1])]
    inside = shapely.get_parts(shapely.get_parts(shapely.intersection(drawn, shape)))
    coords, owner = shapely.get_coordinates(inside, return_index=True)
    same = owner[1:] == owner[:-1]
    start, step = coords[:-1][same], (coords[1:] - coords[:-1])[same] * plane.scale
    length = np.hypot(*step.T)
    aside = np.stack([-step[:, 1], step[:, 0]], axis=1) / np.where(length > 0, length, 1)[:, None] / plane.scale
    hit = []
    for way in (1, -1):
        beside = start + step / plane.scale / 2 + way * aside * 2 * plane.tol_m
        hit.append(shapely.contains_xy(faces[:, None], beside[:, 0], beside[:, 1]).any(axis=1))
    clear = hit[0] != hit[1]
    return faces[clear & hit[0]], faces[clear & hit[1]]


def _ground(cells: NDArray[np.object_], faces: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return how much of each cell lies on the faces, in square units of the coordinates."""
    ground: NDArray[np.float64] = shapely.area(shapely.intersection(cells[:, None], faces[None])).sum(axis=1)
    return ground


def _joined(cells: NDArray[np.object_], on_left: NDArray[np.bool_], plane: Plane) -> NDArray[np.bool_]:
    """Return the sides, all but the largest group of neighbours on each side changed to the other."""
    pieces, owner = pieces_of(cells)
    nodes, number = weld(np.concatenate([pieces[:, :2], pieces[:, 2:]]), plane)
    start, end = number[: len(pieces)], number[len(pieces) :]
    key = np.minimum(start, end) * len(nodes) + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    pair = np.flatnonzero(key[order][1:] == key[order][:-1])
    one, other = owner[order[pair]], owner[order[pair + 1]]
    same = on_left[one] == on_left[other]
    links = coo_array((np.ones(int(same.sum())), (one[same], other[same])), shape=(len(cells), len(cells)))
    group = connected_components(links, directed=False)[1]
    ground = np.bincount(group, weights=shapely.area(cells))
    sides = on_left.copy()
    for side in (True, False):
        groups = np.unique(group[on_left == side])
        if len(groups):
            main = groups[ground[groups].argmax()]
            sides[(on_left == side) & (group != main)] = not side
    return sides
