"""Figures read days that are counted already: whatever happens in whatever order, they say what the disputes say."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gridmap.domain.access import Role
from gridmap.domain.dispute_words import ENDED, KINDS, SOURCES, STATES, STEPS, Taker, Wish
from gridmap.domain.disputes import possible
from gridmap.domain.figure_spans import Span
from gridmap.domain.loops import ROLES
from gridmap.services.disputes import acting, days, lists, opening
from gridmap.services.disputes.acting import EVERYTHING
from gridmap.services.disputes.city_figures import city_figures
from gridmap.services.disputes.figures import station_figures
from gridmap.services.disputes.rules import loop_of
from gridmap.store import dispute_days, dispute_rows
from gridmap.store.engine import enter_scope, make_engine, make_sessions
from gridmap.store.tables import Dispute, Incident
from tests import makers
from tests.disputes import actor_of, make_town
from tests.houses import copy_of
from tests.services.disputes.made_figures import make_disputes

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
SPANS = (
    Span(date(2025, 11, 23), date(2026, 11, 22)),
    Span(date(2026, 10, 1), date(2026, 10, 31)),
    Span(date(2026, 3, 8), date(2026, 3, 8)),
)
#: America/Havana puts its clocks back at one in the morning: midnight comes twice.
ZONES = ("Asia/Shanghai", "America/Havana", "UTC", "Pacific/Apia")


@pytest.fixture(scope="module")
def filled(server_url, template_database):
    """Return the URL of a database in which S001 has 120 matters and S002 has 20, and who works there."""
    copies = copy_of(server_url, template_database)
    url = next(copies)
    engine = make_engine(url)
    with make_sessions(engine).begin() as session:
        town = make_town(session)
        make_disputes(session, town, NOW, 120)
        make_disputes(session, make_town(session, "S002"), NOW, 20, seed=7)
    yield engine, town
    engine.dispose()
    next(copies, None)


@pytest.fixture
def session(filled):
    """Return a session of the owner on it; what a test adds is rolled back."""
    with make_sessions(filled[0])() as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def boss():
    return replace(actor_of(None, Role.COMMANDER, "boss"), stations=("S001", "S002"))


#: What the owner of the data may correct, and every figure that hangs on it.
CHANGES = (
    "opened_at = opened_at - interval '40 days'", "kind = CASE kind WHEN 'debt' THEN 'land' ELSE 'debt' END",
    "source = CASE source WHEN 'call' THEN 'visit' ELSE 'call' END", "tier = 1 + tier % 3", "matter = 'tip'",
    "rating = 1 + coalesce(rating, 0) % 5", "reopened = 1 - least(reopened, 1)", "followed = 1 - least(followed, 1)",
    "body = 'desk', holder_id = NULL", "closed_at = closed_at + interval '3 days'", "settled_at = settled_at + interval '2 days'",
    "state = 'settled', closed_at = NULL", "state = 'withdrawn', closed_at = NULL, settled_at = NULL",
)  # fmt: skip


class World:
    """Everything that may change what is counted, one step each, drawn with dice."""

    def __init__(self, session, town, seed):
        self.session, self.town, self.dice = session, town, random.Random(seed)

    def any(self, condition="true"):
        query = f"SELECT id FROM dispute WHERE station = 'S001' AND {condition} ORDER BY id"
        return self.dice.choice(self.session.scalars(text(query)).all() or [0])

    def when(self):
        return NOW - timedelta(days=self.dice.uniform(0, 700))

    def imported(self):
        """Add what was settled elsewhere, long ago, and that it had gone up."""
        opened = self.when()
        done = opened + timedelta(days=self.dice.expovariate(0.1))
        self.session.add(Dispute(
            station="S001", number=f"I{self.dice.random()}", kind=self.dice.choice(list(KINDS)), opened_at=opened,
            state="closed", settled_at=done, closed_at=done + timedelta(days=self.dice.uniform(0, 90)), tier=2,
            source=self.dice.choice(SOURCES), body=self.dice.choice((None, "court")), rating=self.dice.choice((None, 1, 5)),
        ))  # fmt: skip
        self.session.flush()

    def went_up(self):
        self.session.execute(
            text("INSERT INTO dispute_event (station, dispute_id, by, what, role) "
                 "SELECT station, id, 'test', 'escalated', 'import' FROM dispute WHERE id = :id"), {"id": self.any("tier > 1")})  # fmt: skip

    def corrected(self):
        """Change what only the owner of the data may: when it was, what it was, who settled it, how it was rated."""
        change = self.dice.choice((*CHANGES, "words = 'nothing'"))
        condition = "state IN ('closed')" if "_at" in change else "state NOT IN ('handed')"
        self.session.execute(text(f"UPDATE dispute SET {change} WHERE id = :id"), {"id": self.any(condition)})

    def deleted(self):
        number = {"id": self.any()}
        self.session.execute(text("ALTER TABLE dispute_event DISABLE TRIGGER append_only"))
        self.session.execute(text("DELETE FROM dispute_event WHERE dispute_id = :id"), number)
        self.session.execute(text("ALTER TABLE dispute_event ENABLE TRIGGER append_only"))
        self.session.execute(text("DELETE FROM dispute WHERE id = :id"), number)

    def worked(self):
        """Take a new one in, of late, and take some steps of it by its loop."""
        now = NOW - timedelta(days=self.dice.uniform(0, 60))
        intake = opening.Intake(
            self.dice.choice(list(KINDS)), "合成", "dispute", address_id=self.town.door, opened_at=now
        )
        number = opening.take_in(self.session, "S001", intake, by="officer", role="officer").dispute
        loop = loop_of(self.session, "S001")
        for _ in range(6):
            now += timedelta(days=self.dice.uniform(0, 6))
            row = dispute_rows.get(self.session, "S001", number, EVERYTHING, lock=True)
            taken = [(step, role) for step in STEPS for role in ROLES if step in {
                "accepted", "begun", "settled", "closed", "withdrawn", "not_ours", "reopened"}
                and any(one == step for one in possible(loop, row.standing, Taker(role)))]  # fmt: skip
            if taken:
                step, role = self.dice.choice(taken)
                acting.take(self.session, row, Wish(step, "合成"), Taker(role), by="officer", now=now)

    def called(self):
        at = self.when()
        if self.dice.random() < 0.5:
            makers.make_incident(self.session, 0.5, 0.25, at, category=self.dice.choice(("neighbours", "theft")))
        else:
            self.session.add(
                Incident(station="S001", number=f"C{self.dice.random()}", at=at, category="family", source="call")
            )
        self.session.flush()

    def recalled(self):
        change = self.dice.choice((
            "UPDATE incident SET at = at - interval '9 days'", "UPDATE incident SET geom = NULL", "DELETE FROM incident",
            "UPDATE incident SET category = 'debt'", "UPDATE incident_category SET is_dispute = NOT is_dispute WHERE code = 'family'",
        ))  # fmt: skip
        limit = (
            "" if "is_dispute" in change else " WHERE id IN (SELECT id FROM incident WHERE station = 'S001' LIMIT 2)"
        )
        self.session.execute(text(change + limit))

    def moved(self):
        """Let the station go by other clocks: every day begins elsewhere."""
        zone = self.dice.choice(ZONES)
        self.session.execute(text("UPDATE station SET timezone = :zone WHERE code = 'S001'"), {"zone": zone})

    def kept(self):
        dispute_days.keep(self.session, "S001", at_most=self.dice.choice((1, 7, 10_000)))


STEPS_TAKEN = ("imported", "went_up", "corrected", "deleted", "worked", "called", "recalled", "kept", "kept")


def settled_by_sql(session, station, span, condition="true"):
    """Return how long each took that was settled in a span [d], from the disputes themselves."""
    zone = ZoneInfo(session.scalar(text("SELECT timezone FROM station WHERE code = :station"), {"station": station}))
    rows = session.execute(
        text(f"""SELECT opened_at, settled_at FROM dispute WHERE station = :station AND matter = 'dispute'
                 AND settled_at IS NOT NULL AND {condition}"""), {"station": station})  # fmt: skip
    return [
        (done - opened).total_seconds() / 86_400 for opened, done in rows if span.first <= done.astimezone(zone).date() <= span.last
    ]  # fmt: skip


def agree(session, boss, span):
    """Hold a station's figures, and the city's, to the lists behind each number, and medians and calls to plain rows."""
    found = station_figures(session, boss, "S001", span, now=NOW)
    for number in found.numbers():
        assert lists.count(session, boss, "S001", number.wanted, now=NOW) == number.value, number
    told = [(found.now.took, "true"), *((one.took, f"tier = {one.key}") for one in found.tiers)]
    told += [(one.took, f"kind = '{one.key}'") for one in found.kinds] + [
        (one.took, f"source = '{one.key}'") for one in found.sources
    ]
    for took, condition in told:
        times = settled_by_sql(session, "S001", span, condition)
        assert took.number.value == len(times), condition
        assert took.days == (pytest.approx(median(times)) if times else None), condition
    zone = ZoneInfo(session.scalar(text("SELECT timezone FROM station WHERE code = 'S001'")))
    calls = [geom for at, geom in session.execute(text("""SELECT at, geom FROM incident i WHERE station = 'S001'
             AND (SELECT is_dispute FROM incident_category WHERE code = category)""")) if span.first <= at.astimezone(zone).date() <= span.last]  # fmt: skip
    assert (found.now.calls, found.now.unplaced) == (len(calls), calls.count(None))
    row = city_figures(session, boss, span, now=NOW, part=("tier", "2")).rows[0]
    assert (row.now, row.before, row.year) == (found.now, found.before, found.year)
    for one in (found.before, found.year):
        times = settled_by_sql(session, "S001", one.span, "tier = 2")
        then = row.part.before if one is found.before else row.part.year
        assert then is None or then.days == (pytest.approx(median(times)) if times else None)
    for number in row.numbers():
        assert lists.count(session, boss, "S001", number.wanted, now=NOW) == number.value, number


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from((*STEPS_TAKEN, "moved")), min_size=4, max_size=24), seed=st.integers(0, 2**16))
def test_what_is_kept_and_what_is_counted_agree_after_any_steps(filled, boss, steps, seed):
    engine, town = filled
    with make_sessions(engine)() as session:
        world = World(session, town, seed)
        for step in ("kept", *steps):
            getattr(world, step)()
        for span in (SPANS[0], SPANS[1 + seed % 2]):
            agree(session, boss, span)
        assert dispute_days.wrong(session, "S001") == []
        before = [station_figures(session, boss, "S001", span, now=NOW) for span in SPANS]
        assert dispute_days.recount(session, "S001") > 50
        assert [station_figures(session, boss, "S001", span, now=NOW) for span in SPANS] == before
        session.rollback()


@pytest.mark.parametrize("change", [*(f"UPDATE dispute SET {one}" for one in CHANGES), "DELETE FROM dispute"])
def test_every_change_alone_marks_every_day_it_counts_on(session, change):
    dispute_days.recount(session, "S001")
    session.execute(text("ALTER TABLE dispute_event DISABLE TRIGGER append_only"))
    session.execute(text("DELETE FROM dispute_event"))
    dispute_days.keep(session, "S001", at_most=10_000)
    assert session.execute(text(f"{change} WHERE state = 'closed'")).rowcount > 10
    assert session.scalar(text("SELECT count(*) FROM dispute_day_due WHERE station = 'S001'")) > 10
    assert dispute_days.wrong(session, "S001") == []


def test_each_of_the_steps_above_changes_what_is_due(filled, session):
    """A step that marks nothing, or a world in which nothing happens, would prove nothing."""
    marked = set()
    for seed in range(4):
        World(session, filled[1], 100 + seed).called()
    for step in {*STEPS_TAKEN, "moved"} - {"kept"}:
        for seed in range(12):
            dispute_days.recount(session, "S001")
            getattr(World(session, filled[1], seed), step)()
            if session.scalar(text("SELECT count(*) FROM dispute_day_due WHERE station = 'S001'")):
                marked.add(step)
                break
    assert marked == {*STEPS_TAKEN, "moved"} - {"kept"}


def test_a_step_that_changes_no_figure_marks_no_day(filled, session):
    town = filled[1]
    done = town.open(session)
    dispute_days.recount(session, "S001")
    for actor, step in ((town.officer, "accepted"), (town.officer, "begun"), (town.officer, "note")):
        done = town.step(session, actor, done, step, "合成")
    assert session.scalar(text("SELECT count(*) FROM dispute_day_due WHERE station = 'S001'")) == 0
    town.step(session, town.officer, done, "settled", "合成")
    assert session.scalar(text("SELECT count(*) FROM dispute_day_due WHERE station = 'S001'")) > 0


def test_what_was_loaded_past_the_triggers_is_found_and_counted(filled, session, boss):
    dispute_days.recount(session, "S001")
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(text("UPDATE dispute SET tier = 3 - tier % 3 WHERE station = 'S001'"))
    session.execute(text("SET LOCAL session_replication_role = origin"))
    assert dispute_days.wrong(session, "S001") != []
    dispute_days.recount(session, "S001")
    assert dispute_days.wrong(session, "S001") == []
    agree(session, boss, SPANS[0])


def test_a_change_that_is_not_seen_yet_leaves_its_day_due_and_nobody_waits(server_url, template_database, boss):
    """One changes, another keeps days meanwhile and a third wants to: none waits, and none is lost."""
    for url in copy_of(server_url, template_database):
        engine, service = make_engine(url), make_engine(url, role="gridmap_app", statement_timeout_ms=30_000)
        with make_sessions(engine).begin() as session:
            make_disputes(session, make_town(session), NOW, 30)
        served = make_sessions(service)
        with served() as writer, served() as keeper, served() as other:
            for one in (writer, keeper, other):
                enter_scope(one, ["S001"])
            writer.add(Dispute(station="S001", number="late", kind="debt", opened_at=NOW - timedelta(hours=1)))
            writer.flush()
            assert dispute_days.keep(keeper, "S001", at_most=10_000) > 20
            assert dispute_days.keep(other, "S001", at_most=10_000) == 0  # left to the first
            other.add(Dispute(station="S001", number="later", kind="debt", opened_at=NOW - timedelta(hours=2)))
            other.flush()
            other.commit()
            keeper.commit()
            enter_scope(keeper, ["S001"])
            one = replace(boss, stations=("S001",))
            agree(keeper, one, SPANS[0])
            before = station_figures(keeper, one, "S001", SPANS[0], now=NOW).now.taken.value
            writer.commit()
            assert station_figures(keeper, one, "S001", SPANS[0], now=NOW).now.taken.value == before + 1
            agree(keeper, one, SPANS[0])
            keeper.commit()
        days.keep_days(served)
        with served.begin() as session:
            enter_scope(session, ["S001"])
            assert session.scalar(text("SELECT count(*) FROM dispute_day_due WHERE station = 'S001'")) == 0
            assert dispute_days.wrong(session, "S001") == []
            with pytest.raises(ProgrammingError, match="permission denied"):
                dispute_days.recount(session, "S001")
        engine.dispose()
        service.dispose()


def test_every_source_and_state_is_drawn_so_that_the_law_covers_it(session):
    assert set(dispute_days.SOURCES) == set(SOURCES)
    drawn = session.execute(text("SELECT array_agg(DISTINCT source), array_agg(DISTINCT state) FROM dispute")).one()
    assert (set(drawn[0]), set(drawn[1])) == (set(SOURCES), set(STATES))
    assert set(ENDED) <= set(STATES)
