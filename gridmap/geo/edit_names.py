"""Codes and names of zones in an edit: which are allowed, which are free, and giving a zone others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from gridmap.geo.edit_work import BEAT, CELL, WORDS, Edited, Layers, Work, refuse

if TYPE_CHECKING:
    import geopandas as gpd

    from gridmap.geo.edit_ops import Kind, Rename

ZONE_CODE: Final = re.compile(r"""[^\s|,;"<>&\\\x00-\x1f\x7f]{1,64}""")
"""The rule of `gridmap.domain.codes.ZONE_CODE`, which this floor does not see; a test holds them together."""


def check_new(layers: Layers, kind: Kind, code: str) -> str:
    """Return `code` if a zone may get it.

    Raises
    ------
    EditNotPossible
        If it breaks the rule for codes or another zone of the kind has it.
    """
    if not ZONE_CODE.fullmatch(code):
        refuse(
            f'{code!r} is no code: a code has 1 to 64 letters, digits or signs, no spaces and none of | , ; " < > & \\.'
        )
    if (_frame(layers, kind)["code"].to_numpy(dtype=object) == code).any():
        refuse(f"There is a {WORDS[kind]} {code} already; choose another code.")
    return code


def free_code(layers: Layers, kind: Kind, code: str) -> str:
    """Return the first of code-2, code-3, … that no zone of the kind has; of A7-2 it is A7-3, not A7-2-2."""
    taken = set(_frame(layers, kind)["code"].to_numpy(dtype=object))
    stem = re.sub("-[0-9]{1,3}$", "", code)[:60]
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def rename(layers: Layers, op: Rename) -> Edited:
    """Return the zone with its new code and names, and the cells that follow the code of their beat.

    Raises
    ------
    EditNotPossible
        If there is no such zone, nothing new, or the code cannot be given.
    """
    frame = _frame(layers, op.kind)
    rows = np.flatnonzero(frame["code"].to_numpy(dtype=object) == op.code)
    if not len(rows):
        refuse(f"There is no {WORDS[op.kind]} {op.code} in this draft.")
    row = frame.take(rows[:1]).reset_index(drop=True)
    new = op.code if op.new_code in {None, op.code} else check_new(layers, op.kind, str(op.new_code))
    row["code"] = [new]
    for column, name in (("name_zh", op.name_zh), ("name_en", op.name_en)):
        if name is not None and column in row.columns:
            row[column] = [name]
    if row.drop(columns=row.active_geometry_name).equals(
        frame.take(rows[:1]).drop(columns=row.active_geometry_name).reset_index(drop=True)
    ):
        refuse(f"{op.code} has this code and these names already.")
    none = layers.beats.iloc[:0], layers.cells.iloc[:0]
    gone = () if new == op.code else (op.code,)
    if op.kind == CELL:
        return Edited(none[0], row, (), gone)
    follow = np.flatnonzero(layers.cells["beat"].to_numpy(dtype=object) == op.code) if gone else rows[:0]
    cells = layers.cells.take(follow).reset_index(drop=True)
    if len(cells):
        cells["beat"] = [new] * len(cells)
    return Edited(row, cells, gone, ())


def _frame(layers: Layers, kind: Kind) -> gpd.GeoDataFrame:
    return layers.beats if kind == BEAT else layers.cells


def name_new(work: Work, parent: int, code: str, name_zh: str | None, name_en: str | None) -> tuple[str, str]:
    """Return the names of a zone split off row `parent`: those given, else its parent's and what `code` ends in."""
    frame = _frame(work.layers, work.kind[parent])
    return _after(frame, int(work.row[parent]), code, name_zh, name_en)


def after_parent(
    layers: Layers, kind: Kind, row: int, code: str, given: tuple[str | None, str | None]
) -> tuple[str, str]:
    """Return the names (Chinese, English) of a zone split off row `row` of its frame: as `name_new`."""
    return _after(_frame(layers, kind), row, code, *given)


def _after(frame: gpd.GeoDataFrame, row: int, code: str, name_zh: str | None, name_en: str | None) -> tuple[str, str]:
    end = code.rpartition("-")[2]
    names = []
    for column, name in (("name_zh", name_zh), ("name_en", name_en)):
        old = frame[column].iloc[row] if column in frame.columns else ""
        names.append(name if name is not None else f"{old}-{end}" if isinstance(old, str) and old else "")
    return names[0], names[1]
