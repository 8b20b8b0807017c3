"""Where next, told in several ways: events a day in every cell, from what was known on a day.

The default is what the cell has seen, old events counting less, shrunk toward the density around it: a cell with many
events speaks for itself, a cell with few borrows from its neighbours (gamma-Poisson). The baselines are what any
forecast must beat: last year's counts, all counts ever, and the density alone.

References
----------
Clayton & Kaldor (1987), "Empirical Bayes Estimates of Age-standardized Relative Risks", Biometrics 43, 671-681.
Wheeler & Steenbeek (2021), "Mapping the Risk Terrain for Crime Using Machine Learning", J. Quant. Criminology 37,
445-480 (prior counts are hard to beat).
Chainey, Tompson & Uhlig (2008), Security Journal 21, 4-28 (density as a forecast).
Mohler et al. (2015), "Randomized Controlled Field Trials of Predictive Policing", JASA 110, 1399-1411 (the rate of a
place raised by what just happened there).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.geo.forecast_history import FOREVER, History

Floats = NDArray[np.float64]

YEAR: Final = 365.0
HALF_LIVES: Final = (30.0, 60.0, 90.0, 180.0, 365.0, 730.0, FOREVER)
STRENGTHS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
BOOSTS: Final = (0.05, 0.1, 0.2, 0.4)
BOOST_HALF_LIVES: Final = (7.0, 14.0, 30.0)
BOOST_WIDTH_M: Final = 200.0


def last_year(history: History, at: float) -> Floats:
    """Return events a day in each cell, (n,), as the mean of the 365 days before `at` (or of all, if fewer)."""
    first = max(at - YEAR, history.start)
    return history.count(first, at) / max(at - first, 1.0)


def all_history(history: History, at: float) -> Floats:
    """Return events a day in each cell, (n,), as the mean of all that was observed before `at`."""
    return history.count(history.start, at) / max(at - history.start, 1.0)


def density_alone(history: History, at: float, bandwidth_m: float) -> Floats:
    """Return events a day in each cell, (n,), as the density of all that was observed before `at` [bandwidth m]."""
    return history.spread(at, FOREVER, bandwidth_m) * float(all_history(history, at).sum())


def shrunk(history: History, at: float, *, half_life: float, strength: float, bandwidth_m: float) -> Floats:
    """Return events a day in each cell, (n,): decayed counts shrunk toward the density.

    The rate of a cell is gamma distributed about the density there, with shape `strength`; given `w` decayed events
    where the density expects `m`, its mean is m (strength + w) / (strength + m).

    Parameters
    ----------
    at
        Only events before this day are read.
    half_life
        Days after which an event counts half.
    strength
        How many events' worth the density is trusted; large leaves the density alone.
    bandwidth_m
        Of the density [m].
    """
    events = history.decayed(at, half_life)
    total = float(events.sum())
    expected = history.spread(at, FOREVER, bandwidth_m) * total
    rate = expected * (strength + events) / (strength + expected)
    if not total > 0:
        return np.asarray(rate)
    return np.asarray(rate * (total / rate.sum() / history.exposure(at, half_life)))


def near_repeat(
    history: History, at: float, base: Floats, *, boost: float, half_life: float, width_m: float = BOOST_WIDTH_M
) -> Floats:
    """Return `base` (n,) with a part `boost` of its events moved to where something has just happened.

    Parameters
    ----------
    base
        (n,) events a day.
    boost
        Part of the events that follow from others, 0 to 1.
    half_life
        Days after which half of what an event sets off has happened.
    width_m
        Standard deviation of how far [m].
    """
    recent = history.spread(at, half_life, width_m)
    return np.asarray((1 - boost) * base + boost * base.sum() * recent)
