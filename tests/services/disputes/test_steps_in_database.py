"""What the trigger of the steps refuses, and what it keeps, asked without the machine in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError

from gridmap.domain.dispute_words import Holder, Wish
from gridmap.services.disputes import acting, opening
from gridmap.services.disputes.acting import KeyUsed
from gridmap.store.engine import APP_ROLE, enter_scope, let_log_in, make_engine, make_sessions
from gridmap.store.tables import Body, Mediator
from tests import makers
from tests.disputes import make_town, person

#: The guard's own idea of now, in place of the tests'.
IS_OF_NOW = import_module("gridmap.store.migrations.versions.0011_dispute_machine").IS_OF_NOW
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
        text("""INSERT INTO dispute_event (station, dispute_id, by, what, note, role, seq, after, tier, holder_id, body, due_at)
                VALUES ('S001', :id, 'x', :what, 'why', :role, :seq, :after, :tier, :holder, :body, :due)"""),
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
    month = datetime.now(UTC) + timedelta(days=30)
    for who, step, facts in (
        (town.grid, "accepted", {}), (town.grid, "settled", {}), (town.officer, "followed_up", {"outcome": 4, "now": month}),
        (town.grid, "closed", {"now": month}),
    ):  # fmt: skip
        done = town.step(served, who, done, step, "好", **facts)
    before = served.execute(text(kept)).one()
    assert (before.followed, before.reopened, before.rating) == (1, 0, 4)
    later = datetime.now(UTC) + timedelta(days=90)
    wish = Wish("followed_up", outcome=2)
    done = acting.act(served, town.officer, town.station, done.dispute, wish, version=done.version, now=later)
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
    assert refused(served, done, "closed", after="closed", holder=town.grid.person_id, due=None) == ORDER, (
        "long before its day"
    )
    month = datetime.now(UTC) + timedelta(days=30)
    done = town.step(served, town.grid, done, "followed_up", outcome=5, now=month)
    assert town.step(served, town.grid, done, "closed", now=month).standing.state == "closed"
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


def forged(session, done, what, *, role="officer", after, facts="{}", note="why", **columns):
    """Put a step as SQL of the service's own, with whatever a liar puts into its columns."""
    told = {
        "at": datetime.now(UTC),
        "due_at": None,
        "settle_by": None,
        "holder_id": None,
        "offered_body": None,
        **columns,
    }
    with pytest.raises(IntegrityError) as error, session.begin_nested():
        session.execute(
            text("""INSERT INTO dispute_event (station, dispute_id, at, by, what, note, role, after, facts, tier, holder_id, body,
                      offered_body, due_at, settle_by)
                    SELECT 'S001', id, :at, 'x', :what, :note, :role, :after, CAST(:facts AS jsonb), coalesce(:tier, tier),
                      coalesce(:holder_id, holder_id), CASE WHEN CAST(:holder_id AS int) IS NULL THEN body END, :offered_body,
                      coalesce(:due_at, due_at), coalesce(:settle_by, settle_by) FROM dispute WHERE id = :id"""),
            {
                "id": done.dispute,
                "what": what,
                "role": role,
                "after": after,
                "facts": facts,
                "note": note,
                "tier": None,
                **told,
            },
        )
    return error.value.orig.diag.constraint_name


FAR = datetime.now(UTC) + timedelta(days=20_000)


@pytest.mark.parametrize(
    ("what", "after", "facts"),
    [
        ("accepted", "accepted", {"due_at": FAR}), ("accepted", "accepted", {"settle_by": FAR}),
        ("passed_on", "handed", {"offered_body": "court", "due_at": FAR}), ("escalated", "open", {"tier": 2, "due_at": FAR}),
        ("escalated", "open", {"tier": 2, "settle_by": FAR, "due_at": FAR}), ("withdrawn", "withdrawn", {"due_at": FAR}),
        ("passed_on", "handed", {"offered_body": "court", "note": " "}),
        ("marked", "open", {"facts": '{"kind": "theft_of_time"}'}), ("marked", "open", {"facts": '{"grade": 9}'}),
        ("marked", "open", {}), ("note", "open", {"facts": '{"rating": 5}'}), ("note", "open", {"facts": '{"marks": ["threats"]}'}),
        ("note", "open", {"facts": '{"grade": 1}'}), ("note", "open", {"note": ""}),
        ("escalated", "open", {"tier": 2, "role": "clock"}),
    ],
)  # fmt: skip
def test_no_clock_is_set_beyond_the_loops_and_nothing_is_told_by_a_step_that_is_not_for_it(
    town, served, what, after, facts
):
    assert forged(served, town.open(served), what, after=after, **facts) in {ORDER, "ck_dispute_finite"}


