"""Plates: issue them for doors that have none, and answer a scan."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from gridmap.domain.codes import new_plate_code, parse_plate_code
from gridmap.domain.plates import PlateAnswer
from gridmap.errors import NotFound
from gridmap.services import resolve
from gridmap.store import audit, editions, frames, plates


class PlateNotFound(NotFound):
    """The code is well formed, but no plate bears it."""

    slug, title = "plate-not-found", "No such plate"


def issue(session: Session, station: str, *, by: str, tie_m: float = 1.0) -> int:
    """Issue a plate for every address of a station that has no living one; return how many.

    The new plates are resolved at once in the edition in force, so that a fresh plate answers as an old one does.

    Raises
    ------
    StationNotFound
    """
    place = editions.find_station(session, station)
    editions.lock_station(session, station)
    waiting = plates.addresses_without_plate(session, station)
    fresh: set[str] = set()
    while waiting:
        codes = [new_plate_code() for _ in waiting]
        plates.add_plates(session, station, codes, waiting)
        fresh.update(codes)
        waiting = plates.addresses_without_plate(session, station)  # a code drawn twice, once in a billion plates
    edition = editions.in_force(session, station)
    if fresh and edition is not None:
        codes_of_all, lon, lat = frames.plate_points(session, station)
        mine = np.isin(codes_of_all, np.array(sorted(fresh), dtype="S12"))
        beats, cells = frames.zones(session, edition.id, "beat"), frames.zones(session, edition.id, "grid_cell")
        found = resolve.locate(beats, cells, lon[mine], lat[mine], metric_epsg=place.metric_epsg, tie_m=tie_m)
        answers = plates.Answers(
            codes_of_all[mine], found.beats, found.cells, found.ties, list(beats["code"]), list(cells["code"])
        )
        plates.add_assignments(session, edition, answers)
    if fresh:
        audit.write(session, [station], by=by, action="issue plates", thing=station, after={"plates": len(fresh)})
    return len(fresh)


def scan(session: Session, typed: str, at: datetime | None = None) -> PlateAnswer:
    """Return who answers for a plate at a moment (now when None); one query.

    Raises
    ------
    PlateCodeNotValid
        If the code is mistyped; the fact `suggestion` may name the right one.
    PlateNotFound
        If no plate bears the code.
    """
    code = parse_plate_code(typed)
    found = plates.find_answer(session, code, at)
    if found is None:
        raise PlateNotFound("no plate bears this code: read it again, or call the station", plate=code)
    return PlateAnswer.from_json(found)
