"""What disputes do by themselves: late ones go up or are reminded of, offers lapse, pauses end, none stays with nobody.

Any number of workers may run it: a dispute is locked before it is looked at, and what another has locked is left to it. A
few disputes are one transaction, so a worker that is killed leaves them as they were, and due.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.dispute_clock import (
    CLOCK,
    POOR,
    SETTLES_FOR,
    STAGE_NOTES,
    backups,
    closes_from,
    due_step,
    needed_visits,
    review_tiers,
    stages,
)
from gridmap.domain.dispute_words import Wish
from gridmap.domain.reports import URGENT_ACKNOWLEDGE
from gridmap.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from gridmap.services.disputes import acting, after_settled
from gridmap.services.disputes.acting import EVERYTHING
from gridmap.services.disputes.after_settled import BY, TAKER
from gridmap.services.disputes.days import keep_days
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_clock, dispute_rows, reports
from gridmap.store.dispute_rows import Row
from gridmap.store.driver_errors import TooSlow, named_errors
from gridmap.store.engine import enter_scope
from gridmap.store.scan_source import stations as all_stations

#: Disputes in one transaction.
AT_ONCE: Final = 10
#: The same on a report's record, where it is "role/login".
NOTED_BY: Final = f"{CLOCK}/{BY}"
#: How often a worker looks for reports nobody takes up, and for what is lost, soon due or done with [s].
REPORTS_EVERY_S: Final = 60.0
SWEEP_EVERY_S: Final = 600.0
#: A report nobody took up for so long is not told of any more.
FORGOTTEN: Final = timedelta(days=14)
#: What one dispute may run into without holding up the others.
_FAULTS: Final = (Conflict, Invalid, Forbidden, NotFound, Stale)


class DisputeClock:
    """The clock of one worker: asked every few seconds, it does what is due, counts the days that changed, and at times sweeps."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        """Take the service's sessions; one connection is used at a time."""
        self._sessions = sessions
        self._reports = self._swept = float("-inf")

    def tick(self, stop: threading.Event, now: datetime | None = None) -> Counter[str]:
        """Do what is due and return how often what was done, "failed" among it; ends soon once `stop` is set.

        Raises
        ------
        DatabaseAway
            If the database cannot be asked; what is due stays due.
        """
        at = now or datetime.now(UTC)
        done = run_due(self._sessions, at, stop=stop)
        if time.monotonic() - self._reports >= REPORTS_EVERY_S:
            self._reports = time.monotonic()
            done += tell_unanswered(self._sessions, at, stop=stop)
        if time.monotonic() - self._swept >= SWEEP_EVERY_S:
            self._swept = time.monotonic()
            done += sweep(self._sessions, at, stop=stop)
        keep_days(self._sessions, stop=stop)
        return done


def run_due(sessions: sessionmaker[Session], now: datetime, *, stop: threading.Event) -> Counter[str]:
    """Take the step that is due of every dispute whose time has come; return how many of each, and how many "failed"."""
    with named_errors(), sessions.begin() as session:
        found = dispute_clock.due_stations(session, now)
    return _each(sessions, found, dispute_clock.lock_due, _late, now, stop)


def sweep(sessions: sessionmaker[Session], now: datetime, *, stop: threading.Event) -> Counter[str]:
    """Do what has no moment of its own.

    Disputes whose holder is gone go to whoever has their tier now, and offers nobody is there to take end; what is soon due,
    or due after all, is told of; what is done with is closed.
    """
    with named_errors(), sessions.begin() as session:
        found = all_stations(session)
    done = _each(sessions, found, dispute_clock.lock_lost, _reassign, now, stop)
    done += _each(sessions, found, dispute_clock.lock_unanswerable, _lapse, now, stop)
    done += _each(sessions, found, dispute_clock.lock_soon, _warn, now, stop)
    done += _each(sessions, found, _lock_after, after_settled.remind, now, stop)
    done += _each(sessions, found, _lock_done, _shut, now, stop)
    return done


def tell_unanswered(sessions: sessionmaker[Session], now: datetime, *, stop: threading.Event) -> Counter[str]:
    """Tell who stands in, then the desk, then the commanders of reports that nobody takes up; return how many of each.

    Each is told once: the report's own record says that they were.
    """
    done: Counter[str] = Counter()
    with named_errors(), sessions.begin() as session:
        found = all_stations(session)
    for station in found:
        last = 0
        while not stop.is_set():
            with named_errors(), sessions.begin() as session:
                enter_scope(session, [station])
                rows = dispute_clock.lock_unanswered(
                    session, station, now - FORGOTTEN, now - URGENT_ACKNOWLEDGE, by=NOTED_BY, after=last, limit=AT_ONCE
                )
                for report in rows:
                    for stage in stages(report.kind, report.at, now, urgent=report.urgent):
                        if STAGE_NOTES[stage] not in report.told:
                            reports.add_event(session, station, report.id, "note", by=NOTED_BY, note=STAGE_NOTES[stage])
                            roles = backups(report.kind, urgent=report.urgent)
                            dispute_clock.tell_unanswered(session, report.id, stage, roles, now)
                            done[f"unanswered_{stage}"] += 1
            if not rows:
                break
            last = rows[-1].id
    return done


