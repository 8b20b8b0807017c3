"""Who goes on seeing a dispute, and who no longer does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_filter import Filter
from gridmap.domain.dispute_words import Holder, Wish
from gridmap.domain.parties import Personal
from gridmap.services.disputes import acting, lists, look, opening, parties
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.services.disputes.answering import answer
from gridmap.services.sealing import Sealer
from gridmap.store.dispute_rows import TABLE_STAYS
from gridmap.store.engine import enter_scope
from tests.disputes import make_town, person

SEALER = Sealer(bytes(range(32)))
WHO = Personal("张三丰", "13800000000")


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


def opens(session, town, done, states=("", "any")):
    """Return whether the mediator finds the dispute in lists, reads it, and opens a party of it: one answer, if all is well."""
    found = {done.dispute in listed(session, town, town.mediator, state) for state in states}
    try:
        look.look(session, town.mediator, town.station, done.dispute, zone="UTC")
        found.add(True)
    except DisputeNotFound:
        found.add(False)
    (party,) = parties.listing(session, town.officer, town.station, done.dispute)
    ask = (session, town.mediator, town.station, done.dispute, party.id, SEALER)
    try:
        found.add(parties.open_party(*ask, reason="准备联合调解") == WHO)
    except DisputeNotFound:
        found.add(False)
    return found


def table(town, served, at=None):
    """Return a dispute with a party, to whose joint table the court is asked at a moment."""
    at = at or datetime.now(UTC)
    intake = opening.Intake("debt", "欠款", address_id=town.door, opened_at=at)
    done = opening.take_in(served, town.station, intake, by="officer", role="officer", now=at)
    parties.add(served, town.officer, town.station, done.dispute, SEALER, side=1, personal=WHO)
    for wish in (Wish("begun"), Wish("convened", bodies=("court",))):
        done = acting.act(served, town.officer, town.station, done.dispute, wish, version=done.version, now=at)
    return done


def test_who_declines_a_joint_table_sees_the_dispute_and_its_parties_no_more(town, served):
    done = table(town, served)
    assert opens(served, town, done) == {True}
    for said, seen in (("joined", True), ("declined", False)):
        answer(served, town.mediator, town.station, done.dispute, "court", said, note="与当事人有亲属关系")
        assert opens(served, town, done) == {seen}
    answer(served, town.officer, town.station, done.dispute, "court", "joined")
    assert opens(served, town, done) == {True}


def test_who_declined_and_is_asked_again_sees_the_dispute_again(town, served):
    done = table(town, served)
    done = answer(served, town.mediator, town.station, done.dispute, "court", "declined", note="走不开")
    assert opens(served, town, done) == {False}
    acting.act(
        served, town.officer, town.station, done.dispute, Wish("convened", bodies=("court",)), version=done.version
    )
    assert opens(served, town, done) == {True}


@pytest.mark.parametrize(
    ("step", "ago", "sees"),
    [
        ("settled", TABLE_STAYS - timedelta(minutes=1), True),
        ("settled", TABLE_STAYS + timedelta(minutes=1), False),
        ("withdrawn", timedelta(0), False),
    ],
)
def test_a_joint_table_is_cleared_some_days_after_all_is_settled(town, served, step, ago, sees):
    at = datetime.now(UTC) - ago
    done = table(town, served, at - timedelta(hours=1))
    acting.act(served, town.officer, town.station, done.dispute, Wish(step, "谈妥了"), version=done.version, now=at)
    assert opens(served, town, done, states=("any", step)) == {sees}


def test_a_mediator_sees_an_offer_until_the_hand_over_is_taken_back(town, served):
    done = town.open(served)
    done = town.step(served, town.grid, done, "passed_on", "请接手", to=person(town.mediator))
    assert listed(served, town, town.mediator, "any") == [done.dispute]
    done = town.step(served, town.officer, done, "withdrawn", "双方撤回")
    assert listed(served, town, town.mediator, "any") == []
    with pytest.raises(DisputeNotFound):
        town.step(served, town.mediator, done, "note", "我还在看")
