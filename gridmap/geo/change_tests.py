"""Before and after: whether counts changed by more than chance, and by how much at least; never a bare difference.

`compare_counts` sets two counts, each over its own exposure (days, residents), against each other: for one place or for
many at once with the false discovery rate over all. `displacement` asks whether a treated area did better than one left
alone. Neither knows *why* a count changed: a busy place chosen because it was busy falls by itself the year after.

References
----------
Krishnamoorthy & Thomson (2004), "A More Powerful Test for Comparing Two Poisson Means", J. Stat. Plan. Inference 119(1),
23-35: the E-test.
Przyborowski & Wilenski (1940), Biometrika 31, 313-323; Clopper & Pearson (1934), Biometrika 26, 404-413: the interval.
Wheeler & Ratcliffe (2018), "A Simple Weighted Displacement Difference Test", Crime Science 7:11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy import special, stats

from gridmap.errors import Invalid
from gridmap.geo.gistar import NotCounts, false_discovery_rate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LEVEL: Final = 0.95
_LARGEST: Final = 10_000_000  # both counts together; the sum below takes some 30 of its square roots


class ExposureWrong(Invalid):
    """An exposure is not a number above 0, or a level is not between 0 and 1."""

    slug, title = "exposure-wrong", "The exposure or level is wrong"


@dataclass(frozen=True, slots=True)
class Displacement:
    """The weighted displacement difference: what the treated area has less (below 0) or more than the other lets expect.

    `net` is in events, `low` and `high` hold it in `level` of all cases, `p` is two-sided. `treated` and `control` are
    the plain changes that it is made of, `displaced` those of the neighbouring areas (0 without any).
    """

    net: float
    standard_error: float
    low: float
    high: float
    p: float
    treated: float
    control: float
    displaced: float
    level: float


def compare_counts(
    before: ArrayLike,
    after: ArrayLike,
    *,
    exposure_before: ArrayLike = 1.0,
    exposure_after: ArrayLike = 1.0,
    level: float = LEVEL,
) -> pd.DataFrame:
    """Return for each pair of counts the ratio of the rates, its interval and the p of the E-test.

    >>> compare_counts(20, 10)[["ratio", "low", "high", "p"]].round(3).to_numpy().tolist()
    [[0.5, 0.209, 1.119, 0.069]]

    Parameters
    ----------
    before, after
        (n,) whole counts of 0 or more, or one of each. Both together at most ten million.
    exposure_before, exposure_after
        (n,) or one: what each count was collected over, in the same unit (days, residents x days).
    level
        Of the interval, between 0 and 1.

    Returns
    -------
    result
        (n,) rows: `before`, `after`, `rate_before`, `rate_after` (per unit of exposure), `ratio` (after / before, inf or
        missing where before is 0), `low` and `high` (exact: at least `level` of such intervals hold the true ratio),
        `p` (two-sided) and `q` (false discovery rate over the rows, Benjamini-Hochberg). p and interval come from two
        methods and may disagree narrowly.

    Raises
    ------
    NotCounts, ExposureWrong
    """
    first, second, unit_1, unit_2 = (
        np.atleast_1d(each).astype(np.float64)
        for each in np.broadcast_arrays(before, after, exposure_before, exposure_after)
    )
    counts = np.concatenate([first, second])
    if (
        not (np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts))).all()
        or counts.max(initial=0) > _LARGEST
    ):
        raise NotCounts("Before and after need whole counts from 0 to ten million.")
    exposures = np.concatenate([unit_1, unit_2])
    if not (np.isfinite(exposures) & (exposures > 0)).all() or not 0 < level < 1:
        raise ExposureWrong(f"Exposures must be above 0 and the level {level} between 0 and 1.", level=level)
    rate_before, rate_after = first / unit_1, second / unit_2
    ratio = np.divide(rate_after, rate_before, out=np.full(len(first), np.inf), where=first > 0)
    ratio[(first == 0) & (second == 0)] = np.nan
    low, high = ratio_interval(first, second, unit_1, unit_2, level)
    p = _e_tests(first, second, unit_1, unit_2)
    columns = {"before": first.astype(np.int64), "after": second.astype(np.int64), "rate_before": rate_before}
    columns |= {
        "rate_after": rate_after,
        "ratio": ratio,
        "low": low,
        "high": high,
        "p": p,
        "q": false_discovery_rate(p),
    }
    return pd.DataFrame(columns)


def ratio_interval(
    before: Floats, after: Floats, exposure_before: Floats, exposure_after: Floats, level: float = LEVEL
) -> tuple[Floats, Floats]:
    """Return the exact interval of the ratio of two Poisson rates, after / before.

    Given the sum of both counts, the later one is binomial: Clopper and Pearson's interval of its share is turned into
    one of the ratio.

    Parameters
    ----------
    before, after, exposure_before, exposure_after
        (n,) as in `compare_counts`.
    level
        Of the interval.

    Returns
    -------
    low, high
        (n,) 0 where nothing came after; inf where nothing was before.
    """
    tail = (1 - level) / 2
    low = np.where(after > 0, special.betaincinv(np.maximum(after, 1), before + 1, tail), 0.0)
    high = np.where(before > 0, special.betaincinv(after + 1, np.maximum(before, 1), 1 - tail), 1.0)
    scale = exposure_before / exposure_after
    odds = [np.divide(share, 1 - share, out=np.full(len(share), np.inf), where=share < 1) for share in (low, high)]
    return scale * odds[0], scale * odds[1]


def displacement(
    treated: tuple[int, int],
    control: tuple[int, int],
    *,
    near_treated: tuple[int, int] = (0, 0),
    near_control: tuple[int, int] = (0, 0),
    level: float = LEVEL,
) -> Displacement:
    """Return whether the treated area changed otherwise than the control area, and what moved next door.

    >>> round(displacement((20, 10), (20, 20)).net), round(displacement((20, 10), (20, 20)).standard_error, 1)
    (-10, 8.4)

    Parameters
    ----------
    treated, control
        Counts before and after, over periods of the same length, of areas of like size: differences are in events.
    near_treated, near_control
        The same of the neighbouring areas that incidents may have moved to; leave out for none.
    level
        Of the interval.

    Raises
    ------
    NotCounts, ExposureWrong
    """
    pairs = np.array([treated, control, near_treated, near_control], dtype=np.float64)
    if pairs.shape != (4, 2) or not (np.isfinite(pairs) & (pairs >= 0) & (pairs == np.floor(pairs))).all():
        raise NotCounts("Each area needs a whole count before and one after.")
    if not 0 < level < 1:
        raise ExposureWrong(f"The level {level} is not between 0 and 1.", level=level)
    change = pairs[:, 1] - pairs[:, 0]
    net, error = float(change[0] - change[1] + change[2] - change[3]), float(np.sqrt(pairs.sum()))
    wide = float(stats.norm.isf((1 - level) / 2)) * error
    p = float(2 * stats.norm.sf(abs(net) / error)) if error > 0 else 1.0
    near = float(change[2] - change[3])
    return Displacement(net, error, net - wide, net + wide, p, float(change[0]), float(change[1]), near, level)


def _e_tests(first: Floats, second: Floats, unit_1: Floats, unit_2: Floats) -> Floats:
    """Return p of the E-test; many cells of a map have the same counts, so each kind is computed once."""
    kinds, which = np.unique(np.column_stack([first, second, unit_1, unit_2]), axis=0, return_inverse=True)
    return np.array([_e_test(*kind) for kind in kinds.tolist()], dtype=np.float64)[which.ravel()]


def _e_test(first: float, second: float, unit_1: float, unit_2: float) -> float:
    """Return how probable a difference as large in standard errors is if both rates are the pooled one.

    For each earlier count the later ones that are as far off lie below one root and above another of a quadratic, so
    only the earlier counts are summed over.
    """
    share = unit_2 / unit_1
    seen = _deviation(first, second, share)
    if seen == 0:
        return 1.0
    mean = (first + second) / (unit_1 + unit_2) * unit_1
    one = np.arange(*_range(mean), dtype=np.float64)
    # |x1 - x2 / s| >= t sqrt(x1 + x2 / s^2), squared: (1 / s^2) x2^2 - (2 x1 / s + t^2 / s^2) x2 + x1^2 - t^2 x1 >= 0
    squared = seen**2
    middle, constant = one * share + squared / 2, (one**2 - squared * one) * share**2
    root = np.sqrt(np.maximum(middle**2 - constant, 0.0))
    below, above = np.floor(middle - root + 1e-7), np.ceil(middle + root - 1e-7)
    below, above = _mend(one, below, above, share, seen)
    tails = stats.poisson.cdf(below, mean * share) + stats.poisson.sf(above - 1, mean * share)
    return float(min(1.0, (stats.poisson.pmf(one, mean) * tails).sum()))


def _mend(one: Floats, below: Floats, above: Floats, share: float, seen: float) -> tuple[Floats, Floats]:
    """Return the outermost later counts that are as far off as what was seen, to the last digit."""
    limit = seen * (1 - 1e-10)
    below = np.where((below >= 0) & (_deviations(one, below, share) >= limit), below, below - 1)
    above = np.where(_deviations(one, above, share) >= limit, above, above + 1)
    return below, np.maximum(above, below + 1)


def _deviations(one: Floats, two: Floats, share: float) -> Floats:
    spread = np.sqrt(one + np.maximum(two, 0.0) / share**2)
    return np.divide(np.abs(one - two / share), spread, out=np.zeros_like(spread), where=spread > 0)


def _deviation(one: float, two: float, share: float) -> float:
    return float(_deviations(np.array([one]), np.array([two]), share)[0])


def _range(mean: float) -> tuple[int, int]:
    """Return the counts that a Poisson count of this mean takes, but for 1e-16 or so on each side."""
    return max(0, int(mean - 9 * np.sqrt(mean) - 9)), int(mean + 9 * np.sqrt(mean) + 30)
