"""Compressed tiles kept in memory, within a limit of bytes; many who ask for the same tile at once share one making.

A key names everything a tile depends on, the version of the data among it, so that nothing kept can be out of date: a
commit makes new keys, and the old ones are pushed out as those used longest ago.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

#: Bytes of tiles kept by one process; a city of 70,000 cells has some 20 MB of them at the zooms people use.
LIMIT: Final = 64 << 20
#: What an entry costs beside its bytes.
OVERHEAD: Final = 400


class Shelf:
    """Bytes by key; `limit` bytes of them at most, the longest unused go first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.size = 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._making: dict[Hashable, Future[bytes]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what is kept for `key`, what another thread is making for it just now, or what `make` returns.

        What `make` raises is raised to everybody who waits for it, and nothing is kept.
        """
        with self._lock:
            if (found := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return found
            making = self._making.get(key)
            mine = making is None
            if making is None:
                making = self._making[key] = Future()
        if not mine:
            return making.result()
        try:
            body = make()
        except BaseException as error:
            with self._lock:
                del self._making[key]
            making.set_exception(error)
            raise
        with self._lock:
            self._keep(key, body)
            del self._making[key]
        making.set_result(body)
        return body

    def _keep(self, key: Hashable, body: bytes) -> None:
        self._kept[key] = body
        self.size += len(body) + OVERHEAD
        while self.size > self.limit:
            self.size -= len(self._kept.popitem(last=False)[1]) + OVERHEAD


_shelves: WeakKeyDictionary[Engine, Shelf] = WeakKeyDictionary()
_guard = threading.Lock()


def shelf_of(session: Session) -> Shelf:
    """Return the shelf of the database of `session`, the same for the whole process."""
    with _guard:
        return _shelves.setdefault(session.get_bind().engine, Shelf())
