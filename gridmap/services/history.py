"""Who was responsible for a door at a moment: the edition then in force, the zones then, the people then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor
from gridmap.domain.codes import parse_plate_code
from gridmap.domain.plates import ZoneName
from gridmap.errors import Invalid, NotFound
from gridmap.services import resolve
from gridmap.services.resolve import NothingInForce
from gridmap.store import audit, editions, frames, history
from gridmap.store.tables import Edition, Station

_ID: Final = re.compile(r"^[0-9]{1,11}$")  # a plate's code has twelve signs
_DAY: Final = re.compile(r"^\d{4}-\d\d-\d\d$")
_LOST_PLUS: Final = re.compile(r"^(\S+) (\d\d:\d\d)$")
_LARGEST_ID: Final = 2**31 - 1
FIRST, LAST = 1970, 2199


class DoorNotFound(NotFound):
    """The station has no such door."""

    slug, title = "door-not-found", "No such door"


class MomentNotValid(Invalid):
    """The moment is no day and no time."""

    slug, title = "moment-not-valid", "The day or time cannot be read"


@dataclass(frozen=True, slots=True)
class Responsible:
    """Somebody who was posted to a door's zones, or stood in; `phone` only for those who may read it."""

    rank: int
    role: str
    name: str
    name_en: str
    phone: str | None
    office: str
    via: str


@dataclass(frozen=True, slots=True)
class DoorAt:
    """A door at a moment.

    `recorded`: the zones are those that publishing wrote down for the door's plate; else they were computed now from
    the borders of that edition, by the same rule.
    """

    at: datetime
    address_id: int
    address: str
    full: str
    plate: str | None
    edition: int
    in_force_since: datetime
    beat: ZoneName | None
    grid_cell: ZoneName | None
    recorded: bool
    people: tuple[Responsible, ...]


def moment_of(told: str | None, timezone: str, now: datetime) -> datetime:
    """Return the moment that a day or a time names: a day begins at midnight, a time without a zone is the station's.

    Raises
    ------
    MomentNotValid

    Examples
    --------
    >>> moment_of("2026-05-03", "Asia/Shanghai", datetime.now()).isoformat()
    '2026-05-03T00:00:00+08:00'
    """
    if told is None:
        return now
    zone = ZoneInfo(timezone)
    told = _LOST_PLUS.sub(r"\1+\2", told.strip())  # a plus in an address means a space
    try:
        found = datetime.combine(date.fromisoformat(told), time()) if _DAY.match(told) else datetime.fromisoformat(told)
        found = found if found.tzinfo else found.replace(tzinfo=zone)
        within = FIRST < found.year < LAST
        found.timestamp()
    except (ValueError, OverflowError):
        within = False
    if not within:
        raise MomentNotValid("at is a day (2026-05-03) or a time (2026-05-03T14:30, 2026-05-03T06:30Z), 1971 to 2198")
    return found


def door_at(session: Session, actor: Actor, station: str, door: str, told: str | None, *, tie_m: float) -> DoorAt:
    """Return who answered for a door at a moment (now when None); the look is on record. Five to eight queries.

    Parameters
    ----------
    door
        The id of an address, or the code of a plate that is or was on the door.
    told
        A day or a time, see `moment_of`.
    tie_m
        A door nearer than this to a second zone is a tie [m].

    Raises
    ------
    StationNotFound, DoorNotFound, PlateCodeNotValid, MomentNotValid
    NothingInForce
        If no edition was in force then.
    """
    place = editions.find_station(session, station)
    at = moment_of(told, place.timezone, editions.moment(session))
    by_id = _ID.match(door)
    found = (
        history.find_door(session, station, address_id=min(int(door), _LARGEST_ID))
        if by_id
        else history.find_door(session, station, plate=parse_plate_code(door))
    )
    audit.write(session, [station], by=actor.login, action="look", thing="responsible", after={"day": f"{at:%Y-%m-%d}"})
    if found is None:
        raise DoorNotFound(f"station {station} has no door with the {'id' if by_id else 'plate'} {door}", door=door)
    edition = editions.in_force(session, station, at)
    if edition is None:
        raise NothingInForce(f"station {station} had no edition in force at {at.isoformat()}; ask a later moment")
    written = history.recorded_zones(session, found.id, edition.id)
    plate, beat, cell = (
        (None, *_located(session, place, edition, (found.lon, found.lat), tie_m))
        if written is None
        else (written.plate, written.beat, written.grid_cell)
    )
    names = history.zone_names(session, edition.id, beat, cell)
    phones = actor.may(Action.READ_PHONES)
    people = tuple(
        Responsible(
            rank=row.rank, role=row.role, name=row.name, name_en=row.name_en, office=row.office, via=row.via,
            phone=row.phone if phones or row.role == "duty_desk" else None,
        )
        for row in history.responsible(session, station, beat, cell, at)
    )  # fmt: skip
    return DoorAt(
        at=at.astimezone(ZoneInfo(place.timezone)), address_id=found.id, address=found.code, full=found.full, plate=plate,
        edition=edition.number, in_force_since=editions.in_force_since(session, station)[edition.id],
        beat=ZoneName(beat, *names["beat"]) if beat else None,
        grid_cell=ZoneName(cell, *names["grid_cell"]) if cell else None,
        recorded=written is not None, people=people,
    )  # fmt: skip


def _located(
    session: Session, place: Station, edition: Edition, spot: tuple[float, float], tie_m: float
) -> tuple[str | None, str | None]:
    """Return the beat and grid cell of a spot in an edition; for a door that had no plate then."""
    beats, cells = (frames.zones(session, edition.id, kind) for kind in ("beat", "grid_cell"))
    lon, lat = np.array(spot[:1]), np.array(spot[1:])
    at = resolve.locate(beats, cells, lon, lat, metric_epsg=place.metric_epsg, tie_m=tie_m)
    beat = beats["code"].iloc[int(at.beats[0])] if at.beats[0] >= 0 else None
    cell = cells["code"].iloc[int(at.cells[0])] if at.cells[0] >= 0 else None
    return beat, cell
