"""What a planner waits for after the mouse is released: one edit with its check, figures and faults, over HTTP.

Goals: 200 ms at 100 zones, 1 s at 2,000; the request as the page makes it, on a real database.
"""

from __future__ import annotations

import statistics
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from gridmap.services import editions
from gridmap.store import editions as store
from gridmap.store.frames import driver
from gridmap.store.tables import IncidentCategory, Station
from tests.benchmarks.tilings import random_points, wiggly_tiling
from tests.makers import wkb
from tests.served import app, as_role

__all__ = ["app", "as_role"]

pytestmark = pytest.mark.benchmark


def make_station(sessions, cells_wanted: int, doors: int, calls: int) -> gpd.GeoDataFrame:
    """Fill S001 with a made-up tiling, doors and calls, publish it and open a draft; return the cells."""
    metric = wiggly_tiling(cells_wanted, metres=300)
    cells = metric.to_crs(4326)
    side = round(len(cells) ** 0.5)
    row, column = np.divmod(np.arange(len(cells)), side)
    cells["beat"] = [f"B{r // 3:02}{c // 3:02}" for r, c in zip(row, column, strict=True)]
    cells["name_zh"] = cells["name_en"] = ""
    grouped = cells.groupby("beat")["geometry"].agg(lambda group: shapely.coverage_union_all(group.to_numpy()))
    beats = gpd.GeoDataFrame({"code": grouped.index, "name_zh": "", "name_en": ""}, geometry=list(grouped), crs=4326)
    ground = shapely.coverage_union_all(beats.geometry.to_numpy())
    with sessions.begin() as session:
        session.add(
            Station(code="S001", name_zh="合成", name_en="Synthetic", metric_epsg=32649, desk_phone="0", synthetic=True,
                    jurisdiction=wkb(shapely.MultiPolygon([ground])))
        )  # fmt: skip
        session.add(IncidentCategory(code="noise", name_zh="噪声", name_en="Noise"))
        session.flush()
        draft = store.add_draft(session, "S001", by="bench", base=None, note="", synthetic=True)
        store.put_zones(session, draft, beats, cells)
        for table, columns, count, seed in (
            ("address", "(station, code, full_text, geom)", doors, 1),
            ("incident", "(station, number, category, at, geom)", calls, 2),
        ):
            x, y = random_points(metric, count, seed=seed)
            spots = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=metric.crs).to_crs(4326)
            key = pd.Series(np.arange(count)).astype(str)
            more = "\tx\t" if table == "address" else "\tnoise\t2026-01-01T00:00:00Z\t"
            lines = "S001\t" + key + more + "SRID=4326;POINT(" + spots.x.astype(str) + " " + spots.y.astype(str) + ")\n"
            with (
                driver(session).cursor() as cursor,
                cursor.copy(f"COPY {table} {columns} FROM STDIN") as copy,
            ):
                copy.write("".join(lines))
        session.execute(text("ANALYZE"))
    with sessions.begin() as session:
        editions.publish(session, "S001", 1, by="bench")
        editions.open_draft(session, "S001", by="bench")
    return cells


@pytest.mark.parametrize(
    ("zones", "doors", "calls", "goal_s"),
    [(90, 25_000, 15_000, 0.2), (1_800, 400_000, 200_000, 1.0)],
    ids=["100", "2,000"],
)
def test_the_live_panel_after_an_edit(sessions, as_role, zones, doors, calls, goal_s):
    cells = make_station(sessions, zones, doors, calls)
    planner = as_role("planner")
    there = "/api/v1/stations/S001/editions/2/draft"
    began = time.perf_counter()
    draft = planner.get(there).json()
    opened = time.perf_counter() - began
    total = len(draft["beats"]["features"]) + len(draft["cells"]["features"])
    inner = cells.geometry.iloc[len(cells) // 2 + 3]
    spot = shapely.get_coordinates(inner)[5]
    seconds, sizes = [], []
    version = draft["version"]
    for turn in range(12):
        there_now = spot + np.array([2e-5, 1e-5]) * (turn % 2)
        to = spot + np.array([2e-5, 1e-5]) * ((turn + 1) % 2)
        body = {"version": version, "op": "move", "moves": [[there_now.tolist(), to.tolist()]]}
        began = time.perf_counter()
        reply = planner.post(f"{there}/edits", json=body)
        seconds.append(time.perf_counter() - began)
        assert reply.status_code == 200, reply.text
        sizes.append(len(reply.content))
        version = reply.json()["version"]
    middle, worst = statistics.median(seconds[1:]), max(seconds[1:])
    print(
        f"\n{total:,} zones, {doors:,} doors, {calls:,} calls: draft opened in {opened:.2f} s; an edit answered in "
        f"{middle * 1000:.0f} ms (median of 11; the first {seconds[0] * 1000:.0f}, the slowest after it {worst * 1000:.0f}), "
        f"{statistics.median(sizes) / 1000:.1f} kB"
    )
    assert middle < goal_s