def _each(
    sessions: sessionmaker[Session],
    stations: Iterable[str],
    lock: Callable[..., list[int]],
    act: Callable[[Session, Row, datetime], str],
    now: datetime,
    stop: threading.Event,
) -> Counter[str]:
    """Do `act` with what `lock` finds in each station until it finds nothing new; one that fails holds up no other."""
    done: Counter[str] = Counter()
    for station in stations:
        try:
            done += _station(sessions, station, lock, act, now, stop)
        except (TooSlow, Conflict):
            done["failed"] += 1  # the others' turn comes all the same; what is due there stays due
    return done


def _station(
    sessions: sessionmaker[Session],
    station: str,
    lock: Callable[..., list[int]],
    act: Callable[[Session, Row, datetime], str],
    now: datetime,
    stop: threading.Event,
) -> Counter[str]:
    done: Counter[str] = Counter()
    looked_at: set[int] = set()
    while not stop.is_set():
        with named_errors(), sessions.begin() as session:
            enter_scope(session, [station])
            numbers = lock(session, station, now, skip=looked_at, limit=AT_ONCE)
            taken = Counter(_one(session, station, number, act, now) for number in numbers)
        done += taken
        # What has lapsed may be late as well: its turn comes when the clock is asked again.
        looked_at.update(numbers)
        if len(numbers) < AT_ONCE:
            break
    return done


def _one(
    session: Session, station: str, number: int, act: Callable[[Session, Row, datetime], str], now: datetime
) -> str:
    try:
        with named_errors(), session.begin_nested():
            row = dispute_rows.get(session, station, number, EVERYTHING, lock=True)
            return "failed" if row is None else act(session, row, now)
    except _FAULTS:
        return "failed"


def _late(session: Session, row: Row, now: datetime) -> str:
    step = due_step(loop_of(session, row.station), row.standing, now)
    if step is None:
        return "failed"
    acting.take(session, row, Wish(step), TAKER, by=BY, now=now, facts={"why": "due"})
    return step


def _reassign(session: Session, row: Row, now: datetime) -> str:
    """Give a dispute to whoever holds its tier now, the desk where that is nobody who may; an offer of who left ends first."""
    if row.standing.state == "handed":
        ended = acting.take(session, row, Wish("lapsed"), TAKER, by=BY, now=now, facts={"why": "lost"})
        row = replace(row, version=ended.version, standing=ended.standing)
    to = after_settled.holder_now(session, loop_of(session, row.station), row, now)
    acting.take(session, row, Wish("reassigned", to=to), TAKER, by=BY, now=now, facts={"why": "lost"})
    return "reassigned"


def _lapse(session: Session, row: Row, now: datetime) -> str:
    """End an offer that nobody is there to take: it is told to who gave it, and theirs."""
    acting.take(session, row, Wish("lapsed"), TAKER, by=BY, now=now, facts={"why": "lost"})
    return "lapsed"


def _warn(session: Session, row: Row, now: datetime) -> str:
    acting.take(session, row, Wish("warned"), TAKER, by=BY, now=now, facts={"why": "soon"})
    return "warned"


def _lock_after(session: Session, station: str, now: datetime, *, skip: Collection[int], limit: int) -> list[int]:
    """Return disputes that were settled and whose review or follow-up visit is due."""
    tiers = review_tiers(loop_of(session, station))
    return dispute_clock.lock_due_after(session, station, now, review_tiers=tiers, skip=skip, limit=limit)


def _lock_done(session: Session, station: str, now: datetime, *, skip: Collection[int], limit: int) -> list[int]:
    """Return disputes that were settled a day ago or more and need no further visit before they may be closed."""
    loop = loop_of(session, station)
    states = closes_from(loop)
    if not states:
        return []
    return dispute_clock.lock_settled(
        session,
        station,
        now - SETTLES_FOR,
        states,
        needed_visits(loop),
        review_tiers=review_tiers(loop),
        poor=POOR,
        skip=skip,
        limit=limit,
    )


def _shut(session: Session, row: Row, now: datetime) -> str:
    acting.take(session, row, Wish("closed"), TAKER, by=BY, now=now, facts={"why": "done"})
    return "closed"
