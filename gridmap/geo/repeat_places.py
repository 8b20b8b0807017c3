"""Places that incidents return to (反复警情), and those where it grows worse: more often, or more severe.

A place is a door or address, never a person. Some places have two incidents by chance alone in any town. Each is therefore
compared with what the map's own rate gives: with known exposure (households behind each door) a Poisson count of its
share; without, a Poisson count known only where it is not zero, whose rate is found from the mean number of incidents
of those places that had any. Busy places push that rate up, so p errs to the safe side.

Whether it grows worse is asked of the place alone: how many of its incidents fall in the later half of the time it was
observed (exact binomial), and whether later ones are of a higher tier (Mann-Kendall with permuted tiers). Each question has
its own false discovery rate over the places.

References
----------
Farrell & Pease (1993), "Once Bitten, Twice Bitten", Home Office Crime Prevention Unit Paper 46: repeats.
Cohen (1960), "Estimating the Parameter in a Conditional Poisson Distribution", Biometrics 16(2), 203-211: counts without 0.
Przyborowski & Wilenski (1940), Biometrika 31, 313-323: two counts, given their sum, are binomial.
Mann (1945), Econometrica 13, 245-259; Kendall (1975), "Rank Correlation Methods": trend.
Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57(1), 289-300.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd
from numba import njit
from scipy import special, stats

from gridmap.errors import Invalid
from gridmap.geo.chance import random_state, shuffle_part
from gridmap.geo.gistar import false_discovery_rate
from gridmap.geo.timeline import TimesWithoutZone, whole_seconds

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

Against = Literal["time", "map"]

PERMUTATIONS: Final = 999
LEAST_FOR_TREND: Final = 5  # with four, even all in the later half would not be significant
_MOST_TIERS: Final = 50


class PlacesWrong(Invalid):
    """Places, times, tiers and exposures do not fit together, or the period has no length."""

    slug, title = "places-wrong", "The places and their incidents do not fit"


def repeat_places(
    place: ArrayLike,
    at: Any,
    since: datetime,
    until: datetime,
    *,
    tier: ArrayLike | None = None,
    exposure: pd.Series[Any] | None = None,
    least: int = 2,
    against: Against = "time",
    seed: int = 0,
) -> pd.DataFrame:
    """Return the places with most incidents, and whether it grows worse there.

    Parameters
    ----------
    place
        (n,) id of the place of each incident; incidents without place, time or outside the period are left out.
    at
        (n,) instants with a time zone.
    since, until
        The period observed [since, until), instants with a time zone.
    tier
        (n,) how severe each incident was, higher is worse, at most 50 different numbers; missing ones are not compared.
    exposure
        By place id, above 0, of *all* places, those without incidents too. Without it only places with incidents count.
    least
        Places with fewer incidents are not returned, though they count for the rates.
    against
        What the later half is compared with: ``"time"`` (both halves are as long) or ``"map"`` (how all other incidents
        are shared between the halves, so that a year that is worse everywhere makes no single place rising).
    seed
        Of the permuted tiers.

    Returns
    -------
    places
        On the place id, most incidents first: `n`, `first`, `last`, `mean_gap_days`, `expected` (of places that had
        any, where no exposure is given), `p`, `q` (so many by chance); `earlier`, `later` (incidents in each half),
        `p_rising`, `q_rising` (missing below 5 incidents); with `tier` also `highest_tier`, `tier_trend` (Kendall's
        tau-b, 1 always worse), `p_worse`, `q_worse` (missing where there is nothing to compare).

    Raises
    ------
    PlacesWrong, TimesWithoutZone
    """
    frame, half = _incidents(place, at, since, until, tier)
    counts = frame.groupby("place", sort=True)["seconds"].agg(["size", "min", "max"])
    n = counts["size"].to_numpy(np.int64)
    later = (frame["seconds"] >= half).groupby(frame["place"], sort=True).sum().to_numpy(np.int64)
    expected, p, q = _by_chance(counts["size"], exposure)
    table = pd.DataFrame({
        "n": n,
        "first": pd.to_datetime(counts["min"], unit="s", utc=True),
        "last": pd.to_datetime(counts["max"], unit="s", utc=True),
        "mean_gap_days": (counts["max"] - counts["min"]) / 86_400 / np.where(n > 1, n - 1, np.nan),
        "expected": expected,
        "p": p,
        "q": q,
        "earlier": n - later,
        "later": later,
    }, index=counts.index)  # fmt: skip
    share = np.full(len(n), 0.5)
    if against == "map":
        share = (later.sum() - later + 0.5) / (n.sum() - n + 1.0)
    table["p_rising"] = np.where(n >= LEAST_FOR_TREND, stats.binom.sf(later - 1, n, share), np.nan)
    table["q_rising"] = _q(table["p_rising"].to_numpy(np.float64))
    if tier is not None:
        table = table.join(_tiers(frame.dropna(subset="tier"), seed))
        table["q_worse"] = _q(table["p_worse"].to_numpy(np.float64))
    kept = table[table["n"] >= least]
    return kept.sort_values(["n", "p"], ascending=[False, True], kind="stable")


def rate_without_zeros(mean: float) -> float:
    """Return the rate of a Poisson count whose mean is `mean`, 1 or more, where it is not zero.

    >>> round(rate_without_zeros(1.5820), 3)
    1.0
    """
    if mean <= 1:
        return 0.0
    return float(mean + special.lambertw(-mean * np.exp(-mean)).real)


def _incidents(
    place: ArrayLike, at: Any, since: datetime, until: datetime, tier: ArrayLike | None
) -> tuple[pd.DataFrame, int]:
    """Return place, time [s] and tier of the incidents in the period, in order of time, and the middle of the period."""
    times, where = pd.Series(at).reset_index(drop=True), pd.Series(place).reset_index(drop=True)
    if not isinstance(times.dtype, pd.DatetimeTZDtype) and times.notna().any():
        raise TimesWithoutZone(f"{len(times)} times do not say their time zone; store instants, for example in UTC.")
    if since.tzinfo is None or until.tzinfo is None:
        raise TimesWithoutZone("The period has no time zone; give its ends as instants, for example in UTC.")
    severity = pd.Series(np.nan, index=where.index) if tier is None else pd.Series(tier).reset_index(drop=True)
    if not len(where) == len(times) == len(severity) or not since < until:
        raise PlacesWrong(f"{len(where)} places, {len(times)} times and {len(severity)} tiers in {since} to {until}.")
    seconds, known = whole_seconds(times) if len(times) else (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool))
    begin, end = int(since.timestamp()), int(until.timestamp())
    frame = pd.DataFrame({"place": where, "seconds": seconds, "tier": severity.astype(np.float64)})
    frame = frame[known & where.notna().to_numpy() & (seconds >= begin) & (seconds < end)]
    return frame.sort_values("seconds", kind="stable"), (begin + end + 1) // 2


def _by_chance(counts: pd.Series[Any], exposure: pd.Series[Any] | None) -> tuple[Any, Floats, Floats]:
    """Return what is expected of each place, how probable so many are, and its false discovery rate."""
    n = counts.to_numpy(np.float64)
    if exposure is None:
        rate = rate_without_zeros(float(n.mean())) if len(n) else 0.0
        p = stats.poisson.sf(n - 1, rate) / -np.expm1(-rate) if rate > 0 else (n <= 1).astype(np.float64)
        p = np.minimum(p, 1.0)
        return (float(n.mean()) if len(n) else 0.0), p, false_discovery_rate(p)
    weight = exposure.astype(np.float64)
    if not counts.index.isin(weight.index).all() or not weight.index.is_unique or not (weight > 0).all():
        raise PlacesWrong("Each place needs one exposure above 0; some with incidents have none.")
    expected = n.sum() * weight / weight.sum()
    mine = expected.loc[counts.index].to_numpy(np.float64)
    p = stats.poisson.sf(n - 1, mine)
    everywhere = np.concatenate([p, np.ones(len(weight) - len(p))])  # a place without incidents has p = 1
    return mine, p, false_discovery_rate(everywhere)[: len(p)]


def _q(p: Floats) -> Floats:
    q = np.full(len(p), np.nan)
    asked = ~np.isnan(p)
    q[asked] = false_discovery_rate(p[asked])
    return q


def _tiers(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the highest tier of each place, the trend of its tiers and the p of that."""
    levels, rank = np.unique(frame["tier"].to_numpy(np.float64), return_inverse=True)
    if len(levels) > _MOST_TIERS:
        raise PlacesWrong(f"{len(levels)} different tiers; give {_MOST_TIERS} at most, for example whole numbers.")
    code, names = pd.factorize(frame["place"], sort=True)
    order = np.argsort(code, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(code, minlength=len(names)))]).astype(np.int64)
    trend, p = _trends(rank[order].astype(np.int64), start, len(levels), PERMUTATIONS, random_state(seed))
    few = np.diff(start) < LEAST_FOR_TREND
    p[few] = np.nan
    highest = frame.groupby("place", sort=True)["tier"].max()
    return pd.DataFrame({"highest_tier": highest, "tier_trend": trend, "p_worse": p}, index=highest.index)


