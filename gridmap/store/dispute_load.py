"""Who holds how much, and who could: each function is one statement. Every matter counts, for work is work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from gridmap.store.dispute_sql import OPEN

Rows = Sequence[Row[*tuple[Any, ...]]]

#: Who can be given a dispute today, as the desk offers them (`dispute_look.takers`).
_TAKERS: Final = """here AS MATERIALIZED (
      SELECT code, (CAST(:now AS timestamptz) AT TIME ZONE timezone)::date AS day FROM station
      WHERE code = ANY (CAST(:stations AS text[]))),
    taker AS MATERIALIZED (
      SELECT po.station, po.person_id, min(po.role) AS role FROM here JOIN posting po ON po.station = here.code
        AND po.during @> here.day AND po.role IN ('officer', 'auxiliary', 'grid_member', 'mediator') GROUP BY 1, 2),
    gone AS MATERIALIZED (
      SELECT l.station, l.person_id, upper(l.during) AS back, l.substitute_id FROM here
      JOIN leave l ON l.station = here.code AND l.during @> here.day)"""


def load(session: Session, station: str, settled: Mapping[int, int], now: datetime) -> Rows:
    """Return who holds how much, who holds most first, and everybody who could be given something, with 0.

    Columns `person` or `body` (a code), names, `role` ("" of a body and of whoever has no posting today), `posted` (could be
    given something), `away` (on leave today; of a body: nobody of it is there), `back` (their first day back, None: not told),
    `instead_zh`, `instead_en` (who stands in, or None), `open`, `overdue`, `settled` (None of a person).

    Parameters
    ----------
    settled
        How many were settled in the span by a body that held them then, by the number it is counted as.
    """
    return session.execute(
        text(f"""WITH {_TAKERS}, held AS (
              SELECT holder_id, body, count(*) AS open, count(*) FILTER (WHERE due_at < :now) AS overdue, 0 AS settled
              FROM dispute WHERE station = :station AND {OPEN} GROUP BY 1, 2
              UNION ALL
              SELECT NULL, b.code, 0, 0, d.settled FROM unnest(CAST(:who AS int[]), CAST(:settled AS int[])) AS d (who, settled)
              JOIN body b ON b.station = :station AND b.counted_as = d.who
              UNION ALL SELECT person_id, NULL, 0, 0, 0 FROM taker
              UNION ALL SELECT NULL, code, 0, 0, 0 FROM body WHERE station = :station AND active),
            sums AS MATERIALIZED (SELECT holder_id, body, sum(open)::int AS open, sum(overdue)::int AS overdue,
              sum(settled)::int AS settled FROM held WHERE num_nonnulls(holder_id, body) = 1 GROUP BY 1, 2)
            SELECT p.code AS person, h.body, coalesce(p.name, b.name_zh) AS name_zh, coalesce(p.name_en, b.name_en) AS name_en,
              coalesce(t.role, '') AS role, t.person_id IS NOT NULL OR coalesce(b.active, false) AS posted,
              gone.person_id IS NOT NULL OR coalesce(bt.until > :now, false) AS away,
              CASE WHEN gone.person_id IS NOT NULL THEN gone.back WHEN isfinite(bt.until)
                THEN (bt.until AT TIME ZONE s.timezone)::date END AS back,
              i.name AS instead_zh, i.name_en AS instead_en, h.open, h.overdue,
              CASE WHEN h.body IS NOT NULL THEN h.settled END AS settled
            FROM sums h JOIN station s ON s.code = :station
            LEFT JOIN person p ON p.id = h.holder_id LEFT JOIN taker t ON t.person_id = h.holder_id
            LEFT JOIN gone ON gone.person_id = h.holder_id LEFT JOIN person i ON i.id = gone.substitute_id
            LEFT JOIN body b ON b.station = :station AND b.code = h.body
            LEFT JOIN body_there bt ON bt.station = :station AND bt.code = h.body
            ORDER BY h.open DESC, h.overdue DESC, p.code, h.body"""),
        {
            "station": station, "stations": [station], "who": list(settled), "settled": list(settled.values()), "now": now,
        },
    ).all()  # fmt: skip


def shared(session: Session, stations: Sequence[str], now: datetime) -> dict[str, tuple[int, int, int, int]]:
    """Return by station how many people could be given something today, how many of these are on leave, and what is held.

    What is held: by people, and by bodies. Nobody is named.
    """
    rows = session.execute(
        text(f"""WITH {_TAKERS},
              held AS (SELECT station, count(holder_id) AS people, count(body) AS bodies FROM dispute
                WHERE station = ANY (CAST(:stations AS text[])) AND {OPEN} GROUP BY 1),
              able AS (SELECT t.station, count(*) AS people, count(g.person_id) AS away
                FROM taker t LEFT JOIN gone g ON g.person_id = t.person_id GROUP BY 1)
            SELECT here.code, coalesce(a.people, 0), coalesce(a.away, 0), coalesce(h.people, 0), coalesce(h.bodies, 0)
            FROM here LEFT JOIN able a ON a.station = here.code LEFT JOIN held h ON h.station = here.code"""),
        {"stations": list(stations), "now": now},
    )
    return {str(code): (int(people), int(away), int(held), int(bodies)) for code, people, away, held, bodies in rows}
