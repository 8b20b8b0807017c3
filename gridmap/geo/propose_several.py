"""Several plans to choose from, each best in something: roundness, balance, way to go, or doors left as they are."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from gridmap.geo.propose_problem import relabelled
from gridmap.geo.propose_score import score
from gridmap.geo.propose_search import found
from gridmap.geo.propose_wishes import NotFeasible, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridmap.geo.propose_search import Effort
    from gridmap.geo.propose_wishes import Wishes
    from gridmap.geo.units import Units

TIGHTER: Final = 0.3
"""The tolerance of the balanced plan, as a share of the one wished for."""


def several(units: Units, wishes: Wishes, *, seed: int, effort: Effort) -> list[Plan]:
    """Return distinct plans, none better than another in everything; see `alternatives`."""
    plans = [_plan(units, wishes, seed, effort)]
    for other in _ways(wishes):
        with suppress(NotFeasible):  # a tighter tolerance may be beyond what parts of the map can make
            plans.append(_plan(units, other, seed, effort))
    if wishes.former is not None:
        from gridmap.geo.rebalance import rebalance  # noqa: PLC0415  (it builds on this module)

        with suppress(NotFeasible):
            plans.append(rebalance(units, wishes, seed=seed))
    reference = wishes if wishes.former is not None else replace(wishes, former=plans[0].zone, doors=None)
    numbered = [relabelled(units, reference, plan.zone) for plan in plans]
    scored = [Plan(zone, seed, score(units, wishes, zone)) for zone in numbered]
    within = [plan for plan in scored if plan.score.deviation <= wishes.tolerance]
    return _undominated(within or scored)


def _plan(units: Units, wishes: Wishes, seed: int, effort: Effort) -> Plan:
    zone = found(units, wishes, seed=seed, effort=effort)
    return Plan(zone, seed, score(units, wishes, zone))


def _ways(wishes: Wishes) -> Iterator[Wishes]:
    """Yield the wishes with the weight on one thing after another."""
    yield replace(wishes, tolerance=wishes.tolerance * TIGHTER)
    yield replace(wishes, weight_compact=0.3, weight_travel=1.0)
    if wishes.former is not None:
        yield replace(wishes, weight_change=max(1.0, 2 * wishes.weight_change))


def _undominated(plans: list[Plan]) -> list[Plan]:
    """Return the plans to which no other is as good in everything; of equal ones the first."""
    worth = [_worth(plan) for plan in plans]
    kept: list[Plan] = []
    for number, plan in enumerate(plans):
        better = any(
            (other <= worth[number]).all() and ((other < worth[number]).any() or rank < number)
            for rank, other in enumerate(worth)
            if rank != number
        )
        if not better and not any(np.array_equal(plan.zone, other.zone) for other in kept):
            kept.append(plan)
    return kept


def _worth(plan: Plan) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return what is better the smaller it is."""
    figures = plan.score
    changed = figures.changed_doors or figures.changed_load
    return np.array([figures.deviation, -figures.compactness, changed, figures.travel_m])
