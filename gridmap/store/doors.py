"""One door as whoever stands before it sees it; each function is one query unless it says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from gridmap.store.plate_steps import Spot

Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Door:
    """A plate, its standard address, and the zones it stands in now; `lon` and `lat` in EPSG:4326 [degrees]."""

    code: str
    status: str
    issued_at: datetime
    retired_at: datetime | None
    replaced_by: str | None
    station: str
    address_id: int
    address: str
    full: str
    town: str
    village: str
    group: str
    street: str
    number: str
    households: int
    lon: float
    lat: float
    edition: int | None
    beat: str | None
    beat_zh: str
    beat_en: str
    grid_cell: str | None
    cell_zh: str
    cell_en: str


def find(session: Session, code: str) -> Door | None:
    """Return the door of a plate in scope, living or not, or None."""
    # A plate that was replaced has no answer of later editions: its living successor at the same door has.
    row = session.execute(
        text("""SELECT p.code, p.status, p.issued_at, p.retired_at, p.replaced_by, p.station, p.address_id,
                       a.code AS address, a.full_text AS full, a.town, a.village, a.group_name AS group, a.street,
                       a.house_number AS number, a.households, ST_X(a.geom) AS lon, ST_Y(a.geom) AS lat,
                       e.number AS edition, z.beat, coalesce(b.name_zh, '') AS beat_zh, coalesce(b.name_en, '') AS beat_en,
                       z.grid_cell, coalesce(g.name_zh, '') AS cell_zh, coalesce(g.name_en, '') AS cell_en
                FROM plate p JOIN address a ON a.id = p.address_id
                LEFT JOIN plate alive ON alive.address_id = p.address_id AND alive.retired_at IS NULL
                LEFT JOIN edition e ON e.id = edition_in_force(p.station, now())
                LEFT JOIN assignment z ON z.edition_id = e.id AND z.plate = coalesce(alive.code, p.code)
                LEFT JOIN beat b ON b.edition_id = e.id AND b.code = z.beat
                LEFT JOIN grid_cell g ON g.edition_id = e.id AND g.code = z.grid_cell
                WHERE p.code = :code"""),
        {"code": code},
    ).one_or_none()
    return None if row is None else Door(**row._mapping)  # noqa: SLF001  # its public name for this


def plates(session: Session, address_id: int, *, limit: int) -> Rows:
    """Return the plates a door has had, newest first: code, status, issued_at, retired_at."""
    return session.execute(
        text("""SELECT code, status, issued_at, retired_at FROM plate WHERE address_id = :address
                ORDER BY retired_at DESC NULLS FIRST, issued_at DESC LIMIT :limit"""),
        {"address": address_id, "limit": limit},
    ).all()


def visits(session: Session, address_id: int, *, limit: int) -> Rows:
    """Return the visits to a door, newest first: id, at, purpose, person (a name, "" for nobody known)."""
    return session.execute(
        text("""SELECT v.id, v.at, v.purpose, coalesce(p.name, '') AS person FROM visit v
                LEFT JOIN person p ON p.id = v.person_id WHERE v.address_id = :address
                ORDER BY v.at DESC, v.id DESC LIMIT :limit"""),
        {"address": address_id, "limit": limit},
    ).all()


def notes(session: Session, address_id: int, *, limit: int) -> Rows:
    """Return the notes about a door, newest first: id, at, by, note."""
    return session.execute(
        text("""SELECT id, at, by, note FROM door_note WHERE address_id = :address
                ORDER BY at DESC, id DESC LIMIT :limit"""),
        {"address": address_id, "limit": limit},
    ).all()


def incidents(session: Session, station: str, address_id: int, *, limit: int) -> Rows:
    """Return the incidents at a door, newest first: number, category, name_zh, name_en, at."""
    return session.execute(
        text("""SELECT i.number, i.category, c.name_zh, c.name_en, i.at FROM incident i
                JOIN incident_category c ON c.code = i.category
                WHERE i.station = :station AND i.address_id = :address ORDER BY i.at DESC, i.id DESC LIMIT :limit"""),
        {"station": station, "address": address_id, "limit": limit},
    ).all()


def reports(session: Session, station: str, address_id: int, *, limit: int) -> Rows:
    """Return what residents reported at a door, newest first: id, kind, state, at, due_at, held, urgent; no words."""
    return session.execute(
        text("""SELECT id, kind, state, at, due_at, held, urgent FROM report
                WHERE station = :station AND address_id = :address ORDER BY at DESC, id DESC LIMIT :limit"""),
        {"station": station, "address": address_id, "limit": limit},
    ).all()


def distance_m(session: Session, address_id: int, spot: Spot) -> float:
    """Return how far a position is from a door [m], on the ellipsoid."""
    found = session.scalar(
        text("""SELECT ST_Distance(geom::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography)
                FROM address WHERE id = :address"""),
        {"lon": spot.lon, "lat": spot.lat, "address": address_id},
    )
    return float(found or 0.0)


def lock(session: Session, address_id: int) -> None:
    """Let one transaction at a time record something at a door: what was told twice is seen to be."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('door:' || :id, 0))"), {"id": str(address_id)})


