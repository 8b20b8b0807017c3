"""Who goes on seeing a dispute, and who no longer does."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_filter import Filter
from gridmap.domain.dispute_words import Holder
from gridmap.services.disputes import lists, opening
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.store.engine import enter_scope
from tests.disputes import make_town, person


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        return make_town(session)


@pytest.fixture
def served(town, app_sessions):
    with app_sessions() as session, session.begin():
        enter_scope(session, [town.station])
        yield session


def listed(session, town, actor, state):
    return [one.id for one in lists.page(session, actor, town.station, Filter(state=state))]


def test_whoever_took_a_dispute_in_goes_on_seeing_it_whoever_holds_it(town, served):
    intake = opening.Intake("debt", "欠款", address_id=town.door)
    done = opening.open_dispute(served, town.mediator, town.station, intake)
    assert done.standing.holder == person(town.grid)
    done = town.step(served, town.mediator, done, "note", "补充一句")
    assert listed(served, town, town.mediator, "") == [done.dispute]
    assert listed(served, town, town.mediator, "any") == [done.dispute]


def test_whoever_works_for_a_body_no_longer_sees_what_it_holds_and_may_take_no_step(town, sessions, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        done = town.open(session, to=Holder(body="court"))
        assert listed(session, town, town.mediator, "") == [done.dispute]
    with sessions.begin() as session:
        session.execute(
            text("UPDATE mediator SET active = false WHERE person_id = :id"), {"id": town.mediator.person_id}
        )
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        assert listed(session, town, town.mediator, "") == []
        with pytest.raises(DisputeNotFound):
            town.step(session, town.mediator, done, "accepted")


def test_a_mediator_sees_an_offer_until_the_hand_over_is_taken_back(town, served):
    done = town.open(served)
    done = town.step(served, town.grid, done, "passed_on", "请接手", to=person(town.mediator))
    assert listed(served, town, town.mediator, "any") == [done.dispute]
    done = town.step(served, town.officer, done, "withdrawn", "双方撤回")
    assert listed(served, town, town.mediator, "any") == []
    with pytest.raises(DisputeNotFound):
        town.step(served, town.mediator, done, "note", "我还在看")
