"""A review or a visit that falls due is told of, goes on to who can do it, and is told once, whoever runs the clock."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from gridmap.domain.dispute_words import Wish
from gridmap.domain.disputes import REVIEW, VISIT, awaits
from gridmap.domain.loop_file import read_loop
from gridmap.services.disputes import acting, clock, configure
from gridmap.services.disputes.acting import EVERYTHING
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_rows
from gridmap.store.driver_errors import DatabaseAway
from gridmap.store.engine import APP_ROLE, enter_scope, make_engine, make_sessions
from tests.disputes import make_town, person
from tests.houses import house_of
from tests.mailed import add_account

GO = threading.Event()
DAY = timedelta(days=1)
REVIEWED = """
[loop]
code = "own"
name_zh = "评晒"
name_en = "Reviewed"
follow_ups_days = [30, 90]
review_days = 7
on_late_review = "{late}"
[[step]]
step = "reviewed"
from = ["settled"]
to = "reviewed"
roles = ["officer", "commander"]
[[step]]
step = "closed"
from = ["settled", "reviewed"]
to = "closed"
"""


@pytest.fixture(scope="module")
def house(server_url, template_database):
    """Give one database with the town to every test here; each throws away what it did."""
    with house_of(server_url, template_database) as made:
        with made.owner.begin() as session:
            town = make_town(session)
            for actor in (town.officer, town.grid, town.commander):
                add_account(session, actor)
            session.execute(
                text("""INSERT INTO web_hook (station, url, events, sealed_secret, by)
                        VALUES ('S001', 'http://h.lan', '{dispute_reminded,dispute_reassigned}', '', 't')""")
            )
        yield made, town


@pytest.fixture
def walk(house):
    """Return a walk through time of one dispute that was settled, in a transaction that is thrown away."""
    made, town = house
    engine = made.owner.kw["bind"]
    with engine.connect() as connection:
        outer = connection.begin()
        yield Walk(connection, town)
        outer.rollback()


class Walk:
    """The service's sessions inside one transaction, its clock moved by hand."""

    def __init__(self, connection, town):
        self.town, self.now = town, datetime.now(UTC)
        self.sessions = sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        connection.execute(text("SET LOCAL ROLE gridmap_app"))
        self.do(lambda session: enter_scope(session, ["S001"]))
        self.dispute = 0

    def do(self, act):
        with self.sessions.begin() as session:
            return act(session)

    def as_owner(self, act):
        def done(session):
            session.execute(text("RESET ROLE"))
            made = act(session)
            session.execute(text("SET LOCAL ROLE gridmap_app"))
            return made

        return self.do(done)

    def follow(self, late):
        found = read_loop(REVIEWED.format(late=late))
        self.as_owner(lambda session: configure.load(session, found, ["S001"], by="test"))

    def settle(self, **facts):
        done = self.do(lambda session: self.town.open(session, **facts))
        for step, note in (("accepted", ""), ("begun", ""), ("settled", "和好")):
            done = self.do(
                lambda s, step=step, note=note, done=done: self.town.step(s, self.town.grid, done, step, note)
            )
        self.dispute = done.dispute
        return done

    def step(self, actor, step, note="", **facts):
        def act(session):
            wish = Wish(step, note, **facts)
            return acting.act(session, actor, "S001", self.dispute, wish, version=None, now=self.now)

        return self.do(act)

    def wait(self, days):
        """Let days go by, and return what the clock did at their end, in as many sweeps as a worker makes."""
        self.now += days * DAY
        done = clock.sweep(self.sessions, self.now, stop=GO)
        assert clock.sweep(self.sessions, self.now, stop=GO) == Counter(), "whatever it did, it does once"
        assert self.do(lambda session: dispute_rows.lost(session, ["S001"])) == []
        return dict(done)

    def standing(self):
        return self.do(lambda s: dispute_rows.get(s, "S001", self.dispute, EVERYTHING)).standing

    def mails(self):
        query = """SELECT a.login, m.event FROM mail m JOIN account a ON a.id = m.account_id
                   WHERE m.event IN ('visit', 'review', 'given') AND m.body ->> 'state' <> 'open' ORDER BY m.id"""
        return [tuple(row) for row in self.do(lambda session: session.execute(text(query)).all())]

    def hooks(self):
        rows = self.do(lambda s: s.scalars(text("SELECT body FROM web_hook_delivery ORDER BY id")).all())
        return [(body["event"], body.get("why"), body["dispute"] == self.dispute) for body in rows]

    def awaits(self):
        return awaits(self.do(lambda s: loop_of(s, "S001")), self.standing())


