"""Keep the last few lists of gaps: sorting, paging and downloading one of them look for nothing again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from gridmap.services.coverage.limits import Limits
from gridmap.services.coverage.look import Coverage, look
from gridmap.store.data_version import KINDS, data_version

#: How long a list is of now.
FRESH: Final = timedelta(minutes=5)
#: How long it stands while nothing but disputes take their steps: where fifty officers work there is one each second.
STEPS: Final = timedelta(seconds=60)
#: What throws a list away at once.
WATCHED: Final = tuple(sorted(KINDS - {"dispute"}))
#: Lists kept; one of 25,000 doors takes a few megabytes.
MOST: Final = 8

Key = tuple[str, str, Limits, bool]


class Shelf:
    """Lists of gaps of now, by station, data and limits; used longest ago goes first. Safe among threads."""

    def __init__(self, most: int = MOST, fresh: timedelta = FRESH, steps: timedelta = STEPS) -> None:
        self._most, self._fresh, self._steps = most, fresh, steps
        self._kept: OrderedDict[Key, tuple[str, Coverage]] = OrderedDict()
        self._lock = threading.Lock()

    def look(self, session: Session, station: str, limits: Limits, *, disputes: bool) -> Coverage:
        """Return every gap of a station as `look` does, from the shelf if its data are unchanged and it is fresh.

        A step of a dispute is told a minute later at the latest, everything else at once.
        The caller has made sure that the reader may read the station; the list says `at` which moment it is of.
        """
        now = datetime.now(UTC)
        key = (station, data_version(session, station, *WATCHED), limits, disputes)
        stepped = data_version(session, station, "dispute")
        with self._lock:
            then, found = self._kept.get(key, ("", None))
            if found is not None and now - found.at < (self._fresh if then == stepped else self._steps):
                self._kept.move_to_end(key)
                return found
        found = look(session, station, now, limits=limits, disputes=disputes)
        with self._lock:
            self._kept[key] = (stepped, found)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found
