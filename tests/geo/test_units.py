"""Units of a map: their figures are shapely's, their neighbours share a border, barriers and bridges count."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.geo.balance import BadWeights
from gridmap.geo.units import UnknownUnit, units_of
from tests.geo.tilings import METRIC, tiling


def row_of_squares(count=4, size=100.0):
    boxes = [shapely.box(size * i, 0, size * (i + 1), size) for i in range(count)]
    return gpd.GeoDataFrame({"code": list("ABCDEFGH")[:count]}, geometry=boxes, crs=METRIC)


def neighbours(units, unit):
    return units.other[units.start[unit] : units.start[unit + 1]].tolist()


def test_figures_are_those_of_the_shapes():
    zones = tiling(4, 5, seed=2)
    units = units_of(zones, np.arange(20.0))
    assert units.area_m2 == pytest.approx(zones.area.to_numpy())
    assert units.outline_m == pytest.approx(zones.length.to_numpy())
    assert shapely.contains_xy(zones.geometry.to_numpy(), units.x, units.y).all()
    one, other = zones.geometry.iloc[7], zones.geometry.iloc[neighbours(units, 7)[0]]
    shared = shapely.length(shapely.intersection(one.boundary, other.boundary))
    assert units.border_m[units.start[7]] == pytest.approx(shared)


def test_each_link_is_there_both_ways():
    units = units_of(tiling(4, 5), np.ones(20))
    links = set(zip(units.rows().tolist(), units.other.tolist(), strict=True))
    assert links == {(b, a) for a, b in links}


def test_a_corner_is_no_border():
    boxes = [shapely.box(x, y, x + 1, y + 1) for x in (0, 1) for y in (0, 1)]
    units = units_of(gpd.GeoDataFrame({"code": list("ABCD")}, geometry=boxes, crs=METRIC), np.ones(4))
    assert neighbours(units, 0) == [1, 2]


def test_a_bridge_joins_what_lies_apart():
    zones = row_of_squares()
    units = units_of(zones.iloc[[0, 2, 3]], np.ones(3), bridges=[("A", "C"), ("C", "A")])
    assert neighbours(units, 0) == [1]
    assert units.border_m[0] == 0


@pytest.mark.parametrize("aside", [0.0, 12.0])
def test_a_river_along_a_border_is_a_barrier_and_one_across_it_is_not(aside):
    river = shapely.LineString([(200 + aside, -50), (200 + aside, 150)])
    across = shapely.LineString([(50, 50), (150, 50)])
    units = units_of(row_of_squares(), np.ones(4), barriers=gpd.GeoSeries([river, across], crs=METRIC))
    barred = {(a, b) for a, b in zip(units.rows()[units.barrier], units.other[units.barrier], strict=True)}
    assert barred == {(1, 2), (2, 1)}


def test_a_bridge_opens_a_barrier():
    river = gpd.GeoSeries([shapely.LineString([(200, -50), (200, 150)])], crs=METRIC)
    units = units_of(row_of_squares(), np.ones(4), barriers=river, bridges=[("B", "C")])
    assert not units.barrier.any()
    assert units.border_m == pytest.approx(100)


@pytest.mark.parametrize(("bridge", "word"), [(("A", "Z"), "Z"), (("A", "A"), "itself")])
def test_a_bridge_to_nowhere_is_named(bridge, word):
    with pytest.raises(UnknownUnit, match=word):
        units_of(row_of_squares(), np.ones(4), bridges=[bridge])


@pytest.mark.parametrize("load", [[1, 2, 3], [1, 2, -3, 4], [1, 2, np.nan, 4]])
def test_loads_that_cannot_be_are_refused(load):
    with pytest.raises(BadWeights):
        units_of(row_of_squares(), np.array(load, dtype=float))
