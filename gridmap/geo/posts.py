"""Where to put the station's posts so that most doors lie within reach: maximal covering, with backup.

Doors that the same sites reach are one row; greedy choice with interchanges gives a plan at once; a linear programme
bounds what any plan can do and tells most sites in or out; what is left is solved to the end by HiGHS, or to a time
limit, with the distance to the bound told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.spatial import cKDTree

from gridmap.errors import Invalid

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_SAME = 1e-9  # of the value: numbers nearer than this are one


class BadPosts(Invalid):
    """A number of posts, sites or doors of which no plan can be made."""

    slug, title = "bad-posts", "The posts cannot be placed"


@dataclass(frozen=True, slots=True)
class Posts:
    """Where the posts go.

    `sites` (p,): rows of the chosen sites, fixed ones included, in order; `covered`, `backed_up` (n,): whether each
    place lies within reach of one, and of two posts; `share`, `share_backed_up`: the same in demand, 0 to 1. `value`:
    share + backup x share_backed_up, what was made as large as can be; `bound`: no plan does better than this; `gap`:
    what the value may still lack of the bound, as a share of the bound; `proved`: nothing.
    """

    sites: NDArray[np.int64]
    covered: NDArray[np.bool_]
    backed_up: NDArray[np.bool_]
    share: float
    share_backed_up: float
    value: float
    bound: float
    gap: float
    proved: bool


@dataclass(frozen=True, slots=True)
class _Rows:
    """Places told apart only by the sites that reach them: `reach` (g, s) of 0 and 1, and the `demand` (g,) of each."""

    reach: sparse.csr_array
    demand: Floats


def within(sites: ArrayLike, places: ArrayLike, metres: float) -> sparse.csr_array:
    """Return which of (n, 2) places lie at most `metres` from which of (s, 2) sites: (n, s), 1 where they do.

    Straight lines in a metric CRS; a matrix from travel times along streets serves `place_posts` as well.
    """
    at, doors = (np.asarray(points, dtype=float).reshape(-1, 2) for points in (sites, places))
    near = cKDTree(at).query_ball_point(doors, metres, return_sorted=True)
    size = np.array([len(one) for one in near], dtype=np.int64)
    columns = np.concatenate([np.asarray(one, dtype=np.int64) for one in near]) if size.sum() else np.empty(0, np.int64)
    start = np.concatenate([[0], np.cumsum(size)])
    return sparse.csr_array((np.ones(len(columns)), columns, start), shape=(len(doors), len(at)))


def place_posts(
    reach: sparse.csr_array | NDArray[np.bool_],
    count: int,
    *,
    demand: ArrayLike | None = None,
    fixed: ArrayLike = (),
    backup: float = 0.0,
    time_limit_s: float = 10.0,
) -> Posts:
    """Return the `count` sites that reach the most demand, and some of it twice.

    Parameters
    ----------
    reach
        (n, s) whether a post at each site reaches each place, from `within` or from travel times.
    count
        How many posts there will be, the fixed ones included.
    demand
        (n,) doors, calls or the like of each place, at least 0; 1 each by default.
    fixed
        Rows of sites that have a post already and keep it.
    backup
        What a second post within reach is worth beside the first, 0 to 1. 0 counts the first alone; a very small number
        chooses, among the plans that reach the most, the one that reaches most of it twice.
    time_limit_s
        How long the solver may run after the first plan is made.

    Returns
    -------
    posts
        The best plan found; `gap` is 0 if no plan is better.

    Raises
    ------
    BadPosts
        If sizes do not fit, a demand is negative or not finite, nothing is demanded, or the count is below the number
        of fixed posts or above the number of sites.

    References
    ----------
    Church & ReVelle (1974), "The maximal covering location problem", Papers of the Regional Science Association 32,
    101-118. Hogan & ReVelle (1986), "Concepts and applications of backup coverage", Management Science 32(11),
    1434-1444. Daskin & Stern (1981), "A hierarchical objective set covering model for emergency medical service vehicle
    deployment", Transportation Science 15(2), 137-152.
    """
    table, weight, kept = _checked(reach, count, demand, fixed, backup)
    rows = _alike(table, weight / weight.sum())
    chosen = _interchanged(rows, _greedy(rows, count, kept, backup), kept, backup)
    value = _value(rows, chosen, backup)
    told = _relaxed(rows, count, kept, backup, value)
    bound = told[0]
    if bound > value * (1 + _SAME) and time_limit_s > 0:
        better, bound = _solved(rows, count, told, backup, time_limit_s)
        if better is not None and (found := _value(rows, better, backup)) > value:
            chosen, value = better, found
    times = table[:, chosen].sum(axis=1)
    covered, backed_up = np.asarray(times >= 1), np.asarray(times >= 2)
    bound = max(bound, value)
    gap = (bound - value) / bound if bound > value * (1 + _SAME) else 0.0
    total = weight.sum()
    share, twice = float(weight[covered].sum() / total), float(weight[backed_up].sum() / total)
    return Posts(chosen, covered, backed_up, share, twice, share + backup * twice, bound, gap, proved=gap == 0)


def _checked(
    reach: sparse.csr_array | NDArray[np.bool_], count: int, demand: ArrayLike | None, fixed: ArrayLike, backup: float
) -> tuple[sparse.csr_array, Floats, NDArray[np.int64]]:
    """Return the table of 0 and 1, the demand and the fixed sites, or raise `BadPosts`."""
    table = sparse.csr_array(reach).astype(bool).astype(float)
    table.eliminate_zeros()
    table.sort_indices()
    places, sites = table.shape
    weight = np.ones(places) if demand is None else np.asarray(demand, dtype=float)
    kept = np.unique(np.asarray(fixed, dtype=np.int64))
    if weight.shape != (places,) or not (np.isfinite(weight) & (weight >= 0)).all() or not weight.sum() > 0:
        raise BadPosts(f"Give each of the {places} places a demand of at least 0, and not all of them 0.")
    if kept.size and not (kept[0] >= 0 and kept[-1] < sites):
        raise BadPosts(f"A fixed post is at a site from 0 to {sites - 1}.")
    if not kept.size <= count <= sites or count < 1:
        raise BadPosts(
            f"{count} posts on {sites} sites, {kept.size} of them fixed: ask for at least the fixed ones, for one at "
            f"least, and for no more than there are sites.",
            count=count,
            sites=sites,
            fixed=kept.size,
        )
    if not 0 <= backup <= 1:
        raise BadPosts(f"A second post is worth from nothing (0) to as much as the first (1), not {backup}.")
    return table, weight, kept


def _alike(table: sparse.csr_array, weight: Floats) -> _Rows:
    """Return places that the same sites reach as one, and leave out those that nothing reaches or nobody lives at."""
    number: dict[bytes, int] = {}
    first: list[int] = []
    group = np.full(table.shape[0], -1, dtype=np.int64)
    for row in np.flatnonzero((np.diff(table.indptr) > 0) & (weight > 0)).tolist():
        key = table.indices[table.indptr[row] : table.indptr[row + 1]].tobytes()
        if key not in number:
            number[key] = len(first)
            first.append(row)
        group[row] = number[key]
    grouped = group >= 0
    demand = np.bincount(group[grouped], weights=weight[grouped], minlength=len(first)).astype(float)
    return _Rows(table[first], demand)


def _value(rows: _Rows, chosen: NDArray[np.int64], backup: float) -> float:
    times = rows.reach[:, chosen].sum(axis=1)
    return float(rows.demand[times >= 1].sum() + backup * rows.demand[times >= 2].sum())


def _gains(rows: _Rows, times: Floats, backup: float) -> Floats:
    """Return (s,) what one more post at each site adds, where each row is reached `times` already."""
    worth = np.where(times == 0, rows.demand, np.where(times == 1, backup * rows.demand, 0.0))
    gains: Floats = rows.reach.T @ worth
    return gains


def _greedy(rows: _Rows, count: int, kept: NDArray[np.int64], backup: float) -> NDArray[np.int64]:
    """Return the kept sites and, one after the other, the one that adds most."""
    chosen, times = kept.tolist(), np.asarray(rows.reach[:, kept].sum(axis=1))
    while len(chosen) < count:
        gains = _gains(rows, times, backup)
        gains[chosen] = -1.0
        chosen.append(int(np.argmax(gains)))
        times = times + rows.reach[:, [chosen[-1]]].toarray().ravel()
    return np.sort(np.array(chosen, dtype=np.int64))


def _interchanged(rows: _Rows, chosen: NDArray[np.int64], kept: NDArray[np.int64], backup: float) -> NDArray[np.int64]:
    """Return the sites after moving one post at a time to where it adds more, until no move does (Teitz & Bart)."""
    posts, held = chosen.tolist(), set(kept.tolist())
    columns = rows.reach.tocsc()
    times = np.asarray(rows.reach[:, posts].sum(axis=1))
    moved = True
    while moved:
        moved = False
        for place, site in enumerate(posts):
            if site in held:
                continue
            reached = columns.indices[columns.indptr[site] : columns.indptr[site + 1]]
            times[reached] -= 1
            gains = _gains(rows, times, backup)
            here = gains[site]
            gains[posts] = -1.0
            best = int(np.argmax(gains))
            if gains[best] > here + _SAME:
                posts[place], moved = best, True
            now = posts[place]
            times[columns.indices[columns.indptr[now] : columns.indptr[now + 1]]] += 1
    return np.sort(np.array(posts, dtype=np.int64))


def _programme(rows: _Rows, count: int, backup: float) -> tuple[Floats, sparse.csr_array, Floats, Floats]:
    """Return cost, matrix and limits of: a row counts once and twice at most as often as posts reach it."""
    groups, sites = rows.reach.shape
    eye = sparse.eye_array(groups, format="csr")
    parts = [eye, eye] if backup > 0 else [eye]
    cost = np.concatenate([np.zeros(sites), -rows.demand, *([-backup * rows.demand] if backup > 0 else [])])
    matrix = sparse.hstack([-rows.reach, *parts], format="csr")
    total = np.zeros((1, matrix.shape[1]))
    total[0, :sites] = 1.0
    matrix = sparse.vstack([matrix, sparse.csr_array(total)], format="csr")
    return cost, matrix, np.append(np.full(groups, -np.inf), count), np.append(np.zeros(groups), count)


def _relaxed(
    rows: _Rows, count: int, kept: NDArray[np.int64], backup: float, value: float
) -> tuple[float, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return a bound on every plan, and the sites that every better plan than `value` has, and has not."""
    sites = rows.reach.shape[1]
    cost, matrix, _, high = _programme(rows, count, backup)
    low = np.zeros(len(cost))
    low[kept] = 1.0
    bounds = np.column_stack([low, np.ones(len(cost))])
    answer = linprog(
        cost, A_ub=matrix[:-1], b_ub=high[:-1], A_eq=matrix[-1:], b_eq=high[-1:], bounds=bounds, method="highs"
    )
    open_, shut = low[:sites] > 0, np.zeros(sites, dtype=bool)
    if answer.status != 0:
        return 1.0 + backup, open_, shut
    room = -answer.fun - value
    shut |= (answer.lower.marginals[:sites] > room + _SAME) & ~open_
    open_ |= -answer.upper.marginals[:sites] > room + _SAME
    return float(-answer.fun), open_, shut


def _solved(
    rows: _Rows,
    count: int,
    told: tuple[float, NDArray[np.bool_], NDArray[np.bool_]],
    backup: float,
    time_limit_s: float,
) -> tuple[NDArray[np.int64] | None, float]:
    """Return the best sites the solver finds in time, if any, and the bound it reaches."""
    sites, (bound, open_, shut) = rows.reach.shape[1], told
    cost, matrix, low, high = _programme(rows, count, backup)
    least, most = np.zeros(len(cost)), np.ones(len(cost))
    least[:sites][open_] = 1.0
    most[:sites][shut] = 0.0
    whole = np.zeros(len(cost))
    whole[:sites] = 1
    options: dict[str, Any] = {"time_limit": time_limit_s, "mip_rel_gap": 0.0}
    answer = milp(
        cost,
        constraints=LinearConstraint(matrix, low, high),
        bounds=Bounds(least, most),
        integrality=whole,
        options=options,
    )
    reached = bound if answer.mip_dual_bound is None else min(bound, float(-answer.mip_dual_bound))
    if answer.x is None:
        return None, bound if answer.status == 1 else reached
    return np.flatnonzero(answer.x[:sites] > 0.5), reached
