"""What disputes do by themselves: each step once, whoever runs the clock and whenever it is killed; nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from gridmap.domain.codes import new_plate_code
from gridmap.domain.dispute_clock import due_step, stages
from gridmap.domain.dispute_words import DESK, OPEN, Holder, Standing
from gridmap.domain.loops import STANDARD
from gridmap.services.disputes import clock
from gridmap.store import dispute_rows
from gridmap.store.driver_errors import DatabaseAway
from gridmap.store.tables import Address
from tests import makers
from tests.disputes import make_town, person
from tests.houses import house_of
from tests.mailed import add_account
from tests.reported import make_report

GO = threading.Event()
HOURS = timedelta(hours=1)


@pytest.fixture(scope="module")
def house(server_url, template_database):
    """Give one database with the town to every test here."""
    with house_of(server_url, template_database) as made:
        with made.owner.begin() as session:
            town = make_town(session)
            for actor in (town.officer, town.grid, town.commander):
                add_account(session, actor)
            plate = makers.make_plate(session, new_plate_code(), session.get(Address, town.door)).code
            session.execute(
                text("""INSERT INTO assignment (plate, edition_id, station, beat, grid_cell)
                        SELECT :plate, id, station, 'A', 'A1' FROM edition WHERE station = 'S001'"""),
                {"plate": plate},
            )
        yield SimpleNamespace(owner=made.owner.kw["bind"], url=made.url, town=town, plate=plate)


@pytest.fixture
def sessions(house):
    """Return the service's sessions inside one transaction of the test, which is thrown away."""
    with house.owner.connect() as connection:
        outer = connection.begin()
        connection.execute(text("SET LOCAL ROLE gridmap_app"))
        connection.execute(text("SELECT set_config('gridmap.stations', 'S001', true)"))
        yield sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        outer.rollback()


@pytest.fixture
def town(house):
    return house.town


def as_owner(sessions, statement, **facts):
    with sessions.begin() as session:
        session.execute(text("RESET ROLE"))
        session.execute(text(statement), facts)
        session.execute(text("SET LOCAL ROLE gridmap_app"))


def do(sessions, act):
    with sessions.begin() as session:
        return act(session)


def steps(sessions, dispute):
    with sessions() as session:
        rows = session.execute(
            text("SELECT what, role FROM dispute_event WHERE dispute_id = :id ORDER BY id"), {"id": dispute}
        )
        return [row.what for row in rows if row.role == "clock"]


def standing(sessions, dispute):
    with sessions() as session:
        return session.execute(
            text("SELECT state, tier, holder_id, body, due_at FROM dispute WHERE id = :id"), {"id": dispute}
        ).one()


def mails(sessions):
    with sessions() as session:
        rows = session.execute(
            text(
                "SELECT a.login, m.event, m.body ->> 'stage' FROM mail m JOIN account a ON a.id = m.account_id ORDER BY m.id"
            )
        )
        return [tuple(row) for row in rows]


def run(sessions, ahead=timedelta(0)):
    return dict(clock.run_due(sessions, datetime.now(UTC) + ahead, stop=GO))


def test_what_is_not_accepted_goes_up_tier_by_tier_and_is_reminded_of_once_a_day_at_the_top(town, sessions):
    done = do(sessions, town.open)
    assert run(sessions, 3.9 * HOURS) == {}
    assert run(sessions, 4.1 * HOURS) == {"escalated": 1}
    assert standing(sessions, done.dispute)[:3] == ("open", 2, town.officer.person_id)
    assert run(sessions, 4.1 * HOURS) == {}, "the new tier has a clock of its own"
    assert run(sessions, 29 * HOURS) == {"escalated": 1}
    assert standing(sessions, done.dispute)[:4] == ("open", 3, None, "desk")
    assert [run(sessions, hours * HOURS) for hours in (54, 77, 79)] == [{"reminded": 1}, {}, {"reminded": 1}]
    assert steps(sessions, done.dispute) == ["escalated", "escalated", "reminded", "reminded"]
    assert Counter(mails(sessions)) == {
        ("grid", "given", None): 1, ("officer", "given", None): 2, ("officer", "overdue", None): 2,
    }  # fmt: skip


