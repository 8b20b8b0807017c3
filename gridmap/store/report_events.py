"""Steps of residents' reports as they are told to those who watch: where and what, never a word of the reporter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

#: A transaction that took its number early may commit after later ones; longer than this none of ours lasts [s].
LATE_S: Final = 60

_SINCE: Final = text("""
    SELECT e.id, e.station, e.report_id, e.what, e.at, r.kind, r.state, r.held, r.urgent, z.beat, z.grid_cell
    FROM unnest(CAST(:stations AS text[]), CAST(:after AS bigint[])) AS w (station, after)
    JOIN report_event e ON e.station = w.station AND e.id > w.after
    JOIN report r ON r.id = e.report_id
    LEFT JOIN assignment z ON z.plate = r.plate AND z.edition_id = edition_in_force(e.station, now())
    WHERE e.id > :least AND e.id <> ALL (CAST(:known AS bigint[])) ORDER BY e.id LIMIT :limit
""")
_LATE: Final = text(f"""
    SELECT least(:after, coalesce(min(e.id) - 1, :after)) FROM report_event e
    WHERE e.station = :station
      AND e.at > (SELECT f.at FROM report_event f WHERE f.station = :station AND f.id <= :after ORDER BY f.id DESC LIMIT 1)
               - interval '{LATE_S} seconds'
""")
_NEWEST: Final = text("SELECT id FROM report_event WHERE station = :station ORDER BY id DESC LIMIT 1")
_AT: Final = text("SELECT at FROM report_event WHERE station = :station AND id = :id")
_BEFORE: Final = text("SELECT coalesce(max(id), 0) FROM report_event WHERE station = :station AND at < :at")


@dataclass(frozen=True, slots=True)
class ReportStep:
    """One step of a report. `id` is the event's; `state`, `held` and the zones are the report's as of now."""

    id: int
    station: str
    report: int
    what: str
    at: datetime
    kind: str
    state: str
    held: bool
    urgent: bool
    beat: str | None
    grid_cell: str | None


def since(
    session: Session, after: Mapping[str, int], *, known: Collection[int] = (), limit: int = 500
) -> list[ReportStep]:
    """Return the steps of stations whose event has a number above the station's, oldest first; one query.

    Parameters
    ----------
    after
        station -> number of an event of it.
    known
        Numbers to leave out.
    """
    if not after:
        return []
    facts = {
        "stations": list(after), "after": list(after.values()), "least": min(after.values()), "known": list(known),
        "limit": limit,
    }  # fmt: skip
    return [ReportStep(*row) for row in session.execute(_SINCE, facts)]


def with_late(session: Session, station: str, after: int) -> int:
    """Return the number to begin at so that no step that committed late is missed; some may then be told twice."""
    found: int = session.execute(_LATE, {"station": station, "after": after}).scalar_one()
    return found


def newest(session: Session, station: str) -> int:
    """Return the number of a station's newest event, 0 where there is none; one query."""
    return session.execute(_NEWEST, {"station": station}).scalar() or 0


def moment(session: Session, station: str, event: int) -> datetime | None:
    """Return when a step of a station was taken, None where there is none; one query."""
    found: datetime | None = session.scalar(_AT, {"station": station, "id": event})
    return found


def before(session: Session, station: str, at: datetime) -> int:
    """Return the number of the last event before a moment; one query."""
    return int(session.scalar(_BEFORE, {"station": station, "at": at}) or 0)
