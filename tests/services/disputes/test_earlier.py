"""Which earlier disputes a new one is linked to at its door, and which it lets alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

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


def test_what_is_entered_afterwards_has_nothing_to_do_with_what_came_later(town, served):
    town.open(served)
    late = town.open(served, opened_at=ago(3))
    assert linked(served, late) == []
