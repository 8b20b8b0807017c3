"""A station that follows one of the loops in `fixtures/loops/`, and a matter walked through it: nothing is ever lost.

What a file says of deadlines, tiers, offers, reviews and visits is done by the service's own clock, at the walk's time:
`wait` lets it look whenever something falls due, and tells what it did and when.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Connection, Row, text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.access import Actor, Role
from gridmap.domain.dispute_words import OPEN, Taker, Wish
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible, DisputeStepNotYours
from gridmap.domain.loops import ROLES, STANDARD, Loop
from gridmap.services.disputes import acting, clock, configure, opening
from gridmap.services.disputes.acting import EVERYTHING, Acted
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_rows
from gridmap.store.engine import APP_ROLE, enter_scope
from tests.disputes import Town, actor_of, make_town
from tests.houses import House, house_of

FILES = Path(__file__).parent.parent / "fixtures" / "loops"
#: The loops of five stations, and gridmap's own.
LOOPS = ("nancheng", "pingchuan", "beijie", "jinhua", "shanxi", STANDARD.code)
#: What the clock did: the step, so many hours after the wait began, and who held it then.
Ticked = tuple[str, float, str]
_NEXT = text("""
    SELECT min(CASE WHEN d.due_at > :now THEN d.due_at
                    WHEN d.state = ANY (:open) OR d.state = 'settled' THEN t.at + interval '1 day 1 second' END)
    FROM dispute d LEFT JOIN LATERAL (
      SELECT max(e.at) AS at FROM dispute_event e WHERE e.dispute_id = d.id AND e.role = 'clock') t ON true
""")
_DONE = text("""
    SELECT e.what, e.at, coalesce(p.code, e.body) AS holder FROM dispute_event e LEFT JOIN person p ON p.id = e.holder_id
    WHERE e.dispute_id = :id AND e.seq > :seq AND e.role = 'clock' ORDER BY e.seq
""")
_HOOKS = text("""
    INSERT INTO web_hook (station, url, sealed_secret, events, groups, by)
    SELECT :station, 'http://127.0.0.1:9/' || g, '', '{dispute_opened}', ARRAY[g], 'test' FROM unnest(CAST(:groups AS text[])) AS g
""")
_HEARD = text("""
    SELECT h.groups[1] AS who, d.body ->> 'kind' AS kind FROM web_hook_delivery d JOIN web_hook h ON h.id = d.hook_id
