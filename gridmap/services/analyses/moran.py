"""Local Moran's I: which places are like their neighbours, and which stand out among them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from gridmap.geo import gistar
from gridmap.geo.moran import local_moran
from gridmap.geo.neighbours import lattice_contiguity
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found
from gridmap.services.analyses.ground import count_cells, make_cells


def compute(case: Case) -> Found:
    """Return local Moran's I of the counts on squares or hexagons.

    `facts`: `shape`, `size_m`, `global_i`, `draws`, `seed`, `tally`. `cells`: those with a cluster: `count`, `lag`, `i`, `p`, `q`,
    `class` (hh, hl, lh, ll).
    """
    shape: Literal["square", "hexagon"] = "hexagon" if case.options.shape == "hexagon" else "square"
    cells = make_cells(case, shape, case.options.size_m)
    cells["count"], outside = count_cells(case, cells, case.events, shape)
    offsets = gistar.HEXAGON if shape == "hexagon" else gistar.QUEEN
    found = local_moran(cells["count"], lattice_contiguity(cells["column"], cells["row"], offsets))
    told = found.places
    cells = cells.assign(lag=told["lag"], i=told["i"], p=told["p"], q=told["q"], cluster=told["cluster"])
    tally = {str(name): int(n) for name, n in told["cluster"].value_counts().items()}
    shown = cells[np.isin(cells["cluster"], ["HH", "HL", "LH", "LL"])]
    shown = shown.assign(**{"class": shown["cluster"].str.lower()})
    facts = {
        "method": "moran", "shape": shape, "size_m": case.options.size_m, "global_i": found.global_i, "draws": found.draws,
        "seed": found.seed, "tally": tally, "outside": outside, "counted": int(cells["count"].sum()),
    }  # fmt: skip
    return Found(facts, shown[["count", "lag", "i", "p", "q", "class", "geometry"]].reset_index(drop=True))
