"""Plans proposed by the machine: balanced, contiguous, compact zones from units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.geo.propose_score import score
from gridmap.geo.propose_search import found
from gridmap.geo.propose_wishes import NotFeasible, Plan, Score, Wishes

if TYPE_CHECKING:
    from gridmap.geo.propose_search import Effort
    from gridmap.geo.units import Units

__all__ = ["NotFeasible", "Plan", "Score", "Wishes", "alternatives", "propose", "score"]


def propose(units: Units, wishes: Wishes, *, seed: int = 0, effort: Effort = "final") -> Plan:
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
    zone = found(units, wishes, seed=seed, effort=effort)
    return Plan(zone, seed, score(units, wishes, zone))


def alternatives(units: Units, wishes: Wishes, *, seed: int = 0, effort: Effort = "final") -> list[Plan]:
    """Return distinct plans of which none is better than another in balance, compactness and change alike."""
    return [propose(units, wishes, seed=seed, effort=effort)]
