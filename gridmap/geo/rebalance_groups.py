"""Villages that must stay whole, each made one unit for as long as a plan is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gridmap.geo.propose_score import targets
from gridmap.geo.propose_wishes import NotFeasible
from gridmap.geo.units import make_units

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.propose_wishes import Wishes
    from gridmap.geo.units import Units


def whole(units: Units, wishes: Wishes) -> tuple[Units, Wishes, NDArray[np.int32]]:
    """Return units and wishes with every group as one unit, and the number of the unit that each unit became part of.

    A group in several pieces becomes one unit a piece; one with more load than a zone may carry stays as it is. A group
    is formerly of the zone that most of its doors (or load) were of.
    """
    rows = units.rows()
    group = np.full(len(units), -1) if wishes.together is None else np.asarray(wishes.together)
    most = float(targets(units, wishes).max()) * (1 + wishes.tolerance)
    heavy = np.bincount(np.maximum(group, 0), weights=np.where(group >= 0, units.load, 0.0)) > most
    group = np.where((group >= 0) & ~heavy[np.maximum(group, 0)], group, -1)
    linked = np.ones(len(rows), dtype=bool) if wishes.cross_barriers else ~units.barrier
    inner = (group[rows] == group[units.other]) & (group[rows] >= 0) & linked
    n = len(units)
    count, part = connected_components(
        sparse.coo_array((np.ones(int(inner.sum())), (rows[inner], units.other[inner])), shape=(n, n)), directed=False
    )
    one, other = part[rows], part[units.other]
    same = one == other
    inside = np.bincount(one[same], weights=units.border_m[same], minlength=count)
    once = one < other
    keys, which = np.unique(one[once].astype(np.int64) * count + other[once], return_inverse=True)
    border = np.bincount(which, weights=units.border_m[once], minlength=len(keys)).astype(float)
    barred = np.bincount(which[~units.barrier[once]], minlength=len(keys)) == 0
    first = np.unique(part, return_index=True)[1]

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(part, weights=values, minlength=count).astype(float)

    joined = make_units(
        units.codes[first],
        total(units.load),
        total(units.area_m2),
        total(units.outline_m) - inside,
        np.column_stack([units.x[first], units.y[first]]),
        (keys // count, keys % count, border, barred),
    )
    weight = units.load if wishes.doors is None else np.asarray(wishes.doors, dtype=float)
    former = None if wishes.former is None else _most(part, np.asarray(wishes.former), weight, count)
    new = replace(
        wishes,
        together=None,
        former=former,
        fixed=None if wishes.fixed is None else _fixed(units, part, np.asarray(wishes.fixed), count),
        doors=None if wishes.doors is None else total(weight),
    )
    return joined, new, part.astype(np.int32)


def _most(
    part: NDArray[np.int32], zone: NDArray[np.integer], weight: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    """Return the zone that most of the weight of each part is in."""
    zones = int(zone.max(initial=-1)) + 2
    keys, which = np.unique(part.astype(np.int64) * zones + zone + 1, return_inverse=True)
    sums = np.bincount(which, weights=weight)
    order = np.lexsort((sums, keys // zones))
    result = np.empty(count, dtype=np.int64)
    result[keys[order] // zones] = keys[order] % zones - 1  # the last of a part is its heaviest
    return result


def _fixed(units: Units, part: NDArray[np.int32], fixed: NDArray[np.integer], count: int) -> NDArray[np.int64]:
    """Return the zone each part is fixed in, or -1; two zones for one group are refused."""
    result = np.full(count, -1, dtype=np.int64)
    held = np.flatnonzero(fixed >= 0)
    result[part[held]] = fixed[held]
    torn = held[result[part[held]] != fixed[held]]
    if torn.size:
        code = str(units.codes[torn[0]])
        raise NotFeasible(
            f"Unit {code} is fixed in another zone than its group, and groups are to stay whole: fix the group in one.",
            unit=code,
        )
    return result
