"""Receipts of disputes: the way from a code to its dispute, and the steps whoever holds it may follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def put(session: Session, dispute: int, tracking: bytes, language: str) -> None:
    """Keep the SHA-256 of a receipt's code, in place of one given before, and the language its holder reads."""
    session.execute(
        text("UPDATE dispute SET tracking = :tracking, language = :language WHERE id = :id"),
        {"id": dispute, "tracking": tracking, "language": language},
    )


def door(session: Session, tracking: bytes) -> tuple[str, int] | None:
    """Return station and id of the dispute with this receipt, for anybody who holds its code; one query."""
    row = session.execute(text("SELECT station, id FROM dispute_door(:tracking)"), {"tracking": tracking}).one_or_none()
    return None if row is None else (str(row.station), int(row.id))


def events(session: Session, dispute: int, what: Sequence[str]) -> list[tuple[datetime, str, str, str, int | None]]:
    """Return when, what, in which role, the note and the rating of a dispute's steps of some kinds, oldest first."""
    rows = session.execute(
        text("""SELECT at, what, role, note, (facts ->> 'rating')::integer AS rating FROM dispute_event
                WHERE dispute_id = :id AND what = ANY (:what) ORDER BY id"""),
        {"id": dispute, "what": list(what)},
    )
    return [(row.at, row.what, row.role, row.note, row.rating) for row in rows]
