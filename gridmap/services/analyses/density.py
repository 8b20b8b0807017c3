"""Density of incidents, and of incidents over households, with a bandwidth that was chosen and is printed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gridmap.geo.bandwidth import choose_bandwidth
from gridmap.geo.dual_density import dual_density
from gridmap.geo.kde import density_on_grid
from gridmap.geo.lattice import SquareGrid
from gridmap.services.analyses.case import Case, Floats
from gridmap.services.analyses.found import Found

#: Below this no density is drawn: a picture of five calls is a picture of five homes.
LEAST_EVENTS = 30
#: Classes of the picture: shares of the largest value.
STEPS = (0.05, 0.15, 0.3, 0.5, 0.75)


def compute(case: Case) -> Found:
    """Return the density on squares of 100 m or more.

    `facts`: `bandwidth_m`, `bandwidth` ("held_out" or "by_hand"), `tried` (what was tried, best first), `size_m`, `unit`
    ("events_km2_year" or "events_1000_households_year"), `breaks`, `enough`. `cells`: squares above the lowest class: `density`,
    `class` 1 to 5.
    """
    size = max(100, case.options.size_m // 100 * 100)
    if size > 200 or (case.options.bandwidth_m or size) < size:  # a picture wants finer squares than a test
        size = 100
    grid = case.grid(size)
    events = case.events
    enough = len(events) >= LEAST_EVENTS
    facts = {
        "method": "density",
        "size_m": size,
        "enough": enough,
        "least_events": LEAST_EVENTS,
        "counted": len(events),
    }
    if not enough:
        return Found(facts, _squares(grid, np.full(grid.share.shape, np.nan), case.metric_epsg))
    facts["bandwidth"] = "by_hand" if case.options.bandwidth_m else "held_out"
    bandwidth = case.options.bandwidth_m
    if bandwidth is None:
        chosen = choose_bandwidth(events.x, events.y, grid)
        bandwidth = chosen.chosen_m
        facts["tried"] = chosen.scores.to_dict("records")
        facts["at_end"] = chosen.at_end
    facts["bandwidth_m"] = bandwidth
    if case.options.per == "household":
        doors = case.doors
        dual = dual_density(
            events.x, events.y, doors.x, doors.y, grid, households=doors.households, bandwidth_m=bandwidth,
            years=case.view.years,
        )  # fmt: skip
        values = dual.per_1000_year
        facts |= {"unit": "events_1000_households_year", "without_denominator": dual.events_without}
    else:
        values = density_on_grid(events.x, events.y, grid, bandwidth_m=bandwidth, years=case.view.years).per_km2_year
        facts["unit"] = "events_km2_year"
    cells = _squares(grid, values, case.metric_epsg)
    top = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    facts["most"] = top
    facts["breaks"] = [top * step for step in STEPS]
    return Found(facts, cells)


def _squares(grid: SquareGrid, values: Floats, epsg: int) -> gpd.GeoDataFrame:
    """Return the squares whose value is above the lowest break, with their class."""
    top = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    shown = np.isfinite(values) & (values >= STEPS[0] * top) & (top > 0)
    row, column = np.nonzero(shown)
    level = np.searchsorted(np.array(STEPS) * top, values[row, column], side="right")
    x, y = (column + grid.column0) * grid.size_m, (row + grid.row0) * grid.size_m
    columns = {"density": np.round(values[row, column], 3), "class": level.astype(int)}
    return gpd.GeoDataFrame(columns, geometry=shapely.box(x, y, x + grid.size_m, y + grid.size_m), crs=epsg)
