"""What the trigger of the steps refuses, and what it keeps, asked without the machine in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gridmap.domain.dispute_words import Holder, Wish
from gridmap.services.disputes import acting, opening
from gridmap.services.disputes.acting import KeyUsed
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Body, Mediator
from tests import makers
from tests.disputes import make_town, person

SOON = datetime.now(UTC) + timedelta(days=3)


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        made = make_town(session)
        other = makers.make_person(session, "lawyer", "mediator", station=made.station)
        session.add(Body(station=made.station, code="lawyers", name_zh="律师", name_en="Lawyers"))
        session.flush()
        session.add(Mediator(person_id=other.id, station=made.station, body="lawyers"))
        return made


@pytest.fixture
def served(town, app_sessions):
    with app_sessions() as session, session.begin():
        enter_scope(session, [town.station])
        yield session


def insert(session, done, what, *, role="officer", after, tier=1, holder=None, body=None, due=SOON, seq=None):
    """Add a step as it is told, with nothing worked out."""
    session.execute(
        text("""INSERT INTO dispute_event (station, dispute_id, by, what, role, seq, after, tier, holder_id, body, due_at)
                VALUES ('S001', :id, 'x', :what, :role, :seq, :after, :tier, :holder, :body, :due)"""),
        {"id": done.dispute, "what": what, "role": role, "seq": seq, "after": after, "tier": tier, "holder": holder,
         "body": body, "due": due},
    )  # fmt: skip


def refused(session, done, what, **facts):
    with pytest.raises(IntegrityError) as error, session.begin_nested():
        insert(session, done, what, **facts)
    return error.value.orig.diag.constraint_name


ORDER = "ck_dispute_event_order"


def test_a_tier_is_only_ever_raised_and_by_what_raises_it(town, served):
    done = town.open(served)
    done = town.step(served, town.officer, done, "escalated", "谈不拢")
    assert refused(served, done, "escalated", after="open", tier=1, body="desk") == ORDER
    assert refused(served, done, "escalated", after="open", tier=2, body="desk") == ORDER, "it stays where it is"
    assert refused(served, done, "escalated", after="open", tier=9, body="desk") == ORDER, "there is no such tier"
    assert refused(served, done, "accepted", after="accepted", tier=3, body="desk") == ORDER
    insert(served, done, "escalated", after="open", tier=3, body="desk")


def test_an_offer_is_taken_by_whom_it_was_made_to_alone(town, served):
    lawyer = served.scalar(text("SELECT id FROM person WHERE name = 'lawyer'"))
    done = town.open(served)
    done = town.step(served, town.grid, done, "passed_on", "请接手", to=Holder(body="court"))
    assert refused(served, done, "taken", after="in_hand", holder=town.officer.person_id) == ORDER
    assert refused(served, done, "taken", after="in_hand", holder=lawyer) == ORDER, "of another body"
    assert refused(served, done, "taken", after="in_hand", body="lawyers") == ORDER
    insert(served, done, "taken", after="in_hand", holder=town.mediator.person_id)
    again = town.open(served)
    again = town.step(served, town.grid, again, "passed_on", "请接手", to=person(town.mediator))
    assert refused(served, again, "taken", after="in_hand", holder=lawyer) == ORDER
    assert refused(served, again, "taken", after="in_hand", body="court") == ORDER


def test_a_step_that_is_for_some_tiers_is_for_no_other(town, sessions, app_sessions):
    with sessions.begin() as session:
        session.execute(text("UPDATE loop_move SET tiers = '{3}' WHERE loop = 'standard' AND step = 'accepted'"))
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.open(session)
        assert refused(session, done, "accepted", after="accepted", body="desk") == ORDER
        session.rollback()


def test_a_dispute_is_opened_once_and_no_step_has_a_number_twice(town, served):
    done = town.open(served)
    assert refused(served, done, "opened", after="open", body="desk") == ORDER
    assert refused(served, done, "note", after="open", body="desk", seq=1) == "ck_dispute_event_seq"


def test_visits_and_reopening_are_counted_and_the_days_of_the_end_stay(town, served):
    done = town.open(served)
    kept = "SELECT followed, reopened, settled_at, closed_at, settle_by, rating FROM dispute"
    for who, step, facts in (
        (town.grid, "accepted", {}), (town.grid, "settled", {}), (town.grid, "followed_up", {"outcome": 4}),
        (town.grid, "closed", {}),
    ):  # fmt: skip
        done = town.step(served, who, done, step, "好", **facts)
    before = served.execute(text(kept)).one()
    assert (before.followed, before.reopened, before.rating) == (1, 0, 4)
    later = datetime.now(UTC) + timedelta(days=90)
    wish = Wish("followed_up", outcome=2)
    done = acting.act(served, town.grid, town.station, done.dispute, wish, version=done.version, now=later)
    after = served.execute(text(kept)).one()
    assert (after.followed, after.rating) == (2, 2)
    assert (after.settled_at, after.closed_at, after.settle_by) == (
        before.settled_at,
        before.closed_at,
        before.settle_by,
    )
    done = town.step(served, town.officer, done, "reopened", "又吵了")
    gone = served.execute(text(kept)).one()
    assert (gone.followed, gone.reopened, gone.settled_at, gone.closed_at) == (0, 1, None, None)


def test_a_step_that_does_not_say_when_it_is_to_be_settled_leaves_that_as_it_was(town, served):
    done = town.open(served)
    before = served.scalar(text("SELECT settle_by FROM dispute"))
    insert(served, done, "accepted", after="accepted", body="desk")
    assert served.scalar(text("SELECT settle_by FROM dispute")) == before is not None


def test_a_key_is_for_one_dispute(town, served):
    first, second = town.open(served), town.open(served, kind="debt")
    wish = Wish("note", "第一件")
    acting.act(served, town.officer, town.station, first.dispute, wish, version=None, key="one-key-of-mine")
    with pytest.raises(KeyUsed):
        acting.act(served, town.officer, town.station, second.dispute, wish, version=None, key="one-key-of-mine")
    with pytest.raises(KeyUsed):
        opening.open_dispute(
            served, town.officer, town.station, opening.Intake("debt", address_id=town.door), key="one-key-of-mine"
        )
    assert served.scalar(text("SELECT count(*) FROM dispute_event WHERE what = 'note'")) == 1


def refused_as_told(session, done, what, **facts):
    """Put a step as SQL of the service's own, with every column a liar could fill in."""
    told = {
        "role": "officer", "after": "open", "tier": 1, "holder": None, "body": None, "offered": None, "due": None,
        "settle": None, **facts,
    }  # fmt: skip
    with pytest.raises(IntegrityError) as error, session.begin_nested():
        session.execute(
            text("""INSERT INTO dispute_event (station, dispute_id, by, what, role, after, tier, holder_id, body, offered_id,
                      due_at, settle_by)
                    SELECT 'S001', id, 'x', :what, :role, :after, :tier, coalesce(:holder, holder_id), :body, :offered,
                      coalesce(:due, due_at), coalesce(:settle, settle_by) FROM dispute WHERE id = :id"""),
            {"id": done.dispute, "what": what, **told},
        )
    return error.value.orig.diag.constraint_name


