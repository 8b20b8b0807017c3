"""Series: like incidents close in place and time, such as battery thefts, raised only where chance does not make them.

Two incidents of one category are linked when they are closer than a distance *and* a number of days. Links are taken from
the closest on, and two groups join only while the whole stays within an extent and a length: so a chain of links never
runs across the town, and is cut at its widest gaps. Any busy corner makes groups. So each group is asked how many incidents
of its category its surroundings would have had in those days if days and places went their own ways, and is compared with
the most unusual group of maps whose times were dealt out anew within each category. One map in twenty without any series
raises one.

A series is a hint to look, about incidents and places. It says nothing about who did it, and no person is scored. Several
reports of one incident look like a series: join them first.

References
----------
Kruskal (1956), "On the Shortest Spanning Subtree of a Graph", Proc. Am. Math. Soc. 7(1): linking from the closest on.
Kulldorff et al. (2005), PLoS Medicine 2(3), e59: what is expected when days and places go their own ways, and its ratio.
Knox (1964), J. R. Stat. Soc. C 13(1): closeness in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from gridmap.errors import Invalid
from gridmap.geo import series_kernels
from gridmap.geo.chance import random_state
from gridmap.geo.pairs import MOST_PAIRS, PairsTooMany, close_pairs
from gridmap.geo.timeline import whole_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

PERMUTATIONS: Final = 999
LEVEL: Final = 0.05
_MOST_WORK: Final = 1e10  # pairs x permutations; some ten seconds
_COLUMNS: Final = [
    "category", "n", "members", "places", "first", "last", "x", "y", "extent_m", "days", "around", "observed",
    "expected", "llr", "p",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Incidents that may belong together.

    Parameters
    ----------
    members
        (n,) their places among the incidents, in order of time.
    extent_m, days
        Diagonal of their bounding box [m]; time from the first to the last [days].
    around, observed, expected, llr, p
        As `find_series` returns them.
    """

    members: Integers
    extent_m: float
    days: float
    around: int
    observed: int
    expected: float
    llr: float
    p: float


class SeriesWrong(Invalid):
    """The reach of links or the limits of groups are not above 0, or a column is missing."""

    slug, title = "series-wrong", "Series cannot be looked for like this"


