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

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numba import njit

from gridmap.errors import Invalid
from gridmap.geo.chance import random_state, shuffle_part
from gridmap.geo.pairs import MOST_PAIRS, PairsTooMany, close_pairs
from gridmap.geo.scan_kernels import log_ratio
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
    limits = np.array([reach_m, reach_days * 86_400, most_extent_m, most_days * 86_400], dtype=np.float64)
    if missing := sorted({"x", "y", "at", "category"} - set(incidents.columns)):
        raise SeriesWrong(f"The incidents have no column {', '.join(missing)}.")
    if not ((limits > 0).all() and np.isfinite(limits).all() and least >= 2):
        raise SeriesWrong("Distances and days must be above 0, and a group has at least 2 members.")
    seconds, known = whole_seconds(incidents["at"])
    xy = incidents[["x", "y"]].to_numpy(np.float64)
    kept = np.flatnonzero(known & np.isfinite(xy).all(axis=1) & incidents["category"].notna().to_numpy())
    code, names = pd.factorize(incidents["category"].iloc[kept], sort=True)
    order = np.lexsort((seconds[kept], code))  # by category, then time: a group's members come in order
    kept, code = kept[order], code[order].astype(np.int64)
    x, y, when = xy[kept, 0].copy(), xy[kept, 1].copy(), seconds[kept]
    block = np.searchsorted(code, np.arange(len(names) + 1)).astype(np.int64)
    first, second = _pairs(x, y, block, reach_m)
    if len(first) * float(permutations + 1) > _MOST_WORK:
        raise PairsTooMany(
            f"{len(first):,} pairs in {permutations} permutations: take a shorter period, a smaller distance or fewer "
            "permutations.", pairs=len(first), permutations=permutations,
        )  # fmt: skip
    neighbour, start = _neighbours(first, second, len(kept))
    task = (x, y, when, block, code, first, second, _apart(x, y, first, second), neighbour, start, limits, least)
    group, figures = _groups(*task, when)
    best = np.zeros(permutations)
    roots = np.flatnonzero(figures[:, 0] >= least)
    allowed = int(np.searchsorted(np.arange(1, permutations + 2) / (permutations + 1), level, side="right")) - 1
    unusual = figures[roots, 4].max() - 1e-9 if len(roots) else np.inf
    if len(roots):
        _best_by_chance(*task, random_state(seed), best, unusual, allowed)
    rows = []
    for root in roots:
        members = np.flatnonzero(group == root)
        at = kept[members]
        llr = figures[root, 4]
        p = (1 + int((best >= llr - 1e-9).sum())) / (permutations + 1)
        places = incidents["place"].iloc[at].dropna().unique().tolist() if "place" in incidents.columns else []
        rows.append((
            names[code[root]], len(members), incidents.index[at].tolist(), places, incidents["at"].iloc[at[0]],
            incidents["at"].iloc[at[-1]], float(x[members].mean()), float(y[members].mean()),
            float(np.hypot(np.ptp(x[members]), np.ptp(y[members]))), float(np.ptp(when[members]) / 86_400),
            int(figures[root, 1]), int(figures[root, 2]), figures[root, 3], llr, p,
        ))  # fmt: skip
    found = pd.DataFrame(rows, columns=_COLUMNS)
    return found[found["p"] <= level].sort_values("llr", ascending=False, ignore_index=True)


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


@njit(cache=True, nogil=True)
def _root(parent: Integers, member: int) -> int:
    while parent[member] != member:
        parent[member] = parent[parent[member]]
        member = parent[member]
    return member


@njit(cache=True, nogil=True)
def _apart(x: Floats, y: Floats, first: NDArray[np.uint32], second: NDArray[np.uint32]) -> Floats:
    """Return how far apart the two of each pair are [m]: the same however their times are dealt out."""
    apart = np.empty(len(first))
    for pair in range(len(first)):
        apart[pair] = np.hypot(x[first[pair]] - x[second[pair]], y[first[pair]] - y[second[pair]])
    return apart


