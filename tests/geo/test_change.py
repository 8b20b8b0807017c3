from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from gridmap.geo.change import changed_hands, compare
from gridmap.geo.columns import CrsMismatch, NotMetric
from tests.geo.faults import Spoiled
from tests.geo.tilings import METRIC, tiling


def zones(**shapes):
    return gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=METRIC)


def kinds(before, after):
    return compare(before, after)["kind"].to_dict()


LEFT, RIGHT, BOTH = box(0, 0, 10, 10), box(10, 0, 20, 10), box(0, 0, 20, 10)
TOP = box(0, 10, 20, 20)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (zones(A=LEFT, B=RIGHT), zones(B=RIGHT, A=LEFT), {"A": "kept", "B": "kept"}),
        (zones(A=LEFT, B=RIGHT), zones(A=box(0, 0, 9, 10), B=box(9, 0, 20, 10)), {"A": "reshaped", "B": "reshaped"}),
        (zones(A=LEFT, B=RIGHT), zones(B=LEFT, A=RIGHT), {"A": "moved", "B": "moved"}),
        (zones(A=BOTH), zones(A=LEFT, B=RIGHT), {"A": "split", "B": "split"}),
        (zones(A=BOTH), zones(B=LEFT, C=RIGHT), {"A": "split", "B": "split", "C": "split"}),
        (zones(A=LEFT, B=RIGHT), zones(A=BOTH), {"A": "merged", "B": "merged"}),
        (zones(A=LEFT, B=RIGHT), zones(C=BOTH), {"A": "merged", "B": "merged", "C": "merged"}),
        (zones(A=LEFT), zones(A=LEFT, B=RIGHT), {"A": "kept", "B": "added"}),
        (zones(A=LEFT, B=RIGHT), zones(A=LEFT), {"A": "kept", "B": "removed"}),
        (zones(A=BOTH, T=TOP), zones(A=LEFT, B=RIGHT, T=TOP), {"A": "split", "B": "split", "T": "kept"}),
    ],
)
def test_each_kind_of_change_is_told(before, after, expected):
    assert kinds(before, after) == expected


def test_the_ground_that_changed_hands_is_told_from_whom_to_whom():
    pieces = changed_hands(zones(A=LEFT, B=RIGHT), zones(A=box(0, 0, 7, 10), B=box(7, 0, 18, 10)))
    told = [
        (one if isinstance(one, str) else None, other if isinstance(other, str) else None, area)
        for one, other, area in zip(pieces["from_code"], pieces["to_code"], pieces["area_m2"], strict=True)
    ]
    assert told == [("A", "B", 30), ("B", None, 20)]
    assert pieces.geometry[0].equals(box(7, 0, 10, 10))
    table = compare(zones(A=LEFT, B=RIGHT), zones(A=box(0, 0, 7, 10), B=box(7, 0, 18, 10)))
    assert table.loc["A"].tolist() == ["reshaped", 100, 70, 30, 0, ["B"]]
    assert table.loc["B"].tolist() == ["reshaped", 100, 110, 20, 30, ["A"]]


def test_other_vertices_on_the_same_ground_are_no_change():
    turned = Polygon([(10, 10), (0, 10), (0, 0), (5, 0), (10, 0)])
    assert kinds(zones(A=LEFT), zones(A=turned)) == {"A": "kept"}
    assert changed_hands(zones(A=LEFT), zones(A=turned)).empty


def test_a_piece_in_two_parts_is_one_piece():
    bar = box(-5, 4, 25, 6)
    pieces = changed_hands(zones(A=bar), zones(A=box(0, 4, 20, 6)))
    assert pieces["area_m2"].tolist() == [20]
    assert pieces.geometry[0].geom_type == "MultiPolygon"


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), kind=st.sampled_from(["overlap", "gap", "missing_cell", "duplicate"]))
def test_areas_before_and_after_add_up(seed, kind):
    before = tiling(4, 4, seed=seed, bends=3)
    spoiled = Spoiled(before, 4, 3, seed)
    spoiled.put(kind, 5)
    after = spoiled.frame()
    table = compare(before, after)
    if kind == "missing_cell":
        assert table["kind"].value_counts().to_dict() == {"kept": 15, "removed": 1}
    pieces = changed_hands(before, after)
    assert pieces["from_code"].isin(before["code"]).sum() == pieces["from_code"].notna().sum()
    uncovered = shapely.union_all(before.geometry).difference(shapely.union_all(after.geometry)).area
    assert pieces.loc[pieces["to_code"].isna(), "area_m2"].sum() == pytest.approx(uncovered, abs=0.5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999))
def test_a_comparison_read_backwards_gains_what_it_lost(seed):
    before, after = tiling(3, 3, seed=seed, bends=2), tiling(3, 3, seed=seed + 1, bends=2)
    there, back = compare(before, after), compare(after, before)
    assert there["lost_m2"].to_numpy() == pytest.approx(back["gained_m2"].to_numpy(), abs=1e-3)
    kept = there["area_before_m2"] - there["lost_m2"]
    assert kept.to_numpy() == pytest.approx((there["area_after_m2"] - there["gained_m2"]).to_numpy(), abs=0.5)
    assert np.isfinite(kept).all()


def test_ground_that_a_draft_gives_to_two_is_gained_but_nobody_lost_it():
    table = compare(zones(A=LEFT, B=RIGHT), zones(A=box(0, 0, 12, 10), B=RIGHT))
    assert table["kind"].to_dict() == {"A": "reshaped", "B": "kept"}
    assert table.loc["A", "gained_m2"] == 20
    assert changed_hands(zones(A=LEFT, B=RIGHT), zones(A=box(0, 0, 12, 10), B=RIGHT)).empty


def test_editions_that_cannot_be_laid_on_each_other_are_refused():
    with pytest.raises(CrsMismatch):
        compare(zones(A=LEFT), zones(A=LEFT).set_crs(4548, allow_override=True))
    lonlat = zones(A=LEFT).set_crs(4326, allow_override=True)
    with pytest.raises(NotMetric):
        compare(lonlat, lonlat)
