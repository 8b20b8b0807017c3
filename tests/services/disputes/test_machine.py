"""Anything at all done to disputes, by anybody, in any order: what the database holds is what the steps add up to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from gridmap.domain.dispute_words import MARKS, OPEN, OVER, STEPS, Holder, Taker, Wish
from gridmap.domain.disputes import possible
from gridmap.errors import GridmapError
from gridmap.services.disputes import acting
from gridmap.services.disputes.acting import EVERYTHING
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_rows
from gridmap.store.engine import enter_scope
from tests.disputes import Town, make_town

STATION = "S001"
#: How often a wish carries a key that was used before.
KEYS = st.sampled_from(["", "", "key-number-1", "key-number-2", "key-number-3"])


class Disputes(RuleBasedStateMachine):
    """Three officers of a kind, the clock and a resident, who do whatever comes to their minds."""

    sessions: sessionmaker[Session]
    town: Town

    def __init__(self) -> None:
        super().__init__()
        self.disputes: list[int] = []
        self.keys: dict[tuple[str, str], tuple[int, Wish]] = {}
        self.taken = 0
        self.began = datetime.now(UTC)
        self.run = self.began.isoformat()

    @contextmanager
    def scope(self) -> Iterator[Session]:
        with self.sessions.begin() as session:
            enter_scope(session, [STATION])
            yield session

    @rule(marks=st.sets(st.sampled_from(MARKS)), matter=st.sampled_from(["dispute", "tip", "hazard", "case"]))
    def open(self, marks: set[str], matter: str) -> None:
        with self.scope() as session:
            done = self.town.open(session, marks=tuple(marks), matter=matter)
        assert (done.version, done.standing.state) == (1, "open")
        self.disputes.append(done.dispute)
        self.taken += 1

    @precondition(lambda self: self.disputes)
    @rule(
        data=st.data(), wild=st.integers(0, 4), stale=st.integers(0, 9).map(lambda n: n == 0), key=KEYS,
        to=st.sampled_from(["court", "desk", "grid", "officer", "gone", ""]), days=st.integers(-1, 200),
    )  # fmt: skip
    def act(self, data: st.DataObject, wild: int, to: str, days: int, key: str, *, stale: bool) -> None:
        dispute = data.draw(st.sampled_from(self.disputes))
        actor = data.draw(st.sampled_from([self.town.officer, self.town.grid, self.town.mediator, self.town.commander]))
        holder = {
            "grid": Holder(person=self.town.grid.person_id), "officer": Holder(person=self.town.officer.person_id),
            "": Holder(),
        }.get(to, Holder(body=to))  # fmt: skip
        with self.scope() as session:
            before = dispute_rows.get(session, STATION, dispute, EVERYTHING)
            assert before is not None
            loop = loop_of(session, STATION)
        # Mostly something that can be done: a dispute should get far, and be refused along the way.
        step = data.draw(st.sampled_from(STEPS[1:] if not wild else possible(loop, before.standing, str(actor.role))))
        wish = Wish(
            step, "因为", holder, ("court",), self.began + timedelta(days=days), data.draw(st.sampled_from([None, 1, 5])),
            data.draw(st.sampled_from([None, ("threats",)])),
        )  # fmt: skip
        sent = f"{self.run} {key}" if key else None
        try:
            with self.scope() as session:
                done = acting.act(session, actor, STATION, dispute, wish, version=before.version - stale, key=sent)
        except GridmapError:
            done = None
        with self.scope() as session:
            after = dispute_rows.get(session, STATION, dispute, EVERYTHING)
        assert after is not None
        if done is None or done.again:
            assert after == before, "what was refused, or done before, changes nothing"
            if done is not None:
                assert self.keys[actor.login, sent or ""] == (dispute, wish), "once with this key, and this very step"
            return
        assert not stale
        assert step in possible(loop, before.standing, str(actor.role)), "only a possible step is taken"
        assert (after.version, after.standing) == (before.version + 1, done.standing), (
            "the machine and the database agree"
        )
        self.taken += 1
        if sent is not None:
            assert (actor.login, sent) not in self.keys
            self.keys[actor.login, sent] = (dispute, wish)

    @precondition(lambda self: self.disputes)
    @rule(data=st.data(), step=st.sampled_from(["escalated", "lapsed", "resumed", "reminded", "reassigned", "closed"]))
    def tick(self, data: st.DataObject, step: str) -> None:
        dispute = data.draw(st.sampled_from(self.disputes))
        try:
            with self.scope() as session:
                row = dispute_rows.get(session, STATION, dispute, EVERYTHING, lock=True)
                assert row is not None
                acting.take(session, row, Wish(step, to=Holder(body="desk")), Taker("clock"), by="clock")
        except GridmapError:
            return
        self.taken += 1

    @invariant()
    def none_is_lost(self) -> None:
        with self.scope() as session:
            assert dispute_rows.lost(session, [STATION]) == []

    @invariant()
    def the_steps_add_up(self) -> None:
        with self.scope() as session:
            rows = session.execute(
                text("""SELECT d.id, d.version, d.state, d.tier, d.holder_id, d.body, d.due_at, array_agg(e.seq ORDER BY e.id) AS seq,
                          (array_agg(e.after ORDER BY e.seq DESC))[1] AS after, (array_agg(e.tier ORDER BY e.seq DESC))[1] AS at_tier,
                          min(e.tier) AS least, (array_agg(e.due_at ORDER BY e.seq DESC))[1] AS due
                        FROM dispute d JOIN dispute_event e ON e.dispute_id = d.id
                        WHERE d.id = ANY (:ids) GROUP BY d.id"""),
                {"ids": self.disputes},
            ).all()
        assert len(rows) == len(self.disputes)
        assert sum(row.version for row in rows) == self.taken, "a step is one event, and an event one step"
        for row in rows:
            assert row.seq == list(range(1, row.version + 1))
            assert (row.state, row.tier, row.due_at) == (row.after, row.at_tier, row.due)
            assert row.least <= row.tier <= 3
            if row.state in OPEN:
                assert (row.holder_id is None) != (row.body is None)
                assert row.due_at is not None
            else:
                assert row.state in OVER


@pytest.mark.parametrize("examples", [25])
def test_whatever_is_done_the_steps_add_up_and_none_is_lost(sessions, app_sessions, examples):
    with sessions.begin() as session:
        Disputes.town = make_town(session)
    Disputes.sessions = app_sessions
    run_state_machine_as_test(
        Disputes,
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_the_machine_would_notice_a_step_that_is_not_kept(sessions, app_sessions):
    """The laws above can fail: a step taken out of the log is missed at once."""
    with sessions.begin() as session:
        town = make_town(session)
    with app_sessions.begin() as session:
        enter_scope(session, [STATION])
        done = town.open(session)
        row = dispute_rows.get(session, STATION, done.dispute, EVERYTHING)
        assert row is not None
        lying = replace(row.standing, state="closed")
        with pytest.raises(Exception, match="may not take the step"):
            dispute_rows.add_step(
                session,
                row,
                "accepted",
                lying,
                by="x",
                role="officer",
                note="",
                key=None,
                facts={},
                now=datetime.now(UTC),
            )
        session.rollback()
