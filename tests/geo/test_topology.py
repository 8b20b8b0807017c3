from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from gridmap.geo.columns import BadFrame, BadShape, CrsMismatch, NotMetric
from gridmap.geo.topology import find_issues
from gridmap.geo.topology_issue import KINDS as ALL_KINDS
from gridmap.geo.topology_issue import narrower_than, points_inside
from tests.geo.faults import KINDS, Spoiled, accused, found
from tests.geo.tilings import METRIC, outline, tiling

SEEDS = st.integers(0, 10_000)


def zones(**shapes: Polygon | MultiPolygon | None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=METRIC)


def told(issues: gpd.GeoDataFrame) -> list[tuple[str, tuple[str, ...], float]]:
    rows = zip(issues["kind"], issues["zones"], issues["area_m2"], strict=True)
    return [(kind, tuple(names), round(area, 6)) for kind, names, area in rows]


LEFT, RIGHT, BOTH = box(0, 0, 10, 10), box(10, 0, 20, 10), box(0, 0, 20, 10)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, rows=st.integers(1, 5), columns=st.integers(1, 5), bends=st.integers(0, 9))
def test_a_clean_tiling_has_no_issue(seed, rows, columns, bends):
    clean = tiling(rows, columns, seed=seed, bends=bends)
    assert find_issues(clean, outline(clean)).empty
    assert find_issues(clean).empty


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, noise=st.sampled_from([0.0, 1e-9, 1e-7]))
def test_neither_the_way_a_ring_is_stored_nor_the_noise_of_a_reprojection_is_a_fault(seed, noise):
    clean = tiling(3, 4, seed=seed, bends=3)
    jurisdiction = outline(clean)
    random = np.random.default_rng(seed)
    shapes = []
    for shape in clean.geometry:
        ring = np.roll(shapely.get_coordinates(shape)[:-1], random.integers(20), axis=0)
        ring = ring[:: random.choice([1, -1])] + random.uniform(-noise, noise, ring.shape)
        shapes.append(Polygon(ring))
    assert find_issues(clean.set_geometry(gpd.GeoSeries(shapes, crs=METRIC)), jurisdiction).empty


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, bends=st.integers(1, 8))
@pytest.mark.parametrize("kind", KINDS)
def test_each_fault_is_found_with_its_zones_and_its_area_and_no_other_zone_is_accused(kind, seed, bends):
    clean = tiling(5, 5, seed=seed, bends=bends)
    spoiled = Spoiled(clean, 5, bends, seed)
    fault = spoiled.put(kind, 12)
    issues = find_issues(spoiled.frame(), outline(clean), former=clean)
    assert found(fault, issues), issues
    if kind == "self_crossing":  # the bow also lies on its neighbours: these are named with it, never alone
        assert all(fault.zones[0] in names or len(names) > 1 for names in issues["zones"])
    else:
        assert accused([fault], issues) == []
    assert issues.geometry.notna().all()
    assert issues.crs == clean.crs


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, bends=st.integers(1, 8))
def test_a_zone_that_leaves_the_jurisdiction_is_a_leak(seed, bends):
    clean = tiling(3, 5, seed=seed, bends=bends)
    spoiled = Spoiled(clean, 5, bends, seed)
    fault = spoiled.put("leak", 2)
    issues = find_issues(spoiled.frame(), outline(clean))
    assert found(fault, issues)
    assert accused([fault], issues) == []


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, bends=st.integers(1, 8))
def test_the_needle_of_a_spike_is_ground_that_two_zones_claim(seed, bends):
    clean = tiling(5, 5, seed=seed, bends=bends)
    spoiled = Spoiled(clean, 5, bends, seed)
    spoiled.put("spike", 12)
    issues = find_issues(spoiled.frame(), outline(clean))
    needles = issues[issues["kind"] == "sliver_overlap"]
    assert needles["area_m2"].sum() == pytest.approx(0.2, abs=1e-3)  # 20 m long, 2 cm wide at its foot
    assert set(issues["kind"]) == {"spike", "sliver_overlap", "unmatched_vertex"}


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, picked=st.lists(st.sampled_from(KINDS), min_size=9, max_size=9))
def test_nine_faults_at_once_are_all_found(seed, picked):
    clean = tiling(10, 10, seed=seed, bends=4)
    spoiled = Spoiled(clean, 10, 4, seed)
    for number, kind in enumerate(picked):
        spoiled.put(kind, 11 + 3 * (number % 3) + 30 * (number // 3))
    issues = find_issues(spoiled.frame(), outline(clean), former=clean)
    assert [fault for fault in spoiled.faults if not found(fault, issues)] == []
    if "self_crossing" not in picked:
        assert accused(spoiled.faults, issues) == []


@settings(max_examples=40, deadline=None)
@given(heights=st.lists(st.floats(0.01, 9.99), min_size=1, max_size=6, unique=True), turn=st.floats(0, 6.28))
def test_vertices_on_one_side_of_a_straight_border_are_no_gap(heights, turn):
    heights = [h for i, h in enumerate(sorted(heights)) if i == 0 or h - sorted(heights)[i - 1] > 0.01]
    right = Polygon([(20, 0), (20, 10), (10, 10), *[(10, h) for h in reversed(heights)], (10, 0)])
    turned = shapely.affinity.rotate(MultiPolygon([LEFT, right]), turn, origin=(3, 4), use_radians=True)
    issues = find_issues(zones(A=turned.geoms[0], B=turned.geoms[1]), turned.convex_hull)
    assert set(issues["kind"]) == {"unmatched_vertex"}
    assert len(issues) == len(heights)
    assert all(names == ["A", "B"] for names in issues["zones"])


def test_three_zones_that_meet_on_a_long_straight_border_lack_a_vertex():
    issues = find_issues(zones(A=LEFT, B=box(10, 0, 20, 4), C=box(10, 4, 20, 10)), BOTH)
    assert told(issues) == [("unmatched_vertex", ("A", "B", "C"), 0)]
    assert issues.geometry[0].equals(shapely.Point(10, 4))


def test_a_vertex_that_only_the_jurisdiction_has_is_no_fault():
    jurisdiction = Polygon([(0, 0), (7, 0), (20, 0), (20, 10), (0, 10)])
    assert find_issues(zones(A=LEFT, B=RIGHT), jurisdiction).empty


@pytest.mark.parametrize(("width", "kind"), [(0.0005, "unmatched_vertex"), (0.5, "sliver_gap"), (1.5, "gap")])
def test_a_wedge_is_judged_by_the_widest_circle_it_holds(width, kind):
    tall = 400.0
    dented = Polygon([(0, 0), (10, 0), (10 - width, tall / 2), (10, tall), (0, tall)])
    issues = find_issues(zones(A=dented, B=box(10, 0, 20, tall)), box(0, 0, 20, tall))
    assert kind in set(issues["kind"])
    assert len(issues) == 1


def test_the_width_of_a_sliver_is_a_parameter():
    pair = zones(A=box(0, 0, 9.5, 10), B=RIGHT)
    assert told(find_issues(pair, BOTH)) == [("sliver_gap", ("A", "B"), 5.0)]
    assert told(find_issues(pair, BOTH, sliver_width_m=0.3)) == [("gap", ("A", "B"), 5.0)]


def test_three_zones_on_one_patch_are_three_pairs():
    issues = find_issues(zones(A=box(0, 0, 6, 5), B=box(4, 0, 10, 5), C=box(3, 0, 7, 5)), box(0, 0, 10, 5))
    overlaps = issues[issues["kind"] != "unmatched_vertex"]
    assert told(overlaps) == [
        ("overlap", ("A", "C"), 15),
        ("overlap", ("B", "C"), 15),
        ("overlap", ("A", "B"), 10),
    ]


def test_one_zone_over_many_is_told_pair_by_pair():
    issues = find_issues(zones(A=LEFT, B=RIGHT, X=box(8, 2, 12, 4)), BOTH)
    assert told(issues)[:2] == [("overlap", ("A", "X"), 4), ("overlap", ("B", "X"), 4)]


def test_a_zone_in_the_hole_of_another_is_clean_and_a_hole_without_one_is_a_gap():
    ring = LEFT.difference(box(4, 4, 6, 6))
    assert find_issues(zones(A=ring, B=RIGHT, C=box(4, 4, 6, 6)), BOTH).empty
    assert told(find_issues(zones(A=ring, B=RIGHT), BOTH)) == [("gap", ("A",), 4)]
    assert told(find_issues(zones(A=ring, B=RIGHT))) == [("gap", ("A",), 4)]


def test_without_a_jurisdiction_only_enclosed_gaps_are_found():
    dented = LEFT.difference(box(0, 4, 2, 6))
    assert find_issues(zones(A=dented, B=RIGHT)).empty
    assert told(find_issues(zones(A=dented, B=RIGHT), BOTH)) == [("gap", ("A",), 4)]


def test_a_jurisdiction_in_two_parts_with_a_hole_is_tiled_like_any_other():
    ring = LEFT.difference(box(4, 4, 6, 6))
    island = box(30, 0, 40, 10)
    assert find_issues(zones(A=ring, B=island), MultiPolygon([ring, island])).empty
    assert told(find_issues(zones(A=ring), MultiPolygon([ring, island]))) == [("gap", (), 100)]
    assert told(find_issues(zones(A=LEFT, B=island), MultiPolygon([ring, island]))) == [("leak", ("A",), 4)]


def test_a_leak_beside_an_overlap_is_told_apart():
    issues = find_issues(zones(A=box(0, 0, 12, 12), B=RIGHT), BOTH)
    assert told(issues)[:2] == [("overlap", ("A", "B"), 20), ("leak", ("A",), 24)]
    assert set(issues["kind"][2:]) == {"unmatched_vertex"}


def test_a_lake_needs_no_zone():
    lake = gpd.GeoSeries([box(9, 4, 12, 6)], crs=METRIC)
    holed = zones(A=LEFT.difference(lake[0]), B=RIGHT.difference(lake[0]))
    assert find_issues(holed, BOTH, allowed_gaps=lake).empty
    smaller = gpd.GeoSeries([box(9, 4, 10.5, 6)], crs=METRIC)
    assert told(find_issues(holed, BOTH, allowed_gaps=smaller)) == [("gap", ("B",), 3)]


def test_a_gap_that_takes_a_former_cell_and_more_is_told_as_both():
    former = zones(A=LEFT, B=box(10, 0, 14, 10), C=box(14, 0, 20, 10))
    issues = find_issues(zones(A=LEFT, C=box(16, 0, 20, 10)), BOTH, former=former)
    assert told(issues) == [("missing_cell", ("B",), 40), ("gap", ("C",), 20)]


def test_an_empty_zone_is_shown_where_it_was():
    former = zones(A=LEFT, B=RIGHT)
    issues = find_issues(zones(A=LEFT, B=None), BOTH, former=former)
    assert told(issues) == [("empty", ("B",), 0), ("missing_cell", ("B",), 100)]
    assert RIGHT.contains(issues.geometry[0])
    assert find_issues(zones(A=LEFT, B=None), LEFT).geometry[0] is None


def test_a_self_crossing_zone_is_told_with_its_place_and_the_others_are_checked():
    bow = Polygon([(10, 0), (20, 10), (20, 0), (10, 10)])
    issues = find_issues(zones(A=LEFT, B=bow, C=box(20, 0, 30, 10), D=box(28, 0, 32, 10)), box(0, 0, 32, 10))
    assert ("self_crossing", ("B",), 0) in told(issues)
    assert issues.geometry[0].equals(shapely.Point(15, 5))
    assert ("overlap", ("C", "D"), 20) in told(issues)
    assert ("gap", ("B",), 25) in told(issues)


def test_a_border_that_crosses_itself_is_found_even_where_both_neighbours_share_it():
    bow = [(10, 0), (10, 3), (12, 6), (12, 4), (10, 7), (10, 10)]
    pair = zones(A=Polygon([(0, 0), *bow, (0, 10)]), B=Polygon([(20, 10), *bow[::-1], (20, 0)]))
    issues = find_issues(pair, BOTH)
    assert {("self_crossing", ("A",), 0.0), ("self_crossing", ("B",), 0.0)} <= set(told(issues))


def test_an_outline_with_hundreds_of_crossings_is_answered_at_once():
    random = np.random.default_rng(0)
    bomb = Polygon(random.uniform(0, 10, (200, 2)))
    issues = find_issues(zones(A=bomb, B=RIGHT), BOTH)
    assert issues["kind"][0] == "self_crossing"


def test_a_needle_of_no_width_is_both_a_spike_and_no_polygon():
    needle = Polygon([(0, 0), (10, 0), (10, 5), (15, 5), (10, 5), (10, 10), (0, 10)])
    issues = find_issues(zones(A=needle, B=RIGHT), BOTH)
    assert {"self_crossing", "spike"} <= set(issues["kind"])
    assert issues.loc[issues["kind"] == "spike", "length_m"].tolist() == [5.0]


def test_every_part_but_the_largest_is_detached():
    parts = MultiPolygon([box(0, 0, 10, 10), box(20, 0, 21, 1), box(30, 0, 32, 1)])
    issues = find_issues(zones(A=parts), parts)
    assert told(issues) == [("detached", ("A",), 2), ("detached", ("A",), 1)]


def test_every_cell_has_a_known_beat_and_stays_inside_it():
    beats = zones(N=box(0, 0, 20, 10), S=box(0, -10, 20, 0))
    cells = zones(a=LEFT, b=RIGHT, c=box(0, -10, 10, 0), d=box(10, -10, 20, 0)).assign(beat=["N", "N", "S", "S"])
    assert find_issues(cells, beats=beats).empty
    wrong = cells.assign(beat=["N", "S", None, "X"])
    assert told(find_issues(wrong, beats=beats)) == [
        ("cell_outside_beat", ("b",), 100),
        ("orphan_cell", ("c",), 100),
        ("orphan_cell", ("d",), 100),
        ("beat_not_union", ("S",), 300),  # b is not its ground, c and d are not its cells
        ("beat_not_union", ("N",), 100),
    ]
    moved = cells.set_geometry([LEFT, RIGHT, box(0, -10, 10, 2), cells.geometry[3]])
    issues = find_issues(moved.set_crs(METRIC), beats=beats)
    assert told(issues)[:3] == [
        ("overlap", ("a", "c"), 20),
        ("cell_outside_beat", ("c",), 20),
        ("beat_not_union", ("S",), 20),
    ]
    assert set(issues["kind"][3:]) == {"unmatched_vertex"}


def test_a_beat_that_its_cells_do_not_fill_has_a_gap():
    beats = zones(N=box(0, 0, 20, 10))
    cells = zones(a=LEFT, b=box(10, 0, 18, 10)).assign(beat=["N", "N"])
    told_twice = [("gap", ("b",), 20), ("beat_not_union", ("N",), 20)]
    assert told(find_issues(cells, beats=beats)) == told_twice
    lake = gpd.GeoSeries([box(18, 0, 20, 10)], crs=METRIC)
    assert find_issues(cells, beats=beats, allowed_gaps=lake).empty


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, bends=st.integers(1, 6))
def test_a_beat_that_is_not_the_union_of_its_cells_is_told_and_no_other(seed, bends):
    cells = tiling(6, 6, seed=seed, bends=bends)
    cells["beat"] = [f"B{row // 12}" for row in range(36)]
    beats = gpd.GeoDataFrame(
        {"code": ["B0", "B1", "B2"]},
        geometry=[shapely.union_all(cells.geometry[cells["beat"] == code].to_numpy()) for code in ("B0", "B1", "B2")],
        crs=METRIC,
    )
    assert find_issues(cells, outline(cells), beats=beats).empty
    given_away = cells.assign(beat=["B1" if row == 6 else beat for row, beat in enumerate(cells["beat"])])
    issues = find_issues(given_away, outline(cells), beats=beats)
    area = round(cells.geometry[6].area, 6)
    assert sorted(told(issues)) == [
        ("beat_not_union", ("B0",), area),
        ("beat_not_union", ("B1",), area),
        ("cell_outside_beat", ("C00006",), area),
    ]


def test_the_worst_kinds_come_first_and_the_input_is_left_alone():
    frame = zones(A=box(0, 0, 12, 10), B=RIGHT, C=None)
    before = frame.copy()
    issues = find_issues(frame, box(0, 0, 21, 10))
    assert issues["kind"].tolist() == sorted(issues["kind"], key=ALL_KINDS.index)
    assert frame.equals(before)
    assert issues.columns.tolist() == ["kind", "zones", "area_m2", "length_m", "detail", "geometry"]
    assert issues["length_m"].tolist() == pytest.approx(issues.geometry.length.fillna(0))


def test_nothing_to_check_is_no_issue_but_the_gap():
    nothing = gpd.GeoDataFrame({"code": np.array([], dtype=str)}, geometry=[], crs=METRIC)
    assert find_issues(nothing).empty
    assert told(find_issues(nothing, BOTH)) == [("gap", (), 200)]


def test_what_cannot_be_checked_is_refused():
    pair = zones(A=LEFT, B=RIGHT)
    with pytest.raises(NotMetric):
        find_issues(pair.set_crs(4326, allow_override=True), BOTH)
    with pytest.raises(NotMetric):
        find_issues(pair.set_crs(None, allow_override=True), BOTH)
    with pytest.raises(BadFrame, match="duplicate code"):
        find_issues(pair.assign(code="A"), BOTH)
    with pytest.raises(BadFrame, match="beat"):
        find_issues(pair, BOTH, beats=pair)
    with pytest.raises(CrsMismatch):
        find_issues(pair, BOTH, former=pair.set_crs(4548, allow_override=True))
    with pytest.raises(BadShape, match="Self-intersection"):
        find_issues(pair, Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))


