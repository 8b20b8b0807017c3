"""A small station with people, doors and disputes on their way: one line of set-up a row for tests of the loop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from gridmap.domain.access import Actor, Role
from gridmap.domain.dispute_words import KINDS, Holder, Wish
from gridmap.services.disputes import acting, opening
from gridmap.services.disputes.acting import Acted
from gridmap.store import editions
from gridmap.store.tables import Body, IncidentCategory, Mediator, Person
from tests import makers

WHEN = datetime(2025, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Town:
    """Station S001 with beats A and B, cells A1, A2, B1, B2; an officer and a grid member, a body with a mediator."""

    station: str
    door: int
    officer: Actor
    grid: Actor
    mediator: Actor
    commander: Actor
    body: str = "court"

    def open(self, session: Session, *, key: str | None = None, **facts: object) -> Acted:
        """Open a quarrel between neighbours at the door in cell A1, as the officer."""
        intake = opening.Intake(**{"kind": "neighbours", "words": "楼上漏水", "address_id": self.door, **facts})  # type: ignore[arg-type]
        return opening.open_dispute(session, self.officer, self.station, intake, key=key)

    def step(self, session: Session, actor: Actor, done: Acted, step: str, note: str = "", **facts: object) -> Acted:
        """Take a step of a dispute as it was left by `done`, now or at the moment `now`."""
        now = facts.pop("now", None)
        wish = Wish(step, note, **facts)  # type: ignore[arg-type]
        return acting.act(session, actor, self.station, done.dispute, wish, version=done.version, now=now)  # type: ignore[arg-type]


def add_kinds(session: Session) -> None:
    """Add the ten kinds of dispute."""
    for code, (name_zh, name_en) in KINDS.items():
        if session.get(IncidentCategory, code) is None:
            session.add(IncidentCategory(code=code, name_zh=name_zh, name_en=name_en, is_dispute=True))
    session.flush()


def actor_of(person: Person | None, role: Role, login: str, station: str = "S001") -> Actor:
    """Return somebody who asks, without an account."""
    return Actor(1, login, login, role, (station,), None if person is None else person.id)


def make_town(session: Session, station: str = "S001") -> Town:
    """Add the station with its people; a door stands in cell A1."""
    makers.make_station(session, station)
    draft = makers.make_draft(session, station)
    editions.set_published(session, draft, by="test", at=WHEN)
    add_kinds(session)
    door = makers.make_door(session, 0.5, 0.25, station=station)
    officer = makers.make_person(session, "officer", station=station, beat="A")
    grid = makers.make_person(session, "grid", "grid_member", station=station, cell="A1")
    mediator = makers.make_person(session, "mediator", "mediator", station=station)
    session.add(Body(station=station, code="court", name_zh="小法庭", name_en="Small court"))
    session.flush()
    session.add(Mediator(person_id=mediator.id, station=station, body="court"))
    session.flush()
    return Town(
        station, door.id, actor_of(officer, Role.OFFICER, "officer", station),
        actor_of(grid, Role.GRID_MEMBER, "grid", station), actor_of(mediator, Role.MEDIATOR, "mediator", station),
        actor_of(None, Role.COMMANDER, "commander", station),
    )  # fmt: skip


def person(actor: Actor) -> Holder:
    """Return an actor as somebody who may hold a dispute."""
    return Holder(person=actor.person_id)
