from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gridmap.geo.columns import (
    BadFrame,
    BadShape,
    NotAFrame,
    check_area,
    check_points,
    check_zones,
    point_faults,
    zone_faults,
)

SQUARE = box(0, 0, 1, 1)


def frame(geometry, **columns):
    return gpd.GeoDataFrame(columns, geometry=geometry)


def whats(faults):
    return [(fault.what, fault.column, fault.count) for fault in faults]


def test_a_sound_frame_comes_back_as_it_is():
    zones = frame([SQUARE, MultiPolygon([SQUARE])], code=["A", "B"])
    assert check_zones(zones) is zones
    points = frame([Point(0, 0), Point(0, 0)], id=[1, 2])
    assert check_points(points) is points
    assert check_points(frame([Point(0, 0)], id=["x"])) is not None


def test_everything_wrong_is_told_at_once():
    shapes = [SQUARE, None, Polygon(), Point(0, 0), Polygon([(0, 0), (np.inf, 0), (1, 1)]), SQUARE]
    zones = frame(shapes, code=["A", "A", None, " ", "E", "A"])
    with pytest.raises(BadFrame) as caught:
        check_zones(zones, also=["beat"])
    assert whats(caught.value.facts["faults"]) == [
        ("missing column", "beat", 1),
        ("no code", "code", 2),
        ("duplicate code", "code", 1),
        ("no geometry", "geometry", 1),
        ("empty geometry", "geometry", 1),
        ("wrong geometry type", "geometry", 1),
        ("coordinates that are no finite numbers", "geometry", 1),
    ]
    assert "no code in `code` of row 3" in caught.value.detail


def test_a_draft_may_hold_zones_without_ground_but_not_without_a_code():
    zones = frame([None, Polygon()], code=["A", "B"])
    assert zone_faults(zones, draft=True) == []
    assert whats(zone_faults(frame([None]), draft=True)) == [("missing column", "code", 1)]


@pytest.mark.parametrize(("codes", "what"), [([1, 2], "code of a wrong type"), ([True, "x"], "code of a wrong type")])
def test_codes_are_text(codes, what):
    assert [fault.what for fault in zone_faults(frame([SQUARE, SQUARE], code=codes))] == [what]


@pytest.mark.parametrize("dtype", [object, "str", "string"])
def test_faults_do_not_depend_on_how_pandas_keeps_text(dtype):
    codes = pd.Series(["A", None, "A", " "], dtype=dtype)
    assert whats(zone_faults(frame([SQUARE] * 4, code=codes))) == [
        ("no code", "code", 2),
        ("duplicate code", "code", 1),
    ]


def test_points_have_unique_ids_and_are_points():
    faults = point_faults(frame([Point(0, 0), LineString([(0, 0), (1, 1)]), Point(np.inf, 0)], id=[1.5, 7, 7]))
    assert [fault.what for fault in faults][:1] == ["id of a wrong type"]
    assert "wrong geometry type" in [fault.what for fault in faults]


def test_many_faulty_rows_are_counted_not_listed():
    (fault,) = zone_faults(frame([None] * 9, code=list("ABCDEFGHI")))
    assert str(fault) == "no geometry in `geometry` of A, B, C, D, E and 4 more"


@pytest.mark.parametrize("thing", [None, [SQUARE], pd.DataFrame({"code": ["A"]}), gpd.GeoDataFrame({"code": ["A"]})])
def test_what_is_no_frame_is_refused(thing):
    with pytest.raises(NotAFrame):
        check_zones(thing)


@pytest.mark.parametrize(
    "shape",
    [None, Point(0, 0), Polygon(), Polygon([(0, 0), (np.inf, 0), (1, 1)]), Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])],
)
def test_a_jurisdiction_is_a_sound_area(shape):
    with pytest.raises(BadShape, match="jurisdiction"):
        check_area(shape)
    assert check_area(SQUARE) is SQUARE
