"""Faults of a single zone: it crosses itself, has a spike, lies in parts, or is empty.

GEOS judges validity; a quick pass over all vertices first tells which zones it need not look at, because no two
of their border pieces come near each other and no corner folds back.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.topology_edges import Rings

SPIKE_DEG: Final = 0.5
"""A corner sharper than this is a spike [degrees]."""
SPIKE_M: Final = 0.1
"""Both sides of a spike are at least this long; shorter ones are the noise of rounded coordinates [m]."""
LONG: Final = 4096
"""Rings with more vertices go to GEOS at once."""
BLOCK: Final = 8
"""Border pieces are compared in blocks of this many, boxes first."""


def invalid_rows(shapes: NDArray[np.object_], rings: Rings) -> NDArray[np.int64]:
    """Return which of (n,) (Multi)Polygons are not valid by GEOS (OGC simple features)."""
    unsure = np.zeros(len(shapes), dtype=bool)
    unsure[rings.owner[_suspects(rings.coords, rings.starts)]] = True
    counts = np.bincount(rings.owner, minlength=len(shapes))
    unsure[counts > 1] = True
    rows = np.flatnonzero(unsure)
    return rows[~shapely.is_valid(shapes[rows])]


def spikes(rings: Rings) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the owner (k,) of each spike and its line (k, 2, 2) [m] from the foot of its shorter side to the tip."""
    rows, foot = _sharp_corners(rings.coords, rings.starts, math.radians(SPIKE_DEG))
    owner = rings.owner[np.searchsorted(rings.starts, rows, side="right") - 1]
    return owner, np.stack([rings.coords[foot], rings.coords[rows]], axis=1)


def place_of_fault(shape: shapely.Geometry) -> tuple[str, shapely.Point]:
    """Return why `shape` is not valid, and where, in GEOS's words."""
    told = shapely.is_valid_reason(shape)
    reason, _, where = told.partition("[")
    numbers = where.rstrip("]").split()
    try:
        return reason, shapely.Point(float(numbers[0]), float(numbers[1]))
    except (IndexError, ValueError):
        return reason, shapely.Point(shapely.get_coordinates(shape)[0])


