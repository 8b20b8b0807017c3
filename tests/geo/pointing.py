"""The truth about where points stand, said slowly and without an index, and tilings and points that tell."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely
from shapely import Point, Polygon

from gridmap.geo import assign as geo
from gridmap.geo.zone_tree import build_zone_tree

METRIC = 32649


def zones_of(shapes: dict[str, shapely.Geometry | None], crs: int | None = METRIC) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=crs)


def points_at(*places: tuple[float, float], crs: int | None = METRIC) -> gpd.GeoDataFrame:
    index = [f"p{i}" for i in range(len(places))]
    return gpd.GeoDataFrame({"id": index}, geometry=[Point(p) for p in places], crs=crs, index=index)


def truth(zones: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray, prefer: np.ndarray | None = None) -> np.ndarray:
    """Say, zone by zone with GEOS and without any index, where each point stands."""
    rows = np.full(len(x), -1, dtype=np.int32)
    for row in np.argsort(zones["code"].to_numpy(dtype=str), kind="stable")[::-1]:
        held = shapely.covers(zones.geometry.to_numpy()[row], shapely.points(x, y)) & np.isfinite(x) & np.isfinite(y)
        rows[held] = row
    if prefer is not None:
        for row in range(len(zones)):
            held = shapely.covers(zones.geometry.to_numpy()[row], shapely.points(x, y))
            rows[held & (prefer == row)] = row
    return rows


def rational_truth(zones: gpd.GeoDataFrame, x: float, y: float, prefer: int) -> int:
    """Say in fractions, without rounding, where one point stands: even-odd, border included."""
    px, py = Fraction(x), Fraction(y)
    holders = []
    for row, shape in enumerate(zones.geometry.to_numpy()):
        inside = on_border = False
        for ring in shapely.get_rings(shape):
            ends = [(Fraction(a), Fraction(b)) for a, b in shapely.get_coordinates(ring)]
            for (ax, ay), (bx, by) in pairwise(ends):
                turn = (ax - px) * (by - py) - (ay - py) * (bx - px)
                on_border |= turn == 0 and min(ax, bx) <= px <= max(ax, bx) and min(ay, by) <= py <= max(ay, by)
                inside ^= (ay > py) != (by > py) and (turn < 0) == (by > ay)
        if inside or on_border:
            holders.append(row)
    if prefer in holders:
        return prefer
    return min(holders, key=lambda row: zones["code"][row], default=-1)


def check(zones: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray, prefer: np.ndarray | None = None) -> np.ndarray:
    """Hold tree and index to the truth and return it; where GEOS itself rounds, the index is held to fractions.

    GEOS decides sides in 106 bits: a rare point that stands exactly on a border of 53-bit ends, but needs more
    bits to tell, is in neither zone for it.
    """
    expected = truth(zones, x, y, prefer)
    np.testing.assert_array_equal(build_zone_tree(zones).locate(x, y, prefer=prefer), expected)
    found = geo.build_zone_index(zones).locate(x, y, prefer=prefer)
    rounded = np.flatnonzero(found != expected)
    assert len(rounded) <= 3
    for i in rounded:
        before = -1 if prefer is None else int(prefer[i])
        assert found[i] == rational_truth(zones, x[i], y[i], before), (x[i], y[i])
    return expected


def telling_points(zones: gpd.GeoDataFrame, rng: np.random.Generator, n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return random points, every vertex, points on edges, one rounding step off them, and level with vertices."""
    vertices = np.unique(shapely.get_coordinates(zones.geometry.to_numpy()), axis=0)
    a = shapely.get_coordinates(zones.geometry.to_numpy())
    share = rng.choice([0.5, 0.25, 1 / 3, rng.random()], (len(a) - 1, 1))
    on_edges = a[:-1] + (a[1:] - a[:-1]) * share
    west, south, east, north = zones.total_bounds
    wide = np.array([east - west, north - south]) + 1e-12
    anywhere = rng.random((n, 2)) * wide * 1.2 + [west, south] - wide * 0.1
    level = np.column_stack([rng.permutation(vertices[:, 0]), vertices[:, 1]])
    off = np.nextafter(on_edges, rng.choice([-np.inf, np.inf], on_edges.shape))
    x, y = np.concatenate([vertices, on_edges, off, anywhere, level]).T
    return np.ascontiguousarray(x), np.ascontiguousarray(y)


def jittered_grid(columns: int, rows: int, rng: np.random.Generator, *, flat: bool, detail: int) -> list[Polygon]:
    """Return cells that share their wiggly borders vertex for vertex; `flat` leaves rows of borders horizontal."""
    corner = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0)), axis=-1)
    corner += rng.uniform(-0.3, 0.3, corner.shape) * ([1, 0] if flat else [1, 1])

    def side(a: np.ndarray, b: np.ndarray, seed: int) -> np.ndarray:
        inner = np.linspace(a, b, detail + 2)[1:-1]
        wiggle = np.random.default_rng(seed).uniform(-0.05, 0.05, inner.shape)
        return np.vstack([a, inner + wiggle * ([1, 0] if flat else [1, 1])])

    def across(i: int, j: int) -> np.ndarray:
        return side(corner[j, i], corner[j, i + 1], 2 * (j * 99 + i))

    def upward(i: int, j: int) -> np.ndarray:
        return side(corner[j, i], corner[j + 1, i], 2 * (j * 99 + i) + 1)

    def back(line: np.ndarray, end: np.ndarray) -> np.ndarray:
        return np.vstack([end, line[:0:-1]])

    return [
        Polygon(
            np.vstack(
                [
                    across(i, j),
                    upward(i + 1, j),
                    back(across(i, j + 1), corner[j + 1, i + 1]),
                    back(upward(i, j), corner[j + 1, i]),
                ]
            )
        )
        for j in range(rows)
        for i in range(columns)
    ]
