"""What neighbours' applications file and read (Open311): plain SQL, one statement a function.

`place`, `door`, `request_door` and `changed_at` are asked before anybody is known; everything else wants the transaction
to be in the station's scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_words import OVER

_OVER: Final = ", ".join(f"'{state}'" for state in OVER)
#: Addresses looked at for one that is written otherwise.
MOST_CANDIDATES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Place:
    """A jurisdiction: a station."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Whether a point lies in a jurisdiction, and how far this reaches (degrees)."""

    inside: bool
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Filed:
    """A request as it stands. `said`: the last step residents read of; `promised_by`: by when it was to be settled, while it is open.

    `updated_at`: when what is told of it changed last.
    """

    dispute: int
    request_id: str
    matter: str
    kind: str
    kind_zh: str
    kind_en: str
    words: str
    state: str
    opened_at: datetime
    promised_by: datetime | None
    updated_at: datetime
    said: str | None
    address: str | None
    address_code: str | None
    lon: float | None
    lat: float | None
    filed_by: int | None


def place(session: Session, code: str) -> Place | None:
    """Return the station of a code, for anybody."""
    row = session.execute(text("SELECT code, name_zh, name_en FROM open311_place(:code)"), {"code": code}).one_or_none()
    return None if row is None else Place(*row)


def door(session: Session, sha256: bytes) -> tuple[str, int] | None:
    """Return station and id of a key that is active, by its digest."""
    row = session.execute(text("SELECT station, id FROM open311_door(:key)"), {"key": sha256}).one_or_none()
    return None if row is None else (str(row.station), int(row.id))


def request_door(session: Session, request: str) -> tuple[str, int] | None:
    """Return station and id of the dispute of a request."""
    row = session.execute(text("SELECT station, id FROM request_door(:id)"), {"id": request}).one_or_none()
    return None if row is None else (str(row.station), int(row.id))


def station_at(session: Session, lon: float, lat: float) -> Place | None:
    """Return the station in whose jurisdiction a point lies, for anybody."""
    row = session.execute(
        text("""SELECT o.code, o.name_zh, o.name_en FROM scan_place(:lon, :lat) s, open311_place(s.station) o"""),
        {"lon": lon, "lat": lat},
    ).one_or_none()
    return None if row is None else Place(*row)


def changed_at(session: Session) -> datetime:
    """Return when the rules of any station's loop were loaded last."""
    found: datetime = session.execute(text("SELECT coalesce(max(loaded_at), to_timestamp(0)) FROM loop")).scalar_one()
    return found


