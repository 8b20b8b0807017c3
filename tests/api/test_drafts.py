"""The draft's address: what a drawing page begins with, and what each change hands back."""

from __future__ import annotations

import pytest

from tests import makers
from tests.served import OWN


@pytest.fixture
def there(two_stations) -> str:
    return f"/api/v1/stations/{OWN}/editions/{two_stations[OWN].draft}/draft"


@pytest.fixture
def planner(as_role):
    return as_role("planner", login="ann")


def spot(x: float, y: float) -> list[float]:
    point = makers.spot(x, y)
    return [round(point.x, 7), round(point.y, 7)]


def nudge(version: int, dx: float = 0.1) -> dict[str, object]:
    return {"version": version, "op": "move", "moves": [[spot(1, 0.5), spot(1 + dx, 0.5)]]}


def test_a_drawing_page_begins_with_everything(planner, there):
    draft = planner.get(there).json()
    assert (draft["version"], draft["can_undo"], draft["can_redo"], draft["editable"]) == (0, False, False, True)
    assert [one["properties"]["code"] for one in draft["beats"]["features"]] == ["A", "B"]
    assert draft["cells"]["features"][0]["properties"]["beat"] == "A"
    assert draft["locks"] == []
    rows = {row["code"]: row for row in draft["live"]["zones"]}
    assert set(rows) == {"A", "B", "A1", "A2", "B1", "B2"}
    assert rows["A"]["doors"] == 1
    assert rows["A"]["officer"] == "officer of S001"
    assert rows["A1"]["norm"] == "under"
    assert rows["A"]["before"]["area_km2"] == rows["A"]["area_km2"]
    assert draft["live"]["stops"] is False
    assert draft["live"]["orphan_doors"] == {kind: {"doors": 0, "places": []} for kind in ("beat", "grid_cell")}


def test_doors_that_a_change_leaves_in_no_zone_are_told_with_their_place(planner, there, sessions):
    with sessions.begin() as session:
        makers.make_door(session, 0.25, 0.25, station=OWN)
    beats, cells = makers.two_squares()
    body = {"type": "FeatureCollection", "features": []}
    for frame, kind in ((beats, "beat"), (cells.iloc[1:], "grid_cell")):
        body["features"] += frame.assign(kind=kind).__geo_interface__["features"]
    assert planner.put(there.replace("/draft", "/zones"), json=body).status_code == 200
    live = planner.get(f"{there}/live").json()
    assert live["orphan_doors"]["beat"]["doors"] == 0
    assert live["orphan_doors"]["grid_cell"] == {"doors": 2, "places": [spot(0.25, 0.25), spot(0.5, 0.25)]}
    assert live["stops"] is True


def test_a_change_hands_back_the_zones_and_figures_that_changed_and_no_other(planner, there):
    planner.post(f"{there}/edits", json={"version": 0, "op": "split", "kind": "grid_cell", "code": "B2",
                                         "line": [spot(1.7, 0.4), spot(1.7, 1.1)], "new_code": "B3"})  # fmt: skip
    reply = planner.post(f"{there}/edits", json=nudge(1))
    assert reply.status_code == 200, reply.text
    told = reply.json()
    assert (told["version"], told["can_undo"]) == (2, True)
    assert (told["event"]["by"], told["event"]["action"]) == ("ann", "move")
    moved = {one["properties"]["code"] for one in told["changed"]["cells"]}
    assert moved == {"A1", "A2", "B1", "B2"}
    assert "B3" not in {row["code"] for row in told["live"]["zones"]}
    row = next(row for row in told["live"]["zones"] if row["code"] == "A1")
    assert row["area_km2"] > row["before"]["area_km2"]
    ring = next(one for one in told["changed"]["cells"] if one["properties"]["code"] == "A1")["geometry"]
    assert spot(1.1, 0.5) in ring["coordinates"][0][0]


def test_a_zone_that_is_gone_is_told_and_comes_back_with_undo(planner, there):
    merged = planner.post(
        f"{there}/edits", json={"version": 0, "op": "merge", "kind": "grid_cell", "codes": ["A1", "A2"], "into": "A1"}
    ).json()
    assert merged["gone"] == {"beats": [], "cells": ["A2"]}
    undone = planner.post(f"{there}/undo", json={"version": 1}).json()
    assert {one["properties"]["code"] for one in undone["changed"]["cells"]} == {"A1", "A2"}
    assert (undone["version"], undone["state"], undone["can_undo"], undone["can_redo"]) == (2, 0, False, True)
    events = planner.get(f"{there}/events?limit=1").json()
    assert [(one["action"], one["undone"]) for one in events["items"]] == [("undo", False)]
    assert [(one["action"], one["undone"]) for one in planner.get(events["next"]).json()["items"]] == [("merge", True)]


