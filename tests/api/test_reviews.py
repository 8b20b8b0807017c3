"""The review through the API: two people, a comment, a schedule, and the ground that changes hands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gridmap.services import editions, reviews
from gridmap.store import editions as store
from tests import makers
from tests.served import OWN


@pytest.fixture
def url(two_stations):
    return f"/api/v1/stations/{OWN}/editions/{two_stations[OWN].draft}"


@pytest.fixture
def planner(as_role):
    return as_role("planner", login="ann")


@pytest.fixture
def commander(as_role):
    return as_role("commander", login="bob")


def test_two_people_bring_a_draft_to_its_time(url, planner, commander, sessions):
    with sessions.begin() as session:
        reviews.set_two_person(session, OWN, wanted=True, by="test")
    assert planner.post(url + "/publish", json={}).json()["type"] == "/problems/needs-second-person"
    handed = planner.post(url + "/hand-in").json()
    assert (handed["status"], handed["submitted_by"]) == ("in_review", "ann")
    own = planner.post(url + "/approve", json={})
    assert (own.status_code, own.json()["type"]) == (409, "/problems/needs-second-person")

    stale = commander.post(url + "/approve", json={"submitted_at": "2025-01-01T00:00:00Z"})
    assert stale.json()["type"] == "/problems/handed-in-again"
    done = commander.post(url + "/approve", json={"submitted_at": handed["submitted_at"]}).json()
    assert (done["status"], done["approved_by"]) == ("approved", "bob")

    at = datetime.now(UTC) + timedelta(days=2)
    set_ = commander.post(url + "/schedule", json={"at": at.isoformat(), "accept": ["spike"]}).json()
    assert datetime.fromisoformat(set_["publish_at"]) == at
    assert set_["publish_accept"] == ["spike"]
    assert commander.delete(url + "/schedule").json()["publish_at"] is None
    back = commander.post(url + "/give-back", json={"reason": "the market"}).json()
    assert (back["status"], back["submitted_by"]) == ("draft", None)


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"at": "2025-01-01T00:00:00Z"}, "time-not-possible"),
        ({"at": "2199-01-01T00:00:00Z"}, "time-not-possible"),
        ({"at": "2025-01-01T00:00:00"}, "request-not-valid"),
        ({"at": "TOMORROW", "accept": ["gap"]}, "fault-not-acceptable"),
    ],
)
def test_a_time_that_cannot_be_is_refused_by_name(url, planner, commander, body, slug):
    planner.post(url + "/hand-in")
    commander.post(url + "/approve", json={})
    if body["at"] == "TOMORROW":
        body = {**body, "at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    reply = commander.post(url + "/schedule", json=body)
    assert (reply.status_code, reply.json()["type"]) == (422, f"/problems/{slug}")


def test_an_edition_in_review_or_approved_is_hidden_like_a_draft(url, planner, commander, as_role):
    officer = as_role("officer")
    for step in ("/hand-in", "/approve"):
        (planner if step == "/hand-in" else commander).post(url + step, json={} if step == "/approve" else None)
        assert officer.get(url).status_code == 404
        assert officer.get(url + "/zones").status_code == 404
        listed = [one["status"] for one in officer.get(url.rpartition("/")[0]).json()["items"]]
        assert set(listed) == {"published"}


def test_comments_are_pinned_answered_resolved_and_paged(url, planner, commander):
    first = commander.post(url + "/comments", json={"text": "here", "lon": 112.905, "lat": 35.805}).json()
    assert (first["lon"], first["lat"], first["by"]) == (112.905, 35.805, "bob")
    answer = planner.post(url + "/comments", json={"text": "done", "reply_to": first["id"]}).json()
    assert answer["reply_to"] == first["id"]
    resolved = planner.post(f"{url}/comments/{answer['id']}/resolve", json={}).json()
    assert (resolved["id"], resolved["resolved_by"]) == (first["id"], "ann")
    opened = planner.post(f"{url}/comments/{first['id']}/resolve", json={"resolved": False}).json()
    assert opened["resolved_at"] is None

    page = commander.get(url + "/comments", params={"limit": 1}).json()
    assert [one["id"] for one in page["items"]] == [first["id"]]
    assert [one["id"] for one in commander.get(page["next"]).json()["items"]] == [answer["id"]]


@pytest.mark.parametrize("body", [{"text": ""}, {"text": "x", "lon": 1.0}, {"text": "x", "lon": 200, "lat": 0}, {}])
def test_a_comment_without_words_or_with_half_a_place_is_refused(url, planner, body):
    assert planner.post(url + "/comments", json=body).status_code == 422


def test_an_auditor_reads_and_says_nothing(url, as_role):
    auditor = as_role("auditor")
    assert auditor.get(url + "/comments").json() == {"next": None, "items": []}
    assert auditor.post(url + "/comments", json={"text": "x"}).status_code == 403


def test_the_ground_that_changes_hands_is_geojson_with_its_doors(url, planner, sessions, two_stations):
    with sessions.begin() as session:
        beats = makers.zones({"A": makers.square(0, 0, 0.4), "B": makers.square(0.4, 0, 1.6)})
        draft = store.find(session, OWN, two_stations[OWN].draft)
        editions.put_zones(session, draft, beats, makers.two_squares()[1].iloc[:0])
    told = planner.get(url + "/changes-since/1/ground").json()
    assert (told["before"], told["after"]) == (1, two_stations[OWN].draft)
    (piece,) = told["features"]
    assert piece["geometry"]["type"] == "Polygon"
    facts = piece["properties"]
    assert (facts["from_code"], facts["to_code"], facts["doors"]) == ("A", "B", 1)
    assert facts["area_m2"] > 500_000
    assert planner.get(url + "/changes-since/77/ground").status_code == 404
