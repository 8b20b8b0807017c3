"""Units and wishes brought into the arrays that a search works on; groups that must stay whole become one unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from gridmap.geo.propose_feasible import check_groups, check_wishes, homes, links_of
from gridmap.geo.propose_moves import Aims, Ground, links_back, neighbour_masks
from gridmap.geo.propose_score import targets
from gridmap.geo.propose_start import Places
from gridmap.geo.propose_wishes import NotFeasible

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.propose_wishes import Whole, Wishes
    from gridmap.geo.units import Units

SPLIT: Final = 0.15
"""What each further zone of a group costs, where the compactness of a zone from 0 to 1 is worth 1."""
LEAST_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Problem:
    """What a search works on.

    `of` (n,): the row of each unit where groups were merged; `scale`: what the wishes weigh together, at least a
    little.
    """

    ground: Ground
    aims: Aims
    places: Places
    of: NDArray[np.int32]
    scale: float


def problem_of(units: Units, wishes: Wishes) -> Problem:
    """Return what a search works on.

    Raises
    ------
    NotFeasible
        If no plan can grant the wishes.
    """
    check_wishes(units, wishes)
    part, home = homes(units, wishes)
    of = _near_together(units, _merged(units, wishes))
    count = int(of.max()) + 1
    if count < wishes.zones:
        raise NotFeasible(f"{count} whole groups and single units cannot make {wishes.zones} zones.", units=count)
    ground = _ground(units, links_of(units, wishes), of, count)
    first = np.zeros(count, dtype=np.int64)
    first[of[::-1]] = np.arange(len(units))[::-1]
    fixed = np.full(count, -1, dtype=np.int32)
    if wishes.fixed is not None:
        np.maximum.at(fixed, of, np.asarray(wishes.fixed).astype(np.int32))
    x = np.bincount(of, weights=units.x) / np.bincount(of)
    y = np.bincount(of, weights=units.y) / np.bincount(of)
    places = Places(x, y, part[first], home, fixed)
    closed = np.zeros(wishes.zones, dtype=bool) if wishes.closed is None else np.asarray(wishes.closed, dtype=bool)
    former, change = _former(units, wishes, of, count)
    soft = wishes.together is not None and wishes.weight_together > 0
    group = _group(wishes, of, count) if soft else np.full(count, -1, dtype=np.int32)
    target = targets(units, wishes)
    disc = float(units.area_m2.sum()) / wishes.zones / (2 * math.pi)  # mean squared distance in an even disc
    aims = Aims(
        target=target,
        slack=1 / (target * max(float(wishes.tolerance), LEAST_TOLERANCE)),
        compact=float(wishes.weight_compact),
        pull=float(wishes.weight_travel) / np.maximum(target * disc, 1e-9),
        former=former,
        change=change,
        group=group,
        split=SPLIT * float(wishes.weight_together) if soft else 0.0,
        held=fixed >= 0,
        closed=closed,
    )
    scale = aims.compact + float(wishes.weight_travel) + float(wishes.weight_change)
    return Problem(ground, aims, places, of, scale if scale > 0 else 1.0)


def _merged(units: Units, wishes: Wishes) -> NDArray[np.int32]:
    """Return the row of each unit after groups that must and can stay whole are merged."""
    alone = np.arange(len(units), dtype=np.int64)
    if wishes.together is None or not wishes.together_hard:
        return alone.astype(np.int32)
    together = np.asarray(wishes.together).astype(np.int64)
    grouped = together >= 0
    if not grouped.any():
        return alone.astype(np.int32)
    load = np.bincount(together[grouped], weights=units.load[grouped])
    may_stay = load <= (1 + wishes.tolerance) * targets(units, wishes).max()
    group = np.where(grouped & may_stay[np.maximum(together, 0)], together, -1)
    check_groups(units, wishes, group.astype(np.int32))
    keys = np.where(group >= 0, group, len(load) + alone)
    _, row = np.unique(keys, return_inverse=True)
    return row.astype(np.int32)


def _near_together(units: Units, of: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return `of` with the rows in an order in which neighbours are near each other in memory too (Morton's)."""
    cells = np.zeros(int(of.max()) + 1, dtype=np.int64)
    for shift, at in enumerate((units.x, units.y)):
        low, high = float(at.min()), float(at.max())
        steps = np.zeros(len(cells), dtype=np.int64)
        steps[of] = (at - low) / max(high - low, 1e-9) * 1023
        for bit in range(10):
            cells |= ((steps >> bit) & 1) << (2 * bit + shift)
    row = np.empty(len(cells), dtype=np.int32)
    row[np.argsort(cells, kind="stable")] = np.arange(len(cells), dtype=np.int32)
    return row[of]


