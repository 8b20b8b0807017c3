"""Who answers at a position without a plate: for anybody, in four datums, not too often."""

from __future__ import annotations

import pytest

from gridmap.geo.datum import Datum, from_wgs84
from tests import makers
from tests.served import OWN

URL = "/api/v1/locate"
HERE = makers.spot(0.5, 0.25)


def test_a_position_tells_the_zones_and_who_answers_there(two_stations, client):
    reply = client.get(URL, params={"lng": HERE.x, "lat": HERE.y})
    answer = reply.json()
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-store")
    assert (answer["beat"]["code"], answer["grid_cell"]["code"]) == ("A", "A1")
    assert answer["people"][-1]["role"] == "duty_desk"
    assert "officer" in {one["role"] for one in answer["people"]}


@pytest.mark.parametrize("datum", ["cgcs2000", "gcj02", "bd09"])
def test_a_position_in_another_datum_is_the_same_place(two_stations, client, datum):
    x, y = (HERE.x, HERE.y) if datum == "cgcs2000" else (one[0] for one in from_wgs84([HERE.x], [HERE.y], Datum(datum)))
    answer = client.get(URL, params={"lng": x, "lat": y, "datum": datum}).json()
    assert (answer["lng"], answer["lat"]) == (pytest.approx(HERE.x, abs=1e-7), pytest.approx(HERE.y, abs=1e-7))
    assert answer["beat"]["code"] == "A"


@pytest.mark.parametrize(
    ("lng", "lat", "datum", "status", "slug"),
    [("10", "10", "wgs84", 404, "no-station-there"), ("200", "10", "wgs84", 422, "request-not-valid"),
     ("nan", "10", "wgs84", 422, "request-not-valid"), ("10", "10", "itrf", 422, "request-not-valid"),
     ("10", "inf", "bd09", 422, "request-not-valid")],
)  # fmt: skip
def test_what_is_nowhere_or_no_position_is_a_problem(two_stations, client, lng, lat, datum, status, slug):
    reply = client.get(URL, params={"lng": lng, "lat": lat, "datum": datum})
    assert (reply.status_code, reply.json()["type"]) == (status, f"/problems/{slug}")


def test_nobody_maps_the_beats_by_asking(two_stations, client):
    told = [client.get(URL, params={"lng": 10, "lat": 10}).status_code for _ in range(60)]
    assert told[:30] == [404] * 30
    assert told[-1] == 429


def test_it_tells_no_more_than_a_plate_does(two_stations, client):
    answer = client.get(URL, params={"lng": HERE.x, "lat": HERE.y}).json()
    assert set(answer) == {
        "lng", "lat", "at", "as_of", "station", "station_zh", "station_en", "desk_phone", "timezone", "synthetic", "edition",
        "beat", "grid_cell", "people", "notices", "valid_until", "following",
    }  # fmt: skip
    assert answer["station"] == OWN