@njit(cache=True, nogil=True)
def _score(tiers: Integers, begin: int, end: int, seen: Integers) -> int:
    """Return later pairs that are worse minus those that are better, by how many of each tier came before."""
    seen[:] = 0
    score = 0
    for place in range(begin, end):
        for tier in range(len(seen)):
            score += seen[tier] * (int(tier < tiers[place]) - int(tier > tiers[place]))
        seen[tiers[place]] += 1
    return score


@njit(cache=True, nogil=True)
def _trends(
    tiers: Integers, start: Integers, levels: int, permutations: int, state: NDArray[np.uint64]
) -> tuple[Floats, Floats]:
    """Return Kendall's tau-b of tier on time of each place and its one-sided p; missing where all tiers are equal."""
    places = len(start) - 1
    trend, p = np.full(places, np.nan), np.full(places, np.nan)
    seen = np.zeros(max(levels, 1), dtype=np.int64)
    for one in range(places):
        begin, end = start[one], start[one + 1]
        score = _score(tiers, begin, end, seen)
        number = end - begin
        pairs = number * (number - 1) / 2
        tied = 0.0
        for tier in range(levels):
            tied += seen[tier] * (seen[tier] - 1) / 2
        if tied >= pairs:
            continue
        trend[one] = score / np.sqrt(pairs * (pairs - tied))
        hand = tiers[begin:end].copy()
        as_high = 0
        for _ in range(permutations):
            shuffle_part(hand, 0, number, number, state)
            as_high += _score(hand, 0, number, seen) >= score
        p[one] = (1 + as_high) / (permutations + 1)
    return trend, p
