"""Pieces: the grid cells, villages or squares that beats are made of, and what each of them carries."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from gridmap.geo import edit_chain, lattice
from gridmap.geo.assign import build_locator
from gridmap.geo.edit_plane import Shape, plane_of
from gridmap.services.proposals.ground import Ground
from gridmap.services.proposals.wishes import MOST_UNITS, PlanWishes, not_possible
from gridmap.store.frames import STORAGE_CRS

_STEP_M: Final = 100
_STORAGE: Final = pyproj.CRS(STORAGE_CRS)


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """n pieces in EPSG:4326: `zones` (`code`, geometry) and what each carries.

    `cells`: for each grid cell of the edition the piece it is part of, or -1; empty where pieces are no cells.
    `village` (n,): row of the village a piece lies in, or -1. `door` (d,): piece of each door, `former` (d,): row in
    the edition's beats that each door is in, `door_village` (d,): row of its village; -1 for none;
    `places`: x and y of each door [m, metric CRS]. `counts`: on the pieces `doors`, `households`, `calls`,
    `disputes`, `area_km2`, `load` (1 is the whole station). `size_m`: side of the squares, 0 where pieces are none.
    """

    zones: gpd.GeoDataFrame
    cells: NDArray[np.int64]
    village: NDArray[np.int64]
    door: NDArray[np.int64]
    former: NDArray[np.int64]
    door_village: NDArray[np.int64]
    places: tuple[NDArray[np.float64], NDArray[np.float64]]
    counts: pd.DataFrame
    size_m: int = 0


def pieces_of(ground: Ground, wishes: PlanWishes) -> Pieces:
    """Return the pieces of `ground` as wished, with their load.

    Raises
    ------
    WishNotPossible
        If the edition has no cells, or the station no villages, to make pieces of; or nothing counted is there.
    """
    size_m = 0
    cells = np.zeros(0, dtype=np.int64)
    if wishes.units == "lattice":
        size_m, zones = _squares(ground)
    elif len(ground.cells):
        zones = ground.cells[["code", "geometry"]].reset_index(drop=True)
        cells = np.arange(len(zones))
        if wishes.units == "villages":
            cells, zones = _by_village(ground, wishes.locked)
    elif wishes.units == "villages" and len(ground.villages):
        zones = ground.villages[["code", "geometry"]].reset_index(drop=True)
    else:
        what = "grid cells in this edition" if wishes.units == "cells" else "villages with a boundary"
        raise not_possible("units", f"there are no {what}; choose other units, or load some first")
    where = _locator(zones, len(ground.doors.lon))
    doors = ground.doors.lon, ground.doors.lat
    former, home = (_locator(one, len(doors[0]))(*doors) for one in (ground.beats, ground.villages))
    counts = count(ground, wishes, zones)
    inside = shapely.point_on_surface(zones.geometry.to_numpy())
    village = _locator(ground.villages, len(zones))(shapely.get_x(inside), shapely.get_y(inside))
    return Pieces(zones, cells, village, where(*doors), former, home, _metric(ground), counts, size_m)


def _metric(ground: Ground) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where the doors are in the station's metric CRS [m]."""
    to_metres = pyproj.Transformer.from_crs(_STORAGE, ground.metric_epsg, always_xy=True)
    x, y = to_metres.transform(ground.doors.lon, ground.doors.lat)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def _locator(
    zones: gpd.GeoDataFrame, n_points: int
) -> Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.int64]]:
    """Return the function that says in which row of `zones` points stand, -1 in none."""
    if not len(zones):
        return lambda lon, _: np.full(len(lon), -1, dtype=np.int64)
    locator = build_locator(zones, n_points)
    return lambda lon, lat: np.asarray(locator.locate(lon, lat), dtype=np.int64)


def _by_village(ground: Ground, locked: tuple[str, ...]) -> tuple[NDArray[np.int64], gpd.GeoDataFrame]:
    """Return for each cell the row of its piece, and the pieces: villages as unions of their cells.

    A cell in no village, or of a locked beat, is a piece by itself.
    """
    inside = shapely.point_on_surface(ground.cells.geometry.to_numpy())
    village = _locator(ground.villages, len(inside))(shapely.get_x(inside), shapely.get_y(inside))
    names = ground.villages["code"].to_numpy(dtype=object)
    alone = (village < 0) | ground.cells["beat"].isin(locked).to_numpy()
    codes = np.where(alone, ground.cells["code"].to_numpy(dtype=object), np.append(names, "")[village])
    found, rows = np.unique(codes.astype(str), return_inverse=True)
    shapes = [dissolved(ground.cells.geometry.to_numpy()[rows == row]) for row in range(len(found))]
    return rows.astype(np.int64), gpd.GeoDataFrame({"code": found.astype(object)}, geometry=shapes, crs=STORAGE_CRS)


def dissolved(shapes: NDArray[np.object_]) -> Shape:
    """Return the union of polygons in EPSG:4326: borders that two of them share are struck out, all else stays as it is.

    Vertices that the same border has twice, a hair apart, are one; borders that do not add up are left to GEOS.
    """
    if len(shapes) == 1 and shapes[0].is_valid:
        only: Shape = shapes[0]
        return only
    plane = plane_of(_STORAGE, float(np.nanmean(shapely.bounds(shapes)[:, 1::2])))
    border, _ = edit_chain.pieces_of(shapes)
    ground = edit_chain.ground_of(border, np.ones(len(border), dtype=np.int64), plane)
    return edit_chain.united(shapes) if ground is None or ground.is_empty else ground


