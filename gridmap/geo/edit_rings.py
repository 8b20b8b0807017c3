"""Rings of single zones: vertices changed, put in and taken out, everything else of the shape kept as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.edit_plane import Plane, Shape, project

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Change = Callable[[NDArray[np.float64]], NDArray[np.float64] | None]


def with_rings(shape: Shape, change: Change) -> Shape:
    """Return `shape` with every ring changed; `change` is given (m, 2) closed and gives closed, or None for as it is.

    The same object comes back if no ring changed. A ring left without ground makes its polygon or hole vanish.
    """
    changed, polygons = False, []
    for polygon in shapely.get_parts(shape):
        rings = []
        for ring in shapely.get_rings(polygon):
            coords = shapely.get_coordinates(ring)
            new = change(coords)
            changed |= new is not None
            rings.append(coords if new is None else new)
        polygons.append(rings)
    if not changed:
        return shape
    kept = [[rings[0], *(hole for hole in rings[1:] if len(hole) > 3)] for rings in polygons if len(rings[0]) > 3]
    made = [shapely.Polygon(rings[0], rings[1:]) for rings in kept]
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)


def swapped(shape: Shape, old: NDArray[np.float64], new: NDArray[np.float64], plane: Plane) -> Shape:
    """Return `shape` with the vertices at `old` (k, 2) moved to `new` (k, 2); two on one place become one."""

    def change(ring: NDArray[np.float64]) -> NDArray[np.float64] | None:
        hit = _hits(ring, old, plane)
        which = np.flatnonzero(hit.any(axis=1))
        if not len(which):
            return None
        moved = ring.copy()
        moved[which] = new[hit[which].argmax(axis=1)]
        return _without_doubles(moved)

    return with_rings(shape, change)


def without(shape: Shape, places: NDArray[np.float64], plane: Plane) -> Shape:
    """Return `shape` without the vertices at `places` (k, 2)."""

    def change(ring: NDArray[np.float64]) -> NDArray[np.float64] | None:
        hit = _hits(ring[:-1], places, plane).any(axis=1)
        if not hit.any():
            return None
        left = ring[:-1][~hit]
        return np.concatenate([left, left[:1]])

    return with_rings(shape, change)


def put_in(shape: Shape, points: NDArray[np.float64], plane: Plane) -> Shape:
    """Return `shape` with those `points` (k, 2) as vertices that lie on its border and are not vertices yet."""

    def change(ring: NDArray[np.float64]) -> NDArray[np.float64] | None:
        low, high = ring.min(axis=0) - plane.tol, ring.max(axis=0) + plane.tol
        near = points[((points >= low) & (points <= high)).all(axis=1)]
        near = near[~_hits(near, ring, plane).any(axis=1)] if len(near) else near
        if not len(near):
            return None
        share, off = project(near[:, None], ring[None, :-1], ring[None, 1:], plane)
        point, piece = np.nonzero(off <= plane.tol_m)
        if not len(point):
            return None
        order = np.lexsort((share[point, piece], piece))
        return np.insert(ring, piece[order] + 1, near[point[order]], axis=0)

    return with_rings(shape, change)


def _hits(points: NDArray[np.float64], places: NDArray[np.float64], plane: Plane) -> NDArray[np.bool_]:
    """Return (n, k) whether each point is at each place."""
    away = (points[:, None] - places[None]) * plane.scale
    near: NDArray[np.bool_] = (away**2).sum(axis=2) <= plane.tol_m**2
    return near


def _without_doubles(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = np.append(True, (ring[1:] != ring[:-1]).any(axis=1))
    ring = ring[kept]
    return ring if (ring[0] == ring[-1]).all() else np.concatenate([ring, ring[:1]])
