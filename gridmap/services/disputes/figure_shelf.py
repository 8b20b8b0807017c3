"""Keep figures in memory for a minute: a page of a city that ten commanders open at nine o'clock is counted once."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

#: How long figures are of now [s]; the page says of which minute they are.
FRESH: Final = 60.0
#: Answers kept; a station's takes a hundred kilobytes.
MOST: Final = 128
#: How long somebody waits for another who counts the same [s]; then they count themselves.
PATIENCE: Final = 10.0
_T = TypeVar("_T")


@dataclass(slots=True)
class _Entry:
    done: threading.Event = field(default_factory=threading.Event)
    at: float = 0.0
    value: Any = None


class FigureShelf:
    """Answers by question; who asks what is being counted waits for it. Safe among threads.

    The caller has made sure that the reader may read the answer, and the question says of which stations it is.
    """

    def __init__(self, fresh: float = FRESH, most: int = MOST, patience: float = PATIENCE) -> None:
        self._fresh, self._most, self._patience = fresh, most, patience
        self._kept: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, question: Hashable, make: Callable[[], _T]) -> _T:
        """Return the kept answer to a question, else what `make` returns; an error of `make` is kept for nobody."""
        entry, mine = self._take(question)
        if not mine:
            if entry.done.wait(self._patience) and entry.at:
                found: _T = entry.value
                return found
            return make()
        try:
            entry.value = value = make()
            entry.at = time.monotonic()
        except BaseException:
            with self._lock:
                if self._kept.get(question) is entry:
                    del self._kept[question]
            raise
        finally:
            entry.done.set()
        return value

    def _take(self, question: Hashable) -> tuple[_Entry, bool]:
        """Return the entry of a question, and whether whoever asks has to fill it."""
        with self._lock:
            entry = self._kept.get(question)
            if entry is not None and not (entry.done.is_set() and time.monotonic() - entry.at >= self._fresh):
                return entry, False
            entry = self._kept[question] = _Entry()
            self._kept.move_to_end(question)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return entry, True
