"""Databases of a test's or a module's own: copies of one that has been filled, dropped at the end."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import pytest
from sqlalchemy.orm import Session, sessionmaker

from gridmap.services.disputes import days
from gridmap.store import databases
from gridmap.store.engine import APP_ROLE, make_engine, make_sessions

Held = TypeVar("Held")


@dataclass(frozen=True)
class House:
    """A database, with the sessions of its owner (no row-level security) and of the service on it."""

    url: str
    owner: sessionmaker[Session]
    service: sessionmaker[Session]


def copy_of(server_url: str, filled: str) -> Iterator[str]:
    """Give the URL of a fresh copy of a database, and drop it afterwards; nobody may be connected to what is copied."""
    template = filled.rsplit("/", 1)[-1].split("?", 1)[0]
    url = databases.create(server_url, f"gridmap_test_{secrets.token_hex(6)}", template)
    try:
        yield url
    finally:
        databases.drop(url)


def filled_by(server_url: str, empty: str, fill: Callable[[Session], Held]) -> Iterator[tuple[str, Held]]:
    """Give the URL of a copy that `fill` has filled, and what it held; nobody is connected to it, so it may be copied."""
    for url in copy_of(server_url, empty):
        engine = make_engine(url)
        try:
            with make_sessions(engine).begin() as session:
                held = fill(session)
            days.keep_days(make_sessions(engine))  # as after a while of service: a running clock finds nothing to count
        finally:
            engine.dispose()
        yield url, held


@contextmanager
def house_of(server_url: str, filled: str, *, pool_size: int = 5, name: str = "gridmap") -> Iterator[House]:
    """Give a fresh copy of a database with sessions on it; at the end it is left and dropped.

    Parameters
    ----------
    pool_size, name
        Connections of the service, and what the database calls them.
    """
    for url in copy_of(server_url, filled):
        owner, service = make_engine(url), make_engine(url, role=APP_ROLE, pool_size=pool_size, name=name)
        try:
            yield House(url, make_sessions(owner), make_sessions(service))
        finally:
            owner.dispose()
            service.dispose()


@pytest.fixture(scope="module")
def shared_sessions(server_url: str, template_database: str) -> Iterator[sessionmaker[Session]]:
    """Return the owner's session factory on a database of this module; nothing may be committed to it."""
    with house_of(server_url, template_database) as house:
        yield house.owner


@pytest.fixture
def session(shared_sessions: sessionmaker[Session]) -> Iterator[Session]:
    """Return one open session of the owner, rolled back at the end."""
    with shared_sessions() as opened:
        yield opened
        opened.rollback()