def test_an_offer_lapses_a_pause_ends_and_what_is_late_then_goes_up(town, sessions):
    offered = do(sessions, town.open)
    do(sessions, lambda s: town.step(s, town.grid, offered, "passed_on", "请接手", to=person(town.officer)))
    waits = do(sessions, town.open)
    waits = do(sessions, lambda s: town.step(s, town.grid, waits, "accepted"))
    until = datetime.now(UTC) + timedelta(days=2)
    do(sessions, lambda s: town.step(s, town.grid, waits, "paused", "等鉴定", until=until))
    assert run(sessions, 25 * HOURS) == {"lapsed": 1}
    assert standing(sessions, offered.dispute)[:3] == ("open", 1, town.grid.person_id)
    assert run(sessions, 49 * HOURS) == {"escalated": 1, "resumed": 1}
    assert standing(sessions, waits.dispute).state == "accepted"
    assert run(sessions, timedelta(days=33)) == {"escalated": 2}
    assert steps(sessions, waits.dispute) == ["resumed", "escalated"]


def test_more_than_one_handful_is_done_at_once_and_one_that_fails_holds_up_no_other(town, sessions):
    made = [do(sessions, town.open).dispute for _ in range(2 * clock.AT_ONCE + 3)]
    # What no loop allows: the standard one without a step for the clock, for one dispute that is paused.
    paused = do(sessions, lambda s: town.step(s, town.grid, town.open(s), "accepted"))
    until = datetime.now(UTC) + timedelta(hours=2)
    do(sessions, lambda s: town.step(s, town.grid, paused, "paused", "等", until=until))
    as_owner(sessions, "UPDATE loop_move SET roles = '{officer}' WHERE step = 'resumed'")
    as_owner(sessions, "UPDATE loop SET loaded_at = clock_timestamp()")
    assert run(sessions, 5 * HOURS) == {"escalated": len(made), "failed": 1}
    assert all(steps(sessions, one) == ["escalated"] for one in made)


def test_a_clock_that_is_told_to_stop_does_nothing_more(town, sessions):
    do(sessions, town.open)
    stopped = threading.Event()
    stopped.set()
    assert clock.run_due(sessions, datetime.now(UTC) + 9 * HOURS, stop=stopped) == {}


def lost(sessions):
    with sessions() as session:
        return dispute_rows.lost(session, ["S001"])


@pytest.mark.parametrize("left", [True, False])
def test_a_dispute_whose_holder_is_gone_finds_another_and_none_is_lost(town, sessions, left):
    held = do(sessions, town.open)
    at_court = do(sessions, lambda s: town.open(s, to=Holder(body="court")))
    assert lost(sessions) == []
    as_owner(
        sessions,
        "UPDATE posting SET during = daterange(lower(during), CURRENT_DATE - 1) WHERE person_id = :id",
        id=town.grid.person_id,
    )
    as_owner(sessions, "UPDATE body SET active = false WHERE code = 'court'")
    if not left:
        as_owner(sessions, "UPDATE posting SET during = daterange(lower(during), CURRENT_DATE - 1)")
    assert sorted(why for *_, why in lost(sessions)) == ["its body is gone", "its holder is gone"]
    assert clock.sweep(sessions, datetime.now(UTC), stop=GO)["reassigned"] == 2
    assert lost(sessions) == []
    to = (town.officer.person_id, None) if left else (None, "desk")
    assert {standing(sessions, one.dispute)[2:4] for one in (held, at_court)} == {to}
    assert clock.sweep(sessions, datetime.now(UTC), stop=GO)["reassigned"] == 0


def test_the_holder_is_told_once_when_a_sixth_of_the_time_is_left(town, sessions):
    done = do(sessions, lambda s: town.step(s, town.grid, town.open(s), "accepted"))

    def soon(days):
        return clock.sweep(sessions, datetime.now(UTC) + timedelta(days=days), stop=GO)["warned"]

    assert [soon(days) for days in (24, 25.1, 26)] == [0, 1, 0]
    assert run(sessions, timedelta(days=30.1)) == {"escalated": 1}
    assert steps(sessions, done.dispute) == ["warned", "escalated"]
    assert ("grid", "soon", None) in mails(sessions)


