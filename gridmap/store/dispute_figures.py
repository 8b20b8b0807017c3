"""What the commander's figures count: each function is one statement for one station or for all there are in scope.

Days are those of each station's own clocks. Counted are disputes (纠纷).
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

#: A station, its edition in force, and the moment a day begins there.
_HERE: Final = """here AS (SELECT code, edition_in_force(code, now()) AS edition,
  CAST(:since AS date)::timestamp AT TIME ZONE timezone AS since FROM station WHERE code = :station)"""


def open_now(session: Session, stations: Sequence[str], now: datetime) -> Rows:
    """Return the open disputes: `station`, `open`, and `overdue` at this moment; of all, and by `tier`, `kind` and `source`.

    A row is of one of these three, the others are None; of all where all three are.
    """
    return session.execute(
        text(f"""SELECT station, tier, kind, source, count(*) AS open, count(*) FILTER (WHERE due_at < :now) AS overdue
                 FROM dispute WHERE station = ANY (CAST(:stations AS text[])) AND {IS_DISPUTE} AND {OPEN}
                 GROUP BY GROUPING SETS ((station), (station, tier), (station, kind), (station, source))"""),
        {"stations": list(stations), "now": now},
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


def quiet_numbers(session: Session, stations: Sequence[str], now: datetime, days: int) -> dict[str, int]:
    """Return in how many cells in force of each station no dispute was opened for so many days, today included.

    Counted as `quiet_cells` lists them; a cell costs a look into an index.
    """
    rows = session.execute(
        text(f"""WITH here AS MATERIALIZED (SELECT code, edition_in_force(code, now()) AS edition,
                ((CAST(:now AS timestamptz) AT TIME ZONE timezone)::date - (:days - 1))::timestamp AT TIME ZONE timezone AS since
                FROM station WHERE code = ANY (CAST(:stations AS text[]))),
              lone AS MATERIALIZED (SELECT d.station, d.geom FROM here JOIN dispute d
                ON d.station = here.code AND d.{IS_DISPUTE} AND d.grid_cell IS NULL AND d.opened_at >= here.since)
            SELECT here.code, count(*) AS number FROM here JOIN grid_cell g ON g.edition_id = here.edition
            WHERE NOT EXISTS (SELECT FROM dispute d WHERE d.station = here.code AND d.{IS_DISPUTE} AND d.grid_cell = g.code
                AND d.opened_at >= here.since)
              AND NOT EXISTS (SELECT FROM lone d WHERE d.station = here.code AND g.geom && d.geom AND ST_Covers(g.geom, d.geom))
            GROUP BY 1"""),
        {"stations": list(stations), "now": now, "days": days},
    )
    return {str(code): int(number) for code, number in rows}


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


def report_ratings(session: Session, stations: Sequence[str], spans: Sequence[Span]) -> Rows:
    """Return how residents rated what became of the reports they sent in each span: `station`, `n`, `rating`, `number`."""
    return session.execute(
        text(f"""WITH {_SPANS}
            SELECT span.station, span.n, r.rating, count(*) AS number FROM span JOIN report r ON r.station = span.station
              AND r.at >= span.since AND r.at < span.until AND r.rating IS NOT NULL GROUP BY 1, 2, 3"""),
        _given(stations, spans),
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
