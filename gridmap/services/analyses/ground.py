"""What analyses count on: squares and hexagons of the jurisdiction, beats, grid cells and villages."""

from __future__ import annotations

from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.errors import Invalid
from gridmap.geo import lattice
from gridmap.geo.assign import build_zone_index
from gridmap.services.analyses.case import Case, Events, Floats, Shape

#: A smaller part of a zone than this on the ground, or beyond it, is a matter of rounding.
SLIVER: Final = 1e-6


class NoSuchZones(Invalid):
    """The station has no zones of the kind to count on."""

    slug, title = "no-such-zones", "There is nothing to count on"


def make_cells(case: Case, shape: Literal["square", "hexagon"], size_m: int) -> gpd.GeoDataFrame:
    """Return the squares or hexagons of a case's jurisdiction, as `geo.lattice`."""
    ground = gpd.GeoSeries([case.ground], crs=case.metric_epsg)
    return lattice.hexagon_lattice(ground, size_m) if shape == "hexagon" else lattice.square_lattice(ground, size_m)


def count_cells(
    case: Case, cells: gpd.GeoDataFrame, events: Events, shape: Literal["square", "hexagon"]
) -> tuple[pd.Series[int], int]:
    """Return how many events each cell holds, and how many lie in none."""
    size = case.options.size_m
    counted = (lattice.count_on_hexagons if shape == "hexagon" else lattice.count_on_lattice)(events.x, events.y, size)
    return lattice.count_in_cells(cells, counted)


def make_units(case: Case, shape: Shape) -> gpd.GeoDataFrame:
    """Return the cells, or the zones of a kind: `code`, names, `area_km2`, geometry in the metric CRS.

    Raises
    ------
    NoSuchZones
    """
    if shape in {"square", "hexagon"}:
        cells = make_cells(case, "hexagon" if shape == "hexagon" else "square", case.options.size_m)
        cells["code"] = [f"{column},{row}" for column, row in zip(cells["column"], cells["row"], strict=True)]
        cells["area_km2"] = cells["inside_share"] * (case.options.size_m**2 / 1e6)
        return cells.assign(name_zh="", name_en="")
    zones = case.zones[shape]
    if zones.empty:
        raise NoSuchZones(
            f"station {case.station} has no {shape.replace('_', ' ')} to count on; publish an edition, or load places, or count on squares"
        )
    return _on_ground(case, zones)


def _on_ground(case: Case, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the zones as far as they lie on the ground looked at: elsewhere nothing was counted, and zero would be a lie.

    Raises
    ------
    NoSuchZones
    """
    whole = np.asarray(zones.geometry.array)
    parts = shapely.intersection(whole, case.ground)
    share = shapely.area(parts) / shapely.area(whole)
    clipped = np.flatnonzero((share > SLIVER) & (share < 1 - SLIVER))
    shapes = whole.copy()
    for one in clipped:
        shapes[one] = shapely.multipolygons(
            [part for part in shapely.get_parts(parts[one]) if part.geom_type == "Polygon"]
        )
    kept = share > SLIVER
    if not kept.any():
        raise NoSuchZones(
            f"none of the {len(zones)} zones lies on the ground of this view; count on squares, or choose other zones"
        )
    on_ground: gpd.GeoDataFrame = zones.set_geometry(gpd.GeoSeries(shapes, index=zones.index, crs=zones.crs))
    return on_ground.assign(area_km2=shapely.area(shapes) / 1e6)[kept].reset_index(drop=True)


def unit_of(case: Case, units: gpd.GeoDataFrame, shape: Shape, x: Floats, y: Floats) -> NDArray[np.int64]:
    """Return the row of the unit each point lies in, -1 for none; a point on a border as `geo.assign` says."""
    if shape == "square":
        size = case.options.size_m
        place = pd.MultiIndex.from_arrays([units["column"], units["row"]])
        at = pd.MultiIndex.from_arrays([np.floor(x / size).astype(np.int64), np.floor(y / size).astype(np.int64)])
        return np.asarray(place.get_indexer(at), dtype=np.int64)
    if shape == "hexagon":
        found = np.full(len(x), -1, dtype=np.int64)
        point, unit = shapely.STRtree(np.asarray(units.geometry.array)).query(
            np.asarray(shapely.points(x, y), dtype=object), predicate="intersects"
        )
        found[point[::-1]] = unit[::-1]
        return found
    located = build_zone_index(units[["code", "geometry"]]).locate(np.asarray(x), np.asarray(y))
    return np.asarray(located, dtype=np.int64)


def sums(unit: NDArray[np.int64], units: int, weights: Floats | None = None) -> Floats:
    """Return the sum of `weights` (1 each where None) in every unit, (units,)."""
    held = unit >= 0
    return np.bincount(unit[held], None if weights is None else weights[held], minlength=units).astype(np.float64)
