"""Name and password in the header: for `/ogc` alone, checked like a log-in, remembered no longer than they are right."""

from __future__ import annotations

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from gridmap.domain.access import Role
from gridmap.http.basic import Verified
from gridmap.http.limits import Buckets
from gridmap.services import accounts
from gridmap.store.tables import Audit
from tests import makers
from tests.served import OWN

LOGIN, PASSWORD = "wang", "correct horse battery"
PATH = "/ogc/collections"


def header(login: str = LOGIN, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{login}:{password}'.encode()).decode()}"}


@pytest.fixture(autouse=True)
def checked(sessions, monkeypatch):
    """Add an officer, with the cheapest hash there is, and count how often a password is checked."""
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "HASHER", hasher)
    with sessions.begin() as session:
        makers.make_station(session, OWN)
        accounts.add(
            session, login=LOGIN, password=PASSWORD, display_name="王", role=Role.OFFICER, stations=(OWN,), by="test"
        )
    tries: list[str] = []
    really = accounts._verify

    def count(password_hash: str, password: str) -> bool:
        tries.append(password)
        return really(password_hash, password)

    monkeypatch.setattr(accounts, "_verify", count)
    return tries


def test_the_right_pair_is_let_in_and_checked_once(client, checked, sessions):
    for _ in range(5):
        assert client.get(PATH, headers=header()).status_code == 200
    assert client.get(PATH, headers=header(login=" WANG ")).status_code == 200
    assert len(checked) == 1
    assert "set-cookie" not in client.get(PATH, headers=header()).headers
    with sessions() as session:
        looks = session.execute(select(Audit.by, Audit.after).where(Audit.action == "log in")).all()
    assert [tuple(row) for row in looks] == [(LOGIN, {"via": "basic"})]


def test_nobody_is_asked_for_a_name_and_password(client):
    reply = client.get(PATH, headers={"Accept": "text/html"})
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == 'Basic realm="gridmap", charset="UTF-8"'
    assert reply.headers["content-type"] == "application/problem+json"
    assert "www-authenticate" not in client.get(f"/api/v1/stations/{OWN}").headers


def test_what_is_no_pair_is_401(client, checked):
    for told in (
        "Basic",
        "Basic !!!",
        "Bearer x",
        "Basic " + "A" * 2000,
        "Basic /w==",
        "Basic d2FuZw==",
        "Basic AABhOng=",
    ):
        assert client.get(PATH, headers={"Authorization": told}).status_code == 401, told
    assert checked == []


def test_a_wrong_pair_is_401_and_told_alike(client, checked):
    pairs = [("wang", "wrong horse battery"), ("nobody", PASSWORD), ("", ""), ("wang", "")]
    for pair in pairs:
        reply = client.get(PATH, headers=header(*pair))
        assert (reply.status_code, reply.json()["detail"]) == (401, "the login or the password is wrong")
    assert len(checked) == len(pairs)  # a login that does not exist takes as long


def test_a_log_in_whose_request_failed_is_checked_and_recorded_again(client, checked, sessions):
    assert client.get(f"{PATH}/nothing", headers=header()).status_code == 404
    assert client.get(PATH, headers=header()).status_code == 200
    assert len(checked) == 2
    with sessions() as session:
        assert len(session.execute(select(Audit.id).where(Audit.action == "log in")).all()) == 1


def test_the_pair_opens_nothing_but_ogc(client):
    for path in (f"/api/v1/stations/{OWN}", "/api/v1/session", "/map"):
        assert client.get(path, headers=header()).status_code == 401


def test_over_http_the_pair_is_refused_unread(app, checked):
    with TestClient(app, base_url="http://gridmap.test") as plain:
        reply = plain.get(PATH, headers=header())
        assert (reply.status_code, reply.json()["type"]) == (403, "/problems/password-in-the-open")
        assert checked == []
    with TestClient(app, base_url="http://localhost:8000") as here:
        assert here.get(PATH, headers=header()).status_code == 200
    app.state.settings = app.state.settings.model_copy(update={"secure_cookies": False})
    with TestClient(app, base_url="http://gridmap.test") as plain:
        assert plain.get(PATH, headers=header()).status_code == 200


def test_ten_wrong_ones_then_one_a_minute_also_for_the_right_one(app, client):
    app.state.tries_by_login = Buckets(burst=10, every=3600)
    statuses = [client.get(PATH, headers=header(password=f"wrong {n}")).status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert "retry-after" in client.get(PATH, headers=header()).headers


def test_who_is_known_needs_no_try(app, client):
    assert client.get(PATH, headers=header()).status_code == 200
    app.state.tries_by_login = Buckets(burst=1, every=3600)
    assert [client.get(PATH, headers=header(password="x" * 12)).status_code for _ in range(2)] == [401, 429]
    assert client.get(PATH, headers=header()).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE account SET active = false",
        "UPDATE account SET password_hash = '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA'",
        "DELETE FROM account_station; DELETE FROM account",
    ],
)
def test_a_locked_account_or_another_password_is_felt_by_the_next_request(client, sessions, change):
    assert client.get(PATH, headers=header()).status_code == 200
    with sessions.begin() as session:
        session.execute(text(change))
    assert client.get(PATH, headers=header()).status_code == 401


def test_a_changed_scope_is_felt_by_the_next_request(client, sessions):
    def box() -> list[float]:
        return client.get(PATH, headers=header()).json()["collections"][0]["extent"]["spatial"]["bbox"][0]

    assert box() != [-180, -90, 180, 90]
    with sessions.begin() as session:
        session.execute(text("DELETE FROM account_station"))
    assert box() == [-180, -90, 180, 90]


def test_eight_requests_at_once_check_once(client, checked):
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: client.get(PATH, headers=header()).status_code, range(8)))
    assert replies == [200] * 8
    assert len(checked) == 1


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_pair_is_forgotten_when_it_is_not_used_and_the_oldest_when_there_are_many():
    clock = Clock()
    verified = Verified(lasts=60, most=3, clock=clock)
    mark = verified.mark("a", "b", "hash")
    verified.add(mark)
    clock.now = 59
    assert verified.holds(mark)
    clock.now = 118
    assert verified.holds(mark)
    clock.now = 179
    assert not verified.holds(mark)
    for name in "wxyz":
        verified.add(verified.mark(name, "b", "hash"))
    assert [verified.holds(verified.mark(name, "b", "hash")) for name in "wxyz"] == [False, True, True, True]


def test_a_mark_tells_login_password_and_hash_apart_and_is_of_this_process():
    verified = Verified()
    marks = {verified.mark(*parts) for parts in (("a", "b", "c"), ("ab", "", "c"), ("a", "bc", ""), ("a", "b", "d"))}
    assert len(marks) == 4
    assert Verified().mark("a", "b", "c") not in marks