def test_a_visit_that_falls_due_is_told_of_once_to_its_holder_to_hooks_and_to_pages(walk):
    walk.settle()
    assert [walk.wait(29.9), walk.wait(0.2), walk.wait(1), walk.wait(20)] == [{}, {"told": 1}, {}, {}]
    assert walk.mails() == [("grid", "visit")]
    assert walk.hooks() == [("dispute_reminded", "visit", True)]
    walk.step(walk.town.grid, "followed_up", outcome=2)
    assert [walk.wait(30), walk.wait(10), walk.wait(10)] == [{}, {"told": 1}, {}], "90 days after it was settled"
    walk.step(walk.town.grid, "followed_up", outcome=2)
    assert [walk.wait(263), walk.wait(2), walk.wait(400)] == [{}, {"told": 1}, {}]
    assert walk.mails() == 3 * [("grid", "visit")]
    assert walk.standing().state == "settled", "found badly, it is a person's to close"


def test_what_was_closed_is_visited_too_and_a_hazard_is_not(walk):
    walk.settle(matter="hazard")
    walk.settle()
    assert walk.wait(29) == {"closed": 1}
    walk.step(walk.town.grid, "followed_up", outcome=5)
    assert walk.wait(1.1) == {"closed": 1}
    assert [walk.wait(50), walk.wait(11), walk.wait(200)] == [{}, {"told": 1}, {}]
    assert walk.hooks() == [("dispute_reminded", "visit", True)]


def test_where_the_holder_has_left_whoever_has_their_place_is_told_of_the_visit(walk):
    walk.settle()
    gone = "UPDATE posting SET during = daterange(lower(during), CURRENT_DATE - 1) WHERE person_id = :id"
    walk.as_owner(lambda s: s.execute(text(gone), {"id": walk.town.grid.person_id}))
    assert walk.wait(31) == {"told": 1}
    assert walk.standing().holder == person(walk.town.officer)
    assert walk.mails() == [("officer", "visit")], "one mail, though two steps were taken"
    assert [event for event, *_ in walk.hooks()] == ["dispute_reassigned", "dispute_reminded"]


def test_a_visit_no_loop_asks_for_any_more_frees_the_dispute_of_its_day_and_tells_nobody(walk):
    walk.settle()
    short = REVIEWED.format(late="remind").replace("[30, 90]", "[]").replace("review_days = 7\n", "close_after = 0\n")
    walk.as_owner(lambda s: configure.load(s, read_loop(short), ["S001"], by="test"))
    walk.as_owner(lambda s: s.execute(text("UPDATE dispute SET rating = 1")))
    assert [walk.wait(31), walk.wait(400)] == [{"told": 1}, {}]
    assert (walk.standing().due_at, walk.mails()) == (None, [])


