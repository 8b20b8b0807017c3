"""Features of the collections: pages, boxes, times, values, reference systems, versions."""

from __future__ import annotations

from typing import Any

import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.api.ogc import params
from gridmap.http.problems import ParameterNotValid
from tests.makers import SIDE, SOUTH, WEST

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
C = "/ogc/collections"


@pytest.fixture
def commander(as_role):
    return as_role("commander")


def ids(reply: Any) -> list[Any]:
    assert reply.status_code == 200, reply.text
    return [feature["id"] for feature in reply.json()["features"]]


def next_of(reply: Any) -> str | None:
    return next((link["href"] for link in reply.json()["links"] if link["rel"] == "next"), None)


@pytest.mark.parametrize(
    "collection", ["beats", "cells", "villages", "gaps", "hotspots", "incidents", "doors", "facilities"]
)
def test_pages_hold_every_feature_once_and_tell_how_many_there_are(commander, collection):
    whole = commander.get(f"{C}/{collection}/items?limit=10000")
    wanted = ids(whole)
    assert whole.json()["numberMatched"] == whole.json()["numberReturned"] == len(wanted) == len(set(wanted)) > 0
    size = max(1, len(wanted) // 4)

    found, where = [], f"{C}/{collection}/items?limit={size}"
    while where is not None:
        page = commander.get(where)
        assert page.json()["numberMatched"] == len(wanted)
        assert page.json()["numberReturned"] == len(page.json()["features"])
        found += ids(page)
        where = next_of(page)
    assert found == wanted


@pytest.mark.parametrize(
    "collection", ["beats", "cells", "villages", "gaps", "hotspots", "incidents", "doors", "facilities"]
)
def test_a_feature_by_itself_is_the_one_of_the_list(commander, collection):
    listed = commander.get(f"{C}/{collection}/items?limit=1").json()["features"][0]
    by_itself = commander.get(f"{C}/{collection}/items/{listed['id']}").json()
    assert {name: by_itself[name] for name in listed} == listed
    assert {link["rel"] for link in by_itself["links"]} >= {"self", "alternate", "collection"}


@pytest.mark.parametrize(
    "feature",
    ["S001.none", "none", "999999999", "99999999999999999999", "-1", "S001.%00", "S001.", "..S001", "%F0%9F%92%A9"],
)
def test_what_is_not_there_is_404(commander, feature):
    for collection in ("beats", "doors", "gaps"):
        assert commander.get(f"{C}/{collection}/items/{feature}").status_code == 404
    assert commander.get(f"{C}/{feature}").status_code == 404


def test_a_page_of_three_of_six_hundred_counts_them_once(commander, queries):
    def counted() -> int:
        queries.clear()
        assert commander.get(where).json()["numberMatched"] == 300
        return sum("count(*) AS" in one for one in queries)

    # A question nobody else asks: counts are kept for all who ask this database.
    where = f"{C}/incidents/items?limit=3&category=theft&datetime=../2098-07-06T05:04:03Z"
    first = counted()
    where = next_of(commander.get(where))
    assert (first, counted(), len(queries)) == (1, 0, 5)  # who, scope, audit, version, page


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        (f"bbox={WEST},{SOUTH},{WEST + 1.5 * SIDE},{SOUTH + SIDE / 2}", ["B0", "B1"]),
        (f"bbox={WEST},{SOUTH},0,{WEST + 0.5 * SIDE},{SOUTH + SIDE / 2},900", ["B0"]),
        (f"bbox={WEST + 0.5 * SIDE},{SOUTH},{WEST + 0.5 * SIDE},{SOUTH}", ["B0"]),
        (f"bbox={SOUTH},{WEST},{SOUTH + SIDE},{WEST + 0.5 * SIDE}&bbox-crs={EPSG}4326", ["B0"]),
        (f"bbox=170,{SOUTH},{WEST + 0.5 * SIDE},{SOUTH + SIDE}", ["B0"]),
        (f"bbox=170,{SOUTH},-170,{SOUTH + SIDE}", []),
        ("bbox=-180,-90,180,90&code=B7", ["B7"]),
        ("code=B7&station=S001", ["B7"]),
        ("code=B7&station=S002", []),
        ("edition=2", []),
        ("name_zh=B3%E6%A0%BC", ["B3"]),
        ("datetime=../2001-01-01T00:00:00Z", []),
    ],
)
def test_boxes_and_values_choose(commander, query, codes):
    reply = commander.get(f"{C}/beats/items?{query}")
    assert ids(reply) == [f"S001.{code}" for code in codes]
    assert reply.json()["numberMatched"] == len(codes)


def test_a_box_in_the_stations_metres_chooses_what_it_covers_there(commander):
    metric = pyproj.Transformer.from_crs(4326, 4547, always_xy=True)
    east, north = metric.transform(WEST + 2.5 * SIDE, SOUTH + 0.5 * SIDE)
    box = f"{north - 10},{east - 10},{north + 10},{east + 10}"
    assert ids(commander.get(f"{C}/beats/items?bbox={box}&bbox-crs={EPSG}4547")) == ["S001.B2"]


@pytest.mark.parametrize(
    ("told", "n"),
    [
        ("2025-01-01T00:00:00Z", 1), ("2025-01-01T01:00:00Z", 0), ("2025-01-01", 2), ("2025-01-01/2025-01-02", 4),
        ("../2025-01-01T12:00:00Z", 2), ("2025-01-01T08:00:00+08:00/2025-01-01T20:00:00+08:00", 2), ("/..", 600),
        ("2025-10-27T12:00:00.5Z/..", 0), ("2025-10-27T00:00:00Z/", 2),
    ],
)  # fmt: skip
def test_times_choose_with_both_ends(commander, told, n):
    reply = commander.get(f"{C}/incidents/items", params={"datetime": told, "limit": 1000})
    assert (reply.json()["numberMatched"], len(ids(reply))) == (n, n)


