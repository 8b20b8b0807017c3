"""The days disputes are counted by: read what is kept, count what has changed since, keep it anew.

A statement that changes what is counted marks its days (`dispute_day_due`) in the same transaction. Whoever reads sees both the
change and the mark, and counts that day from the disputes themselves, or neither. So what is read is always what the disputes
say, whenever it was kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import namedtuple_row
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.figure_spans import Span

Ints = NDArray[np.int64]
#: In this order a source is numbered from 1, as migration 0012 does.
SOURCES: Final = ("visit", "call", "plate", "patrol", "import", "tip", "open311")
#: As a day: later than all there are.
NEVER: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Sums:
    """What the days of a span hold of a station.

    Parameters
    ----------
    taken, settled, closed, withdrawn, not_ours, escalated, reopened
        How many disputes were taken in; of these settled and closed before the end of the span; and what became of them by now.
    took, done
        How long each that was settled in the span took from opened to settled [s], and what it was:
        `kind << 16 | source << 8 | tier`, in numbers.
    followed, rated
        Of these, asked since how it goes; rated 1, 2, 3, 4 and 5.
    calls, unplaced
        Incidents of a category that is a dispute; of these without a place.
    """

    taken: int
    settled: int
    closed: int
    withdrawn: int
    not_ours: int
    escalated: int
    reopened: int
    took: NDArray[np.float64]
    done: Ints
    followed: int
    rated: tuple[int, ...]
    calls: int
    unplaced: int


NOTHING: Final = Sums(0, 0, 0, 0, 0, 0, 0, np.empty(0), np.empty(0, np.int64), 0, (0, 0, 0, 0, 0), 0, 0)


@dataclass(frozen=True, slots=True)
class Each:
    """Every dispute of a station's first span.

    Parameters
    ----------
    opened, over
        A row for each taken in: what it was, as `Sums.done`; whether it was settled before the end of the span.
    held
        Who held what was settled, every matter: a person's id, or less than 0 a body's number.
    """

    opened: Ints
    over: NDArray[np.bool_]
    held: Ints


#: What rows of days add up to; where all that was taken in on a day was over by the end of the span, the day's sums tell when,
#: and else each dispute's own days (`late`).
_SUMS: Final = f"""sum(k.taken) AS taken, coalesce(sum(k.settled) FILTER (WHERE k.over_by <= s.last), 0) AS settled,
  coalesce(sum(k.closed) FILTER (WHERE k.over_by <= s.last), 0) AS closed,
  string_agg(k.opened, '') FILTER (WHERE k.over_by > s.last) AS late, sum(k.withdrawn) AS withdrawn, sum(k.not_ours) AS not_ours,
  sum(k.escalated) AS escalated, sum(k.reopened) AS reopened, string_agg(k.took, '') AS took, string_agg(k.done, '') AS done,
  sum(k.followed) AS followed,
  {", ".join(f"sum(k.rated[{stars}]) AS rated_{stars}" for stars in range(1, 6))}, sum(k.calls) AS calls, sum(k.unplaced) AS unplaced"""
_EACH: Final = """string_agg(k.opened, '') FILTER (WHERE s.n = 1) AS opened,
  string_agg(k.held, '') FILTER (WHERE s.n = 1) AS held"""


def fine(session: Session, stations: Sequence[str], spans: Sequence[Span]) -> dict[str, tuple[dict[int, Sums], Each]]:
    """Return what the days of each span add up to, by its number from 1, and every dispute of the first span, by station.

    One statement. A day that is due is counted from its disputes, 4 ms for 180 of them.
    """
    parts = _read(session, stations, spans, f"{_SUMS}, {_EACH}")
    found = {}
    for station in stations:
        first = parts.get((station, 1), [])
        opened = _ints(first, "opened").reshape(-1, 2)
        each = Each(opened[:, 0], opened[:, 1] >> 32 <= spans[0].last.toordinal(), _ints(first, "held", ">i4"))
        told = {n: _add(parts[station, n], one) for n, one in enumerate(spans, start=1) if (station, n) in parts}
        found[station] = told, each
    return found


def kinds(session: Session) -> dict[int, str]:
    """Return the kinds of disputes by the number they are counted as."""
    rows = session.execute(text("SELECT counted_as, code FROM incident_category"))
    return {int(number): str(code) for number, code in rows}


def due_stations(session: Session) -> list[str]:
    """Return the stations that have days to be counted anew; of all there are, whatever the scope."""
    return list(session.scalars(text("SELECT due_day_stations()")))


def keep(session: Session, station: str, *, at_most: int) -> int:
    """Count so many of the days that are due anew, the newest first, and keep them; return how many, 0 where another does it."""
    query = text("SELECT keep_dispute_days(:station, :most)")
    return int(session.scalar(query, {"station": station, "most": at_most}) or 0)


def recount(session: Session, station: str) -> int:
    """Count every day of a station anew, after rows were loaded past the triggers; return how many. 3 s for 200,000 disputes."""
    return int(session.scalar(text("SELECT recount_dispute_days(:station)"), {"station": station}) or 0)


def wrong(session: Session, station: str) -> list[date]:
    """Return the days whose kept numbers are not what the disputes say, though they are not due: it must be none."""
    return list(session.scalars(text("SELECT wrong_dispute_days(:station)"), {"station": station}))


def _read(
    session: Session, stations: Sequence[str], spans: Sequence[Span], wanted: str
) -> dict[tuple[str, int], list[Any]]:
    """Return the sums of the days that are kept, and those of the days that are due: one or two rows of a station and span."""
    query = f"""
            WITH span AS MATERIALIZED (
              SELECT n::int AS n, first, last
              FROM unnest(CAST(%(first)s AS date[]), CAST(%(last)s AS date[])) WITH ORDINALITY AS d (first, last, n)),
            wanted AS MATERIALIZED (
              SELECT w.station, ARRAY(SELECT DISTINCT d.day FROM dispute_day_due d WHERE d.station = w.station
                AND EXISTS (SELECT FROM span s WHERE d.day BETWEEN s.first AND s.last)) AS due
              FROM unnest(CAST(%(stations)s AS text[])) AS w (station)),
            fresh AS MATERIALIZED (
              SELECT c.* FROM wanted w CROSS JOIN LATERAL count_dispute_days(w.station, w.due) c WHERE w.due <> '{{}}')
            SELECT w.station, s.n, found.* FROM wanted w CROSS JOIN span s
            CROSS JOIN LATERAL (SELECT {wanted} FROM dispute_day k
              WHERE k.station = w.station AND k.day BETWEEN s.first AND s.last AND k.day <> ALL (w.due)) found
            WHERE found.taken IS NOT NULL
            UNION ALL
            SELECT k.station, s.n, {wanted} FROM span s JOIN fresh k ON k.day BETWEEN s.first AND s.last GROUP BY k.station, s.n"""
    told = {"stations": list(stations), "first": [one.first for one in spans], "last": [one.last for one in spans]}
    # Megabytes of packed days: as text each byte would be two, made by the server and taken apart here.
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor(binary=True, row_factory=namedtuple_row) as cursor:
        rows = cursor.execute(query, told).fetchall()
    found: dict[tuple[str, int], list[Any]] = {}
    for row in rows:
        found.setdefault((row.station, row.n), []).append(row)
    return found


def _add(rows: list[Any], span: Span) -> Sums:
    def of(name: str) -> int:
        return sum(int(getattr(row, name)) for row in rows)

    late = _ints(rows, "late").reshape(-1, 2)[:, 1]
    last = span.last.toordinal()
    return Sums(
        of("taken"), of("settled") + int((late >> 32 <= last).sum()), of("closed") + int((late & NEVER <= last).sum()),
        of("withdrawn"), of("not_ours"), of("escalated"), of("reopened"),
        np.frombuffer(_bytes(rows, "took"), ">f8").astype(np.float64), _ints(rows, "done"), of("followed"),
        tuple(of(f"rated_{stars}") for stars in range(1, 6)), of("calls"), of("unplaced"),
    )  # fmt: skip


def _ints(rows: list[Any], name: str, width: str = ">i8") -> Ints:
    return np.frombuffer(_bytes(rows, name), width).astype(np.int64)


def _bytes(rows: list[Any], name: str) -> bytes:
    return b"".join(bytes(getattr(row, name) or b"") for row in rows)
