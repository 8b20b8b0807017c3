"""A door with a plate, and what is needed to report at it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Actor, Role
from gridmap.domain.codes import new_plate_code
from gridmap.services import editions
from gridmap.services.reports.keys import Keys
from gridmap.services.reports.sending import Receipt, Sending, send
from gridmap.services.sealing import Sealer
from gridmap.store.engine import enter_scope
from gridmap.store.tables import IncidentCategory
from tests import makers

KEYS, SEALER = Keys("a secret of thirty-two characters or more"), Sealer(bytes(range(32)))
CATEGORIES = {"other_dispute": True, "help": False, "other_call": False}
OFFICER = Actor(1, "zhang", "张", Role.OFFICER, ("S001",))


@dataclass(frozen=True)
class Doors:
    """Two doors with plates in cells A1 and B2 of S001, and a grid member of A1."""

    plate: str
    other: str
    address: int
    member: Actor


def sending(words: str = "楼道堆满杂物", kind: str = "hazard", **facts: Any) -> Sending:
    """Return what somebody sends, with a fresh key where none is given."""
    return Sending(**{"kind": kind, "words": words, "send_key": secrets.token_urlsafe(18), **facts})


@pytest.fixture
def doors(sessions: sessionmaker[Session]) -> Doors:
    with sessions.begin() as session:
        makers.make_station(session)
        first = makers.make_draft(session)
        near, far = makers.make_door(session, 0.5, 0.25), makers.make_door(session, 1.5, 0.75)
        plates = [makers.make_plate(session, new_plate_code(), door).code for door in (near, far)]
        person = makers.make_person(session, "member", "grid_member", cell="A1")
        for code, dispute in CATEGORIES.items():
            session.add(IncidentCategory(code=code, name_zh=code, name_en=code, is_dispute=dispute))
        session.flush()
        editions.publish(session, "S001", first.number, by="test")
        member = Actor(2, "member", "member", Role.GRID_MEMBER, ("S001",), person_id=person.id)
        return Doors(*plates, near.id, member)


@pytest.fixture
def report(app_sessions: sessionmaker[Session], doors: Doors) -> Callable[..., Receipt]:
    """Return the function that sends from the first door as a stranger does, in a transaction of its own."""

    def sent(words: str = "楼道堆满杂物", kind: str = "hazard", *, plate: str = doors.plate, **facts: Any) -> Receipt:
        with app_sessions.begin() as session:
            return send(session, plate, sending(words, kind, **facts), KEYS, SEALER)

    return sent


@pytest.fixture
def staff(app_sessions: sessionmaker[Session]) -> Callable[..., Any]:
    """Return the function that does something as staff of S001, in a transaction of its own."""

    def done(what: Callable[..., Any], *args: Any, actor: Actor = OFFICER, **facts: Any) -> Any:
        with app_sessions.begin() as session:
            enter_scope(session, actor.stations)
            return what(session, actor, "S001", *args, **facts)

    return done
