"""Minutes along streets: by hand, by laws, and against another library on real streets."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmap.geo import reach
from gridmap.geo.reach import BadStreets, build_streets, minutes_along, minutes_straight

WALK = 0.06 / reach.WALK_KMH
DRIVE = 0.06 / reach.VEHICLE_KMH["main"]
spots = st.tuples(st.floats(-200, 1_200), st.floats(-200, 1_200))


def line(*places):
    return shapely.LineString(places)


@pytest.fixture(scope="module")
def cross():
    """Two main roads of 1 km that cross without a common vertex, a lane off one of them, a lane far from all."""
    lines = [
        line((0, 500), (1_000, 500)),
        line((500, 0), (500, 1_000)),
        line((900, 500), (900, 900)),
        line((5_000, 0), (5_100, 0)),
    ]
    return build_streets(lines, ["main", "main", "lane", "lane"])


def test_lines_that_cross_are_one_network_and_the_smaller_rest_is_told(cross):
    assert len(cross.metres) == 6
    assert cross.metres.sum() == pytest.approx(2_400)
    assert cross.left_out_m == 100
    assert sorted(set(cross.kmh)) == [15, 40]


def test_a_way_is_walked_to_the_street_driven_and_walked_again(cross):
    got = minutes_along(cross, [(100, 530), (500, 900), (900, 880)], [(0, 490)])
    lane = 0.06 / reach.VEHICLE_KMH["lane"]
    assert got == pytest.approx([
        10 * WALK + 100 * DRIVE + 30 * WALK, 10 * WALK + 900 * DRIVE, 10 * WALK + 900 * DRIVE + 380 * lane,
    ])  # fmt: skip


def test_post_and_door_on_one_stretch_need_no_junction(cross):
    assert minutes_along(cross, [(620, 500)], [(700, 500), (510, 1_000)]) == pytest.approx([80 * DRIVE])
    assert minutes_along(cross, [(700, 500)], [(700, 500)]) == pytest.approx([0], abs=1e-6)


def test_on_foot_every_street_is_as_fast_and_motorways_are_none():
    lines = [line((0, 0), (0, 100)), line((0, 0), (100, 0)), line((0, 100), (100, 100)), line((100, 0), (100, 100))]
    kinds = ["motorway", "main", "footway", "lane"]
    foot = build_streets(lines, kinds, by="foot")
    assert minutes_along(foot, [(0, 0)], [(0, 100)]) == pytest.approx([300 * WALK])
    car = build_streets(lines, kinds)
    assert minutes_along(car, [(0, 0)], [(0, 100)]) == pytest.approx([100 * 0.06 / 80])


def test_rivers_and_railways_are_no_streets():
    assert len(build_streets([line((0, 0), (1, 0)), line((0, 0), (0, 1))], ["river", "railway"]).metres) == 0


@given(st.lists(spots, min_size=3, max_size=3))
def test_the_way_by_a_third_place_is_never_shorter_and_back_is_as_long(cross, three):
    there = {(a, b): minutes_along(cross, [three[a]], [three[b]])[0] for a in range(3) for b in range(3) if a != b}
    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        assert there[a, c] <= there[a, b] + there[b, c] + 1e-6
        assert there[a, b] == pytest.approx(there[b, a], abs=1e-6)


@given(st.lists(spots, min_size=1, max_size=6), st.lists(spots, min_size=1, max_size=4), spots)
def test_a_further_post_makes_nothing_farther_and_the_nearest_counts(cross, doors, posts, one_more):
    before = minutes_along(cross, doors, posts)
    singly = np.min([minutes_along(cross, doors, [post]) for post in posts], axis=0)
    assert before == pytest.approx(singly, abs=1e-6)
    assert (minutes_along(cross, doors, [*posts, one_more]) <= before + 1e-6).all()
    straight = minutes_straight(doors, posts)
    assert (minutes_straight(doors, [*posts, one_more]) <= straight).all()


def test_without_streets_the_straight_line_is_made_longer():
    assert minutes_straight([(0, 0)], [(1_000, 0)]) == pytest.approx([1_400 * 0.06 / 25])
    assert minutes_straight([(0, 0)], [(1_000, 0)], by="foot", detour=1) == pytest.approx([12.5])
    assert np.isinf(minutes_straight([(0, 0)], [])).all()


def test_what_does_not_fit_is_refused(cross):
    assert np.isinf(minutes_along(cross, [(0, 0)], [])).all()
    for lines, kinds, by in (([line((0, 0), (1, 1))], [], "vehicle"), ([line((0, 0), (1, 1))], ["main"], "horse")):
        with pytest.raises(BadStreets):
            build_streets(lines, kinds, by=by)
    with pytest.raises(BadStreets):
        minutes_along(build_streets([], []), [(0, 0)], [(1, 1)])
    with pytest.raises(BadStreets):
        minutes_straight([(0, 0)], [(1, 1)], detour=0.5)


@pytest.mark.agency
@pytest.mark.parametrize(
    ("name", "epsg"),
    [("krems_austria_small_town", 32633), ("ninghua_fujian_county_town", 32650), ("shenzhen_henggang", 32650)],
)
@pytest.mark.parametrize("by", reach.MODES)
def test_real_streets_give_what_networkx_gives(agency_data, name, epsg, by):
    networkx = pytest.importorskip("networkx")
    roads = gpd.read_file(agency_data / "streets" / f"{name}.gpkg", layer="roads").to_crs(epsg)
    kinds = roads["highway"].fillna("").tolist()
    speed = np.array([reach._speed(kind, by) for kind in kinds])
    streets = build_streets(roads.geometry.to_numpy(), kinds, by=by)
    # The other way round: every straight piece of every noded line is an edge of its own, and posts are found by brute force.
    graph = networkx.Graph()
    parts = roads.geometry.to_numpy()[speed > 0]
    for shape in shapely.get_parts(shapely.union_all(parts, grid_size=0.1)):
        middle = shape.interpolate(0.5, normalized=True)
        near = shapely.distance(parts, middle) <= 0.2
        pace = 0.06 / (speed[speed > 0][near].max() if near.any() else speed[speed > 0].min())
        for a, b in pairwise(shape.coords):
            graph.add_edge(a, b, minutes=shapely.LineString([a, b]).length * pace)
    whole = max(networkx.connected_components(graph), key=lambda part: graph.subgraph(part).size("minutes"))
    rng = np.random.default_rng(7)
    nodes = [sorted(whole)[n] for n in rng.permutation(len(whole))[:60]]
    posts, doors = nodes[:3], nodes[3:]
    theirs = networkx.multi_source_dijkstra_path_length(graph, set(posts), weight="minutes")
    ours = minutes_along(streets, doors, posts)
    both = [(one, theirs[door]) for one, door in zip(ours, doors, strict=True) if door in theirs]
    assert len(both) == len(doors)
    assert [one for one, _ in both] == pytest.approx([other for _, other in both], abs=0.01)
