"""Rows that look like another one under another number: of one kind, at one place, within a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.loading import Stage
from gridmap.store.placing import POINT

#: How near [m] and how soon [hours] after one another two rows are one matter, told twice.
WITHIN_M: Final = 50.0
WITHIN_HOURS: Final = 24
#: Cells in which near places are looked for [degrees]; neither is narrower than `WITHIN_M` below 77 degrees of latitude.
_CELL_X: Final = 0.002
_CELL_Y: Final = 0.001


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A staged row and what it looks like: `other` is its number, `first` its line where it stands in the same file."""

    line: int
    number: str
    other: str
    first: int | None


def find(session: Session, stage: Stage, *, station: str, table: str, kind: str, at: str) -> list[LookAlike]:
    """Return the staged rows, by line, that are new and look like a stored row or like one before them in the file.

    Alike: the same kind, the same address or no more than `WITHIN_M` apart, begun within `WITHIN_HOURS`. Each row is told
    with one that it looks like. Two statements and two indexes, whatever the number of rows; distances are measured on a
    plane that touches the sphere there, right to a millimetre over 50 m.

    Parameters
    ----------
    table, kind, at
        Where such rows are stored (with `number`, `address_id`, `geom`), and what their kind and their begin are called.
    """
    session.execute(text("DROP TABLE IF EXISTS pg_temp.look_alike"))
    session.execute(
        text(f"""CREATE TEMPORARY TABLE look_alike ON COMMIT DROP AS
                 SELECT every.*, floor(lon / {_CELL_X})::int AS cx, floor(lat / {_CELL_Y})::int AS cy FROM (
                   SELECT s.line, s.number, s.{kind} AS kind, s.{at} AS at, s.address_id, ST_X(p.geom) AS lon,
                          ST_Y(p.geom) AS lat,
                          NOT EXISTS (SELECT FROM {table} t WHERE t.station = :station AND t.number = s.number) AS fresh
                   FROM {stage.name} s CROSS JOIN LATERAL (SELECT {POINT} AS geom) p
                   UNION ALL
                   SELECT NULL, t.number, t.{kind}, t.{at}, t.address_id, ST_X(t.geom), ST_Y(t.geom), false FROM {table} t
                   WHERE t.station = :station
                     AND t.{at} >= (SELECT min({at}) FROM {stage.name}) - make_interval(hours => {WITHIN_HOURS})
                     AND t.{at} <= (SELECT max({at}) FROM {stage.name}) + make_interval(hours => {WITHIN_HOURS})
                     AND NOT EXISTS (SELECT FROM {stage.name} s WHERE s.number = t.number)) every"""),
        {"station": station},
    )
    session.execute(text("CREATE INDEX ON look_alike (kind, cx, cy, at)"))
    session.execute(text("CREATE INDEX ON look_alike (kind, address_id, at) WHERE address_id IS NOT NULL"))
    session.execute(text("ANALYZE look_alike"))
    before = f"""o.kind = s.kind AND o.number <> s.number AND (NOT o.fresh OR o.line < s.line)
        AND o.at BETWEEN s.at - make_interval(hours => {WITHIN_HOURS}) AND s.at + make_interval(hours => {WITHIN_HOURS})"""
    rows = session.execute(
        text(f"""SELECT s.line, s.number, o.number, o.first FROM look_alike s CROSS JOIN LATERAL (
                   (SELECT o.number, CASE WHEN o.fresh THEN o.line END AS first FROM look_alike o WHERE o.address_id = s.address_id AND {before} LIMIT 1)
                   UNION ALL
                   (SELECT o.number, CASE WHEN o.fresh THEN o.line END AS first FROM (VALUES (-1), (0), (1)) AS x (dx), (VALUES (-1), (0), (1)) AS y (dy), look_alike o
                    WHERE o.cx = s.cx + x.dx AND o.cy = s.cy + y.dy AND {before}
                      AND sqrt(((o.lon - s.lon) * cos(radians(s.lat))) ^ 2 + (o.lat - s.lat) ^ 2) * 111195 <= {WITHIN_M}
                    LIMIT 1)
                   LIMIT 1) o
                 WHERE s.fresh ORDER BY s.line""")
    )
    return [LookAlike(int(line), number, other, first) for line, number, other, first in rows]


def leave_out(session: Session, stage: Stage, found: list[LookAlike]) -> None:
    """Take the rows found out of the stage."""
    session.execute(
        text(f"DELETE FROM {stage.name} WHERE line = ANY (CAST(:lines AS bigint[]))"),
        {"lines": [one.line for one in found]},
    )
