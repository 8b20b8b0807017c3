"""Beats that have cells follow them: what a beat's cells gained and lost is added to its border and taken from it.

So a beat that was the union of its cells stays exactly that, a beat whose outline did not change is not touched, and
a fault somewhere else on its border stays where it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.geo.edit_chain import chain_of, ground_of, pieces_of, united
from gridmap.geo.edit_plane import Shape
from gridmap.geo.edit_work import CELL, Work, refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray


def follow(work: Work) -> dict[str, Shape]:
    """Return the new ground of every beat with cells whose outline the edit changed, by code.

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
            changed[code] = _changed(work, code, net)
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


def _changed(work: Work, code: str, net: NDArray[np.float64]) -> Shape:
    """Return the ground of a beat with the change `net` (k, 4) of its border added."""
    if code in work.beats_new:
        shape = ground_of(net, np.ones(len(net), np.int64), work.plane)
        return shape if shape is not None else _dissolved(work, code)
    before = work.beat_shape(code)
    if before.is_empty:
        return _dissolved(work, code)
    border, _ = pieces_of(np.array([before], dtype=object))
    pieces = np.concatenate([border, net])
    shape = ground_of(pieces, np.ones(len(pieces), np.int64), work.plane)
    return shape if shape is not None else _dissolved(work, code)


def _dissolved(work: Work, code: str) -> Shape:
    """Return the union of a beat's cells as they are now, for a beat whose border did not follow them before."""
    rows = [row for row in np.flatnonzero(work.beat == code).tolist() if row not in work.gone]
    return united(work.shape[rows])
