"""What the commander's figures count: each function is one statement for one station or for all there are in scope.

Days are those of each station's own clocks. Counted are disputes (纠纷); the load counts every matter, for work is work.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def taken(session: Session, stations: Sequence[str], spans: Sequence[Span], *, fine: bool) -> Rows:
    """Return the disputes taken in in each span and what became of them before its end.

    Columns `station`, `n`, `tier`, `kind`, `source` (None unless `fine`), and how many: `taken`; `settled` and `closed`
    before the end of the span; `withdrawn`, `not_ours`, `escalated`, `reopened` by now.
    """
    parts = "d.tier, d.kind, d.source" if fine else "NULL::int AS tier, NULL::text AS kind, NULL::text AS source"
    escalated = "d.tier > 1 AND EXISTS (SELECT FROM dispute_event e WHERE e.dispute_id = d.id AND e.what = 'escalated')"
    return session.execute(
        text(f"""WITH {_SPANS}
            SELECT span.station, span.n, {parts}, count(*) AS taken,
              count(*) FILTER (WHERE d.settled_at < span.until) AS settled,
              count(*) FILTER (WHERE d.closed_at < span.until) AS closed,
              count(*) FILTER (WHERE d.state = 'withdrawn') AS withdrawn,
              count(*) FILTER (WHERE d.state = 'not_ours') AS not_ours,
              {f"count(*) FILTER (WHERE {escalated})" if fine else "0"} AS escalated,
              count(*) FILTER (WHERE d.reopened > 0) AS reopened
            FROM span JOIN dispute d ON d.station = span.station AND d.{IS_DISPUTE}
              AND d.opened_at >= span.since AND d.opened_at < span.until
            GROUP BY 1, 2{", 3, 4, 5" if fine else ""}"""),
        _given(stations, spans),
    ).all()


def settled(session: Session, station: str, spans: Sequence[Span]) -> Rows:
    """Return the disputes of a station settled in each span, whenever they were taken in.

    Columns `n`, `tier`, `kind`, `source`, `rating`, how many (`number`), how many were asked since how it goes (`followed`),
    and `took`: how long each took from opened to settled [s]. PostgreSQL would sort all of them anew for each median.
    """
    return session.execute(
        text(f"""WITH {_SPANS}
            SELECT span.n, d.tier, d.kind, d.source, d.rating, count(*) AS number, count(*) FILTER (WHERE d.followed > 0) AS followed,
              array_agg(extract(epoch FROM d.settled_at - d.opened_at)::float8) AS took
            FROM span JOIN dispute d ON d.station = span.station AND d.{IS_DISPUTE}
              AND d.settled_at >= span.since AND d.settled_at < span.until
            GROUP BY 1, 2, 3, 4, 5"""),
        _given([station], spans),
    ).all()


def settled_by_station(session: Session, stations: Sequence[str], span: Span) -> Rows:
    """Return the disputes settled in a span: `station` (None: of all), `number`, and `days`, the median they took [d]."""
    return session.execute(
        text(f"""WITH {_SPANS}
            SELECT station, count(*) AS number, percentile_cont(0.5) WITHIN GROUP (ORDER BY took) / 86400 AS days
            FROM (SELECT d.station, extract(epoch FROM d.settled_at - d.opened_at)::float8 AS took
                  FROM span JOIN dispute d ON d.station = span.station AND d.{IS_DISPUTE}
                    AND d.settled_at >= span.since AND d.settled_at < span.until) found
            GROUP BY GROUPING SETS ((), (station)) HAVING count(*) > 0"""),
        _given(stations, [span]),
    ).all()


def open_now(session: Session, stations: Sequence[str], now: datetime, *, fine: bool) -> Rows:
    """Return the open disputes: `station`, `tier`, `kind`, `source` (None unless `fine`), `open`, and `overdue` at this moment."""
    parts = "tier, kind, source" if fine else "NULL::int AS tier, NULL::text AS kind, NULL::text AS source"
    return session.execute(
        text(f"""SELECT station, {parts}, count(*) AS open, count(*) FILTER (WHERE due_at < :now) AS overdue
                 FROM dispute WHERE station = ANY (CAST(:stations AS text[])) AND {IS_DISPUTE} AND {OPEN}
                 GROUP BY station{", tier, kind, source" if fine else ""}"""),
        {"stations": list(stations), "now": now},
    ).all()


def load(session: Session, station: str, span: Span, now: datetime) -> Rows:
    """Return who holds how much: `person` or `body` (a code), names, `open`, `overdue` and `settled` in the span.

    Every matter counts. What is settled counts for whoever held it then.
    """
    return session.execute(
        text(f"""WITH {_SPANS}, held AS (
              SELECT holder_id, body, count(*) AS open, count(*) FILTER (WHERE due_at < :now) AS overdue, 0 AS settled
              FROM dispute WHERE station = :station AND {OPEN} GROUP BY 1, 2
              UNION ALL
              SELECT d.holder_id, d.body, 0, 0, count(*) FROM span JOIN dispute d ON d.station = span.station
                AND d.settled_at >= span.since AND d.settled_at < span.until AND num_nonnulls(d.holder_id, d.body) = 1
              GROUP BY 1, 2)
            SELECT p.code AS person, h.body, coalesce(p.name, b.name_zh) AS name_zh, coalesce(p.name_en, b.name_en) AS name_en,
                   sum(h.open)::int AS open, sum(h.overdue)::int AS overdue, sum(h.settled)::int AS settled
            FROM held h LEFT JOIN person p ON p.id = h.holder_id LEFT JOIN body b ON b.station = :station AND b.code = h.body
            GROUP BY 1, 2, 3, 4 ORDER BY open DESC, settled DESC, 1, 2"""),
        {**_given([station], [span]), "station": station, "now": now},
    ).all()


def calls(session: Session, stations: Sequence[str], spans: Sequence[Span]) -> Rows:
    """Return the incidents of a category that is a dispute: `station`, `n`, `calls`, `unplaced` (of them, without a place)."""
    return session.execute(
        text(f"""WITH {_SPANS}
            SELECT span.station, span.n, count(*) AS calls, count(*) FILTER (WHERE i.geom IS NULL) AS unplaced
            FROM span JOIN incident i ON i.station = span.station AND i.at >= span.since AND i.at < span.until
            WHERE i.category IN (SELECT code FROM incident_category WHERE is_dispute) GROUP BY 1, 2"""),
        _given(stations, spans),
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
    the first edition has no cell: it counts where it lies.
    """
    return _quiet(
        session,
        station,
        since,
        """
        SELECT g.code, g.name_zh, g.name_en, g.beat, g.geom FROM here JOIN grid_cell g ON g.edition_id = here.edition""",
        """
        SELECT DISTINCT d.grid_cell FROM recent d WHERE d.grid_cell IS NOT NULL
        UNION SELECT z.code FROM zone z JOIN recent d ON d.grid_cell IS NULL AND z.geom && d.geom AND ST_Covers(z.geom, d.geom)""",
        f"""greatest(
          (SELECT max(d.opened_at) FROM dispute d WHERE d.station = :station AND d.{IS_DISPUTE} AND d.grid_cell = z.code),
          (SELECT max(d.opened_at) FROM dispute d WHERE d.station = :station AND d.{IS_DISPUTE} AND d.grid_cell IS NULL
             AND d.geom && z.geom AND ST_Covers(z.geom, d.geom))) AS last,
          (SELECT count(*) FROM dispute d WHERE d.station = :station AND d.{IS_DISPUTE} AND d.grid_cell = z.code) AS cases""",
    )


