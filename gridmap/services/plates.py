"""Plates: issue them for doors that have none."""

from __future__ import annotations

import numpy as np
from sqlalchemy.orm import Session

from gridmap.domain.codes import new_plate_code
from gridmap.services import resolve
from gridmap.store import audit, editions, frames, plate_steps, plates
from gridmap.store.tables import Edition


def issue(session: Session, station: str, *, by: str, tie_m: float = 1.0) -> int:
    """Issue a plate for every address of a station that has no living one; return how many.

    The new plates are resolved at once in the edition in force, so that a fresh plate answers as an old one does.

    Raises
    ------
    StationNotFound
    """
    editions.find_station(session, station)
    editions.lock_station(session, station)
    waiting = plates.addresses_without_plate(session, station)
    fresh: set[str] = set()
    while waiting:
        codes = [new_plate_code() for _ in waiting]
        plates.add_plates(session, station, codes, waiting)
        fresh.update(codes)
        waiting = plates.addresses_without_plate(session, station)  # a code drawn twice, once in a billion plates
    plate_steps.add(session, station, sorted(fresh), "issued", by=by)
    edition = editions.in_force(session, station)
    if fresh and edition is not None:
        resolve_fresh(session, edition, fresh, tie_m=tie_m)
    if fresh:
        audit.write(session, [station], by=by, action="issue plates", thing=station, after={"plates": len(fresh)})
    return len(fresh)


def resolve_fresh(session: Session, edition: Edition, fresh: set[str], *, tie_m: float) -> None:
    """Write an edition's answers for plates that were made after it was published."""
    place = editions.find_station(session, edition.station)
    codes, lon, lat = frames.plate_points(session, edition.station)
    mine = np.isin(codes, np.array(sorted(fresh), dtype="S12"))
    beats, cells = frames.zones(session, edition.id, "beat"), frames.zones(session, edition.id, "grid_cell")
    found = resolve.locate(beats, cells, lon[mine], lat[mine], metric_epsg=place.metric_epsg, tie_m=tie_m)
    answers = plates.Answers(
        codes[mine], found.beats, found.cells, found.ties, list(beats["code"]), list(cells["code"])
    )
    plates.add_assignments(session, edition, answers)
