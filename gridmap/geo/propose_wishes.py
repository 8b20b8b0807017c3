"""What is wished of a plan, what a plan is, and why one cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridmap.errors import Invalid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.integer[Any]]


class NotFeasible(Invalid):
    """No plan can grant the wishes; the detail names the unit, the zone or the group that stands in the way."""

    slug, title = "not-feasible", "No plan can grant these wishes"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a plan should be.

    Attributes
    ----------
    zones
        How many zones, k.
    tolerance
        The largest deviation of a zone's load from its target, as a share of the target.
    capacity
        (k,) the share of all load that each zone should carry, summing to 1; equal shares if None.
    fixed
        (n,) the zone in which a unit must stay, or -1.
    together
        (n,) the group (village) of a unit, or -1: groups should not be split between zones.
    together_hard
        Groups are never split, unless one carries more than a zone may.
    cross_barriers
        Let a border along a barrier connect two units.
    former
        (n,) the zone a unit is in today, or -1.
    doors
        (n,) doors of each unit, for the share that changes hands.
    weight_compact, weight_change, weight_travel, weight_together
        How much compactness, the share of doors (of load where no doors are given) that changes hands, the distance to
        the middle of the zone, and split groups count.
    closed
        (k,) zones that take no unit beyond those fixed in them: with all its units fixed a zone stays as it is.
    """

    zones: int
    tolerance: float = 0.05
    capacity: NDArray[np.float64] | None = None
    fixed: Whole | None = None
    together: Whole | None = None
    together_hard: bool = False
    cross_barriers: bool = False
    former: Whole | None = None
    doors: NDArray[np.float64] | None = None
    weight_compact: float = 1.0
    weight_change: float = 0.0
    weight_travel: float = 0.0
    weight_together: float = 1.0
    closed: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """What a plan is worth.

    `deviation`: largest |load / target - 1| of a zone; `cv`: standard deviation of load / target; `compactness`: mean
    Polsby-Popper, `compactness_least` the lowest; `changed_load`, `changed_doors`: shares (0 to 1) that are not in
    their former zone, 0 where none is given; `split_groups`: groups in more than one zone; `crossings`: zones with a
    barrier between two of their units; `stray`: parts beyond one a zone; `travel_m`: mean distance of the load to the
    middle of its zone [m].
    """

    deviation: float
    cv: float
    compactness: float
    compactness_least: float
    changed_load: float
    changed_doors: float
    split_groups: int
    crossings: int
    stray: int
    travel_m: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: the zone number (0 to k - 1) of each of the n units, the seed it grew from, and its score."""

    zone: NDArray[np.int32]
    seed: int
    score: Score