@pytest.mark.parametrize("what", ["note", "visited", "warned", "reminded", "told", "paper", "linked", "marked"])
def test_what_only_tells_moves_neither_holder_nor_clock(town, served, what):
    done = town.open(served)
    role = "clock" if what in {"warned", "reminded"} else "officer"
    assert refused_as_told(served, done, what, role=role, holder=town.officer.person_id) == ORDER
    assert refused_as_told(served, done, what, role=role, due=SOON + timedelta(days=3650)) == ORDER
    assert refused_as_told(served, done, what, role=role, settle=SOON + timedelta(days=3650)) == ORDER


def test_an_offer_goes_to_nobody_else_by_a_note(town, served):
    done = town.open(served)
    done = town.step(served, town.grid, done, "passed_on", "x", to=person(town.mediator))
    assert refused_as_told(served, done, "note", after="handed", offered=town.officer.person_id) == ORDER


def test_a_tier_is_not_jumped_over(town, served):
    done = town.open(served)
    assert refused(served, done, "escalated", after="open", tier=3, body="desk") == ORDER
    done = town.step(served, town.grid, done, "accepted")
    done = town.step(served, town.grid, done, "settled", "x")
    assert refused(served, done, "reopened", after="open", tier=3, body="desk") == ORDER


def test_it_is_closed_after_the_visit_its_loop_asks_for_and_not_before(town, served):
    done = town.open(served)
    done = town.step(served, town.grid, done, "accepted")
    done = town.step(served, town.grid, done, "settled", "x")
    assert refused(served, done, "closed", after="closed", holder=town.grid.person_id, due=None) == ORDER
    done = town.step(served, town.grid, done, "followed_up", outcome=5)
    assert town.step(served, town.grid, done, "closed").standing.state == "closed"
    tip = town.open(served, matter="tip")  # nobody visits because of a tip
    tip = town.step(served, town.grid, tip, "accepted")
    tip = town.step(served, town.grid, tip, "settled", "x")
    assert town.step(served, town.grid, tip, "closed").standing.state == "closed"


@pytest.mark.parametrize("state", ["accepted", "settled", "closed"])
def test_the_service_takes_nothing_in_that_is_under_way(town, served, state):
    ended = {"settled", "closed"}
    with pytest.raises(IntegrityError) as error, served.begin_nested():
        served.execute(
            text("""INSERT INTO dispute (station, kind, opened_at, tier, state, settled_at, address_id)
                    VALUES ('S001', 'neighbours', now(), 1, :state, CASE WHEN :ended THEN now() END, :door)"""),
            {"state": state, "ended": state in ended, "door": town.door},
        )
    assert error.value.orig.diag.constraint_name == "ck_dispute_begins_open"
