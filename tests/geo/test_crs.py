from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from gridmap.geo.columns import CrsMismatch, MissingCrs, NotMetric, NotOnEarth, OutOfCrs
from gridmap.geo.crs import metric_epsg_for, require_metric, require_same, same_crs, to_metric


def series(crs, x=112.9, y=35.8):
    return gpd.GeoDataFrame(geometry=[Point(x, y)], crs=crs)


@pytest.mark.parametrize(
    ("place", "lon", "lat", "epsg"),
    [
        ("Gaoping", 112.9, 35.8, 4547),
        ("Linze", 100.2, 39.1, 4542),
        ("Datong", 113.3, 40.1, 4547),
        ("Jinhua", 119.6, 29.1, 4549),
        ("Shanghai", 121.5, 31.2, 4550),
        ("Kashgar", 75.99, 39.47, 4534),
        ("Fuyuan, the easternmost", 134.29, 48.36, 4554),
        ("Sanya", 109.5, 18.25, 4546),
        ("Shenzhen", 114.06, 22.54, 4547),
        ("Hong Kong", 114.17, 22.3, 32650),
        ("Taipei", 121.5, 25.05, 32651),
        ("Seoul", 127.0, 37.57, 32652),
        ("Seattle", -122.3, 47.6, 32610),
        ("Sydney", 151.2, -33.9, 32756),
        ("the date line", 180.0, 10.0, 32660),
    ],
)
def test_each_place_gets_its_customary_zone(place, lon, lat, epsg):
    assert metric_epsg_for(lon, lat) == epsg


@given(lon=st.floats(-180, 180), lat=st.floats(-80, 84))
def test_the_zone_of_any_place_is_metric_and_near(lon, lat):
    epsg = metric_epsg_for(lon, lat)
    crs = pyproj.CRS.from_epsg(epsg)
    meridian = next(
        p["value"] for p in crs.to_json_dict()["conversion"]["parameters"] if "longitude of" in p["name"].lower()
    )
    off = abs((lon - meridian + 180) % 360 - 180)
    assert off <= (1.5 if 4534 <= epsg <= 4554 else 3) + 1.5e-9 or lon < 74 or lon > 135
    require_metric(gpd.GeoSeries([], crs=crs))


@pytest.mark.parametrize("place", [(35.8, 112.9), (200, 0), (np.nan, 0), (0, 89), (np.inf, 0)])
def test_swapped_axes_and_places_beyond_the_maps_are_refused(place):
    with pytest.raises(NotOnEarth):
        metric_epsg_for(*place)


@pytest.mark.parametrize("crs", [None, 4326, 4490, 3857, 3395, 2926, 4978])
def test_what_is_not_in_true_metres_is_not_metric(crs):
    with pytest.raises(NotMetric):
        require_metric(series(crs))


@pytest.mark.parametrize("crs", [4547, 4526, 32650, 3035, 2056])
def test_projected_metres_are_metric(crs):
    require_metric(series(crs))
    require_metric(series(crs).geometry)


def test_wgs84_and_cgcs2000_count_as_one_and_others_do_not():
    require_same(series(4326), series(4490))
    require_same(series(4326), series("OGC:CRS84"))
    require_same(series(4547), series(4547).geometry)
    with pytest.raises(CrsMismatch, match="114E"):
        require_same(series(4326), series(4547))
    with pytest.raises(MissingCrs):
        require_same(series(4326), series(None))
    assert not same_crs(pyproj.CRS(4547), pyproj.CRS(4526))  # the same zone, but with its number before the easting


def test_x_is_east_and_y_is_north_whatever_epsg_says_of_the_axes():
    moved = to_metric(series(4326), 4547)
    assert moved.geometry.x[0] == pytest.approx(400_568, abs=1)  # 1.1 degrees west of 114 E, false easting 500 km
    assert moved.geometry.y[0] == pytest.approx(3_963_910, abs=1)
    assert to_metric(series(4490), 4547).geometry[0].equals(moved.geometry[0])


def test_to_metric_leaves_its_input_alone_and_refuses_what_it_cannot_place():
    frame = series(4326)
    to_metric(frame, 4547)
    assert frame.crs == 4326
    with pytest.raises(NotMetric):
        to_metric(frame, 3857)
    with pytest.raises(NotMetric, match="no coordinate"):
        to_metric(frame, 999_999)
    with pytest.raises(MissingCrs):
        to_metric(series(None), 4547)
    with pytest.raises(OutOfCrs, match="row 1"):
        to_metric(series(4326, np.inf, 0), 4547)
