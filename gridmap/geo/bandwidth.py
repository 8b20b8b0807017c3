"""How wide the kernel of a density should be: the width under which events that were kept aside were likeliest.

The width matters more than anything else on a density map: a rule of thumb made for one broad hump draws a town as a
single hill. Here events are dealt into folds at random (by seed), each fold is forecast from the others with every
width, and the best wins. A width at the end of the list is said to be there, since a better one may lie beyond.

References
----------
Silverman (1986), "Density Estimation for Statistics and Data Analysis", section 3.4.4 (likelihood cross-validation).
Loader (1999), "Local Regression and Likelihood", section 5.3 (likelihood cross-validation beside plug-in rules).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gridmap.geo.kde import BANDWIDTHS_M, FOLDS, held_out
from gridmap.geo.lattice import SquareGrid


@dataclass(frozen=True, slots=True, eq=False)
class Bandwidth:
    """The bandwidth chosen [m] and how all that were tried did.

    `scores`: `bandwidth_m`, `score` (mean log density of an event kept aside [log 1/km2]), best first. `at_end`: the
    chosen one is the narrowest or widest tried.
    """

    chosen_m: float
    scores: pd.DataFrame
    at_end: bool


def choose_bandwidth(
    x: ArrayLike,
    y: ArrayLike,
    grid: SquareGrid,
    *,
    bandwidths_m: Sequence[float] = BANDWIDTHS_M,
    folds: int = FOLDS,
    seed: int = 0,
) -> Bandwidth:
    """Return the bandwidth that forecasts events kept aside best; see `gridmap.geo.kde.held_out`.

    Parameters
    ----------
    x, y
        (n,) coordinates in the metric CRS of `grid` [m].
    bandwidths_m
        What to try [m], 100 to 1,000 unless said; those below the cell side are left out.
    folds
        How many parts the events are dealt into; each is kept aside once.
    seed
        Deals the folds; the same seed and events give the same answer.

    Raises
    ------
    BandwidthWrong
        If no bandwidth fits the cells, or fewer than two folds hold events inside.
    OutOfCrs
    """
    east, north = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    dealt = np.random.default_rng(seed).permutation(np.arange(len(east)) % folds)
    scores = held_out(east, north, grid, bandwidths_m=bandwidths_m, fold=dealt)
    chosen = float(scores["bandwidth_m"].iloc[0])
    return Bandwidth(chosen, scores, chosen in {scores["bandwidth_m"].min(), scores["bandwidth_m"].max()})
