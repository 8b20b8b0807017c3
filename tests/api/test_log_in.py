"""Log in and out through the API, and how often one may try."""

from __future__ import annotations

import argon2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.http.csrf import HEADER
from gridmap.http.limits import Buckets
from gridmap.services import accounts
from tests.served import OWN

PATH = "/api/v1/session"
RIGHT = {"login": "wang", "password": "correct horse battery"}
WRONG = {"login": "wang", "password": "wrong horse battery"}


@pytest.fixture(autouse=True)
def wang(sessions, monkeypatch):
    """Add an officer; hashes are the cheapest there are."""
    monkeypatch.setattr(accounts, "HASHER", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with sessions.begin() as session:
        accounts.add(
            session,
            login="wang",
            password=RIGHT["password"],
            display_name="王",
            role=Role.OFFICER,
            stations=(OWN,),
            by="test",
        )


def test_logging_in_tells_who_it_is_and_what_they_may_do(client):
    reply = client.post(PATH, json=RIGHT)

    assert reply.status_code == 201
    told = reply.json()
    assert (told["login"], told["role"], told["stations"]) == ("wang", "officer", [OWN])
    assert "read incidents" in told["actions"]
    assert "publish an edition" not in told["actions"]
    assert client.get(PATH).json()["csrf_token"] == told["csrf_token"]
    assert client.get(f"/api/v1/stations/{OWN}/incidents").status_code == 200


def test_logging_out_ends_the_session_for_a_stolen_cookie_too(app, client):
    token = client.post(PATH, json=RIGHT).json()["csrf_token"]
    stolen = client.cookies["__Host-gridmap"]
    assert client.delete(PATH, headers={HEADER: token}).status_code == 204

    with TestClient(app, base_url="https://gridmap.test", cookies={"__Host-gridmap": stolen}) as thief:
        assert thief.get(PATH).status_code == 401


def test_a_session_planted_before_logging_in_is_worth_nothing(app, client):
    """The token and the CSRF token are fresh after each log-in."""
    first = client.post(PATH, json=RIGHT).json()["csrf_token"]
    planted = client.cookies["__Host-gridmap"]
    second = client.post(PATH, json=RIGHT, headers={HEADER: first}).json()["csrf_token"]
    assert second != first
    assert client.cookies["__Host-gridmap"] != planted


def test_a_login_may_be_tried_ten_times_then_once_a_minute_whoever_tries(app):
    statuses = []
    for number in range(12):
        with TestClient(app, base_url="https://gridmap.test", client=(f"10.0.0.{number}", 1)) as somebody:
            statuses.append(somebody.post(PATH, json=WRONG).status_code)
    assert statuses == [401] * 10 + [429] * 2


def test_an_address_may_try_thirty_logins(client, app):
    app.state.tries_by_address = Buckets(burst=30, every=3600)  # a slow machine must not earn tries back meanwhile
    statuses = [client.post(PATH, json={"login": f"u{n}", "password": "x"}).status_code for n in range(32)]
    assert statuses == [401] * 30 + [429] * 2


def test_the_right_password_gives_a_login_its_tries_back(app):
    for round_ in range(3):
        with TestClient(app, base_url="https://gridmap.test", client=(f"10.0.1.{round_}", 1)) as somebody:
            assert {somebody.post(PATH, json=WRONG).status_code for _ in range(9)} == {401}
            assert somebody.post(PATH, json=RIGHT).status_code == 201


def test_a_session_that_ran_out_is_nobodys(client, sessions):
    client.post(PATH, json=RIGHT)
    with sessions.begin() as session:
        session.execute(text("UPDATE log_in SET expires_at = now() - interval '1 second'"))
    reply = client.get(f"/api/v1/stations/{OWN}")
    assert (reply.status_code, reply.json()["type"]) == (401, "/problems/nobody-logged-in")


def test_an_admin_who_disables_somebody_ends_their_session_at_once(app, client, as_role):
    client.post(PATH, json=RIGHT)
    assert as_role("admin").post("/api/v1/accounts/wang/disable").status_code == 204
    assert client.get(PATH).status_code == 401
    assert client.post(PATH, json=RIGHT, headers={HEADER: "x"}).status_code in {401, 403}
