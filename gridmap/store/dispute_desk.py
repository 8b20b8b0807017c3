"""Whom a station's desk can turn to, its kinds, and one step as it was taken: one statement a function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import OVER

_OVER: Final = ", ".join(f"'{state}'" for state in OVER)


@dataclass(frozen=True, slots=True)
class Body:
    """A body that mediates or takes over."""

    code: str
    name_zh: str
    name_en: str
    trades: Sequence[str]
    phone: str | None


@dataclass(frozen=True, slots=True)
class MediatorRow:
    """A mediator; `holding`: disputes in their hands now, at most `most`."""

    code: str
    name: str
    name_en: str
    body: str | None
    type: str
    trades: Sequence[str]
    languages: Sequence[str]
    most: int
    holding: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A step as it was taken, and how the dispute stood then; `holder_kind` and `offered_kind`: person or body."""

    event: int
    dispute: int
    number: str
    version: int
    at: datetime
    step: str
    state: str
    tier: int
    holder_kind: str | None
    holder: str | None
    offered_kind: str | None
    offered: str | None
    due_at: datetime | None
    settle_by: datetime | None


def bodies(session: Session, station: str) -> list[Body]:
    """Return the bodies of a station that are active, the desk first."""
    rows = session.execute(
        text("""SELECT code, name_zh, name_en, trades, phone FROM body WHERE station = :station AND active
                ORDER BY code <> 'desk', code"""),
        {"station": station},
    )
    return [Body(*row) for row in rows]


def mediators(session: Session, station: str) -> list[MediatorRow]:
    """Return the mediators of a station who are active, by code."""
    rows = session.execute(
        text(f"""SELECT p.code, p.name, p.name_en, m.body, m.type, m.trades, m.languages, m.most,
                   (SELECT count(*) FROM dispute d WHERE d.station = m.station AND d.holder_id = m.person_id
                      AND d.state NOT IN ({_OVER}))
                 FROM mediator m JOIN person p ON p.id = m.person_id WHERE m.station = :station AND m.active ORDER BY p.code"""),
        {"station": station},
    )
    return [MediatorRow(*row) for row in rows]


def person_of_code(session: Session, station: str, code: str) -> int | None:
    """Return the id of a person of a station."""
    found: int | None = session.scalar(
        text("SELECT id FROM person WHERE station = :station AND code = :code"), {"station": station, "code": code}
    )
    return found


def kinds(session: Session, codes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the kinds among `codes` that there are: code -> Chinese, English."""
    rows = session.execute(
        text("SELECT code, name_zh, name_en FROM incident_category WHERE code = ANY (:codes)"), {"codes": list(codes)}
    )
    return {row.code: (row.name_zh, row.name_en) for row in rows}


def taken(session: Session, station: str, event: int) -> Taken:
    """Return a step as it was taken."""
    row = session.execute(
        text("""SELECT e.id, e.dispute_id, d.number, e.seq, e.at, e.what, e.after, e.tier,
                  CASE WHEN e.holder_id IS NOT NULL THEN 'person' WHEN e.body IS NOT NULL THEN 'body' END,
                  coalesce(h.code, e.body),
                  CASE WHEN e.offered_id IS NOT NULL THEN 'person' WHEN e.offered_body IS NOT NULL THEN 'body' END,
                  coalesce(o.code, e.offered_body), e.due_at, e.settle_by
                FROM dispute_event e JOIN dispute d ON d.id = e.dispute_id
                LEFT JOIN person h ON h.id = e.holder_id LEFT JOIN person o ON o.id = e.offered_id
                WHERE e.station = :station AND e.id = :id"""),
        {"station": station, "id": event},
    ).one()
    return Taken(*row)
