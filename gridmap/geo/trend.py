"""Mann-Kendall: does a series of counts rise or fall, whatever its shape, also when it is short and full of ties.

S is how many pairs of steps rise less how many fall. Short series have an exact p: given which values are equal, the
pairs that fall are the inversions of a random arrangement, and their number has the Gaussian multinomial coefficient
for its generating function. It is multiplied out group by group, each factor being the distribution of Mann & Whitney's
U. Longer series use the normal curve with the variance corrected for ties, which on a dozen counts makes p of 1 % and
less some two to ten times too large.

References
----------
Mann (1945), "Nonparametric Tests Against Trend", Econometrica 13(3), 245-259.
Kendall (1975), "Rank Correlation Methods", 4th ed., Griffin, London (variance with ties; tau-b).
Mann & Whitney (1947), "On a Test of Whether One of Two Random Variables Is Stochastically Larger", Ann. Math. Stat. 18(1).
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.stats import norm

from gridmap.errors import Invalid

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

EXACT_STEPS: Final = 48
"""Series of up to so many steps have an exact p."""


class SeriesWrong(Invalid):
    """The series are no table of finite numbers, one row for each place and one column for each step."""

    slug, title = "series", "The series are not as they should be"


def mann_kendall(series: ArrayLike, *, exact_steps: int = EXACT_STEPS) -> pd.DataFrame:
    """Return the trend of each series and how probable one as strong is, up or down, in random order.

    Parameters
    ----------
    series
        (n, t) finite numbers; steps of equal length from the earliest to the latest.
    exact_steps
        Longer series use the normal curve.

    Returns
    -------
    trends
        (n,) rows: `s` (int; rising less falling pairs), `tau` (Kendall's tau-b, -1 to 1; 0 where all is equal), `p`
        (two-sided).

    Raises
    ------
    SeriesWrong
    """
    table = np.asarray(series, dtype=float)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise SeriesWrong(f"Series of shape {table.shape}: give finite numbers, a row for each place.")
    n, steps = table.shape
    s = np.zeros(n, dtype=np.int64)
    column = np.ascontiguousarray(table.T)
    for late in range(1, steps):
        s += (np.sign(column[late] - column[:late])).sum(axis=0).astype(np.int64)
    ties = [tuple(sorted(Counter(row).values(), reverse=True)) for row in table.tolist()]
    pairs = steps * (steps - 1) // 2
    untied = np.array([pairs - sum(each * (each - 1) // 2 for each in tie) for tie in ties], dtype=float)
    tau = np.divide(s, np.sqrt(pairs * untied), out=np.zeros(n), where=untied > 0)
    one_sided = _exact if steps <= exact_steps else _normal
    p = [min(2 * one_sided(tie, abs(int(each))), 1.0) if each else 1.0 for tie, each in zip(ties, s, strict=True)]
    return pd.DataFrame({"s": s, "tau": tau, "p": np.array(p, dtype=float)})


def _exact(ties: tuple[int, ...], s: int) -> float:
    """Return P(S >= s) for a series whose values come as often as `ties` says."""
    falling = _falling_pairs(ties)
    return float(falling[: (len(falling) - 1 - s) // 2 + 1].sum())


@lru_cache(maxsize=20_000)
def _falling_pairs(ties: tuple[int, ...]) -> Floats:
    """Return the chance of 0, 1, 2 ... falling pairs in a random order."""
    if len(ties) == 1:
        return np.ones(1)
    return np.convolve(_falling_pairs(ties[:-1]), _rank_sum(sum(ties[:-1]), ties[-1]))


@lru_cache(maxsize=20_000)
def _rank_sum(these: int, those: int) -> Floats:
    """Return the distribution of Mann & Whitney's U: in how many pairs one of `these` comes after one of `those`."""
    if not these or not those:
        return np.ones(1)
    chance = np.zeros(these * those + 1)
    chance[those:] = _rank_sum(these - 1, those) * (these / (these + those))  # the last of all is one of these
    chance[: these * (those - 1) + 1] += _rank_sum(these, those - 1) * (those / (these + those))
    return chance


def _normal(ties: tuple[int, ...], s: int) -> float:
    """Return P(S >= s) by the normal curve, with Kendall's variance under ties and a correction for continuity."""
    variance = (_term(sum(ties)) - sum(_term(each) for each in ties)) / 18
    return float(norm.sf((s - 1) / np.sqrt(variance)))


def _term(number: int) -> int:
    return number * (number - 1) * (2 * number + 5)