def dispute_kinds(session: Session, codes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the kinds of dispute among `codes` that the database knows: code -> Chinese, English."""
    rows = session.execute(
        text("SELECT code, name_zh, name_en FROM incident_category WHERE is_dispute AND code = ANY (:codes)"),
        {"codes": list(codes)},
    )
    return {row.code: (row.name_zh, row.name_en) for row in rows}


def first_kind(session: Session, codes: Sequence[str]) -> str | None:
    """Return the first category of `codes` that the database knows."""
    found: str | None = session.scalar(
        text("""SELECT c.code FROM unnest(CAST(:codes AS text[])) WITH ORDINALITY w (code, n)
                JOIN incident_category c ON c.code = w.code ORDER BY w.n LIMIT 1"""),
        {"codes": list(codes)},
    )
    return found


def ground(session: Session, station: str, lon: float, lat: float) -> Ground:
    """Return how a point lies to a station's jurisdiction."""
    row = session.execute(
        text("""SELECT ST_Covers(jurisdiction, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) AS inside,
                  ST_XMin(jurisdiction) AS west, ST_YMin(jurisdiction) AS south, ST_XMax(jurisdiction) AS east,
                  ST_YMax(jurisdiction) AS north FROM station WHERE code = :station"""),
        {"station": station, "lon": lon, "lat": lat},
    ).one()
    return Ground(*row)


def address_of_code(session: Session, station: str, code: str) -> int | None:
    """Return the id of the address of a code."""
    found: int | None = session.scalar(
        text("SELECT id FROM address WHERE station = :station AND code = :code"), {"station": station, "code": code}
    )
    return found


def addresses_with(session: Session, station: str, part: str) -> list[tuple[int, str]]:
    """Return id and text of the addresses whose text holds `part`, at most one more than `MOST_CANDIDATES`.

    It reads the station's addresses: some 30 ms for 80,000.
    """
    rows = session.execute(
        text("SELECT id, full_text FROM address WHERE station = :station AND strpos(full_text, :part) > 0 LIMIT :most"),
        {"station": station, "part": part, "most": MOST_CANDIDATES + 1},
    )
    return [(row.id, row.full_text) for row in rows]


def done_before(session: Session, station: str, keys: Sequence[str], since: datetime | None) -> int | None:
    """Return the dispute that a request with one of `keys` opened, since a moment where one is given."""
    found: int | None = session.scalar(
        text("""SELECT dispute_id FROM dispute_event WHERE station = :station AND key = ANY (:keys) AND what = 'opened'
                  AND (CAST(:since AS timestamptz) IS NULL OR at > CAST(:since AS timestamptz)) ORDER BY id DESC LIMIT 1"""),
        {"station": station, "keys": list(keys), "since": since},
    )
    return found


#: When what is told of a request changed last: it was taken in, took a step residents read of, became another service, was over.
_UPDATED: Final = """greatest(d.opened_at, d.settled_at, s.at, (
        SELECT max(e.at) FROM dispute_event e WHERE e.dispute_id = d.id AND (
          e.what = 'marked' AND e.facts ? 'kind' OR e.what IN ('withdrawn', 'not_ours'))))"""
_FILED: Final = f"""
    SELECT d.id, d.request_id, d.matter, d.kind, c.name_zh, c.name_en, d.words, d.state, d.opened_at,
      CASE WHEN d.state NOT IN ({_OVER}) THEN coalesce(d.promised_by, d.settle_by) END,
      {_UPDATED}, s.what, a.full_text, a.code, ST_X(d.geom), ST_Y(d.geom), d.filed_by
    FROM dispute d JOIN incident_category c ON c.code = d.kind LEFT JOIN address a ON a.id = d.address_id
    LEFT JOIN LATERAL (
      SELECT e.what, e.at FROM dispute_event e WHERE e.dispute_id = d.id AND e.what = ANY (:told)
      ORDER BY e.at DESC, e.id DESC LIMIT 1) s ON true
    WHERE d.station = :station AND d.request_id IS NOT NULL"""


def filed(session: Session, station: str, dispute: int, told: Sequence[str]) -> Filed | None:
    """Return one request; `told`: the steps residents read of."""
    row = session.execute(
        text(f"{_FILED} AND d.id = :id"), {"station": station, "id": dispute, "told": list(told)}
    ).one_or_none()
    return None if row is None else Filed(*row)


def filed_by(
    session: Session,
    station: str,
    key: int,
    *,
    told: Sequence[str],
    ids: Sequence[str],
    services: tuple[Sequence[str], Sequence[str]],
    closed: bool | None,
    between: tuple[datetime, datetime],
    updated: tuple[datetime, datetime] | None,
    rows: tuple[int, int],
) -> list[Filed]:
    """Return what was filed with a key, newest first; one query.

    Parameters
    ----------
    ids
        Only these requests; whatever else is asked for does not count then.
    services
        Kinds of dispute, and other matters; both empty: all.
    closed
        True: closed ones, False: open ones, None: both.
    between
        From and until when they were filed, both included.
    updated
        The same of when they changed last; None: whenever.
    rows
        How many, after how many.
    """
    kinds, matters = services
    parts = ["d.filed_by = :key"]
    if ids:
        parts.append("d.request_id = ANY (:ids)")
    else:
        # Moments are told to the second: the one told of a request finds it.
        parts.append(
            "d.opened_at >= CAST(:since AS timestamptz) AND d.opened_at < CAST(:until AS timestamptz) + interval '1 second'"
        )
        if updated is not None:
            parts.append(
                f"{_UPDATED} >= CAST(:changed AS timestamptz) AND {_UPDATED} < CAST(:unchanged AS timestamptz) + interval '1 second'"
            )
        if kinds or matters:
            parts.append("(d.matter = 'dispute' AND d.kind = ANY (:kinds) OR d.matter = ANY (:matters))")
        if closed is not None:
            parts.append(f"d.state {'IN' if closed else 'NOT IN'} ({_OVER})")
    found = session.execute(
        text(f"{_FILED} AND {' AND '.join(parts)} ORDER BY d.opened_at DESC, d.id DESC LIMIT :most OFFSET :skip"),
        {
            "changed": updated and updated[0], "unchanged": updated and updated[1],
            "station": station, "key": key, "told": list(told), "ids": list(ids), "kinds": list(kinds), "matters": list(matters),
            "since": between[0], "until": between[1], "most": rows[0], "skip": rows[1],
        },
    )  # fmt: skip
    return [Filed(*row) for row in found]
