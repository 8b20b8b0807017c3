"""Steps that meet: two at once without a number, one that was read too early, one after the clock has reminded."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Wish
from gridmap.services.disputes import acting, clock
from gridmap.services.disputes.acting import DisputeMoved
from gridmap.store.engine import enter_scope
from tests.disputes import make_town

NOTE = text("""INSERT INTO dispute_event (station, dispute_id, by, what, note, role)
               VALUES ('S001', :id, 'x', 'note', :note, 'officer')""")


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        return make_town(session)


@pytest.fixture
def opened(town, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        return town.open(session)


def test_two_notes_put_down_at_once_wait_for_one_another_and_both_are_kept(opened, app_sessions, session):
    first_is_in, go_on = threading.Event(), threading.Event()

    def one():
        with app_sessions.begin() as held:
            enter_scope(held, ["S001"])
            held.execute(NOTE, {"id": opened.dispute, "note": "甲"})
            first_is_in.set()
            assert go_on.wait(60)

    def other():
        assert first_is_in.wait(60)
        with app_sessions.begin() as held:
            enter_scope(held, ["S001"])
            threading.Timer(0.2, go_on.set).start()
            held.execute(NOTE, {"id": opened.dispute, "note": "乙"})

    with ThreadPoolExecutor(2) as pool:
        for work in [pool.submit(one), pool.submit(other)]:
            work.result(60)
    kept = session.execute(text("SELECT seq, note FROM dispute_event WHERE what = 'note' ORDER BY seq")).all()
    assert kept == [(2, "甲"), (3, "乙")]


def test_a_key_does_not_let_a_step_pass_over_somebody_else_s(town, opened, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        town.step(session, town.grid, opened, "accepted")
        with pytest.raises(DisputeMoved):
            acting.act(
                session, town.officer, town.station, opened.dispute, Wish("begun"), version=1, key="a-key-of-its-own"
            )


def test_what_was_reminded_of_today_still_ends_its_pause_in_time(town, opened, app_sessions):
    """The day between two reminders is no day in which the clock sleeps."""
    begin, stop = datetime.now(UTC), threading.Event()

    def act(wish, at):
        with app_sessions.begin() as session:
            enter_scope(session, [town.station])
            return acting.act(session, town.officer, town.station, opened.dispute, wish, version=None, now=at)

    act(Wish("escalated", "一"), begin)
    act(Wish("escalated", "二"), begin)
    late = act(Wish("begun"), begin).standing.settle_by + timedelta(minutes=1)
    assert clock.run_due(app_sessions, late, stop=stop)["reminded"] == 1
    act(Wish("paused", "等鉴定", until=late + timedelta(hours=3)), late + timedelta(minutes=1))
    done = clock.run_due(app_sessions, late + timedelta(hours=3), stop=stop)
    assert done["resumed"] == 1