def test_two_planners_on_one_version_one_is_refused_with_both(planner, as_role, there):
    bob = as_role("planner", login="bob")
    assert planner.post(f"{there}/edits", json=nudge(0)).status_code == 200
    refused = bob.post(f"{there}/edits", json=nudge(0, -0.1))
    assert refused.status_code == 412
    problem = refused.json()
    assert (problem["type"], problem["yours"], problem["present"]) == ("/problems/draft-moved", 0, 1)
    assert problem["events"][0]["by"] == "ann"
    assert bob.post(f"{there}/edits", json=nudge(1, -0.1)).status_code == 422  # the vertex has gone from there
    assert bob.post(f"{there}/presence", json={"kind": "beat", "code": "A"}).json()["version"] == 1


def test_an_impossible_edit_says_where(planner, there):
    reply = planner.post(f"{there}/edits", json=nudge(0, 5))
    assert reply.status_code == 422
    assert reply.json()["type"] == "/problems/edit-not-possible"
    assert len(reply.json()["at"]) == 2
    assert planner.get(there).json()["version"] == 0


def test_a_lock_keeps_others_out_until_who_may_publish_opens_it(planner, as_role, there):
    bob = as_role("planner", login="bob")
    assert planner.put(f"{there}/locks/grid_cell/A1").status_code == 204
    refused = bob.post(f"{there}/edits", json=nudge(0))
    assert (refused.status_code, refused.json()["locks"][0]["by"]) == (409, "ann")
    assert bob.get(there).json()["locks"][0]["code"] == "A1"
    assert bob.delete(f"{there}/locks/grid_cell/A1").status_code == 204
    assert bob.post(f"{there}/edits", json=nudge(0)).status_code == 200
    assert planner.put(f"{there}/locks/grid_cell/XX").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"version": 0, "op": "fly"},
        {"version": 0, "op": "move", "moves": []},
        {"version": 0, "op": "move", "moves": [[[112.9, 95], [112.9, 35.8]]]},
        {"version": 0, "op": "split", "kind": "beat", "code": "A", "line": [[112.9, 35.8]]},
        {"version": -1, "op": "remove", "at": [112.9, 35.8]},
        {"version": 0, "op": "give", "beat": "A"},
        {"version": 0, "op": "give", "cells": ["A1"], "beat": "XX"},
        {"version": 0, "op": "merge", "kind": "grid_cell", "codes": ["A1", "B2"], "into": "A1"},
        {"version": 0, "op": "rename", "kind": "grid_cell", "code": "A1", "new_code": "a b"},
    ],
)
def test_an_edit_that_makes_no_sense_is_a_422_and_changes_nothing(planner, there, body):
    assert planner.post(f"{there}/edits", json=body).status_code == 422
    assert planner.get(there).json()["version"] == 0


def test_an_allowed_gap_has_a_name_and_lies_in_the_station(planner, two_stations):
    gaps = f"/api/v1/stations/{OWN}/allowed-gaps"
    ring = [spot(0.1, 0.1), spot(0.2, 0.1), spot(0.2, 0.2)]
    number = planner.post(gaps, json={"ring": ring, "name_zh": "水库"}).json()["id"]
    assert planner.get(gaps).json()["features"][0]["properties"]["name_zh"] == "水库"
    assert planner.delete(f"{gaps}/{number}").status_code == 204
    assert planner.delete(f"{gaps}/{number}").status_code == 404
    assert planner.post(gaps, json={"ring": ring}).status_code == 422
    assert planner.post(gaps, json={"ring": [[1, 1], [2, 1], [2, 2]], "name_zh": "x"}).status_code == 422
    crossed = [spot(0.1, 0.1), spot(0.2, 0.2), spot(0.2, 0.1), spot(0.1, 0.2)]
    assert planner.post(gaps, json={"ring": crossed, "name_zh": "x"}).status_code == 422
