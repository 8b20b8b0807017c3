from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from gridmap.geo import simplify
from gridmap.geo.columns import NotMetric
from gridmap.geo.simplify import BadTolerance, simplify_zones
from gridmap.geo.topology import find_issues
from tests.geo.tilings import METRIC, tiling


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), tolerance=st.floats(0.5, 2000))
def test_a_tiling_stays_a_tiling_and_no_zone_is_lost(seed, tolerance):
    zones = tiling(4, 4, seed=seed, bends=9)
    simple = simplify_zones(zones, tolerance)
    assert find_issues(simple).empty
    assert simple["code"].equals(zones["code"])
    assert simple.crs == zones.crs
    assert (simple.area > 0).all()
    before, after = (shapely.get_num_coordinates(frame.geometry.array).sum() for frame in (zones, simple))
    assert after <= before


def test_a_wide_tolerance_takes_most_vertices_and_leaves_the_input_alone():
    zones = tiling(4, 4, bends=9)
    copy = zones.copy()
    simple = simplify_zones(zones, 30)
    before, after = (shapely.get_num_coordinates(frame.geometry.array).sum() for frame in (zones, simple))
    assert after < before / 3
    assert zones.equals(copy)


def test_an_island_smaller_than_the_tolerance_stays():
    lake = Point(500, 500).buffer(3)
    zones = gpd.GeoDataFrame(
        {"code": ["A", "B", "C"]},
        geometry=[box(0, 0, 1000, 1000).difference(lake), lake, Point(1500, 500).buffer(2)],
        crs=METRIC,
    )
    simple = simplify_zones(zones, 5000)
    assert (simple.area > 0).all()
    assert find_issues(simple).empty
    assert shapely.get_num_interior_rings(simple.geometry[0]) == 1


def test_a_zone_is_lost_if_it_is_empty_unsound_or_in_other_parts():
    square, crossed = box(0, 0, 1, 1), Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    ring = box(0, 0, 9, 9).difference(box(1, 1, 2, 2))
    before = np.array([square, square, square, MultiPolygon([square, box(5, 5, 6, 6)]), ring])
    after = np.array([box(0, 0, 1, 2), Polygon(), crossed, square, box(0, 0, 9, 9)])
    assert simplify._lost(before, after).tolist() == [False, True, True, True, True]


def test_zones_joined_to_a_lost_one_are_kept_with_it():
    shapes = np.array([box(0, 0, 1, 1), box(2, 0, 3, 1), box(1, 0, 2, 1), box(5, 0, 6, 1)])
    assert simplify._joined(shapes, np.array([0])).tolist() == [0, 1, 2]
    assert simplify._joined(shapes, np.array([], dtype=int)).tolist() == []


@pytest.mark.parametrize("tolerance", [0, -1, float("nan"), float("inf")])
def test_a_tolerance_is_a_length(tolerance):
    with pytest.raises(BadTolerance):
        simplify_zones(tiling(2, 2), tolerance)


def test_degrees_are_refused():
    with pytest.raises(NotMetric):
        simplify_zones(tiling(2, 2).to_crs(4326), 10)
