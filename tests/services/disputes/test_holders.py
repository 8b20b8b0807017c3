"""Who is given a dispute: who stands in, a body that is there; never somebody who is away or a body that is gone."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import DESK, Holder, Taker, Wish
from gridmap.domain.disputes import DisputeStepNotPossible
from gridmap.services.disputes import acting, clock
from gridmap.services.disputes.acting import HolderUnknown
from gridmap.store import dispute_lost, dispute_rows
from gridmap.store.engine import enter_scope
from tests import makers
from tests.disputes import WHEN, make_town, person

AWAY = text("""INSERT INTO leave (station, person_id, substitute_id, during)
               VALUES ('S001', :who, :instead, daterange(current_date - 1, current_date + 30))""")


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        return make_town(session)


def away(sessions, who, instead=None):
    with sessions.begin() as session:
        session.execute(AWAY, {"who": who, "instead": instead})


def opened(app_sessions, town):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        return town.open(session).standing.holder


def test_who_is_away_is_stood_in_for(town, sessions, app_sessions):
    with sessions.begin() as session:
        other = makers.make_person(session, "other", "grid_member", station=town.station, cell="A2").id
    away(sessions, town.grid.person_id, other)
    assert opened(app_sessions, town) == Holder(person=other)


def test_where_who_stands_in_is_away_too_the_beat_s_officer_holds_it_and_at_last_the_desk(town, sessions, app_sessions):
    with sessions.begin() as session:
        other = makers.make_person(session, "other", "grid_member", station=town.station, cell="A2").id
    away(sessions, town.grid.person_id, other)
    away(sessions, other)
    assert opened(app_sessions, town) == person(town.officer)
    away(sessions, town.officer.person_id, other)
    assert opened(app_sessions, town) == DESK


def test_a_body_that_is_gone_is_given_nothing(town, sessions, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        done = town.open(session)
        assert dispute_rows.holder_at(session, "S001", "court", beat=None, cell=None, at=WHEN) == Holder(body="court")
    with sessions.begin() as session:
        session.execute(text("UPDATE body SET active = false WHERE code = 'court'"))
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        assert dispute_rows.holder_at(session, "S001", "court", beat=None, cell=None, at=WHEN) == DESK
        with pytest.raises(HolderUnknown):
            town.step(session, town.grid, done, "passed_on", "请接手", to=Holder(body="court"))


def lost(app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        found = [why for *_, why in dispute_rows.lost(session, ["S001"])]
        told, count = dispute_lost.told(session, "S001", 100)
        assert sorted(one.why for one in told) == sorted(found)
        assert count == len(found)
    return sorted(found)


def run_sql(sessions, statement, **facts):
    with sessions.begin() as session:
        session.execute(text(statement), facts)


def sweep(app_sessions):
    return clock.sweep(app_sessions, datetime.now(UTC), stop=threading.Event())


def holds(app_sessions, done):
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        return dispute_rows.get(session, "S001", done.dispute, dispute_rows.Sight(whole=True)).standing


def test_a_body_nobody_is_in_holds_nothing(town, sessions, app_sessions):
    """Its last mediator leaves: what it held goes to whoever has the tier, and nothing more comes to it."""
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.open(session, to=Holder(body="court"))
        at_desk = town.open(session, to=DESK)
    assert lost(app_sessions) == []
    run_sql(sessions, "UPDATE mediator SET active = false")
    assert lost(app_sessions) == ["nobody is in its body"]
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        assert dispute_rows.holder_at(session, "S001", "court", beat=None, cell=None, at=WHEN) == DESK
    assert sweep(app_sessions)["reassigned"] == 1
    assert lost(app_sessions) == []
    assert [holds(app_sessions, one).holder for one in (done, at_desk)] == [person(town.grid), DESK]


def test_what_its_tier_s_empty_body_held_goes_to_the_desk(town, sessions, app_sessions):
    run_sql(sessions, "UPDATE loop_tier SET holder = 'court' WHERE loop = 'standard' AND tier = 1")
    run_sql(sessions, "UPDATE loop SET loaded_at = clock_timestamp()")
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.open(session)
    assert holds(app_sessions, done).holder == Holder(body="court")
    run_sql(sessions, "UPDATE mediator SET active = false")
    assert lost(app_sessions) == ["nobody is in its body"]
    assert sweep(app_sessions)["reassigned"] == 1
    assert holds(app_sessions, done).holder == DESK
    assert opened(app_sessions, town) == DESK


@pytest.mark.parametrize(
    ("gone", "why"),
    [
        ("UPDATE posting SET during = daterange('2020-01-01', '2020-02-01') WHERE person_id = :who", ["nobody is in its body"]),
        ("INSERT INTO leave (station, person_id, during) VALUES ('S001', :who, daterange(current_date - 1, NULL))", ["nobody is in its body"]),
        ("INSERT INTO leave (station, person_id, during) VALUES ('S001', :who, daterange(current_date, current_date + 1))", []),
        ("INSERT INTO leave (station, person_id, substitute_id, during) VALUES ('S001', :who, :other, daterange(current_date - 1, NULL))", []),
    ],
)  # fmt: skip
def test_a_body_whose_only_mediator_left_or_is_away_for_long_is_empty(town, sessions, app_sessions, gone, why):
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        town.open(session, to=Holder(body="court"))
    facts = {"who": town.mediator.person_id} | ({"other": town.officer.person_id} if ":other" in gone else {})
    run_sql(sessions, gone, **facts)
    assert lost(app_sessions) == why


def test_one_mediator_who_is_there_is_enough(town, sessions, app_sessions):
    with sessions.begin() as session:
        other = makers.make_person(session, "second", "mediator", station="S001").id
        session.execute(
            text("INSERT INTO mediator (person_id, station, body) VALUES (:id, 'S001', 'court')"), {"id": other}
        )
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        town.open(session, to=Holder(body="court"))
    away(sessions, town.mediator.person_id)
    assert lost(app_sessions) == []
    away(sessions, other)
    assert lost(app_sessions) == ["nobody is in its body"]


def test_who_is_away_for_long_without_a_substitute_is_nobody(town, sessions, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.open(session)
    assert holds(app_sessions, done).holder == person(town.grid)
    away(sessions, town.grid.person_id)
    assert lost(app_sessions) == ["its holder is away"]
    assert sweep(app_sessions)["reassigned"] == 1
    assert holds(app_sessions, done).holder == person(town.officer)
    assert lost(app_sessions) == []


def test_who_is_gone_and_on_leave_is_told_of_once(town, sessions, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        town.open(session)
    away(sessions, town.grid.person_id)
    run_sql(sessions, "UPDATE posting SET during = daterange('2020-01-01', '2020-02-01') WHERE person_id = :who",
            who=town.grid.person_id)  # fmt: skip
    assert lost(app_sessions) == ["its holder is gone"]


def test_who_is_back_before_the_next_thing_is_due_or_is_stood_in_for_keeps_it(town, sessions, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.step(session, town.grid, town.open(session), "accepted")  # a month to settle it
    run_sql(sessions, "INSERT INTO leave (station, person_id, during) VALUES ('S001', :who, daterange(current_date, current_date + 7))",
            who=town.grid.person_id)  # fmt: skip
    assert lost(app_sessions) == []
    run_sql(sessions, "UPDATE leave SET during = daterange(current_date, current_date + 20)")
    assert lost(app_sessions) == ["its holder is away"], "more than two weeks is long, whatever is due"
    run_sql(sessions, "UPDATE leave SET substitute_id = :other", other=town.officer.person_id)
    assert lost(app_sessions) == []
    away(sessions, town.officer.person_id)
    assert lost(app_sessions) == ["its holder is away"], "who stands in is away too"
    assert sweep(app_sessions)["reassigned"] == 1
    assert holds(app_sessions, done).holder == DESK


@pytest.mark.parametrize("began", [False, True])
def test_the_offer_of_somebody_who_left_ends_and_the_dispute_is_given_on_at_once(town, sessions, app_sessions, began):
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.open(session)
        if began:
            done = town.step(session, town.grid, done, "begun")
        done = town.step(session, town.grid, done, "passed_on", "请接手", to=Holder(body="court"))
    run_sql(sessions, "UPDATE posting SET during = daterange('2020-01-01', '2020-02-01') WHERE person_id = :who",
            who=town.grid.person_id)  # fmt: skip
    assert lost(app_sessions) == ["its holder is gone"]
    assert sweep(app_sessions)["reassigned"] == 1
    stands = holds(app_sessions, done)
    assert (stands.state, stands.holder, stands.offered) == (
        "in_hand" if began else "open",
        person(town.officer),
        Holder(),
    )
    assert stands.due_at > datetime.now(UTC) + timedelta(hours=1)
    assert lost(app_sessions) == []
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        told = session.scalars(text("SELECT what FROM dispute_event WHERE role = 'clock' ORDER BY id")).all()
    assert told == ["lapsed", "reassigned"]
    assert sweep(app_sessions)["reassigned"] == 0


OFFERS = pytest.mark.parametrize(
    ("gone", "why", "may_take"),
    [
        ("UPDATE mediator SET active = false", "nobody works in court now", False),
        ("UPDATE posting SET during = daterange('2020-01-01', '2020-02-01') WHERE person_id = :who", "nobody works in court now", False),
        ("UPDATE body SET active = false WHERE code = 'court'", "court is not of this station any more", False),
        ("INSERT INTO leave (station, person_id, during) VALUES ('S001', :who, daterange(current_date - 1, current_date + 9))", "court is away for longer", True),
    ],
)  # fmt: skip


def leave(sessions, town, gone):
    run_sql(sessions, gone, **({"who": town.mediator.person_id} if ":who" in gone else {}))


@OFFERS
def test_nothing_is_offered_to_a_body_nobody_is_there_for(town, sessions, app_sessions, gone, why, may_take):
    leave(sessions, town, gone)
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.open(session)
        expected = HolderUnknown if "active = false WHERE" in gone else DisputeStepNotPossible
        for actor, step in ((town.grid, "passed_on"), (town.commander, "reassigned")):
            with pytest.raises(expected) as told:
                town.step(session, actor, done, step, "请接手", to=Holder(body="court"))
            if expected is DisputeStepNotPossible:
                assert why in told.value.detail
                assert "or to the desk" in told.value.detail
        assert town.step(session, town.grid, done, "passed_on", "请接手", to=DESK).standing.offered == DESK


@OFFERS
def test_an_offer_whose_taker_is_gone_is_not_taken_and_ends_at_once(town, sessions, app_sessions, gone, why, may_take):
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        done = town.step(session, town.grid, town.open(session), "passed_on", "请接手", to=Holder(body="court"))
    leave(sessions, town, gone)
    with app_sessions() as session:
        enter_scope(session, ["S001"])
        row = dispute_rows.get(session, "S001", done.dispute, acting.EVERYTHING)
        sight = dispute_rows.Sight(whole=False, person=town.mediator.person_id, bodies=("court",))
        assert ("taken" in acting.can(session, town.mediator, row, sight)) == may_take
        taker = Taker("mediator", town.mediator.person_id, ("court",))
        if may_take:
            assert acting.take(session, row, Wish("taken"), taker, by="mediator").standing.state == "in_hand"
        else:
            with pytest.raises(DisputeStepNotPossible, match=why):
                acting.take(session, row, Wish("taken"), taker, by="mediator")
        session.rollback()
    assert lost(app_sessions) == [], "who gave it holds it"
    assert sweep(app_sessions)["lapsed"] == 1
    stands = holds(app_sessions, done)
    assert (stands.state, stands.holder, stands.offered) == ("open", person(town.grid), Holder())
    assert sweep(app_sessions)["lapsed"] == 0


def test_an_offer_to_somebody_who_is_there_goes_on(town, sessions, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        first = town.step(session, town.grid, town.open(session), "passed_on", "请接手", to=Holder(body="court"))
        second = town.step(session, town.grid, town.open(session), "passed_on", "请接手", to=person(town.officer))
    run_sql(sessions, "INSERT INTO leave (station, person_id, during) VALUES ('S001', :who, daterange(current_date, current_date + 1))",
            who=town.mediator.person_id)  # fmt: skip
    assert sweep(app_sessions)["lapsed"] == 0
    away(sessions, town.officer.person_id)
    assert sweep(app_sessions)["lapsed"] == 1
    assert [holds(app_sessions, one).state for one in (first, second)] == ["handed", "open"]