def test_the_time_of_hotspots_is_the_period_analysed(commander):
    spring = commander.get(f"{C}/hotspots/items?datetime=2025-03-01/2025-03-31&limit=1000").json()["features"]
    assert sum(one["properties"]["count"] for one in spring) == 62
    assert {one["properties"]["since"] for one in spring} == {"2025-03-01T00:00:00Z"}


@pytest.mark.parametrize(
    "told", ["../2001-01-01T00:00:00Z", "2190-01-01/..", "0002-01-01/9998-01-01", "2025-01-01T00:00:00Z", "../.."]
)
def test_any_period_of_hotspots_is_answered(commander, told):
    reply = commander.get(f"{C}/hotspots/items", params={"datetime": told})
    assert reply.json()["numberMatched"] == len(ids(reply))


@pytest.mark.parametrize("srid", [4326, 4490, 3857, 4547])
def test_features_come_in_the_axis_order_of_their_system(commander, srid):
    there = commander.get(f"{C}/doors/items?crs={EPSG}{srid}&limit=1")
    here = commander.get(f"{C}/doors/items?limit=1").json()["features"][0]["geometry"]["coordinates"]
    assert there.headers["content-crs"] == f"<{EPSG}{srid}>"
    wanted = pyproj.Transformer.from_crs("OGC:CRS84", f"EPSG:{srid}").transform(*here)
    assert there.json()["features"][0]["geometry"]["coordinates"] == pytest.approx(
        wanted, abs=0.01 if srid in {3857, 4547} else 1e-6
    )
    for collection in ("hotspots", "beats"):  # what is computed and what is stored agree
        shapes = [
            shapely.from_geojson(
                str(commander.get(f"{C}/{collection}/items?limit=1{crs}").json()["features"][0]["geometry"]).replace(
                    "'", '"'
                )
            )
            for crs in (f"&crs={EPSG}{srid}", "")
        ]
        x, y = pyproj.Transformer.from_crs("OGC:CRS84", f"EPSG:{srid}").transform(
            shapes[1].centroid.x, shapes[1].centroid.y
        )
        assert shapes[0].distance(shapely.Point(x, y)) < 1


def test_the_system_is_told_without_being_asked_for(commander):
    reply = commander.get(f"{C}/beats/items")
    assert reply.headers["content-crs"] == f"<{CRS84}>"
    assert reply.headers["content-type"] == "application/geo+json"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=x", "limit=1.5", "bbox=1,2,3", "bbox=1,2,3,x", "bbox=1,2,3,4,5", "bbox=nan,0,1,1",
        "bbox=0,5,1,4", "bbox=0,0,1,91", "bbox=0,0,500,1", "bbox=1e999,0,1,1", "bbox=0,0,9,1,1,1", "datetime=yesterday", "datetime=2025-13-01T00:00:00Z",
        "datetime=2025-02-01T00:00:00Z/2025-01-01T00:00:00Z", "datetime=a/b/c", "datetime=20250101", "datetime=", "datetime=..",
        "datetime=2025-01-01T00:00:00", "datetime=2025-01-01T25:00:00Z", "datetime=9999-12-31T23:59:59Z",
        "crs=EPSG:4326", f"crs={EPSG}2154", "bbox=0,0,1,1&bbox-crs=x", f"bbox=0,0,1e12,1e12&bbox-crs={EPSG}4547",
        "unknown=1", "limit=1&limit=2", "f=xml", "after=x", "households=many", "households=1.5", "address=a%00b", "code=" + "x" * 501,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_400_and_named(commander, query):
    reply = commander.get(f"{C}/doors/items?{query}")
    assert reply.status_code == 400, reply.text[:300]
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["type"] == "/problems/parameter-not-valid"
    assert reply.json()["parameter"] in query


def test_a_page_has_ten_thousand_features_at_most(commander):
    assert params.limit_of("999999999") == params.LARGEST == 10_000
    assert len(ids(commander.get(f"{C}/incidents/items?limit=999999999"))) == 600


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_no_text_is_a_time_that_breaks(told):
    try:
        since, until = params.interval(told)
    except ParameterNotValid:
        return
    assert since is None or until is None or since <= until


@given(
    st.sampled_from(["limit", "bbox", "datetime", "crs", "after", "households", "in_force_since", "f"]),
    st.text(max_size=30),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_breaks_the_service(commander, name, value):
    for collection in ("doors", "beats"):
        assert commander.get(f"{C}/{collection}/items", params={name: value}).status_code in {200, 400}


def test_a_client_that_holds_the_page_is_not_sent_it_again(commander, sessions):
    first = commander.get(f"{C}/beats/items?limit=3")
    again = commander.get(f"{C}/beats/items?limit=3", headers={"If-None-Match": first.headers["etag"]})
    other = commander.get(f"{C}/beats/items?limit=4", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert other.status_code == 200
    assert "private" in first.headers["cache-control"]
    assert "Authorization" in first.headers["vary"]


def test_two_people_hold_different_versions(as_role):
    tags = {
        as_role("commander", scope).get(f"{C}/beats/items").headers["etag"]
        for scope in (("S001",), ("S001", "S002"), ("S002",))
    }
    assert len(tags) == 3
