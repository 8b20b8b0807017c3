"""Where programs begin: links that lead somewhere, collections told alike twice, a description that is valid."""

from __future__ import annotations

import pytest

from gridmap.domain.access import PERMISSIONS, Action, Role

C = "/ogc/collections"
PATHS = ["", "/conformance", "/api", "/collections", "/collections/beats", "/collections/beats/queryables", "/collections/beats/items", "/collections/beats/items/S001.B0"]  # fmt: skip


@pytest.fixture
def commander(as_role):
    return as_role("commander")


@pytest.mark.parametrize("path", PATHS)
def test_a_slash_at_the_end_and_a_page_for_people(commander, path):
    plain, slash, html = (commander.get(f"/ogc{path}{end}") for end in ("", "/", "?f=html"))
    assert plain.status_code == slash.status_code == html.status_code == 200
    assert html.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in html.text
    assert commander.get(f"/ogc{path}?unknown=1").status_code == 400


def test_every_link_leads_somewhere_of_the_kind_it_says(commander):
    waiting, seen = ["https://gridmap.test/ogc/"], set()
    while waiting:
        where = waiting.pop()
        seen.add(where)
        reply = commander.get(where)
        assert reply.status_code == 200, where
        if "json" not in reply.headers["content-type"]:
            continue
        told = reply.json()
        found = told.get("links", []) + [link for one in told.get("collections", []) for link in one["links"]]
        for link in found:
            kind = commander.get(link["href"]).headers["content-type"] if link["href"] not in seen else link["type"]
            assert kind.startswith(link["type"]), link
            if link["rel"] != "next" and link["href"] not in seen:
                waiting.append(link["href"])
    assert len(seen) > 30


def test_the_list_and_the_collection_say_the_same_of_it(commander):
    for entry in commander.get(C).json()["collections"]:
        assert commander.get(f"{C}/{entry['id']}").json() == entry
        assert entry["crs"][0] == entry["storageCrs"] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
        assert "http://www.opengis.net/def/crs/EPSG/0/4547" in entry["crs"]


def test_the_description_lists_the_properties_of_each_collection_as_parameters(commander):
    reply = commander.get("/ogc/api")
    assert reply.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    told = reply.json()
    assert told["openapi"] == "3.0.3"
    names = [one.get("name") for one in told["paths"]["/collections/incidents/items"]["get"]["parameters"]]
    assert {"category", "is_dispute", "at", "station"} <= set(names)
    for parameter in told["paths"]["/collections/incidents/items"]["get"]["parameters"]:
        if "$ref" in parameter:
            assert parameter["$ref"].rpartition("/")[2] in told["components"]["parameters"]


def test_what_is_queryable_is_what_features_have(commander):
    for entry in commander.get(C).json()["collections"]:
        there = commander.get(f"{C}/{entry['id']}/queryables").json()["properties"]
        feature = commander.get(f"{C}/{entry['id']}/items?limit=1").json()["features"][0]
        assert list(there) == list(feature["properties"])


@pytest.mark.parametrize("role", list(Role))
def test_a_role_sees_the_collections_of_its_actions_and_no_others(as_role, role):
    wanted = {"beats", "cells", "villages"}
    if Action.READ_ANALYSES in PERMISSIONS[role]:
        wanted |= {"gaps", "hotspots", "facilities"}
    if Action.READ_INCIDENTS in PERMISSIONS[role]:
        wanted |= {"incidents"}
    if Action.READ_ADDRESSES in PERMISSIONS[role]:
        wanted |= {"doors"}
    somebody = as_role(role)
    assert {one["id"] for one in somebody.get(C).json()["collections"]} == wanted
    told = somebody.get("/ogc/api").text
    for hidden in {"gaps", "hotspots", "facilities", "incidents", "doors"} - wanted:
        assert f"/collections/{hidden}" not in told
        for end in ("", "/queryables", "/items", "/items/1"):
            nothing = somebody.get(f"{C}/nothing{end}")
            reply = somebody.get(f"{C}/{hidden}{end}")
            assert (reply.status_code, reply.text.replace(hidden, "nothing")) == (404, nothing.text)