def settle(town, sessions, **facts):
    done = do(sessions, lambda s: town.open(s, **facts))
    for step, note in (("accepted", ""), ("begun", ""), ("settled", "和好")):
        done = do(sessions, lambda s, step=step, note=note, done=done: town.step(s, town.grid, done, step, note))
    return done


@pytest.mark.parametrize(("outcome", "closed"), [(None, 0), (5, 1), (2, 0)])
def test_what_was_followed_up_and_found_well_is_closed(town, sessions, outcome, closed):
    done, month = settle(town, sessions), datetime.now(UTC) + 30 * 24 * HOURS
    if outcome is not None:
        do(
            sessions,
            lambda s: town.step(s, town.grid, done, "followed_up", outcome=outcome, now=month - 7 * 24 * HOURS),
        )
    assert clock.sweep(sessions, datetime.now(UTC) + 23 * HOURS, stop=GO)["closed"] == 0
    assert clock.sweep(sessions, month, stop=GO)["closed"] == closed
    assert standing(sessions, done.dispute).state == ("closed" if closed else "settled")


def test_a_hazard_needs_no_visit_and_a_loop_may_leave_closing_to_people(town, sessions):
    settle(town, sessions, matter="hazard")
    as_owner(sessions, "UPDATE loop_move SET roles = '{officer}' WHERE step = 'closed'")
    as_owner(sessions, "UPDATE loop SET loaded_at = clock_timestamp()")
    day = datetime.now(UTC) + 25 * HOURS
    assert clock.sweep(sessions, day, stop=GO)["closed"] == 0
    as_owner(sessions, "UPDATE loop_move SET roles = '{officer,clock}' WHERE step = 'closed'")
    as_owner(sessions, "UPDATE loop SET loaded_at = clock_timestamp()")
    assert clock.sweep(sessions, day, stop=GO)["closed"] == 1


@pytest.fixture
def report(house, sessions):
    def send(**facts):
        with sessions.begin() as session:
            return make_report(session, house.plate, **facts).id

    return send


def test_of_an_urgent_report_nobody_takes_up_more_and_more_people_are_told_each_once(town, sessions, report):
    number = report(kind="hazard", urgent=True)
    report(kind="hazard", urgent=True, held=True)
    as_owner(
        sessions,
        "INSERT INTO web_hook (station, url, events, sealed_secret, by) VALUES ('S001', 'http://h.lan', '{unanswered}', '', 't')",
    )

    def told(minutes):
        return dict(clock.tell_unanswered(sessions, datetime.now(UTC) + timedelta(minutes=minutes), stop=GO))

    assert [told(9), told(11), told(12), told(21), told(31), told(99)] == [
        {}, {"unanswered_backup": 1}, {}, {"unanswered_desk": 1}, {"unanswered_supervisor": 1}, {},
    ]  # fmt: skip
    found = mails(sessions)
    assert set(found[:2]) == {("officer", "unanswered", "backup"), ("grid", "unanswered", "backup")}
    assert found[2:] == [("officer", "unanswered", "desk"), ("commander", "unanswered", "supervisor")]
    with sessions() as session:
        bodies = session.scalars(text("SELECT body FROM web_hook_delivery ORDER BY id")).all()
        assert [(body["report"], body["stage"], body["grid_cell"]) for body in bodies] == [
            (number, stage, "A1") for stage in ("backup", "desk", "supervisor")
        ]
        assert session.scalar(text("SELECT state FROM report WHERE id = :id"), {"id": number}) == "received"


def test_a_report_that_was_taken_up_or_has_the_clock_of_its_dispute_is_left_alone(town, sessions, report):
    taken = report(kind="visit")
    as_owner(
        sessions,
        "INSERT INTO report_event (station, report_id, at, by, what) VALUES ('S001', :id, now(), 'x', 'accepted')",
        id=taken,
    )
    loop = report(kind="dispute")
    dispute = do(sessions, town.open).dispute
    as_owner(sessions, "UPDATE report SET dispute_id = :dispute WHERE id = :id", id=loop, dispute=dispute)
    slow = report(kind="other")
    assert clock.tell_unanswered(sessions, datetime.now(UTC) + 23 * HOURS, stop=GO) == {}
    assert clock.tell_unanswered(sessions, datetime.now(UTC) + 49 * HOURS, stop=GO) == {
        "unanswered_backup": 1,
        "unanswered_desk": 1,
    }
    with sessions() as session:
        assert set(session.scalars(text("SELECT report_id FROM report_event WHERE what = 'note'"))) == {slow}


