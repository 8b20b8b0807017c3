"""Shares and times of two groups set against each other: a ratio with its interval and p, never a bare difference.

`compare_shares` is for cases that end one way or another (settled or not), `compare_times` for how long they take. For
counts see `change_tests`.

References
----------
Katz, Baptista, Azen & Pike (1978), "Obtaining Confidence Intervals for the Risk Ratio in Cohort Studies", Biometrics 34,
469-474; half a case is added to each cell where one is empty (Haldane 1956, Annals of Human Genetics 20, 309-311).
Fisher (1935), "The Logic of Inductive Inference", J. Royal Statistical Society 98, 39-82: the exact test.
Mann & Whitney (1947), Annals of Mathematical Statistics 18, 50-60; Hodges & Lehmann (1963), "Estimates of Location Based
on Rank Tests", Annals of Mathematical Statistics 34, 598-611: the shift, here of logarithms, so that it is a ratio.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import stats

from gridmap.errors import Invalid

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LEVEL: Final = 0.95
_MOST: Final = 2_000  # of one group: more are thinned evenly, by rank, before all pairs are formed


class GroupsWrong(Invalid):
    """A group has more successes than cases, or a time is not a number of 0 or more."""

    slug, title = "groups-wrong", "The groups cannot be compared"


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as large the later group is: the ratio, the ends of its interval, and the two-sided p."""

    ratio: float
    low: float
    high: float
    p: float


def compare_shares(before: tuple[int, int], after: tuple[int, int], *, level: float = LEVEL) -> Ratio | None:
    """Return the share of the later group over that of the earlier, or None where a group is empty or both shares are 0.

    >>> told = compare_shares((50, 100), (75, 100))
    >>> round(told.ratio, 2), round(told.low, 2), round(told.high, 2), told.p < 0.001
    (1.5, 1.19, 1.89, True)

    Parameters
    ----------
    before, after
        Successes and cases of each group.
    level
        Of the interval.

    Raises
    ------
    GroupsWrong
    """
    (hits_1, cases_1), (hits_2, cases_2) = before, after
    if not (0 <= hits_1 <= cases_1 and 0 <= hits_2 <= cases_2):
        raise GroupsWrong(f"{before} and {after}: successes are between 0 and the cases of their group")
    if not cases_1 or not cases_2 or not hits_1 + hits_2:
        return None
    more = 0.5 if not hits_1 or not hits_2 else 0.0
    a, n, c, m = hits_2 + more, cases_2 + more, hits_1 + more, cases_1 + more
    wide = float(stats.norm.isf((1 - level) / 2)) * float(np.sqrt(max(1 / a - 1 / n + 1 / c - 1 / m, 0.0)))
    log = float(np.log(a / n) - np.log(c / m))
    table = [[hits_2, cases_2 - hits_2], [hits_1, cases_1 - hits_1]]
    ratio = float("inf") if not hits_1 else (hits_2 / cases_2) / (hits_1 / cases_1)
    return Ratio(ratio, float(np.exp(log - wide)), float(np.exp(log + wide)), float(stats.fisher_exact(table)[1]))


def compare_times(before: ArrayLike, after: ArrayLike, *, least: float = 1.0, level: float = LEVEL) -> Ratio | None:
    """Return how many times as long the later group takes, or None where a group is empty.

    >>> told = compare_times([1, 2, 3, 4, 5, 6, 7, 8], [2, 4, 6, 8, 10, 12, 14, 16])
    >>> round(told.ratio, 1), told.low < told.ratio < told.high
    (2.0, True)

    Parameters
    ----------
    before, after
        (n,) and (m,) times of 0 or more, in one unit.
    least
        Shorter times count as this long: nobody settles in no time, and nothing has a logarithm.
    level
        Of the interval.

    Raises
    ------
    GroupsWrong
    """
    first, second = (np.asarray(each, dtype=np.float64).ravel() for each in (before, after))
    times = np.concatenate([first, second])
    if not (np.isfinite(times) & (times >= 0)).all():
        raise GroupsWrong("Times are numbers of 0 or more.")
    if not len(first) or not len(second):
        return None
    p = float(stats.mannwhitneyu(first, second, alternative="two-sided", method="asymptotic").pvalue)
    pairs = np.subtract.outer(*(np.log(np.maximum(_thinned(each), least)) for each in (second, first))).ravel()
    z = float(stats.norm.isf((1 - level) / 2))
    wide = z * float(np.sqrt((len(first) + len(second) + 1) / (12 * len(first) * len(second))))
    middle, low, high = np.quantile(pairs, [0.5, max(0.5 - wide, 0.0), min(0.5 + wide, 1.0)])
    return Ratio(float(np.exp(middle)), float(np.exp(low)), float(np.exp(high)), 1.0 if np.isnan(p) else p)


def _thinned(times: Floats) -> Floats:
    """Return the times in order, at most `_MOST` of them, evenly by rank."""
    ordered = np.sort(times)
    if len(ordered) <= _MOST:
        return ordered
    return ordered[np.round(np.linspace(0, len(ordered) - 1, _MOST)).astype(np.int64)]
