from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, Polygon, box

from gridmap.geo.balance import BadWeights, compactness, imbalance, load
from gridmap.geo.columns import NotMetric
from tests.geo.tilings import METRIC

PAIR = gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=[box(0, 0, 1000, 1000), box(1000, 0, 2000, 500)], crs=METRIC)


def test_compactness_of_known_shapes():
    frame = gpd.GeoDataFrame(
        geometry=[box(0, 0, 5, 5), Point(0, 0).buffer(9, quad_segs=500), box(0, 0, 1, 99), Polygon()], crs=METRIC
    )
    square, circle, ribbon, nothing = compactness(frame)
    assert square == pytest.approx(math.pi / 4)
    assert circle == pytest.approx(1, abs=1e-5)
    assert ribbon < 0.05
    assert math.isnan(nothing)
    with pytest.raises(NotMetric):
        compactness(frame.set_crs(4326, allow_override=True))


@given(turn=st.floats(0, 360), scale=st.floats(0.1, 1000))
def test_compactness_does_not_depend_on_size_or_direction(turn, scale):
    shape = gpd.GeoSeries([box(0, 0, 3, 1)], crs=METRIC).rotate(turn).scale(scale, scale)
    assert compactness(shape.to_frame("geometry"))[0] == pytest.approx(4 * math.pi * 3 / 64)


def test_each_zone_carries_the_weights_of_its_points():
    assigned = pd.Series(["A", "A", None, "B", "elsewhere"])
    loads = load(PAIR, assigned, pd.Series([1.0, 2.0, 9.0, 1.0, 9.0]))
    assert loads.index.tolist() == ["A", "B"]
    assert loads["area_km2"].tolist() == [1.0, 0.5]
    assert loads["count"].tolist() == [2, 1]
    assert loads["load"].tolist() == [3, 1]
    assert loads["deviation"].tolist() == [0.5, -0.5]
    assert load(PAIR, assigned)["load"].tolist() == [2, 1]


def test_the_imbalance_names_the_worst_zone():
    summary = imbalance(load(PAIR, pd.Series(["A", "A", "A", "B"])))
    assert (summary.zones, summary.total, summary.mean, summary.cv) == (2, 4, 2, 0.5)
    assert (summary.largest, summary.largest_code) == (0.5, "A")


def test_zones_that_carry_nothing_have_no_deviation():
    loads = load(PAIR, pd.Series([None], dtype=object))
    assert loads["deviation"].isna().all()
    assert imbalance(loads).largest_code is None


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_weights_are_finite_and_not_negative(weight):
    with pytest.raises(BadWeights, match="1 weights"):
        load(PAIR, pd.Series(["A", "B"]), pd.Series([1.0, weight]))


def test_weights_belong_to_the_points():
    with pytest.raises(BadWeights, match="index"):
        load(PAIR, pd.Series(["A", "B"]), pd.Series([1.0]))
