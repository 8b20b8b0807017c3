"""What the commander's figures count: each function is one statement for one station or for all there are in scope.

Days are those of each station's own clocks. Counted are disputes (纠纷); the load counts every matter, for work is work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from gridmap.domain.figure_spans import Span
from gridmap.store.dispute_sql import IS_DISPUTE, OPEN

Rows = Sequence[Row[*tuple[Any, ...]]]

#: Stations with the moments of each span: `n` counts the spans from 1.
_SPANS: Final = """span AS MATERIALIZED (
      SELECT s.code AS station, d.n::int AS n, d.first::timestamp AT TIME ZONE s.timezone AS since,
             (d.last + 1)::timestamp AT TIME ZONE s.timezone AS until
      FROM station s CROSS JOIN unnest(CAST(:first AS date[]), CAST(:last AS date[])) WITH ORDINALITY AS d (first, last, n)
      WHERE s.code = ANY (CAST(:stations AS text[])))"""

#: A station, its edition in force, and the moment a day begins there.
_HERE: Final = """here AS (SELECT code, edition_in_force(code, now()) AS edition,
  CAST(:since AS date)::timestamp AT TIME ZONE timezone AS since FROM station WHERE code = :station)"""


def open_now(session: Session, stations: Sequence[str], now: datetime, *, fine: bool) -> Rows:
    """Return the open disputes: `station`, `tier`, `kind`, `source` (None unless `fine`), `open`, and `overdue` at this moment."""
    parts = "tier, kind, source" if fine else "NULL::int AS tier, NULL::text AS kind, NULL::text AS source"
    return session.execute(
        text(f"""SELECT station, {parts}, count(*) AS open, count(*) FILTER (WHERE due_at < :now) AS overdue
                 FROM dispute WHERE station = ANY (CAST(:stations AS text[])) AND {IS_DISPUTE} AND {OPEN}
                 GROUP BY station{", tier, kind, source" if fine else ""}"""),
        {"stations": list(stations), "now": now},
    ).all()


def load(session: Session, station: str, settled: Mapping[int, int], now: datetime) -> Rows:
    """Return who holds how much: `person` or `body` (a code), names, `open`, `overdue` and `settled`.

    Every matter counts.

    Parameters
    ----------
    settled
        How many were settled in the span by whoever held them then: a person's id, or less than 0 the number a body is counted
        as (`dispute_days.Each.held`).
    """
    return session.execute(
        text(f"""WITH held AS (
              SELECT holder_id, body, count(*) AS open, count(*) FILTER (WHERE due_at < :now) AS overdue, 0 AS settled
              FROM dispute WHERE station = :station AND {OPEN} GROUP BY 1, 2
              UNION ALL
              SELECT CASE WHEN d.who > 0 THEN d.who END, b.code, 0, 0, d.settled
              FROM unnest(CAST(:who AS int[]), CAST(:settled AS int[])) AS d (who, settled)
              LEFT JOIN body b ON b.station = :station AND b.counted_as = -d.who)
            SELECT p.code AS person, h.body, coalesce(p.name, b.name_zh) AS name_zh, coalesce(p.name_en, b.name_en) AS name_en,
                   sum(h.open)::int AS open, sum(h.overdue)::int AS overdue, sum(h.settled)::int AS settled
            FROM held h LEFT JOIN person p ON p.id = h.holder_id LEFT JOIN body b ON b.station = :station AND b.code = h.body
            GROUP BY 1, 2, 3, 4 ORDER BY open DESC, settled DESC, 1, 2"""),
        {"station": station, "who": list(settled), "settled": list(settled.values()), "now": now},
    ).all()


def ground(session: Session, stations: Sequence[str]) -> Rows:
    """Return each station: `code`, names, `timezone`, `synthetic`, `households`, `cells`, `villages`; `first`: when a dispute opened."""
    return session.execute(
        text(f"""SELECT s.code, s.name_zh, s.name_en, s.timezone, s.synthetic,
              (SELECT coalesce(sum(a.households), 0) FROM address a WHERE a.station = s.code) AS households,
              (SELECT min(opened_at) FROM dispute WHERE station = s.code AND {IS_DISPUTE}) AS first,
              (SELECT count(*) FROM grid_cell WHERE edition_id = edition_in_force(s.code, now())) AS cells,
              (SELECT count(*) FROM place p WHERE p.station = s.code AND p.kind = 'village' AND p.geom IS NOT NULL) AS villages
            FROM station s WHERE s.code = ANY (CAST(:stations AS text[])) ORDER BY s.code"""),
        {"stations": list(stations)},
    ).all()


def quiet_cells(session: Session, station: str, since: date) -> Rows:
    """Return the grid cells in force where no dispute was opened since a day, longest first.

    Columns `code`, names, `beat`, `last` (None: never), `cases` (ever, by the cell of their day). A dispute of a day before
    the first edition has no cell: it counts where it lies. The newest of each cell is found from an index.
    """
    return session.execute(
        text(f"""WITH {_HERE},
              lone AS MATERIALIZED (SELECT d.geom FROM here JOIN dispute d
                ON d.station = here.code AND d.{IS_DISPUTE} AND d.grid_cell IS NULL AND d.opened_at >= here.since)
            SELECT g.code, g.name_zh, g.name_en, g.beat,
              greatest(newest.at, (SELECT max(d.opened_at) FROM dispute d WHERE d.station = :station AND d.{IS_DISPUTE}
                AND d.grid_cell IS NULL AND d.geom && g.geom AND ST_Covers(g.geom, d.geom))) AS last,
              (SELECT count(*) FROM dispute d WHERE d.station = :station AND d.{IS_DISPUTE} AND d.grid_cell = g.code) AS cases
            FROM here JOIN grid_cell g ON g.edition_id = here.edition
            CROSS JOIN LATERAL (SELECT max(d.opened_at) AS at FROM dispute d
              WHERE d.station = :station AND d.{IS_DISPUTE} AND d.grid_cell = g.code) newest
            WHERE coalesce(newest.at < here.since, true)
              AND NOT EXISTS (SELECT FROM lone d WHERE g.geom && d.geom AND ST_Covers(g.geom, d.geom))
            ORDER BY last NULLS FIRST, g.code"""),
        {"station": station, "since": since},
    ).all()


def quiet_villages(session: Session, station: str, since: date) -> Rows:
    """Return the villages on whose ground no dispute was opened since a day: `code`, names, `last`, as `quiet_cells`."""
    return session.execute(
        text(f"""WITH {_HERE},
              recent AS MATERIALIZED (SELECT d.geom FROM here JOIN dispute d
                ON d.station = here.code AND d.{IS_DISPUTE} AND d.opened_at >= here.since),
              village AS MATERIALIZED (SELECT p.code, p.name_zh, p.name_en, p.geom FROM place p
                WHERE p.station = :station AND p.kind = 'village' AND p.geom IS NOT NULL),
              busy AS (SELECT DISTINCT v.code FROM village v JOIN recent d ON v.geom && d.geom AND ST_Covers(v.geom, d.geom))
            SELECT v.code, v.name_zh, v.name_en, '' AS beat, NULL::int AS cases,
              (SELECT max(d.opened_at) FROM dispute d WHERE d.station = :station AND d.{IS_DISPUTE}
                AND d.geom && v.geom AND ST_Covers(v.geom, d.geom)) AS last
            FROM village v WHERE v.code NOT IN (SELECT code FROM busy) ORDER BY last NULLS FIRST, v.code"""),
        {"station": station, "since": since},
    ).all()


def report_ratings(session: Session, station: str, spans: Sequence[Span]) -> Rows:
    """Return how residents rated what became of the reports they sent in each span: `n`, `rating`, `number`."""
    return session.execute(
        text(f"""WITH {_SPANS}
            SELECT span.n, r.rating, count(*) AS number FROM span JOIN report r ON r.station = span.station
              AND r.at >= span.since AND r.at < span.until AND r.rating IS NOT NULL GROUP BY 1, 2"""),
        _given([station], spans),
    ).all()


def lost(session: Session, stations: Sequence[str]) -> dict[str, int]:
    """Return how many open disputes nobody would see again, by station; empty, or somebody must look."""
    rows = session.execute(
        text("SELECT station, count(*) FROM lost_dispute WHERE station = ANY (CAST(:stations AS text[])) GROUP BY 1"),
        {"stations": list(stations)},
    )
    return {str(station): int(number) for station, number in rows}


def _given(stations: Sequence[str], spans: Sequence[Span]) -> dict[str, object]:
    return {
        "stations": list(stations), "first": [one.first for one in spans], "last": [one.last for one in spans],
    }  # fmt: skip


def clock(session: Session, stations: Sequence[str]) -> tuple[str, datetime | None]:
    """Return the zone of the clocks of the first station by code, and when the newest thing on record of any happened."""
    row = session.execute(
        text("""SELECT min(timezone) FILTER (WHERE n = 1) AS timezone, max(newest) AS newest FROM (
                  SELECT timezone, row_number() OVER (ORDER BY code) AS n, greatest(
                    (SELECT max(opened_at) FROM dispute WHERE station = s.code),
                    (SELECT max(settled_at) FROM dispute WHERE station = s.code AND settled_at IS NOT NULL),
                    (SELECT max(at) FROM incident WHERE station = s.code)) AS newest
                  FROM station s WHERE code = ANY (CAST(:stations AS text[]))) found"""),
        {"stations": list(stations)},
    ).one()
    return row.timezone or "UTC", row.newest
