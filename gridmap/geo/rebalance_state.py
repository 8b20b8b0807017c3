"""A plan while it is being changed: flat arrays for the compiled loops, and the moves that keep them true."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Ground(NamedTuple):
    """What does not change: n units, their neighbours (e,), and k zones' wishes.

    `link`: the border connects (no barrier); `price` (n,): what a unit costs that is not in its former zone; `free`
    (n,): it may move; `open` (k,): the zone takes units; `aim` (k,): how round a zone should be: no unit changes hands to
    make a zone rounder than it was.
    """

    start: NDArray[np.int32]
    other: NDArray[np.int32]
    border: Floats
    link: NDArray[np.bool_]
    load: Floats
    area: Floats
    outline: Floats
    price: Floats
    former: NDArray[np.int32]
    free: NDArray[np.bool_]
    open: NDArray[np.bool_]
    target: Floats
    aim: Floats


class State(NamedTuple):
    """What changes: the zone of each unit, and load, area, outline and number of units of each zone; scratch space."""

    zone: NDArray[np.int32]
    load: Floats
    area: Floats
    outline: Floats
    size: NDArray[np.int32]
    mark: NDArray[np.int32]
    queue: NDArray[np.int32]


def state_of(ground: Ground, zone: NDArray[np.int32], zones: int) -> State:
    """Return the state of a plan with zones 0 to k - 1."""
    rows = np.repeat(np.arange(len(zone)), np.diff(ground.start))
    inner = zone[rows] == zone[ground.other]
    outline = np.bincount(zone, weights=ground.outline, minlength=zones)
    outline -= np.bincount(zone[rows[inner]], weights=ground.border[inner], minlength=zones)
    return State(
        zone=zone.astype(np.int32),
        load=np.bincount(zone, weights=ground.load, minlength=zones).astype(float),
        area=np.bincount(zone, weights=ground.area, minlength=zones).astype(float),
        outline=outline.astype(float),
        size=np.bincount(zone, minlength=zones).astype(np.int32),
        mark=np.zeros(len(zone) + 1, dtype=np.int32),
        queue=np.empty(len(zone), dtype=np.int32),
    )


@njit(cache=True, nogil=True)
def shared(ground: Ground, state: State, unit: int, zone: int) -> float:
    """Return how long the border of a unit with a zone is [m]."""
    total = 0.0
    for at in range(ground.start[unit], ground.start[unit + 1]):
        if state.zone[ground.other[at]] == zone:
            total += ground.border[at]
    return total


@njit(cache=True, nogil=True)
def touches(ground: Ground, state: State, unit: int, zone: int) -> bool:
    """Return whether a unit is connected with a zone."""
    for at in range(ground.start[unit], ground.start[unit + 1]):
        if ground.link[at] and state.zone[ground.other[at]] == zone:
            return True
    return False


@njit(cache=True, nogil=True)
def worth(area: float, outline: float, aim: float) -> float:
    """Return what a zone's roundness (Polsby-Popper) is worth: no more than aimed at, thrice as little below half of it."""
    round_ = 4 * math.pi * area / (outline * outline) if outline > 0 else 0.0
    return min(round_, aim) - 2 * max(aim / 2 - round_, 0.0)


@njit(cache=True, nogil=True)
def rounder(ground: Ground, state: State, unit: int, to: int) -> float:
    """Return by how much the two zones together become rounder, as `worth` counts, if a unit moves."""
    a = state.zone[unit]
    mine, its = shared(ground, state, unit, a), shared(ground, state, unit, to)
    area, outline = ground.area[unit], ground.outline[unit]
    new = worth(state.area[a] - area, state.outline[a] - outline + 2 * mine, ground.aim[a])
    new += worth(state.area[to] + area, state.outline[to] + outline - 2 * its, ground.aim[to])
    old = worth(state.area[a], state.outline[a], ground.aim[a])
    return new - old - worth(state.area[to], state.outline[to], ground.aim[to])


@njit(cache=True, nogil=True)
def move(ground: Ground, state: State, unit: int, to: int) -> None:
    """Move a unit to another zone."""
    a = state.zone[unit]
    state.outline[a] += 2 * shared(ground, state, unit, a) - ground.outline[unit]
    state.outline[to] += ground.outline[unit] - 2 * shared(ground, state, unit, to)
    state.area[a] -= ground.area[unit]
    state.area[to] += ground.area[unit]
    state.load[a] -= ground.load[unit]
    state.load[to] += ground.load[unit]
    state.size[a] -= 1
    state.size[to] += 1
    state.zone[unit] = to


@njit(cache=True, nogil=True)
def can_leave(ground: Ground, state: State, unit: int) -> bool:
    """Return whether what is left of its zone is not empty and hangs together without a unit."""
    a = state.zone[unit]
    if state.size[a] <= 1:
        return False
    n = len(state.zone)
    state.mark[n] += 1
    wanted, now = 0, state.mark[n] * 2  # odd: to be found; even: found
    first = -1
    for at in range(ground.start[unit], ground.start[unit + 1]):
        near = ground.other[at]
        if ground.link[at] and state.zone[near] == a and state.mark[near] != now - 1:
            state.mark[near] = now - 1
            wanted += 1
            first = near
    if wanted <= 1:
        return True
    state.mark[unit], state.mark[first] = now, now
    state.queue[0] = first
    head, tail, found = 0, 1, 1
    while head < tail:
        here = state.queue[head]
        head += 1
        for at in range(ground.start[here], ground.start[here + 1]):
            near = ground.other[at]
            if not ground.link[at] or state.zone[near] != a or state.mark[near] == now:
                continue
            if state.mark[near] == now - 1:
                found += 1
                if found == wanted:
                    return True
            state.mark[near] = now
            state.queue[tail] = near
            tail += 1
    return False