def find_series(
    incidents: pd.DataFrame,
    *,
    reach_m: float = 300.0,
    reach_days: float = 7.0,
    most_extent_m: float = 1_000.0,
    most_days: float = 60.0,
    least: int = 3,
    level: float = LEVEL,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> pd.DataFrame:
    """Return unusual groups of like incidents, the most unusual first.

    Parameters
    ----------
    incidents
        (n,) rows on their ids: `x`, `y` [m, metric CRS], `at` (datetimes, or days as numbers), `category`, and
        `place` if known. Rows without place, time or category are left out.
    reach_m, reach_days
        Incidents are linked when closer than both.
    most_extent_m, most_days
        Longest diagonal of a group's bounding box [m] and longest time from its first to its last incident [days].
    least
        Fewest members.
    level
        Groups with p up to this are returned; 1 returns all groups.
    permutations, seed
        How often times are dealt out anew, and of which random numbers.

    Returns
    -------
    series
        One row a group: `category`, `n`, `members` (ids in order of time), `places` (distinct, or empty), `first`,
        `last` (as in `at`), `x`, `y` (mean) [m], `extent_m`, `days`, `around` (incidents of the category within
        `reach_m` of a member at any time), `observed` (those of them within the days of the group), `expected` (how many
        that would be by chance), `llr` and `p` (maps by chance with any group as unusual, over all categories).

    Raises
    ------
    SeriesWrong, PairsTooMany
    """
    if missing := sorted({"x", "y", "at", "category"} - set(incidents.columns)):
        raise SeriesWrong(f"The incidents have no column {', '.join(missing)}.")
    seconds, known = whole_seconds(incidents["at"])
    xy = incidents[["x", "y"]].to_numpy(np.float64)
    kept = np.flatnonzero(known & np.isfinite(xy).all(axis=1) & incidents["category"].notna().to_numpy())
    code, names = pd.factorize(incidents["category"].iloc[kept], sort=True)
    found = like_groups(
        xy[kept, 0], xy[kept, 1], seconds[kept], code, reach_m=reach_m, reach_days=reach_days, most_extent_m=most_extent_m,
        most_days=most_days, least=least, level=level, permutations=permutations, seed=seed,
    )  # fmt: skip
    rows = []
    for group in found:
        at = kept[group.members]
        places = incidents["place"].iloc[at].dropna().unique().tolist() if "place" in incidents.columns else []
        rows.append((
            names[code[group.members[0]]], len(at), incidents.index[at].tolist(), places, incidents["at"].iloc[at[0]],
            incidents["at"].iloc[at[-1]], float(xy[at, 0].mean()), float(xy[at, 1].mean()), group.extent_m, group.days,
            group.around, group.observed, group.expected, group.llr, group.p,
        ))  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def like_groups(  # noqa: PLR0913  the four columns of incidents, and what `find_series` asks
    x: Floats,
    y: Floats,
    seconds: Integers,
    code: NDArray[np.integer[Any]],
    *,
    reach_m: float,
    reach_days: float,
    most_extent_m: float,
    most_days: float,
    least: int,
    level: float,
    permutations: int,
    seed: int = 0,
) -> list[Group]:
    """Return unusual groups of incidents given as arrays, the most unusual first; see `find_series`.

    Parameters
    ----------
    x, y, seconds
        (n,) finite places [m, metric CRS] and times [s]. Of incidents that differ in nothing, the one given first comes first.
    code
        (n,) categories, as numbers from 0 without gaps.

    Raises
    ------
    SeriesWrong, PairsTooMany
    """
    limits = np.array([reach_m, reach_days * 86_400, most_extent_m, most_days * 86_400], dtype=np.float64)
    if not ((limits > 0).all() and np.isfinite(limits).all() and least >= 2):
        raise SeriesWrong("Distances and days must be above 0, and a group has at least 2 members.")
    order = np.lexsort((seconds, code))  # by category, then time: a group's members come in order
    x, y, when, kind = x[order], y[order], seconds[order], code[order].astype(np.int64)
    block = np.searchsorted(kind, np.arange(kind.max(initial=-1) + 2)).astype(np.int64)
    first, second = _pairs(x, y, block, reach_m)
    if len(first) * float(permutations + 1) > _MOST_WORK:
        raise PairsTooMany(
            f"{len(first):,} pairs in {permutations} permutations: take a shorter period, a smaller distance or fewer "
            "permutations.", pairs=len(first), permutations=permutations,
        )  # fmt: skip
    far = series_kernels.shares(x, y, first, second, reach_m)
    near_first = np.argsort(far, kind="stable")
    first, second, far = first[near_first], second[near_first], far[near_first]
    neighbour, start = _neighbours(first, second, len(x))
    task = series_kernels.Task(x, y, when, block, kind, first, second, far, neighbour, start, limits, least)
    group, figures = series_kernels.groups(task, when)
    roots = np.flatnonzero(figures[:, 0] >= least)
    if not len(roots):
        return []
    best = np.zeros(permutations)
    allowed = int(np.searchsorted(np.arange(1, permutations + 2) / (permutations + 1), level, side="right")) - 1
    unusual = figures[roots, 4].max() - 1e-9
    series_kernels.best_by_chance(task, random_state(seed), best, unusual, allowed)
    found = []
    for root in roots[np.argsort(-figures[roots, 4], kind="stable")]:
        llr = float(figures[root, 4])
        p = (1 + int((best >= llr - 1e-9).sum())) / (permutations + 1)
        if p <= level:
            members = np.flatnonzero(group == root)
            found.append(Group(
                order[members], float(np.hypot(np.ptp(x[members]), np.ptp(y[members]))),
                float(np.ptp(when[members]) / 86_400), int(figures[root, 1]), int(figures[root, 2]),
                float(figures[root, 3]), llr, p,
            ))  # fmt: skip
    return found


def _pairs(x: Floats, y: Floats, block: Integers, reach_m: float) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the close pairs of each category, in places of all incidents."""
    found, held = [np.zeros((2, 0), dtype=np.uint32)], 0
    for begin, end in pairwise(block.tolist()):
        pairs = close_pairs(x[begin:end], y[begin:end], (0.0, reach_m), most=MOST_PAIRS - held)
        held += len(pairs)
        found.append(np.stack([pairs.first, pairs.second]) + np.uint32(begin))
    both = np.concatenate(found, axis=1)
    return both[0].copy(), both[1].copy()


def _neighbours(first: Any, second: Any, n: int) -> tuple[NDArray[np.uint32], Integers]:
    """Return who is close to each incident: those of incident i are neighbour[start[i] : start[i + 1]]."""
    one, other = np.concatenate([first, second]), np.concatenate([second, first])
    order = np.argsort(one, kind="stable")
    return other[order], np.concatenate([[0], np.cumsum(np.bincount(one, minlength=n))]).astype(np.int64)