def test_one_clock_asks_for_everything_and_sweeps_now_and_then(town, sessions, report):
    settle(town, sessions, matter="hazard")
    do(sessions, town.open)
    report(kind="hazard", urgent=True)
    ticking = clock.DisputeClock(sessions)
    later = datetime.now(UTC) + 25 * HOURS
    assert dict(ticking.tick(GO, later)) == {
        "escalated": 1, "closed": 1, "unanswered_backup": 1, "unanswered_desk": 1, "unanswered_supervisor": 1,
    }  # fmt: skip
    settle(town, sessions, matter="hazard")
    assert dict(ticking.tick(GO, later)) == {}, "the next sweep is in ten minutes"


@pytest.fixture
def many(server_url, template_database):
    """Return a database of its own with a town and disputes that are all late, and sessions of the service on it."""
    with house_of(server_url, template_database, pool_size=8, name="gridmap-two-clocks") as made:
        with made.owner.begin() as session:
            town = make_town(session)
            add_account(session, town.officer)
            for _ in range(45):
                town.open(session)
        yield made


def test_several_clocks_take_each_step_once_and_one_that_is_killed_loses_nothing(many):
    def events():
        with many.owner() as session:
            rows = session.execute(
                text("SELECT dispute_id, count(*) FROM dispute_event WHERE what = 'escalated' GROUP BY 1")
            )
            told = session.scalar(text("SELECT count(*) FROM mail"))
            return {row[0]: row[1] for row in rows}, told

    later = datetime.now(UTC) + 5 * HOURS
    # The officer's account is held, so that the clock stands still with its first step taken, and is killed there.
    with many.owner() as holder:
        holder.execute(text("SELECT 1 FROM account WHERE login = 'officer' FOR UPDATE"))
        ended = []

        def killed():
            try:
                clock.run_due(many.service, later, stop=GO)
            except DatabaseAway as error:
                ended.append(error)

        thread = threading.Thread(target=killed)
        thread.start()
        waiting = text(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'gridmap-two-clocks' AND wait_event_type = 'Lock'"
        )
        with many.owner() as session:
            while (pid := session.scalar(waiting)) is None and thread.is_alive():
                session.rollback()
            assert pid is not None, "it was to wait for the account"
            session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        thread.join(60)
        assert len(ended) == 1
    assert events() == ({}, 0), "nothing was kept by halves"

    begin, counts = threading.Barrier(4), []

    def work():
        begin.wait(60)
        counts.append(clock.run_due(many.service, later, stop=GO))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    taken, told = events()
    assert (len(taken), set(taken.values()), told) == (45, {1}, 45)
    assert sum(count["escalated"] for count in counts) == 45
    assert sum(count["failed"] for count in counts) == 0


WHEN = datetime(2025, 6, 1, 8, tzinfo=UTC)


@given(st.sampled_from(OPEN), st.integers(1, 3), st.integers(-5, 5))
def test_of_whatever_is_due_the_clock_has_a_step_and_of_nothing_else(state, tier, hours):
    due = WHEN + hours * HOURS
    held = Standing(
        state, tier, DESK, WHEN, due, due, resume="in_hand", offered=DESK if state == "handed" else Holder()
    )
    step = due_step(STANDARD, held, WHEN)
    assert (step is None) == (hours > 0)
    assert step in {
        None,
        {"handed": "lapsed", "paused": "resumed"}.get(state, "reminded" if tier == 3 else "escalated"),
    }


@given(
    st.sampled_from(["visit", "dispute", "hazard", "other"]),
    st.booleans(),
    st.integers(0, 5_000),
    st.integers(0, 5_000),
)
def test_who_was_told_of_a_report_stays_told(kind, urgent, minutes, more):
    early, late = (
        stages(kind, WHEN, WHEN + timedelta(minutes=span), urgent=urgent) for span in (minutes, minutes + more)
    )
    assert late[: len(early)] == early
