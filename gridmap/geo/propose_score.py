"""The score of a plan, from the units' figures alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gridmap.geo.propose_wishes import Score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.propose_wishes import Whole, Wishes
    from gridmap.geo.units import Units


def targets(units: Units, wishes: Wishes) -> NDArray[np.float64]:
    """Return the (k,) loads that the zones should carry."""
    total = float(units.load.sum())
    if wishes.capacity is None:
        return np.full(wishes.zones, total / wishes.zones)
    share = np.asarray(wishes.capacity, dtype=float)
    return np.asarray(total * share / share.sum())


def score(units: Units, wishes: Wishes, zone: Whole) -> Score:
    """Return what a plan is worth.

    Parameters
    ----------
    units
        n units.
    wishes
        For the number of zones, targets, former zones, doors and groups.
    zone
        (n,) zone number of each unit, 0 to k - 1.

    References
    ----------
    Polsby & Popper (1991), "The Third Criterion", Yale Law & Policy Review 9(2), 301-353.
    """
    zone = np.asarray(zone)
    k = wishes.zones
    load = np.bincount(zone, weights=units.load, minlength=k).astype(float)
    ratio = load / targets(units, wishes)
    rows = units.rows()
    inner = zone[rows] == zone[units.other]
    outline = np.bincount(zone, weights=units.outline_m, minlength=k)
    outline -= np.bincount(zone[rows[inner]], weights=units.border_m[inner], minlength=k)
    area = np.bincount(zone, weights=units.area_m2, minlength=k)
    roundness = np.divide(4 * math.pi * area, outline**2, out=np.zeros(k), where=outline > 0)
    crossed = inner & units.barrier
    linked = inner if wishes.cross_barriers else inner & ~units.barrier
    return Score(
        deviation=float(np.abs(ratio - 1).max()),
        cv=float(ratio.std() / ratio.mean()),
        compactness=float(roundness.mean()),
        compactness_least=float(roundness.min()),
        changed_load=_changed(zone, wishes.former, units.load),
        changed_doors=_changed(zone, wishes.former, wishes.doors),
        split_groups=_split(zone, wishes.together),
        crossings=len(np.unique(zone[rows[crossed]])),
        stray=_parts(rows[linked], units.other[linked], len(units)) - len(np.unique(zone)),
        travel_m=_travel(units, zone, load),
    )


def _changed(zone: Whole, former: Whole | None, weight: NDArray[np.float64] | None) -> float:
    if former is None or weight is None:
        return 0.0
    known = np.asarray(former) >= 0
    total = float(weight[known].sum())
    return float(weight[known & (zone != former)].sum()) / total if total > 0 else 0.0


def _split(zone: Whole, together: Whole | None) -> int:
    if together is None:
        return 0
    grouped = np.asarray(together) >= 0
    pairs = np.unique(np.column_stack([together[grouped], zone[grouped]]), axis=0)
    return int((np.unique(pairs[:, 0], return_counts=True)[1] > 1).sum())


def _parts(one: Whole, other: Whole, count: int) -> int:
    links = sparse.coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(count, count))
    return int(connected_components(links, directed=False)[0])


def _travel(units: Units, zone: Whole, load: NDArray[np.float64]) -> float:
    """Return the mean distance of load to the mean place of its zone's load [m]."""
    total = float(load.sum())
    if total <= 0:
        return 0.0
    safe = np.where(load > 0, load, 1.0)
    x, y = (np.bincount(zone, weights=units.load * at, minlength=len(load)) / safe for at in (units.x, units.y))
    away = np.hypot(units.x - x[zone], units.y - y[zone])
    return float((away * units.load).sum() / total)
