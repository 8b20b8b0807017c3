"""Statistics over a station's incidents: where they gather, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap.geo import gistar, lattice, timeline
from gridmap.geo.gistar_drawn import gi_star_drawn
from gridmap.services.analyses.case import Case
from gridmap.services.analyses.found import Found
from gridmap.services.analyses.ground import count_cells, make_cells, sums, unit_of
from gridmap.store import frames
from gridmap.store.tables import Station

CELL_M: Final = 300
LEAST_EVENTS: Final = 30
#: z_class of `gistar` -> the name a page or file gives it.
CLASSES: Final = {2: "hot99", 1: "hot95", 0: "not_significant", -1: "cold95", -2: "cold99"}
#: How false discoveries are held, by the name of the choice.
RULES: Final = {"bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}
ClassName = Literal["hot99", "hot95", "not_significant", "cold95", "cold99", "too_few"]


@dataclass(frozen=True)
class Hotspots:
    """Where events gather.

    `cells`: squares of `cell_m` in EPSG:4326 that hold or border an event: `count`, `z`, `p` (one-sided, exact),
    `class`. `tally`: cells of the whole map by class. `events` were counted; `outside` more lie beyond the jurisdiction.
    """

    cells: gpd.GeoDataFrame
    tally: dict[str, int]
    events: int
    outside: int
    cell_m: int

    @property
    def enough(self) -> bool:
        """Whether there are events enough to say anything."""
        return self.events >= LEAST_EVENTS

    @property
    def method(self) -> str:
        """The method and its parameters in one English sentence."""
        return (
            f"Getis-Ord Gi* on {self.cell_m} m squares (origin of the metric system, queen neighbours), exact permutation "
            f"distribution, Benjamini-Hochberg false discovery rate 1 % and 5 %; {self.events} events"
        )


def hotspots(
    place: Station, ground: shapely.MultiPolygon, events: gpd.GeoDataFrame, *, cell_m: int = CELL_M
) -> Hotspots:
    """Return Gi* classes of `events` on the station's lattice.

    Parameters
    ----------
    place
        The station: its metric CRS.
    ground
        Its jurisdiction, a (Multi)Polygon in EPSG:4326.
    events
        (n,) points in EPSG:4326.
    cell_m
        Side of a square [m], a multiple of 100.
    """
    area = gpd.GeoSeries([ground], crs=frames.STORAGE_CRS).to_crs(place.metric_epsg)
    cells = lattice.square_lattice(area, cell_m)
    points = events.geometry.to_crs(place.metric_epsg)
    cells["count"], outside = lattice.count_in_cells(
        cells, lattice.count_on_lattice(points.x.to_numpy(), points.y.to_numpy(), cell_m)
    )
    told = gistar.gi_star(cells, least_events=LEAST_EVENTS)
    cells["z"] = told["z"]
    cells["p"] = np.where(told["local"] < told["expected"], told["p_cold"], told["p_hot"])
    cells["class"] = [CLASSES.get(-9 if pd.isna(value) else int(value), "too_few") for value in told["z_class"]]
    tally = {name: int((cells["class"] == name).sum()) for name in (*CLASSES.values(), "too_few")}
    shown = cells[(cells["count"] > 0) | ~cells["class"].isin(["too_few", "not_significant"])]
    kept = shown[["count", "z", "p", "class", "geometry"]].to_crs(frames.STORAGE_CRS).reset_index(drop=True)
    return Hotspots(kept, tally, int(cells["count"].sum()), outside, cell_m)


def counted(place: Station, events: gpd.GeoDataFrame, *, cell_m: int = CELL_M) -> gpd.GeoDataFrame:
    """Return how many events each square holds (`count`, polygons in EPSG:4326); for what is too many to draw singly."""
    points = events.geometry.to_crs(place.metric_epsg)
    found = lattice.count_on_lattice(points.x.to_numpy(), points.y.to_numpy(), cell_m)
    x, y = found["column"] * cell_m, found["row"] * cell_m
    squares = gpd.GeoSeries.from_wkt(
        [f"POLYGON(({a} {b},{a + cell_m} {b},{a + cell_m} {b + cell_m},{a} {b + cell_m},{a} {b}))" for a, b in zip(x, y, strict=True)],
        crs=place.metric_epsg,
    )  # fmt: skip
    return gpd.GeoDataFrame({"count": found["count"]}, geometry=squares).to_crs(frames.STORAGE_CRS)


def rhythm(events: gpd.GeoDataFrame, timezone: str) -> NDArray[np.int64]:
    """Return how many events fall in each hour of each weekday: (7, 24) from Monday and midnight, in `timezone`."""
    return timeline.hour_by_weekday(pd.DatetimeIndex(events["at"]), timezone).to_numpy(dtype=np.int64)


def incidents(
    session: Session, station: str, since: datetime, until: datetime, categories: Sequence[str] | None
) -> gpd.GeoDataFrame:
    """Return the incidents of a station in a period, as `store.frames.incidents`."""
    return frames.incidents(session, station, since, until, categories)


def compute(case: Case) -> Found:
    """Return Gi* classes of a case's events on squares or hexagons; of events weighted by tier, with drawn p.

    `facts`: `method` (gi_star, or gi_star_drawn with `draws` and `seed`), `shape`, `size_m`, `weight`, `rule` (of false discoveries),
    `enough`, `least_events`, `outside`, `tally` (cells of the whole map by class). `cells`: those that hold an event or are hot or
    cold: `count`, `expected` (in the neighbourhood), `local`, `z`, `p`, `q`, `class`.
    """
    shape: Literal["square", "hexagon"] = "hexagon" if case.options.shape == "hexagon" else "square"
    cells = make_cells(case, shape, case.options.size_m)
    cells["count"], outside = count_cells(case, cells, case.events, shape)
    told, how = _tested(case, cells, shape)
    cells = cells.join(told[["local", "expected", "z", "q"]])
    cells["p"] = np.where(told["local"] < told["expected"], told["p_cold"], told["p_hot"])
    cells["class"] = [CLASSES.get(-9 if pd.isna(value) else int(value), "too_few") for value in told["z_class"]]
    tally = {name: int((cells["class"] == name).sum()) for name in (*CLASSES.values(), "too_few")}
    shown = cells[(cells["count"] > 0) | ~cells["class"].isin(["too_few", "not_significant"])]
    columns = ["count", "local", "expected", "z", "p", "q", "class", "geometry"]
    facts = {
        **how, "shape": shape, "size_m": case.options.size_m, "enough": int(cells["count"].sum()) >= LEAST_EVENTS,
        "least_events": LEAST_EVENTS, "outside": outside, "tally": tally, "counted": int(cells["count"].sum()),
        "hot": tally["hot95"] + tally["hot99"], "levels": [0.05, 0.01], "weight": case.options.weight,
        "rule": RULES[case.options.control],
    }  # fmt: skip
    return Found(facts, shown[columns].reset_index(drop=True))


def _tested(
    case: Case, cells: gpd.GeoDataFrame, shape: Literal["square", "hexagon"]
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Return the test of each cell, exact for counts and drawn for weights, and how it was made."""
    offsets, control = gistar.HEXAGON if shape == "hexagon" else gistar.QUEEN, case.options.control
    if case.options.weight == "none":
        return gistar.gi_star(cells, offsets=offsets, control=control, least_events=LEAST_EVENTS), {"method": "gi_star"}
    at = unit_of(case, cells, shape, case.events.x, case.events.y)
    weight = np.maximum(case.events.tier, 1).astype(float)  # what no dispute was entered for counts one
    weighed = cells.assign(value=sums(at, len(cells), weight))
    drawn = gi_star_drawn(weighed, offsets=offsets, control=control, least_events=LEAST_EVENTS)
    return drawn.cells, {"method": "gi_star_drawn", "draws": drawn.draws, "seed": drawn.seed}
