"""Personal data are kept while somebody may need them, and a set time longer; then they are deleted, and counted.

Who the parties of a dispute were (with the prints that tell whether two are one), how to reach a reporter and a reporter's
pictures go first; the papers of a mediation, which bind the parties, later. What happened, where and when stays: it names
nobody.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from gridmap.store import audit, retention
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import enter_scope
from gridmap.store.scan_source import stations as all_stations

#: Rows of one kind deleted in one transaction.
AT_ONCE: Final = 200
BY: Final = "gridmap"
NEVER: Final = threading.Event()


def purge(
    sessions: sessionmaker[Session],
    now: datetime,
    *,
    contacts_days: int,
    papers_days: int,
    stop: threading.Event = NEVER,
    dry_run: bool = False,
    by: str = BY,
) -> Counter[str]:
    """Delete what is over for long, station by station, and return how many "parties", "contacts", "photos", "papers".

    Several workers may do it at once; one that is stopped goes on the next time. The audit has a row for each batch.

    Parameters
    ----------
    contacts_days
        How long after its end the personal data of a dispute or a report are kept [days]; 0: for good.
    papers_days
        The same of the papers of a mediation.
    dry_run
        Count, and delete nothing.
    """
    limits = {
        what: now - timedelta(days=days)
        for what in retention.WHAT
        if (days := papers_days if what == "papers" else contacts_days) > 0
    }
    with named_errors(), sessions.begin() as session:
        found = all_stations(session)
    done: Counter[str] = Counter()
    for station in found:
        while not stop.is_set():
            batch = _count(sessions, station, limits) if dry_run else _delete(sessions, station, limits, by)
            done += batch
            if dry_run or all(number < AT_ONCE for number in batch.values()):
                break
    return done


def _count(sessions: sessionmaker[Session], station: str, limits: dict[str, datetime]) -> Counter[str]:
    with named_errors(), sessions.begin() as session:
        enter_scope(session, [station])
        return Counter({what: retention.count(session, station, what, before) for what, before in limits.items()})


def _delete(sessions: sessionmaker[Session], station: str, limits: dict[str, datetime], by: str) -> Counter[str]:
    """Delete one batch of each kind and put it on record, in one transaction."""
    with named_errors(), sessions.begin() as session:
        enter_scope(session, [station])
        gone = Counter({
            what: retention.delete(session, station, what, before, limit=AT_ONCE) for what, before in limits.items()
        })  # fmt: skip
        kept = {what: number for what, number in gone.items() if number}
        if kept:
            audit.write(session, [station], by=by, action="purge", thing="personal data", after=kept)
    return gone
