"""The hypercube of states solved exactly: every officer free or busy, 2^m states, one balance equation each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SWEEPS, _SETTLED = 20_000, 1e-13


def solve_states(part: Floats, offered: float, order: NDArray[np.int64], in_system: Floats, *, waiting: bool) -> Floats:
    """Return (n, m) the share of the calls of each beat that each officer answers at once.

    Parameters
    ----------
    part
        (n,) share of all calls that come from each beat.
    offered
        Work that comes in [erlang].
    order
        (n, m) officers of each beat, the one to be sent first in front.
    in_system
        (m + 1,) probabilities of 0..m busy officers, from `busy_officers`: each level of the cube sums to its own, which
        the sweeps keep to, so that they settle soon.
    waiting
        Whether `in_system[-1]` holds states with calls waiting, which are none of the cube's.
    """
    officers = order.shape[1]
    full = in_system[-1] * (1 - offered / officers) if waiting else in_system[-1]
    answered: Floats = _sweep(part, offered, order, in_system, full)
    return answered


@njit(cache=True, nogil=True)
def _sweep(  # noqa: C901, PLR0912  one kernel: rates, sweeps, answers
    part: Floats, offered: float, order: NDArray[np.int64], in_system: Floats, full: float
) -> Floats:
    """Gauss-Seidel over the states, each level scaled to its known sum, until nothing moves."""
    beats, officers = order.shape
    states = 1 << officers
    size = np.zeros(states, np.int64)
    for state in range(1, states):
        size[state] = size[state >> 1] + (state & 1)
    sent = np.zeros((states, officers))  # rate at which officer n is sent in a state
    for state in range(states - 1):
        for beat in range(beats):
            for place in range(officers):
                officer = order[beat, place]
                if not (state >> officer) & 1:
                    sent[state, officer] += part[beat] * offered
                    break
    levels = np.bincount(size, np.ones(states), officers + 1)
    known = in_system.copy()
    known[officers] = full
    p = known[size] / levels[size]
    for _ in range(_SWEEPS):
        moved = 0.0
        sums = np.zeros(officers + 1)
        for state in range(states - 1):
            flow = 0.0
            for officer in range(officers):
                bit = 1 << officer
                if state & bit:
                    flow += p[state ^ bit] * sent[state ^ bit, officer]
                else:
                    flow += p[state | bit]
            new = flow / (offered + size[state])
            moved = max(moved, abs(new - p[state]))
            p[state] = new
            sums[size[state]] += new
        for state in range(states - 1):
            p[state] *= known[size[state]] / sums[size[state]]
        if moved < _SETTLED:
            break
    answered = np.zeros((beats, officers))
    for state in range(states - 1):
        for beat in range(beats):
            for place in range(officers):
                officer = order[beat, place]
                if not (state >> officer) & 1:
                    answered[beat, officer] += p[state]
                    break
    return answered
