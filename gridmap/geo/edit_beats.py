"""Beats that have cells follow them: what a beat's cells gained and lost is added to its border and taken from it.

So a beat that was the union of its cells stays exactly that, a beat whose outline did not change is not touched, and
a fault somewhere else on its border stays where it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.edit_chain import chain_of, ground_of, pieces_of, united, without_crumbs
from gridmap.geo.edit_plane import Shape
from gridmap.geo.edit_work import CELL, Work, refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray


def follow(work: Work, moved: NDArray[np.object_]) -> dict[str, Shape]:
    """Return the new ground of every beat with cells whose outline the edit changed, by code.

    `moved`: polygons on which the edit changed how many zones lie there; none unless the draft was faulty.

    Raises
    ------
    EditNotPossible
        If a beat would be left without a cell.
    """
    rows = np.array(sorted(work.touched), dtype=np.int64)
    rows = rows[work.kind[rows] == CELL]
    had = np.array([row for row in rows if work.given[row] is not None], dtype=np.int64)
    has = np.array([row for row in rows if row not in work.gone], dtype=np.int64)
    pieces, sign, beat = _changes(work, had, has)
    changed: dict[str, Shape] = {}
    for code in dict.fromkeys([*work.beat_given[had].tolist(), *work.beat[has].tolist()]):
        if not isinstance(code, str) or code in work.beats_gone:
            continue
        if not work.has_cells(code) or _all_gone(work, code):
            refuse(f"Beat {code} would be left without a cell; merge it with its neighbour instead.")
        change = chain_of(pieces[beat == code], sign[beat == code], work.plane)
        if len(change.start):
            each = np.repeat(np.arange(len(change.start)), change.times)
            net = np.concatenate([change.nodes[change.start[each]], change.nodes[change.end[each]]], axis=1)
            ground = _changed(work, code, net, faulty=len(moved) > 0)
            if code in work.beats_new or ground is not work.beat_shape(code):
                changed[code] = ground
    return changed


def _all_gone(work: Work, code: str) -> bool:
    if not work.gone:
        return False
    return set(np.flatnonzero(work.beat == code).tolist()) <= work.gone


def _changes(
    work: Work, had: NDArray[np.int64], has: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.object_]]:
    """Return the pieces around the changed cells before (sign -1) and after (1), and the beat of each."""
    old, old_row = pieces_of(work.given[had])
    new, new_row = pieces_of(work.shape[has])
    sign = np.concatenate([np.full(len(old), -1), np.ones(len(new), np.int64)])
    beat = np.concatenate([work.beat_given[had][old_row], work.beat[has][new_row]])
    return np.concatenate([old, new]), sign, beat


def _changed(work: Work, code: str, net: NDArray[np.float64], *, faulty: bool) -> Shape:
    """Return the ground of a beat with the change `net` (k, 4) of its border added."""
    border = np.empty((0, 4))
    if code not in work.beats_new:
        before = work.beat_shape(code)
        border, _ = pieces_of(np.array([before], dtype=object))
    pieces = np.concatenate([border, net])
    shape = None if faulty and len(border) else ground_of(pieces, np.ones(len(pieces), np.int64), work.plane)
    if shape is None:
        cells = work.shape[[row for row in np.flatnonzero(work.beat == code).tolist() if row not in work.gone]]
        shape = _laid(before, cells, net) if len(border) else united(cells)
    return shape


def _laid(before: Shape, cells: NDArray[np.object_], net: NDArray[np.float64]) -> Shape:
    """Return the ground of a beat that was not the union of its cells, made so where the edit changed them.

    The same object comes back if the beat needs no change there.
    """
    lines = shapely.union_all(shapely.linestrings(net.reshape(-1, 2, 2)))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    spot = shapely.get_coordinates(shapely.point_on_surface(faces))
    had = shapely.contains_xy(before, spot[:, 0], spot[:, 1])
    has = shapely.contains_xy(cells[:, None], spot[:, 0], spot[:, 1]).any(axis=0)
    if (had == has).all():
        return before
    more = shapely.union_all([before, *faces[has & ~had]])
    return without_crumbs(shapely.difference(more, shapely.union_all(faces[had & ~has])))
