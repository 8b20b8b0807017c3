"""The search for a plan: several starts, annealing, and the best plan kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from gridmap.geo.propose_anneal import Course, anneal
from gridmap.geo.propose_moves import LOAD, state_of
from gridmap.geo.propose_problem import problem_of, relabelled
from gridmap.geo.propose_start import Places, anchored, mended, scattered
from gridmap.geo.propose_wishes import NotFeasible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridmap.geo.propose_problem import Problem
    from gridmap.geo.propose_wishes import Wishes
    from gridmap.geo.units import Units

Effort = Literal["preview", "final"]

ENOUGH: Final = 5_000.0
"""Tries by unit in one annealing, beyond which another start is worth more."""
BUDGET: Final = {"preview": (4e5, 100.0), "final": (8e6, 1_500.0)}
"""Tries in all, and at least by unit."""


def found(units: Units, wishes: Wishes, *, seed: int, effort: Effort) -> NDArray[np.int32]:
    """Return the (n,) zones of the best plan that is found; see `propose`."""
    problem = problem_of(units, wishes)
    count = len(problem.places.x)
    total, least = BUDGET[effort]
    tries = min(max(total / count, least), ENOUGH)
    runs = max(1, round(total / count / tries))
    best, worth = None, (np.inf, np.inf)
    for number, start in enumerate(_starts(problem, seed, runs)):
        state = state_of(problem.ground, problem.aims, start, seed * 1_000 + number)
        zone, over, cost = anneal(problem.ground, problem.aims, state, _course(problem, wishes, tries))
        if best is None or (over, cost) < worth:
            best, worth = zone, (over, cost)
    if best is None:
        raise NotFeasible("No plan with every zone in one piece was found; free some fixed units or build a bridge.")
    return relabelled(units, wishes, best[problem.of])


def _course(problem: Problem, wishes: Wishes, tries: float) -> Course:
    heat = problem.scale * len(problem.aims.target) / len(problem.places.x)
    soft, hard = 0.1 * wishes.tolerance * problem.scale, 10.0 * problem.scale
    return Course(tries, heat, 0.03 * heat, soft, hard, 0.6, 0.2)


def _starts(problem: Problem, seed: int, runs: int) -> Iterator[NDArray[np.int32]]:
    """Yield up to `runs` plans with every zone in one piece."""
    ground, aims, places = problem.ground, problem.aims, problem.places
    load = np.ascontiguousarray(ground.figures[:, LOAD])
    given = 0
    for number in range(3 * runs + 5):
        fixed, barred = anchored(ground, places.fixed, aims.closed, number)
        if barred >= 0:
            continue
        held = Places(places.x, places.y, places.part, places.home, fixed)
        rough = scattered(ground, held, load, aims.target, seed * 1_000 + number)
        whole, sound = mended(ground, rough, fixed, aims.target, aims.closed)
        if sound:
            yield whole
            given += 1
            if given == runs:
                return
