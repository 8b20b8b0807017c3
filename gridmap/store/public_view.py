"""What is published of a station: masked counts, written once a quarter, never again; read through a function of their own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap.store.analyses import PUBLIC
from gridmap.store.tables import Analysis

VERSION = 1


@dataclass(frozen=True, slots=True)
class Published:
    """One quarter of a station: its key ("2026-Q3"), the station's names, and the JSON that everybody may read."""

    quarter: str
    name_zh: str
    name_en: str
    synthetic: bool
    body: bytes


def published(session: Session, station: str) -> list[Published]:
    """Return the newest four quarters published of a station, newest first; one call of one function, whoever asks."""
    rows = session.execute(text("SELECT * FROM public_counts(:station)"), {"station": station})
    return [Published(row.quarter, row.name_zh, row.name_en, bool(row.synthetic), bytes(row.body)) for row in rows]


def due(session: Session, quarter: str) -> list[str]:
    """Return the stations of which a quarter is not published; one query, in nobody's scope."""
    return list(session.scalars(text("SELECT public_due(:quarter)"), {"quarter": quarter}))


def keep(session: Session, station: str, quarter: str, body: bytes, took_ms: int) -> None:
    """Publish a quarter; one that is published stays as it is: two versions of it could be subtracted."""
    row = insert(Analysis).values(
        station=station, name=PUBLIC, version=VERSION, question=quarter, data_version="", took_ms=took_ms, body=body
    )
    session.execute(row.on_conflict_do_nothing())
