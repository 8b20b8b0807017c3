from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from gridmap.geo.columns import BadFrame, CrsMismatch, NotMetric
from gridmap.geo.norms import NORM_KINDS, NormNotUsable, find_norm_issues
from tests.geo.tilings import METRIC, tiling


def zones(**shapes):
    return gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=METRIC)


def doors(*places, households=1):
    points = [Point(place) for place in places]
    ids = [f"D{number}" for number in range(len(points))]
    return gpd.GeoDataFrame({"id": ids, "households": households}, geometry=points, crs=METRIC)


LEFT, RIGHT = box(0, 0, 10, 10), box(10, 0, 20, 10)


def told(issues):
    return list(zip(issues["kind"], map(tuple, issues["zones"]), map(tuple, issues["doors"]), strict=True))


def test_each_kind_is_told_with_its_place_and_its_households():
    frame = zones(B=RIGHT, A=LEFT, C=box(20, 0, 30, 10), D=box(30, 0, 40, 10))
    there = doors((5, 5), (15, 5), (25, 5), (50, 5), (50, 5), (60, 5), households=[600, 400, 100, 1, 1, 1])
    issues = find_norm_issues(frame, there)
    assert told(issues) == [
        ("orphan_door", (), ("D3", "D4")),
        ("orphan_door", (), ("D5",)),
        ("zone_without_doors", ("D",), ()),
        ("over_norm", ("A",), ()),
        ("under_norm", ("C",), ()),
    ]
    assert issues["households"].tolist()[3:] == [600, 100]
    assert issues.geometry[0].equals(Point(50, 5))
    assert issues.geometry[3].equals(LEFT)
    assert issues["area_m2"].tolist() == [0, 0, 100, 100, 100]
    assert issues["detail"][3] == "A has 600 households; the norm is 300 to 500."
    assert list(issues["kind"].unique()) == list(NORM_KINDS)


def test_a_zone_on_the_norm_is_not_accused_and_beats_have_none():
    there = doors((5, 5), (15, 5), households=[300, 500])
    assert find_norm_issues(zones(A=LEFT, B=RIGHT), there).empty
    few = doors((5, 5), (15, 5), households=1)
    assert find_norm_issues(zones(A=LEFT, B=RIGHT), few, norm=None).empty
    assert find_norm_issues(zones(A=LEFT, B=RIGHT), few, norm=(1, 1)).empty


def test_a_door_on_a_border_stands_in_one_zone_and_a_record_goes_before_the_map():
    frame, there = zones(A=LEFT, B=RIGHT), doors((10, 5), households=400)
    assert told(find_norm_issues(frame, there)) == [("zone_without_doors", ("B",), ())]
    assert told(find_norm_issues(frame, there, np.array([1]))) == [("zone_without_doors", ("A",), ())]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_every_household_is_counted_once_or_is_an_orphan(seed):
    random = np.random.default_rng(seed)
    frame = tiling(4, 4, seed=seed, bends=3)
    left, low, right, high = frame.total_bounds
    there = doors(
        *random.uniform((left - 50, low - 50), (right + 50, high + 50), (200, 2)), households=random.integers(1, 9, 200)
    )
    issues = find_norm_issues(frame, there, norm=(0, 0))
    held = issues.loc[issues["kind"] == "over_norm", "households"].sum()
    orphans = {door for ids in issues["doors"] for door in ids}
    whole = shapely.union_all(frame.geometry.to_numpy())
    assert orphans == set(there.loc[~there.intersects(whole), "id"])
    assert held + there.loc[there["id"].isin(orphans), "households"].sum() == there["households"].sum()


def test_what_cannot_be_judged_is_refused():
    frame, there = zones(A=LEFT), doors((5, 5))
    with pytest.raises(NormNotUsable, match="least first"):
        find_norm_issues(frame, there, norm=(500, 300))
    with pytest.raises(BadFrame, match="households"):
        find_norm_issues(frame, there.drop(columns="households"))
    with pytest.raises(CrsMismatch):
        find_norm_issues(frame, there.set_crs(4548, allow_override=True))
    with pytest.raises(NotMetric):
        find_norm_issues(frame.set_crs(4326, allow_override=True), there.set_crs(4326, allow_override=True))
    nothing = doors()
    assert told(find_norm_issues(frame, nothing.astype({"id": str}))) == [("zone_without_doors", ("A",), ())]
