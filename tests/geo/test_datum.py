"""Datums: the vectors, the way there and back, nothing moved abroad, and suspicion without false alarm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.columns import BadShape
from gridmap.geo.datum import (
    Datum,
    NotLonLat,
    from_wgs84,
    suspect_by_outline,
    suspect_by_pairs,
    to_wgs84,
    transform_frame,
)
from gridmap.geo.gcj02 import bd09_to_gcj02, gcj02_to_bd09
from gridmap.geo.mainland import MAINLAND, inside_mainland

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

METRE = 1 / 111_195
SHIFTED = [Datum.GCJ02, Datum.BD09]
ABROAD = {
    "Hong Kong": (114.1694, 22.3193),
    "Sheung Shui, 3 km from Shenzhen": (114.127, 22.502),
    "Sha Tau Kok": (114.224, 22.540),
    "Macau": (113.5439, 22.1987),
    "Coloane": (113.565, 22.120),
    "Taipei": (121.5654, 25.0330),
    "Kinmen": (118.320, 24.435),
    "Matsu": (119.930, 26.160),
    "Seoul": (126.9780, 37.5665),
    "Sinuiju": (124.400, 40.090),
    "Blagoveshchensk": (127.530, 50.275),
    "Hanoi": (105.8342, 21.0278),
    "Lao Cai": (103.970, 22.480),
    "Delhi": (77.2090, 28.6139),
    "Thimphu": (89.640, 27.470),
    "Ulaanbaatar": (106.9057, 47.8864),
    "Almaty": (76.8897, 43.2380),
    "London": (-0.1276, 51.5072),
    "Memphis": (-90.05, 35.15),
    "the pole": (105.0, 90.0),
}
AT_HOME = {
    "Gaoping": (112.920, 35.800),
    "Shenzhen": (114.0579, 22.5431),
    "Luohu": (114.119, 22.545),
    "Shekou": (113.920, 22.485),
    "Yantian": (114.270, 22.575),
    "Zhuhai": (113.5767, 22.2707),
    "Hengqin": (113.520, 22.130),
    "Xiamen": (118.090, 24.480),
    "Dadeng": (118.330, 24.562),
    "Dandong": (124.390, 40.125),
    "Khorgas": (80.410, 44.210),
    "Hunchun": (130.366, 42.863),
    "Heihe": (127.500, 50.245),
    "Hekou": (103.960, 22.530),
    "Dongxing": (107.970, 21.545),
    "Ruili": (97.850, 24.010),
    "Tashkurgan": (75.230, 37.770),
    "Yadong": (88.910, 27.480),
    "Sanya": (109.500, 18.250),
    "Shengsi": (122.450, 30.730),
}


def metres(x: Floats, y: Floats, to_x: Floats, to_y: Floats) -> Floats:
    return np.hypot((x - to_x) * np.cos(np.radians(to_y)), y - to_y) / METRE


@pytest.mark.parametrize("name", ABROAD)
@pytest.mark.parametrize("datum", SHIFTED)
def test_nothing_moves_beyond_the_mainland(name, datum):
    lon, lat = ABROAD[name]
    for way in (to_wgs84, from_wgs84):
        x, y = way([lon], [lat], datum)
        assert (x[0], y[0]) == (lon, lat)


@pytest.mark.parametrize("name", AT_HOME)
def test_towns_of_the_mainland_move_even_at_the_border(name):
    lon, lat = (np.array([each]) for each in AT_HOME[name])
    assert 30 < metres(*from_wgs84(lon, lat, Datum.GCJ02), lon, lat)[0] < 1000
    assert 300 < metres(*from_wgs84(lon, lat, Datum.BD09), lon, lat)[0] < 2500


def test_the_outline_is_one_valid_polygon():
    assert MAINLAND.is_valid
    assert MAINLAND.geom_type == "Polygon"


@settings(max_examples=300)
@given(lon=st.floats(70, 140), lat=st.floats(15, 56), datum=st.sampled_from(SHIFTED))
def test_there_and_back_is_the_same_place_within_a_millimetre(lon, lat, datum):
    x, y = np.array([lon]), np.array([lat])
    if not inside_mainland(lon, lat) and MAINLAND.distance(shapely.Point(lon, lat)) < 0.03:
        return  # just outside, a coordinate has two origins; the module says which is taken
    back = to_wgs84(*from_wgs84(x, y, datum), datum)
    assert metres(*back, x, y)[0] < 1e-3


def test_a_million_places_go_there_and_back_in_one_call(rng):
    lon, lat = rng.uniform(100, 118, 1_000_000), rng.uniform(24, 40, 1_000_000)
    back = to_wgs84(*from_wgs84(lon, lat, Datum.BD09), Datum.BD09)
    assert metres(*back, lon, lat).max() < 1e-3


def test_wgs84_is_copied_and_numbers_that_are_none_stay_so():
    lon, lat = np.array([112.9, np.nan]), np.array([35.8, 35.8])
    x, y = to_wgs84(lon, lat, Datum.WGS84)
    assert x is not lon
    assert y is not lat
    shifted = from_wgs84(lon, lat, Datum.GCJ02)
    assert np.isnan(shifted[0][1])
    assert metres(shifted[0][:1], shifted[1][:1], lon[:1], lat[:1])[0] > 100


@pytest.mark.agency
def test_all_published_vectors_are_met_within_half_a_metre(agency_data: Path):
    points = json.loads((agency_data / "crs_vectors" / "gcj_bd_vectors.json").read_text())["points"]
    lon, lat = (np.array([point[axis] for point in points]) for axis in ("lon", "lat"))
    assert inside_mainland(lon, lat).all()
    operations = {
        "wgs84_to_gcj02": from_wgs84(lon, lat, Datum.GCJ02),
        "gcj02_to_wgs84": to_wgs84(lon, lat, Datum.GCJ02),
        "wgs84_to_bd09": from_wgs84(lon, lat, Datum.BD09),
        "bd09_to_wgs84": to_wgs84(lon, lat, Datum.BD09),
        "gcj02_to_bd09": gcj02_to_bd09(lon, lat),
        "bd09_to_gcj02": bd09_to_gcj02(lon, lat),
    }
    assert len(points) >= 41
    for name, (x, y) in operations.items():
        expected = np.array([point["expected"][name] for point in points])
        assert metres(x, y, expected[:, 0], expected[:, 1]).max() < 0.001, name  # the file keeps 9 decimals


@pytest.mark.agency
def test_the_foreign_places_of_the_agency_stay_where_they_are(agency_data: Path):
    text = (agency_data / "crs_vectors" / "outside_china_behaviour.json").read_text()
    places = json.loads(text)["outside_china"]
    lon, lat = (np.array([place[axis] for place in places]) for axis in ("lon", "lat"))
    assert not inside_mainland(lon, lat).any()


def test_a_frame_moves_with_every_kind_of_shape_and_keeps_the_rest():
    shapes = [
        shapely.Point(112.92, 35.8, 700),
        shapely.box(112.9, 35.7, 113, 35.9),
        shapely.MultiPoint([(112, 35), (113, 36)]),
        shapely.Point(114.17, 22.32),
        shapely.Polygon(),
        None,
    ]
    frame = gpd.GeoDataFrame({"code": list("ABCDEF")}, geometry=shapes, crs=4326, index=range(10, 16))
    moved = transform_frame(frame, Datum.GCJ02)

    x, y = to_wgs84([112.92], [35.8], Datum.GCJ02)
    assert moved.geometry.iloc[0].distance(shapely.Point(x[0], y[0])) < 1e-9
    assert not moved.has_z.any()
    assert moved.geometry.iloc[1].distance(shapely.box(112.9, 35.7, 113, 35.9).boundary) == 0
    assert moved.geometry.iloc[3].equals(shapes[3])
    assert moved.geometry.iloc[4].is_empty
    assert moved.geometry.iloc[5] is None
    assert moved.code.tolist() == list("ABCDEF")
    assert moved.index.equals(frame.index)
    assert moved.crs.to_epsg() == 4326
    assert frame.geometry.iloc[0].x == 112.92
    assert len(transform_frame(frame.iloc[:0], Datum.BD09)) == 0


def test_a_zone_on_the_shenzhen_river_is_moved_whole_and_not_torn():
    zone = shapely.box(114.06, 22.500, 114.10, 22.56).segmentize(0.001)  # the river runs through its southern fifth
    moved = transform_frame(gpd.GeoDataFrame(geometry=[zone], crs=4490), Datum.GCJ02).geometry.iloc[0]
    step = shapely.get_coordinates(moved) - shapely.get_coordinates(zone)
    assert np.ptp(step, axis=0).max() < 20 * METRE
    assert moved.is_valid


def test_a_projected_frame_is_refused():
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(500_000, 3_900_000)], crs=4547)
    with pytest.raises(NotLonLat, match="longitude and latitude"):
        transform_frame(frame, Datum.GCJ02)


# ---- does the file lie about its datum?

TOWN = (112.92, 35.80)
PLACES = [TOWN, (120.15, 30.28), (100.45, 38.93), (87.6, 43.8), (114.06, 22.60)]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20190904)


def scatter(rng: np.random.Generator, at: tuple[float, float], number: int, spread_m: float) -> tuple[Floats, Floats]:
    return at[0] + rng.normal(0, spread_m * METRE, number), at[1] + rng.normal(0, spread_m * METRE, number)


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("datum", SHIFTED)
@pytest.mark.parametrize("noise_m", [0, 20, 150])
def test_pairs_name_the_datum_a_file_lies_in(rng, at, datum, noise_m):
    known = scatter(rng, at, 400, 2_000)
    noisy = known[0] + rng.normal(0, noise_m * METRE, 400), known[1] + rng.normal(0, noise_m * METRE, 400)
    file = from_wgs84(*noisy, datum)
    file[0][:20] += 0.3  # a twentieth matched to the wrong address
    suspicion = suspect_by_pairs(*file, *known)
    assert suspicion is not None
    assert suspicion.datum is datum
    assert suspicion.shift_m == pytest.approx(np.median(metres(*from_wgs84(*known, datum), *known)), rel=0.01)
    assert suspicion.after < suspicion.before
    assert datum.name in str(suspicion)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    number=st.integers(1, 400),
    noise_m=st.floats(0, 300),
    at=st.sampled_from(PLACES),
    bias_m=st.floats(0, 40),
)
def test_honest_files_with_scatter_of_up_to_300_m_are_not_accused(seed, number, noise_m, at, bias_m):
    rng = np.random.default_rng(seed)
    known = scatter(rng, at, number, 2_000)
    file = tuple(each + bias_m * METRE + rng.normal(0, noise_m * METRE, number) for each in known)
    assert suspect_by_pairs(*file, *known) is None


def test_a_constant_offset_of_300_m_in_any_direction_is_not_gcj02(rng):
    known = scatter(rng, TOWN, 200, 2_000)
    for turn in np.arange(0, 2 * np.pi, 0.2):
        file = known[0] + 300 * METRE * np.cos(turn), known[1] + 300 * METRE * np.sin(turn)
        assert suspect_by_pairs(*file, *known) is None


def test_pairs_abroad_and_too_few_pairs_tell_nothing(rng):
    far = scatter(rng, (114.17, 22.32), 50, 500)
    assert suspect_by_pairs(far[0] + 0.005, far[1] - 0.003, *far) is None
    near = scatter(rng, TOWN, 4, 500)
    assert suspect_by_pairs(*from_wgs84(*near, Datum.GCJ02), *near) is None
    assert suspect_by_pairs([], [], [], []) is None


def town(rng: np.random.Generator, at: tuple[float, float], radius_m: float = 4_000) -> shapely.Polygon:
    """Return a ragged jurisdiction of some 53 km2."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = radius_m * METRE * (1 + 0.25 * np.sin(3 * turn + rng.uniform(0, 6)) + rng.normal(0, 0.03, 60))
    x, y = at[0] + radius * np.cos(turn) / np.cos(np.radians(at[1])), at[1] + radius * np.sin(turn)
    return shapely.Polygon(np.column_stack([x, y]))


