"""When somebody is on duty for each beat of an edition."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gridmap.store.tables import Shift


def spans(session: Session, station: str, edition_id: int, since: datetime, until: datetime) -> pd.DataFrame:
    """Return the spans in which an officer or auxiliary is on duty for each beat of an edition; one query.

    Every shift is looked at day by day of the station's calendar, because postings and leave are kept in days: on a day of
    leave the shift is the substitute's, or nobody's where there is none who is there; a shift that names no beat is for
    the beats its owner is posted to on that day (all, for a posting to the whole station).

    Returns
    -------
    spans
        (n,) `beat`, `start`, `end` (UTC), cut at the period [since, until) and at midnight; several may overlap.
    """
    query = text("""
        WITH place AS (SELECT timezone AS tz FROM station WHERE code = :station),
        day AS (
          SELECT d::date AS d, tstzrange(d::timestamp AT TIME ZONE tz, (d + interval '1 day')::timestamp AT TIME ZONE tz) AS span
          FROM place CROSS JOIN LATERAL generate_series(
            (CAST(:since AS timestamptz) AT TIME ZONE tz)::date::timestamp,
            (CAST(:until AS timestamptz) AT TIME ZONE tz)::date::timestamp, interval '1 day') d),
        piece AS (
          SELECT s.person_id, s.beats, day.d, s.during * day.span * tstzrange(:since, :until) AS during
          FROM shift s JOIN day ON s.during && day.span
          WHERE s.station = :station AND s.during && tstzrange(:since, :until)),
        there AS (
          SELECT piece.* FROM piece
          LEFT JOIN leave le ON le.person_id = piece.person_id AND le.during @> piece.d
          WHERE NOT isempty(piece.during) AND (le.person_id IS NULL OR le.substitute_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM leave l2 WHERE l2.person_id = le.substitute_id AND l2.during @> piece.d)))
        SELECT DISTINCT z.code, lower(there.during), upper(there.during)
        FROM there
        JOIN posting po ON po.person_id = there.person_id AND po.station = :station AND po.during @> there.d
          AND po.role IN ('officer', 'auxiliary')
        JOIN beat z ON z.edition_id = :edition AND CASE
          WHEN there.beats IS NULL THEN po.beat = z.code OR po.beat IS NULL AND po.grid_cell IS NULL
          ELSE there.beats @> ARRAY['*'] OR z.code = ANY (there.beats) END
        ORDER BY 1, 2, 3""")
    facts = {"station": station, "edition": edition_id, "since": since, "until": until}
    rows = session.execute(query, facts).all()
    table = pd.DataFrame([tuple(row) for row in rows], columns=["beat", "start", "end"])
    for name in ("start", "end"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table


def roster_until(session: Session, station: str) -> datetime | None:
    """Return when the last shift of a station ends, or None where it has no roster at all; one query."""
    query = select(func.max(func.upper(Shift.during))).where(Shift.station == station)
    end: datetime | None = session.scalar(query)
    return end
