"""Drafts to edit, made from tilings, and how an edit is put into them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.geo.edit import Edited, Layers
from tests.geo.tilings import tiling


def draft(rows: int = 4, columns: int = 4, *, seed: int = 0, bends: int = 3, block: int = 2) -> Layers:
    """Return a tiling as cells, and beats that are blocks of `block` x `block` of them."""
    cells = tiling(rows, columns, seed=seed, bends=bends)
    row, column = np.divmod(np.arange(len(cells)), columns)
    codes = [f"B{r // block}{c // block}" for r, c in zip(row, column, strict=True)]
    cells = cells.assign(name_zh=[f"网格{code}" for code in cells["code"]], name_en=cells["code"], beat=codes)
    whole = {code: shapely.coverage_union_all(its.geometry.array) for code, its in cells.groupby("beat")}
    beats = gpd.GeoDataFrame(
        {"code": list(whole), "name_zh": [f"警格{code}" for code in whole], "name_en": list(whole)},
        geometry=list(whole.values()),
        crs=cells.crs,
    )
    return Layers(beats, cells)


def only_beats(layers: Layers) -> Layers:
    """Return the cells of a draft as beats without cells."""
    return Layers(layers.cells.drop(columns="beat"), layers.cells.iloc[:0])


def done(layers: Layers, edited: Edited) -> Layers:
    """Return the draft with an edit in it, as a store would write it."""
    return Layers(
        _written(layers.beats, edited.beats, edited.gone_beats), _written(layers.cells, edited.cells, edited.gone_cells)
    )


def _written(frame: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, gone: tuple[str, ...]) -> gpd.GeoDataFrame:
    kept = frame[~frame["code"].isin([*rows["code"], *gone])]
    if not len(rows):
        return kept.reset_index(drop=True)
    joined = pd.concat([kept, rows]).sort_values("code", ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=frame.crs)


def shape(layers: Layers, code: str) -> shapely.Geometry:
    """Return the ground of the cell or beat of this code."""
    frame = layers.cells if (layers.cells["code"] == code).any() else layers.beats
    return frame.set_index("code").geometry[code]
