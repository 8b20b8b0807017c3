"""Keys with which neighbours' applications file requests (Open311), as rows; of a key only its digest is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Key:
    """A key and what it was used for. `filed`: how many requests; `last`: when the latest one came."""

    id: int
    station: str
    name: str
    active: bool
    at: datetime
    by: str
    filed: int
    last: datetime | None


def add(session: Session, station: str, name: str, sha256: bytes, *, by: str) -> int:
    """Add a key by its digest and return its number."""
    return int(session.execute(
        text("""INSERT INTO open311_key (station, name, sha256, by) VALUES (:station, :name, :sha256, :by) RETURNING id"""),
        {"station": station, "name": name, "sha256": sha256, "by": by},
    ).scalar_one())  # fmt: skip


def listing(session: Session, station: str | None) -> list[Key]:
    """Return the keys of a station, or of all in scope; one query."""
    rows = session.execute(
        text("""SELECT k.id, k.station, k.name, k.active, k.at, k.by, count(d.id) AS filed, max(d.opened_at) AS last
                FROM open311_key k LEFT JOIN dispute d ON d.filed_by = k.id AND d.station = k.station
                WHERE CAST(:station AS text) IS NULL OR k.station = :station GROUP BY k.id ORDER BY k.station, k.id"""),
        {"station": station},
    )
    return [Key(*row) for row in rows]


def end(session: Session, number: int) -> str | None:
    """End a key and return its station, None where there is none; a key that has ended stays ended."""
    found: str | None = session.execute(
        text("UPDATE open311_key SET active = false WHERE id = :id RETURNING station"), {"id": number}
    ).scalar_one_or_none()
    return found


def add_kinds(session: Session, kinds: Mapping[str, tuple[str, str]]) -> None:
    """Add the kinds of dispute (code -> Chinese, English) that the database lacks; only the owner of the data may."""
    session.execute(
        text("""INSERT INTO incident_category (code, name_zh, name_en, is_dispute)
                SELECT k.code, k.zh, k.en, true
                FROM unnest(CAST(:codes AS text[]), CAST(:zh AS text[]), CAST(:en AS text[])) AS k (code, zh, en)
                ON CONFLICT (code) DO NOTHING"""),
        {
            "codes": list(kinds),
            "zh": [names[0] for names in kinds.values()],
            "en": [names[1] for names in kinds.values()],
        },
    )