def test_a_face_with_a_tail_of_no_width_is_judged_where_it_is_wide():
    tail = [(88.0, 88.9), (88.0, 57.8), (86.9, 57.8), (87.1495807, 62.4548055), (90.0062694, 147.5651161)]
    wedge = shapely.affinity.translate(Polygon(tail), 401_700, 3_960_600)
    spot = points_inside(np.array([wedge]))[0]
    assert wedge.contains(spot)
    assert wedge.boundary.distance(spot) > 1e-4


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, width=st.floats(0.05, 3))
def test_a_polygon_is_narrow_if_its_largest_circle_is(seed, width):
    random = np.random.default_rng(seed)
    shape = shapely.convex_hull(shapely.multipoints(random.uniform(0, 4, (6, 2)) * [1, random.uniform(0.05, 1)]))
    widest = 2 * shapely.maximum_inscribed_circle(shape, tolerance=1e-5).length
    if abs(widest - width) > 1e-2 * width:
        assert narrower_than(np.array([shape]), width)[0] == (widest < width)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, kind=st.sampled_from(["shaken", "scattered", "gridded"]))
def test_on_any_zones_at_all_the_areas_are_those_of_the_plain_overlay(seed, kind):
    random = np.random.default_rng(seed)
    if kind == "shaken":
        frame = tiling(3, 3, seed=seed, bends=2)
        jurisdiction = outline(frame)
        moved = [shapely.affinity.translate(shape, *random.normal(0, 2, 2)) for shape in frame.geometry]
        frame = frame.set_geometry(gpd.GeoSeries(moved, crs=METRIC))
    else:
        low, size = random.uniform(0, 80, (8, 2)), random.uniform(5, 40, (8, 2))
        if kind == "gridded":  # many borders on one line, many corners on one place
            low, size = low // 10 * 10, size // 10 * 10 + 10
        shapes = shapely.box(*low.T, *(low + size).T)
        frame, jurisdiction = zones(**{f"Z{i}": shape for i, shape in enumerate(shapes)}), box(10, 10, 90, 90)
    issues = find_issues(frame, jurisdiction)
    areas = issues.groupby("kind")["area_m2"].sum()
    shapes = frame.geometry.to_numpy()
    pairs = [shapes[i].intersection(shapes[j]).area for i in range(len(shapes)) for j in range(i)]
    slack = 1e-3 * shapely.length(shapes).sum()
    total = areas.reindex(["overlap", "sliver_overlap", "duplicate"]).sum()
    assert total == pytest.approx(sum(pairs), abs=slack)
    total = areas.reindex(["gap", "sliver_gap"]).sum()
    assert total == pytest.approx(jurisdiction.difference(shapely.union_all(shapes)).area, abs=slack)
    total = areas.reindex(["leak", "sliver_leak"]).sum()
    assert total == pytest.approx(shapely.area(shapely.difference(shapes, jurisdiction)).sum(), abs=slack)
    assert set(areas.index) <= {
        "overlap",
        "sliver_overlap",
        "duplicate",
        "gap",
        "sliver_gap",
        "leak",
        "sliver_leak",
        "unmatched_vertex",
    }


