"""Who may watch a station's reports, and what of it: asked again and again while somebody watches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.services import accounts
from gridmap.store import report_events
from gridmap.store.postings import cells_of
from gridmap.store.report_events import ReportStep


@dataclass(frozen=True, slots=True)
class Watcher:
    """Somebody who watches a station's reports: all of them, or those of their own grid cells."""

    actor: Actor
    cells: frozenset[str] | None

    def sees(self, step: ReportStep) -> bool:
        """Return whether a step is this person's to know."""
        return self.cells is None or step.grid_cell in self.cells


def own_cells(session: Session, actor: Actor, station: str) -> frozenset[str] | None:
    """Return the grid cells whose reports `actor` may see, None for the whole station; one query at most."""
    if actor.may(Action.READ_INCIDENTS):
        return None
    if actor.person_id is None:
        return frozenset()
    return frozenset(cells_of(session, station, actor.person_id, datetime.now(UTC)))


def watcher(session: Session, token: str | None, station: str) -> Watcher:
    """Return who holds a log-in as somebody who watches `station`, and let the transaction see their stations.

    Raises
    ------
    NobodyLoggedIn, RoleMayNot, StationNotInScope
        If the log-in has ended, or their role or scope does not include it (any more).
    """
    actor = require_action(None if token is None else accounts.who(session, token), Action.READ_REPORTS)
    code = require_station(actor, station)
    return Watcher(actor, own_cells(session, actor, code))


def missed(session: Session, station: str, after: int, *, limit: int = 500) -> list[ReportStep]:
    """Return the steps since event `after`, oldest first; some from shortly before it may come again.

    A watcher that was away for longer than `limit` steps sees the oldest of them and reads the list anew.
    """
    return report_events.since(session, {station: report_events.with_late(session, station, after)}, limit=limit)


def newest(session: Session, station: str) -> int:
    """Return the number of a station's newest event: where somebody who reads the list now begins to watch."""
    return report_events.newest(session, station)
