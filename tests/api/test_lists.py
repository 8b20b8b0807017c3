"""Lists: page by page without loss or repetition, filtered, cheap, and who answers for a plate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text

from gridmap.domain.codes import new_plate_code
from gridmap.store.tables import Dispute
from tests import makers
from tests.scanned import wait_for
from tests.served import FOREIGN, OWN, WHEN

S = f"/api/v1/stations/{OWN}"
#: All that anybody may know of a plate; a new key is a decision, not an accident.
ANSWER_KEYS = {
    "plate", "status", "replaced_by", "street", "number_tail", "village", "at", "as_of", "stale", "station", "station_zh",
    "station_en", "desk_phone", "timezone", "synthetic", "languages", "edition", "published_at", "beat", "grid_cell", "people",
    "notices", "valid_until", "following",
}  # fmt: skip
PERSON_KEYS = {"rank", "role", "via", "name", "name_en", "badge", "phone", "office", "photo"}


@pytest.fixture
def many(two_stations, sessions):
    """Add 25 of everything, many at the same moment, to S001."""
    with sessions.begin() as session:
        for number in range(25):
            door = makers.make_door(session, 0.1 + number / 50, 0.1, code=f"M{number:02}")
            makers.make_plate(session, new_plate_code(), door)
            makers.make_person(session, f"person {number}", None)
            at = WHEN + timedelta(hours=number // 10)
            makers.make_incident(session, 0.01 + number / 50, 0.1, at)
            session.add(Dispute(station=OWN, number=f"M{number}", kind="noise", opened_at=at))


def walk(client: TestClient, path: str) -> list[Any]:
    """Return the keys of everything on all pages, following `next` and the Link header."""
    seen: list[Any] = []
    address: str | None = path
    while address is not None:
        reply = client.get(address)
        page = reply.json()
        items = page.get("items") or page.get("features")
        seen += [item.get("id") or item.get("code") or item.get("number") for item in items]
        address = page["next"]
        link = reply.headers.get("link")
        assert (link is None) == (address is None)
        assert address is None or link == f'<{address}>; rel="next"'
    return seen


@pytest.mark.parametrize("things", ["addresses", "plates", "people", "incidents", "disputes"])
def test_pages_together_are_the_whole_list(many, as_role, things):
    commander = as_role("commander")
    whole = walk(commander, f"{S}/{things}?limit=1000")
    assert len(whole) >= 25
    assert walk(commander, f"{S}/{things}?limit=7") == whole
    assert walk(commander, f"{S}/{things}?limit=1") == whole
    assert len(set(whole)) == len(whole)


def test_a_row_added_meanwhile_neither_hides_nor_repeats_another(many, as_role, sessions):
    officer = as_role("officer")
    first = officer.get(f"{S}/incidents?limit=5").json()
    with sessions.begin() as session:
        makers.make_incident(session, 0.9, 0.9, datetime(2026, 1, 1, tzinfo=UTC))
    rest = walk(officer, first["next"].replace("limit=5", "limit=1000"))
    assert not {one["id"] for one in first["features"]} & set(rest)
    assert len(first["features"]) + len(rest) == 26


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "after=-1", "after=x", "limit="])
def test_a_page_that_makes_no_sense_is_refused(two_stations, as_role, query):
    assert as_role("officer").get(f"{S}/incidents?{query}").status_code == 422


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("since=2025-06-01T13:00:00Z&until=2025-06-01T14:00:00Z", 10),
        ("since=2025-06-01T21:00:00%2B08:00&until=2025-06-01T22:00:00%2B08:00", 10),
        ("category=noise", 26),
        ("category=theft", 0),
        ("category=theft&category=noise", 26),
        ("bbox=112.9,35.8,112.9015,35.802", 8),
        ("bbox=-180,-90,180,90", 26),
        ("bbox=0,0,1,1", 0),
    ],
)
def test_incidents_are_picked_by_time_category_and_place(many, as_role, query, count):
    assert len(as_role("officer").get(f"{S}/incidents?limit=1000&{query}").json()["features"]) == count


@pytest.mark.parametrize(
    "query", ["bbox=1,2,3", "bbox=a,b,c,d", "bbox=nan,0,1,1", "bbox=1,1,0,0", "bbox=0,0,1,91", "bbox=1e400,0,1,1",
              "since=yesterday", "since=2025-01-01T00:00:00", "since=9999-12-31T23:59:59-23:59", "since=0001-01-01T00:00:00Z"],
)  # fmt: skip
def test_a_box_or_time_that_is_none_is_refused(two_stations, as_role, query):
    reply = as_role("officer").get(f"{S}/incidents?{query}")
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("q", "count"), [("试验路M03", 1), ("M0", 10), ("%", 0), ("_", 0), ("'; DROP TABLE address", 0)]
)
def test_addresses_are_searched_as_text_and_not_as_a_pattern(many, as_role, q, count):
    assert len(as_role("officer").get(f"{S}/addresses", params={"q": q}).json()["items"]) == count


def test_plates_tell_the_zone_they_stand_in_now(two_stations, as_role):
    (plate,) = as_role("officer").get(f"{S}/plates").json()["items"]
    assert (plate["code"], plate["beat"], plate["grid_cell"]) == (two_stations[OWN].plate, "A", "A1")


def test_issuing_plates_twice_issues_none_the_second_time(two_stations, as_role):
    planner = as_role("planner")
    assert planner.post(f"{S}/plates").json() == {"issued": 1}
    assert planner.post(f"{S}/plates").json() == {"issued": 0}
    assert {plate["beat"] for plate in planner.get(f"{S}/plates").json()["items"]} == {"A", "B"}


@pytest.mark.parametrize("station", [OWN, FOREIGN])
def test_a_stranger_learns_who_answers_and_exactly_that(two_stations, client, app, queries, station):
    plate = two_stations[station].plate
    wait_for(app, plate)
    queries.clear()
    reply = client.get(f"/api/v1/plates/{plate.lower()}")

    assert queries == []
    answer = reply.json()
    assert set(answer) == ANSWER_KEYS
    assert all(set(person) == PERSON_KEYS for person in answer["people"])
    assert (answer["station"], answer["people"][0]["name"]) == (station, f"officer of {station}")
    assert "lon" not in reply.text


def test_somebody_logged_in_learns_the_same_in_the_same_words(two_stations, client, app, as_role):
    plate = two_stations[OWN].plate
    wait_for(app, plate)
    told = [one.get(f"/api/v1/plates/{plate}").json() for one in (client, as_role("officer"))]
    for answer in told:
        del answer["at"], answer["as_of"]
    assert told[0] == told[1]


def test_nobody_tries_codes_at_will_and_right_ones_are_answered_all_the_same(two_stations, client, app, as_role):
    plate = two_stations[OWN].plate
    wait_for(app, plate)
    app.state.plate_desk.turns.every = 0.0  # what is waited is told in tests/http/test_turns.py
    told = [client.get(f"/api/v1/plates/{new_plate_code()}") for _ in range(40)]
    assert [reply.status_code for reply in told[:20]] == [404] * 20
    assert told[-1].status_code == 429
    assert int(told[-1].headers["retry-after"]) >= 1
    assert as_role("officer").get(f"/api/v1/plates/{new_plate_code()}").status_code == 429
    assert client.get(f"/api/v1/plates/{plate}").status_code == 200


def test_points_are_resolved_as_plates_are(two_stations, as_role):
    points = [
        {"id": "in A1", "lon": 112.905, "lat": 35.8025},
        {"id": 2, "lon": 112.915, "lat": 35.8075},
        {"lon": 112.91, "lat": 35.802},
        {"id": "outside", "lon": 0, "lat": 0},
    ]
    sent = as_role("officer").post(f"{S}/resolve", json={"points": points}).json()
    found = [(one["id"], one["beat"], one["grid_cell"]) for one in sent["items"]]
    assert found == [("in A1", "A", "A1"), (2, "B", "B2"), (None, "A", "A1"), ("outside", None, None)]
    assert sent["items"][2]["tie"] == ["A", "B"]
    assert sent["items"][0]["responsible"] == f"officer of {OWN}"
    past = as_role("officer").post(f"{S}/resolve", json={"points": points, "at": "2000-01-01T00:00:00Z"})
    assert past.json()["type"] == "/problems/nothing-in-force"


def test_gaps_and_hotspots_come_as_geojson(two_stations, as_role):
    officer = as_role("officer")
    gaps = officer.get(f"{S}/coverage-gaps").json()["features"]
    assert {gap["properties"]["kind"] for gap in gaps} >= {"beat_no_officer", "door_no_plate"}
    hot = officer.get(f"{S}/hotspots?since=2025-01-01T00:00:00Z&until=2026-01-01T00:00:00Z").json()
    assert (hot["events"], hot["enough"]) == (1, False)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/stations", 1), (S, 1), (f"{S}/editions", 1), (f"{S}/editions/1", 1), (f"{S}/editions/1/zones", 2),
        (f"{S}/editions/2/zones", 3), (f"{S}/places", 1), (f"{S}/addresses", 2), (f"{S}/plates", 2),
        (f"{S}/incidents?bbox=112,35,113,36", 2), (f"{S}/disputes", 3), (f"{S}/people", 2),
    ],
)  # fmt: skip
def test_a_list_costs_as_many_queries_for_a_thousand_rows_as_for_one(many, as_role, queries, path, most):
    commander = as_role("commander")
    queries.clear()
    assert commander.get(path, params={"limit": 1000} if "zones" not in path else None).status_code == 200
    assert len(queries.beyond_scope) <= most, queries
    assert len(queries) - len(queries.beyond_scope) == 2


def test_a_query_over_its_time_is_stopped_and_the_connection_serves_on(app_sessions, two_stations, as_role, sessions):
    officer = as_role("officer")
    # Shorter than any lock is waited for, as the service's own time is; the tests' is longer, for slow machines.
    event.listen(
        app_sessions.kw["bind"], "begin", lambda held: held.exec_driver_sql("SET LOCAL statement_timeout = 1000")
    )
    with sessions.begin() as session:  # another transaction holds the table for longer than a request may take
        session.execute(text("LOCK TABLE incident IN ACCESS EXCLUSIVE MODE"))
        slow = officer.get(f"{S}/incidents")
    assert (slow.status_code, slow.json()["type"]) == (503, "/problems/too-slow")
    assert officer.get(f"{S}/incidents").status_code == 200
