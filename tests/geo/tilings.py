"""Made tilings with shared, crooked borders, and ways to spoil them, for tests and benchmarks of topology."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

METRIC = "EPSG:4547"
ORIGIN = np.array([400_000.0, 3_960_000.0])


def tiling(rows: int, columns: int, *, seed: int = 0, size: float = 300.0, bends: int = 7) -> gpd.GeoDataFrame:
    """Return rows x columns zones like a crooked brick wall: six neighbours each, borders shared to the last bit.

    `size` is the side of a zone [m]; every border is a line of `bends` + 1 straight pieces.
    """
    random = np.random.default_rng(seed)
    wide = 2 * columns + 2
    row, col = np.mgrid[0 : rows + 1, 0:wide]
    corners = np.stack([col * size / 2, row * size], axis=-1).reshape(-1, 2)
    corners += ORIGIN + random.uniform(-0.15, 0.15, corners.shape) * size
    r, c = (axis.ravel() for axis in np.mgrid[0:rows, 0:columns])
    low = r * wide + 2 * c + r % 2
    top = low + wide
    ring = np.stack([low, low + 1, low + 2, top + 2, top + 1, top], axis=1)
    ends = np.stack([ring, np.roll(ring, -1, axis=1)], axis=-1).reshape(-1, 2)
    forward = ends[:, 0] < ends[:, 1]
    borders, which = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    paths = _crooked(corners[borders[:, 0]], corners[borders[:, 1]], bends, random)
    lines = np.where(forward[:, None, None], paths[which], paths[which][:, ::-1])[:, :-1]
    coords = lines.reshape(len(ring), -1, 2)
    rings = np.concatenate([coords, coords[:, :1]], axis=1)
    codes = [f"C{number:05d}" for number in range(len(ring))]
    return gpd.GeoDataFrame({"code": codes}, geometry=shapely.polygons(rings), crs=METRIC)


def _crooked(start: np.ndarray, end: np.ndarray, bends: int, random: np.random.Generator) -> np.ndarray:
    """Return (n, bends + 2, 2) points from start to end, displaced sideways by up to a tenth of the length."""
    along = np.linspace(0, 1, bends + 2)[None, :, None]
    line = start[:, None] * (1 - along) + end[:, None] * along
    step = (end - start)[:, None]
    aside = np.stack([-step[..., 1], step[..., 0]], axis=-1)
    sway = random.uniform(-0.04, 0.04, (len(start), bends + 2, 1))
    sway[:, [0, -1]] = 0
    points = line + aside * sway
    points[:, 0], points[:, -1] = start, end
    return points


def outline(zones: gpd.GeoDataFrame) -> shapely.Polygon:
    """Return the jurisdiction that clean `zones` tile."""
    return shapely.coverage_union_all(zones.geometry.array)
