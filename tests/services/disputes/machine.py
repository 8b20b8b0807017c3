"""People, the clock and whoever kills connections, who do anything at all to disputes of one loop; the laws hold after each."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gridmap.domain.access import Actor, Role
from gridmap.domain.dispute_words import MARKS, OVER, STEPS, Holder, Wish
from gridmap.domain.disputes import possible
from gridmap.domain.loops import STANDARD
from gridmap.errors import GridmapError
from gridmap.services.disputes import acting, clock, configure, opening
from gridmap.services.disputes.acting import EVERYTHING, Acted, DisputeMoved, DisputeNotFound, own_key
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_rows
from gridmap.store.driver_errors import named_errors
from gridmap.store.engine import enter_scope
from tests.disputes import Town, make_town
from tests.houses import House
from tests.looped import LOOPS, file_of
from tests.services.disputes.laws import LAWS, Told

MATTERS = ("dispute", "dispute", "tip", "hazard", "case")
KINDS = ("neighbours", "labour")
NEVER = threading.Event()
#: Numbers are drawn, and what is done is made of them: what is drawn must not depend on who wins a race.
ANY = st.integers(0, 2**32)
_STILL_DUE = text(f"""
    SELECT count(*) FROM dispute WHERE state <> ALL ('{{{",".join(OVER)}}}') AND due_at <= :now
      AND (reminded_at IS NULL OR reminded_at < CAST(:now AS timestamptz) - interval '1 day')
""")
#: What is on record is never deleted; a test's owner begins anew all the same.
_EMPTY = """DO $$ DECLARE kept text; BEGIN
  FOR kept IN SELECT tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 32 > 0 LOOP
    EXECUTE 'ALTER TABLE ' || kept || ' DISABLE TRIGGER USER'; END LOOP;
  TRUNCATE dispute CASCADE;
  FOR kept IN SELECT tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 32 > 0 LOOP
    EXECUTE 'ALTER TABLE ' || kept || ' ENABLE TRIGGER USER'; END LOOP;