@pytest.mark.agency
def test_real_editions_are_judged_as_geos_judges_them(agency_data):
    for name, epsg in [("districting/ia_counties.gpkg", 32615), ("districting/fl250.gpkg", 32617)]:
        frame = gpd.read_file(agency_data / name)
        frame = frame.to_crs(epsg) if frame.crs.is_geographic else frame
        frame["code"] = [str(number) for number in range(len(frame))]
        whole = shapely.union_all(frame.geometry.to_numpy())
        holes = [Polygon(ring).area for part in shapely.get_parts(whole) for ring in part.interiors]
        issues = find_issues(frame)
        assert shapely.coverage_is_valid(frame.geometry.to_numpy())
        assert set(issues["kind"]) <= {"gap"}
        assert sorted(issues["area_m2"]) == pytest.approx(sorted(holes), rel=1e-6)


@pytest.mark.agency
def test_real_beats_tile_their_city_but_for_the_one_in_two_parts(agency_data):
    beats = gpd.read_file(agency_data / "beats_seattle" / "police_beats.geojson").rename(columns={"name": "code"})
    issues = find_issues(beats.to_crs(32610))
    assert issues["kind"].tolist() == ["detached"]


def test_beats_that_overlap_or_cross_themselves_still_frame_their_cells():
    overlapping = zones(N=box(0, 0, 12, 10), S=RIGHT)
    cells = zones(a=LEFT, b=RIGHT).assign(beat=["N", "S"])
    assert told(find_issues(cells, beats=overlapping)) == [("beat_not_union", ("N",), 20)]
    assert told(find_issues(cells.iloc[:1], beats=overlapping))[0] == ("gap", ("a",), 100)
    crossed = zones(N=LEFT, S=Polygon([(10, 0), (20, 10), (20, 0), (10, 10)]))
    issues = find_issues(cells, beats=crossed)
    assert ("cell_outside_beat", ("b",), 50) in told(issues)


def test_what_leaves_the_jurisdiction_or_its_beat_by_less_than_a_metre_is_a_sliver():
    beat, cell = box(0, 0, 10, 10), box(0, 0, 10.4, 10)
    beats = zones(A=beat)
    assert told(find_issues(zones(b=cell), beat)) == [("sliver_leak", ("b",), 4)]
    issues = find_issues(zones(b=cell).assign(beat="A"), cell, beats=beats)
    assert told(issues) == [("beat_not_union", ("A",), 4), ("sliver_outside_beat", ("b",), 4)]