def _ground(units: Units, links: NDArray[np.bool_], of: NDArray[np.int32], count: int) -> Ground:
    """Return the merged units: their figures added up, their inner borders gone, their common borders added."""
    x, y = units.x - units.x.mean(), units.y - units.y.mean()
    columns = [units.load, units.area_m2, units.outline_m, units.load * x, units.load * y, units.load * (x * x + y * y)]
    figures = np.zeros((count, 8))
    for number, column in enumerate(columns):
        figures[:, number] = np.bincount(of, weights=column, minlength=count)
    figures[:, 6] = 1
    one, other = of[units.rows()], of[units.other]
    inner = one == other
    figures[:, 2] -= np.bincount(one[inner], weights=units.border_m[inner], minlength=count)
    kept = links & ~inner
    keys, which = np.unique(one[kept].astype(np.int64) * count + other[kept], return_inverse=True)
    border = np.bincount(which, weights=units.border_m[kept], minlength=len(keys)).astype(float)
    start = np.concatenate([[0], np.cumsum(np.bincount(keys // count, minlength=count))]).astype(np.int32)
    neighbours = (keys % count).astype(np.int32)
    owner = (keys // count).astype(np.int32)
    masks, back = neighbour_masks(start, neighbours), links_back(start, neighbours)
    return Ground(start, neighbours, border, masks, back, owner, figures)


def _former(
    units: Units, wishes: Wishes, of: NDArray[np.int32], count: int
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the former zone of each merged unit (that of most of its doors) and what it costs to leave it."""
    former, cost = np.full(count, -1, dtype=np.int32), np.zeros(count)
    if wishes.former is None or wishes.weight_change <= 0:
        return former, cost
    weight = units.load if wishes.doors is None else np.asarray(wishes.doors, dtype=float)
    old = np.asarray(wishes.former)
    known = old >= 0
    total = float(weight[known].sum())
    if total <= 0:
        return former, cost
    pairs, which = np.unique(np.column_stack([of[known], old[known]]), axis=0, return_inverse=True)
    held = np.bincount(which.ravel(), weights=weight[known])
    order = np.argsort(held, kind="stable")
    former[pairs[order, 0]] = pairs[order, 1]  # the last to be written is the largest
    cost[pairs[order, 0]] = held[order] * wishes.weight_change * wishes.zones / total
    return former, cost


def _group(wishes: Wishes, of: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Return the group of each merged unit, numbered without gaps."""
    together = np.asarray(wishes.together)
    group = np.full(count, -1, dtype=np.int32)
    known = together >= 0
    group[of[known]] = np.unique(together[known], return_inverse=True)[1]
    return group


def relabelled(units: Units, wishes: Wishes, zone: Whole) -> NDArray[np.int32]:
    """Return the plan with its zones numbered like the former zones they share most with.

    Only zones of equal target and without fixed units change their numbers.
    """
    plain = np.asarray(zone).astype(np.int32)
    if wishes.former is None:
        return plain
    old = np.asarray(wishes.former)
    pinned = np.zeros(wishes.zones, dtype=bool)
    if wishes.fixed is not None:
        fixed = np.asarray(wishes.fixed)
        pinned[fixed[fixed >= 0]] = True
    if wishes.closed is not None:
        pinned |= np.asarray(wishes.closed, dtype=bool)
    loose = np.flatnonzero(~pinned)
    weight = units.load if wishes.doors is None else np.asarray(wishes.doors, dtype=float)
    known = (old >= 0) & (old < wishes.zones)
    shared = np.zeros((wishes.zones, wishes.zones))
    np.add.at(shared, (plain[known], old[known]), weight[known])
    target = targets(units, wishes)
    unequal = ~np.isclose(target[loose][:, None], target[loose][None, :])
    gain = np.where(unequal, -1e30, shared[np.ix_(loose, loose)])
    rows, columns = linear_sum_assignment(gain, maximize=True)
    number = np.arange(wishes.zones, dtype=np.int32)
    number[loose[rows]] = loose[columns]
    return number[plain]
