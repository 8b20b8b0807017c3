"""One pair of ears a process for residents' reports and disputes: what happens is handed to everybody here who watches.

A thread waits for the database's notices and looks every two seconds by itself, so a notice that is lost costs two
seconds and no report. While nobody watches it has no connection.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from gridmap.errors import GridmapError
from gridmap.http.event_source import Source
from gridmap.http.limits import TooManyTries
from gridmap.store import dispute_events, report_events
from gridmap.store.dispute_events import DisputeStep
from gridmap.store.engine import enter_scope, make_sessions, own_engine
from gridmap.store.listening import Ear, listen
from gridmap.store.report_events import ReportStep

CHANNELS: Final = ("gridmap_report", "gridmap_dispute")
#: Steps that may wait for one watcher; one who is slower begins anew where they stopped.
QUEUE: Final = 200
#: Streams one person may have open in one process: a browser opens six connections to a host at most.
MOST_EACH: Final = 4
MOST_IN_ALL: Final = 2_000
#: How soon the thread sees that it is to stop [s], and how long it waits after a failure, at first and at most [s].
SLICE_S: Final = 0.5
BACK_OFF_S: Final = (0.5, 15.0)
log = structlog.stdlib.get_logger("gridmap.events")


class TooManyStreams(TooManyTries):
    """Somebody has as many streams of events open as one person may."""

    slug, title = "too-many-streams", "Too many open streams"


@dataclass(eq=False)
class Seat:
    """One who watches a station.

    From the moment `heard` is set every step comes through the queue, until it runs over: then `missed` is true.
    """

    station: str
    login: str
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[ReportStep | DisputeStep] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    missed: bool = False

    def tell(self, step: ReportStep | DisputeStep) -> None:
        """Hand over a step; runs on the watcher's own loop."""
        try:
            if not self.missed:
                self.queue.put_nowait(step)
        except asyncio.QueueFull:
            self.missed = True


class EventBus:
    """The seats of one process, and the thread that serves them."""

    def __init__(self, sessions: sessionmaker[Session], *, poll_s: float = 2.0) -> None:
        """Take the service's sessions; connections of its own are opened when somebody watches."""
        self._bind: Engine = sessions.kw["bind"]
        self._poll_s = poll_s
        self._seats: set[Seat] = set()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._sources = (Source(report_events), Source(dispute_events))

    def join(self, station: str, login: str) -> Seat:
        """Begin to watch; called on the watcher's event loop.

        Raises
        ------
        TooManyStreams
            If this person, or everybody together, has too many open.
        """
        seat = Seat(station, login, asyncio.get_running_loop())
        with self._changed:
            mine = sum(other.login == login for other in self._seats)
            if mine >= MOST_EACH or len(self._seats) >= MOST_IN_ALL:
                raise TooManyStreams(f"{mine} streams are open already; close a page first", retry_after=60)
            self._seats.add(seat)
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="gridmap-events", daemon=True)
                self._thread.start()
            self._changed.notify()
        return seat

    def leave(self, seat: Seat) -> None:
        """Watch no more."""
        with self._changed:
            self._seats.discard(seat)

    def seats(self) -> list[Seat]:
        """Return everybody who watches here now."""
        with self._changed:
            return list(self._seats)

    def close(self) -> None:
        """End the thread and its connections; streams end by themselves."""
        self._stop.set()
        with self._changed:
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(2 * SLICE_S + self._poll_s)

    @property
    def closed(self) -> bool:
        """Whether the service stops."""
        return self._stop.is_set()

    def watched(self) -> frozenset[str]:
        """Return the stations somebody here watches."""
        with self._changed:
            return frozenset(seat.station for seat in self._seats)

    def _keep(self) -> None:
        """Serve the seats until `close`; whatever fails is tried again, later and later."""
        wait = BACK_OFF_S[0]
        while not self._stop.is_set():
            with self._changed:
                while not self._seats and not self._stop.is_set():
                    self._changed.wait()
            began = time.monotonic()
            try:
                self._serve()
            except (GridmapError, SQLAlchemyError) as error:
                log.warning("events_later", kind=type(error).__name__)
            except Exception:  # nothing that happens may leave the watchers without news for good
                log.exception("events_broken")
            # Only what fails again at once is left alone for longer.
            wait = BACK_OFF_S[0] if time.monotonic() - began > BACK_OFF_S[1] else min(2 * wait, BACK_OFF_S[1])
            self._stop.wait(wait if self._seats else 0)

    def _serve(self) -> None:
        """Hand on what happens while somebody watches; returns when nobody does any more."""
        with (
            own_engine(self._bind, name="gridmap-events", pool_size=2) as engine,
            listen(engine, *CHANNELS) as ear,
        ):
            self._hand_on(ear, make_sessions(engine))

    def _hand_on(self, ear: Ear, sessions: sessionmaker[Session]) -> None:
        while not self._stop.is_set() and (stations := self.watched()):
            with sessions.begin() as session:
                enter_scope(session, stations)
                steps = [step for source in self._sources for step in source.news(session, stations)]
            now = time.monotonic()
            for step in sorted(steps, key=lambda step: step.at):
                self._tell(step)
            self._say_heard()
            while time.monotonic() - now < self._poll_s and not self._stop.is_set():
                if ear.wait(SLICE_S) or not all(source.reads(self.watched()) for source in self._sources):
                    break
                self._say_heard()

    def _say_heard(self) -> None:
        with self._changed:
            waiting = [
                seat
                for seat in self._seats
                if not seat.heard.is_set() and all(source.reads({seat.station}) for source in self._sources)
            ]
        for seat in waiting:
            self._on_its_loop(seat, seat.heard.set)

    def _tell(self, step: ReportStep | DisputeStep) -> None:
        with self._changed:
            seats = [seat for seat in self._seats if seat.station == step.station]
        for seat in seats:
            self._on_its_loop(seat, partial(seat.tell, step))

    def _on_its_loop(self, seat: Seat, do: Callable[[], None]) -> None:
        try:
            seat.loop.call_soon_threadsafe(do)
        except RuntimeError:  # its loop has ended
            self.leave(seat)
