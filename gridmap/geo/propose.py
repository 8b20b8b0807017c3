"""Plans proposed by the machine: balanced, contiguous, compact zones from units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.geo.propose_score import score
from gridmap.geo.propose_search import found
from gridmap.geo.propose_several import several
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

    Returns
    -------
    plan
        A partition into as many zones as wished, none empty, each in one piece. Its loads are within the tolerance
        wherever such a plan was found; else it is the plan nearest to it, as `score.deviation` tells. With a former
        plan, zones are numbered so that most doors keep their zone.

    Raises
    ------
    NotFeasible
        If no plan can grant the wishes; the detail names what stands in the way.

    References
    ----------
    Kirkpatrick, Gelatt & Vecchi (1983), "Optimization by simulated annealing", Science 220, 671-680.
    """
    zone = found(units, wishes, seed=seed, effort=effort)
    return Plan(zone, seed, score(units, wishes, zone))


def alternatives(units: Units, wishes: Wishes, *, seed: int = 0, effort: Effort = "final") -> list[Plan]:
    """Return a few distinct plans of which none is as good as another in everything.

    The plan as wished, first if it is kept; one balanced more tightly; one with short ways; and where a former plan is
    given, one that changes less and one that changes least. Compared are balance, compactness, change and travel. Zones
    are numbered alike in all of them; plans outside the tolerance are left out unless all are.

    Parameters, errors
        As `propose`.
    """
    return several(units, wishes, seed=seed, effort=effort)
