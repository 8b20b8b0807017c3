"""Hotspots and hours of a station's incidents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point, box

from gridmap.services import analyses
from gridmap.store.tables import Station

PLACE = Station(code="S001", metric_epsg=4547, timezone="Asia/Shanghai")
GROUND = box(113.9, 35.7, 114.0, 35.8)  # nine kilometres by eleven
RNG = np.random.default_rng(4)


def events(points):
    at = [datetime(2026, 6, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(len(points))]
    return gpd.GeoDataFrame({"at": at}, geometry=[Point(xy) for xy in points], crs=4326)


def scattered(n):
    return [(113.9 + x / 10, 35.7 + y / 10) for x, y in RNG.random((n, 2))]


def test_a_cluster_is_hot_and_scattered_events_are_not():
    crowd = [(113.95 + x / 1000, 35.75 + y / 1000) for x, y in RNG.normal(size=(80, 2))]
    found = analyses.hotspots(PLACE, GROUND, events(crowd + scattered(120)))
    hot = found.cells[found.cells["class"].isin(["hot99", "hot95"])]
    assert len(hot) >= 4
    assert all(shape.distance(Point(113.95, 35.75)) < 0.01 for shape in hot.geometry)
    assert analyses.hotspots(PLACE, GROUND, events(scattered(200))).tally["hot99"] == 0


def test_the_tally_counts_every_cell_of_the_map_and_events_outside_are_told():
    found = analyses.hotspots(PLACE, GROUND, events([*scattered(100), (114.5, 35.75)]), cell_m=500)
    assert (found.events, found.outside) == (100, 1)
    assert sum(found.tally.values()) == pytest.approx(9.04 * 11.1 / 0.25, rel=0.15)
    assert "500 m" in found.method


def test_few_events_are_too_few():
    found = analyses.hotspots(PLACE, GROUND, events(scattered(12)))
    assert not found.enough
    assert set(found.cells["class"]) == {"too_few"}


def test_no_events_are_no_error():
    found = analyses.hotspots(PLACE, GROUND, events([]))
    assert (found.events, len(found.cells)) == (0, 0)
    assert analyses.rhythm(events([]).astype({"at": "datetime64[us, UTC]"}), "Asia/Shanghai").sum() == 0


def test_every_event_is_counted_in_one_square_of_a_fixed_origin():
    points = scattered(500)
    first = analyses.counted(PLACE, events(points))
    later = analyses.counted(PLACE, events(points[:50]))
    assert first["count"].sum() == 500
    assert {shape.wkt for shape in later.geometry} <= {shape.wkt for shape in first.geometry}


def test_hours_are_the_stations_own():
    table = analyses.rhythm(events([(113.95, 35.75)]), "Asia/Shanghai")  # Monday midnight UTC is eight there
    assert table.shape == (7, 24)
    assert table[0, 8] == 1
