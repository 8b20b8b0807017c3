"""Wait for what the database tells (LISTEN/NOTIFY): a hint that comes at once, never a promise.

A notice is lost with the connection and behind a pooler in transaction mode, so whoever waits here polls as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from gridmap.store.driver_errors import named_errors


class Ear:
    """A connection that listens."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection

    def wait(self, seconds: float) -> list[str]:
        """Return what was told within `seconds`, at once when something is; empty where nothing was.

        Raises
        ------
        DatabaseAway
            If the connection is gone.
        """
        with named_errors():
            return [notice.payload for notice in self._connection.notifies(timeout=seconds, stop_after=1)]


@contextmanager
def listen(engine: Engine, *channels: str) -> Iterator[Ear]:
    """Open a connection of its own that listens on `channels`, and close it at the end.

    Raises
    ------
    DatabaseAway
        If there is no database.
    """
    with named_errors():
        pooled = engine.raw_connection()
    try:
        connection = pooled.driver_connection
        assert isinstance(connection, psycopg.Connection)  # noqa: S101 -- the only driver there is
        with named_errors():
            connection.autocommit = True
            for channel in channels:
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield Ear(connection)
    finally:
        pooled.invalidate()  # nobody else gets a connection that listens