""")


@dataclass
class Walk:
    """One matter after the other, as the service takes them; after each step every open one has a holder and a due time.

    `now` is the walk's own clock: `wait` moves it. All happens in one transaction, which the test's end throws away.
    """

    connection: Connection
    town: Town
    sessions: sessionmaker[Session]
    session: Session
    done: Acted | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def loop(self) -> Loop:
        """The loop of the town's station, as the service reads it."""
        return loop_of(self.session, self.town.station)

    @contextmanager
    def owner(self) -> Iterator[Session]:
        """Give the session with the rights of the owner of the data."""
        self.connection.exec_driver_sql("SET LOCAL ROLE none")
        yield self.session
        self.session.flush()
        self.connection.exec_driver_sql(f"SET LOCAL ROLE {APP_ROLE}")

    def wait(self, **span: float) -> list[Ticked]:
        """Let time go by (`days=7`), the clock looking whenever something is due and at the end; return what it did."""
        began, end = self.now, self.now + timedelta(**span)
        seen = 0 if self.done is None else self.done.version
        while self.now < end:
            due = self.session.scalar(_NEXT, {"now": self.now, "open": list(OPEN)})
            self.now = end if due is None or not self.now < due < end else due
            self.look()
        if self.done is None:
            return []
        rows = self.session.execute(_DONE, {"id": self.done.dispute, "seq": seen})
        return [(row.what, round((row.at - began) / timedelta(hours=1), 2), row.holder) for row in rows]

    def look(self) -> None:
        """Let the clock look, as a worker does every few seconds and, for what has no moment of its own, every ten minutes."""
        told = clock.run_due(self.sessions, self.now, stop=self.stop)
        told += clock.sweep(self.sessions, self.now, stop=self.stop)
        assert not told["failed"], "nothing holds the clock up"
        if self.done is not None:
            row = self._locked()
            self.done = replace(self.done, version=row.version, standing=row.standing)
            self._kept()

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
        self.done = opening.take_in(
            self.session, self.town.station, intake, by=actor.login, role=str(actor.role), now=self.now  # type: ignore[attr-defined]
        )  # fmt: skip
        return self._kept()

    def step(self, actor: Actor | str, step: str, note: str = "", **facts: object) -> Acted:
        """Take a step as somebody, or as "resident"; what the clock does, it does by itself (`wait`)."""
        assert actor != "clock"
        wish = Wish(step, note, **facts)  # type: ignore[arg-type]
        assert self.done is not None
        with self.session.begin_nested():
            if isinstance(actor, str):
                self.done = acting.take(self.session, self._locked(), wish, Taker(actor), by=actor, now=self.now)
            else:
                self.done = acting.act(
                    self.session, actor, self.town.station, self.done.dispute, wish, version=self.done.version, now=self.now
                )  # fmt: skip
        return self._kept()

    def who(self, step: str, note: str = "", **facts: object) -> set[str]:
        """Return the roles that may take a step of it now: each tries, at the database, and nothing is kept."""
        wish = Wish(step, note, **facts)  # type: ignore[arg-type]
        return {role for role in ROLES if self._tried(wish, role)}

    def needs(self, role: str, step: str, **facts: object) -> set[str]:
        """Return what of `facts` the step cannot do without."""
        assert self._tried(Wish(step, **facts), role)  # type: ignore[arg-type]
        without = {name: {other: fact for other, fact in facts.items() if other != name} for name in facts}
        return {name for name, left in without.items() if not self._tried(Wish(step, **left), role)}  # type: ignore[arg-type]

    def worked(self, who: Actor) -> Iterator[str]:
        """Lead it through the states in which it is worked, and stop at each."""
        for step, facts in (("accepted", {}), ("begun", {}), ("convened", {"note": "请到场", "bodies": ("desk",)})):
            yield self.step(who, step, **facts).standing.state  # type: ignore[arg-type]

    def groups_told(self, *kinds: str) -> dict[str, set[str]]:
        """Open one matter of each kind; return which of the loop's groups were told of which."""
        groups = [group.code for group in self.loop.rules.groups]
        with self.owner() as session:
            session.execute(_HOOKS, {"groups": groups, "station": self.town.station})
        for kind in kinds:
            self.open(kind=kind, matter="tip")
        told: dict[str, set[str]] = {kind: set() for kind in kinds}
        for row in self.session.execute(_HEARD):
            told[row.kind].add(row.who)
        return told

    def mediator(self, code: str) -> Actor:
        """Return a mediator of the loop's file as somebody who asks."""
        person = self.session.scalar(text("SELECT id FROM person WHERE code = :code"), {"code": code})
        return Actor(7, code.lower(), code, Role.MEDIATOR, (self.town.station,), person)

    def row(self) -> Row[tuple[object, ...]]:
        """Return the matter as the database holds it."""
        assert self.done is not None
        return self.session.execute(text("SELECT * FROM dispute WHERE id = :id"), {"id": self.done.dispute}).one()

    def _tried(self, wish: Wish, role: str) -> bool:
        kept = self.session.begin_nested()
        row = self._locked()
        # Whoever holds it goes on with it; somebody else visits.
        person = None if wish.step == "followed_up" else row.standing.holder.person
        taker = Taker(role, person, (row.standing.holder.body or "desk",))
        try:
            acting.take(self.session, row, wish, taker, by=role, now=self.now)
        except (DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds):
            return False
        finally:
            kept.rollback()
        return True

    def _locked(self) -> dispute_rows.Row:
        assert self.done is not None
        row = dispute_rows.get(self.session, self.town.station, self.done.dispute, EVERYTHING, lock=True)
        assert row is not None
        return row

    def _kept(self) -> Acted:
        assert self.done is not None
        assert dispute_rows.lost(self.session, [self.town.station]) == []
        standing, row = self.done.standing, self.row()
        assert (row.state, row.tier, row.holder_id, row.body) == (
            standing.state, standing.tier, standing.holder.person, standing.holder.body,
        )  # fmt: skip
        assert (row.due_at, row.settle_by) == (standing.due_at, standing.settle_by)
        return self.done


@pytest.fixture(scope="module")
def loop_house(server_url: str, template_database: str) -> Iterator[tuple[House, Town]]:
    """Return a database with the town; each walk is thrown away after it, so the next begins in the same."""
    with house_of(server_url, template_database) as house:
        with house.owner.begin() as session:
            town = make_town(session)
        yield house, town


def walked(loop_house: tuple[House, Town], name: str, file: configure.LoopFile | None = None) -> Iterator[Walk]:
    """Give a walk through the loop of `fixtures/loops/{name}.toml`, or of `file`: loaded by the owner, walked as the service."""
    house, town = loop_house
    with house.owner() as held:
        connection = held.connection()
        sessions = sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        with sessions() as session:
            if name != STANDARD.code:
                configure.load(session, file or file_of(name), [town.station], by="test")
            connection.exec_driver_sql(f"SET LOCAL ROLE {APP_ROLE}")
            enter_scope(session, [town.station])
            yield Walk(connection, town, sessions, session)
        held.rollback()


@cache
def file_of(name: str) -> configure.LoopFile:
    """Return one of the five files, read and checked."""
    return configure.check_file((FILES / f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


def codes(standing_of: Collection[Ticked]) -> list[str]:
    """Return the steps alone of what the clock did."""
    return [what for what, _, _ in standing_of]


__all__ = ["FILES", "LOOPS", "Ticked", "Walk", "actor_of", "codes", "file_of", "loop_house", "walked"]
