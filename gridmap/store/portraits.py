"""Portraits of people for residents' pages."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session


def person_id(session: Session, station: str, person: str) -> int | None:
    """Return the number of a person by code, None where the station has nobody of that code; one query."""
    query = text("SELECT id FROM person WHERE station = :station AND code = :person")
    found: int | None = session.scalar(query, {"station": station, "person": person})
    return found


def put(session: Session, station: str, person: int, jpeg: bytes, sha256: str) -> None:
    """Keep the portrait of a person in place of the one before; one statement."""
    session.execute(
        text("""INSERT INTO person_photo (person_id, station, sha256, jpeg) VALUES (:person, :station, :sha256, :jpeg)
                ON CONFLICT (person_id) DO UPDATE SET sha256 = excluded.sha256, jpeg = excluded.jpeg"""),
        {"person": person, "station": station, "sha256": sha256, "jpeg": jpeg},
    )
