"""Where rebalancing starts: the former plan, made whole, and the reasons why no plan can be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gridmap.geo.propose_score import targets
from gridmap.geo.propose_wishes import NotFeasible
from gridmap.geo.rebalance_moves import share_out
from gridmap.geo.rebalance_state import Ground, can_leave, move, state_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.propose_wishes import Wishes
    from gridmap.geo.rebalance_state import State
    from gridmap.geo.units import Units

_SLACK = 1e-9


def ground_of(units: Units, wishes: Wishes) -> Ground:
    """Return the units and wishes as flat arrays for the compiled loops."""
    k, n = wishes.zones, len(units)
    told = np.full(n, -1) if wishes.former is None else np.asarray(wishes.former)
    former: NDArray[np.int32] = np.where((told >= 0) & (told < k), told, -1).astype(np.int32)
    weight = units.load if wishes.doors is None else np.asarray(wishes.doors, dtype=float)
    known = np.where(former >= 0, weight, 0.0)
    area, outline = state_of_zones(units, former, k)
    round_ = np.divide(4 * math.pi * area, outline**2, out=np.zeros(k), where=outline > 0)
    usual = float(round_[outline > 0].mean()) if (outline > 0).any() else 0.4
    closed = np.zeros(k, dtype=bool) if wishes.closed is None else np.asarray(wishes.closed, dtype=bool)
    fixed = np.full(n, -1) if wishes.fixed is None else np.asarray(wishes.fixed)
    return Ground(
        start=np.array(units.start, dtype=np.int32),  # copies: what may not be written to is another type to a kernel
        other=np.array(units.other, dtype=np.int32),
        border=np.array(units.border_m, dtype=float),
        link=np.ones(len(units.other), dtype=bool) if wishes.cross_barriers else ~units.barrier,
        load=np.array(units.load, dtype=float),
        area=np.array(units.area_m2, dtype=float),
        outline=np.array(units.outline_m, dtype=float),
        price=known * (k / max(float(known.sum()), 1e-300)),
        former=former,
        free=fixed < 0,
        open=~closed,
        target=targets(units, wishes),
        aim=np.where(outline > 0, round_, usual),
    )


def state_of_zones(
    units: Units, zone: NDArray[np.int32], zones: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (k,) areas and outlines of zones; units in none (-1) are left out."""
    in_one = zone >= 0
    rows = units.rows()
    inner = (zone[rows] == zone[units.other]) & in_one[rows]
    outline = np.bincount(zone[in_one], weights=units.outline_m[in_one], minlength=zones)
    outline -= np.bincount(zone[rows[inner]], weights=units.border_m[inner], minlength=zones)
    area = np.bincount(zone[in_one], weights=units.area_m2[in_one], minlength=zones)
    return area.astype(float), outline.astype(float)


def start_of(units: Units, wishes: Wishes, ground: Ground) -> State:
    """Return the former plan as a plan of whole zones: strays handed over, empty zones opened.

    Raises
    ------
    NotFeasible
        If locked units of one zone do not hang together, or a unit cannot be reached by any zone.
    """
    n, k = len(units), wishes.zones
    fixed = np.full(n, -1) if wishes.fixed is None else np.asarray(wishes.fixed)
    zone = np.where(fixed >= 0, fixed, ground.former)
    zone = np.where((fixed < 0) & ~ground.open[np.maximum(zone, 0)], -1, zone)
    zone = _main_parts(units, ground, zone.astype(np.int32), fixed)
    # Units without a zone wait in one more, which is given up at once.
    waiting = ground._replace(
        target=np.append(ground.target, ground.target.mean()),
        open=np.append(ground.open, False),
        aim=np.append(ground.aim, 0.0),
    )
    state = state_of(waiting, np.where(zone >= 0, zone, k).astype(np.int32), k + 1)
    closing = np.arange(k + 1) == k
    share_out(waiting, state, closing)
    while (state.zone == k).any():
        empty = np.flatnonzero((state.size[:k] == 0) & ground.open)
        lost = np.flatnonzero(state.zone == k)
        if not empty.size:
            code = str(units.codes[lost[0]])
            raise NotFeasible(
                f"Unit {code} and {len(lost) - 1} more cannot be reached by any zone that takes units: join them with a "
                f"bridge, or open a zone next to them.",
                unit=code,
            )
        move(waiting, state, int(lost[np.argmax(ground.load[lost])]), int(empty[0]))
        share_out(waiting, state, closing)
    state = state_of(ground, state.zone, k)
    for number in np.flatnonzero(state.size == 0):
        _open(ground, state, int(number))
    return state


def _main_parts(units: Units, ground: Ground, zone: NDArray[np.int32], fixed: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the zones without their stray parts, which become -1: the part with locked units stays, else the heaviest."""
    n, rows = len(zone), units.rows()
    inner = (zone[rows] == zone[units.other]) & ground.link & (zone[rows] >= 0)
    links = sparse.coo_array((np.ones(int(inner.sum())), (rows[inner], units.other[inner])), shape=(n, n))
    count, part = connected_components(links, directed=False)
    weight = np.bincount(part, weights=units.load, minlength=count) + 1e-9 * np.bincount(part, minlength=count)
    locked = np.bincount(part, weights=fixed >= 0, minlength=count) > 0
    of = np.empty(count, dtype=np.int64)
    of[part] = zone
    order = np.lexsort((weight, locked))
    main = np.full(int(zone.max(initial=-1)) + 2, -1, dtype=np.int64)
    main[of[order]] = order  # the last is the best; -1 writes the spare place at the end
    torn = np.flatnonzero(locked & (of >= 0) & (main[of] != np.arange(count)))
    if torn.size:
        code = str(units.codes[int(np.argmax((part == torn[0]) & (fixed >= 0)))])
        raise NotFeasible(
            f"Unit {code} is locked in zone {of[torn[0]]}, whose other locked units do not touch it: lock the units "
            f"between them too, or unlock it.",
            unit=code,
            zone=int(of[torn[0]]),
        )
    kept: NDArray[np.int32] = np.where((zone >= 0) & (main[zone] == part), zone, -1).astype(np.int32)
    return kept


def _open(ground: Ground, state: State, number: int) -> None:
    """Put one unit into an empty zone: the one with the most work around it that its zone can do without."""
    n = len(state.zone)
    ratio = (state.load / ground.target)[state.zone]
    links = sparse.csr_array((ground.link.astype(float), ground.other, ground.start), shape=(n, n))
    around = (links @ ratio + ratio) / (links.sum(axis=1) + 1)
    for unit in np.argsort(-np.where(ground.free, around, -np.inf), kind="stable").tolist():
        if ground.free[unit] and can_leave(ground, state, unit):
            move(ground, state, unit, number)
            return
    raise NotFeasible(f"No unit can be spared for zone {number}, which is empty: unlock some.", zone=number)
