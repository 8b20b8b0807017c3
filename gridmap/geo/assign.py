"""Which zone each point stands in, which points are ties, and how a recorded zone compares.

A point stands in the zones that hold it, border included, in the plane of the frame's own coordinates.
Where several do (a shared border, an overlap in a draft) the zone it was in before wins if it is one of
them, else the lowest code; the tie is there to be listed for a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridmap.geo.crs import require_metric, require_same
from gridmap.geo.zone_border import cut_borders
from gridmap.geo.zone_index import ZoneIndex, ZonesNotIndexable, build_zone_index
from gridmap.geo.zone_tree import ZoneTree, build_zone_tree

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = [
    "ZoneIndex",
    "ZoneTree",
    "ZonesNotIndexable",
    "assign",
    "build_locator",
    "build_zone_index",
    "find_ties",
    "grade",
]

_FEW_POINTS = 100_000  # up to here a tree answers before the compiled code is loaded


def build_locator(zones: gpd.GeoDataFrame, n_points: int) -> ZoneIndex | ZoneTree:
    """Return what says soonest where `n_points` points stand: a tree for a few, a compiled index for many.

    Both are read alike (`locate`, `covering`, `near_border`) and give the same answers on valid polygons.
    """
    return build_zone_tree(zones) if n_points <= _FEW_POINTS else build_zone_index(zones)


def assign(
    points: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, *, prefer: pd.Series[Any] | None = None
) -> pd.Series[Any]:
    """Return the code of the zone each point stands in.

    Parameters
    ----------
    points
        (n,) Points, any CRS; missing and empty ones are outside.
    zones
        (m,) Polygons or MultiPolygons with column `code`, same CRS; may overlap and leave gaps.
    prefer
        Code of the zone each point was in before, on `points.index`; it wins ties.

    Returns
    -------
    zone
        (n,) codes on `points.index`, None outside.

    Raises
    ------
    MissingCrs, CrsMismatch
        If a frame does not say its CRS, or the two differ.
    ZonesNotIndexable
        If a coordinate of a zone is not a finite number.
    """
    require_same(points, zones)
    x, y = _coordinates(points)
    before = None if prefer is None else _rows(zones, prefer, points.index)
    rows = build_locator(zones, len(points)).locate(x, y, prefer=before)
    return pd.Series(_codes(zones)[rows], index=points.index, dtype=object, name="zone")


def find_ties(
    points: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    within_m: float = 1.0,
    prefer: pd.Series[Any] | None = None,
    chosen: pd.Series[int] | None = None,
) -> pd.DataFrame:
    """Return the points that stand in, or within a distance of, a zone other than their own.

    Parameters
    ----------
    points, zones
        As `assign`, in a metric CRS.
    within_m
        How near the other zone is [m], inclusive.
    prefer
        As `assign`.
    chosen
        Row of the zone each point was assigned to, -1 for none, on `points.index`; located here if not given.

    Returns
    -------
    ties
        On the index of the tied points, in their order: `candidates` (list of codes: the point's own zone
        first if it has one, then the others by distance and code) and `distance_m` (to the nearest other, 0 inside).

    Raises
    ------
    MissingCrs, CrsMismatch, NotMetric
        If the frames' CRS is missing, differs or is not in metres.
    """
    require_same(points, zones)
    require_metric(zones)
    x, y = _coordinates(points)
    locator = build_locator(zones, len(points))
    if chosen is None:
        own = locator.locate(x, y, prefer=None if prefer is None else _rows(zones, prefer, points.index))
    else:
        own = _aligned(chosen, points.index).to_numpy(dtype=np.int32)
    near = np.flatnonzero(locator.near_border(x, y, within_m) & np.isfinite(x) & np.isfinite(y))
    held, holder = locator.covering(x[near], y[near])
    close, closer, metres = cut_borders(zones.geometry.to_numpy()).within(_places(x[near], y[near]), within_m)
    pairs = pd.DataFrame(
        {
            "point": near[np.concatenate([held, close])],
            "zone": np.concatenate([holder, closer]),
            "metres": np.concatenate([np.zeros(held.size), metres]),
        }
    )
    pairs = pairs[own[pairs["point"]] != pairs["zone"]]
    pairs["code"] = _codes(zones)[pairs["zone"]].astype(str)
    pairs = pairs.sort_values(["point", "metres", "code"]).drop_duplicates(["point", "zone"])
    tied, first = np.unique(pairs["point"].to_numpy(), return_index=True)
    others = np.split(pairs["code"].to_numpy(dtype=object), first[1:]) if tied.size else []
    mine = _codes(zones)[own[tied]]
    candidates = pd.Series(
        [[*([] if code is None else [code]), *rest] for code, rest in zip(mine, others, strict=True)],
        index=points.index[tied],
        dtype=object,
    )
    return pd.DataFrame({"candidates": candidates, "distance_m": pairs["metres"].to_numpy()[first]})


def grade(
    points: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    recorded: pd.Series[Any],
    *,
    tie_m: float = 1.0,
    near_m: float = 25.0,
) -> pd.DataFrame:
    """Return how the zone somebody recorded for each point compares with where the point stands.

    Parameters
    ----------
    points, zones
        As `assign`, in a metric CRS.
    recorded
        Codes on `points.index`, in the zones' coding; missing and blank ones are unrecorded.
    tie_m, near_m
        Bounds of the classes [m], inclusive.

    Returns
    -------
    graded
        On `points.index`: `recorded`; `zone` (the code `assign` gives, None outside); `n_zones` that hold the
        point; `dist_to_recorded_m` (0 inside, NaN if that code has no zone); `dist_to_boundary_m` (to the
        nearest border of any zone); `class`, the first that fits of

        - `unrecorded`: no code; `code_unknown`: no zone has the code;
        - `match`: inside the recorded zone;
        - `outside_but_near`: in no zone, the recorded one within `tie_m`; `outside`: in no zone;
        - `border_tie`: in another zone, the recorded one within `tie_m`; `near_border`: within `near_m`;
        - `conflict`: in another zone, farther than that.

    Raises
    ------
    MissingCrs, CrsMismatch, NotMetric
        If the frames' CRS is missing, differs or is not in metres.
    """
    require_same(points, zones)
    require_metric(zones)
    x, y = _coordinates(points)
    recorded = _aligned(recorded, points.index)
    told = np.array([pd.notna(code) and str(code).strip() != "" for code in recorded], dtype=bool)
    record = _rows(zones, recorded, points.index)
    locator = build_locator(zones, len(points))
    held, holder = locator.covering(x, y)
    n_zones = np.bincount(held, minlength=len(points))
    inside = np.zeros(len(points), dtype=bool)
    inside[held[record[held] == holder]] = True

    shapes, places = zones.geometry.to_numpy(), _places(x, y)
    to_recorded = np.where(inside, 0.0, np.nan)
    away = np.flatnonzero((record >= 0) & ~inside)
    to_recorded[away] = shapely.distance(places[away], shapes[record[away]])
    finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    to_border = np.full(len(points), np.nan)
    to_border[finite] = cut_borders(shapes).distance(places[finite])
    kinds = np.select(
        [
            ~told,
            record < 0,
            inside,
            (n_zones == 0) & (to_recorded <= tie_m),
            n_zones == 0,
            to_recorded <= tie_m,
            to_recorded <= near_m,
        ],
        ["unrecorded", "code_unknown", "match", "outside_but_near", "outside", "border_tie", "near_border"],
        default="conflict",
    )
    return pd.DataFrame(
        {
            "recorded": recorded,
            "zone": pd.Series(_codes(zones)[locator.locate(x, y)], index=points.index, dtype=object),
            "n_zones": n_zones,
            "dist_to_recorded_m": to_recorded,
            "dist_to_boundary_m": to_border,
            "class": kinds,
        },
        index=points.index,
    )


def _coordinates(points: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of each point, NaN for missing and empty ones."""
    places, point = shapely.get_coordinates(points.geometry.to_numpy(), return_index=True)
    x, y = np.full((2, len(points)), np.nan)
    x[point], y[point] = places.T
    return x, y


def _places(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.object_]:
    return np.asarray(shapely.points(x, y), dtype=object)


def _codes(zones: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the zones' codes and, at -1, None."""
    return np.append(zones["code"].to_numpy(dtype=object), [None])


def _rows(zones: gpd.GeoDataFrame, codes: pd.Series[Any], index: pd.Index[Any]) -> NDArray[np.int32]:
    """Return the row of the zone with each code, -1 where there is none."""
    kinds, named = pd.factorize(_aligned(codes, index).to_numpy(dtype=object))
    row_of = {code: row for row, code in enumerate(zones["code"])}
    return np.array([*(row_of.get(code, -1) for code in named), -1], dtype=np.int32)[kinds]


def _aligned(values: pd.Series[Any], index: pd.Index[Any]) -> pd.Series[Any]:
    """Return a series in the order of an index; one without its own labels is taken as it stands."""
    return values if values.index.equals(index) else values.reindex(index)
