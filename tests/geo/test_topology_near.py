"""The check near a change tells what the whole check tells there."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.topology import find_issues
from gridmap.geo.topology_near import find_issues_near
from tests.geo.edits import draft, in_degrees
from tests.geo.faults import KINDS, Spoiled
from tests.geo.tilings import outline, tiling

SEEDS = st.integers(0, 10_000)
SIDE = 12


def told(issues):
    rows = zip(issues["kind"], issues["zones"], issues["area_m2"], issues["detail"], strict=True)
    return sorted((kind, tuple(zones), round(area, 3), detail) for kind, zones, area, detail in rows)


def there(issues, zones, former, codes):
    """Return the issues that name one of the zones, or lie in the box around them."""
    ground = np.concatenate([frame.geometry[frame["code"].isin(codes)].bounds.to_numpy() for frame in (zones, former)])
    window = shapely.box(*np.nanmin(ground, axis=0)[:2], *np.nanmax(ground, axis=0)[2:])
    named = issues["zones"].map(lambda names: bool(set(names) & set(codes)))
    return issues[named | issues.intersects(window)]


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, bends=st.integers(1, 5), picked=st.lists(st.sampled_from(KINDS), min_size=9, max_size=9))
def test_the_faults_near_a_zone_are_those_the_whole_check_finds_there(seed, bends, picked):
    clean = tiling(SIDE, SIDE, seed=seed, bends=bends)
    spoiled = Spoiled(clean, SIDE, bends, seed)
    for number, kind in enumerate(picked):
        spoiled.put(kind, SIDE + 1 + 4 * (number % 3) + 4 * SIDE * (number // 3) - (number % 3 == 2))
    spoiled.put("leak", 4)
    zones, jurisdiction = spoiled.frame(), outline(clean)
    whole = find_issues(zones, jurisdiction, former=clean)
    random = np.random.default_rng(seed)
    guilty = [fault.zones[0] for fault in spoiled.faults]
    for code in [*guilty, *random.choice(clean["code"], 4)]:
        near = find_issues_near(zones, jurisdiction, [code], former=clean)
        assert set(told(near)) <= set(told(whole))
        assert set(told(there(whole, zones, clean, [code]))) <= set(told(near))


def test_a_fault_far_from_the_zone_is_not_looked_for():
    clean = tiling(SIDE, SIDE, seed=1)
    spoiled = Spoiled(clean, SIDE, 7, 1)
    spoiled.put("overlap", 15)
    zones, jurisdiction = spoiled.frame(), outline(clean)
    assert len(find_issues(zones, jurisdiction)) == 1
    assert find_issues_near(zones, jurisdiction, ["C00130"]).empty


def test_a_gap_as_wide_as_many_zones_is_told_whole_from_any_zone_beside_it():
    clean = tiling(SIDE, SIDE, seed=2)
    hole = shapely.box(*clean.geometry[40].bounds[:2], *clean.geometry[90].bounds[2:])
    zones = clean[~clean.intersects(hole)].reset_index(drop=True)
    whole = find_issues(zones, outline(clean))
    beside = whole["zones"][0][0]
    assert told(find_issues_near(zones, outline(clean), [beside])) == told(whole)


def test_an_outline_with_other_vertices_all_around_is_no_reason_to_look_at_the_whole_map():
    clean = tiling(SIDE, SIDE, seed=3)
    jurisdiction = shapely.segmentize(outline(clean), 20.0)
    spoiled = Spoiled(clean, SIDE, 7, 3)
    spoiled.put("gap", 130)
    assert find_issues_near(spoiled.frame(), jurisdiction, ["C00004"]).empty


def test_a_cell_outside_its_beat_and_one_of_no_beat_are_told():
    layers = draft(6, 6, seed=4)
    cells = layers.cells.copy()
    cells.loc[7, "beat"], cells.loc[8, "beat"] = "B22", "nobody"
    near = find_issues_near(cells, outline(cells), ["C00007", "C00008"], beats=layers.beats)
    whole = find_issues(cells, outline(cells), beats=layers.beats)
    assert told(near) == told(whole)
    assert {"cell_outside_beat", "orphan_cell"} <= set(near["kind"])


def test_an_empty_zone_and_a_code_nobody_has_are_no_trouble():
    clean = tiling(4, 4, seed=5)
    zones = clean.set_geometry(gpd.GeoSeries([None, *clean.geometry[1:]], crs=clean.crs))
    assert set(find_issues_near(zones, outline(clean), ["C00000"])["kind"]) == {"empty"}
    assert find_issues_near(zones, outline(clean), ["nobody"]).empty
    assert set(find_issues_near(zones, outline(clean), ["C00000"], former=clean)["kind"]) == {"empty", "missing_cell"}


@pytest.mark.parametrize("kind", ["overlap", "gap", "sliver_gap"])
def test_zones_as_they_are_stored_are_judged_in_a_plane_where_straight_stays_straight(kind):
    layers = in_degrees(draft(6, 6, seed=6, bends=4))
    clean = layers.cells[["code", "geometry"]].to_crs(layers.cells.crs)
    jurisdiction = outline(clean)
    assert find_issues_near(clean, jurisdiction, clean["code"].tolist()).empty
    spoiled = Spoiled(clean.to_crs(4547), 6, 4, 6)
    fault = spoiled.put(kind, 14)
    zones = spoiled.frame().to_crs(4326)
    zones = gpd.GeoDataFrame(
        {"code": zones["code"]},
        geometry=[
            its if code == "C00014" else old
            for code, its, old in zip(zones["code"], zones.geometry, clean.geometry, strict=True)
        ],
        crs=4326,
    )
    near = find_issues_near(zones, jurisdiction, ["C00014"])
    assert near.crs == zones.crs
    assert kind in set(near["kind"])
    assert near["area_m2"].max() == pytest.approx(fault.area, rel=0.01)
