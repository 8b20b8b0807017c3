"""The formulas of GCJ-02 and BD-09, forward and inverse, without asking where they apply (`datum` asks).

References
----------
The GCJ-02 polynomial became public in 2010 and is tabulated in Wikipedia, "Restrictions on geographic data in
China", as is BD-09, a small spiral on top of it. Neither is officially published.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Degrees = NDArray[np.float64]
    Shift = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]

_AXIS_M: Final = 6_378_245.0  # Krasovsky 1940: GCJ-02 computes on it, whatever the coordinates are measured on
_ECCENTRICITY2: Final = 0.00669342162296594323
_BD_RADIANS: Final = math.pi * 3000 / 180
_CONVERGED_DEG: Final = 1e-11
_ROUNDS: Final = 30


def wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Return GCJ-02 longitude and latitude; all (n,) degrees."""
    x, y = lon - 105, lat - 35
    root, xy = 0.1 * np.sqrt(np.abs(x)), 0.1 * x * y
    wave = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + xy + 2 * root
    north += (wave + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)) * 2 / 3
    north += (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + xy + root
    east += (wave + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)) * 2 / 3
    east += (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    phi = np.radians(lat)
    magic = 1 - _ECCENTRICITY2 * np.sin(phi) ** 2
    prime = _AXIS_M / np.sqrt(magic)
    meridian = prime * (1 - _ECCENTRICITY2) / magic
    return lon + np.degrees(east / (prime * np.cos(phi))), lat + np.degrees(north / meridian)


def gcj02_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Return BD-09 longitude and latitude of places in GCJ-02; all (n,) degrees."""
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_RADIANS)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_RADIANS)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Return WGS 84 longitude and latitude; all (n,) degrees, iterated until a step is below 1e-11 degrees."""
    return _inverse(wgs84_to_gcj02, lon, lat, (0.0, 0.0))


def bd09_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Return GCJ-02 longitude and latitude; all (n,) degrees, iterated until a step is below 1e-11 degrees."""
    return _inverse(gcj02_to_bd09, lon, lat, (-0.0065, -0.006))


def _inverse(forward: Shift, lon: Degrees, lat: Degrees, start: tuple[float, float]) -> tuple[Degrees, Degrees]:
    """Return the place whose image under `forward` is (lon, lat): each round moves the guess by what it misses."""
    x, y = lon + start[0], lat + start[1]
    with np.errstate(over="ignore", invalid="ignore"):  # near the poles, where nothing converges and nothing applies
        for _ in range(_ROUNDS):
            image_x, image_y = forward(x, y)
            step_x, step_y = lon - image_x, lat - image_y
            x, y = x + step_x, y + step_y
            if not ((np.abs(step_x) > _CONVERGED_DEG) | (np.abs(step_y) > _CONVERGED_DEG)).any():
                break
    return x, y
