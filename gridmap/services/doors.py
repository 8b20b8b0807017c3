"""A door as staff see it: everything on record within their scope and role, each look on record.

Whoever uses the desk sees of a door's disputes what their lists show: an officer all, a grid member what is in their cells, a
mediator what was given to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor
from gridmap.domain.codes import parse_plate_code
from gridmap.services.disputes.rules import sight_of
from gridmap.services.plate_life import Step, flagged
from gridmap.services.scan import PlateNotFound
from gridmap.store import audit, dispute_doors, doors, plate_steps
from gridmap.store.doors import Door, Rows
from gridmap.store.postings import cells_of
from gridmap.store.reviews import names

#: Rows of each list; a door with more history than a telephone shows is read on the map.
MOST: Final = 20

__all__ = ["Door", "DoorLook", "disputes_only", "find", "flagged", "look"]


@dataclass(frozen=True, slots=True)
class DoorLook:
    """All that somebody may know of a door; a list is None where their role does not include it.

    `called` gives the name shown for a login, where there is one.
    """

    door: Door
    steps: list[Step] | None
    plates: Rows | None
    visits: Rows | None
    notes: Rows | None
    incidents: Rows | None
    disputes: Rows | None
    reports: Rows | None
    called: dict[str, str]


def find(session: Session, actor: Actor, typed: str, station: str | None = None) -> Door:
    """Return the door of a plate, if it is one of `actor`'s; two queries at most.

    A grid member's doors are those of the grid cells they are posted to today.

    Raises
    ------
    PlateCodeNotValid
    PlateNotFound
        If there is no such plate, or it is outside the scope, the `station` asked for or the person's cells: all told alike.
    """
    code = parse_plate_code(typed)
    door = doors.find(session, code)
    if door is None or door.station not in actor.stations or station not in {None, door.station}:
        raise PlateNotFound("no plate of yours bears this code", plate=code)
    if not actor.may(Action.READ_ANALYSES) and not actor.may(Action.READ_PLATES):
        now = datetime.now(UTC)
        own = [] if actor.person_id is None else cells_of(session, door.station, actor.person_id, now)
        if door.grid_cell not in own:
            raise PlateNotFound("no plate of yours bears this code", plate=code)
    return door


def look(session: Session, actor: Actor, typed: str, station: str | None = None) -> DoorLook:
    """Return all that `actor` may know of a door, and put on record that they looked; one query a part.

    Raises
    ------
    PlateCodeNotValid, PlateNotFound
        As `find`.
    """
    door = find(session, actor, typed, station)
    here, at = door.station, door.address_id
    audit.write(session, [here], by=actor.login, action="look", thing=f"door {door.code}")
    steps = [Step(*row) for row in plate_steps.history(session, door.code)]
    notes = doors.notes(session, at, limit=MOST)
    return DoorLook(
        door=door,
        steps=steps,
        plates=doors.plates(session, at, limit=MOST),
        visits=doors.visits(session, at, limit=MOST),
        notes=notes,
        incidents=doors.incidents(session, here, at, limit=MOST) if actor.may(Action.READ_INCIDENTS) else None,
        disputes=_disputes(session, actor, door),
        reports=doors.reports(session, here, at, limit=MOST) if actor.may(Action.READ_REPORTS) else None,
        called=names(session, [one.by for one in steps] + [row.by for row in notes]),
    )


def disputes_only(session: Session, actor: Actor, typed: str) -> DoorLook:
    """Return of a door the disputes `actor` may see, and nothing else of it; five small queries.

    For mediators: what was given to them leads them to the door, and the door back to it.

    Raises
    ------
    PlateCodeNotValid
    PlateNotFound
        If there is no such plate, it is outside the scope, or nothing there is for them: all told alike.
    """
    code = parse_plate_code(typed)
    door = doors.find(session, code)
    rows = None if door is None or door.station not in actor.stations else _disputes(session, actor, door)
    if door is None or not rows:
        raise PlateNotFound("no plate of yours bears this code", plate=code)
    audit.write(session, [door.station], by=actor.login, action="look", thing=f"door {door.code}")
    return DoorLook(
        door=door, steps=None, plates=None, visits=None, notes=None, incidents=None, disputes=rows, reports=None, called={}
    )  # fmt: skip


def _disputes(session: Session, actor: Actor, door: Door) -> Rows | None:
    if not actor.may(Action.USE_DESK):
        return None
    sight = sight_of(session, actor, door.station)
    return dispute_doors.disputes(session, door.station, door.address_id, sight, limit=MOST)
