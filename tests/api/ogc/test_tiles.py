"""Vector tiles: what they hold is what the collection holds, of every station in scope and of no other."""

from __future__ import annotations

import math

import geopandas as gpd
import pyogrio
import pytest

from tests.makers import SOUTH, WEST
from tests.served import FOREIGN, OWN

T = "/ogc/collections/{}/tiles/WebMercatorQuad"
PERIOD = "?datetime=2024-12-31/2026-01-02"


def spot(z: int, lon: float = WEST + 0.005, lat: float = SOUTH + 0.005) -> str:
    """Return zoom/row/column of the tile a place lies in."""
    y = math.asinh(math.tan(math.radians(lat)))
    return f"{z}/{int((1 - y / math.pi) / 2 * 2**z)}/{int((lon + 180) / 360 * 2**z)}"


def read(body: bytes, tmp_path, layer: str) -> gpd.GeoDataFrame:
    """Return a layer of a tile as GDAL reads it; an empty tile has no rows."""
    path = tmp_path / "0.mvt"
    path.write_bytes(body)
    if not body or layer not in [name for name, _ in pyogrio.list_layers(path)]:
        return gpd.GeoDataFrame({"code": []}, geometry=[])
    return pyogrio.read_dataframe(path, layer=layer)


@pytest.mark.parametrize(("scope", "prefixes"), [((OWN,), {""}), ((FOREIGN,), {"F"}), ((OWN, FOREIGN), {"", "F"})])
def test_a_tile_holds_the_zones_of_the_scope(as_role, tmp_path, scope, prefixes):
    for layer, ending in (("beats", ""), ("cells", "-00")):
        reply = as_role("planner", scope).get(f"{T.format(layer)}/{spot(13)}")
        assert reply.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        found = read(reply.content, tmp_path, layer)
        assert {f"{prefix}B0{ending}" for prefix in prefixes} <= set(found["code"])
        assert {code[0] == "F" for code in found["code"]} == {prefix == "F" for prefix in prefixes}
        assert set(found["name_zh"]) == {f"{code}格" for code in found["code"]}  # tags still point at their own values


def test_a_tile_of_incidents_has_those_of_the_period(as_role, tmp_path):
    both, own = as_role("commander", (OWN, FOREIGN)), as_role("commander")
    for somebody, scope in ((own, {OWN}), (both, {OWN, FOREIGN})):
        listed = somebody.get("/ogc/collections/incidents/items?limit=10000").json()["features"]
        station_of = {feature["id"]: feature["properties"]["station"] for feature in listed}
        where = T.format("incidents")
        points = read(somebody.get(f"{where}/{spot(12)}{PERIOD}").content, tmp_path, "incidents")
        assert {station_of[number] for number in points["mvt_id"]} == scope
        assert points["mvt_id"].is_unique
        day = read(somebody.get(f"{where}/{spot(12)}?datetime=2025-01-01").content, tmp_path, "incidents")
        assert 0 < len(day) <= 8  # a day in UTC touches two of the station's


def test_one_station_may_be_asked_for_and_no_foreign_one(as_role):
    both, own = as_role("planner", (OWN, FOREIGN)), as_role("planner")
    where = f"{T.format('beats')}/{spot(12)}"
    assert both.get(f"{where}?station={OWN}").content == own.get(where).content != both.get(where).content
    assert own.get(f"{where}?station={FOREIGN}").content == b""
    assert as_role("planner", ()).get(where).content == b""


def test_a_tile_is_not_sent_again(as_role):
    for scope in ((OWN,), (OWN, FOREIGN)):
        somebody = as_role("planner", scope)
        first = somebody.get(f"{T.format('beats')}/{spot(12)}")
        again = somebody.get(f"{T.format('beats')}/{spot(12)}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("end", ["0/0/1", "0/1/0", "23/0/0", "x/0/0", "-1/0/0", "1/0/0.5", "1/0/99999999999"])
def test_what_is_no_tile_is_404(as_role, end):
    assert as_role("planner").get(f"{T.format('beats')}/{end}").status_code == 404


def test_what_has_no_tiles_is_404_and_unknown_parameters_400(as_role):
    commander = as_role("commander")
    assert commander.get(T.format("doors")).status_code == 404
    assert as_role("planner").get(f"{T.format('incidents')}/0/0/0").status_code == 404
    assert commander.get("/ogc/collections/beats/tiles/WorldCRS84Quad").status_code == 404
    assert commander.get("/ogc/tileMatrixSets/WorldCRS84Quad").status_code == 404
    assert commander.get(f"{T.format('beats')}/0/0/0?edition=1").status_code == 400


def test_the_tileset_leads_to_its_tiles_and_to_the_division_of_the_world(as_role):
    commander = as_role("commander")
    told = commander.get(T.format("cells")).json()
    links = {link["rel"]: link for link in told["links"]}
    filled = links["item"]["href"]
    for name, value in zip(("tileMatrix", "tileRow", "tileCol"), spot(13).split("/"), strict=True):
        filled = filled.replace(f"{{{name}}}", value)
    assert len(commander.get(filled).content) > 100
    division = commander.get(links["http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"]["href"]).json()
    assert division["tileMatrices"][0]["scaleDenominator"] == pytest.approx(559_082_264.028_717_8)
    assert told["boundingBox"]["lowerLeft"] == [WEST, SOUTH]
    assert commander.get("/ogc/collections/cells/tiles").json()["tilesets"] == [told]
