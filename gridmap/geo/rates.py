"""Rates: events per thousand residents, doors or square kilometres, with how far each can be trusted.

A raw rate is a poor map: the highest and the lowest ones lie where hardly anybody lives. (Of 2,245 robberies the raw
maximum is 1,000 per 1,000, in a square kilometre with three residents; shrunken it is 24.) So each place also gets a *shrunken* rate, its
own rate drawn towards that of the map, the more so the smaller its base (empirical Bayes with Marshall's global moment
estimator), and an exact interval of its own rate (Garwood). Places where nobody is counted have no rate at all: their
events are told as what they are, and stay in the sum of the map.

`per_km2` is nothing else but a base of areas [km2] with `per=1`.

References
----------
Marshall (1991), "Mapping Disease and Mortality Rates Using Empirical Bayes Estimators", Applied Statistics 40(2).
Garwood (1936), "Fiducial Limits for the Poisson Distribution", Biometrika 28(3/4), 437-442.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from gridmap.errors import Invalid
from gridmap.geo.gistar import whole_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

CLASSES: Final = ("ok", "small_number", "no_denominator")
LEAST_EVENTS: Final = 5.0
"""A rate of fewer events than this, seen or expected, is a small number: chance alone may halve or double it."""
LEAST_RESIDENTS: Final = 50.0
"""What to give as `least_base` where the base is residents."""
CONFIDENCE: Final = 0.95


class BaseWrong(Invalid):
    """A denominator is negative or infinite, or there is not one for each place."""

    slug, title = "rate-base", "The denominators do not fit"


@dataclass(frozen=True, slots=True)
class MapRate:
    """The rate of the whole map, of the places with a base alone; and what has none.

    `rate` (with its exact interval `low` to `high`) is per `per` of the base, not-a-number where no place has a base.
    `spread` is the standard deviation between the places' true rates as Marshall estimates it, in the same unit; 0 means
    that all differences may be chance.
    """

    places: int
    places_without_base: int
    events: int
    events_without_base: int
    base: float
    per: float
    rate: float
    low: float
    high: float
    spread: float


def rates(
    count: ArrayLike,
    base: ArrayLike,
    *,
    per: float = 1000.0,
    least_base: float = 0.0,
    least_events: float = LEAST_EVENTS,
) -> pd.DataFrame:
    """Return the rate of every place, raw and shrunken, with its exact interval and how far it can be trusted.

    Parameters
    ----------
    count
        (n,) events in each place, whole.
    base
        (n,) residents, doors, households, km2 ... of each place, 0 or more; 0 or missing is *no denominator*.
    per
        The rates are per so many of the base.
    least_base
        Places with a smaller base are small numbers; `LEAST_RESIDENTS` for residents.
    least_events
        Places with fewer events, seen or expected, are small numbers.

    Returns
    -------
    table
        (n,) rows, on the index of `count` if it has one: `count`; `base` (0 where missing); `expected` (events at the
        rate of the map); `rate`, `low`, `high` (raw rate and its 95 % interval); `shrunken` (empirical Bayes rate);
        `weight` (0 to 1, the part of its own rate in it); `ratio` (raw rate over that of the map), `ratio_low`,
        `ratio_high` (its interval, the map's rate taken as known), `ratio_shrunken`; `class` (one of `CLASSES`). All
        numbers but the first two are missing without a denominator, ratios also where the map has no event.

    Raises
    ------
    NotCounts, BaseWrong
    """
    counts, bases = _checked(count, base, per)
    told = map_rate(counts, bases, per=per)
    has = bases > 0
    mean = told.rate / per
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(has, counts / bases, np.nan)
        noise = mean / bases
        spread = (told.spread / per) ** 2
        weight = np.where(has, spread / (spread + noise) if spread > 0 else 0.0, np.nan)
        shrunken = weight * own + (1 - weight) * mean
        low, high = (limit / np.where(has, bases, np.nan) for limit in poisson_interval(counts))
        relative = [each / (mean if mean > 0 else np.nan) for each in (own, low, high, shrunken)]
    expected = np.where(has, bases * mean, np.nan)
    small = (counts < least_events) | (np.nan_to_num(expected) < least_events) | (bases < least_base)
    columns: dict[str, object] = {"count": counts, "base": bases, "expected": expected}
    columns |= {"rate": own * per, "low": low * per, "high": high * per, "shrunken": shrunken * per, "weight": weight}
    columns |= dict(zip(("ratio", "ratio_low", "ratio_high", "ratio_shrunken"), relative, strict=True))
    columns["class"] = np.select([~has, small], ["no_denominator", "small_number"], "ok").astype(object)
    return pd.DataFrame(columns, index=count.index if isinstance(count, pd.Series) else None)


def map_rate(count: ArrayLike, base: ArrayLike, *, per: float = 1000.0) -> MapRate:
    """Return the rate of the whole map, and how many events and places have no denominator; parameters as in `rates`.

    Raises
    ------
    NotCounts, BaseWrong
    """
    counts, bases = _checked(count, base, per)
    has = bases > 0
    events, total = int(counts[has].sum()), float(bases[has].sum())
    mean = events / total if total else np.nan
    spread = 0.0
    if events:
        between = float((bases[has] * (counts[has] / bases[has] - mean) ** 2).sum()) / total
        spread = math.sqrt(max(between - mean * int(has.sum()) / total, 0.0))
    low, high = (float(limit[0]) / total if total else np.nan for limit in poisson_interval(np.array([events])))
    return MapRate(
        places=len(counts),
        places_without_base=int((~has).sum()),
        events=int(counts.sum()),
        events_without_base=int(counts[~has].sum()),
        base=total,
        per=per,
        rate=mean * per,
        low=low * per,
        high=high * per,
        spread=spread * per,
    )


def poisson_interval(count: ArrayLike, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the exact central interval of the expectation behind each of (n,) Poisson counts (Garwood 1936).

    >>> [limit.round(3).tolist() for limit in poisson_interval([0, 10])]
    [[0.0, 4.795], [3.689, 18.39]]
    """
    counts = whole_counts(count).astype(float)
    tail = (1 - confidence) / 2
    low = np.where(counts > 0, gammaincinv(np.maximum(counts, 1.0), tail), 0.0)
    return low, np.asarray(gammaincinv(counts + 1, 1 - tail))


def _checked(count: ArrayLike, base: ArrayLike, per: float) -> tuple[Integers, Floats]:
    """Return the counts and the bases, 0 where one is missing."""
    counts = whole_counts(count)
    bases = pd.to_numeric(pd.Series(np.asarray(base).ravel())).to_numpy(dtype=float, na_value=0.0)
    if len(bases) != len(counts) or (bases < 0).any() or np.isinf(bases).any() or not 0 < per < np.inf:
        raise BaseWrong(
            f"{len(counts)} counts and {len(bases)} denominators, per {per:g}: give each place one of 0 or more.",
            negative=int((bases < 0).sum()),
        )
    return counts, bases
