"""What web hooks are to be told, written with the step it tells of; plain SQL, for the lean public process too."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_NOTE: Final = text("""
    INSERT INTO web_hook_delivery (station, hook_id, event, body)
    SELECT e.station, h.id, e.what, jsonb_build_object(
      'station', e.station, 'event', e.what, 'at', e.at, 'report', e.report_id, 'kind', r.kind, 'state', r.state,
      'urgent', r.urgent, 'held', r.held, 'beat', z.beat, 'grid_cell', z.grid_cell, 'synthetic', s.synthetic)
    FROM report_event e
    JOIN report r ON r.id = e.report_id
    JOIN station s ON s.code = e.station
    JOIN web_hook h ON h.station = e.station AND h.active AND e.what = ANY (h.events)
    LEFT JOIN assignment z ON z.plate = r.plate AND z.edition_id = edition_in_force(e.station, now())
    WHERE e.id = :event
""")


def note(session: Session, event_id: int) -> None:
    """Write a message for each hook that wants a step of a report, in the transaction of the step; one statement.

    It tells where and what, never who: no address, no text, no way to reach the reporter.
    """
    session.execute(_NOTE, {"event": event_id})
