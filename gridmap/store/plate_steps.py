"""The life of plates on record: add steps, read them back; the database alone turns a step into a plate's state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a phone says it is: degrees in EPSG:4326, and how good that is [m], None where it did not say."""

    lon: float
    lat: float
    accuracy_m: float | None = None


def states(session: Session, station: str, codes: Sequence[str]) -> dict[str, str]:
    """Return the state of each of the plates that the station has, by code; one query."""
    rows = session.execute(
        text("""SELECT p.code, p.status FROM plate p JOIN unnest(CAST(:codes AS text[])) AS c (code) USING (code)
                WHERE p.station = :station"""),
        {"station": station, "codes": list(codes)},
    )
    return {str(code): str(status) for code, status in rows}


def stations(session: Session, codes: Sequence[str]) -> dict[str, str]:
    """Return the station of each of the plates in scope, by code; one query."""
    rows = session.execute(text("SELECT code, station FROM plate WHERE code = ANY (:codes)"), {"codes": list(codes)})
    return {str(code): str(station) for code, station in rows}


def station_of(session: Session, code: str) -> tuple[str, int, str] | None:
    """Return the station, the address and the state of a plate in scope, or None; one query."""
    row = session.execute(
        text("SELECT station, address_id, status FROM plate WHERE code = :code"), {"code": code}
    ).one_or_none()
    return None if row is None else (str(row[0]), int(row[1]), str(row[2]))


def add(  # one argument a column
    session: Session,
    station: str,
    codes: Sequence[str],
    step: str,
    *,
    by: str,
    note: str = "",
    replaced_by: str | None = None,
    spot: Spot | None = None,
) -> list[float | None]:
    """Add one step to each of the plates; one statement. Return how far from its door each was [m], None if unknown.

    In the order of the codes, so that two who record the same plates wait for one another instead of locking each other out.

    Raises
    ------
    PlateStepNotAllowed
        From the database's own table, where a plate has changed since it was looked at.
    """
    rows = session.execute(
        text("""INSERT INTO plate_step (station, plate, by, step, replaced_by, note, geom, accuracy_m, distance_m)
                SELECT p.station, p.code, :by, :step, CAST(:replaced_by AS text), :note, here.geom, CAST(:accuracy AS float8),
                       ST_Distance(here.geom::geography, a.geom::geography)
                FROM unnest(CAST(:codes AS text[])) AS c (code)
                JOIN plate p USING (code) JOIN address a ON a.id = p.address_id
                CROSS JOIN (SELECT ST_SetSRID(ST_MakePoint(CAST(:lon AS float8), CAST(:lat AS float8)), 4326) AS geom) here
                WHERE p.station = :station ORDER BY p.code COLLATE "C" RETURNING distance_m"""),
        {
            "station": station,
            "codes": list(codes),
            "by": by,
            "step": step,
            "replaced_by": replaced_by,
            "note": note,
            "lon": None if spot is None else spot.lon,
            "lat": None if spot is None else spot.lat,
            "accuracy": None if spot is None else spot.accuracy_m,
        },
    )
    return [None if found is None else float(found) for (found,) in rows]


def history(session: Session, code: str) -> Rows:
    """Return the steps of a plate, oldest first: at, by, step, replaced_by, note, accuracy_m, distance_m; one query."""
    return session.execute(
        text("""SELECT at, by, step, replaced_by, note, accuracy_m, distance_m FROM plate_step
                WHERE plate = :code ORDER BY id"""),
        {"code": code},
    ).all()


def copy_assignment(session: Session, edition_id: int, old: str, new: str) -> bool:
    """Give a new plate the answer that the old one at the same door has in an edition; whether there was one."""
    done = session.execute(
        text("""INSERT INTO assignment (edition_id, plate, station, beat, grid_cell, tie)
                SELECT edition_id, :new, station, beat, grid_cell, tie FROM assignment
                WHERE edition_id = :edition AND plate = :old"""),
        {"edition": edition_id, "old": old, "new": new},
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def flagged(session: Session, station: str, *, troubled: Sequence[str], far_m: float) -> Rows:
    """Return living plates somebody should look at; one query.

    Those in one of the states `troubled`, and those whose last installing was at least `far_m` from their door by a phone
    that knew better than that where it was. Columns: code, status, full, lon, lat, beat, grid_cell, at, by, distance_m,
    accuracy_m.
    """
    return session.execute(
        text("""SELECT p.code, p.status, a.full_text AS full, ST_X(a.geom) AS lon, ST_Y(a.geom) AS lat, z.beat, z.grid_cell,
                       s.at, s.by, s.distance_m, s.accuracy_m
                FROM plate p JOIN address a ON a.id = p.address_id
                LEFT JOIN LATERAL (SELECT at, by, distance_m, accuracy_m FROM plate_step
                                   WHERE plate = p.code AND step = p.status ORDER BY id DESC LIMIT 1) s ON true
                LEFT JOIN assignment z ON z.plate = p.code AND z.edition_id = edition_in_force(p.station, now())
                WHERE p.station = :station AND p.retired_at IS NULL
                  AND (p.status = ANY (:troubled) OR p.status = 'installed' AND coalesce(s.accuracy_m, 0) <= :far
                       AND s.distance_m - coalesce(s.accuracy_m, 0) > :far)
                ORDER BY a.full_text, p.code"""),
        {"station": station, "troubled": list(troubled), "far": far_m},
    ).all()