def drawn_again(rng: np.random.Generator, shape: shapely.Polygon, noise_m: float) -> shapely.Geometry:
    corners = shapely.get_coordinates(shape)[:-1]
    return shapely.make_valid(shapely.Polygon(corners + rng.normal(0, noise_m * METRE, corners.shape)))


def moved(shape: shapely.Geometry, datum: Datum) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum)))


def fill(rng: np.random.Generator, shape: shapely.Polygon, number: int) -> Floats:
    x0, y0, x1, y1 = shape.bounds
    xy = rng.uniform((x0, y0), (x1, y1), (4 * number, 2))
    return xy[shapely.contains_xy(shape, *xy.T)][:number]


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("datum", SHIFTED)
def test_an_outline_names_the_datum_of_zones(rng, at, datum):
    jurisdiction = town(rng, at)
    suspicion = suspect_by_outline(moved(drawn_again(rng, jurisdiction, 30), datum), jurisdiction)
    assert suspicion is not None
    assert suspicion.datum is datum
    assert suspicion.before < 0.95 < suspicion.after


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("datum", SHIFTED)
def test_an_outline_names_the_datum_of_points_that_fill_it(rng, at, datum):
    jurisdiction = town(rng, at)
    points = shapely.multipoints(fill(rng, jurisdiction, 5_000))
    suspicion = suspect_by_outline(moved(points, datum), jurisdiction)
    assert suspicion is not None
    assert suspicion.datum is datum
    assert suspicion.after > 0.99


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), noise_m=st.floats(0, 300), turn=st.floats(0, 7), at=st.sampled_from(PLACES))
def test_honest_points_and_zones_are_not_accused_by_the_outline(seed, noise_m, turn, at):
    rng = np.random.default_rng(seed)
    jurisdiction = town(rng, at)
    inside = fill(rng, jurisdiction, 1_500)
    points = shapely.multipoints(inside + rng.normal(0, noise_m * METRE, inside.shape))
    assert suspect_by_outline(points, jurisdiction) is None
    step = min(noise_m, 100) * METRE * np.array([np.cos(turn), np.sin(turn)])
    zones = shapely.transform(drawn_again(rng, jurisdiction, noise_m / 3), lambda xy: xy + step)
    assert suspect_by_outline(zones, jurisdiction) is None


