"""Compiled moves: a flow of load pushed unit by unit, and annealing that keeps former zones."""

# ruff: noqa: PLR0917, C901, PLR0912, NPY002  (compiled loops over flat arrays; numba's own random numbers)

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from gridmap.geo.rebalance_state import Ground, State, can_leave, move, rounder, touches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def push(
    ground: Ground, state: State, arc: NDArray[np.int32], left: Floats, closing: NDArray[np.bool_], weight: float
) -> int:
    """Move units along a flow until no unit fits what is left of it; returns the number of moves.

    `arc` (k, k): number of the arc from zone to zone, or -1; `left`: the load still to go along each arc, updated;
    `closing` (k,): zones that are given up, which need not hang together; `weight`: what roundness counts.
    """
    n, moves = len(state.zone), 0
    chosen = np.empty(len(left), np.int32)
    worth = np.empty(len(left))
    while True:
        chosen[:] = -1
        worth[:] = -np.inf
        for unit in range(n):
            if not ground.free[unit]:
                continue
            a, load = state.zone[unit], ground.load[unit]
            for at in range(ground.start[unit], ground.start[unit + 1]):
                b = state.zone[ground.other[at]]
                if b == a or not ground.link[at]:
                    continue
                number = arc[a, b]
                if number < 0 or (not closing[a] and (left[number] <= 0 or load >= 2 * left[number])):
                    continue
                change = int(b != ground.former[unit]) - int(a != ground.former[unit])
                value = weight * rounder(ground, state, unit, b) - change * load / ground.target[a]
                if closing[a]:
                    value += min(left[number] - load, 0.0) / ground.target[a]
                if value > worth[number]:
                    worth[number], chosen[number] = value, unit
        before = moves
        for number in range(len(left)):
            unit = chosen[number]
            if unit < 0:
                continue
            a = state.zone[unit]
            b = -1
            for at in range(ground.start[unit], ground.start[unit + 1]):
                near = state.zone[ground.other[at]]
                if ground.link[at] and near != a and arc[a, near] == number:
                    b = near
            if b < 0:
                continue
            if not closing[a] and not can_leave(ground, state, unit):
                # Try the others of this arc: the best that may leave.
                unit = _best_leaving(ground, state, arc, left, number, weight)
                if unit < 0:
                    left[number] = 0.0
                    continue
                a = state.zone[unit]
                for at in range(ground.start[unit], ground.start[unit + 1]):
                    near = state.zone[ground.other[at]]
                    if ground.link[at] and near != a and arc[a, near] == number:
                        b = near
            left[number] -= ground.load[unit]
            move(ground, state, unit, b)
            moves += 1
        if moves == before:
            return moves


@njit(cache=True, nogil=True)
def _best_leaving(
    ground: Ground, state: State, arc: NDArray[np.int32], left: Floats, number: int, weight: float
) -> int:
    """Return the best unit for an arc among those that may leave their zone, or -1."""
    best, worth = -1, -np.inf
    for unit in range(len(state.zone)):
        if not ground.free[unit] or ground.load[unit] >= 2 * left[number]:
            continue
        a = state.zone[unit]
        for at in range(ground.start[unit], ground.start[unit + 1]):
            b = state.zone[ground.other[at]]
            if b == a or not ground.link[at] or arc[a, b] != number:
                continue
            change = int(b != ground.former[unit]) - int(a != ground.former[unit])
            value = weight * rounder(ground, state, unit, b) - change * ground.load[unit] / ground.target[a]
            if value > worth and can_leave(ground, state, unit):
                best, worth = unit, value
            break
    return best


@njit(cache=True, nogil=True)
def share_out(ground: Ground, state: State, closing: NDArray[np.bool_]) -> None:
    """Give the units of `closing` zones to neighbours, the least loaded first, as far as any can be reached."""
    moved = True
    while moved:
        moved = False
        for unit in range(len(state.zone)):
            if not closing[state.zone[unit]]:
                continue
            best, least = -1, np.inf
            for at in range(ground.start[unit], ground.start[unit + 1]):
                near = state.zone[ground.other[at]]
                if not ground.link[at] or closing[near] or not ground.open[near]:
                    continue
                if state.load[near] / ground.target[near] < least:
                    best, least = near, state.load[near] / ground.target[near]
            if best >= 0:
                move(ground, state, unit, best)
                moved = True


@njit(cache=True, nogil=True)
def excess(load: float, target: float, band: float) -> float:
    """Return how far a zone is outside its band, in targets; a little outside counts a fifth of the band more."""
    beyond = abs(load / target - 1) - band
    return beyond + band / 5 if beyond > 0 else 0.0


@njit(cache=True, nogil=True)
def _costs(ground: Ground, state: State, unit: int, to: int, outside: float, band: float, weight: float) -> float:
    """Return by how much a move of one unit makes the plan worse."""
    a, load = state.zone[unit], ground.load[unit]
    change = int(to != ground.former[unit]) - int(a != ground.former[unit])
    worse = change * ground.price[unit]
    worse += outside * (
        excess(state.load[a] - load, ground.target[a], band) + excess(state.load[to] + load, ground.target[to], band)
        - excess(state.load[a], ground.target[a], band) - excess(state.load[to], ground.target[to], band)
    )  # fmt: skip
    worse -= weight * rounder(ground, state, unit, to)
    return float(worse)


@njit(cache=True, nogil=True)
def _strolled(ground: Ground, unit: int, steps: int) -> int:
    """Return a unit some random steps away."""
    for _ in range(steps):
        low, high = ground.start[unit], ground.start[unit + 1]
        unit = ground.other[low + np.random.randint(high - low)]
    return unit


@njit(cache=True, nogil=True)
def anneal(
    ground: Ground, state: State, trials: int, heat: tuple[float, float], push_in: tuple[float, float], band: float,
    weight: float, seed: int,
) -> None:  # fmt: skip
    """Move single units, or swap two, at random, the better the likelier, while it cools.

    What is made small: the price of units that are not in their former zone, less `weight` times the roundness of all
    zones, plus how far zones are outside their `band`, which counts from `push_in[0]` to `push_in[1]`.
    """
    np.random.seed(seed)
    n = len(state.zone)
    cooling = math.log(heat[1] / heat[0])
    for trial in range(trials):
        unit = np.random.randint(n)
        low, high = ground.start[unit], ground.start[unit + 1]
        if low == high or not ground.free[unit]:
            continue
        at = low + np.random.randint(high - low)
        a, b = state.zone[unit], state.zone[ground.other[at]]
        if a == b or not ground.link[at] or not ground.open[b]:
            continue
        done = trial / trials
        outside = push_in[0] + (push_in[1] - push_in[0]) * done
        limit = -heat[0] * math.exp(cooling * done) * math.log(max(np.random.random(), 1e-300))
        worse = _costs(ground, state, unit, b, outside, band, weight)
        if worse <= limit:
            if can_leave(ground, state, unit):
                move(ground, state, unit, b)
            continue
        back = _strolled(ground, unit, 2 + trial % 2)
        if state.zone[back] != b or not ground.free[back] or not ground.open[a] or not can_leave(ground, state, unit):
            continue
        move(ground, state, unit, b)
        keep = touches(ground, state, back, a)
        if keep:
            worse += _costs(ground, state, back, a, outside, band, weight)
            keep = worse <= limit and can_leave(ground, state, back)
        if keep:
            move(ground, state, back, a)
        else:
            move(ground, state, unit, a)
