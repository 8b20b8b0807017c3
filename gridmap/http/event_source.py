"""Where one kind of step is read from: how far each station has been read, and what was told of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from gridmap.store.dispute_events import DisputeStep
from gridmap.store.event_numbers import LATE_S
from gridmap.store.report_events import ReportStep

#: Steps that are taken as told when a station is first watched.
MOST_KNOWN = 10_000


class Events(Protocol):
    """What `store.report_events` and `store.dispute_events` have in common."""

    def since(
        self, session: Session, after: Mapping[str, int], *, known: Collection[int] = ..., limit: int = ...
    ) -> Sequence[ReportStep | DisputeStep]:
        """Return the steps after an event of each station."""

    def with_late(self, session: Session, station: str, after: int) -> int:
        """Return where to begin so that nothing that committed late is missed."""

    def newest(self, session: Session, station: str) -> int:
        """Return the number of a station's newest event."""


class Source:
    """The steps of one kind, each given once, in whatever order their transactions commit."""

    def __init__(self, events: Events) -> None:
        """Take where the steps are read."""
        self._events = events
        #: station -> event from which on it is read, and the events after that which were told.
        self._floors: dict[str, int] = {}
        self._known: dict[str, dict[int, float]] = {}

    def reads(self, stations: Collection[str]) -> bool:
        """Return whether all these stations are being read."""
        return all(station in self._floors for station in stations)

    def news(self, session: Session, stations: Collection[str]) -> list[ReportStep | DisputeStep]:
        """Return what happened in these stations since they were asked for last; nothing at first."""
        for gone in self._floors.keys() - set(stations):
            del self._floors[gone], self._known[gone]
        for station in set(stations) - self._floors.keys():
            self._begin(session, station)
        told = [number for known in self._known.values() for number in known]
        steps = list(self._events.since(session, self._floors, known=told))
        now = time.monotonic()
        for step in steps:
            self._known[step.station][step.id] = now
        self._forget(now)
        return steps

    def _begin(self, session: Session, station: str) -> None:
        """Take what is there as told: whoever watches reads it for themselves."""
        floor = self._events.with_late(session, station, self._events.newest(session, station))
        there = self._events.since(session, {station: floor}, limit=MOST_KNOWN)
        self._known[station] = dict.fromkeys((step.id for step in there), time.monotonic())
        self._floors[station] = floor

    def _forget(self, now: float) -> None:
        """Move each floor up to where no late commit can overtake it any more."""
        for station, known in self._known.items():
            old = [number for number, seen in known.items() if now - seen > LATE_S]
            self._floors[station] = max(self._floors[station], *old, 0)
            for number in old:
                del known[number]