@njit(cache=True)
def _suspects(coords: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the rings that may touch or cross themselves; never misses one, may name a sound one."""
    suspect = np.zeros(len(starts) - 1, np.bool_)
    boxes = np.empty((LONG // BLOCK + 2, 4))
    for ring in range(len(suspect)):
        first, pieces = starts[ring], starts[ring + 1] - starts[ring] - 1
        suspect[ring] = pieces > LONG or pieces < 3 or _meets_itself(coords, first, pieces, boxes)
    return suspect


@njit(cache=True)
def _box_blocks(coords: NDArray[np.float64], first: int, pieces: int, boxes: NDArray[np.float64]) -> int:
    """Write the box (left, low, right, high) of each block of pieces; return how many there are."""
    blocks = (pieces + BLOCK - 1) // BLOCK
    for block in range(blocks):
        low_x, low_y, high_x, high_y = np.inf, np.inf, -np.inf, -np.inf
        for i in range(first + block * BLOCK, first + min((block + 1) * BLOCK, pieces) + 1):
            x, y = coords[i, 0], coords[i, 1]
            low_x, high_x = min(low_x, x), max(high_x, x)
            low_y, high_y = min(low_y, y), max(high_y, y)
        boxes[block, 0], boxes[block, 1], boxes[block, 2], boxes[block, 3] = low_x, low_y, high_x, high_y
    return blocks


@njit(cache=True)
def _meets_itself(  # noqa: C901  one kernel, boxes then pieces
    coords: NDArray[np.float64], first: int, pieces: int, boxes: NDArray[np.float64]
) -> bool:
    blocks = _box_blocks(coords, first, pieces, boxes)
    for one in range(blocks):
        for other in range(one, blocks):
            if (
                boxes[one, 0] > boxes[other, 2]
                or boxes[other, 0] > boxes[one, 2]
                or boxes[one, 1] > boxes[other, 3]
                or boxes[other, 1] > boxes[one, 3]
            ):
                continue
            for i in range(one * BLOCK, min((one + 1) * BLOCK, pieces)):
                if one != other and _beside(coords, first + i, boxes[other]):
                    continue
                for j in range(max(i + 1, other * BLOCK), min((other + 1) * BLOCK, pieces)):
                    if j == i + 1:
                        if _folds_back(coords, first + i, first + i + 1, first + i + 2):
                            return True
                    elif i == 0 and j == pieces - 1:
                        if _folds_back(coords, first + j, first, first + 1):
                            return True
                    elif _meet(coords, first + i, first + j):
                        return True
    return False


@njit(cache=True, inline="always")
def _beside(coords: NDArray[np.float64], i: int, box: NDArray[np.float64]) -> bool:
    """Return whether the piece from i stays clear of a box by more than a micrometre."""
    ax, ay, bx, by = coords[i, 0], coords[i, 1], coords[i + 1, 0], coords[i + 1, 1]
    return bool(
        max(ax, bx) + 1e-6 < box[0]
        or box[2] + 1e-6 < min(ax, bx)
        or max(ay, by) + 1e-6 < box[1]
        or box[3] + 1e-6 < min(ay, by)
    )


@njit(cache=True, inline="always")
def _folds_back(coords: NDArray[np.float64], a: int, b: int, c: int) -> bool:
    """Return whether the way a-b-c may turn back on itself at b."""
    ux, uy = coords[b, 0] - coords[a, 0], coords[b, 1] - coords[a, 1]
    wx, wy = coords[c, 0] - coords[b, 0], coords[c, 1] - coords[b, 1]
    along, across = ux * wx + uy * wy, ux * wy - uy * wx
    return bool(along <= 0 and abs(across) <= 1e-6 * abs(along))


@njit(cache=True, inline="always")
def _meet(coords: NDArray[np.float64], i: int, j: int) -> bool:
    """Return whether the pieces from i and from j may share a point; a micrometre apart counts as meeting."""
    ax, ay, bx, by = coords[i, 0], coords[i, 1], coords[i + 1, 0], coords[i + 1, 1]
    cx, cy, dx, dy = coords[j, 0], coords[j, 1], coords[j + 1, 0], coords[j + 1, 1]
    near = 1e-6
    if max(ax, bx) + near < min(cx, dx) or max(cx, dx) + near < min(ax, bx):
        return False
    if max(ay, by) + near < min(cy, dy) or max(cy, dy) + near < min(ay, by):
        return False
    ux, uy, wx, wy = bx - ax, by - ay, dx - cx, dy - cy
    slack_u, slack_w = near * (abs(ux) + abs(uy)), near * (abs(wx) + abs(wy))
    c_side, d_side = ux * (cy - ay) - uy * (cx - ax), ux * (dy - ay) - uy * (dx - ax)
    if min(c_side, d_side) > slack_u or max(c_side, d_side) < -slack_u:
        return False
    a_side, b_side = wx * (ay - cy) - wy * (ax - cx), wx * (by - cy) - wy * (bx - cx)
    return not (min(a_side, b_side) > slack_w or max(a_side, b_side) < -slack_w)


@njit(cache=True)
def _sharp_corners(
    coords: NDArray[np.float64], starts: NDArray[np.int64], angle: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of spikes' tips, and of the end of the shorter side of each."""
    limit, least = np.tan(angle), SPIKE_M * SPIKE_M
    tips, feet = [], []
    for ring in range(len(starts) - 1):
        first, last = starts[ring], starts[ring + 1] - 1
        for i in range(first, last):
            before, after = (i - 1 if i > first else last - 1), i + 1
            ux, uy = coords[before, 0] - coords[i, 0], coords[before, 1] - coords[i, 1]
            wx, wy = coords[after, 0] - coords[i, 0], coords[after, 1] - coords[i, 1]
            along = ux * wx + uy * wy
            if along > 0 and abs(ux * wy - uy * wx) < limit * along:
                u, w = ux * ux + uy * uy, wx * wx + wy * wy
                if u >= least and w >= least:
                    tips.append(i)
                    feet.append(before if u < w else after)
    return np.array(tips, dtype=np.int64), np.array(feet, dtype=np.int64)
