"""Random numbers inside compiled loops: small, quick, and the same for the same seed on every machine.

References
----------
Steele, Lea & Flood (2014), "Fast Splittable Pseudorandom Number Generators", OOPSLA: SplitMix64.
Lemire (2019), "Fast Random Integer Generation in an Interval", ACM Trans. Model. Comput. Simul. 29(1).
Fisher & Yates (1938), "Statistical Tables": shuffling; stopped early it draws without replacement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    State = NDArray[np.uint64]

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _32, _11 = (np.uint64(each) for each in (30, 27, 31, 32, 11))


def random_state(seed: int) -> State:
    """Return the state that the compiled functions of this module read and move on; one for each run.

    Parameters
    ----------
    seed
        Any whole number; kept with the result, so that the result can be had again.
    """
    return np.array([seed % 2**64], dtype=np.uint64)


@njit(cache=True, nogil=True, inline="always")
def draw_bits(state: State) -> np.uint64:
    """Return 64 random bits and move `state` on (compiled)."""
    state[0] += _STEP
    bits = state[0]
    bits = (bits ^ (bits >> _30)) * _MIX_1
    bits = (bits ^ (bits >> _27)) * _MIX_2
    return np.uint64(bits ^ (bits >> _31))


@njit(cache=True, nogil=True, inline="always")
def draw_below(state: State, below: int) -> np.int64:
    """Return a whole number from 0 to `below` - 1 (compiled); each is as likely to within below / 2^32."""
    return np.int64(((draw_bits(state) >> _32) * np.uint64(below)) >> _32)


@njit(cache=True, nogil=True, inline="always")
def draw_unit(state: State) -> float:
    """Return a number in [0, 1) (compiled)."""
    return np.float64(draw_bits(state) >> _11) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def shuffle_part(values: NDArray[Any], start: int, stop: int, needed: int, state: State) -> None:
    """Draw `needed` of values[start:stop] without replacement into its first places (compiled, in place)."""
    for place in range(start, min(start + needed, stop - 1)):
        other = place + draw_below(state, stop - place)
        values[place], values[other] = values[other], values[place]
