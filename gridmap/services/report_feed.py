"""Who may watch a station's reports and disputes, and what of them: asked again and again while somebody watches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.dispute_words import Holder
from gridmap.services import accounts
from gridmap.services.disputes.rules import sight_of
from gridmap.store import dispute_events, report_events
from gridmap.store.dispute_events import DisputeStep
from gridmap.store.dispute_rows import Sight
from gridmap.store.event_numbers import LATE_S
from gridmap.store.postings import cells_of
from gridmap.store.report_events import ReportStep

Step = ReportStep | DisputeStep
KINDS: Final = ("report", "dispute")
#: Numbers of events; those of disputes begin with a d.
POSITION: Final = re.compile(r"(d?)([0-9]{1,18})", re.ASCII)
#: The highest number an event can have.
LAST: Final = 2**31 - 1
NOTHING: Final = Sight(whole=False)


@dataclass(frozen=True, slots=True)
class Begin:
    """From where on a reader is told: after these events, or of what happens from now on."""

    report: int | None = None
    dispute: int | None = None


NOW: Final = Begin()


@dataclass(frozen=True, slots=True)
class Watcher:
    """Somebody who watches a station: its reports, all or those of their own grid cells, and the disputes in their sight."""

    actor: Actor
    cells: frozenset[str] | None
    sight: Sight = NOTHING
    kinds: tuple[str, ...] = KINDS

    def told(self, step: Step) -> tuple[str, str, dict[str, Any]] | None:
        """Return a step as (id, event, data), None where it is not this person's to know."""
        if isinstance(step, ReportStep):
            seen = "report" in self.kinds and (self.cells is None or step.grid_cell in self.cells)
            return (str(step.id), "report", _report(step)) if seen else None
        if "dispute" not in self.kinds:
            return None
        content = {"id": step.id, "dispute": step.dispute, "what": step.what, "at": step.at}
        if self._sees(step, step.holder, step.offered):
            told = content | _dispute(step) | {"mine": self._is(step.holder), "offered": self._is(step.offered)}
            return f"d{step.id}", "dispute", told
        # Whoever could see it up to now is told that it is gone from their list, and nothing else.
        return (
            (f"d{step.id}", "dispute", content | {"gone": True})
            if self._sees(step, step.was, step.was_offered) or step.declined in self.sight.bodies
            else None
        )

    def _sees(self, step: DisputeStep, holder: Holder, offered: Holder) -> bool:
        """Return what `dispute_rows.SEEN` says of the dispute as it stood with these."""
        sight = self.sight
        return (
            sight.whole
            or self._is(holder)
            or self._is(offered)
            or step.grid_cell in sight.cells
            or (step.opened_by == sight.login and bool(sight.login))
            or not set(sight.bodies).isdisjoint(step.asked)
        )

    def _is(self, holder: Holder) -> bool:
        """Return whether it is this person, or a body of theirs."""
        person = holder.person is not None and holder.person == self.sight.person
        return person or holder.body in self.sight.bodies


def _report(step: ReportStep) -> dict[str, Any]:
    return {
        "report": step.report, "what": step.what, "at": step.at, "kind": step.kind, "state": step.state, "held": step.held,
        "urgent": step.urgent, "beat": step.beat, "grid_cell": step.grid_cell,
    }  # fmt: skip


def _dispute(step: DisputeStep) -> dict[str, Any]:
    return {
        "number": step.number, "state": step.state, "tier": step.tier, "matter": step.matter, "kind": step.kind,
        "beat": step.beat, "grid_cell": step.grid_cell, "due_at": step.due_at,
    }  # fmt: skip


def own_cells(session: Session, actor: Actor, station: str) -> frozenset[str] | None:
    """Return the grid cells whose reports `actor` may see, None for the whole station; one query at most."""
    if actor.may(Action.READ_INCIDENTS):
        return None
    if actor.person_id is None or not actor.may(Action.READ_REPORTS):
        return frozenset()
    return frozenset(cells_of(session, station, actor.person_id, datetime.now(UTC)))


def watcher_of(session: Session, actor: Actor, station: str, kinds: tuple[str, ...] = KINDS) -> Watcher:
    """Return `actor` as somebody who watches `station`; three queries at most.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    code = require_station(require_action(actor, Action.USE_DESK), station)
    return Watcher(actor, own_cells(session, actor, code), sight_of(session, actor, code), kinds)


def watcher(session: Session, token: str | None, station: str, kinds: tuple[str, ...] = KINDS) -> Watcher:
    """Return who holds a log-in as somebody who watches `station`, and let the transaction see their stations.

    Raises
    ------
    NobodyLoggedIn, RoleMayNot, StationNotInScope
        If the log-in has ended, or their role or scope does not include it (any more).
    """
    actor = require_action(None if token is None else accounts.who(session, token), Action.USE_DESK)
    return watcher_of(session, actor, station, kinds)


def position(said: str | None) -> Begin | None:
    """Return where the id of an event is, None where it is none of ours.

    >>> position("123"), position("d456"), position("d-1"), position("\N{SUPERSCRIPT TWO}")
    (Begin(report=123, dispute=None), Begin(report=None, dispute=456), None, None)
    """
    found = None if said is None else POSITION.fullmatch(said)
    if found is None:
        return None
    number = min(int(found[2]), LAST)
    return Begin(dispute=number) if found[1] else Begin(report=number)


def resumed(session: Session, station: str, begin: Begin) -> Begin:
    """Return where a reader goes on who was told of one event last: after it, and after what was of the other kind before.

    Each id is of one kind, so where the other was is known by the moment; some may be told again. Two queries.
    """
    if begin.report is not None:
        at = report_events.moment(session, station, begin.report)
        other = None if at is None else dispute_events.before(session, station, at - timedelta(seconds=LATE_S))
        return Begin(begin.report, other)
    if begin.dispute is not None:
        at = dispute_events.moment(session, station, begin.dispute)
        other = None if at is None else report_events.before(session, station, at - timedelta(seconds=LATE_S))
        return Begin(other, begin.dispute)
    return begin


def missed(session: Session, station: str, begin: Begin, *, limit: int = 500) -> list[Step]:
    """Return the steps since events, oldest first; some from shortly before them may come again.

    A watcher that was away for longer than `limit` steps of a kind sees the oldest of them and reads the list anew.
    """
    found: list[Step] = []
    if begin.report is not None:
        floor = report_events.with_late(session, station, begin.report)
        found += report_events.since(session, {station: floor}, limit=limit)
    if begin.dispute is not None:
        floor = dispute_events.with_late(session, station, begin.dispute)
        found += dispute_events.since(session, {station: floor}, limit=limit)
    return sorted(found, key=lambda step: step.at)


def newest(session: Session, station: str) -> int:
    """Return the number of a station's newest event of reports: where somebody who reads the list now begins to watch."""
    return report_events.newest(session, station)
