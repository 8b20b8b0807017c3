"""Which earlier disputes a new one is linked to at its door, and which it lets alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.services.disputes.opening import Intake, take_in
from gridmap.store import dispute_parties
from gridmap.store.engine import enter_scope
from tests.disputes import make_town


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        return make_town(session)


@pytest.fixture
def served(town, app_sessions):
    with app_sessions() as session, session.begin():
        enter_scope(session, [town.station])
        yield session


def linked(session, done):
    query = text("SELECT earlier_id FROM dispute_link WHERE dispute_id = :id ORDER BY 1")
    return session.scalars(query, {"id": done.dispute}).all()


def ago(days):
    return datetime.now(UTC) - timedelta(days=days)


def test_what_is_older_than_a_year_another_matter_or_withdrawn_is_not_linked(town, served):
    town.open(served, opened_at=ago(400))
    town.open(served, matter="hazard")
    gone = town.open(served, kind="debt", opened_at=ago(20))
    town.step(served, town.officer, gone, "withdrawn", "弄错了门")
    new = town.open(served)
    assert linked(served, new) == []
    assert new.standing.marks == ()


def test_what_began_within_the_year_is_linked_and_only_its_own_kind_returns(town, served):
    first = town.open(served, opened_at=ago(360), kind="debt")
    second = town.open(served, opened_at=ago(30))
    assert (linked(served, second), second.standing.marks) == ([first.dispute], ())
    third = town.open(served)
    assert (linked(served, third), third.standing.marks) == ([first.dispute, second.dispute], ("returning",))


def marks(session):
    query = text("SELECT id, marks FROM dispute ORDER BY opened_at")
    return {row.id: tuple(row.marks) for row in session.execute(query)}


def test_what_is_entered_afterwards_is_linked_by_when_it_was_opened(town, served):
    came = town.open(served, marks=("worse",))
    other = town.open(served, kind="debt", opened_at=ago(2))
    before = town.open(served, opened_at=ago(3))
    old = town.open(served, opened_at=ago(500))
    assert linked(served, came) == [other.dispute, before.dispute]
    assert linked(served, other) == [before.dispute]
    assert linked(served, before) == linked(served, old) == []
    # What came later returns; what it returned to does not, nor what is of another kind.
    assert marks(served) == {
        old.dispute: (), before.dispute: (), other.dispute: (), came.dispute: ("returning", "worse"),
    }  # fmt: skip
    step = served.execute(
        text(
            "SELECT what, facts -> 'links' AS links FROM dispute_event WHERE dispute_id = :id ORDER BY seq DESC LIMIT 1"
        ),
        {"id": came.dispute},
    ).one()
    assert (step.what, step.links) == ("marked", [before.dispute])


def test_what_is_over_is_linked_and_not_marked(town, served):
    came = town.step(served, town.grid, town.open(served), "accepted")
    came = town.step(served, town.grid, came, "settled", "说好了")
    before = town.open(served, opened_at=ago(3))
    assert linked(served, came) == [before.dispute]
    assert marks(served)[came.dispute] == ()


def test_two_at_once_at_one_door_know_of_one_another(town, app_sessions):
    # The first is open and not yet kept while the second asks; the second asked at an earlier moment.
    now = datetime.now(UTC)
    with app_sessions() as first:
        first.begin()
        enter_scope(first, [town.station])
        one = opened(town, first, now)
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(alone, town, app_sessions, now - timedelta(milliseconds=5))
            wait_for_lock(first)
            first.commit()
            two = other.result(timeout=60)
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        assert linked(session, two) == [one.dispute]
        assert marks(session) == {one.dispute: (), two.dispute: ("returning",)}


def opened(town, session, now):
    intake = Intake("neighbours", "楼上漏水", address_id=town.door)
    return take_in(session, town.station, intake, by="resident", role="resident", now=now)


def alone(town, app_sessions, now):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        return opened(town, session, now)


def wait_for_lock(session):
    query = text("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = ("
                 "SELECT oid FROM pg_database WHERE datname = current_database()))")  # fmt: skip
    for _ in range(3_000):
        if session.scalar(query):
            return
        session.execute(text("SELECT pg_sleep(0.02)"))
    raise AssertionError("the second did not wait for the first")


def test_two_with_one_party_are_linked_by_when_they_were_opened(town, served):
    prints = (b"p" * 16, None)
    first, late = town.open(served, kind="debt"), town.open(served, kind="labour", matter="hazard", opened_at=ago(3))
    for done in (first, late):
        party = dispute_parties.add(served, town.station, done.dispute, side=1, reference="张某")
        dispute_parties.put_away(served, town.station, party, b"sealed", prints)
    assert dispute_parties.link_same(served, town.station, first.dispute, prints, by="gridmap") == [late.dispute]
    assert (linked(served, first), linked(served, late)) == ([late.dispute], [])
