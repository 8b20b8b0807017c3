"""What a report becomes: an incident, and for a quarrel a dispute that follows the report's steps; plain SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def add_incident(session: Session, report: int, category: str, at: datetime) -> int:
    """Make the incident of a report at its address, source 'resident'; return its id. One statement."""
    found = session.scalar(
        text("""INSERT INTO incident (station, number, category, at, source, address_id, geom)
                SELECT r.station, 'R-' || r.id, :category, :at, 'resident', r.address_id, a.geom
                FROM report r JOIN address a ON a.id = r.address_id WHERE r.id = :report RETURNING id"""),
        {"report": report, "category": category, "at": at},
    )
    return int(found or 0)


def add_dispute(session: Session, report: int, kind: str, incident: int, tier: int, due: datetime | None) -> int:
    """Make the dispute of a report at its address, with its first event; return its id. Two statements."""
    found = session.scalar(
        text("""INSERT INTO dispute (station, number, kind, opened_at, tier, due_at, incident_id, address_id, geom)
                SELECT r.station, 'R-' || r.id, :kind, clock_timestamp(), :tier, :due, :incident, r.address_id, a.geom
                FROM report r JOIN address a ON a.id = r.address_id WHERE r.id = :report RETURNING id"""),
        {"report": report, "kind": kind, "incident": incident, "tier": tier, "due": due},
    )
    session.execute(
        text("""INSERT INTO dispute_event (station, dispute_id, at, by, what)
                SELECT station, id, opened_at, 'resident', 'opened' FROM dispute WHERE id = :id"""),
        {"id": found},
    )
    return int(found or 0)


def step_dispute(
    session: Session, dispute: int, state: str, what: str, *, by: str, note: str, only_from: Sequence[str]
) -> bool:
    """Let a dispute follow its report, if it is in one of the states given; return whether it did. Two statements."""
    found = session.scalar(
        text("""UPDATE dispute SET state = :state,
                  settled_at = CASE WHEN :ended THEN coalesce(settled_at, greatest(now(), opened_at)) END
                WHERE id = :id AND state = ANY (:only) AND state <> :state RETURNING id"""),
        {"id": dispute, "state": state, "ended": state in {"settled", "closed"}, "only": list(only_from)},
    )
    if found is None:
        return False
    session.execute(
        text("""INSERT INTO dispute_event (station, dispute_id, at, by, what, note)
                SELECT station, id, clock_timestamp(), :by, :what, :note FROM dispute WHERE id = :id"""),
        {"id": dispute, "by": by, "what": what, "note": note},
    )
    return True
