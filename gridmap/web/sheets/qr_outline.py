"""The black parts of a code as closed lines, for what cuts, engraves or screens along them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridmap.web.sheets.qr import Matrix

Corner = tuple[int, int]


def outlines(modules: Matrix) -> list[list[Corner]]:
    """Return the borders of the black parts as rings of corners (x from the left, y from the top) [modules].

    Black lies to the right of each line. Parts that touch at a corner only have rings of their own.
    """
    ways = _ways(modules)
    rings = []
    while ways:
        begin = next(iter(ways))
        at, step, ring = begin, (0, 0), []
        while at in ways:
            steps = ways[at]
            right = (-step[1], step[0])
            turn = right if right in steps else steps[0]
            steps.remove(turn)
            if not steps:
                del ways[at]
            if turn != step:
                ring.append(at)
            at, step = (at[0] + turn[0], at[1] + turn[1]), turn
        rings.append(ring)
    return rings


def _ways(modules: Matrix) -> dict[Corner, list[Corner]]:
    """Return the steps that lead on from each corner along a border."""
    found: dict[Corner, list[Corner]] = {}
    wide = np.pad(modules, 1)
    inner = wide[1:-1, 1:-1]
    sides = (
        (wide[:-2, 1:-1], (0, 0), (1, 0)), (wide[1:-1, 2:], (1, 0), (0, 1)),
        (wide[2:, 1:-1], (1, 1), (-1, 0)), (wide[1:-1, :-2], (0, 1), (0, -1)),
    )  # fmt: skip
    for beyond, (x, y), step in sides:
        for row, column in np.argwhere(inner & ~beyond).tolist():
            found.setdefault((column + x, row + y), []).append(step)
    return found


def inside(rings: list[list[Corner]], side: int) -> Matrix:
    """Return the modules that rings enclose on a ground of `side` modules: what a filled path shows."""
    edges: NDArray[np.int64] = np.zeros((side, side + 1), dtype=np.int64)
    for ring in rings:
        for (x, y), (_, lower) in zip(ring, [*ring[1:], ring[0]], strict=True):
            edges[min(y, lower) : max(y, lower), x] += 1
    return np.equal(np.cumsum(edges, axis=1)[:, :-1] % 2, 1)
