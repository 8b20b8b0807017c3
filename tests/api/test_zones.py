"""Zones as GeoJSON: read, not sent twice, replaced in a draft, and bombs refused."""

from __future__ import annotations

import json
import random
import time
from typing import Any
from urllib.parse import quote

import pytest
import shapely

from gridmap.api.zones_body import BadZones, read_zones
from tests.api.matrix import geojson
from tests.served import OWN

PATH = f"/api/v1/stations/{OWN}/editions"
GEO = {"content-type": "application/geo+json"}


def zone(kind: str = "beat", code: str = "A", ring: Any = None, **facts: Any) -> dict[str, Any]:
    """Return one zone as GeoJSON; a small square where no ring is given."""
    ring = [[112.9, 35.8], [112.91, 35.8], [112.91, 35.81], [112.9, 35.8]] if ring is None else ring
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"kind": kind, "code": code, **facts}, "geometry": geometry}


def body(*features: Any, **members: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **members}).encode()


def test_zones_come_as_geojson_that_a_library_reads(two_stations, as_role):
    reply = as_role("officer").get(f"{PATH}/current/zones")

    assert reply.headers["content-type"] == "application/geo+json"
    sent = reply.json()
    assert [(one["properties"]["kind"], one["id"]) for one in sent["features"]] == [
        ("beat", "A"), ("beat", "B"), ("grid_cell", "A1"), ("grid_cell", "A2"), ("grid_cell", "B1"), ("grid_cell", "B2"),
    ]  # fmt: skip
    assert sent["features"][2]["properties"]["beat"] == "A"
    shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in sent["features"]]
    assert shapely.union_all(shapes[:2]).equals(shapely.union_all(shapes[2:]))
    assert (sent["station"], sent["edition"], sent["synthetic"]) == (OWN, 1, True)


def test_one_kind_and_one_zone(two_stations, as_role):
    officer = as_role("officer")
    only = officer.get(f"{PATH}/1/zones?kind=beat").json()["features"]
    assert [one["id"] for one in only] == ["A", "B"]
    one = officer.get(f"{PATH}/1/zones/grid_cell/B2").json()
    assert (one["type"], one["properties"]["beat"]) == ("Feature", "B")
    missing = officer.get(f"{PATH}/1/zones/grid_cell/A")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/zone-not-found")


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_client_that_holds_the_zones_is_not_sent_them_again(two_stations, as_role, queries, encoding):
    officer = as_role("officer")
    accept = {"accept-encoding": encoding}
    tag = officer.get(f"{PATH}/current/zones", headers=accept).headers["etag"]

    queries.clear()
    for held in (tag, f'W/{tag}, "other"', "*"):
        again = officer.get(f"{PATH}/1/zones", headers={**accept, "if-none-match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert "etag" in again.headers
    assert len(queries.beyond_scope) == 3, "one query each to know the edition, none for the shapes"
    assert officer.get(f"{PATH}/1/zones", headers={"if-none-match": '"other"'}).status_code == 200
    assert officer.get(f"{PATH}/1/zones?kind=beat", headers={"if-none-match": tag}).status_code == 200


def test_a_draft_is_replaced_and_its_version_moves(two_stations, as_role):
    planner, draft = as_role("planner"), two_stations[OWN].draft
    first = planner.get(f"{PATH}/{draft}/zones")
    new = first.json()
    new["features"][0]["properties"]["name_zh"] = "新警格"
    tag = {"if-match": first.headers["etag"]}

    kept = planner.put(f"{PATH}/{draft}/zones", json=new, headers=tag)
    assert kept.json() == {"beats": 2, "grid_cells": 4}
    again = planner.get(f"{PATH}/{draft}/zones")
    assert again.headers["etag"] != first.headers["etag"]
    assert again.json()["features"][0]["properties"]["name_zh"] == "新警格"
    assert [one["geometry"] for one in again.json()["features"]] == [one["geometry"] for one in new["features"]]

    late = planner.put(f"{PATH}/{draft}/zones", json=new, headers=tag)
    assert (late.status_code, late.json()["type"]) == (412, "/problems/draft-moved")


@pytest.mark.parametrize("code", ["一/2格", "南门.3", "A+B"])
def test_a_zone_is_found_by_whatever_code_it_may_have(two_stations, as_role, code):
    planner, draft = as_role("planner"), two_stations[OWN].draft
    assert planner.put(f"{PATH}/{draft}/zones", content=body(zone(code=code)), headers=GEO).status_code == 200
    found = planner.get(f"{PATH}/{draft}/zones/beat/{quote(code, safe='')}")
    assert (found.status_code, found.json().get("id")) == (200, code)


def test_a_published_edition_is_never_replaced(two_stations, as_role):
    reply = as_role("planner").put(f"{PATH}/1/zones", content=body(zone()), headers=GEO)
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/edition-step-not-allowed")


def test_the_round_of_a_boundary_through_the_api(two_stations, as_role):
    """Draft, check with its faults on the map, refuse, mend, publish, compare, withdraw."""
    planner = as_role("planner")
    number = planner.post(PATH, json={"note": "a trial"}).json()["number"]
    torn = geojson("")
    torn["features"] = [one for one in torn["features"] if one["properties"]["code"] not in {"B", "B1", "B2"}]
    planner.put(f"{PATH}/{number}/zones", json=torn)

    issues = planner.get(f"{PATH}/{number}/issues")
    assert issues.headers["content-type"] == "application/geo+json"
    kinds = {(one["properties"]["layer"], one["properties"]["kind"]) for one in issues.json()["features"]}
    assert ("beat", "gap") in kinds
    refused = planner.post(f"{PATH}/{number}/publish", json={})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/draft-not-valid")
    assert {"kind", "lon", "lat"} <= set(refused.json()["issues"][0])

    planner.put(f"{PATH}/{number}/zones", json=geojson(""))
    done = planner.post(f"{PATH}/{number}/publish", json={})
    assert (done.status_code, done.json()["number"], done.json()["plates"]) == (200, number, 1)
    change = planner.get(f"{PATH}/{number}/changes-since/1").json()
    assert {change["before"], change["after"]} == {1, number}
    assert planner.get(f"{PATH}/current").json()["number"] == number
    back = planner.post(f"{PATH}/{number}/withdraw", json={"reason": "a trial"}).json()
    assert back["in_force"]["number"] == 1


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (b"", "not JSON"),
        (b"{}", "FeatureCollection"),
        (b'{"type":"FeatureCollection","features":[NaN]}', "not JSON"),
        (body("x"), "not a GeoJSON feature"),
        (body({"type": "Feature"}), "no properties"),
        (body(zone(kind="town")), "`kind`"),
        (body(zone(code="a b")), "`code`"),
        (body(zone(code=7)), "`code`"),  # type: ignore[arg-type]
        (body(zone(name_zh="x" * 201)), "name_zh"),
        (body(zone(name_zh="a\0b")), "name_zh"),
        (body(zone(beat="B")), "`beat`"),
        (body(zone("grid_cell", "A1", beat="Z")), "there is no beat Z"),
        (body(zone(), zone()), "a second beat A"),
        (body(zone(ring=[])), "four places"),
        (body(zone(ring=[[1, 1], [2, 2], [3, 1], [1, 2]])), "ends where it began"),
        (body(zone(ring=[["1", "2"]] * 4)), "numbers"),
        (body(zone(ring=[[True, 1]] * 4)), "numbers"),
        (body(zone(ring=[[1]] * 4)), "[longitude, latitude]"),
        (body(zone(ring=[[[1, 2], 3]] * 4)), "numbers"),
        (body(zone(ring=7)), "lists"),
        (body(zone(ring=[[35.8, 112.9], [35.9, 112.9], [35.9, 112.8], [35.8, 112.9]])), "swapped"),
        (body(zone(ring=[[112, 35], [112.1, 35.1], [112.1, 35], [112, 35.1], [112, 35]])), "Self-intersection[112.05"),
        (body(zone(), crs={"type": "name", "properties": {"name": "EPSG:4547"}}), "4326"),
        (body({**zone(), "geometry": None}), "Polygon"),
        (body({**zone(), "geometry": {"type": "MultiPolygon", "coordinates": []}}), "empty"),
        (body({**zone(), "geometry": {"type": "Polygon", "coordinates": []}}), "without a ring"),
        (body(zone()).replace(b"112.91", b"1e400"), ""),
        (body(zone()).replace(b"112.91", b"9" * 400), ""),
    ],
)
def test_what_is_not_zones_is_refused_with_its_place(sent, says):
    with pytest.raises(BadZones) as told:
        read_zones(sent)
    assert says in told.value.detail


