"""What somebody records at a door: a visit, a note, a step in the life of its plate. Told twice, it is recorded once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from sqlalchemy.orm import Session

from gridmap.domain.access import Actor
from gridmap.domain.plate_life import AT_THE_DOOR, LIMITS, Limits, Nearness, may_follow, nearness, require_step
from gridmap.domain.plates import DEAD
from gridmap.errors import Conflict, Invalid
from gridmap.geo.datum import Datum, to_wgs84
from gridmap.services import doors as seen
from gridmap.services import plate_life
from gridmap.store import audit, doors
from gridmap.store.doors import Door
from gridmap.store.plate_steps import Spot

Purpose = Literal["household", "dispute", "safety", "plate", "other"]
PURPOSES: Final = get_args(Purpose)
DoorStep = Literal["installed", "damaged", "lost", "moved"]
#: The same thing by the same person within this time is the same thing: a second tap, a form sent again.
ONCE: Final = timedelta(minutes=2)
LONGEST_NOTE: Final = 2_000


class NoteNotValid(Invalid):
    """A note about a door has a text, and not a long one."""

    slug, title = "note-not-valid", "The note is empty or too long"


class PositionNotValid(Invalid):
    """A position is a longitude and a latitude on Earth, and an accuracy in metres."""

    slug, title = "position-not-valid", "This is not a position"


class PlateFarAway(Conflict):
    """The phone is far from the plate's own door; it may hang at another one."""

    slug, title = "plate-far-away", "This is far from the plate's door"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a step did: the plate's state now, how far from its door the phone was [m], and what that tells.

    `fresh` is False where the same had just been recorded.
    """

    plate: str
    status: str
    distance_m: float | None
    near: Nearness
    fresh: bool


def read_position(
    lon: float | None, lat: float | None, accuracy_m: float | None = None, datum: Datum = Datum.WGS84
) -> Spot | None:
    """Return where a phone says it is in EPSG:4326, or None where it says nothing.

    Phones tell WGS 84 to a browser; an application that tells another datum names it.

    Raises
    ------
    PositionNotValid
    """
    if lon is None and lat is None:
        return None
    if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise PositionNotValid("longitude and latitude are degrees on Earth, both or neither")
    if accuracy_m is not None and not (math.isfinite(accuracy_m) and accuracy_m >= 0):
        raise PositionNotValid("the accuracy is a number of metres")
    if datum is not Datum.WGS84:
        x, y = to_wgs84([lon], [lat], datum)
        lon, lat = float(x[0]), float(y[0])
    return Spot(lon, lat, accuracy_m)


def visit(
    session: Session, actor: Actor, typed: str, purpose: Purpose, station: str | None = None
) -> tuple[Door, datetime, bool]:
    """Record a visit to a door now; return the door, when the visit was, and whether it is a new one.

    Raises
    ------
    PlateCodeNotValid, PlateNotFound
    """
    door = seen.find(session, actor, typed, station)
    doors.lock(session, door.address_id)
    at, fresh = doors.add_visit(session, door, purpose, person_id=actor.person_id, within=ONCE)
    if fresh:
        _on_record(session, actor, door, "visit", purpose=purpose)
    return door, at, fresh


def note(session: Session, actor: Actor, typed: str, text: str, station: str | None = None) -> Door:
    """Add a note about a door.

    Raises
    ------
    PlateCodeNotValid, PlateNotFound
    NoteNotValid
        If it is empty, longer than 2,000 characters, or holds a NUL.
    """
    said = text.replace("\r\n", "\n").strip()
    if not said or len(said) > LONGEST_NOTE or "\x00" in said:
        raise NoteNotValid(f"write 1 to {LONGEST_NOTE:,} characters; this has {len(said):,}")
    door = seen.find(session, actor, typed, station)
    doors.lock(session, door.address_id)
    if doors.add_note(session, door, said, by=actor.login, within=ONCE):
        _on_record(session, actor, door, "note")
    return door


def step(
    session: Session,
    actor: Actor,
    typed: str,
    wanted: DoorStep,
    *,
    station: str | None = None,
    text: str = "",
    position: Spot | None = None,
    elsewhere: bool | None = None,
    limits: Limits = LIMITS,
) -> Recorded:
    """Record that a plate was installed, or is damaged, lost or at another door.

    Parameters
    ----------
    position
        Where the phone is; None is recorded as such.
    elsewhere
        The answer to "does this plate hang at another door?", asked where a plate is installed far from its own: True records
        that it does, False that it hangs where it should and the position or the address is wrong (it stays listed).

    Raises
    ------
    PlateCodeNotValid, PlateNotFound
    PlateStepNotAllowed
        If the plate cannot take the step.
    PlateFarAway
        If it is installed farther than `limits.far_m` from its door and `elsewhere` is not told; nothing is recorded.
    """
    if len(text) > LONGEST_NOTE or "\x00" in text:
        raise NoteNotValid(f"a word about a plate has up to {LONGEST_NOTE:,} characters")
    door = seen.find(session, actor, typed, station)
    doors.lock(session, door.address_id)
    door = seen.find(session, actor, typed, station)  # as it is now that nobody else records anything here
    distance = None if position is None else doors.distance_m(session, door.address_id, position)
    near = nearness(distance, None if position is None else position.accuracy_m, limits)
    steps = _steps(door, wanted, near=near, elsewhere=elsewhere, distance=distance)
    if doors.stepped_lately(session, door.code, steps[-1], by=actor.login, spot=position, within=ONCE):
        return Recorded(door.code, door.status, distance, near, fresh=False)
    require_step(door.code, door.status, steps[0])
    for one in steps:
        plate_life.record(session, door.station, [door.code], one, by=actor.login, note=text.strip(), position=position)
    return Recorded(door.code, steps[-1], distance, near, fresh=True)


def possible(door: Door) -> list[str]:
    """Return the steps that can be recorded at a door now, in the order of the buttons."""
    return [one for one in AT_THE_DOOR if may_follow(door.status, one)]


def _steps(
    door: Door, wanted: DoorStep, *, near: Nearness, elsewhere: bool | None, distance: float | None
) -> list[DoorStep]:
    """Return what is to be recorded: a plate that hangs at another door was hung up there first."""
    if wanted != "installed" or near != "far" or elsewhere is False or door.status in DEAD:
        return [wanted]
    if elsewhere is None:
        raise PlateFarAway(
            f"the phone is {distance:,.0f} m from the door of plate {door.code}: does the plate hang at another door? "
            "Send it again with elsewhere true or false",
            plate=door.code,
            distance_m=round(distance or 0.0),
        )
    return ["moved"] if may_follow(door.status, "moved") or door.status == "moved" else ["installed", "moved"]


def _on_record(session: Session, actor: Actor, door: Door, did: str, **facts: str) -> None:
    audit.write(session, [door.station], by=actor.login, action=did, thing=f"door {door.code}", after=facts or None)
