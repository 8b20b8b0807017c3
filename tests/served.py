"""Fixtures of the running application: two stations that are alike, and clients logged in as anybody."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import itsdangerous
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker
from starlette.routing import BaseRoute, Route

from gridmap.app import create_app
from gridmap.domain.access import Role
from gridmap.domain.codes import new_plate_code
from gridmap.http.csrf import HEADER
from gridmap.services import editions
from gridmap.services.accounts import token_hash
from gridmap.settings import Settings
from gridmap.store import accounts
from gridmap.store.tables import Dispute, Station
from tests import makers
from tests.houses import filled_by
from tests.proposed import make_proposal
from tests.queries import queries

__all__ = ["app", "as_role", "client", "filled_template", "queries", "two_stations"]

OWN, FOREIGN = "S001", "S002"
SECRET = "a secret of thirty-two characters or more"
#: As the table wants it; nobody logs in with it.
NO_HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA"
WHEN = datetime(2025, 6, 1, 12, tzinfo=UTC)
#: The day the dispute is due: far off, so that the service's clock leaves it as the tests know it.
FAR = datetime(2100, 1, 1, tzinfo=UTC)
#: The routers of the first application of this process, with all that FastAPI has found out about their routes.
KNOWN_ROUTERS: list[BaseRoute] = []


@dataclass(frozen=True)
class Standing:
    """What each of the two stations holds."""

    published: int
    draft: int
    plate: str


@pytest.fixture(scope="session")
def filled_template(server_url: str, template_database: str) -> Iterator[tuple[str, dict[str, Standing]]]:
    """Return a database to copy, in which S001 and S002 are filled alike, and what they hold.

    Each has edition 1 in force, draft 2, a door with a plate and one without, people, an incident and a dispute.
    """
    yield from filled_by(
        server_url,
        template_database,
        lambda session: {station: _fill(session, station, prefix) for station, prefix in ((OWN, ""), (FOREIGN, "F"))},
    )


@pytest.fixture
def two_stations(filled_template: tuple[str, dict[str, Standing]]) -> dict[str, Standing]:
    """Return what S001 and S002 hold; the test's own database must be a copy of `filled_template`."""
    return filled_template[1]


def _fill(session: Session, station: str, prefix: str) -> Standing:
    makers.make_station(session, station)
    beats, cells = makers.two_squares(prefix)
    first = makers.make_draft(session, station, beats=beats, cells=cells)
    door = makers.make_door(session, 0.5, 0.25, station=station)
    makers.make_door(session, 1.5, 0.75, station=station)
    plate = makers.make_plate(session, new_plate_code(), door)
    makers.make_person(session, f"officer of {station}", station=station, beat=f"{prefix}A")
    incident = makers.make_incident(session, 0.5, 0.5, WHEN, station=station)
    place = makers.wkb(makers.spot(0.5, 0.5))
    facts = {
        "number": "D1",
        "kind": "noise",
        "opened_at": WHEN,
        "incident_id": incident.id,
        "geom": place,
        "due_at": FAR,
    }
    session.add(Dispute(station=station, **facts))
    editions.publish(session, station, first.number, by="test")
    draft = editions.open_draft(session, station, by="test")
    make_proposal(session, station, prefix)
    return Standing(first.number, draft.number, plate.code)


def make_app(settings: Settings, sessions: sessionmaker[Session]) -> FastAPI:
    """Return the application with the routers of the first one: they are alike, and to read them again takes 0.3 s."""
    app = create_app(settings, sessions)
    routers = [route for route in app.router.routes if not isinstance(route, Route)]
    if not KNOWN_ROUTERS:
        KNOWN_ROUTERS.extend(routers)
    assert [_shape(router) for router in routers] == [_shape(router) for router in KNOWN_ROUTERS]
    app.router.routes[:] = [*(route for route in app.router.routes if isinstance(route, Route)), *KNOWN_ROUTERS]
    return app


def _shape(router: BaseRoute) -> tuple[int, object]:
    """Return what tells whether two applications have included the same router in the same way."""
    included = router.include_context  # type: ignore[attr-defined]
    return id(router.original_router), (included.prefix, included.include_in_schema)  # type: ignore[attr-defined]


@pytest.fixture
def app(app_sessions: sessionmaker[Session], tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Return the application as the service runs it: on connections under row-level security, with a snapshot of its own."""
    settings = Settings(
        secret=SECRET,
        secure_cookies=True,
        log_level="error",
        database_url=None,
        scan=tmp_path_factory.mktemp("service") / "scan",
    )
    return make_app(settings, app_sessions)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Return a client of somebody who is not logged in."""
    with TestClient(app, base_url="https://gridmap.test", follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def as_role(app: FastAPI, sessions: sessionmaker[Session]) -> Iterator[Callable[..., TestClient]]:
    """Return the function that gives a client logged in as a role, with a scope of S001 where none is given."""
    with ExitStack() as stack:

        def log_in(role: Role | str, stations: tuple[str, ...] = (OWN,), **extra: str) -> TestClient:
            token, csrf = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
            with sessions.begin() as session:
                for station in stations:
                    if session.get(Station, station) is None:
                        makers.make_station(session, station)
                login = extra.get("login", f"{role}-{secrets.token_hex(3)}")
                person = None
                if Role(role) is Role.GRID_MEMBER and stations:  # who is posted to no cell may see none
                    person = makers.make_person(session, login, "grid_member", station=stations[0], cell="A1").id
                account = accounts.add(
                    session, login=login, display_name=login, role=Role(role), password_hash=NO_HASH, stations=stations,
                    person_id=person,
                )  # fmt: skip
                accounts.add_log_in(session, account, token_hash(token), timedelta(hours=1))
            opened = TestClient(app, base_url="https://gridmap.test", follow_redirects=False)
            opened.cookies.set("__Host-gridmap", signed({"token": token, "csrf": csrf}))
            opened.headers[HEADER] = csrf
            return stack.enter_context(opened)

        yield log_in


def signed(session: dict[str, str]) -> str:
    """Return the cookie that holds `session`, as the service signs it."""
    return itsdangerous.TimestampSigner(SECRET).sign(b64encode(json.dumps(session).encode())).decode()
