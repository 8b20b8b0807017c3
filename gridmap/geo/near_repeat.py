"""Near repeats: whether one incident makes another nearby, soon after, more likely than the map alone would.

Knox counts pairs of incidents that are close both in space and in time, and compares with the same places when the
times are dealt out anew. Close pairs in space are found once. Then 64 permutations are counted side by side, so that
the machine compares many of them at once. Bands are half-open, [from, to): the widely used Near Repeat
Calculator labels its bands one unit off, so its tables differ by that.

Over a long series incidents share a season, and every band looks too full: deal times out only within blocks of the
calendar (`calendar_blocks`). Each band's p asks about that band alone; `q` controls the share of false bands.

References
----------
Knox (1964), "The Detection of Space-Time Interactions", J. R. Stat. Soc. C 13(1), 25-30.
Townsley, Homel & Chaseling (2003), "Infectious Burglaries", Br. J. Criminol. 43(3), 615-633: bands and ratios.
Ratcliffe & Rengert (2008), "Near-Repeat Patterns in Philadelphia Shootings", Security Journal 21.
Davison & Hinkley (1997), "Bootstrap Methods and their Application", 4.2: the observed map counts as one permutation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
from numba import njit

from gridmap.errors import Invalid
from gridmap.geo.chance import random_state, shuffle_part
from gridmap.geo.gistar import false_discovery_rate
from gridmap.geo.pairs import PairsTooMany, check_bands, close_pairs
from gridmap.geo.timeline import STATION_ZONE, local_times, whole_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from gridmap.geo.pairs import Pairs

    Integers = NDArray[np.int64]

Within = Literal["all", "year", "season", "month"]

SPACE_M: Final = (0.0, 1.0, 100.0, 200.0, 400.0, 800.0)
DAYS: Final = (0.0, 7.0, 14.0, 28.0, 56.0)
PERMUTATIONS: Final = 999
_LANES: Final = 64
_MOST_WORK: Final = 5e10  # pairs x permutations x edges; some ten seconds


class TimesWrong(Invalid):
    """Times do not fit the places, or lie too far apart."""

    slug, title = "times-wrong", "The times do not fit"


@dataclass(frozen=True, slots=True)
class NearRepeat:
    """What was found, and all that is needed to find it again.

    `bands`: one row for each band of space and time with `from_m`, `to_m`, `from_days`, `to_days` (half-open), `pairs`
    (seen), `mean` and `median` (of the permuted maps), `ratio_mean` and `ratio_median` (seen / each; missing where that
    is 0), `p` (one-sided, at least so many pairs) and `q` (false discovery rate over the bands).
    """

    bands: pd.DataFrame
    incidents: int
    left_out: int
    permutations: int
    seed: int
    blocks: int


def near_repeat(
    x: ArrayLike,
    y: ArrayLike,
    at: ArrayLike,
    *,
    space_m: Sequence[float] = SPACE_M,
    days: Sequence[float] = DAYS,
    blocks: ArrayLike | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> NearRepeat:
    """Return Knox's table of bands in space and time with permuted times.

    Parameters
    ----------
    x, y
        (n,) coordinates in a metric CRS [m].
    at
        (n,) instants (datetimes, taken to the second), or numbers of days: whole ones ask how many midnights apart.
    space_m
        Rising edges of the bands in space [m]; by default the first band, below 1 m, is the same place.
    days
        Rising edges of the bands in time [days].
    blocks
        (n,) labels: times are dealt out only among incidents of one label; see `calendar_blocks`.
    permutations
        How often times are dealt out; 0 gives the pairs alone.
    seed
        Of the random numbers; the same seed gives the same table.

    Returns
    -------
    result
        Incidents without a place, a time or a block are left out and counted.

    Raises
    ------
    BandsWrong, PairsTooMany, TimesWrong
    """
    east, north = (np.asarray(each, dtype=np.float64) for each in (x, y))
    seconds, known = whole_seconds(at)
    label = np.zeros(len(east), dtype=np.int64) if blocks is None else pd.factorize(np.asarray(blocks))[0]
    if not len(east) == len(north) == len(seconds) == len(label):
        raise TimesWrong(f"{len(east)} places, {len(seconds)} times and {len(label)} blocks; give as many of each.")
    there = np.asarray(known & (label >= 0) & np.isfinite(east) & np.isfinite(north))
    space, time = check_bands(space_m), np.ceil(np.round(check_bands(days) * 86_400, 6))
    pairs = close_pairs(east[there], north[there], space_m)
    if len(pairs) * float(permutations + 1) * len(time) > _MOST_WORK:
        raise PairsTooMany(
            f"{len(pairs):,} pairs in {permutations} permutations: take a shorter period, a smaller distance or fewer "
            "permutations.", pairs=len(pairs), permutations=permutations,
        )  # fmt: skip
    counted = _permuted(pairs, seconds[there], label[there], time.astype(np.int64), permutations, seed)
    table = _table(counted, space, check_bands(days))
    held = int(there.sum())
    return NearRepeat(table, held, len(east) - held, permutations, seed, len(np.unique(label[there])))


def calendar_blocks(
    at: pd.Series[pd.Timestamp] | pd.DatetimeIndex, within: Within, zone: str = STATION_ZONE
) -> Integers:
    """Return labels of the calendar block of each instant, for `near_repeat`.

    A block must be longer than the widest band of time, or nearly all times in it are close whatever happens.

    Parameters
    ----------
    at
        (n,) instants with a time zone.
    within
        ``"all"`` (one block), ``"year"``, ``"season"`` (December to February, and so on) or ``"month"``.
    zone
        IANA name of the clock whose calendar counts.

    Returns
    -------
    labels
        (n,) int, rising with time; -1 where there is no time.

    Raises
    ------
    TimesWithoutZone, ZoneNotKnown
    """
    local, known = local_times(at, zone), pd.DatetimeIndex(at).notna()
    months = local.year.to_numpy(np.int64) * 12 + local.month.to_numpy(np.int64)
    labels = np.full(len(known), -1, dtype=np.int64)
    labels[known] = {"all": months * 0, "year": (months - 1) // 12, "season": months // 3, "month": months}[within]
    return labels


def _permuted(
    pairs: Pairs, seconds: Integers, label: Integers, edges: Integers, permutations: int, seed: int
) -> Integers:
    """Return (permutations + 1, space bands, time bands) pairs; the first row is what was seen."""
    n = len(seconds)
    if n and int(np.ptp(seconds)) >= 2**31 - 1:
        raise TimesWrong("The first and the last time are more than 68 years apart; leave the wrong ones out.")
    paired = np.zeros(n, dtype=bool)
    paired[pairs.first] = True
    paired[pairs.second] = True
    order = np.lexsort((~paired, label))  # by block; points without a pair last, so that they need no new time
    place = np.empty(n, dtype=np.uint32)
    place[order] = np.arange(n, dtype=np.uint32)
    number = np.bincount(label) if n else np.zeros(0, dtype=np.int64)
    block_start = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
    needed = np.bincount(label, weights=paired, minlength=len(number)).astype(np.int64)
    times = (seconds - seconds.min()).astype(np.int32)[order] if n else seconds.astype(np.int32)
    limits = np.minimum(edges, 2**31 - 1).astype(np.int32)
    below = _count_lanes(
        place[pairs.first], place[pairs.second], pairs.start, times, block_start, needed, limits[limits > 0],
        permutations + 1, random_state(seed),
    )  # fmt: skip
    return np.diff(below, axis=2, prepend=0 if edges[0] == 0 else below[:, :, :0])


@njit(cache=True, nogil=True)
def _count_lanes(  # noqa: C901, PLR0917  a kernel takes what it reads, one by one
    first: NDArray[np.uint32],
    second: NDArray[np.uint32],
    start: Integers,
    times: NDArray[np.int32],
    block_start: Integers,
    needed: Integers,
    edges: NDArray[np.int32],
    rounds: int,
    state: NDArray[np.uint64],
) -> Integers:
    """Return how many pairs of each space band are closer in time than each edge, for the times as given and permuted."""
    bands, limits = len(start) - 1, len(edges)
    below = np.zeros((rounds, bands, limits), dtype=np.int64)
    lanes = np.zeros((max(len(times), 1), _LANES), dtype=np.int32)
    hand = times.copy()
    for begin in range(0, rounds, _LANES):
        used = min(_LANES, rounds - begin)
        for lane in range(used):
            if begin + lane > 0:
                for block in range(len(needed)):
                    shuffle_part(hand, block_start[block], block_start[block + 1], needed[block], state)
            for point in range(len(times)):
                lanes[point, lane] = hand[point]
        for band in range(bands):
            found = np.zeros((limits, _LANES), dtype=np.int32)
            for pair in range(start[band], start[band + 1]):
                one, other = lanes[first[pair]], lanes[second[pair]]
                for edge in range(limits):
                    row, limit = found[edge], edges[edge]
                    for lane in range(_LANES):
                        row[lane] += np.int32(abs(np.int32(one[lane] - other[lane])) < limit)
            for edge in range(limits):
                for lane in range(used):
                    below[begin + lane, band, edge] = found[edge, lane]
    return below


def _table(counted: Integers, space: NDArray[np.float64], days: NDArray[np.float64]) -> pd.DataFrame:
    seen, drawn = counted[0].ravel(), counted[1:].reshape(len(counted) - 1, counted[0].size)
    rows, columns = np.divmod(np.arange(seen.size), len(days) - 1)
    ends = {"from_m": space[rows], "to_m": space[rows + 1], "from_days": days[columns], "to_days": days[columns + 1]}
    table = pd.DataFrame({**ends, "pairs": seen})
    for name, value in (("mean", np.mean), ("median", np.median)):
        table[name] = value(drawn, axis=0) if len(drawn) else np.nan
    for name in ("mean", "median"):
        table[f"ratio_{name}"] = (seen / table[name]).where(table[name] > 0)
    p = (1 + (drawn >= seen).sum(axis=0)) / (len(drawn) + 1)
    return table.assign(p=p, q=false_discovery_rate(p))
