"""What the briefing counts: incidents, disputes as cases, visits, by span; and the disputes that are open now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.store.dispute_sql import DROPPED, IS_DISPUTE, OPEN

Moments = tuple[datetime, datetime]
#: Spans as rows (n, since, until), to be joined.
_SPANS = """unnest(CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
            WITH ORDINALITY AS span (since, until, n)"""


@dataclass(frozen=True, slots=True)
class Cases:
    """The disputes of a span: `opened` in it; `of_opened` of these neither withdrawn nor others', `settled_of_opened` settled before its end.

    `settled`: settled in it, whenever opened; `hours`: how long each of these took [h].
    """

    opened: int
    of_opened: int
    settled_of_opened: int
    settled: int
    hours: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Records:
    """From when on there are records of each kind, and the newest incident; None where there is none."""

    incident: datetime | None
    newest: datetime | None
    dispute: datetime | None
    visit: datetime | None


def records(session: Session, station: str) -> Records:
    """Return from when on a station has records; one query on indexes."""
    query = text(f"""
        SELECT (SELECT min(at) FROM incident WHERE station = :station), (SELECT max(at) FROM incident WHERE station = :station),
               (SELECT min(opened_at) FROM dispute WHERE station = :station AND {IS_DISPUTE}), (SELECT min(at) FROM visit WHERE station = :station)""")
    return Records(*session.execute(query, {"station": station}).one())


def incidents(session: Session, station: str, spans: Sequence[Moments]) -> pd.DataFrame:
    """Return how many incidents of each category fall in each span: rows of category codes, a column a span; one query."""
    query = text(f"""
        SELECT span.n, i.category, count(*) FROM {_SPANS}
        JOIN incident i ON i.station = :station AND i.at >= span.since AND i.at < span.until GROUP BY 1, 2""")
    rows = session.execute(query, _given(station, spans)).all()
    told = pd.DataFrame([tuple(row) for row in rows], columns=["n", "category", "count"])
    table = told.pivot_table(index="category", columns="n", values="count", aggfunc="sum", fill_value=0)
    return (
        table.reindex(columns=range(1, len(spans) + 1), fill_value=0)
        .set_axis(range(len(spans)), axis=1)
        .astype("int64")
    )


def cases(session: Session, station: str, spans: Sequence[Moments]) -> list[Cases]:
    """Return the disputes of each span as cases; one query."""
    query = text(f"""
        SELECT span.n,
          count(*) FILTER (WHERE opened), count(*) FILTER (WHERE opened AND NOT d.{DROPPED}),
          count(*) FILTER (WHERE opened AND d.settled_at < span.until), count(*) FILTER (WHERE settled),
          coalesce(array_agg(extract(epoch FROM d.settled_at - d.opened_at)::float8 / 3600) FILTER (WHERE settled), '{{}}')
        FROM {_SPANS}
        LEFT JOIN LATERAL (
          SELECT *, opened_at >= span.since AND opened_at < span.until AS opened,
                 coalesce(settled_at >= span.since AND settled_at < span.until, false) AS settled
          FROM dispute WHERE station = :station AND {IS_DISPUTE} AND opened_at < span.until
            AND (opened_at >= span.since OR settled_at >= span.since)) d ON d.opened OR d.settled
        GROUP BY span.n ORDER BY span.n""")
    return [
        Cases(opened, of, settled_of, settled, np.array(hours, dtype=np.float64))
        for _, opened, of, settled_of, settled, hours in session.execute(query, _given(station, spans))
    ]


def visits(session: Session, station: str, spans: Sequence[Moments]) -> list[int]:
    """Return how many visits were made in each span; one query."""
    query = text(f"""
        SELECT (SELECT count(*) FROM visit WHERE station = :station AND at >= span.since AND at < span.until)
        FROM {_SPANS} ORDER BY span.n""")
    return [int(n) for n in session.scalars(query, _given(station, spans))]


def open_by_tier(session: Session, station: str, now: datetime) -> list[tuple[int, int, int, int, datetime]]:
    """Return the disputes that are not settled: tier, how many, overdue, without a deadline, oldest (UTC); one query."""
    query = text(f"""
        SELECT tier, count(*), count(*) FILTER (WHERE due_at < :now), count(*) FILTER (WHERE due_at IS NULL), min(opened_at)
        FROM dispute WHERE station = :station AND {IS_DISPUTE} AND {OPEN} GROUP BY tier ORDER BY tier""")
    rows = session.execute(query, {"station": station, "now": now})
    return [(tier, count, overdue, without, oldest) for tier, count, overdue, without, oldest in rows]


def open_in_beats(session: Session, station: str, edition_id: int) -> dict[str, int]:
    """Return how many open disputes lie in each beat of an edition that has any, by its code; one query.

    A dispute without a place of its own lies where its incident or its door does; on a shared border in the lowest code.
    """
    query = text(f"""
        SELECT b.code, count(*) FROM (
          SELECT coalesce(d.geom, i.geom, a.geom) AS geom FROM dispute d
          LEFT JOIN incident i ON i.id = d.incident_id LEFT JOIN address a ON a.id = d.address_id
          WHERE d.station = :station AND d.{IS_DISPUTE} AND d.{OPEN}) d
        CROSS JOIN LATERAL (
          SELECT code FROM beat WHERE edition_id = :edition AND ST_Covers(geom, d.geom) ORDER BY code LIMIT 1) b
        GROUP BY 1 ORDER BY 1""")
    rows = session.execute(query, {"station": station, "edition": edition_id})
    return {str(code): int(count) for code, count in rows}


def _given(station: str, spans: Sequence[Moments]) -> dict[str, object]:
    return {"station": station, "since": [one[0] for one in spans], "until": [one[1] for one in spans]}
