"""Two stations filled alike, a key at each, one service: the tests of a module share them and file their own requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.api.open311.door import Turns
from gridmap.http.limits import Buckets
from gridmap.services import open311_keys
from gridmap.settings import Settings
from gridmap.store.engine import APP_ROLE, make_engine, make_sessions
from tests.houses import copy_of
from tests.scanned import own_folder
from tests.served import FOREIGN, OWN, SECRET, Standing, filled_template, make_app

__all__ = ["filled_template"]
BASE = "/open311/v2"
#: In the middle of cell A1 of S001.
INSIDE = {"lat": "35.8025", "long": "112.905"}


@dataclass
class Served:
    """The service, the owner's sessions, and the keys: two of S001, one of S002."""

    client: TestClient
    sessions: sessionmaker[Session]
    key: str
    other: str
    foreign: str

    def get(self, path: str, **params: Any) -> Any:
        """Return what stands at a path below the base URL."""
        return self.client.get(f"{BASE}/{path}", params=params)

    def file(self, fmt: str = "json", headers: dict[str, str] | None = None, **fields: Any) -> Any:
        """File a request at S001 with its key; `fields` come on top."""
        whole = {
            "jurisdiction_id": OWN, "api_key": self.key, "service_code": "neighbours", **INSIDE, "description": "晚上很吵",
            **fields,
        }  # fmt: skip
        sent = {name: value for name, value in whole.items() if value is not None}
        return self.client.post(f"{BASE}/requests.{fmt}", data=sent, headers=headers)

    def filed(self, **fields: Any) -> str:
        """File a request and return its number."""
        reply = self.file(**fields)
        assert reply.status_code == 201, reply.text
        number: str = reply.json()[0]["service_request_id"]
        return number

    def sql(self, query: str, **facts: Any) -> list[Any]:
        """Return the rows of a query, as the owner."""
        with self.sessions.begin() as session:
            return list(session.execute(text(query), facts))

    def sql_do(self, query: str, **facts: Any) -> None:
        """Do something in the database, as the owner."""
        with self.sessions.begin() as session:
            session.execute(text(query), facts)

    def dispute(self, number: str) -> Any:
        """Return the dispute of a request."""
        return self.sql("SELECT * FROM dispute WHERE request_id = :number", number=number)[0]


def plenty() -> Turns:
    """Return turns that no test uses up."""
    return Turns(*(Buckets(burst=100_000, every=0.001) for _ in range(4)))


@pytest.fixture(scope="module")
def served(server_url: str, filled_template: tuple[str, dict[str, Standing]]) -> Iterator[Served]:
    """Return the service on a copy of the two stations."""
    for url in copy_of(server_url, filled_template[0]):
        owner, ours = make_engine(url), make_engine(url, role=APP_ROLE, statement_timeout_ms=30_000)
        sessions = make_sessions(owner)
        with sessions.begin() as session:
            keys = [open311_keys.add(session, code, "tests", by="test")[1] for code in (OWN, OWN, FOREIGN)]
        settings = Settings(secret=SECRET, secure_cookies=True, log_level="error", database_url=None, scan=own_folder())
        app = make_app(settings, make_sessions(ours))
        app.state.open311_turns = plenty()
        yield Served(TestClient(app, base_url="https://gridmap.test"), sessions, *keys)
        owner.dispose()
        ours.dispose()
