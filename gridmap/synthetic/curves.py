"""Curves that look drawn by water, feet and survey parties: wiggles, bends and places along a line."""

from __future__ import annotations

import numpy as np

from gridmap.synthetic.plane import Floats


def wiggle(start: Floats, end: Floats, rng: np.random.Generator, *, amplitude: float, step: float = 45.0) -> Floats:
    """Return a curve from `start` to `end` that strays sideways by about `amplitude` of its length.

    Harmonics with falling weight give a smooth curve; a taper at both ends keeps it from crossing its
    neighbours at a shared node.

    Returns
    -------
    curve
        (m, 2) coordinates [m], about `step` metres apart, first and last exactly as given.
    """
    length = float(np.hypot(*(end - start)))
    count = max(2, round(length / step))
    t = np.linspace(0.0, 1.0, count + 1)
    k = np.arange(1, 13)
    waves = np.sin(np.pi * np.outer(t, k)) * (k**-1.45)
    taper = (4 * t * (1 - t)) ** 0.5
    sideways = waves @ rng.normal(size=12) * taper * amplitude * length
    forward = waves @ rng.normal(size=12) * taper * amplitude * length * 0.25
    along = (end - start) / max(length, 1e-9)
    across = np.array([-along[1], along[0]])
    curve = start + np.outer(t * length + forward, along) + np.outer(sideways, across)
    curve[0], curve[-1] = start, end
    return curve


def bend(points: Floats, step: float = 30.0) -> Floats:
    """Return a smooth curve through (n, 2) points (Catmull-Rom), a vertex about every `step` metres."""
    if len(points) < 3:
        return points
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    parts = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        count = max(1, round(float(np.hypot(*(p2 - p1))) / step))
        t = (np.arange(count) / count)[:, None]
        parts.append(
            0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
        )
    return np.vstack([*parts, points[-1:]])


def lengths(line: Floats) -> Floats:
    """Return the distance [m] of each vertex of a line from its start."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])


def beside(line: Floats, at: Floats, offset: Floats) -> Floats:
    """Return the points `offset` metres to the left of a line (right if negative) at distances `at` [m]."""
    measure = lengths(line)
    segment = np.clip(np.searchsorted(measure, at, side="right") - 1, 0, len(line) - 2)
    run = line[segment + 1] - line[segment]
    size = np.maximum(np.hypot(run[:, 0], run[:, 1]), 1e-9)
    unit = run / size[:, None]
    base = line[segment] + unit * (at - measure[segment])[:, None]
    return np.asarray(base + np.column_stack([-unit[:, 1], unit[:, 0]]) * offset[:, None])