def test_every_fault_is_told_at_once():
    with pytest.raises(BadZones) as told:
        read_zones(body(zone(kind="x"), zone(code=""), zone(code="A"), zone(code="A")))
    assert [fault.split(":")[0] for fault in told.value.facts["faults"]] == ["feature 0", "feature 1", "feature 3"]  # type: ignore[attr-defined]


def star(vertices: int) -> list[list[float]]:
    """Return a ring through random places: it crosses itself everywhere."""
    dice = random.Random(7)
    ring = [[112 + dice.random(), 35 + dice.random()] for _ in range(vertices)]
    return [*ring, ring[0]]


@pytest.mark.parametrize(
    "sent",
    [
        body(zone(ring=star(300))),
        body(zone(ring=star(9_000))),
        body(zone(ring=star(10_001))),
        body(*[zone(code=f"C{n}") for n in range(5_001)]),
        body(
            {
                **zone(),
                "geometry": {"type": "MultiPolygon", "coordinates": [[star(4_000)], [star(4_000)], [star(4_000)]]},
            }
        ),
        b'{"type":"FeatureCollection","features":' + b"[" * 900 + b"]" * 900 + b"}",
        body(zone(ring=[[112, 35]] * 40_000)),
    ],
    ids=["300 crossings", "9000 crossings", "ring too long", "too many", "parts too long", "deep", "one place"],
)
def test_a_bomb_is_refused_in_under_a_second(two_stations, as_role, sent):
    planner, draft = as_role("planner"), two_stations[OWN].draft
    took = []
    for _ in range(3):  # other threads of the service count, too: the best of three
        began = time.process_time()
        reply = planner.put(f"{PATH}/{draft}/zones", content=sent, headers=GEO)
        took.append(time.process_time() - began)
        if took[-1] < 1:
            break
    assert min(took) < 1
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")
    assert len(planner.get(f"{PATH}/{draft}/zones").json()["features"]) == 6, "nothing was changed"
