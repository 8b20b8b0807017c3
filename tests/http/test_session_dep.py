"""One transaction a request: committed before the reply, undone by an error, in the scope of who asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Action, Actor
from gridmap.errors import Conflict
from gridmap.http import session_dep
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.store.tables import Incident, Person
from tests import makers
from tests.served import FOREIGN, OWN


@pytest.fixture
def routes(app: FastAPI) -> FastAPI:
    """Return the application with routes that write, fail and look."""

    def write(session: SessionDep, code: str, fail: str = "") -> None:
        session.add(Person(station=OWN, code=code, name="x"))
        if fail == "own":
            raise Conflict("no")
        if fail == "bug":
            session.flush()
            raise ZeroDivisionError

    def seen(session: SessionDep, _actor: Annotated[Actor, Depends(allowed(Action.READ_ZONES))]) -> list[str]:
        return sorted(session.scalars(select(Incident.station)))

    def role(session: SessionDep) -> str:
        return str(session.scalar(text("SELECT current_user")))

    def slow(session: SessionDep) -> None:
        session.execute(text("SELECT pg_sleep(0.5)"))

    app.post("/api/write")(write)
    for path, endpoint in (("/api/seen", seen), ("/api/role", role), ("/api/slow", slow)):
        app.get(path)(endpoint)
    return app


@pytest.fixture
def stations(sessions):
    with sessions.begin() as session:
        for code in (OWN, FOREIGN):
            makers.make_station(session, code)
            makers.make_incident(session, 0.5, 0.5, datetime(2025, 1, 1, tzinfo=UTC), station=code)


def people(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        return sorted(session.scalars(select(Person.code)))


def test_what_a_request_wrote_is_there_when_its_reply_is(routes, stations, as_role, sessions):
    assert as_role("officer").post("/api/write?code=a").status_code == 200
    assert people(sessions) == ["a"]


@pytest.mark.parametrize(("fail", "status"), [("own", 409), ("bug", 500)])
def test_an_error_undoes_the_whole_request(routes, stations, as_role, sessions, fail, status):
    assert as_role("officer").post(f"/api/write?code=a&fail={fail}").status_code == status
    assert people(sessions) == []


def test_what_fails_only_at_the_commit_is_told_before_the_reply(routes, stations, as_role, sessions):
    officer = as_role("officer")
    assert officer.post("/api/write?code=a").status_code == 200
    reply = officer.post("/api/write?code=a")  # a unique key, found by the flush of the commit
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/already-there")


def test_the_service_acts_as_its_own_role(routes, client):
    assert client.get("/api/role").json() == "gridmap_app"


def test_mixed_requests_over_few_connections_never_see_a_foreign_row(routes, stations, as_role, client):
    clients = {
        (OWN,): as_role("officer", (OWN,)),
        (FOREIGN,): as_role("officer", (FOREIGN,)),
        (OWN, FOREIGN): as_role("commander", (OWN, FOREIGN)),
        (): as_role("officer", ()),
    }
    asked = [*clients] * 40
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda scope: clients[scope].get("/api/seen"), asked))
    for scope, reply in zip(asked, replies, strict=True):
        assert reply.json() == sorted(scope)
    assert client.get("/api/seen").status_code == 401


def test_more_requests_than_connections_wait_their_turn(routes, client, monkeypatch):
    monkeypatch.setattr(session_dep, "SEAT_WAIT", 20.0)
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: client.get("/api/slow").status_code, range(16)))
    assert replies == [200] * 16


def test_who_waits_too_long_for_a_connection_is_told_to_come_back(routes, client, monkeypatch):
    monkeypatch.setattr(session_dep, "SEAT_WAIT", 0.1)
    with ThreadPoolExecutor(24) as pool:
        replies = list(pool.map(lambda _: client.get("/api/slow"), range(24)))
    told = {reply.status_code for reply in replies}
    assert told == {200, 503}
    assert all("retry-after" in reply.headers for reply in replies if reply.status_code == 503)


def test_ending_a_session_is_felt_by_the_next_request(routes, stations, as_role, sessions):
    officer = as_role("officer")
    assert officer.get("/api/seen").status_code == 200
    with sessions.begin() as session:
        session.execute(text("UPDATE account SET active = false"))
    assert officer.get("/api/seen").status_code == 401


def test_a_changed_scope_is_felt_by_the_next_request(routes, stations, as_role, sessions):
    officer = as_role("officer")
    with sessions.begin() as session:
        session.execute(text(f"UPDATE account_station SET station = '{FOREIGN}'"))
    assert officer.get("/api/seen").json() == [FOREIGN]