def quiet_villages(session: Session, station: str, since: date) -> Rows:
    """Return the villages on whose ground no dispute was opened since a day: `code`, names, `last`, as `quiet_cells`."""
    return _quiet(
        session,
        station,
        since,
        """
        SELECT p.code, p.name_zh, p.name_en, '' AS beat, p.geom FROM place p
        WHERE p.station = :station AND p.kind = 'village' AND p.geom IS NOT NULL""",
        """
        SELECT DISTINCT z.code FROM zone z JOIN recent d ON z.geom && d.geom AND ST_Covers(z.geom, d.geom)""",
        f"""
        (SELECT max(d.opened_at) FROM dispute d WHERE d.station = :station AND d.{IS_DISPUTE}
           AND d.geom && z.geom AND ST_Covers(z.geom, d.geom)) AS last, NULL::int AS cases""",
    )


def _quiet(session: Session, station: str, since: date, zones: str, busy: str, told: str) -> Rows:
    """Return the `zones` that are not among the `busy` ones, with what is `told` of each: three parts of one statement."""
    return session.execute(
        text(f"""WITH here AS (SELECT code, edition_in_force(code, now()) AS edition,
                     CAST(:since AS date)::timestamp AT TIME ZONE timezone AS since FROM station WHERE code = :station),
              recent AS MATERIALIZED (SELECT d.grid_cell, d.geom FROM here JOIN dispute d
                ON d.station = here.code AND d.{IS_DISPUTE} AND d.opened_at >= here.since),
              zone AS MATERIALIZED ({zones}), busy AS ({busy})
            SELECT z.code, z.name_zh, z.name_en, z.beat, {told} FROM zone z
            WHERE z.code NOT IN (SELECT * FROM busy) ORDER BY last NULLS FIRST, z.code"""),
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
