"""Repairs and boundary files through the API: what was shown is what is accepted, and a broken file changes nothing."""

from __future__ import annotations

import json
from zipfile import ZipFile

import pytest
import shapely

from gridmap.services import drafts
from gridmap.store import editions as store
from tests.makers import square, two_squares
from tests.served import OWN

HOLE = square(0.4, 0.2, 0.01, 0.01)


@pytest.fixture
def planner(as_role):
    return as_role("planner")


@pytest.fixture
def address(two_stations):
    return f"/api/v1/stations/{OWN}/editions/{two_stations[OWN].draft}"


@pytest.fixture
def spoiled(sessions, two_stations, address):
    """Make a hole in cell A1 and its beat, and one in B2 and its."""
    beats, cells = two_squares()
    for code, cell, hole in (("A", "A1", HOLE), ("B", "B2", square(1.4, 0.7, 0.01, 0.01))):
        for frame, name in ((beats, code), (cells, cell)):
            row = frame.index[frame["code"] == name][0]
            frame.loc[row, "geometry"] = shapely.difference(frame.geometry[row], hole)
    with sessions.begin() as session:
        draft = store.find(session, OWN, two_stations[OWN].draft)
        drafts.replace(session, draft, beats, cells, by="test", action="import")
    return address


def test_repairs_are_listed_accepted_and_undone(planner, spoiled):
    shown = planner.get(f"{spoiled}/repairs").json()
    rows = [feature["properties"] for feature in shown["features"]]
    assert sorted((row["kind"], row["layer"], row["to"], row["rule"], row["doors"]) for row in rows) == [
        ("gap", "grid_cell", "A1", "former", 0), ("gap", "grid_cell", "B2", "former", 0),
    ]  # fmt: skip
    assert shown["sure"] == [1, 2]
    body = {"token": shown["token"], "version": shown["version"], "accept": [1]}
    one = planner.post(f"{spoiled}/repairs", json=body).json()
    assert one["accepted"] == [1]
    assert len(one["changed"]["cells"]) == len(one["changed"]["beats"]) == 1
    assert planner.post(f"{spoiled}/repairs", json=body).status_code == 412
    left = planner.get(f"{spoiled}/repairs").json()
    assert len(left["features"]) == 1
    done = planner.post(f"{spoiled}/repairs", json={"token": left["token"], "accept": "all"}).json()
    assert done["live"]["faults"] == []
    assert done["can_undo"]
    back = planner.post(f"{spoiled}/draft/undo", json={"version": done["version"]}).json()
    assert {fault["kind"] for fault in back["live"]["faults"]} == {"gap"}


def test_what_cannot_be_accepted_is_told(planner, spoiled):
    shown = planner.get(f"{spoiled}/repairs").json()
    wrong = {"token": shown["token"], "accept": [9]}
    assert planner.post(f"{spoiled}/repairs", json=wrong).json()["type"] == "/problems/repair-not-known"
    stale = {"token": "0" * 32, "accept": "all"}
    reply = planner.post(f"{spoiled}/repairs", json=stale)
    assert (reply.status_code, reply.json()["type"]) == (412, "/problems/repairs-moved")
    nobody = {"token": shown["token"], "accept": [], "answers": {"1": "X"}}
    assert planner.post(f"{spoiled}/repairs", json=nobody).json()["type"] == "/problems/repair-not-known"
    published = spoiled.rsplit("/", 1)[0] + "/1/repairs"
    token = planner.get(published).json()["token"]
    assert planner.post(published, json={"token": token, "accept": "all"}).status_code == 409


def send(planner, address, name, content, **data):
    return planner.post(f"{address}/import", files={"file": (name, content)}, data=data)


def test_a_boundary_file_is_read_and_checked_and_a_trial_keeps_nothing(planner, address):
    beats, _ = two_squares()
    beats.loc[0, "geometry"] = square(0, 0, 1.2)
    content = json.dumps(beats.__geo_interface__)
    before = planner.get(f"{address}/zones").text
    trial = send(planner, address, "beats.geojson", content, kind="beat", dry_run="true").json()
    assert (trial["beats"], trial["cells"], trial["updated"], trial["added"], trial["refused"]) == (2, 4, 2, 0, 0)
    assert "overlap" in {fault["kind"] for fault in trial["faults"]}
    assert trial["stops"]
    assert trial["version"] == 0
    assert planner.get(f"{address}/zones").text == before
    kept = send(planner, address, "beats.geojson", content, kind="beat", version="0").json()
    assert kept["version"] == 1
    assert planner.get(f"{address}/zones").text != before
    assert send(planner, address, "beats.geojson", content, version="0").status_code == 412
    repairs = planner.get(f"{address}/repairs").json()
    assert planner.post(f"{address}/repairs", json={"token": repairs["token"], "accept": "all"}).status_code == 200
    assert planner.get(f"{address}/issues").json()["features"] == []


def test_a_row_that_is_no_zone_is_refused_alone(planner, address):
    beats, _ = two_squares()
    found = json.loads(json.dumps(beats.__geo_interface__))
    found["features"].append({"type": "Feature", "properties": {"code": "C"}, "geometry": None})
    reply = send(planner, address, "beats.geojson", json.dumps(found), kind="beat", dry_run="1").json()
    assert reply["refused"] == 1
    assert reply["rejected"][0]["reason"] == "no polygon"


@pytest.mark.parametrize(
    ("name", "content", "slug"),
    [
        ("cut.geojson", b'{"type": "FeatureCollection", "features": [{"type": "Fea', "file-cut-off"),
        ("note.geojson", b"nothing of the kind", "not-what-it-claims"),
        ("empty.gpkg", b"", "not-what-it-claims"),
        ("half.gpkg", b"SQLite format 3\0" + b"\0" * 200, "file-cut-off"),
        ("../../x.zip", b"PK\x03\x04broken", "file-cut-off"),
    ],
)
def test_a_broken_file_changes_nothing_and_says_what_to_do(planner, address, name, content, slug):
    before = planner.get(f"{address}/zones").text
    reply = send(planner, address, name, content)
    assert reply.status_code in {413, 422}, reply.text
    problem = reply.json()
    assert problem["type"] == f"/problems/{slug}", problem
    assert name.rsplit("/", 1)[-1] in problem["detail"]
    assert "gridmap-" not in problem["detail"]  # the folder it lay in here
    assert planner.get(f"{address}/zones").text == before


def test_an_archive_with_a_shapefile_is_read(planner, address, tmp_path):
    beats, _ = two_squares()
    beats.to_file(tmp_path / "beats.shp")
    with ZipFile(tmp_path / "beats.zip", "w") as archive:
        for part in tmp_path.glob("beats.*"):
            if part.suffix != ".zip":
                archive.write(part, part.name)
    reply = send(planner, address, "警格.zip", (tmp_path / "beats.zip").read_bytes(), kind="beat")
    assert reply.status_code == 200, reply.text
    assert reply.json()["updated"] == 2
    wrong = send(planner, address, "beats.zip", (tmp_path / "beats.zip").read_bytes(), mapping="code")
    assert wrong.json()["type"] == "/problems/import-unclear"
