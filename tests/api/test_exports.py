"""Editions leave as files, to those who may see them, under names a browser can save."""

from __future__ import annotations

import io
import zipfile

import pytest

from gridmap.store.writing import FORMATS
from tests.served import OWN

E = f"/api/v1/stations/{OWN}/editions"


@pytest.mark.parametrize("kind", list(FORMATS))
def test_each_format_comes_as_a_file_with_its_name_and_length(two_stations, as_role, kind, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    reply = as_role("officer").get(f"{E}/current/export?format={kind}")
    assert reply.status_code == 200
    assert reply.headers["content-type"].split(";")[0] == FORMATS[kind].media_type.split(";")[0]
    assert reply.headers["content-disposition"].endswith(FORMATS[kind].ending)
    assert int(reply.headers["content-length"]) == len(reply.content) > 100
    assert list(tmp_path.iterdir()) == []  # nothing stays on the disk
    if kind == "shp":
        assert "beats.shp" in zipfile.ZipFile(io.BytesIO(reply.content)).namelist()


def test_a_draft_leaves_only_with_those_who_may_read_drafts(two_stations, as_role):
    draft = two_stations[OWN].draft
    assert as_role("planner").get(f"{E}/{draft}/export?format=csv").status_code == 200
    assert as_role("officer").get(f"{E}/{draft}/export?format=csv").status_code == 404


def test_a_format_that_is_none_is_refused(two_stations, as_role):
    assert as_role("planner").get(f"{E}/1/export?format=dwg").status_code == 422


def test_who_was_responsible_is_told_for_a_day(two_stations, as_role):
    plate = two_stations[OWN].plate
    url = f"/api/v1/stations/{OWN}/doors/{plate}/responsible"
    told = as_role("officer").get(url).json()
    assert (told["edition"], told["beat"]["code"], told["recorded"], told["plate"]) == (1, "A", True, plate)
    assert [person["role"] for person in told["people"]] == ["officer", "duty_desk"]
    by_id = as_role("officer").get(f"/api/v1/stations/{OWN}/doors/{told['address_id']}/responsible").json()
    assert by_id["beat"] == told["beat"]
    early = as_role("officer").get(f"{url}?at=2001-01-01")
    assert (early.status_code, early.json()["type"]) == (404, "/problems/nothing-in-force")
    assert as_role("officer").get(f"{url}?at=tomorrow").status_code == 422
    assert as_role("grid_member").get(url).status_code == 403