def test_points_in_one_corner_or_deep_inside_settle_nothing(rng):
    jurisdiction = town(rng, TOWN)
    deep = shapely.multipoints(np.column_stack(scatter(rng, TOWN, 2_000, 400)))
    assert suspect_by_outline(moved(deep, Datum.GCJ02), jurisdiction) is None
    x, y = jurisdiction.exterior.coords[52]  # the south-east, where GCJ-02 carries everything
    beyond = np.column_stack(scatter(rng, (x + 50 * METRE, y - 50 * METRE), 3_000, 60))
    assert suspect_by_outline(shapely.multipoints(beyond), jurisdiction) is None


def test_one_beat_of_many_an_empty_file_and_a_place_abroad_settle_nothing(rng):
    jurisdiction = town(rng, TOWN)
    beat = shapely.box(112.92, 35.80, 112.93, 35.81)
    assert suspect_by_outline(moved(beat, Datum.GCJ02), jurisdiction) is None
    assert suspect_by_outline(shapely.Polygon(), jurisdiction) is None
    london = town(rng, (-0.13, 51.5))
    assert suspect_by_outline(shapely.transform(london, lambda xy: xy + 0.005), london) is None
    with pytest.raises(BadShape):
        suspect_by_outline(beat, shapely.Point(0, 0))
