"""The clock at its edges: how often it reminds, what it leaves alone, how long a late end keeps personal data."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_clock import due_step
from gridmap.domain.dispute_words import Holder, Standing
from gridmap.domain.loops import DAY, HOUR, STANDARD, Loop
from gridmap.services.disputes import clock, retention
from gridmap.store.engine import enter_scope
from tests.disputes import make_town

NOW = datetime(2025, 6, 1, 8, tzinfo=UTC)
GO = threading.Event()


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        return make_town(session)


def test_a_tier_that_reminds_does_not_go_up_by_itself():
    tiers = [replace(tier, on_late="remind") for tier in STANDARD.tiers.values()]
    loop = Loop("calm", "x", "x", tiers, STANDARD.moves.values())
    late = Standing("in_hand", 1, Holder(person=2), NOW - 9 * DAY, NOW - HOUR, NOW - HOUR)
    assert (due_step(loop, late, NOW), due_step(STANDARD, late, NOW)) == ("reminded", "escalated")


def test_at_the_top_a_reminder_comes_once_a_day_also_where_another_dispute_is_due(town, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        for kind in ("neighbours", "debt"):
            done = town.open(session, kind=kind)
            for _ in range(2):
                done = town.step(session, town.officer, done, "escalated", "谈不拢")
        first, second = session.scalars(text("SELECT due_at FROM dispute ORDER BY id"))
    assert first < second
    told = [
        clock.run_due(app_sessions, at, stop=GO)["reminded"]
        for at in (first, second, second + 23 * HOUR, first + 25 * HOUR, second + 26 * HOUR)
    ]
    assert told == [1, 1, 0, 2, 0]


def test_an_offer_of_somebody_who_is_gone_ends_at_once_and_once(town, sessions, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        done = town.open(session)
        town.step(session, town.grid, done, "passed_on", "请接手", to=Holder(body="court"))
    with sessions.begin() as session:
        session.execute(
            text("UPDATE posting SET during = daterange('2020-01-01', '2020-02-01') WHERE person_id = :id"),
            {"id": town.grid.person_id},
        )
    now = datetime.now(UTC)
    assert clock.sweep(app_sessions, now, stop=GO) == {"reassigned": 1}
    assert not clock.sweep(app_sessions, now, stop=GO), "nothing is left to do, and nothing fails"
    assert clock.run_due(app_sessions, now + 2 * DAY, stop=GO)["lapsed"] == 0


def test_what_was_opened_long_ago_and_ended_just_now_keeps_its_parties(town, sessions, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        for step in ("withdrawn", "not_ours"):
            done = town.open(session, opened_at=datetime.now(UTC) - 700 * DAY)
            town.step(session, town.officer, done, step, "不归这里")
    with sessions.begin() as session:
        session.execute(
            text("""INSERT INTO dispute_party (station, dispute_id, side, reference, sealed)
                                SELECT station, id, 1, '王某', '\\x01' FROM dispute""")
        )
    kept = {"contacts_days": 180, "papers_days": 180}
    assert retention.purge(app_sessions, datetime.now(UTC), **kept)["parties"] == 0
    assert retention.purge(app_sessions, datetime.now(UTC) + 200 * DAY, **kept)["parties"] == 2
