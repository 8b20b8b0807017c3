"""Why a plan cannot be: wishes that contradict the map or each other are named before anything is searched."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gridmap.geo.propose_score import targets
from gridmap.geo.propose_wishes import NotFeasible

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.propose_wishes import Whole, Wishes
    from gridmap.geo.units import Units

SHOWN = 3
"""How many units of a part of the map are named."""


def check_wishes(units: Units, wishes: Wishes) -> None:
    """Do nothing if the wishes fit the units.

    Raises
    ------
    NotFeasible
        If there are more zones than units or nothing to share out, if a column has another length than the units or
        zones, if capacities do not sum to 1, or if a single unit or what is fixed in a zone is more than a zone may
        carry.
    """
    count, zones = len(units), wishes.zones
    if not 1 <= zones <= count:
        raise NotFeasible(f"{count} units cannot make {zones} zones; ask for 1 to {count}.", units=count, zones=zones)
    if not 0 < wishes.tolerance < math.inf:
        raise NotFeasible(f"A tolerance of {wishes.tolerance} cannot be met; give a share above 0, such as 0.05.")
    if not units.load.sum() > 0:
        raise NotFeasible("No unit carries any load, so there is nothing to balance; choose another load.")
    _check_lengths(wishes, count)
    _check_capacity(wishes)
    _check_loads(units, wishes)


def _check_lengths(wishes: Wishes, count: int) -> None:
    columns = {"fixed": count, "together": count, "former": count, "doors": count}
    columns |= {"capacity": wishes.zones, "closed": wishes.zones}
    for name, length in columns.items():
        column = getattr(wishes, name)
        if column is not None and np.shape(column) != (length,):
            raise NotFeasible(f"`{name}` has {np.size(column)} values where {length} are needed.", column=name)
    if wishes.fixed is not None and (np.max(wishes.fixed) >= wishes.zones):
        highest = int(np.max(wishes.fixed))
        raise NotFeasible(
            f"A unit is fixed in zone {highest}, but zones are numbered 0 to {wishes.zones - 1}.", zone=highest
        )
    weights = (wishes.weight_compact, wishes.weight_change, wishes.weight_travel, wishes.weight_together)
    if not all(0 <= weight < math.inf for weight in weights):
        raise NotFeasible("A weight is negative or not finite; give 0 or more.")
    if wishes.doors is not None and not (np.isfinite(wishes.doors).all() and np.min(wishes.doors) >= 0):
        raise NotFeasible("A number of doors is negative or not finite.", column="doors")


def _check_capacity(wishes: Wishes) -> None:
    if wishes.capacity is None:
        return
    share = np.asarray(wishes.capacity, dtype=float)
    wrong = np.flatnonzero(~(np.isfinite(share) & (share > 0)))
    if len(wrong):
        zone = int(wrong[0])
        raise NotFeasible(f"Zone {zone} has the capacity {share[zone]}; every zone needs a share above 0.", zone=zone)
    total = float(share.sum())
    if abs(total - 1) > 1e-3:
        raise NotFeasible(f"The capacities sum to {total:.4g} of the load; shares must sum to 1.", total=total)


def _check_loads(units: Units, wishes: Wishes) -> None:
    target = targets(units, wishes)
    fixed = np.full(len(units), -1) if wishes.fixed is None else np.asarray(wishes.fixed)
    free = np.where(fixed < 0, units.load, 0.0)
    heaviest = int(np.argmax(free))
    if free[heaviest] > (1 + wishes.tolerance) * target.max() * (1 + 1e-9):
        times = free[heaviest] / target.max()
        code = str(units.codes[heaviest])
        raise NotFeasible(
            f"Unit {code} alone is {times:.2g} targets; cut it, ask for fewer zones or give its zone more capacity.",
            unit=code,
            targets=float(times),
        )
    held = np.bincount(fixed[fixed >= 0], weights=units.load[fixed >= 0], minlength=wishes.zones)
    ratio = held / target
    if ratio.max() > (1 + wishes.tolerance) * (1 + 1e-9):
        zone = int(np.argmax(ratio))
        raise NotFeasible(
            f"The units that must stay in zone {zone} alone are {ratio[zone]:.2g} targets, more than the tolerance of "
            f"{wishes.tolerance:.2g} allows; free some of them or give the zone more capacity.",
            zone=zone,
            targets=float(ratio[zone]),
        )
    if wishes.closed is not None:
        _check_closed(np.asarray(wishes.closed, dtype=bool), ratio, fixed, wishes)


def _check_closed(closed: NDArray[np.bool_], ratio: NDArray[np.float64], fixed: Whole, wishes: Wishes) -> None:
    for zone in np.flatnonzero(closed).tolist():
        if not (fixed == zone).any():
            raise NotFeasible(f"Zone {zone} is closed and has no unit; fix its units in it.", zone=zone)
        if ratio[zone] < (1 - wishes.tolerance) * (1 - 1e-9):
            raise NotFeasible(
                f"Zone {zone} is locked with {ratio[zone]:.2g} of its target, less than the tolerance of "
                f"{wishes.tolerance:.2g} allows; unlock it or give it less capacity.",
                zone=zone,
                targets=float(ratio[zone]),
            )
    if closed.all() and (fixed < 0).any():
        raise NotFeasible("Every zone is closed but some units are in none; open a zone.")


def links_of(units: Units, wishes: Wishes) -> NDArray[np.bool_]:
    """Return which of the (e,) neighbours may hold a zone together."""
    return np.ones(len(units.other), dtype=bool) if wishes.cross_barriers else ~units.barrier


def parts_of(one: Whole, other: Whole, count: int) -> NDArray[np.int32]:
    """Return the connected part that each of `count` units is in."""
    links = sparse.coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int32)


def homes(units: Units, wishes: Wishes) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the part of the map each unit is in, and the part that each zone has to be in (-1 if it is closed).

    Parts are what barriers, water and closed zones leave; each must make a whole number of zones.

    Raises
    ------
    NotFeasible
        If units fixed in one zone lie in different parts, or if a part cannot make a whole number of zones.
    """
    rows, links = units.rows(), links_of(units, wishes)
    fixed = np.full(len(units), -1) if wishes.fixed is None else np.asarray(wishes.fixed)
    closed = np.zeros(wishes.zones, dtype=bool) if wishes.closed is None else np.asarray(wishes.closed, dtype=bool)
    shut = (fixed >= 0) & closed[fixed]
    kept = links & ~shut[rows] & ~shut[units.other]
    part = parts_of(rows[kept], units.other[kept], len(units))
    home = np.full(wishes.zones, -1, dtype=np.int32)
    for zone in np.unique(fixed[(fixed >= 0) & ~shut]).tolist():
        found = np.unique(part[fixed == zone])
        if len(found) > 1:
            codes = [str(units.codes[np.argmax((fixed == zone) & (part == number))]) for number in found[:2]]
            raise NotFeasible(
                f"Units {codes[0]} and {codes[1]} must stay in zone {zone} but cannot be joined; add a bridge.",
                zone=zone,
                units=codes,
            )
        home[zone] = found[0]
    _share_out(units, wishes, part, home, np.unique(part[~shut]), closed)
    return part, home


