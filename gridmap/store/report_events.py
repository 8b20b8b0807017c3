"""Steps of residents' reports as they are told to those who watch: where and what, never a word of the reporter."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.event_numbers import EventNumbers

_SINCE: Final = text("""
    SELECT e.id, e.station, e.report_id, e.what, e.at, r.kind, r.state, r.held, r.urgent, z.beat, z.grid_cell
    FROM unnest(CAST(:stations AS text[]), CAST(:after AS bigint[])) AS w (station, after)
    JOIN report_event e ON e.station = w.station AND e.id > w.after
    JOIN report r ON r.id = e.report_id
    LEFT JOIN assignment z ON z.plate = r.plate AND z.edition_id = edition_in_force(e.station, now())
    WHERE e.id > :least AND e.id <> ALL (CAST(:known AS bigint[])) ORDER BY e.id LIMIT :limit
""")
#: Where to begin to read.
_NUMBERS: Final = EventNumbers("report_event")
with_late, newest, moment, before = _NUMBERS.with_late, _NUMBERS.newest, _NUMBERS.moment, _NUMBERS.before


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