@njit(cache=True, nogil=True)
def _link(  # noqa: PLR0917  as below
    x: Floats, y: Floats, first: NDArray[np.uint32], second: NDArray[np.uint32], far: Floats, limits: Floats, when: Integers
) -> tuple[Integers, Floats]:  # fmt: skip
    """Return the first incident of the group of each, and of these the box: lowest and highest x, y and time."""
    n = len(x)
    linked = np.empty(len(first), dtype=np.int64)
    gap = np.empty(len(first))
    links = 0
    for pair in range(len(first)):
        apart = abs(when[first[pair]] - when[second[pair]])
        if apart < limits[1]:
            linked[links] = pair
            gap[links] = max(far[pair] / limits[0], apart / limits[1])
            links += 1
    parent = np.arange(n)
    box = np.empty((n, 6))
    for one in range(n):
        box[one, 0], box[one, 2], box[one, 4] = x[one], y[one], float(when[one])
        box[one, 1], box[one, 3], box[one, 5] = x[one], y[one], float(when[one])
    # The bits of numbers that are not below 0 stand in the order of the numbers, and whole numbers are compared sooner.
    for link in np.argsort(gap[:links].view(np.int64)):
        a, b = _root(parent, first[linked[link]]), _root(parent, second[linked[link]])
        if a == b:
            continue
        east, north = max(box[a, 1], box[b, 1]), max(box[a, 3], box[b, 3])
        west, south = min(box[a, 0], box[b, 0]), min(box[a, 2], box[b, 2])
        begin, end = min(box[a, 4], box[b, 4]), max(box[a, 5], box[b, 5])
        if np.hypot(east - west, north - south) <= limits[2] and end - begin <= limits[3]:
            parent[max(a, b)] = min(a, b)
            box[min(a, b), 0], box[min(a, b), 1], box[min(a, b), 2] = west, east, south
            box[min(a, b), 3], box[min(a, b), 4], box[min(a, b), 5] = north, begin, end
    for one in range(n):
        parent[one] = _root(parent, one)
    return parent, box


@njit(cache=True, nogil=True)
def _groups(  # noqa: PLR0913, PLR0917  as above
    x: Floats,
    y: Floats,
    times: Integers,
    block: Integers,
    code: Integers,
    first: NDArray[np.uint32],
    second: NDArray[np.uint32],
    far: Floats,
    neighbour: NDArray[np.uint32],
    start: Integers,
    limits: Floats,
    least: int,
    when: Integers,
) -> tuple[Integers, Floats]:
    """Return the group of each incident, and of each root [members, around, observed, expected, LLR].

    `times` are sorted within each category; `when` are those of the incidents, as they are or dealt out anew.
    """
    n = len(x)
    parent, box = _link(x, y, first, second, far, limits, when)
    figures = np.zeros((n, 5))
    for one in range(n):
        figures[parent[one], 0] += 1
    order, free = np.empty(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    place = 0
    for root in range(n):
        free[root] = place
        place += int(figures[root, 0])
    for one in range(n):  # members of one group side by side
        order[free[parent[one]]] = one
        free[parent[one]] += 1
    seen = np.full(n, -1, dtype=np.int64)
    for member in order:
        root = parent[member]
        if figures[root, 0] < least:
            continue
        for step in range(start[member] - 1, start[member + 1]):
            near = member if step < start[member] else np.int64(neighbour[step])
            if seen[near] != root:
                seen[near] = root
                figures[root, 1] += 1
                figures[root, 2] += box[root, 4] <= when[near] <= box[root, 5]
    for root in range(n):
        if figures[root, 0] >= least:
            same = times[block[code[root]] : block[code[root] + 1]]
            then = np.searchsorted(same, box[root, 5], side="right") - np.searchsorted(same, box[root, 4], side="left")
            figures[root, 3] = figures[root, 1] * then / len(same)
            figures[root, 4] = log_ratio(figures[root, 2], figures[root, 3], float(len(same)))
    return parent, figures


@njit(cache=True, nogil=True)
def _best_by_chance(  # noqa: PLR0913, PLR0917  as above
    x: Floats,
    y: Floats,
    times: Integers,
    block: Integers,
    code: Integers,
    first: NDArray[np.uint32],
    second: NDArray[np.uint32],
    far: Floats,
    neighbour: NDArray[np.uint32],
    start: Integers,
    limits: Floats,
    least: int,
    state: NDArray[np.uint64],
    best: Floats,
    unusual: float,
    allowed: int,
) -> None:
    """Fill `best` with the LLR of the most unusual group of maps whose times were dealt out within each category.

    Once more than `allowed` of them have a group as `unusual`, nothing found is rare enough, and no further one is made.
    """
    when = times.copy()
    as_unusual = 0
    for permutation in range(len(best)):
        for kind in range(len(block) - 1):
            shuffle_part(when, block[kind], block[kind + 1], block[kind + 1] - block[kind], state)
        _, figures = _groups(x, y, times, block, code, first, second, far, neighbour, start, limits, least, when)
        for one in range(len(x)):
            best[permutation] = max(best[permutation], figures[one, 4])
        as_unusual += best[permutation] >= unusual
        if as_unusual > allowed:
            break
