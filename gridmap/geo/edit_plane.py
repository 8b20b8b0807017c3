"""Distances, tolerance and rounding for edits, in whatever coordinates the zones are kept in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import shapely

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

Shape: TypeAlias = shapely.Polygon | shapely.MultiPolygon

MATCH_M: Final = 0.5
"""A point given by a person means the nearest vertex within this distance [m]."""
DEGREE_M: Final = 6_371_008.8 * math.pi / 180
"""Metres to a degree of latitude on the sphere."""


@dataclass(frozen=True, slots=True)
class Plane:
    """How coordinates become metres: `scale` (2,) metres a unit; `tol_m`: nearer points are one; `digits` are kept."""

    scale: NDArray[np.float64]
    tol_m: float
    digits: int

    @property
    def tol(self) -> float:
        """The tolerance in coordinates, on the safe side."""
        return float(self.tol_m / self.scale.min())

    def apart(self, points: NDArray[np.float64], point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distances (n,) [m] of `points` (n, 2) from `point` (2,)."""
        away: NDArray[np.float64] = np.hypot(*((points - point) * self.scale).T)
        return away

    def rounded(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return new coordinates as they are kept: every zone that gets one gets the same double."""
        return np.round(points, self.digits) + 0.0  # no negative zero


def plane_of(crs: pyproj.CRS | None, middle: float) -> Plane:
    """Return the plane of coordinates in `crs` around the latitude or northing `middle`.

    Degrees: points within 1e-8 are one (1.1 mm), nine decimals are kept (0.1 mm). Metres: 1 mm and four decimals.
    """
    if crs is not None and crs.is_geographic:
        across = DEGREE_M * math.cos(math.radians(middle))
        return Plane(np.array([across, DEGREE_M]), 1e-8 * DEGREE_M, 9)
    return Plane(np.array([1.0, 1.0]), 1e-3, 4)


def project(
    points: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], plane: Plane
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where (n, 2) points fall on pieces a-b (n, 2): the share (n,) of the way from a, and how far off [m]."""
    step, to = (b - a) * plane.scale, (points - a) * plane.scale
    length = (step**2).sum(axis=-1)
    share = np.clip((step * to).sum(axis=-1) / np.where(length > 0, length, 1), 0, 1)
    return share, np.hypot(*np.moveaxis(to - step * share[..., None], -1, 0))
