"""Hotspots as squares: what the map's own analysis says, in degrees, of any points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point, box

from gridmap.services.analyses import counted, gi_star
from gridmap.services.analyses.hot_squares import hot_squares
from gridmap.store.tables import Station
from tests.cases import EPSG, gathered, make_case
from tests.cases import GROUND as TOWN
from tests.cases import scattered as drawn

PLACE = Station(code="S001", metric_epsg=4547, timezone="Asia/Shanghai")
GROUND = box(113.9, 35.7, 114.0, 35.8)  # nine kilometres by eleven
RNG = np.random.default_rng(4)


def events(points):
    return gpd.GeoDataFrame(geometry=[Point(xy) for xy in points], crs=4326)


def scattered(n):
    return [(113.9 + x / 10, 35.7 + y / 10) for x, y in RNG.random((n, 2))]


def test_a_cluster_is_hot_and_scattered_events_are_not():
    crowd = [(113.95 + x / 1000, 35.75 + y / 1000) for x, y in RNG.normal(size=(80, 2))]
    found = hot_squares(PLACE, GROUND, events(crowd + scattered(120)))
    hot = found.cells[found.cells["class"].isin(["hot99", "hot95"])]
    assert len(hot) >= 4
    assert all(shape.distance(Point(113.95, 35.75)) < 0.01 for shape in hot.geometry)
    assert hot_squares(PLACE, GROUND, events(scattered(200))).tally["hot99"] == 0


def test_the_tally_counts_every_cell_of_the_map_and_events_outside_are_told():
    found = hot_squares(PLACE, GROUND, events([*scattered(100), (114.5, 35.75)]), cell_m=500)
    assert (found.events, found.outside) == (100, 1)
    assert sum(found.tally.values()) == pytest.approx(9.04 * 11.1 / 0.25, rel=0.15)
    assert "500 m" in found.method


def test_few_events_are_too_few():
    found = hot_squares(PLACE, GROUND, events(scattered(12)))
    assert not found.enough
    assert set(found.cells["class"]) == {"too_few"}


def test_no_events_are_no_error():
    found = hot_squares(PLACE, GROUND, events([]))
    assert (found.events, len(found.cells)) == (0, 0)


def test_every_event_is_counted_in_one_square_of_a_fixed_origin():
    points = scattered(500)
    first = counted(PLACE, events(points))
    later = counted(PLACE, events(points[:50]))
    assert first["count"].sum() == 500
    assert {shape.wkt for shape in later.geometry} <= {shape.wkt for shape in first.geometry}


def test_the_squares_are_those_of_the_analysis():
    inner = TOWN.buffer(-20)  # not on the lines of the lattice, where a millimetre makes a square more
    case = make_case([*drawn(150, seed=1), *gathered(150, 1950, 1050, seed=2, wide=400)], ground=inner)
    ground = gpd.GeoSeries([case.ground], crs=EPSG).to_crs(4326).iloc[0]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(case.events.x, case.events.y), crs=EPSG).to_crs(4326)
    ours, theirs = hot_squares(PLACE, ground, points), gi_star.compute(case)
    assert ours.tally == theirs.facts["tally"]
    assert ours.cells[["count", "class"]].equals(theirs.cells[["count", "class"]])
    assert ours.cells["p"].to_numpy() == pytest.approx(theirs.cells["p"].to_numpy())
    assert (ours.cells.to_crs(EPSG).distance(theirs.cells.centroid) == 0).all()
