"""Annealing: many small changes of a plan, at first nearly at random, in the end only for the better.

A change gives one unit at the border of its zone to the zone beyond, or passes a second unit on from there (back, as a
swap, or further, as a chain), which moves load where single units are too heavy for the tolerance. Changes that cost
``d`` are made with probability ``exp(-d / heat)``. Loads outside the tolerance cost little at first, so that zones find
their shapes, and more and more later.

References
----------
Kirkpatrick, Gelatt & Vecchi (1983), "Optimization by simulated annealing", Science 220, 671-680.
D'Amico, Wang, Batta & Rump (2002), "A simulated annealing approach to police district design", Computers &
Operations Research 29, 667-684.
"""

# ruff: noqa: C901, PLR0913, PLR0915, PLR0917  (compiled loops over flat arrays: no object holds them)
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from gridmap.geo.propose_moves import (
    COUNT,
    LOAD,
    SHAPE,
    below,
    chance,
    compiled,
    contacts,
    cost_with,
    joined_far,
    joined_near,
    may_leave,
    move,
    owner_cost,
)

if TYPE_CHECKING:
    from gridmap.geo.propose_moves import Aims, Floats, Ground, Ints, Number, State

ROOM: Final = 0.98
"""The share of the tolerance that loads may use at no cost."""
BRINK: Final = 1 - 1e-9
"""The share of the tolerance at which a load is outside it: sums kept through millions of changes lose a few digits."""
HOPELESS: Final = 8.0
"""The first half of a double change is not tried if its shape alone costs so many times the heat."""


class Course(NamedTuple):
    """How an annealing goes: `tries` by unit; `hot` and `cold`: heat at the beginning and the end.

    `soft` and `hard`: cost of leaving the tolerance by the whole tolerance, at the beginning and from the share `ramp`
    of the way; `double`: share of double changes.
    """

    tries: float
    hot: float
    cold: float
    soft: float
    hard: float
    ramp: float
    double: float


@compiled
def excess(load: float, target: float, slack: float) -> float:
    """Return by how much a load leaves the tolerance, in tolerances, and the square of it on top.

    `slack`: one over what the load may be away from its target.
    """
    over = abs(load - target) * slack - ROOM
    return over + over * over if over > 0 else 0.0


@compiled
def worth(aims: Aims, state: State) -> tuple[float, float]:
    """Return how far the loads of a plan leave the tolerance (0 if they do not), and what its shapes cost."""
    over = cost = 0.0
    for zone in range(len(aims.target)):
        away = abs(state.sums[zone, LOAD] - aims.target[zone]) * aims.slack[zone] - BRINK
        over += max(away, 0.0)
        cost += state.sums[zone, SHAPE]
    return over, cost


@compiled
def step_cost(ground: Ground, aims: Aims, state: State, unit: Number, goal: Number) -> tuple[float, float]:
    """Return what giving a unit to another zone costs in shape, and in loads that leave the tolerance."""
    return _step_cost(
        ground.start,
        ground.other,
        ground.border,
        ground.figures,
        state.zone,
        state.sums,
        aims.target,
        aims.pull,
        aims.compact,
        aims.slack,
        unit,
        goal,
    )


@compiled
def _step_cost(
    start: Ints,
    other: Ints,
    border: Floats,
    figures: Floats,
    zone: Ints,
    sums: Floats,
    target: Floats,
    pull: Floats,
    compact: float,
    slack: Floats,
    unit: Number,
    goal: Number,
) -> tuple[float, float]:
    """Do `step_cost`."""
    source = np.int64(zone[unit])
    leaves, enters = contacts(start, other, border, zone, unit, source, goal)
    shape = cost_with(figures, sums, unit, source, -1.0, leaves, compact, pull[source]) - sums[source, SHAPE]
    shape += cost_with(figures, sums, unit, goal, 1.0, enters, compact, pull[goal]) - sums[goal, SHAPE]
    load, has, gets = figures[unit, LOAD], sums[source, LOAD], sums[goal, LOAD]
    aim, room = target[source], slack[source]
    balance = excess(has - load, aim, room) - excess(has, aim, room)
    aim, room = target[goal], slack[goal]
    balance += excess(gets + load, aim, room) - excess(gets, aim, room)
    return shape, balance


