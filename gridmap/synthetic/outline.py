"""The outlines of jurisdictions: a bent honeycomb, whose neighbours share their borders vertex by vertex."""

from __future__ import annotations

import math

import numpy as np

from gridmap.synthetic.curves import wiggle
from gridmap.synthetic.plane import Floats
from gridmap.synthetic.seeds import stream

SIDE = 4_517.0  # [m] side of a hexagon of 53 km2
JITTER = 0.24  # how far a corner may stray, in sides
GRID = 0.5  # [m] all linework is snapped to this grid before areas are made of it


def centre(col: int, row: int) -> Floats:
    """Return the middle [m on the sheet] of the station in a column and row of the honeycomb."""
    x = math.sqrt(3) * SIDE * (col + 0.5 * (row % 2))
    return np.round(np.array([x, 1.5 * SIDE * row]) / GRID) * GRID


def outline(seed: int, col: int, row: int) -> Floats:
    """Return the closed ring [m on the sheet] of one station's jurisdiction.

    A corner and an edge draw their bends from their own position, so two neighbours made in different
    runs or processes get the same coordinates.
    """
    across, up = 2 * col + row % 2, 3 * row  # the middle, in halves of a hexagon's width and of its side
    keys = [(across + dx, up + dy) for dx, dy in ((1, 1), (0, 2), (-1, 1), (-1, -1), (0, -2), (1, -1))]
    moved = [_corner(seed, key) for key in keys]
    ring = [_edge(seed, keys[i], keys[(i + 1) % 6], moved[i], moved[(i + 1) % 6])[:-1] for i in range(6)]
    closed = np.vstack([*ring, ring[0][:1]])
    return np.round(closed / GRID) * GRID


def _corner(seed: int, key: tuple[int, int]) -> Floats:
    rng = stream(seed, "corner", *key)
    angle, reach = rng.uniform(0, 2 * math.pi), JITTER * SIDE * math.sqrt(rng.uniform())
    regular = np.array([key[0] * math.sqrt(3) / 2, key[1] / 2]) * SIDE
    return np.asarray(regular + np.array([math.cos(angle), math.sin(angle)]) * reach)


def _edge(seed: int, a: tuple[int, int], b: tuple[int, int], start: Floats, end: Floats) -> Floats:
    rng = stream(seed, "edge", *min(a, b), *max(a, b))
    if a < b:
        return wiggle(start, end, rng, amplitude=0.075, step=60)
    return wiggle(end, start, rng, amplitude=0.075, step=60)[::-1]
