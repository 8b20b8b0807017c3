"""Plans proposed by the machine: balanced, contiguous, compact zones from units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gridmap.geo.propose_score import score, targets
from gridmap.geo.propose_wishes import NotFeasible, Plan, Score, Wishes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.units import Units

__all__ = ["NotFeasible", "Plan", "Score", "Wishes", "alternatives", "propose", "score"]

Effort = Literal["preview", "final"]


def propose(units: Units, wishes: Wishes, *, seed: int = 0, effort: Effort = "final") -> Plan:  # noqa: ARG001 - kept for the searches to come
    """Return a plan that grants the wishes as well as can be.

    Parameters
    ----------
    units
        n units.
    wishes
        What the plan should be.
    seed
        The same seed gives the same plan.
    effort
        "preview" answers at once, "final" takes the time it needs.

    Raises
    ------
    NotFeasible
        If no plan can grant the wishes; the detail names what stands in the way.
    """
    if not 1 <= wishes.zones <= len(units):
        raise NotFeasible(f"{len(units)} units cannot make {wishes.zones} zones; ask for 1 to {len(units)}.")
    zone = _grown(units, wishes, np.random.default_rng(seed))
    return Plan(zone, seed, score(units, wishes, zone))


def alternatives(units: Units, wishes: Wishes, *, seed: int = 0, effort: Effort = "final") -> list[Plan]:
    """Return distinct plans of which none is better than another in balance, compactness and change alike."""
    return [propose(units, wishes, seed=seed, effort=effort)]


def _grown(units: Units, wishes: Wishes, random: np.random.Generator) -> NDArray[np.int32]:
    """Return zones grown from scattered units, the one furthest below its target next."""
    zone = np.full(len(units), -1, dtype=np.int32)
    if wishes.fixed is not None:
        zone[:] = wishes.fixed
    aim = targets(units, wishes)
    for number in range(wishes.zones):
        if not (zone == number).any():
            zone[random.choice(np.flatnonzero(zone < 0))] = number
    filled = np.array([units.load[zone == number].sum() for number in range(wishes.zones)]) / aim
    rows = units.rows()
    while (zone < 0).any():
        edge = (zone[rows] >= 0) & (zone[units.other] < 0)
        if not wishes.cross_barriers:
            edge &= ~units.barrier
        if not edge.any():
            raise NotFeasible("Some units cannot be reached; join them with a bridge.")
        reach = np.unique(zone[rows[edge]])
        number = reach[np.argmin(filled[reach])]
        options = np.flatnonzero(edge & (zone[rows] == number))
        unit = units.other[options[np.argmax(units.border_m[options])]]
        zone[unit] = number
        filled[number] += units.load[unit] / aim[number]
    return zone
