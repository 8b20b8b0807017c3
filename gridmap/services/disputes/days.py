"""Keep the counts of days: what changed since is counted anew in the background, so that figures need not."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from gridmap.store import dispute_days
from gridmap.store.driver_errors import TooSlow, named_errors
from gridmap.store.engine import enter_scope

#: Days of one station counted in one transaction: a tenth of a second at the largest.
AT_ONCE: Final = 20
NEVER: Final = threading.Event()


def keep_days(sessions: sessionmaker[Session], *, stop: threading.Event = NEVER) -> Counter[str]:
    """Count the days anew on which something changed, station by station; return how many of each.

    Asked every few seconds it finds few. Several workers may do it at once: a station is left to the first. Figures are right
    also where nobody does it: they count the days that are due themselves, which takes longer.

    Raises
    ------
    DatabaseAway
        What is due stays due.
    """
    with named_errors(), sessions.begin() as session:
        found = dispute_days.due_stations(session)
    kept: Counter[str] = Counter()
    for station in found:
        try:
            while not stop.is_set() and (number := _some(sessions, station)):
                kept[station] += number
        except TooSlow:
            continue  # the others' turn comes all the same
    return kept


def _some(sessions: sessionmaker[Session], station: str) -> int:
    with named_errors(), sessions.begin() as session:
        enter_scope(session, [station])
        return dispute_days.keep(session, station, at_most=AT_ONCE)


def recount(session: Session, stations: list[str]) -> int:
    """Count every day of stations anew, after rows were loaded past the triggers; return how many days; the owner's."""
    return sum(dispute_days.recount(session, station) for station in stations)
