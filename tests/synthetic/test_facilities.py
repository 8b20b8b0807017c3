"""Facilities: as many as a town has, all inside, each school with its alarm, some cameras far from any post."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gridmap.synthetic.plan import Plan
from gridmap.synthetic.station import make_station
from tests.synthetic.nancheng import nancheng


def metric(made) -> gpd.GeoDataFrame:
    """Return the facilities in metres."""
    table = made.facilities
    points = gpd.points_from_xy(table["lon"], table["lat"])
    return gpd.GeoDataFrame(table, geometry=points, crs=4326).to_crs(made.station["metric_epsg"].iloc[0])


def test_a_town_has_its_facilities():
    table = nancheng().facilities
    count = table["kind"].value_counts()
    assert (count["police_post"], count["school"], count["alarm"], count["camera"]) == (5, 11, 11, 120)
    assert 55 <= count["shop"] + count["market"] + count["hotel"] <= 65
    assert table["code"].is_unique
    assert (table[["name_zh", "name_en"]] != "").all(axis=None)


def test_all_lie_in_the_jurisdiction_whatever_the_seed():
    small = Plan(cells=20, beats=6, places=9, doors=2_000, calls_last_year=0)
    for made in (nancheng(), *(make_station(seed, 0, (0, 0), small) for seed in (3, 4))):
        table = made.facilities
        assert shapely.contains_xy(made.station.geometry.iloc[0], table["lon"], table["lat"]).all()
        assert set(table["kind"]) == {"police_post", "school", "alarm", "shop", "market", "hotel", "camera"}


def test_each_school_has_an_alarm_at_its_gate():
    places = metric(nancheng())
    schools, alarms = (places[places["kind"] == kind].geometry.to_numpy() for kind in ("school", "alarm"))
    assert shapely.distance(schools, alarms).max() < 10


def test_some_cameras_stand_far_from_any_post_and_some_near():
    places = metric(nancheng())
    posts, cameras = (places[places["kind"] == kind].geometry.to_numpy() for kind in ("police_post", "camera"))
    near = shapely.distance(cameras[:, None], posts[None, :]).min(axis=1)
    assert np.count_nonzero(near > 1_500) >= 10
    assert np.count_nonzero(near < 700) >= 20
