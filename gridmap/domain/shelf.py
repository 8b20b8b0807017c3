"""A bounded store of answers that were worked out once: quick to read, safe between threads."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Shelf(Generic[_Key, _Value]):
    """Keeps what was asked for lately: between `limit` and twice as many entries.

    Two generations stand in for a list in order of use, so that reading moves nothing and takes no lock: when the young
    one is full it becomes the old one, and the old one is let go; what is read from the old one becomes young again.

    Parameters
    ----------
    limit
        Entries of one generation, at least 1.
    """

    __slots__ = ("_limit", "_lock", "_old", "_young")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._young: dict[_Key, _Value] = {}
        self._old: dict[_Key, _Value] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: _Key) -> _Value | None:
        """Return what is kept under `key`, or None."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: _Key, value: _Value) -> None:
        """Keep `value`, which is not None, under `key`."""
        with self._lock:
            if len(self._young) >= self._limit:
                self._old, self._young = self._young, {}
            self._young[key] = value
