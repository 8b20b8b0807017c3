"""Where next, learned: a Poisson regression of a period's counts on what was known when it began.

It reads the default forecast at several half-lives, two densities and, once a year has been seen, the time of year.
The features are logarithms, so that the model is a weighted product of forecasts; a ridge keeps like features from
pulling against each other. It stands beside the default and is used only where it has beaten it.

References
----------
Cameron & Trivedi (2013), "Regression Analysis of Count Data", chapter 3 (Poisson regression by Newton steps).
Wheeler & Steenbeek (2021), J. Quant. Criminology 37, 445-480 (learned models beside prior counts).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gridmap.geo.forecast_history import FOREVER, History
from gridmap.geo.forecast_models import YEAR, shrunk

Floats = NDArray[np.float64]

LAGS: Final = (30.0, 90.0, 365.0, FOREVER)
WIDER: Final = 2.5  # the second density is as many times as wide
_RIDGE: Final = 1.0  # prior precision of a weight of a feature in standard units
_STEPS: Final = 30
_DONE: Final = 1e-8
_LEAST: Final = 1e-12


def features(history: History, at: float, bandwidth_m: float, *, seasons: bool) -> Floats:
    """Return what is known of each cell on day `at`, (n, k): logarithms, and the time of year where `seasons`."""
    even = history.share / history.share.sum()
    known = [shrunk(history, at, half_life=lag, strength=1.0, bandwidth_m=bandwidth_m) for lag in LAGS]
    known += [history.spread(at, FOREVER, wide * bandwidth_m) for wide in (1.0, WIDER)]
    columns = [np.log(0.99 * each / max(float(each.sum()), _LEAST) + 0.01 * even) for each in known]
    if seasons:
        angle = 2 * np.pi * at / YEAR
        columns += [np.full(len(even), np.sin(angle)), np.full(len(even), np.cos(angle))]
    return np.column_stack(columns)


def learned(history: History, at: float, *, origins: Sequence[float], days: float, bandwidth_m: float) -> Floats | None:
    """Return events a day in each cell, (n,), learned from the periods of `days` that began at `origins`.

    Parameters
    ----------
    at
        Nothing after this day is read.
    origins
        Beginnings of past periods; those that end after `at` are left out.
    days
        Length of a period.
    bandwidth_m
        Of the narrower density [m].

    Returns
    -------
    rate
        None if no past period is complete or nothing happened in them.
    """
    past = [each for each in origins if each + days <= at and each > history.start]
    key = ("learned", at, days, bandwidth_m, *past)  # a back-test asks the same again
    if key in history.kept:
        return history.kept[key]
    happened = [history.count(each, each + days) for each in past]
    if not past or not sum(float(each.sum()) for each in happened):
        return None
    seasons = max(past) - min(past) >= YEAR
    known = np.vstack([features(history, each, bandwidth_m, seasons=seasons) for each in past])
    middle, scale = known.mean(axis=0), known.std(axis=0)
    scale[scale < 1e-9] = 1.0  # a feature that is the same everywhere
    weights = _fit((known - middle) / scale, np.concatenate(happened))
    now = (features(history, at, bandwidth_m, seasons=seasons) - middle) / scale
    history.keep(key, np.exp(np.clip(weights[0] + now @ weights[1:], -50, 50)) / days)
    return history.kept[key]


def _fit(known: Floats, count: Floats) -> Floats:
    """Return the intercept and weights of the ridge Poisson regression, by Newton steps cut where they climb down."""
    design = np.column_stack([np.ones(len(known)), known])
    ridge = np.full(design.shape[1], _RIDGE)
    ridge[0] = 0.0
    weights = np.zeros(design.shape[1])
    weights[0] = np.log(count.mean())

    def likelihood(at: Floats) -> float:
        line = np.clip(design @ at, -50, 50)
        return float(count @ line - np.exp(line).sum() - ridge @ at**2 / 2)

    best = likelihood(weights)
    for _ in range(_STEPS):
        mean = np.exp(np.clip(design @ weights, -50, 50))
        slope = design.T @ (count - mean) - ridge * weights
        curve = (design * mean[:, None]).T @ design + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curve, slope)
        while np.abs(step).max() > _DONE and not likelihood(weights + step) > best:
            step /= 2
        if np.abs(step).max() <= _DONE:
            break
        weights = weights + step
        best = likelihood(weights)
    return weights
