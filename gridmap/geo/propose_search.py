"""The search for a plan: several starts, annealing, and the best plan kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from gridmap.geo.propose_anneal import BRINK, Course, anneal
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

ENOUGH: Final = 3_000.0
"""Tries by unit in one annealing, beyond which another start is worth more."""
BUDGET: Final = {"preview": (2.4e5, 120.0), "final": (4.8e6, 720.0)}
"""Tries in all, and at least by unit."""
CLOSING_TRIES: Final = 250.0
"""Tries by unit in each annealing that follows where loads are still outside the tolerance, limited to zones near it."""
CLOSINGS: Final = (1.5, 150.0)
"""Tries by unit in all of these, as a share of those in one annealing before by their number, and at least."""


def found(units: Units, wishes: Wishes, *, seed: int, effort: Effort) -> NDArray[np.int32]:
    """Return the (n,) zones of the best plan that is found; see `propose`."""
    problem = problem_of(units, wishes)
    count = len(problem.places.x)
    total, least = BUDGET[effort]
    tries = min(max(total / count, least), ENOUGH)
    runs = max(1, round(total / count / tries))
    course = _course(problem, wishes, tries)
    best, worth = None, (np.inf, np.inf)
    for number, start in enumerate(_starts(problem, seed, runs)):
        state = state_of(problem.ground, problem.aims, start, seed * 1_000 + number)
        zone, over, cost = anneal(problem.ground, problem.aims, state, course)
        if best is None or (over, cost) < worth:
            best, worth = zone, (over, cost)
    if best is None:
        raise NotFeasible("No plan with every zone in one piece was found; free some fixed units or build a bridge.")
    if worth[0] > 0:
        left = max(CLOSINGS[0] * tries / runs, CLOSINGS[1])
        best = _closed_in(problem, course, best, worth, seed, left)
    return relabelled(units, wishes, best[problem.of])


def _closed_in(
    problem: Problem, course: Course, best: NDArray[np.int32], worth: tuple[float, float], seed: int, left: float
) -> NDArray[np.int32]:
    """Return a plan nearer to the tolerance: zones outside it and those around them are annealed again and again."""
    number = 0
    while worth[0] > 0 and left > 0:
        near = _around(problem, best, 2 + number % 2)
        if not near.any():
            break
        aims = problem.aims._replace(held=problem.aims.held | ~near)
        soft = course.soft if number % 4 < 2 else 0.03 * course.hard
        closing = course._replace(
            tries=CLOSING_TRIES * float(near.mean()),
            hot=(0.7, 0.6, 0.8)[number % 3] * course.hot,
            soft=soft,
            double=0.3,
        )
        zone, over, cost = anneal(problem.ground, aims, state_of(problem.ground, aims, best, seed + number), closing)
        if (over, cost) < worth:
            best, worth = zone, (over, cost)
        left -= closing.tries
        number += 1
    return best


def _around(problem: Problem, zone: NDArray[np.int32], rings: int) -> NDArray[np.bool_]:
    """Return the (n,) units of zones outside the tolerance, and of zones up to `rings` steps from them."""
    ground, aims = problem.ground, problem.aims
    load = np.bincount(zone, weights=ground.figures[:, LOAD], minlength=len(aims.target))
    near = np.abs(load - aims.target) * aims.slack > BRINK
    one, other = zone[ground.owner], zone[ground.other]
    for _ in range(rings):
        near[other[near[one]]] = True
    return near[zone]


def _course(problem: Problem, wishes: Wishes, tries: float) -> Course:
    """Return how to anneal: the more tries, the hotter the beginning, and the later loads matter."""
    heat = problem.scale * len(problem.aims.target) / len(problem.places.x)
    hot = min(1.1, 0.5 * (tries / 150) ** 0.45) * heat
    soft = wishes.tolerance * min(2.0, 600 / tries) * problem.scale
    return Course(tries, hot, 0.03 * heat, soft, 10.0 * problem.scale, 0.6, 0.1 if wishes.tolerance > 0.025 else 0.2)


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
