"""Publish an edition over a million plates, beside the plain SQL join that writes the same answers.

Goal: at most half the seconds of the join. Ours checks the topology first and marks ties; the join does neither.
"""

from __future__ import annotations

import itertools
import os
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from gridmap.services import editions, plates
from gridmap.store import editions as store
from gridmap.store.frames import driver
from gridmap.store.tables import Station
from tests.benchmarks.tilings import random_points, wiggly_tiling
from tests.makers import wkb

DOORS = int(os.environ.get("GRIDMAP_BENCH_DOORS", "1000000"))
CELLS = int(os.environ.get("GRIDMAP_BENCH_CELLS", "4900"))

OURS = "publish, topology and ties included"
JOIN = """
INSERT INTO answer_by_join (edition_id, plate, station, beat, grid_cell, tie)
SELECT :edition, p.code, p.station, min(b.code), min(g.code), false
FROM plate p JOIN address a ON a.id = p.address_id
LEFT JOIN beat b ON b.edition_id = :edition AND ST_Covers(b.geom, a.geom)
LEFT JOIN grid_cell g ON g.edition_id = :edition AND ST_Covers(g.geom, a.geom)
WHERE p.station = 'S001' GROUP BY p.code, p.station
"""


def station_of_wiggly_cells() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return beats and cells in EPSG:4326 that share their vertices, and the metric cells."""
    metric = wiggly_tiling(CELLS)
    cells = metric.to_crs(4326)
    side = round(len(cells) ** 0.5)
    row, column = np.divmod(np.arange(len(cells)), side)
    cells["beat"] = [f"B{r // 7:02}{c // 5:02}" for r, c in zip(row, column, strict=True)]
    cells["name_zh"] = cells["name_en"] = ""
    grouped = cells.groupby("beat")["geometry"].agg(lambda group: shapely.coverage_union_all(group.to_numpy()))
    beats = gpd.GeoDataFrame({"code": grouped.index, "name_zh": "", "name_en": ""}, geometry=list(grouped), crs=4326)
    return beats, cells, metric


@pytest.mark.benchmark
def test_publish_a_million_plates_beside_the_sql_join(sessions):
    beats, cells, metric = station_of_wiggly_cells()
    x, y = random_points(metric, DOORS)
    doors = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=metric.crs).to_crs(4326)
    with sessions.begin() as session:
        ground = shapely.coverage_union_all(beats.geometry.to_numpy())
        ground = ground if ground.geom_type == "MultiPolygon" else shapely.MultiPolygon([ground])
        session.add(
            Station(
                code="S001",
                name_zh="合成",
                name_en="Synthetic",
                metric_epsg=32649,
                desk_phone="0",
                synthetic=True,
                jurisdiction=wkb(ground),
            )
        )
        draft = store.add_draft(session, "S001", by="bench", base=None, note="", synthetic=True)
        store.put_zones(session, draft, beats, cells)
        table = pd.DataFrame({"code": np.arange(DOORS), "x": doors.x, "y": doors.y})
        lines = (
            "S001\t"
            + table["code"].astype(str)
            + "\tx\tSRID=4326;POINT("
            + table["x"].astype(str)
            + " "
            + table["y"].astype(str)
            + ")\n"
        )
        with (
            driver(session).cursor() as cursor,
            cursor.copy("COPY address (station, code, full_text, geom) FROM STDIN") as copy,
        ):
            copy.write("".join(lines))
        plates.issue(session, "S001", by="bench")
        session.execute(text("ANALYZE"))
    seconds = {}
    with sessions.begin() as session:
        began = time.perf_counter()
        steps = [(began, "start")]
        done = editions.publish(
            session, "S001", 1, by="bench", say=lambda line: steps.append((time.perf_counter(), line))
        )
        steps.append((time.perf_counter(), "commit"))
    seconds[OURS] = time.perf_counter() - began
    steps.append((began + seconds[OURS], "end"))
    with sessions.begin() as session:
        session.execute(text("CREATE TABLE answer_by_join AS SELECT * FROM assignment WITH NO DATA"))
        session.execute(text("ALTER TABLE answer_by_join ADD PRIMARY KEY (edition_id, plate)"))
        began = time.perf_counter()
        session.execute(text(JOIN), {"edition": 1})
        seconds["plain SQL join"] = time.perf_counter() - began
        wrong = session.scalar(
            text("""SELECT count(*) FROM assignment a FULL JOIN answer_by_join j USING (edition_id, plate)
                    WHERE a.beat IS DISTINCT FROM j.beat OR a.grid_cell IS DISTINCT FROM j.grid_cell""")
        )
    print(f"\n{done.plates:,} plates, {len(beats)} beats, {len(cells):,} cells, {done.ties:,} ties")
    for (start, line), (stop, _) in itertools.pairwise(steps):
        print(f"    {line:38} {stop - start:8.1f} s")
    for name, value in seconds.items():
        print(f"  {name:40} {value:8.1f} s")
    ratio = seconds["plain SQL join"] / seconds[OURS]
    print(f"  the join takes {ratio:.1f} times as long; answers that differ: {wrong}")
    assert wrong == 0
