"""A station's living plates, as few words of each as an officer needs to compare a door."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session


def living(session: Session, station: str, edition_id: int | None) -> list[Sequence[str]]:
    """Return code, street (or village), the end of the number, grid cell and state of living plates, by code; one query."""
    rows = session.execute(
        text("""SELECT p.code, coalesce(nullif(a.street, ''), a.village), right(a.house_number, 3),
                       coalesce(z.grid_cell, ''), p.status
                FROM plate p JOIN address a ON a.id = p.address_id
                LEFT JOIN assignment z ON z.edition_id = :edition AND z.plate = p.code
                WHERE p.station = :station AND p.retired_at IS NULL ORDER BY p.code COLLATE "C" """),
        {"station": station, "edition": edition_id},
    )
    return [tuple(row) for row in rows]