END $$"""
_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


@dataclass(frozen=True)
class Cast:
    """A station that follows a loop, who works there, and whom something may be given to."""

    town: Town
    people: tuple[Actor, ...]
    holders: tuple[Holder, ...]


@dataclass(frozen=True)
class Request:
    """A step as somebody sends it."""

    actor: Actor
    dispute: int
    wish: Wish
    version: int | None
    key: str | None


def cast_of(session: Session, number: int, name: str) -> Cast:
    """Add a station that follows a loop; of each body that holds a tier one mediator is there."""
    town = make_town(session, f"S00{number}")
    if name == STANDARD.code:
        named = [(town.mediator.person_id, "mediator", town.body)]
    else:
        configure.load(session, file_of(name), [town.station], by="test")
        named = session.execute(
            text("""SELECT DISTINCT ON (m.body) m.person_id, p.code, m.body FROM mediator m JOIN person p ON p.id = m.person_id
                    WHERE m.station = :station AND m.active ORDER BY m.body, m.person_id"""),
            {"station": town.station},
        ).all()  # fmt: skip
    tiers = {tier.holder for tier in loop_of(session, town.station).tiers.values()}
    named = sorted(named, key=lambda one: one[2] not in tiers)[:2]
    mediators = [Actor(7, code.lower(), code, Role.MEDIATOR, (town.station,), person) for person, code, _ in named]
    people = (town.officer, town.grid, town.commander, *mediators)
    bodies = [Holder(body=body) for _, _, body in named]
    persons = [Holder(person=one.person_id) for one in people if one.person_id is not None]
    return Cast(town, people, (*persons, *bodies, Holder(body="desk"), Holder(body="gone"), Holder()))


class Disputes(RuleBasedStateMachine):
    """Four or five people, the clock, and whoever kills connections, who do whatever comes to their minds."""

    house: ClassVar[House]
    casts: ClassVar[dict[str, Cast]]
    pool: ClassVar[ThreadPoolExecutor]
    seen: ClassVar[dict[str, int]] = {}

    @initialize(name=st.sampled_from(LOOPS))
    def begin(self, name: str) -> None:
        with self.house.owner.begin() as session:
            session.execute(text(_EMPTY))
        self.cast = self.casts[name]
        self.station = self.cast.town.station
        self.told, self.now = Told(), datetime.now(UTC)
        self.sent = 0
        self.take_in(0, set(), 0, 0)

    # ---- what is done ------------------------------------------------------------------------------------------------

    @rule(matter=ANY, marks=st.sets(st.sampled_from(MARKS), max_size=1), kind=ANY, grade=ANY)
    def take_in(self, matter: int, marks: set[str], kind: int, grade: int) -> None:
        with self.scope() as session:
            grades = [None, *(one.number for one in loop_of(session, self.station).rules.grades)]
            given = opening.Intake(
                kind=KINDS[kind % 2], words="合成：吵架", matter=MATTERS[matter % 5], address_id=self.cast.town.door,
                marks=tuple(marks), grade=grades[grade % len(grades)],
            )  # fmt: skip
            who = self.cast.town.officer
            done = opening.take_in(session, self.station, given, by=who.login, role=str(who.role), now=self.now)
        self.told.opened[done.dispute] = (given.kind, given.grade)
        self.told.steps[done.event] = (done.dispute, "opened", who.login)

    @rule(which=ANY, wild=ANY, many=st.integers(1, 4), stale=st.integers(0, 9).map(lambda n: n == 0))
    def steps(self, which: int, wild: int, many: int, *, stale: bool) -> None:
        """Let people take steps one after the other, a few of them with what they read too early."""
        for n in range(many):
            asked = self.request(which, wild + n)
            if stale and asked.version is not None:
                asked = replace(asked, version=asked.version - 1)
            done = self.send(asked)
            self.account(asked, done)
            if isinstance(done, Acted):
                assert not stale or asked.version is None
                with self.scope() as session:
                    row = dispute_rows.get(session, self.station, asked.dispute, EVERYTHING)
                assert row is not None
                assert (row.version, row.standing) == (done.version, done.standing), "who asked was told what is there"

    @rule(which=ANY, one=ANY, other=ANY)
    def two_at_once(self, which: int, one: int, other: int) -> None:
        """Let two people send a step of one dispute, as both have read it: one wins where one may, and the other is told."""
        both = [self.able(which, one), self.able(which, other)]
        may = [self.alone(asked) for asked in both]
        came = self.at_once(*both)
        for asked, done in zip(both, came, strict=True):
            self.account(asked, done)
        won = [isinstance(done, Acted) for done in came]
        if all(asked.version is not None for asked in both):
            assert sum(won) == any(may), (may, came)
            for can, won_it, done in zip(may, won, came, strict=True):
                assert not can or won_it or isinstance(done, (DisputeMoved, DisputeNotFound)), done
            self.count(f"race of {sum(may)}")

    @rule(which=ANY, wild=ANY)
    def one_sent_twice_at_once(self, which: int, wild: int) -> None:
        """Let a phone send a request twice, for it heard no reply: it is one step, and one reply."""
        asked = replace(self.able(which, wild), key=self.new_key())
        may = self.alone(asked)
        first, second = self.at_once(asked, asked)
        self.account(asked, first)
        if may:
            assert isinstance(first, Acted), first
            assert isinstance(second, Acted), second
            assert first.event == second.event
            assert {first.again, second.again} == {False, True}
            self.count("twice")
        else:
            assert type(first) is type(second)
            assert isinstance(first, GridmapError)

    @rule(which=ANY, wild=ANY)
    def killed_before_the_commit(self, which: int, wild: int) -> None:
        """Kill the connection between the step and its commit: nothing was done; sent again, it is done now."""
        asked = replace(self.able(which, wild), key=self.new_key())
        if not self.alone(asked):
            return
        with self.held(asked) as (session, backend):
            self.kill(backend)
            with pytest.raises(DBAPIError):
                session.commit()
        self.laws_hold()
        done = self.send(asked)
        self.account(asked, done)
        assert isinstance(done, Acted), done
        assert not done.again
        self.count("killed")

    @rule(which=ANY, one=ANY, other=ANY)
    def killed_while_another_waits(self, which: int, one: int, other: int) -> None:
        """Kill the first of two while the second waits for it: the second is the first, and may do what it might alone."""
        first, second = self.able(which, one), self.able(which, other)
        if not self.alone(first):
            return
        may = self.alone(second)
        with self.held(first) as (_, backend):
            waits = self.pool.submit(self.send, second)
            deadline = time.monotonic() + 30
            with self.house.owner() as session:
                while not session.scalar(_WAITING) and not waits.done() and time.monotonic() < deadline:
                    session.rollback()
                    time.sleep(0.002)
            self.kill(backend)
            done = waits.result(60)
        self.account(second, done)
        assert isinstance(done, Acted) == may, done
        self.count("waited")

    @rule(hours=st.sampled_from([1, 5, 25, 24 * 8, 24 * 31]), sweep=st.booleans())
    def time_goes_by(self, hours: int, *, sweep: bool) -> None:
        self.now += timedelta(hours=hours)
        self.look(sweep=sweep)

    @rule(hours=st.sampled_from([5, 25, 24 * 8]), which=ANY, wild=ANY)
    def somebody_meets_the_clock(self, hours: int, which: int, wild: int) -> None:
        """Let the clock look at what is due while somebody takes a step of it."""
        self.now += timedelta(hours=hours)
        asked, start = self.request(which, wild), threading.Barrier(2)

        def tick() -> None:
            start.wait(60)
            assert not clock.run_due(self.house.service, self.now, stop=NEVER)["failed"]

        ticking = self.pool.submit(tick)
        start.wait(60)
        done = self.send(asked)
        ticking.result(60)
        self.account(asked, done)
        self.look(sweep=False)

    # ---- how it is done ----------------------------------------------------------------------------------------------

    @contextmanager
    def scope(self) -> Iterator[Session]:
        with named_errors(), self.house.service.begin() as session:
            enter_scope(session, [self.station])
            yield session

    def new_key(self) -> str:
        self.sent += 1
        return f"key-number-{self.sent}"

    def request(self, which: int, wild: int) -> Request:
        """Return what somebody may come to send, mostly something that can be done; the same numbers ask the same."""
        dispute = sorted(self.told.opened)[which % len(self.told.opened)]
        with self.scope() as session:
            row = dispute_rows.get(session, self.station, dispute, EVERYTHING)
            loop = loop_of(session, self.station)
        assert row is not None
        chance = random.Random(wild)
        actor = chance.choice(self.cast.people)
        can = [step for step in possible(loop, row.standing, str(actor.role)) if step not in {"linked", "paper"}]
        if chance.random() < 0.8:  # what ends it at once comes last
            can = [step for step in can if step not in {"withdrawn", "not_ours"}] or can
        step = chance.choice(can if can and chance.random() < 0.85 else STEPS[1:])
        wish = Wish(
            step, "因为", chance.choice(self.cast.holders), ("desk",), self.now + timedelta(days=chance.randint(-1, 40)),
            chance.randint(1, 5), (chance.choice(MARKS),) if step == "marked" else None,
        )  # fmt: skip
        version = None if wish.step in {"note", "visited"} else row.version
        return Request(actor, dispute, wish, version, self.new_key() if chance.random() < 0.5 else None)

    def able(self, which: int, wild: int) -> Request:
        """Return a request that may be done, mostly: of a few that come to mind the first that may."""
        tried = [self.request(which, wild + n) for n in range(3)]
        return next((asked for asked in tried if self.alone(asked)), tried[0])

    def act(self, session: Session, asked: Request) -> Acted:
        return acting.act(
            session, asked.actor, self.station, asked.dispute, asked.wish, version=asked.version, key=asked.key, now=self.now
        )  # fmt: skip

    def send(self, asked: Request) -> Acted | GridmapError:
        """Send a request in a session of its own; return what came back, or the refusal."""
        try:
            with self.scope() as session:
                return self.act(session, asked)
        except GridmapError as refused:
            return refused

    def alone(self, asked: Request) -> bool:
        """Return whether a request would be done if nobody else were there; nothing is kept."""
        with suppress(GridmapError), named_errors(), self.house.service() as session:
            enter_scope(session, [self.station])
            self.act(session, asked)
            session.rollback()
            return True
        return False

    def at_once(self, *requests: Request) -> list[Acted | GridmapError]:
        start = threading.Barrier(len(requests))

        def one(asked: Request) -> Acted | GridmapError:
            start.wait(60)
            return self.send(asked)

        return [work.result(60) for work in [self.pool.submit(one, asked) for asked in requests]]

    @contextmanager
    def held(self, asked: Request) -> Iterator[tuple[Session, int]]:
        """Give the session in which a step was taken and not committed, and the backend that has it."""
        session = self.house.service()
        try:
            enter_scope(session, [self.station])
            backend = int(session.scalar(text("SELECT pg_backend_pid()")) or 0)
            self.act(session, asked)
            yield session, backend
        finally:
            with suppress(DBAPIError):
                session.close()

    def kill(self, backend: int) -> None:
        """Kill a connection at the database's side, and wait until it is gone."""
        with self.house.owner.begin() as session:
            assert session.scalar(text("SELECT pg_terminate_backend(:backend, 30000)"), {"backend": backend})

    def look(self, *, sweep: bool) -> None:
        """Let the clock look until it finds nothing: nothing that is due is left."""
        for _ in range(5):
            done = clock.run_due(self.house.service, self.now, stop=NEVER)
            assert not done["failed"]
            if not done:
                break
        if sweep:
            assert not clock.sweep(self.house.service, self.now, stop=NEVER)["failed"]
        with self.scope() as session:
            assert session.scalar(_STILL_DUE, {"now": self.now}) == 0

    def account(self, asked: Request, done: Acted | GridmapError) -> None:
        """Note what somebody was told: the database must know of it for ever."""
        if isinstance(done, Acted):
            if done.event not in self.told.steps:
                self.count(asked.wish.step)
            self.told.steps[done.event] = (asked.dispute, asked.wish.step, asked.actor.login)
            if asked.key is not None:
                self.told.keys[own_key(asked.actor.login, asked.key)] = done.event

    def count(self, what: str) -> None:
        self.seen[what] = self.seen.get(what, 0) + 1

    @invariant()
    def laws_hold(self) -> None:
        with self.scope() as session:
            loop = loop_of(session, self.station)
            for law in LAWS:
                law(session, self.station, self.told, loop)

    def all_of_it(self, a: int, b: int, c: int, hours: int) -> None:
        """Do a little of everything; the numbers say what."""
        for rule_of, numbers in (
            (self.two_at_once, (a, b, c)), (self.one_sent_twice_at_once, (b, c)), (self.killed_before_the_commit, (c, a)),
            (self.somebody_meets_the_clock, (hours, a, b)), (self.killed_while_another_waits, (b, a, c)),
        ):  # fmt: skip
            self.steps(a, b, 4, stale=False)
            rule_of(*numbers)
            self.laws_hold()
        for n in range(3):
            self.steps(a + n, b, 2, stale=True)
            self.two_at_once(a + n, c + n, b + n)
            self.laws_hold()
        self.time_goes_by(hours, sweep=True)
        self.laws_hold()
