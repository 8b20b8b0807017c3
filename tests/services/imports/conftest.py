"""Imports run in the caller's transaction: these tests share one database and roll back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session, sessionmaker

from gridmap.store import databases
from gridmap.store.engine import make_engine, make_sessions


@pytest.fixture(scope="module")
def shared_sessions(server_url: str, template_database: str) -> Iterator[sessionmaker[Session]]:
    """Return the owner's session factory on a database of this module; nothing may be committed to it."""
    template = template_database.rsplit("/", 1)[-1].split("?", 1)[0]
    url = databases.create(server_url, f"gridmap_test_{uuid.uuid4().hex[:12]}", template)
    engine = make_engine(url)
    yield make_sessions(engine)
    engine.dispose()
    databases.drop(url)


@pytest.fixture
def session(shared_sessions: sessionmaker[Session]) -> Iterator[Session]:
    """Return one open session of the owner, rolled back at the end."""
    with shared_sessions() as opened:
        yield opened
        opened.rollback()
