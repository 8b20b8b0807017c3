"""A made-up city as one station: 70,000 wiggly grid cells in beats of 140, and 100,000 incidents that gather."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store import editions
from gridmap.store.frames import driver
from gridmap.store.tables import Edition, IncidentCategory, Station
from tests.benchmarks.tilings import wiggly_tiling
from tests.makers import wkb

STATION = "S001"
CATEGORIES = ("burglary", "dispute_family", "dispute_neighbours", "fraud", "noise", "theft", "traffic", "other")
#: The last day of the incidents; they fill a year.
LAST = datetime(2025, 6, 30, 16, tzinfo=UTC)


def build(session: Session, n_cells: int = 70_000, n_incidents: int = 100_000, *, metres: float = 450.0) -> Edition:
    """Add the city with one published edition; return that."""
    cells = wiggly_tiling(n_cells, metres=metres).to_crs(4326)
    side = round(len(cells) ** 0.5)
    row, column = np.divmod(np.arange(len(cells)), side)
    cells["beat"] = [f"B{r // 14:02}{c // 10:02}" for r, c in zip(row, column, strict=True)]
    cells["name_zh"] = [f"合成第{code}网格" for code in cells["code"]]
    cells["name_en"] = [f"Made-up cell {code}" for code in cells["code"]]
    grouped = cells.groupby("beat")["geometry"].agg(lambda group: shapely.coverage_union_all(group.to_numpy()))
    beats = gpd.GeoDataFrame({"code": grouped.index}, geometry=list(grouped), crs=4326)
    beats["name_zh"], beats["name_en"] = beats["code"] + "警格", "Beat " + beats["code"]
    ground = shapely.coverage_union_all(beats.geometry.to_numpy())
    session.add(
        Station(
            code=STATION,
            name_zh="合成市",
            name_en="Made-up city",
            metric_epsg=32649,
            desk_phone="0",
            synthetic=True,
            jurisdiction=wkb(ground if ground.geom_type == "MultiPolygon" else shapely.MultiPolygon([ground])),
        )
    )
    session.flush()
    edition = editions.add_draft(session, STATION, by="bench", base=None, note="", synthetic=True)
    editions.put_zones(session, edition, beats, cells)
    editions.set_published(session, edition, by="bench", at=LAST - timedelta(days=400))
    add_incidents(session, cells.total_bounds, n_incidents)
    session.execute(text("ANALYZE"))
    return edition


def add_incidents(session: Session, bounds: tuple[float, float, float, float], n: int, *, seed: int = 3) -> None:
    """Add `n` incidents of one year inside `bounds`: a third everywhere, the others around 60 centres."""
    session.add_all(
        IncidentCategory(code=code, name_zh=code, name_en=code, is_dispute=code.startswith("dispute"))
        for code in CATEGORIES
    )
    session.flush()
    rng = np.random.default_rng(seed)
    west, south, east, north = bounds
    centres = rng.uniform((west, south), (east, north), (60, 2))
    points = centres[rng.integers(0, 60, n)] + rng.normal(0, 0.012, (n, 2))
    everywhere = rng.random(n) < 1 / 3
    points[everywhere] = rng.uniform((west, south), (east, north), (int(everywhere.sum()), 2))
    minutes = rng.integers(0, 365 * 24 * 60, n)
    category, source = (
        rng.integers(0, len(CATEGORIES), n),
        rng.choice(["call", "visit", "patrol"], n, p=[0.8, 0.15, 0.05]),
    )
    copy = "COPY incident (station, number, category, at, source, geom) FROM STDIN"
    with driver(session).cursor() as cursor, cursor.copy(copy) as rows:
        for k in range(n):
            at = LAST - timedelta(minutes=int(minutes[k]))
            place = f"SRID=4326;POINT({points[k, 0]:.6f} {points[k, 1]:.6f})"
            rows.write_row((STATION, f"I{k:06}", CATEGORIES[category[k]], at, source[k], place))