@compiled
def pass_on(ground: Ground, aims: Aims, state: State, unit: Number, source: Number) -> tuple[np.int64, np.int64]:
    """Return a unit at the border of `unit`'s zone near it, and the zone it could be given to; -1 if none is found."""
    zone, dice = state.zone, state.dice
    own = np.int64(zone[unit])
    here = np.int64(unit)
    for _ in range(12):
        first = np.int64(ground.start[here])
        near = np.int64(ground.other[first + below(dice, ground.start[here + 1] - first)])
        goal = np.int64(zone[near])
        if goal == own:
            here = near
        elif here != unit and not aims.held[here] and not aims.closed[goal]:
            return here, goal
        elif goal == source and here == unit:
            continue
    return np.int64(-1), np.int64(-1)


@compiled
def anneal(ground: Ground, aims: Aims, state: State, course: Course) -> tuple[Ints, float, float]:
    """Change a plan in place and return the best one met, how far it leaves the tolerance, and what it costs.

    Every zone is and stays in one piece, and held units stay; the same state of the dice gives the same plan.
    """
    zone, sums, dice = state.zone, state.sums, state.dice
    start, other, border, figures, mask = ground.start, ground.other, ground.border, ground.figures, ground.mask
    target, pull, closed = aims.target, aims.pull, aims.closed
    compact, slack = aims.compact, aims.slack
    owned = aims.split > 0 or aims.change.max() > 0
    count = len(zone)
    total = int(course.tries * count)
    over, cost = worth(aims, state)
    extra = least_extra = 0.0
    best = zone.copy()
    least_over, least_cost = over, cost
    watched = False
    cooling = math.log(course.cold / course.hot)
    stiffening = math.log(course.hard / course.soft)
    cuts, cut, owner = state.cuts, state.cut, ground.owner
    done = 0
    while done < total and cut[0] > 0:
        at = done / total
        heat = course.hot * math.exp(cooling * at)
        weight = course.soft * math.exp(stiffening * min(1.0, at / course.ramp))
        for _ in range(count):
            link = cuts[below(dice, np.int64(cut[0]))]
            unit = np.int64(owner[link])
            source, goal = np.int64(zone[unit]), np.int64(zone[other[link]])
            if closed[goal] or sums[source, COUNT] <= 1:
                continue
            shape, balance = _step_cost(
                start, other, border, figures, zone, sums, target, pull, compact, slack, unit, goal
            )
            price = shape + weight * balance
            given = owner_cost(aims, state, unit, source, goal) if owned else 0.0
            if course.double > 0 and chance(dice) < course.double:
                if shape > HOPELESS * heat or not may_leave(ground, state, unit):
                    continue
                move(ground, aims, state, unit, goal)
                second, further = pass_on(ground, aims, state, unit, source)
                if second >= 0:
                    shape, balance = step_cost(ground, aims, state, second, further)
                    given += owner_cost(aims, state, second, goal, further)
                    price += given + shape + weight * balance
                    if (price <= 0 or chance(dice) < math.exp(-price / heat)) and may_leave(ground, state, second):
                        extra += given
                        move(ground, aims, state, second, further)
                        continue
                move(ground, aims, state, unit, source)
                continue
            price += given
            if price <= 0 or chance(dice) < math.exp(-price / heat):
                near = joined_near(start, other, mask, zone, unit)
                if near > 0 or (near < 0 and joined_far(ground, state, unit)):
                    extra += given
                    move(ground, aims, state, unit, goal)
        done += count
        if at > 0.5 or done >= total:
            over, cost = worth(aims, state)
            if not watched or over < least_over or (over <= least_over and cost + extra < least_cost + least_extra):
                least_over, least_cost, least_extra = over, cost, extra
                best[:] = zone
                watched = True
    return best, least_over, least_cost + least_extra
