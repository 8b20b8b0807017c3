"""What Folium builds: parts for our own page, from constants alone."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import orjson
import pytest
from shapely import MultiPolygon, Point, box

from gridmap.web.maps import base, features
from gridmap.web.maps.base import BaseMap

WEB = Path(base.__file__).parent.parent


@pytest.mark.parametrize("name", ["plan", "map"])
def test_a_map_without_a_base_map_names_no_outside_address(name):
    parts = base.build(name, BaseMap())
    whole = " ".join([*parts.styles, *parts.scripts, str(parts.element), parts.script.decode()])
    assert "http" not in whole
    assert "//" not in whole.replace("\n", " ")


def test_a_base_map_is_the_only_outside_address():
    parts = base.build("plan", BaseMap("https://tiles.intranet/{z}/{x}/{y}.png"))
    assert re.findall(r"https?://[^/\"']+", parts.script.decode()) == ["https://tiles.intranet"]


def test_a_map_script_is_named_by_its_content_and_depends_on_nothing_else(client):
    base.build.cache_clear()
    first = base.build("map", BaseMap())
    base.build.cache_clear()
    assert base.build("map", BaseMap()) == first
    reply = client.get(first.script_url)
    assert (reply.status_code, reply.content) == (200, first.script)
    assert client.get(first.script_url.replace("map/", "plan/")).status_code == 404


def test_the_element_holds_no_script_and_no_style():
    assert re.fullmatch(r'<div class="folium-map" id="map_main" ?></div>', str(base.build("plan", BaseMap()).element))


def test_no_text_ever_reaches_folium():
    sinks = r"\bPopup\(|tooltip=|popup=|style_function=|embed=False|DivIcon\(|GeoJson\(|IFrame\("
    for path in WEB.rglob("*.py"):
        assert not re.search(sinks, path.read_text(encoding="utf-8")), path.name


def test_features_have_six_decimals_and_only_the_columns_asked_for():
    shape = MultiPolygon([box(0.123456789, 0, 1, 1)])
    frame = gpd.GeoDataFrame({"code": ["A"], "secret": ["x"]}, geometry=[shape], crs=4326)
    text = orjson.dumps(features.collection(frame, ["code"])).decode()
    assert "0.123457" in text
    assert "0.12345678" not in text
    assert "secret" not in text


def test_a_name_is_placed_inside_its_zone():
    ring = Point(0, 0).buffer(3).difference(Point(0, 0).buffer(2))
    frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[ring], crs=4326)
    facts = features.collection(frame, ["code"])["features"][0]["properties"]
    assert ring.contains(Point(facts["lon"], facts["lat"]))
