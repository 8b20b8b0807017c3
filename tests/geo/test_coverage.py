from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from shapely import Point, box

from gridmap.geo.columns import NotMetric
from gridmap.geo.coverage import NotTheSameDoors, doors_without_zone, overlapping_ground, uncovered_ground
from tests.geo.tilings import METRIC

PAIR = gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=[box(0, 0, 12, 10), box(10, 0, 18, 10)], crs=METRIC)


def doors(places):
    return gpd.GeoDataFrame({"id": range(len(places))}, geometry=[Point(*place) for place in places], crs=METRIC)


def nowhere(points):
    return pd.Series([None] * len(points), index=points.index, dtype=object)


def test_uncovered_and_overlapping_ground_have_their_area_and_their_zones():
    uncovered = uncovered_ground(box(0, 0, 20, 10), PAIR)
    assert uncovered["area_m2"].tolist() == [20]
    assert uncovered["zones"].tolist() == [["B"]]
    assert uncovered.geometry[0].equals(box(18, 0, 20, 10))
    overlapping = overlapping_ground(PAIR)
    assert overlapping["zones"].tolist() == [["A", "B"]]
    assert overlapping.geometry[0].equals(box(10, 0, 12, 10))


def test_a_zone_that_lies_there_twice_overlaps_itself():
    twice = pd.concat([PAIR.iloc[[0]], PAIR.iloc[[0]].assign(code="C")], ignore_index=True)
    assert overlapping_ground(twice)["zones"].tolist() == [["A", "C"]]


def test_lost_doors_come_in_clusters_largest_first():
    points = doors([(0, 0), (500, 0), (90, 0), (180, 0), (1000, 0)])
    clusters = doors_without_zone(points, pd.Series([None, None, None, None, "A"]))
    assert clusters["count"].tolist() == [3, 1]
    assert clusters["ids"].tolist() == [[0, 2, 3], [1]]
    assert clusters.geometry[0].covers(Point(180, 0))
    assert clusters.geometry[1].area == pytest.approx(np.pi * 25, rel=0.05)
    assert clusters.crs == points.crs


def test_doors_that_all_have_a_zone_make_no_cluster():
    assert doors_without_zone(doors([(0, 0)]), pd.Series(["A"])).empty
    assert doors_without_zone(doors([]), pd.Series([], dtype=object)).empty


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9999), count=st.integers(2, 60), apart=st.floats(5, 60))
def test_clusters_are_those_of_single_linkage(seed, count, apart):
    places = np.random.default_rng(seed).uniform(0, 300, (count, 2)).round(1)
    truth = fcluster(linkage(places, "single"), apart, "distance")
    points = doors(places)
    clusters = doors_without_zone(points, nowhere(points), apart_m=apart)
    expected = {frozenset(np.flatnonzero(truth == label).tolist()) for label in set(truth)}
    assert {frozenset(ids) for ids in clusters["ids"]} == expected


def test_what_cannot_be_clustered_is_refused():
    points = doors([(0, 0)])
    with pytest.raises(NotTheSameDoors):
        doors_without_zone(points, pd.Series(["A", "B"]))
    with pytest.raises(NotMetric):
        doors_without_zone(points.set_crs(4326, allow_override=True), nowhere(points))
