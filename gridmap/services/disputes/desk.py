"""What programs ask of a station's desk beside lists and single disputes: open one and take a step, once for each key."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.dispute_words import KINDS, Holder, Wish
from gridmap.domain.loops import Loop
from gridmap.domain.open311 import dispute_kinds
from gridmap.services.disputes.acting import HolderUnknown, act
from gridmap.services.disputes.answering import require_bodies
from gridmap.services.disputes.opening import DisputeNotValid, Intake, open_dispute
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_desk, dispute_rows
from gridmap.store.dispute_desk import Body, MediatorRow, Taken


def open_one(
    session: Session, actor: Actor, station: str, intake: Intake, *, to: str = "", key: str | None = None
) -> tuple[Taken, bool]:
    """Open a dispute and return its first step, and whether it had been opened before with this key.

    Parameters
    ----------
    to
        Whom to give it to at once, "person:<code>" or "body:<code>"; "": whoever holds its tier at its place.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotValid, HolderUnknown, KeyUsed
    """
    require_action(actor, Action.OPEN_DISPUTES)
    require_station(actor, station)
    if intake.kind not in dispute_desk.kinds(session, [intake.kind]):
        raise DisputeNotValid(f"there is no kind {intake.kind}; the station's loop names its kinds", kind=intake.kind)
    grades = [grade.number for grade in loop_of(session, station).rules.grades]
    if intake.grade is not None and intake.grade not in grades:
        raise DisputeNotValid(f"the station's grades are {grades or 'none'}", grade=intake.grade)
    holder = holder_of(session, station, to)
    done = open_dispute(session, actor, station, replace(intake, to=holder), key=key)
    return dispute_desk.taken(session, station, done.event), done.again


def take_one(
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    wish: Wish,
    *,
    to: str,
    version: int | None,
    key: str | None,
) -> tuple[Taken, bool]:
    """Take a step of a dispute and return it as it was taken, and whether it had been taken before with this key.

    Parameters
    ----------
    to
        Whom it is given to, "person:<code>" or "body:<code>"; "": nobody is named.
    version
        The number of steps that was read; None for a step that may follow any other.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound, DisputeMoved, KeyUsed, HolderUnknown
    DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds
    """
    require_action(actor, Action.WORK_DISPUTES)
    require_station(actor, station)
    require_bodies(session, station, wish.bodies)
    whole = replace(wish, to=holder_of(session, station, to))
    done = act(session, actor, station, dispute, whole, version=version, key=key)
    return dispute_desk.taken(session, station, done.event), done.again


def loop(session: Session, actor: Actor, station: str) -> tuple[Loop, dict[str, tuple[str, str]]]:
    """Return the loop of a station, and the names of its kinds.

    Raises
    ------
    RoleMayNot, StationNotInScope, LoopNotFound
    """
    require_action(actor, Action.USE_DESK)
    require_station(actor, station)
    found = loop_of(session, station)
    codes = dispute_kinds(found)
    names = dispute_desk.kinds(session, codes)
    return found, {code: names.get(code) or KINDS[code] for code in codes if code in names or code in KINDS}


def bodies(session: Session, actor: Actor, station: str) -> list[Body]:
    """Return the bodies a dispute can be given to; telephone numbers only to those who may read them.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    require_action(actor, Action.USE_DESK)
    require_station(actor, station)
    found = dispute_desk.bodies(session, station)
    return found if actor.may(Action.READ_PHONES) else [replace(body, phone=None) for body in found]


def mediators(session: Session, actor: Actor, station: str) -> list[MediatorRow]:
    """Return the mediators of a station, and how many disputes each holds.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    require_action(actor, Action.USE_DESK)
    require_station(actor, station)
    return dispute_desk.mediators(session, station)


def lost(session: Session, actor: Actor, station: str) -> list[tuple[int, str]]:
    """Return the open disputes nobody would see again, each with the reason. It is empty, or somebody must look.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    require_action(actor, Action.READ_DISPUTES)
    require_station(actor, station)
    return [(dispute, why) for _, dispute, why in dispute_rows.lost(session, [station])]


def holder_of(session: Session, station: str, to: str) -> Holder:
    """Return whom "person:<code>" or "body:<code>" names; nobody for "".

    Raises
    ------
    HolderUnknown
        If nobody of the station is called that.
    """
    kind, _, code = to.partition(":")
    if not to:
        return Holder()
    person = None if kind == "body" else dispute_desk.person_of_code(session, station, code)
    found = Holder(body=code) if kind == "body" else Holder(person=person)
    if not found or not dispute_rows.known_holder(session, station, found):
        raise HolderUnknown("nobody posted here, and no body of this station, is called that", to=to)
    return found
