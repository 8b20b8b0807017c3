"""Big made-up tilings with wiggly shared borders, quickly: polygons and points for the benchmarks."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

_DETAIL = 12  # edges between two corners: four sides of twelve make 48 edges, 49 vertices with the closing one


def wiggly_tiling(n_zones: int, *, seed: int = 7, metres: float = 800.0, crs: str = "EPSG:32649") -> gpd.GeoDataFrame:
    """Return about `n_zones` quadrilateral cells whose shared borders wander, vertex for vertex the same on both sides.

    Corners of a square grid are shifted at random; each side is cut into twelve edges and each inner vertex
    shifted again. A cell is about `metres` wide.
    """
    rng = np.random.default_rng(seed)
    k = round(n_zones**0.5)
    corner = np.stack(np.meshgrid(np.arange(k + 1.0), np.arange(k + 1.0), indexing="xy"), axis=-1)
    corner += rng.uniform(-0.25, 0.25, corner.shape)
    across = _wander(corner[:, :-1], corner[:, 1:], rng)  # (k + 1, k, detail, 2): from each corner eastward
    upward = _wander(corner[:-1], corner[1:], rng)  # (k, k + 1, detail, 2): from each corner northward
    ring = np.concatenate(
        [
            across[:-1],
            upward[:, 1:],
            np.concatenate([corner[1:, 1:, None], across[1:, :, :0:-1]], axis=2),
            np.concatenate([corner[1:, :-1, None], upward[:, :-1, :0:-1]], axis=2),
            corner[:-1, :-1, None],
        ],
        axis=2,
    ).reshape(k * k, -1, 2)
    ring = ring * metres + np.array([500_000.0, 4_000_000.0])
    n, m = ring.shape[:2]
    rings = shapely.linearrings(ring.reshape(-1, 2), indices=np.repeat(np.arange(n), m))
    codes = np.char.mod("%07d", rng.permutation(n)).astype(object)
    return gpd.GeoDataFrame({"code": codes}, geometry=shapely.polygons(rings), crs=crs)


def _wander(begin: NDArray[np.float64], end: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return vertices from `begin` towards `end`, the end itself left out, the inner ones shifted at random."""
    share = (np.arange(_DETAIL) / _DETAIL)[:, None]
    line = begin[..., None, :] * (1 - share) + end[..., None, :] * share
    line[..., 1:, :] += rng.uniform(-0.025, 0.025, line[..., 1:, :].shape)
    return line


def random_points(
    zones: gpd.GeoDataFrame, n: int, *, seed: int = 11
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of `n` points over the bounds of the zones, a little beyond them too."""
    rng = np.random.default_rng(seed)
    west, south, east, north = zones.total_bounds
    edge = 0.002 * (east - west)
    return rng.uniform(west - edge, east + edge, n), rng.uniform(south - edge, north + edge, n)
