"""Where to begin to read a station's steps: the numbers of its events, by what came last and by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

#: A transaction that took its number early may commit after later ones; longer than this none of ours lasts [s].
LATE_S: Final = 60
#: No look back goes farther than this [steps]: whoever missed more reads the list anew.
FARTHEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class EventNumbers:
    """The numbers of the events in one table, each station's by themselves."""

    table: Literal["report_event", "dispute_event"]

    def with_late(self, session: Session, station: str, after: int) -> int:
        """Return the number to begin at so that no step that committed late is missed; some may then be told twice."""
        statement = text(f"""
            WITH before AS (SELECT e.id, e.at FROM {self.table} e
              WHERE e.station = :station AND e.id <= :after ORDER BY e.id DESC LIMIT {FARTHEST})
            SELECT least(:after, coalesce(min(id) - 1, :after)) FROM before
            WHERE at > (SELECT at FROM before ORDER BY id DESC LIMIT 1) - interval '{LATE_S} seconds'""")
        found: int = session.execute(statement, {"station": station, "after": after}).scalar_one()
        return found

    def newest(self, session: Session, station: str) -> int:
        """Return the number of a station's newest event, 0 where there is none; one query."""
        statement = text(f"SELECT id FROM {self.table} WHERE station = :station ORDER BY id DESC LIMIT 1")
        return session.execute(statement, {"station": station}).scalar() or 0

    def moment(self, session: Session, station: str, event: int) -> datetime | None:
        """Return when a step of a station was taken, None where there is none; one query."""
        statement = text(f"SELECT at FROM {self.table} WHERE station = :station AND id = :id")
        found: datetime | None = session.scalar(statement, {"station": station, "id": event})
        return found

    def before(self, session: Session, station: str, at: datetime) -> int:
        """Return the number of the last event before a moment, at most `FARTHEST` steps back; one query."""
        statement = text(f"""
            WITH last AS (
              SELECT e.id, e.at FROM {self.table} e WHERE e.station = :station ORDER BY e.id DESC LIMIT {FARTHEST})
            SELECT coalesce(max(id) FILTER (WHERE at < :at), min(id) - 1, 0) FROM last""")
        return int(session.scalar(statement, {"station": station, "at": at}) or 0)
