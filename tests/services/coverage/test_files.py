"""Gaps as files: what a map and a spreadsheet get."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

from sqlalchemy import text

from gridmap.services import coverage
from tests import makers


def test_a_map_gets_plain_geojson(session, told):
    session.execute(text("DELETE FROM posting WHERE beat = 'B'"))
    makers.make_door(session, 0.3, 0.3)
    content = json.loads(coverage.as_geojson(told().gaps, {"station": "S001"}))
    assert (content["type"], content["station"], len(content["features"])) == ("FeatureCollection", "S001", 2)
    plate, beat = (one["properties"] for one in content["features"])
    assert (plate["since"], plate["residents"], plate["area_m2"]) == (None, None, None)
    assert (beat["since"], beat["detail"]["beats"]) == ("2025-01-01T00:00:00+00:00", ["B"])


def test_a_spreadsheet_gets_text_it_does_not_run(session, told):
    session.execute(text("DELETE FROM posting WHERE beat = 'B'"))
    makers.make_person(session, "=1+1", beat="B", until=date(2026, 3, 1))
    raw = coverage.as_csv(told().gaps)
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [(row["kind"], row["code"], row["who"], row["beats"]) for row in rows] == [
        ("posting_ended", "B", "'=1+1", "B")
    ]
    assert 112.9 < float(rows[0]["lon"]) < 113
    empty = coverage.as_csv(told(kinds=["overlap"]).gaps).decode("utf-8-sig")
    assert empty.startswith("kind,group,code")
    assert json.loads(coverage.as_geojson(told(kinds=["overlap"]).gaps))["features"] == []
