"""The bodies asked to a dispute's joint mediation (联合调解), and what each answered: plain SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def asked(session: Session, dispute: int) -> dict[str, str]:
    """Return the bodies asked to a dispute's joint mediation: code -> name in Chinese."""
    rows = session.execute(
        text("""SELECT m.body, n.name_zh FROM dispute_body m JOIN body n ON n.station = m.station AND n.code = m.body
                WHERE m.dispute_id = :id"""),
        {"id": dispute},
    )
    return {row.body: row.name_zh for row in rows}


def put_answer(session: Session, dispute: int, body: str, answer: str, *, by: str, at: datetime) -> None:
    """Write what a body answered, "joined" or "declined", over what it answered before."""
    session.execute(
        text("UPDATE dispute_body SET answer = :answer, by = :by, at = :at WHERE dispute_id = :id AND body = :body"),
        {"id": dispute, "body": body, "answer": answer, "by": by, "at": at},
    )


def unknown(session: Session, station: str, codes: Sequence[str]) -> list[str]:
    """Return those of some codes that are no active body of a station, as they were given."""
    rows = session.scalars(
        text("""SELECT given.code FROM unnest(CAST(:codes AS text[])) WITH ORDINALITY AS given (code, place)
                WHERE NOT EXISTS (SELECT FROM body b WHERE b.station = :station AND b.code = given.code AND b.active)
                ORDER BY given.place"""),
        {"station": station, "codes": list(codes)},
    )
    return [str(code) for code in rows]