def add_visit(
    session: Session, door: Door, purpose: str, *, person_id: int | None, within: timedelta
) -> tuple[datetime, bool]:
    """Add a visit now unless the same person made the same one `within` that time; two queries under the door's lock.

    Returns
    -------
    at, fresh
        When it was, and whether it is a new row.
    """
    facts = {
        "station": door.station, "address": door.address_id, "person": person_id, "purpose": purpose, "within": within,
    }  # fmt: skip
    own = "(SELECT id FROM person WHERE id = :person AND station = :station)"  # nobody visits in another station's name
    lately: datetime | None = session.scalar(
        text(f"""SELECT max(at) FROM visit WHERE address_id = :address AND purpose = :purpose
                  AND person_id IS NOT DISTINCT FROM {own}
                  AND at BETWEEN clock_timestamp() - CAST(:within AS interval) AND clock_timestamp()"""),
        facts,
    )
    if lately is not None:
        return lately, False
    at: datetime = session.execute(
        text(f"""INSERT INTO visit (station, address_id, person_id, at, purpose)
                VALUES (:station, :address, {own}, clock_timestamp(), :purpose) RETURNING at"""),
        facts,
    ).scalar_one()
    return at, True


def add_note(session: Session, door: Door, note: str, *, by: str, within: timedelta) -> bool:
    """Add a note unless the same person wrote the same `within` that time; whether it is a new row."""
    done = session.execute(
        text("""INSERT INTO door_note (station, address_id, by, note)
                SELECT :station, :address, :by, :note WHERE NOT EXISTS (
                  SELECT FROM door_note WHERE address_id = :address AND by = :by AND note = :note
                    AND at > clock_timestamp() - CAST(:within AS interval))"""),
        {"station": door.station, "address": door.address_id, "by": by, "note": note, "within": within},
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def stepped_lately(session: Session, code: str, step: str, *, by: str, spot: Spot | None, within: timedelta) -> bool:
    """Return whether the plate's last step is this one, by the same person at the same place `within` that time."""
    found: bool = session.execute(
        text("""SELECT EXISTS (SELECT FROM (SELECT * FROM plate_step WHERE plate = :code ORDER BY id DESC LIMIT 1) last
                WHERE step = :step AND by = :by AND at > clock_timestamp() - CAST(:within AS interval)
                  AND ST_X(geom) IS NOT DISTINCT FROM CAST(:lon AS float8)
                  AND ST_Y(geom) IS NOT DISTINCT FROM CAST(:lat AS float8))"""),
        {
            "code": code,
            "step": step,
            "by": by,
            "lon": None if spot is None else spot.lon,
            "lat": None if spot is None else spot.lat,
            "within": within,
        },
    ).scalar_one()
    return found
