"""The incident a report becomes; plain SQL."""

from __future__ import annotations

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
