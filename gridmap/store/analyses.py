"""Results of analyses, kept by the question and the version of the data they were worked out from."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.store.tables import Analysis

#: Results kept for each station; the oldest make room.
MOST_KEPT: Final = 300
#: Name of what is published to everybody: made once, never made room of.
PUBLIC: Final = "public"


def find(session: Session, station: str, name: str, version: int, question: str, data_version: str) -> bytes | None:
    """Return the kept result of a question about the present data, or None; one query."""
    return session.scalar(
        select(Analysis.body).where(
            Analysis.station == station,
            Analysis.name == name,
            Analysis.version == version,
            Analysis.question == question,
            Analysis.data_version == data_version,
        )
    )


def keep(
    session: Session, station: str, name: str, version: int, question: str, *, data_version: str, took_ms: int, body: bytes
) -> None:  # fmt: skip
    """Keep a result in place of the one worked out from older data; make room when there are too many."""
    row = insert(Analysis).values(
        station=station, name=name, version=version, question=question, data_version=data_version, took_ms=took_ms, body=body
    )  # fmt: skip
    fresh = {
        "data_version": row.excluded.data_version, "took_ms": row.excluded.took_ms, "body": row.excluded.body,
        "made_at": func.clock_timestamp(),
    }  # fmt: skip
    session.execute(row.on_conflict_do_update(index_elements=["station", "name", "version", "question"], set_=fresh))
    mine = (Analysis.station == station, Analysis.name != PUBLIC)
    newest = select(Analysis.id).where(*mine).order_by(Analysis.made_at.desc()).offset(MOST_KEPT)
    session.execute(delete(Analysis).where(Analysis.id.in_(newest)))
