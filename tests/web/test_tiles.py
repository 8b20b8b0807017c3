"""Tiles over HTTP: compressed, private, and not sent again to whoever holds them."""

from __future__ import annotations

import gzip
import time

import pytest

from gridmap.domain.access import Role
from gridmap.store import editions, shapes

YEAR = "since=2020-01-01&until=2030-01-01"
WORLD = f"/tiles/S001/incidents/0/0/0.mvt?{YEAR}"
BEATS = "/tiles/S001/beats/12/3332/1611.mvt"


@pytest.fixture
def officer(held, as_role):
    return as_role(Role.OFFICER)


def test_a_tile_is_sent_compressed_and_once(officer):
    first = officer.get(WORLD)
    assert first.status_code == 200
    assert first.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["cache-control"] == "private, no-cache"
    assert b"incidents" in first.content
    again = officer.get(WORLD, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = officer.get(f"{WORLD}&hours=3-4", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


def test_who_takes_no_gzip_gets_none(officer):
    plain = officer.get(BEATS, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == officer.get(BEATS).content
    assert not plain.content.startswith(gzip.compress(b"")[:2])


def test_an_edition_that_is_named_is_fresh_for_a_day_and_the_one_in_force_is_asked_for(officer):
    assert officer.get(f"{BEATS}?edition=1").headers["cache-control"] == "private, max-age=86400"
    assert officer.get(BEATS).headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(("path", "status"), [
    ("/tiles/S001/roads/0/0/0.mvt", 422), ("/tiles/S001/beats/0/1/0.mvt", 404), ("/tiles/S001/beats/a/0/0.mvt", 422),
    ("/tiles/S001/beats/99/0/0.mvt", 404), ("/tiles/S001/beats/0/0/0.mvt?edition=0", 422),
    ("/tiles/S001/beats/0/0/0.mvt?edition=2", 404), ("/tiles/S009/beats/0/0/0.mvt", 404),
    ("/tiles/S001/incidents/0/0/0.mvt?hours=25-26", 422), ("/tiles/S001/incidents/0/0/0.mvt?since=2025-01-02&until=2025-01-01", 422),
])  # fmt: skip
def test_what_cannot_be_is_refused(officer, path, status):
    assert officer.get(path).status_code == status


def test_the_clock_makes_the_shapes_a_tile_missed(app, held, as_role, sessions):
    app.state.publish_every_s = 0.05
    officer = as_role(Role.OFFICER)
    first = officer.get(BEATS).headers["etag"]
    waited = time.monotonic() + 60
    with sessions() as session:
        edition = editions.in_force(session, "S001")
        while not shapes.has(session, edition.id):
            assert time.monotonic() < waited, "no shapes after 60 s"
            session.rollback()
            time.sleep(0.05)
    assert officer.get(BEATS).headers["etag"] != first
