"""Analyses by name over HTTP: answers, not sent twice, as files, and only of one's own ground."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pytest

from gridmap.services.analyses import ANALYSES
from tests import makers
from tests.served import FOREIGN, OWN

PATH = f"/api/v1/stations/{OWN}/analyses"
JUNE = {"since": "2025-06-01", "until": "2025-06-30"}
#: What thirty days cannot answer; each says so by name.
TOO_SHORT = {"emerging": "too-short", "back_test": "forecast-horizon"}


@pytest.fixture
def busy(two_stations, sessions):
    """Give S001 forty incidents in June 2025, half in beat A and half in B, ten in the cell A1."""
    with sessions.begin() as session:
        for n in range(40):
            at = datetime(2025, 6, 1, tzinfo=UTC) + timedelta(hours=15 * n)
            makers.make_incident(session, 0.11 + 0.045 * n, 0.25 + 0.5 * (n % 2), at, category="theft")


@pytest.mark.parametrize("name", list(ANALYSES))
def test_every_analysis_answers_or_says_why_not(busy, as_role, name):
    reply = as_role("officer").get(f"{PATH}/{name}", params=JUNE)
    if name in TOO_SHORT:
        assert (reply.status_code, reply.json()["type"]) == (422, f"/problems/{TOO_SHORT[name]}")
        return
    assert reply.status_code == 200, reply.text
    told = reply.json()
    assert (told["analysis"], told["station"], told["synthetic"]) == (name, OWN, True)
    assert (told["since"], told["until"], told["events"]) == ("2025-06-01", "2025-06-30", 41)
    assert set(told) >= {"facts", "tables", "cells", "view", "origin", "version"}


@pytest.mark.parametrize("name", list(ANALYSES))
def test_every_analysis_of_a_station_without_incidents_then_is_no_fault_of_the_service(busy, as_role, name):
    reply = as_role("officer").get(f"{PATH}/{name}", params={"since": "2001-01-01", "until": "2001-01-31"})
    assert reply.status_code in {200, 422}, reply.text
    assert reply.headers["content-type"].startswith("application/")


def test_who_holds_an_answer_is_not_sent_it_again_until_the_data_change(busy, as_role, sessions):
    officer = as_role("officer")
    first = officer.get(f"{PATH}/rates", params=JUNE)
    held = {"if-none-match": first.headers["etag"]}
    again = officer.get(f"{PATH}/rates", params=JUNE, headers=held)
    assert (again.status_code, again.content) == (304, b"")
    assert officer.get(f"{PATH}/rates", params={**JUNE, "size": 500}, headers=held).status_code == 200
    with sessions.begin() as session:
        makers.make_incident(session, 0.5, 0.5, datetime(2025, 6, 5, 3, tzinfo=UTC))
    fresh = officer.get(f"{PATH}/rates", params=JUNE, headers=held)
    assert (fresh.status_code, fresh.json()["events"]) == (200, 42)
    assert fresh.headers["cache-control"] == "private, no-cache"


def test_an_answer_comes_small_to_who_can_read_it_so(busy, as_role):
    officer = as_role("officer")
    plain = officer.get(f"{PATH}/when", params=JUNE, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with officer.stream("GET", f"{PATH}/when", params=JUNE, headers={"accept-encoding": "gzip"}) as reply:
        raw = b"".join(reply.iter_raw())
        assert reply.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in reply.headers["vary"]
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 3


@pytest.mark.parametrize("form", ["geojson", "gpkg"])
def test_a_gis_opens_the_file(busy, as_role, tmp_path, form):
    reply = as_role("officer").get(f"{PATH}/rates", params={**JUNE, "shape": "beat", "format": form})
    assert reply.headers["content-disposition"] == f'attachment; filename="{OWN}-rates-2025-06-01-2025-06-30.{form}"'
    path = tmp_path / f"layer.{form}"
    path.write_bytes(reply.content)
    frame = gpd.read_file(path).set_index("code")
    assert frame.crs.to_epsg() == 4326
    assert frame["count"].sum() == 41
    assert frame.geometry["A"].covers(makers.spot(0.5, 0.5))


def test_a_spreadsheet_opens_the_file(busy, as_role):
    reply = as_role("officer").get(f"{PATH}/rates", params={**JUNE, "shape": "beat", "format": "csv"})
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert {"lon", "lat", "count"} <= set(rows[0])
    assert all(112 < float(row["lon"]) < 113 for row in rows)


def test_what_has_no_features_is_no_layer(busy, as_role):
    reply = as_role("officer").get(f"{PATH}/when", params={**JUNE, "format": "gpkg"})
    assert (reply.status_code, reply.json()["type"]) == (404, "/problems/no-layer")
    assert as_role("officer").get(f"{PATH}/when", params={**JUNE, "format": "csv"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", "250"), ("size", "0"), ("shape", "triangle"), ("per", "horse"), ("bandwidth", "nan"), ("bandwidth", "9"),
        ("weekday", "8"), ("tier", "0"), ("since", "yesterday"), ("hours", "six"), ("format", "xlsx"), ("ahead", "decade"),
        ("against", "them"), ("distance", "0"), ("days", "0"), ("origin", "stars"),
    ],
)  # fmt: skip
def test_a_parameter_that_is_out_of_range_is_named(two_stations, as_role, name, value):
    reply = as_role("officer").get(f"{PATH}/rates", params={**JUNE, name: value})
    assert reply.status_code == 422
    assert name in reply.text


@pytest.mark.parametrize(
    ("params", "slug"),
    [
        ({"since": "2025-06-30", "until": "2025-06-01"}, "period-wrong"),
        ({"since": "0001-01-01"}, "period-wrong"),
        ({"until": "9999-12-31"}, "period-wrong"),
        ({"hours": "25-3"}, "hours-wrong"),
        ({"zone": "Z9"}, "no-ground"),
        ({"shape": "village"}, "no-such-zones"),
    ],
)
def test_a_view_that_means_nothing_is_told_by_name(busy, as_role, params, slug):
    reply = as_role("officer").get(f"{PATH}/rates", params={**JUNE, **params})
    assert (reply.status_code, reply.json()["type"]) == (422, f"/problems/{slug}")
    assert len(reply.json()["detail"]) > 20


def test_an_unknown_analysis_is_told_with_those_there_are(two_stations, as_role):
    reply = as_role("officer").get(f"{PATH}/horoscope")
    assert (reply.status_code, reply.json()["type"]) == (404, "/problems/analysis-not-found")
    assert "hotspots" in reply.json()["detail"]


def test_a_foreign_station_is_not_there(two_stations, as_role):
    path = f"/api/v1/stations/{FOREIGN}/analyses/rates"
    assert as_role("officer").get(path, params=JUNE).status_code == 404
    assert as_role("officer", (OWN, FOREIGN)).get(path, params=JUNE).json()["events"] == 1


def test_nobody_unknown_is_answered(two_stations, client):
    assert client.get(f"{PATH}/rates", params=JUNE, headers={"accept": "application/json"}).status_code == 401


def test_a_grid_member_sees_their_own_cells_and_nothing_beyond(busy, as_role, sessions):
    member, officer = as_role("grid_member"), as_role("officer")  # posted to A1
    params = {**JUNE, "shape": "grid_cell"}
    own, all_ = (one.get(f"{PATH}/rates", params=params).json() for one in (member, officer))
    assert [one["properties"]["code"] for one in own["cells"]["features"]] == ["A1"]
    assert {one["properties"]["code"] for one in all_["cells"]["features"]} == {"A1", "A2", "B1", "B2"}
    assert 0 < own["events"] < all_["events"]
    for name in ("hotspots", "density", "change", "when", "series", "scan", "repeat_places"):
        assert member.get(f"{PATH}/{name}", params=JUNE).json()["events"] == own["events"], name
    west = gpd.GeoDataFrame.from_features(
        member.get(f"{PATH}/rates", params={**JUNE, "size": 100}).json()["cells"]["features"]
    )
    assert west.total_bounds[2] < makers.spot(1.2, 0).x
    assert member.get(f"{PATH}/rates", params={**JUNE, "zone": "B"}).json()["type"] == "/problems/no-ground"


def test_a_grid_member_is_told_no_address(busy, as_role, sessions):
    with sessions.begin() as session:
        door = makers.make_door(session, 0.4, 0.3)
        for day in (2, 9, 16):
            makers.make_incident(session, 0.4, 0.3, datetime(2025, 6, day, tzinfo=UTC)).address_id = door.id
    told = [
        as_role(role).get(f"{PATH}/repeat_places", params=JUNE).json()["tables"]["places"]
        for role in ("grid_member", "officer")
    ]
    assert [one["full"] for one in told[0]] == [""]
    assert [one["full"] for one in told[1]] == ["试验路D0.4-0.3号"]


@pytest.mark.parametrize("name", list(ANALYSES))
def test_three_centuries_are_a_period_too(busy, as_role, name):
    reply = as_role("officer").get(f"{PATH}/{name}", params={"since": "1900-01-01", "until": "2199-12-31"})
    assert reply.status_code in {200, 422}, reply.text
