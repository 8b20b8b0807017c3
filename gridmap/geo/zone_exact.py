"""Exact answers on planar coordinates, compiled: side of a line, point in a zone.

The side of a point is decided in plain doubles when the error bound allows it, and by an exact sum of
products otherwise, so a point on a border is *on* it and not a rounding error to one side. This module is
imported only when many points are to be placed: loading the compiler costs more than placing a few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numba import njit, types

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    # The compiler knows the widths; to the reader these say which are meant.
    Floats = NDArray[Any]
    Longs = NDArray[Any]
    Ints = NDArray[Any]
    Bytes = NDArray[Any]
    Int = Any

F = TypeVar("F", bound="Callable[..., Any]")

# Shewchuk's first error bound: (3 + 16 u) u with u = 2^-53.
SIDE_BOUND = 3.3306690738754716e-16
_SPLITTER = 134217729.0  # 2^27 + 1

FLOATS = types.Array(types.float64, 1, "C", readonly=True)
POINTS = types.Array(types.float64, 2, "C", readonly=True)
LONGS = types.Array(types.int64, 1, "C", readonly=True)
INTS = types.Array(types.int32, 1, "C", readonly=True)
TUPLE: Any = types.Tuple
BYTES = types.Array(types.uint8, 1, "C", readonly=True)
INTS_OUT = types.Array(types.int32, 1, "C")


def compiled(*signature: object) -> Callable[[F], F]:
    """Compile to machine code without the interpreter lock, kept on disk between runs.

    Note for whoever edits: a kept function is renewed when *its own* file changes, so touch the callers'
    files after changing a function they use from here.
    """
    return njit(*signature, cache=True, nogil=True, error_model="numpy")  # type: ignore[call-overload,no-any-return]


@compiled()
def _exact_side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """Return the sign of the orientation determinant by summing six exact products."""
    left = np.array([ax, -ax, -px, -ay, ay, py])
    right = np.array([by, py, by, bx, px, bx])
    total = np.zeros(13)  # a non-overlapping expansion, smallest first
    size = 0
    for i in range(6):
        a, b = left[i], right[i]
        high = a * b
        c = _SPLITTER * a
        a_high = c - (c - a)
        a_low = a - a_high
        c = _SPLITTER * b
        b_high = c - (c - b)
        b_low = b - b_high
        low = a_low * b_low - (((high - a_high * b_high) - a_low * b_high) - a_high * b_low)
        for part in (low, high):
            carry = part
            for k in range(size):
                summed = carry + total[k]
                virtual = summed - carry
                total[k] = (carry - (summed - virtual)) + (total[k] - virtual)
                carry = summed
            total[size] = carry
            size += 1
    for k in range(size - 1, -1, -1):
        if total[k] > 0:
            return 1
        if total[k] < 0:
            return -1
    return 0


@compiled()
def side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """Return 1 where p lies left of the line a to b, -1 right of it, 0 on it; exact.

    References
    ----------
    Shewchuk (1997), "Adaptive precision floating-point arithmetic and fast robust geometric predicates",
    Discrete & Computational Geometry 18, 305-363.
    """
    left = (ax - px) * (by - py)
    right = (ay - py) * (bx - px)
    bound = SIDE_BOUND * (abs(left) + abs(right))
    if left - right > bound:
        return 1
    if left - right < -bound:
        return -1
    return _exact_side(ax, ay, bx, by, px, py)


@compiled()
def covers(vertices: Floats, ring_end: Bytes, first: int, last: int, px: float, py: float) -> bool:
    """Return whether the zone with vertices `first`..`last` holds p, its border included (even-odd rule)."""
    inside = False
    for k in range(first, last):
        if ring_end[k]:
            continue
        ay, by = vertices[k, 1], vertices[k + 1, 1]
        if (ay > py and by > py) or (ay < py and by < py):
            continue
        ax, bx = vertices[k, 0], vertices[k + 1, 0]
        if ax < px and bx < px and ay != by:
            if (ay > py) != (by > py):
                inside = not inside
            continue
        if ax > px and bx > px:
            continue
        turn = side(ax, ay, bx, by, px, py)
        if turn == 0 and min(ax, bx) <= px <= max(ax, bx):
            return True
        if (ay > py) != (by > py) and (turn < 0) == (by > ay):
            inside = not inside
    return inside