def test_what_is_due_never_is_refused_from_anybody(town, sessions):
    with sessions.begin() as session:
        done = town.open(session)
        never = text("UPDATE dispute SET due_at = 'infinity' WHERE id = :id")
        with pytest.raises(IntegrityError, match="ck_dispute_finite"), session.begin_nested():
            session.execute(never, {"id": done.dispute})


def test_a_pause_ends_and_what_is_settled_is_settled_with_words(town, served):
    done = town.step(served, town.grid, town.open(served), "accepted")
    until = '{"until": "2060-01-01"}'
    assert forged(served, done, "paused", after="paused", due_at=FAR, settle_by=FAR, facts=until) == ORDER
    assert forged(served, done, "paused", after="paused") == ORDER, "it says until when"
    assert forged(served, done, "settled", after="settled", note=" ") == ORDER
    assert forged(served, done, "convened", after="joint") == ORDER, "it says who is asked"


def test_who_has_accepted_it_keeps_it_until_an_offer_is_taken(town, served):
    done = town.step(served, town.grid, town.open(served), "accepted")
    assert forged(served, done, "begun", after="in_hand", holder_id=town.officer.person_id) == ORDER
    done = town.step(served, town.officer, done, "begun")
    assert done.standing.holder == person(town.grid), "an officer lends a hand; the grid member has it still"


def test_a_step_is_of_now(town, sessions, app_sessions):
    """The guard's own idea of now is in force here, as in a real station."""
    with sessions.begin() as session:
        session.execute(text(IS_OF_NOW.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")))
    with app_sessions() as served, served.begin():
        enter_scope(served, [town.station])
        done = town.step(served, town.grid, town.open(served), "accepted")
        for days in (-1, 1, 20_000):
            at = datetime.now(UTC) + timedelta(days=days)
            assert forged(served, done, "settled", after="settled", at=at) == "ck_dispute_event_at"
            with pytest.raises(IntegrityError, match="is of") as error, served.begin_nested():
                town.step(served, town.grid, done, "settled", "好", now=at)
            assert error.value.orig.diag.constraint_name == "ck_dispute_event_at"
        assert town.step(served, town.grid, done, "settled", "好").standing.state == "settled"


def test_the_service_is_the_service_however_it_logged_in(town, sessions, database_url):
    """Where it logs in as itself it has no role set; it writes no history either way."""
    with sessions.begin() as session:
        done = town.open(session)
        let_log_in(session)
    own = make_url(database_url).set(username=APP_ROLE).render_as_string(hide_password=False)
    engine = make_engine(own)
    try:
        for before in ("RESET ROLE", "SET ROLE NONE", f"SET ROLE {APP_ROLE}"):
            with make_sessions(engine).begin() as session:
                session.execute(text(before))
                enter_scope(session, [town.station])
                assert forged(session, done, "settled", role="import", after="settled") == "ck_dispute_event_role"
                with pytest.raises(IntegrityError, match="begins open"), session.begin_nested():
                    session.execute(
                        text(
                            "INSERT INTO dispute (station, kind, opened_at, tier, state, settled_at) VALUES ('S001', 'neighbours', now(), 1, 'settled', now())"
                        )
                    )
    finally:
        engine.dispose()
        with sessions.begin() as session:
            session.execute(text(f"ALTER ROLE {APP_ROLE} NOLOGIN"))
