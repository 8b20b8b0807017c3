"""The papers of disputes, sealed, version after version; and what is known of a dispute when one is begun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a paper: `number` counts those of its kind in the dispute from 1; `name`: of who wrote it."""

    id: int
    kind: str
    number: int
    at: datetime
    by: str
    name: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a dispute for its papers; names of kinds and bodies as Chinese, English."""

    number: str
    kind: tuple[str, str]
    station: tuple[str, str]
    opened_at: datetime
    timezone: str
    place: str
    holder: tuple[str, str]
    bodies: tuple[tuple[str, str], ...]
    terms: str
    words: str


_KNOWN: Final = text("""
    SELECT d.number, c.name_zh AS kind_zh, c.name_en AS kind_en, s.name_zh, s.name_en, d.opened_at, s.timezone, d.words,
           coalesce(a.full_text, concat_ws(' ', d.beat, d.grid_cell)) AS place,
           coalesce(p.name, b.name_zh, '') AS holder_zh, coalesce(nullif(p.name_en, ''), p.name, nullif(b.name_en, ''), b.name_zh, '')
             AS holder_en,
           coalesce((SELECT e.note FROM dispute_event e WHERE e.dispute_id = d.id AND e.what = 'settled' ORDER BY e.id DESC LIMIT 1), '')
             AS terms,
           (SELECT coalesce(array_agg(ARRAY[o.name_zh, coalesce(nullif(o.name_en, ''), o.name_zh)] ORDER BY o.code), '{}')
            FROM dispute_body j JOIN body o ON o.station = j.station AND o.code = j.body
            WHERE j.dispute_id = d.id AND j.answer <> 'declined') AS bodies
    FROM dispute d JOIN station s ON s.code = d.station JOIN incident_category c ON c.code = d.kind
    LEFT JOIN address a ON a.id = d.address_id LEFT JOIN person p ON p.id = d.holder_id
    LEFT JOIN body b ON b.station = d.station AND b.code = d.body
    WHERE d.station = :station AND d.id = :dispute
""")


def known(session: Session, station: str, dispute: int) -> Known:
    """Return what a paper of a dispute is begun with; one query."""
    row = session.execute(_KNOWN, {"station": station, "dispute": dispute}).one()
    return Known(
        row.number, (row.kind_zh, row.kind_en), (row.name_zh, row.name_en), row.opened_at, row.timezone, row.place,
        (row.holder_zh, row.holder_en), tuple((zh, en) for zh, en in row.bodies), row.terms, row.words,
    )  # fmt: skip


def versions(session: Session, station: str, dispute: int) -> list[Version]:
    """Return the versions of all papers of a dispute, newest first, without their texts; one query."""
    rows = session.execute(
        text("""SELECT v.id, v.kind, v.at, v.by, coalesce(a.display_name, v.by) AS name,
                  row_number() OVER (PARTITION BY v.kind ORDER BY v.id) AS number
                FROM dispute_paper v LEFT JOIN account a ON a.login = v.by
                WHERE v.dispute_id = :dispute AND v.station = :station ORDER BY v.id DESC"""),
        {"dispute": dispute, "station": station},
    )
    return [Version(row.id, row.kind, row.number, row.at, row.by, row.name) for row in rows]


def add(session: Session, station: str, dispute: int, *, kind: str, at: datetime, by: str, sealed: bytes) -> int:
    """Keep a version of a paper and return its id; none is ever changed."""
    return int(session.execute(
        text("""INSERT INTO dispute_paper (station, dispute_id, kind, at, by, sealed)
                VALUES (:station, :dispute, :kind, :at, :by, :sealed) RETURNING id"""),
        {"station": station, "dispute": dispute, "kind": kind, "at": at, "by": by, "sealed": sealed},
    ).scalar_one())  # fmt: skip


def sealed(session: Session, station: str, dispute: int, paper: int) -> tuple[str, datetime, str, bytes] | None:
    """Return kind, time, author and the sealed text of a version; None where there is none; one query."""
    row = session.execute(
        text("""SELECT kind, at, by, sealed FROM dispute_paper
                WHERE id = :paper AND dispute_id = :dispute AND station = :station"""),
        {"paper": paper, "dispute": dispute, "station": station},
    ).one_or_none()
    return None if row is None else (row.kind, row.at, row.by, bytes(row.sealed))
