"""Where a dispute is taken in: a door by its plate, its address or a phone's position; and what it is taken in from."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.codes import PlateCodeNotValid, parse_plate_code
from gridmap.services.disputes.opening import DisputeNotValid
from gridmap.store import dispute_doors
from gridmap.store.dispute_doors import Call, Spot
from gridmap.store.postings import cells_of

__all__ = ["Call", "Spot", "around", "door", "find", "incident", "inside", "require_known"]


def find(session: Session, actor: Actor, station: str, typed: str) -> list[Spot]:
    """Return the doors that a plate's code or the words of an address mean; three queries at most.

    A plate's code is answered to everybody who may take disputes in, for they stand before it. Addresses are searched by
    those who may read them, and by grid members among the doors of their own cells.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    require_action(actor, Action.OPEN_DISPUTES)
    require_station(actor, station)
    if (found := _of_plate(session, station, typed)) is not None:
        return [found]
    cells = _cells(session, actor, station)
    return [] if cells == () else dispute_doors.of_words(session, station, typed.replace("\0", ""), cells)


def around(session: Session, actor: Actor, station: str, lon: float, lat: float) -> list[Spot]:
    """Return the doors around a position (EPSG:4326) that somebody may be told of, the nearest first; two queries.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    require_action(actor, Action.OPEN_DISPUTES)
    require_station(actor, station)
    cells = _cells(session, actor, station)
    return [] if cells == () else dispute_doors.near(session, station, lon, lat, cells)


def door(session: Session, actor: Actor, station: str, address: int, *, typed: str = "") -> Spot | None:
    """Return a door that somebody may be told of, by its address's id; three queries at most.

    Parameters
    ----------
    typed
        The code of the plate they stand before, if they read one: its door is told to everybody who may take disputes in.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    require_action(actor, Action.OPEN_DISPUTES)
    require_station(actor, station)
    before = _of_plate(session, station, typed)
    if before is not None and before.id == address:
        return before
    cells = _cells(session, actor, station)
    return None if cells == () else dispute_doors.by_id(session, station, address, cells)


def require_known(
    session: Session, actor: Actor, station: str, address: int | None, at: tuple[float, float] | None
) -> None:
    """Refuse a place that somebody may not take disputes in at: a door they may not be told of, a point that is elsewhere.

    Parameters
    ----------
    at
        A position in degrees (EPSG:4326): longitude, latitude.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotValid
    """
    if address is not None and door(session, actor, station, address) is None:
        raise DisputeNotValid(
            f"address_id {address} is no door of station {station} that you may look for: send lon and lat",
            address_id=address,
        )
    if at is not None and not inside(session, station, *at):
        raise DisputeNotValid(
            f"lon {at[0]:g}, lat {at[1]:g} lies outside the jurisdiction of station {station}: send a place inside it"
        )


def inside(session: Session, station: str, lon: float, lat: float) -> bool:
    """Return whether a position lies in the station's jurisdiction; one query."""
    return dispute_doors.is_inside(session, station, lon, lat)


def incident(session: Session, actor: Actor, station: str, number: str) -> Call | None:
    """Return the incident a dispute is taken in from, to those who may read incidents; one query."""
    if not actor.may(Action.READ_INCIDENTS):
        return None
    return dispute_doors.incident(session, require_station(actor, station), number)


def _of_plate(session: Session, station: str, typed: str) -> Spot | None:
    try:
        code = parse_plate_code(typed)
    except PlateCodeNotValid:
        return None
    return dispute_doors.of_plate(session, station, code)


def _cells(session: Session, actor: Actor, station: str) -> tuple[str, ...] | None:
    """Return the grid cells whose doors somebody may look for; None: of the whole station."""
    if actor.may(Action.READ_ADDRESSES):
        return None
    if actor.person_id is None or not actor.may(Action.READ_DOORS):
        return ()
    return tuple(cells_of(session, station, actor.person_id, datetime.now(UTC)))