def _share_out(
    units: Units, wishes: Wishes, part: NDArray[np.int32], home: NDArray[np.int32], parts: Whole, closed: Whole
) -> None:
    """Give every open zone without a home to a part of the map, so that the targets of each part sum to its load."""
    target = targets(units, wishes)
    load = np.bincount(part, weights=units.load)
    free = [zone for zone in np.argsort(-target, kind="stable").tolist() if home[zone] < 0 and not closed[zone]]
    wanted = {number: load[number] - target[home == number].sum() for number in parts.tolist()}
    if len(parts) == 1:
        home[free] = parts[0]
    else:
        for zone in free:  # the largest target to the largest need
            number = max(wanted, key=lambda part: (wanted[part], -part))
            home[zone] = number
            wanted[number] -= target[zone]
    for number in parts.tolist():
        aim = float(target[home == number].sum())
        if aim > 0 and abs(load[number] / aim - 1) <= wishes.tolerance * (1 + 1e-9):
            continue
        raise _no_whole_number(units, wishes, part == number, load[number] / target.mean())


def _no_whole_number(units: Units, wishes: Wishes, inside: NDArray[np.bool_], times: float) -> NotFeasible:
    codes = [str(code) for code in units.codes[inside][:SHOWN]]
    count = int(inside.sum())
    if count == len(units):
        return NotFeasible("The capacities of the open zones do not sum to the load that is left.", targets=times)
    named = ", ".join(codes) + (f" and {count - SHOWN} more" if count > SHOWN else "")
    edge = inside[units.rows()] & ~inside[units.other]
    barred = bool((edge & units.barrier).any()) and not wishes.cross_barriers
    why = "A barrier cuts off" if barred else "Nothing joins"
    return NotFeasible(
        f"{why} the part of {count} units ({named}), and its load of {times:.2g} targets cannot make a whole number "
        f"of zones within {wishes.tolerance:.2g}; add a bridge{', let barriers be crossed' if barred else ''} or change "
        "the number of zones.",
        units=codes,
        count=count,
        targets=float(times),
    )


def check_groups(units: Units, wishes: Wishes, group: NDArray[np.int32]) -> None:
    """Do nothing if each group of `group` (n,), -1 for none, is in one piece and not fixed in two zones.

    Raises
    ------
    NotFeasible
        If a group that must stay whole cannot.
    """
    rows, links = units.rows(), links_of(units, wishes)
    inside = links & (group[rows] >= 0) & (group[rows] == group[units.other])
    part = parts_of(rows[inside], units.other[inside], len(units))
    fixed = np.full(len(units), -1) if wishes.fixed is None else np.asarray(wishes.fixed)
    for name, column in (("lies in two parts", part), ("is fixed in two zones", fixed)):
        known = (group >= 0) & (column >= 0)
        pairs = np.unique(np.column_stack([group[known], column[known]]), axis=0)
        twice = pairs[:-1][pairs[1:, 0] == pairs[:-1, 0], 0]
        if len(twice):
            code = str(units.codes[np.argmax(group == twice[0])])
            raise NotFeasible(
                f"Group {twice[0]} (with unit {code}) must stay whole but {name}; join its parts with a bridge, free "
                "its units or let groups be split.",
                group=int(twice[0]),
                unit=code,
            )
