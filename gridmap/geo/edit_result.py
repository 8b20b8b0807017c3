"""What an edit changed, as rows of the frames it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas.array import from_shapely

from gridmap.geo.edit_work import BEAT, CELL, Edited, Work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.geo.edit_ops import Kind
    from gridmap.geo.edit_plane import Shape


def edited(work: Work, beats: dict[str, Shape]) -> Edited:
    """Return the rows that changed or are new, with all their columns, and the codes that are gone.

    `beats`: the new ground of beats that have cells.
    """
    new = [row for row in sorted(work.touched) if row not in work.gone]
    changed = {kind: [row for row in new if work.kind[row] == kind and _differs(work, row)] for kind in (BEAT, CELL)}
    whose = [int(work.row[work.parent.get(row, row)]) for row in changed[BEAT]]
    whose += [work.beat_row(work.beats_new.get(code, code)) for code in beats]
    codes = [*work.code[changed[BEAT]], *beats]
    shapes = [*work.shape[changed[BEAT]], *beats.values()]
    cells = changed[CELL]
    sources = [int(work.row[work.parent.get(row, row)]) for row in cells]
    frames = {
        BEAT: _rows(work, BEAT, whose, codes, shapes),
        CELL: _rows(work, CELL, sources, list(work.code[cells]), list(work.shape[cells])),
    }
    if cells:
        frames[CELL]["beat"] = work.beat[cells]
    gone = {kind: [str(work.code[row]) for row in sorted(work.gone) if work.kind[row] == kind and work.given[row] is not None]
            for kind in (BEAT, CELL)}  # fmt: skip
    lost = sorted({*gone[BEAT], *work.beats_gone})
    return Edited(frames[BEAT], frames[CELL], tuple(lost), tuple(sorted(gone[CELL])))


def _differs(work: Work, row: int) -> bool:
    given = work.given[row]
    return (
        given is None or work.beat[row] != work.beat_given[row] or not shapely.equals_identical(given, work.shape[row])
    )


def _rows(work: Work, kind: Kind, sources: Sequence[int], codes: list[str], shapes: list[Shape]) -> gpd.GeoDataFrame:
    """Return copies of the rows `sources` with these codes and shapes, and new names where there are."""
    frame = work.layers.beats if kind == BEAT else work.layers.cells
    rows = frame.iloc[list(sources)]
    rows.index = pd.RangeIndex(len(rows))
    if not len(rows):
        return rows
    old = np.asarray(rows.geometry.array, dtype=object)
    if (shapely.get_type_id(old) == shapely.GeometryType.MULTIPOLYGON).any():  # so zones are stored
        shapes = [shapely.MultiPolygon([shape]) if isinstance(shape, shapely.Polygon) else shape for shape in shapes]
    rows["code"] = codes
    rows[frame.active_geometry_name] = from_shapely(shapes, crs=frame.crs)
    for place, code in enumerate(codes):
        for column, name in zip(("name_zh", "name_en"), work.names.get((kind, code), (None, None)), strict=True):
            if name is not None and column in rows.columns:
                rows.loc[place, column] = name
    return rows
