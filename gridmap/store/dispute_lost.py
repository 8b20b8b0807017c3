"""Open disputes whose holder is nobody who can act, as the desk tells them: plain SQL."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Lost:
    """A dispute that is lost; `why`: as the view `lost_dispute` says it."""

    id: int
    number: str
    why: str


def told(session: Session, station: str, most: int) -> tuple[list[Lost], int]:
    """Return the first `most` of a station's lost disputes, longest due first, and how many there are; one query.

    It reads who holds what is open from an index, and no more of a dispute than that where none is lost.
    """
    rows = session.execute(
        text("""SELECT id, number, why, count(*) OVER () AS n FROM lost_dispute WHERE station = :station
                ORDER BY due_at NULLS FIRST, id LIMIT :most"""),
        {"station": station, "most": most},
    ).all()
    return [Lost(row.id, row.number, row.why) for row in rows], rows[0].n if rows else 0