@pytest.mark.parametrize(
    ("late", "days", "holders"),
    [
        ("escalate", ["told", "given_on", "given_on", "told", "told"], ["grid", "officer", "desk", "desk", "desk"]),
        ("desk", ["told", "given_on", "told", "told", "told"], ["grid", "desk", "desk", "desk", "desk"]),
        ("remind", 5 * ["told"], 5 * ["grid"]),
    ],
)
def test_a_review_nobody_did_is_told_of_then_goes_where_the_loop_says_until_somebody_does_it(walk, late, days, holders):
    walk.follow(late)
    done = walk.settle()
    settled_at = walk.standing().settled_at
    assert done.standing.due_at == settled_at + 7 * DAY
    assert walk.wait(6.9) == {}, "and the clock closes nothing that is still to be reviewed"
    names = {walk.town.grid.person_id: "grid", walk.town.officer.person_id: "officer", None: "desk"}
    seen = []
    for after in (0.2, 1, 1, 1, 1):
        did = walk.wait(after)
        seen.append((next(iter(did)), names[walk.standing().holder.person]))
        assert sum(did.values()) == 1
    assert seen == list(zip(days, holders, strict=True))
    after = walk.standing()
    assert (after.state, after.tier, after.settled_at) == ("settled", 1, settled_at), "it stays settled, at its tier"
    assert after.due_at == settled_at + 7 * DAY, "and overdue"
    assert len(walk.mails()) == 5
    assert {event for _, event in walk.mails()} == {"review"}
    assert {why for _, why, _ in walk.hooks()} == {"review"}
    walk.step(walk.town.officer, "reviewed", "公示三日，无异议")
    assert (walk.awaits(), walk.standing().due_at) == (VISIT, settled_at + 30 * DAY)
    assert [walk.wait(1), walk.wait(20)] == [{}, {"told": 1}], "then the visit has its day"


def test_a_visit_before_its_time_does_not_do_away_with_the_review(walk):
    walk.follow("desk")
    walk.settle()
    walk.step(walk.town.grid, "followed_up", outcome=5)
    assert walk.awaits() == REVIEW
    assert [walk.wait(3), walk.wait(5)] == [{}, {"told": 1}]
    walk.step(walk.town.officer, "reviewed")
    assert walk.awaits() == VISIT
    assert walk.wait(16) == {}
    walk.step(walk.town.grid, "followed_up", outcome=5)
    assert walk.wait(1.1) == {"closed": 1}


def test_a_clock_that_was_off_for_weeks_begins_with_telling(walk):
    walk.follow("escalate")
    walk.settle()
    assert [walk.wait(60), walk.wait(0.5), walk.wait(0.5)] == [{"told": 1}, {}, {"given_on": 1}]


def test_several_clocks_tell_of_each_visit_once_and_one_that_is_killed_tells_none_by_halves(
    server_url, template_database
):
    with house_of(server_url, template_database) as made:
        service = service_of(made.url)
        with made.owner.begin() as session:
            town = make_town(session)
            add_account(session, town.grid)
            for _ in range(25):
                done = town.open(session)
                for step in ("accepted", "begun", "settled"):
                    done = town.step(session, town.grid, done, step, "和好")
            session.execute(text("DELETE FROM mail"))

        def told():
            with made.owner() as session:
                query = (
                    "SELECT (SELECT count(*) FROM dispute_event WHERE what = 'reminded'), (SELECT count(*) FROM mail)"
                )
                return tuple(session.execute(text(query)).one())

        later = datetime.now(UTC) + 31 * DAY
        # The reader's account is held, so that the clock stands still with its first mail half written; there it is killed.
        with made.owner() as holder:
            holder.execute(text("SELECT 1 FROM account WHERE login = 'grid' FOR UPDATE"))
            ended = []

            def killed():
                try:
                    clock.sweep(service, later, stop=GO)
                except DatabaseAway as error:
                    ended.append(error)

            thread = threading.Thread(target=killed)
            thread.start()
            waits = text("""SELECT pid FROM pg_stat_activity WHERE application_name = 'gridmap-after-settled'
                            AND wait_event_type = 'Lock'""")
            with made.owner() as session:
                while (pid := session.scalar(waits)) is None and thread.is_alive():
                    session.rollback()
                assert pid is not None, "it was to wait for the account"
                session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            thread.join(60)
            assert len(ended) == 1
        assert told() == (0, 0)

        begin, counts = threading.Barrier(3), []

        def work():
            begin.wait(60)
            counts.append(clock.sweep(service, later, stop=GO))

        threads = [threading.Thread(target=work) for _ in range(3)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(60)
        assert sum(one["told"] for one in counts) == 25
        assert sum(one["failed"] for one in counts) == 0
        assert told() == (25, 25)
        service.kw["bind"].dispose()


def service_of(url):
    return make_sessions(make_engine(url, role=APP_ROLE, pool_size=6, name="gridmap-after-settled"))
