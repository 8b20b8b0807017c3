"""Edits on whole zones: give cells to a beat, merge zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from gridmap.geo.edit_chain import ground_of, pieces_of, united
from gridmap.geo.edit_work import CELL, WORDS, Work, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.geo.edit_ops import Give, Merge


def give(work: Work, op: Give) -> None:
    """Give cells to a beat.

    Raises
    ------
    EditNotPossible
        If a cell or the beat is not there, nothing would change, or the beat carries ground of its own.
    """
    work.beat_row(op.beat)
    rows = [work.find(CELL, code) for code in dict.fromkeys(op.cells)]
    moving = [row for row in rows if work.beat[row] != op.beat]
    if not moving:
        refuse(f"{_list(op.cells) if op.cells else 'No cell'} is not in another beat than {op.beat}.")
    carries_none(work, op.beat)
    for row in moving:
        work.give(row, op.beat)


def carries_none(work: Work, beat: str) -> None:
    """Do nothing if a beat is the union of its cells or has no ground yet.

    Raises
    ------
    EditNotPossible
        If the beat has ground but no cells.
    """
    shape = work.beat_shape(beat)
    if not work.has_cells(beat) and not shape.is_empty:
        refuse(f"Beat {beat} has ground but no cells; draw its cells first.", shape)


def merge(work: Work, op: Merge) -> None:
    """Make one zone of several.

    Raises
    ------
    EditNotPossible
        If they are fewer than two, `into` is none of them, they do not hang together, or only some have cells.
    """
    codes = list(dict.fromkeys(op.codes))
    if len(codes) < 2 or op.into not in codes:
        refuse("Merging needs two zones or more, and one of them whose code stays.")
    others = [code for code in codes if code != op.into]
    if op.kind == CELL:
        _merge_ground(work, op.kind, op.into, others)
        return
    for code in codes:
        work.beat_row(code)
    have = [code for code in codes if work.has_cells(code)]
    if not have:
        _merge_ground(work, op.kind, op.into, others)
    elif len(have) < len(codes):
        refuse(f"{_list(have)} has cells and {_list([code for code in codes if code not in have])} has none.")
    else:
        parts = [max(1, int(shapely.get_num_geometries(work.beat_shape(code)))) for code in codes]
        work.beat_parts[op.into] = sum(parts) - len(parts) + 1
        for row in np.flatnonzero(np.isin(work.beat.astype(str), others) & (work.kind == CELL)):
            work.give(int(row), op.into)
        work.beats_gone.update(others)


def _merge_ground(work: Work, kind: Literal["beat", "grid_cell"], into: str, others: list[str]) -> None:
    rows = [work.find(kind, code) for code in (into, *others)]
    shapes = work.shape[rows]
    pieces, _ = pieces_of(shapes)
    whole = ground_of(pieces, np.ones(len(pieces), np.int64), work.plane)
    if whole is None:
        whole = united(shapes)
    parts = np.maximum(shapely.get_num_geometries(shapes), 1)
    allowed = int(parts.sum()) - len(rows) + 1
    if shapely.get_num_geometries(whole) > allowed:
        apart = min(shapely.get_parts(whole), key=shapely.area)
        refuse(f"The {WORDS[kind]}s {_list([into, *others])} do not all touch; only neighbours can be merged.", apart)
    work.parts[rows[0]] = allowed
    work.put(rows[0], whole)
    for row in rows[1:]:
        work.put(row, shapely.Polygon())


def _list(codes: Sequence[str]) -> str:
    return codes[0] if len(codes) == 1 else f"{', '.join(codes[:-1])} and {codes[-1]}"
