"""A published plan rebalanced with the least change: every zone within tolerance, as few doors as possible reassigned.

The surplus is sent along the cheapest flow between neighbouring zones; where it would have to go far, a zone with little
work is given up and opened where the work is. Units are pushed along the flow, then annealing mends shapes and hands back
what need not have moved. Zones hang together throughout; none is made rounder than it was at a door's expense.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.geo.allot import relabel
from gridmap.geo.propose_feasible import check_wishes
from gridmap.geo.propose_score import score, targets
from gridmap.geo.propose_search import found as drawn_anew
from gridmap.geo.propose_wishes import NotFeasible, Plan
from gridmap.geo.rebalance_flow import blocked, network_of
from gridmap.geo.rebalance_groups import whole
from gridmap.geo.rebalance_search import Found, Task, deviation, search
from gridmap.geo.rebalance_start import ground_of, start_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.propose_wishes import Wishes
    from gridmap.geo.rebalance_state import Ground, State
    from gridmap.geo.units import Units

__all__ = ["rebalance"]

_EXACT = 1e-9


def rebalance(units: Units, wishes: Wishes, *, seed: int = 0, relocate: bool = True) -> Plan:
    """Return a plan within tolerance that leaves as many doors as possible in their former zone.

    Parameters
    ----------
    units
        n units with their load of today.
    wishes
        `former` is needed: the plan to start from. `doors` (else load) is what should not change hands; `tolerance`,
        `capacity`, `fixed`, `closed`, `cross_barriers`, `together` with `together_hard`, and `weight_compact` count as
        they do in `propose`. A number of zones above the former one opens zones; below it, the last ones are shared out.
    seed
        The same seed gives the same plan.
    relocate
        Let a zone be given up and opened elsewhere where that changes less than sending load across the town.

    Returns
    -------
    plan
        Zones that hang together, each within tolerance. A former plan that is so already comes back as it is. Zones
        are numbered so that most doors keep their zone, unless capacities or locks tell the zones apart.

    Raises
    ------
    NotFeasible
        If no plan can be, or none was found: the detail names the unit or zone that stands in the way.
    """
    if wishes.former is None or len(np.asarray(wishes.former)) != len(units):
        raise NotFeasible("Rebalancing starts from a former plan: give the former zone of each of the units.")
    check_wishes(units, wishes)
    fewer, alike, part = units, wishes, np.arange(len(units), dtype=np.int32)
    if wishes.together is not None and wishes.together_hard:
        fewer, alike, part = whole(units, wishes)
        check_wishes(fewer, alike)
    ground = ground_of(fewer, alike)
    state = start_of(fewer, alike, ground)
    zone = state.zone
    if deviation(ground, state.load) > wishes.tolerance + _EXACT:
        task = Task(ground, wishes.tolerance, wishes.weight_compact, relocate, seed)
        found = search(task, state)
        if found is None or found.deviation > wishes.tolerance + _EXACT:
            return _from_nothing(units, wishes, seed, found, _stuck(ground, state, wishes.tolerance))
        zone = _renumbered(fewer, alike, found.zone)
    plan = zone[part]
    return Plan(plan, seed, score(units, wishes, plan))


def _renumbered(units: Units, wishes: Wishes, zone: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the zones under the numbers that keep most doors, where any zone may have any number."""
    if wishes.former is None or wishes.capacity is not None or wishes.fixed is not None or wishes.closed is not None:
        return zone
    weight = units.load if wishes.doors is None else wishes.doors
    return relabel(weight, wishes.former, zone, zones=wishes.zones)


def _stuck(ground: Ground, state: State, tolerance: float) -> NotFeasible | None:
    """Return the reason why the zones of one part of the ground can never be within tolerance, if that is so."""
    found = blocked(network_of(ground, state.zone, state.load, tolerance))
    if found is None:
        return None
    zones, load = found
    share = load / float(ground.target[zones].sum())
    names = ", ".join(str(zone) for zone in zones[:5]) + (" ..." if len(zones) > 5 else "")
    return NotFeasible(
        f"Zones {names} can give to no others and take from none, and carry {share:.2f} of their targets together: build "
        f"a bridge, unlock units on their borders, or widen the tolerance.",
        zones=zones.tolist(),
        targets=share,
    )


def _from_nothing(units: Units, wishes: Wishes, seed: int, nearest: Found | None, stuck: NotFeasible | None) -> Plan:
    """Return a plan drawn anew, where none was found from the former one; or tell what is in the way."""
    if stuck is not None:
        raise stuck
    zone = _renumbered(units, wishes, drawn_anew(units, wishes, seed=seed, effort="preview"))
    plan = Plan(zone, seed, score(units, wishes, zone))
    if plan.score.deviation <= wishes.tolerance + _EXACT and plan.score.stray == 0:
        return plan
    load = np.bincount(zone, weights=units.load, minlength=wishes.zones) / targets(units, wishes)
    off = plan.score.deviation if nearest is None else min(nearest.deviation, plan.score.deviation)
    raise NotFeasible(
        f"No plan within {wishes.tolerance:.1%} of the targets was found; the nearest is off by {off:.1%}: widen the "
        f"tolerance, divide large units, or unlock some.",
        deviation=off,
        zone=int(np.argmax(np.abs(load - 1))),
    )
