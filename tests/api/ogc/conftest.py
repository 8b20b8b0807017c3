"""Two made-up towns of one database, filled once; the tests here read only (what they look at is on record)."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import argon2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from geoalchemy2 import WKBElement
from sqlalchemy import insert
from sqlalchemy.orm import Session, sessionmaker

from gridmap.app import create_app
from gridmap.domain.access import Role
from gridmap.services import accounts, editions
from gridmap.settings import Settings
from gridmap.store import accounts as store
from gridmap.store.engine import APP_ROLE, make_engine, make_sessions
from gridmap.store.tables import Incident, IncidentCategory, Place
from tests import makers
from tests.houses import filled_by
from tests.scanned import own_folder
from tests.served import FOREIGN, NO_HASH, OWN, SECRET, signed
from tests.serving import serving_app

BEATS, INCIDENTS = 10, 600
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
LOGIN, PASSWORD = "desktop", "correct-horse-battery"


@pytest.fixture(scope="session")
def town_url(server_url: str, template_database: str) -> Iterator[str]:
    """Return the URL of a database with S001 (10 beats, 40 cells, 600 incidents) and S002, its smaller like."""

    def fill(session: Session) -> None:
        for code, name in (("noise", "扰民"), ("theft", "盗窃")):
            session.add(IncidentCategory(code=code, name_zh=name, name_en=code, is_dispute=code == "noise"))
        session.flush()
        _fill(session, OWN, "", INCIDENTS)
        _fill(session, FOREIGN, "F", 5)

    for url, _ in filled_by(server_url, template_database, fill):
        yield url


@pytest.fixture
def database_url(town_url: str) -> str:
    """Return the one database of all tests here."""
    return town_url


@pytest.fixture(scope="session")
def app_sessions(town_url: str) -> Iterator[sessionmaker[Session]]:
    """Return the service's session factory, one for all tests here."""
    engine = make_engine(town_url, role=APP_ROLE, statement_timeout_ms=20_000)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def app(app_sessions: sessionmaker[Session]) -> FastAPI:
    """Return the application as the service runs it, one for all tests here: they change nothing."""
    return create_app(
        Settings(secret=SECRET, secure_cookies=True, log_level="error", database_url=None, scan=own_folder()),
        app_sessions,
    )


@pytest.fixture(scope="session")
def as_role(app: FastAPI, town_url: str) -> Iterator[Callable[..., TestClient]]:
    """Return the function that gives a client logged in as a role; the same one for the same role and scope."""
    engine = make_engine(town_url)
    there: dict[tuple[str, tuple[str, ...], str], TestClient] = {}

    def log_in(role: Role | str, stations: tuple[str, ...] = (OWN,), *, login: str = "") -> TestClient:
        key = (str(role), stations, login)
        if key not in there:
            token = secrets.token_urlsafe(16)
            with make_sessions(engine).begin() as session:
                account = store.add(
                    session,
                    login=login or f"{role}-{secrets.token_hex(4)}",
                    display_name="x",
                    role=Role(role),
                    password_hash=NO_HASH,
                    stations=stations,
                )
                store.add_log_in(session, account, accounts.token_hash(token), timedelta(hours=1))
            there[key] = TestClient(app, base_url="https://gridmap.test", follow_redirects=False)
            there[key].cookies.set("__Host-gridmap", signed({"token": token}))
        return there[key]

    yield log_in
    engine.dispose()


@dataclass
class Overheard:
    """The application, with what it was asked; gives those who cannot log in the name and password of `wearing`."""

    app: Any
    asked: list[str] = field(default_factory=list)
    wearing: bytes | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.asked.append(f"{scope['path']}?{scope['query_string'].decode()}")
            if self.wearing is not None and not any(name == b"authorization" for name, _ in scope["headers"]):
                scope = {**scope, "headers": [*scope["headers"], (b"authorization", self.wearing)]}
        await self.app(scope, receive, send)


@dataclass(frozen=True)
class Served:
    """A server on this machine: its address, and what it overhears."""

    url: str
    overheard: Overheard


@pytest.fixture(scope="session")
def served(app: FastAPI, town_url: str) -> Iterator[Served]:
    """Return the service on a free port, with the log-in `desktop` of a commander of S001."""
    engine = make_engine(town_url)
    dear, accounts.HASHER = accounts.HASHER, argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with make_sessions(engine).begin() as session:
        accounts.add(
            session, login=LOGIN, display_name="台", role=Role.COMMANDER, password=PASSWORD, stations=(OWN,), by="test"
        )
    engine.dispose()
    overheard = Overheard(app)
    with serving_app(overheard) as origin:
        yield Served(f"{origin}/ogc", overheard)
    accounts.HASHER = dear


@pytest.fixture
def overheard(served: Served) -> Iterator[Overheard]:
    """Return what the server is asked from now on; nobody wears a log-in."""
    served.overheard.asked.clear()
    served.overheard.wearing = None
    yield served.overheard
    served.overheard.wearing = None


def header(login: str = LOGIN, password: str = PASSWORD) -> str:
    """Return the Authorization header of a log-in."""
    return f"Basic {b64encode(f'{login}:{password}'.encode()).decode()}"


def _fill(session: Session, station: str, prefix: str, incidents: int) -> None:
    makers.make_station(session, station, width=BEATS)
    codes = [f"{prefix}B{n}" for n in range(BEATS)]
    beats = makers.zones({code: makers.square(n, 0) for n, code in enumerate(codes)})
    quarters = {
        f"{code}-{row}{column}": makers.square(n + column / 2, row / 2, 0.5, 0.5)
        for n, code in enumerate(codes)
        for row in (0, 1)
        for column in (0, 1)
    }
    cells = makers.zones(quarters, beat=[code.split("-")[0] for code in quarters])
    first = makers.make_draft(session, station, beats=beats, cells=cells)
    for n in range(12):
        makers.make_door(session, n * 0.8 + 0.1, 0.3, station=station, code=f"{prefix}D{n}")
    makers.make_person(session, f"officer of {station}", station=station, beat=codes[0])
    makers.make_facility(session, "school", 0.5, 0.5, station=station, code=f"{prefix}F1")
    village = makers.wkb(makers.square(0, 0, 3))
    session.add(Place(station=station, code=f"{prefix}V1", kind="village", name_zh="三仙里", name_en="", geom=village))
    session.add(Place(station=station, code=f"{prefix}T1", kind="town", name_zh="成功镇", name_en="", geom=village))
    rows = [
        {
            "station": station, "number": f"{prefix}N{n:05}", "category": ("noise", "theft")[n % 2],
            "at": FIRST + timedelta(hours=12 * n), "source": "call",
            "geom": WKBElement(makers.wkb(makers.spot(0.05 + n % 97 / 10, 0.05 + n % 89 / 100)).data, srid=4326),
        }
        for n in range(incidents)
    ]  # fmt: skip
    session.execute(insert(Incident), rows)
    editions.publish(session, station, first.number, by="test")
    draft = editions.open_draft(session, station, by="test")
    assert draft.number == 2
