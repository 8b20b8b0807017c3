"""Steps of disputes against the real database: each once, in order, by whom it is for, and never over somebody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from gridmap.domain.access import Role, RoleMayNot
from gridmap.domain.dispute_words import Holder, Wish
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible, DisputeStepNotYours
from gridmap.services.disputes import acting, opening
from gridmap.services.disputes.acting import DisputeMoved, DisputeNotFound, HolderUnknown, KeyUsed
from gridmap.store import dispute_rows
from gridmap.store.engine import enter_scope
from tests import makers
from tests.disputes import actor_of, person


def state(session, done):
    return session.execute(
        text("SELECT state, tier, holder_id, body, version, due_at, settle_by, marks FROM dispute WHERE id = :id"),
        {"id": done.dispute},
    ).one()


def test_a_dispute_is_held_by_the_grid_member_of_its_cell_as_of_its_day(town, served):
    done = town.open(served)
    found = state(served, done)
    assert (found.state, found.tier, found.holder_id, found.body) == ("open", 1, town.grid.person_id, None)
    place = served.execute(text("SELECT beat, grid_cell, number FROM dispute")).one()
    assert (place.beat, place.grid_cell) == ("A", "A1")
    assert place.number.startswith("M-")
    assert found.due_at < found.settle_by


def test_the_whole_way_of_a_dispute(town, served):
    done = town.open(served)
    done = town.step(served, town.grid, done, "accepted")
    done = town.step(served, town.grid, done, "begun")
    done = town.step(served, town.grid, done, "escalated", "谈不拢")
    assert state(served, done)[:3] == ("open", 2, town.officer.person_id)
    done = town.step(served, town.officer, done, "accepted")
    done = town.step(served, town.officer, done, "passed_on", "请法庭接手", to=Holder(body="court"))
    with pytest.raises(DisputeStepNotYours):
        town.step(served, town.officer, done, "taken")
    done = town.step(served, town.mediator, done, "taken")
    assert state(served, done)[:3] == ("in_hand", 2, town.mediator.person_id)
    done = town.step(served, town.mediator, done, "convened", bodies=("desk",))
    until = datetime.now(UTC) + timedelta(days=3)
    before = state(served, done).settle_by
    done = town.step(served, town.mediator, done, "paused", "等鉴定", until=until)
    done = town.step(served, town.mediator, done, "resumed")
    found = state(served, done)
    assert found.state == "joint"
    assert abs(found.settle_by - before) < timedelta(seconds=5)
    done = town.step(served, town.mediator, done, "settled", "各退一步")
    with pytest.raises(DisputeStepNotPossible, match="follow-up visit on its day comes first"):
        town.step(served, town.mediator, done, "closed")
    done = town.step(served, town.officer, done, "followed_up", outcome=3)
    with pytest.raises(DisputeStepNotPossible, match="follow-up visit on its day comes first"):
        town.step(served, town.mediator, done, "closed")
    month = datetime.now(UTC) + timedelta(days=30)
    done = town.step(served, town.officer, done, "followed_up", outcome=5, now=month)
    done = town.step(served, town.mediator, done, "followed_up", outcome=1, now=month)
    done = town.step(served, town.mediator, done, "closed", now=month)
    found = served.execute(text("SELECT state, rating, followed, due_at, settled_at, closed_at FROM dispute")).one()
    assert (found.state, found.rating, found.followed) == ("closed", 5, 1), "nobody rates their own work"
    assert found.due_at == found.settled_at + timedelta(days=90)
    done = town.step(served, town.commander, done, "reopened", "又吵了")
    assert state(served, done)[:2] == ("open", 3)
    assert dispute_rows.lost(served, [town.station]) == []
    steps = served.execute(text("SELECT what, seq FROM dispute_event ORDER BY seq")).all()
    assert [step.seq for step in steps] == list(range(1, len(steps) + 1))


def test_a_request_sent_twice_is_one_step(town, served):
    first = town.open(served, key="open-key-1")
    again = town.open(served, key="open-key-1")
    assert again.again
    assert (again.dispute, again.version) == (first.dispute, first.version)
    wish = {"station": town.station, "dispute": first.dispute, "version": first.version, "key": "step-key-1"}
    done = act(served, town.grid, "accepted", **wish)
    twice = act(served, town.grid, "accepted", **wish)
    assert (twice.version, twice.again) == (done.version, True)
    with pytest.raises(KeyUsed):
        act(served, town.grid, "begun", **{**wish, "version": done.version})
    assert served.scalar(text("SELECT count(*) FROM dispute_event")) == 2


def act(session, actor, step, *, station, dispute, version, key):
    from gridmap.domain.dispute_words import Wish
    from gridmap.services.disputes import acting

    return acting.act(session, actor, station, dispute, Wish(step), version=version, key=key)


def test_who_read_an_older_state_is_told(town, served):
    done = town.open(served)
    town.step(served, town.grid, done, "accepted")
    with pytest.raises(DisputeMoved, match="accepted by now"):
        town.step(served, town.officer, done, "begun")


def test_what_is_missing_or_unknown_is_said(town, served):
    done = town.open(served)
    with pytest.raises(DisputeStepNeeds, match="to, note"):
        town.step(served, town.grid, done, "passed_on")
    with pytest.raises(HolderUnknown):
        town.step(served, town.grid, done, "passed_on", "请接手", to=Holder(body="nowhere"))
    done = town.step(served, town.grid, done, "accepted")
    with pytest.raises(DisputeStepNeeds, match="at most 180 days"):
        town.step(served, town.grid, done, "paused", "等", until=datetime.now(UTC) - timedelta(days=1))


def test_who_may_not_see_a_dispute_is_told_nothing_of_it(town, sessions, served):
    done = town.open(served)
    with pytest.raises(DisputeNotFound):
        town.step(served, town.mediator, done, "note", "看看")


def test_a_grid_member_may_only_leave_a_note_where_somebody_else_holds_it(town, served):
    done = town.open(served, to=Holder(body="court"))
    with pytest.raises(DisputeStepNotYours, match="leave a note"):
        town.step(served, town.grid, done, "accepted")
    town.step(served, town.grid, done, "note", "今天又吵了")


def test_an_auditor_may_not(town, served):
    from gridmap.domain.access import Role
    from tests.disputes import actor_of

    done = town.open(served)
    with pytest.raises(RoleMayNot):
        town.step(served, actor_of(None, Role.AUDITOR, "auditor"), done, "note", "x")


def test_a_second_dispute_of_a_kind_at_a_door_is_marked_as_returning(town, served):
    first = town.open(served)
    second = town.open(served)
    assert state(served, first).marks == []
    assert state(served, second).marks == ["returning"]
    assert served.execute(text("SELECT dispute_id, earlier_id, why FROM dispute_link")).one() == (
        second.dispute, first.dispute, "door",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        # a step nobody may take in this state, by a role that may not, out of its order, or twice
        ("('S001', :id, 'x', 'closed', 'officer', 2, 'closed', 1, :me, NULL)", "ck_dispute_event_order"),
        ("('S001', :id, 'x', 'accepted', 'auditor', 2, 'accepted', 1, :me, now())", "ck_dispute_event_order"),
        ("('S001', :id, 'x', 'accepted', 'officer', 3, 'accepted', 1, :me, now())", "ck_dispute_event_seq"),
        ("('S001', :id, 'x', 'accepted', 'officer', 1, 'accepted', 1, :me, now())", "ck_dispute_event_seq"),
        ("('S001', :id, 'x', 'accepted', 'officer', 2, 'in_hand', 1, :me, now())", "ck_dispute_event_order"),
        # a tier that falls, or that there is not; nobody who holds it; no day
        ("('S001', :id, 'x', 'escalated', 'officer', 2, 'open', 4, :me, now())", "ck_dispute_event_order"),
        ("('S001', :id, 'x', 'accepted', 'officer', 2, 'accepted', 2, :me, now())", "ck_dispute_event_order"),
        ("('S001', :id, 'x', 'accepted', 'officer', 2, 'accepted', 1, NULL, now())", "ck_dispute_held"),
        ("('S001', :id, 'x', 'accepted', 'officer', 2, 'accepted', 1, :me, NULL)", "ck_dispute_held"),
        ("('S001', :id, 'x', 'note', 'import', NULL, NULL, NULL, NULL, NULL)", "ck_dispute_event_role"),
    ],
)
def test_the_database_refuses_what_the_machine_refuses(town, served, statement, constraint):
    done = town.open(served)
    columns = "(station, dispute_id, by, what, role, seq, after, tier, holder_id, due_at)"
    with pytest.raises(IntegrityError) as refused:
        served.execute(
            text(f"INSERT INTO dispute_event {columns} VALUES {statement}"),
            {"id": done.dispute, "me": town.officer.person_id},
        )
    assert refused.value.orig.diag.constraint_name == constraint
    served.rollback()


@pytest.mark.parametrize("column", ["state = 'closed'", "tier = 2", "holder_id = NULL", "due_at = NULL", "version = 9"])
def test_only_a_step_changes_a_dispute(town, served, column):
    town.open(served)
    with pytest.raises(ProgrammingError, match="permission denied"):
        served.execute(text(f"UPDATE dispute SET {column}"))
    served.rollback()


def test_a_holder_who_left_makes_a_dispute_lost_and_the_query_says_so(town, sessions, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        done = town.open(session)
        assert dispute_rows.lost(session, [town.station]) == []
    with sessions.begin() as session:
        session.execute(
            text("UPDATE posting SET during = daterange('2020-01-01', '2020-02-01') WHERE person_id = :id"),
            {"id": town.grid.person_id},
        )
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        assert dispute_rows.lost(session, [town.station]) == [(town.station, done.dispute, "its holder is gone")]


def test_nobody_posted_the_desk_holds_it(sessions, town, app_sessions):
    with sessions.begin() as session:
        door = makers.make_door(session, 1.5, 0.5)
        other = door.id
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        done = town.open(session, address_id=other)
        assert state(session, done).body == "desk"
        assert person(town.officer) == Holder(person=town.officer.person_id)


def test_what_a_resident_sent_is_nobody_s_by_their_log_in(town, served):
    """Who opened a dispute may go on seeing it: a log-in that is called "resident" must not have opened them all."""
    intake = opening.Intake("neighbours", "吵", source="plate", address_id=town.door)
    opening.take_in(served, town.station, intake, by="resident", role="resident")
    named_so = actor_of(None, Role.MEDIATOR, "resident")
    sent = served.scalar(text("SELECT id FROM dispute"))
    with pytest.raises(DisputeNotFound):
        acting.act(served, named_so, town.station, sent, Wish("note", "x"), version=None)


def test_a_dispute_is_given_at_once_only_to_who_is_posted_here(town, served):
    with pytest.raises(HolderUnknown):
        town.open(served, to=Holder(person=999_999))
