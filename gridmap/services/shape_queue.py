"""Editions whose shapes a tile missed: the request notes them, the service's clock makes them."""

from __future__ import annotations

import threading
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from gridmap.services import shapes
from gridmap.store.driver_errors import Busy, DatabaseAway, named_errors
from gridmap.store.engine import enter_scope

_missed: Final[WeakKeyDictionary[Engine, dict[int, str]]] = WeakKeyDictionary()
_failed: Final[WeakKeyDictionary[Engine, set[int]]] = WeakKeyDictionary()
_guard = threading.Lock()


def ask(session: Session, station: str, edition_id: int) -> None:
    """Note that the shapes of an edition are missed; not again in this process where making them failed."""
    engine = session.get_bind().engine
    with _guard:
        if edition_id not in _failed.get(engine, ()):
            _missed.setdefault(engine, {})[edition_id] = station


def make_next(asked: Engine, sessions: sessionmaker[Session]) -> tuple[str, int, int] | None:
    """Make the shapes of one edition that was missed; return its station, its id and its zones, None where none was.

    Parameters
    ----------
    asked
        The engine of the requests.
    sessions
        What opens the transaction; it may have an engine of its own.

    Raises
    ------
    Exception
        Whatever went wrong. The edition is then left alone: its tiles stay dearer, and right.
    """
    with _guard:
        waiting = _missed.get(asked)
        if not waiting:
            return None
        edition_id, station = waiting.popitem()
    try:
        with named_errors(), sessions.begin() as session:
            enter_scope(session, [station])
            return station, edition_id, shapes.fill(session, edition_id)
    except (DatabaseAway, Busy):  # the next tile asks again
        raise
    except BaseException:
        with _guard:
            _failed.setdefault(asked, set()).add(edition_id)
        raise
