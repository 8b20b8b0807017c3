"""A station that follows one of the loops in `fixtures/loops/`, and a matter walked through it: nothing is ever lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Row, text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Actor, Role
from gridmap.domain.dispute_words import Taker, Wish
from gridmap.domain.loops import Loop
from gridmap.services.disputes import acting, configure, opening
from gridmap.services.disputes.acting import EVERYTHING, Acted
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_rows
from gridmap.store.engine import enter_scope
from tests.disputes import Town, actor_of, make_town

FILES = Path(__file__).parent.parent / "fixtures" / "loops"


@dataclass
class Walk:
    """One matter after the other, as the service takes them; after each step every open one has a holder and a due time.

    `now` is the walk's own clock: `wait` moves it.
    """

    session: Session
    town: Town
    done: Acted | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def loop(self) -> Loop:
        """The loop of the town's station, as the service reads it."""
        return loop_of(self.session, self.town.station)

    def wait(self, **span: float) -> None:
        """Let time go by: `days=7`, `hours=3`."""
        self.now += timedelta(**span)

    def after(self, **span: float) -> datetime:
        """Return the moment a span from now."""
        return self.now + timedelta(**span)

    def open(self, **facts: object) -> Acted:
        """Take something in at the door in cell A1, as the officer unless `actor` says who else."""
        actor = facts.pop("actor", self.town.officer)
        given = {
            "kind": "neighbours",
            "words": "合成：楼上漏水",
            "address_id": self.town.door,
            "opened_at": self.now,
            **facts,
        }
        intake = opening.Intake(**given)  # type: ignore[arg-type]
        self.done = opening.open_dispute(self.session, actor, self.town.station, intake)  # type: ignore[arg-type]
        return self._kept()

    def step(self, actor: Actor | str, step: str, note: str = "", **facts: object) -> Acted:
        """Take a step as somebody, or as "clock" or "resident"."""
        wish = Wish(step, note, **facts)  # type: ignore[arg-type]
        assert self.done is not None
        if isinstance(actor, str):
            row = dispute_rows.get(self.session, self.town.station, self.done.dispute, EVERYTHING, lock=True)
            assert row is not None
            self.done = acting.take(self.session, row, wish, Taker(actor), by=actor, now=self.now)
        else:
            self.done = acting.act(
                self.session, actor, self.town.station, self.done.dispute, wish, version=self.done.version, now=self.now
            )
        return self._kept()

    def mediator(self, code: str) -> Actor:
        """Return a mediator of the loop's file as somebody who asks."""
        person = self.session.scalar(text("SELECT id FROM person WHERE code = :code"), {"code": code})
        return Actor(7, code.lower(), code, Role.MEDIATOR, (self.town.station,), person)

    def row(self) -> Row[tuple[object, ...]]:
        """Return the matter as the database holds it."""
        assert self.done is not None
        return self.session.execute(text("SELECT * FROM dispute WHERE id = :id"), {"id": self.done.dispute}).one()

    def _kept(self) -> Acted:
        assert self.done is not None
        assert dispute_rows.lost(self.session, [self.town.station]) == []
        standing, row = self.done.standing, self.row()
        assert (row.state, row.tier, row.holder_id, row.body) == (
            standing.state, standing.tier, standing.holder.person, standing.holder.body,
        )  # fmt: skip
        assert (row.due_at, row.settle_by) == (standing.due_at, standing.settle_by)
        return self.done


def walked(sessions: sessionmaker[Session], app_sessions: sessionmaker[Session], name: str) -> Iterator[Walk]:
    """Give a walk through the loop of `fixtures/loops/{name}.toml`, loaded by the owner, walked as the service."""
    with sessions.begin() as session:
        town = make_town(session)
        configure.load(session, file_of(name), [town.station], by="test")
    with app_sessions() as session, session.begin():
        enter_scope(session, [town.station])
        yield Walk(session, town)


def file_of(name: str) -> configure.LoopFile:
    """Return one of the five files, read and checked."""
    return configure.check_file((FILES / f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


__all__ = ["FILES", "Walk", "actor_of", "file_of", "walked"]