def _squares(ground: Ground) -> tuple[int, gpd.GeoDataFrame]:
    """Return the side of the squares and the squares, at most `MOST_UNITS`."""
    outline = gpd.GeoSeries([ground.jurisdiction], crs=STORAGE_CRS).to_crs(ground.metric_epsg)
    size_m = max(_STEP_M, math.ceil(math.sqrt(float(outline.area.sum()) / MOST_UNITS) / _STEP_M) * _STEP_M)
    squares = squares_of(ground.jurisdiction, ground.metric_epsg, size_m)
    while len(squares) > MOST_UNITS:
        size_m += _STEP_M
        squares = squares_of(ground.jurisdiction, ground.metric_epsg, size_m)
    return size_m, squares


def squares_of(jurisdiction: shapely.MultiPolygon, metric_epsg: int, size_m: int) -> gpd.GeoDataFrame:
    """Return the squares of side `size_m` in a metric CRS, cut at `jurisdiction`: `code`, geometry in EPSG:4326.

    Squares and outline are cut at each other in one step, in degrees, so that what they share they share vertex by
    vertex. A square that the outline cuts in two is two pieces.
    """
    outline = gpd.GeoSeries([jurisdiction], crs=STORAGE_CRS).to_crs(metric_epsg)
    whole = lattice.square_lattice(outline, size_m)
    shapes = whole.to_crs(STORAGE_CRS).geometry.to_numpy()
    lines = shapely.union_all([*shapely.boundary(shapes), shapely.boundary(jurisdiction)])
    faces = np.array(list(shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))), dtype=object)
    shapely.prepare(jurisdiction)
    faces = faces[shapely.covers(jurisdiction, shapely.point_on_surface(faces))]
    spots = shapely.point_on_surface(faces)
    names = (whole["column"].astype(str) + "_" + whole["row"].astype(str)).to_numpy(dtype=object)
    where = _locator(gpd.GeoDataFrame({"code": names}, geometry=shapes, crs=STORAGE_CRS), len(faces))
    rows = where(shapely.get_x(spots), shapely.get_y(spots))
    order = np.argsort(rows, kind="stable")
    codes = names[rows[order]]
    again = pd.Series(codes).groupby(codes).cumcount()
    codes = np.array(
        [code if n == 0 else f"{code}_{n + 1}" for code, n in zip(codes, again, strict=True)], dtype=object
    )
    return gpd.GeoDataFrame({"code": codes}, geometry=faces[order], crs=STORAGE_CRS)


def count(ground: Ground, wishes: PlanWishes, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what each of (n,) `zones` (EPSG:4326) carries, and its load; columns as `Pieces.counts`."""
    n = len(zones)
    where = _locator(zones, len(ground.doors.lon))
    door = where(ground.doors.lon, ground.doors.lat)
    call = where(*_places(ground.calls))
    is_dispute = ground.calls["is_dispute"].to_numpy(dtype=bool)
    table = pd.DataFrame(
        {
            "doors": _sums(door, n),
            "households": _sums(door, n, ground.doors.households),
            "calls": _sums(call, n),
            "disputes": _sums(call[is_dispute], n),
            "area_km2": zones.to_crs(ground.metric_epsg).area.to_numpy() / 1e6,
        },
        index=pd.Index(zones["code"], name="code"),
    )
    parts: dict[str, pd.Series[float]] = {str(name).removesuffix("_km2"): table[name] for name in table}
    for part in wishes.weights:
        kind, _, key = part.partition(":")
        if kind == "call":
            parts[part] = pd.Series(_sums(call[(ground.calls["category"] == key).to_numpy(dtype=bool)], n))
        elif kind == "tier":
            of_tier = ground.disputes[ground.disputes["tier"] == int(key)]
            parts[part] = pd.Series(_sums(where(*_places(of_tier)), n))
    table["load"] = _load(parts, wishes, _special(ground, wishes, where, n))
    return table


def _load(parts: dict[str, pd.Series[float]], wishes: PlanWishes, special: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the load of each piece, 1 being the station's: each part as shares of its whole, weighted and summed."""
    households = parts["households"].to_numpy(dtype=np.float64)
    whole = max(float(households.sum()), 1.0)
    load = (wishes.weights.get("households", 0.0) or 1.0) * special / whole
    for part, weight in wishes.weights.items():
        values = parts[part].to_numpy(dtype=np.float64)
        if weight > 0 and values.sum() > 0:
            load = load + weight * values / values.sum()
    total = float(load.sum())
    if not total > 0:
        raise not_possible("weights", "the station has nothing of what is to be shared out; weigh another part")
    return load / total


def _special(
    ground: Ground,
    wishes: PlanWishes,
    where: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.int64]],
    n: int,
) -> NDArray[np.float64]:
    spots = np.array([ground.special[name] for name in wishes.special], dtype=np.float64).reshape(-1, 2)
    return _sums(where(spots[:, 0], spots[:, 1]), n, np.array(list(wishes.special.values()), dtype=np.float64))


def _places(points: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return points["lon"].to_numpy(dtype=np.float64), points["lat"].to_numpy(dtype=np.float64)


def _sums(rows: NDArray[np.int64], n: int, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Return the sum of `weights` (1 each if None) in each of n rows; -1 counts nowhere."""
    inside = rows >= 0
    return np.bincount(rows[inside], weights=None if weights is None else weights[inside], minlength=n).astype(float)
