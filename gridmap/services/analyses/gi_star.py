"""Hotspots: where incidents gather more than chance would have it, by Getis-Ord Gi*."""

from __future__ import annotations

from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.geo import gistar
from gridmap.geo.gistar_drawn import gi_star_drawn
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found
from gridmap.services.analyses.ground import count_cells, make_cells, sums, unit_of

LEAST_EVENTS: Final = 30
#: z_class of `gistar` -> the name a page or file gives it.
CLASSES: Final = {2: "hot99", 1: "hot95", 0: "not_significant", -1: "cold95", -2: "cold99"}
#: How false discoveries are held, by the name of the choice.
RULES: Final = {"bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}


def compute(case: Case) -> Found:
    """Return Gi* classes of a case's events on squares or hexagons; of events weighted by tier, with drawn p.

    `facts`: `method` (gi_star, or gi_star_drawn with `draws` and `seed`), `shape`, `size_m`, `weight`, `rule` (of false discoveries),
    `enough`, `least_events`, `outside`, `tally` (cells of the whole map by class). `cells`: those that hold an event or are hot or
    cold: `count`, `expected` (in the neighbourhood), `local`, `z`, `p`, `q`, `class`.
    """
    shape: Literal["square", "hexagon"] = "hexagon" if case.options.shape == "hexagon" else "square"
    cells = make_cells(case, shape, case.options.size_m)
    cells["count"], outside = count_cells(case, cells, case.events, shape)
    told, how = _tested(case, cells, shape)
    shown, tally = classed(cells, told)
    columns = ["count", "local", "expected", "z", "p", "q", "class", "geometry"]
    facts = {
        **how, "shape": shape, "size_m": case.options.size_m, "enough": int(cells["count"].sum()) >= LEAST_EVENTS,
        "least_events": LEAST_EVENTS, "outside": outside, "tally": tally, "counted": int(cells["count"].sum()),
        "hot": tally["hot95"] + tally["hot99"], "levels": [0.05, 0.01], "weight": case.options.weight,
        "rule": RULES[case.options.control],
    }  # fmt: skip
    return Found(facts, shown[columns].reset_index(drop=True))


def classed(cells: gpd.GeoDataFrame, told: pd.DataFrame) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    """Return the cells worth showing, and how many of all are of each class.

    Parameters
    ----------
    cells
        (n,) cells: `count` events.
    told
        (n,) the test of each, as `geo.gistar.gi_star`.

    Returns
    -------
    shown
        The cells that hold an event or are hot or cold, with `local`, `expected`, `z`, `q` of the test, `p` (one-sided) and `class`.
    tally
        Class -> cells.
    """
    cells = cells.join(told[["local", "expected", "z", "q"]])
    cells["p"] = np.where(told["local"] < told["expected"], told["p_cold"], told["p_hot"])
    cells["class"] = [CLASSES.get(-9 if pd.isna(value) else int(value), "too_few") for value in told["z_class"]]
    tally = {name: int((cells["class"] == name).sum()) for name in (*CLASSES.values(), "too_few")}
    return cells[(cells["count"] > 0) | ~cells["class"].isin(["too_few", "not_significant"])], tally


def _tested(
    case: Case, cells: gpd.GeoDataFrame, shape: Literal["square", "hexagon"]
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Return the test of each cell, exact for counts and drawn for weights, and how it was made."""
    offsets, control = gistar.HEXAGON if shape == "hexagon" else gistar.QUEEN, case.options.control
    if case.options.weight == "none":
        return gistar.gi_star(cells, offsets=offsets, control=control, least_events=LEAST_EVENTS), {"method": "gi_star"}
    at = unit_of(case, cells, shape, case.events.x, case.events.y)
    weight = np.maximum(case.events.tier, 1).astype(float)  # what no dispute was entered for counts one
    weighed = cells.assign(value=sums(at, len(cells), weight))
    drawn = gi_star_drawn(weighed, offsets=offsets, control=control, least_events=LEAST_EVENTS)
    return drawn.cells, {"method": "gi_star_drawn", "draws": drawn.draws, "seed": drawn.seed}
