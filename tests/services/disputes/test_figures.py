"""The commander's figures: every number is the length of the list it opens, and what plain SQL counts."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, text

from gridmap.domain.access import Role, RoleMayNot, StationNotInScope
from gridmap.domain.dispute_filter import Filter, filter_of
from gridmap.domain.figure_spans import Span
from gridmap.services.disputes import lists
from gridmap.services.disputes.city_figures import SORTS, city_figures, sorted_rows
from gridmap.services.disputes.figures import station_figures
from gridmap.store.tables import Body, Dispute, Incident, Person, Report
from tests import makers
from tests.disputes import actor_of, make_town
from tests.houses import house_of
from tests.services.disputes.made_figures import make_disputes

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
YEAR = Span(date(2025, 11, 23), date(2026, 11, 22))
MONTH = Span(date(2026, 10, 1), date(2026, 10, 31))


@pytest.fixture(scope="module")
def filled(server_url, template_database):
    """Return the owner's sessions on a database in which S001 has 400 matters and S002 has 40."""
    with house_of(server_url, template_database) as house:
        with house.owner.begin() as session:
            make_disputes(session, make_town(session), NOW, 400)
            make_disputes(session, make_town(session, "S002"), NOW, 40, seed=7)
        yield house.owner


@pytest.fixture
def session(filled):
    """Return a session of the owner on it; what a test adds is rolled back."""
    with filled() as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def boss():
    return replace(actor_of(None, Role.COMMANDER, "boss"), stations=("S001", "S002"))


def told(session, station, condition):
    query = f"SELECT count(*) FROM dispute WHERE station = '{station}' AND matter = 'dispute' AND {condition}"
    return session.scalar(text(query))


@pytest.mark.parametrize("span", [YEAR, MONTH], ids=["year", "month"])
def test_every_number_of_a_station_is_the_length_of_the_list_it_opens(session, boss, span):
    found = station_figures(session, boss, "S001", span, now=NOW)
    numbers = {one.wanted: one.value for one in found.numbers()}
    assert len(numbers) > 100
    for wanted, value in numbers.items():
        assert lists.count(session, boss, "S001", wanted, now=NOW) == value, wanted
        assert filter_of(wanted.facts()) == wanted  # the address says all of it
    assert sum(1 for value in numbers.values() if value) > (90 if span is YEAR else 40)


def test_the_first_figures_are_what_plain_sql_counts(session, boss):
    found = station_figures(session, boss, "S001", YEAR, now=NOW)
    days = "opened_at >= '2025-11-23 00:00+08' AND opened_at < '2026-11-23 00:00+08'"
    assert found.now.taken.value == told(session, "S001", days) > 100
    ours = told(session, "S001", f"{days} AND state NOT IN ('withdrawn', 'not_ours')")
    closed = told(session, "S001", f"{days} AND closed_at < '2026-11-23 00:00+08'")
    assert (found.now.share_closed.part, found.now.share_closed.of) == (closed, ours)
    assert found.before.span == found.year.span == Span(date(2024, 11, 23), date(2025, 11, 22))
    assert found.before.taken.value == found.year.taken.value > 100
    assert found.open.value == told(session, "S001", "settled_at IS NULL AND state NOT IN ('withdrawn', 'not_ours')")
    assert found.overdue.value == sum(one.overdue.value for one in found.tiers) > 0
    for parts in (found.tiers, found.kinds, found.sources):
        assert sum(one.taken.value for one in parts) == found.now.taken.value
    assert [one.key for one in found.tiers] == ["1", "2", "3"]
    middle = session.scalar(
        text("""
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM settled_at - opened_at) / 86400) FROM dispute
        WHERE station = 'S001' AND matter = 'dispute' AND tier = 2 AND settled_at >= '2025-11-23 00:00+08'
          AND settled_at < '2026-11-23 00:00+08'""")
    )
    assert found.tiers[1].took.days == pytest.approx(float(middle))
    mean, number = found.now.satisfaction
    assert (mean, number) == pytest.approx(
        tuple(
            map(
                float,
                session.execute(
                    text("""
        SELECT avg(rating), count(rating) FROM dispute WHERE station = 'S001' AND matter = 'dispute'
          AND settled_at >= '2025-11-23 00:00+08' AND settled_at < '2026-11-23 00:00+08'""")
                ).one(),
            )
        )
    )
    assert found.lost == told(session, "S001", "EXISTS (SELECT FROM lost_dispute l WHERE l.id = dispute.id)") == 0


def test_a_span_nobody_recorded_is_compared_with_nothing(session, boss):
    since = station_figures(session, boss, "S001", YEAR, now=NOW).since
    early = station_figures(session, boss, "S001", Span(since, since + timedelta(days=30)), now=NOW)
    assert (early.now.recorded, early.before.recorded, early.year.recorded) == (True, False, False)
    row = city_figures(session, boss, Span(since, since), now=NOW).rows[0]
    assert (row.before.recorded, row.year.recorded) == (False, False)


def test_load_counts_every_matter_of_whoever_holds_it(session, boss):
    found = station_figures(session, boss, "S001", YEAR, now=NOW)
    held = {one.code: one for one in found.load}
    assert [held[code].body for code in ("court", "desk", "officer", "grid")] == [True, True, False, False]
    assert sum(one.open.value for one in found.load) > found.open.value  # tips and hazards are work too
    assert held["court"].settled.value == session.scalar(
        text("""SELECT count(*) FROM dispute WHERE station = 'S001' AND body = 'court'
                AND (settled_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN :first AND :last"""),
        {"first": YEAR.first, "last": YEAR.last},
    )  # fmt: skip
    assert {one.code for one in found.load if one.settled is None} == {one.code for one in found.load if not one.body}


def test_load_lists_whoever_could_take_something_and_says_who_is_away(session, boss):
    """Somebody with nothing in hand is whom a commander looks for; who has no posting is listed while they hold something."""
    makers.make_person(session, "idle", "auxiliary", beat="A")
    makers.make_person(session, "keeper", "property_manager", beat="A")  # is given no disputes
    gone = makers.make_person(session, "gone", beat="B")
    away, closed = makers.make_person(session, "away", "mediator"), makers.make_person(session, "left", beat="B")
    session.execute(text("UPDATE posting SET during = daterange('2025-01-01', '2025-02-01') WHERE person_id IN (:one, :two)"),
                    {"one": gone.id, "two": closed.id})  # fmt: skip
    officer = session.scalar(text("SELECT id FROM person WHERE code = 'officer' AND station = 'S001'"))
    session.add(Dispute(station="S001", number="left behind", kind="family", opened_at=NOW, holder_id=gone.id))
    makers.make_leave(session, away, date(2026, 11, 20), date(2026, 11, 25), session.get(Person, officer))
    session.add_all([
        Body(station="S001", code="union", name_zh="工会", name_en="Union"),
        Body(station="S001", code="old", name_zh="旧", name_en="Old", active=False),
    ])  # fmt: skip
    session.flush()
    load = station_figures(session, boss, "S001", YEAR, now=NOW).load
    held = {one.code: one for one in load}
    assert {"idle", "away", "gone", "union", "mediator", "officer", "grid", "desk", "court"} == held.keys()
    assert [held[code].open.value for code in ("idle", "away", "union", "gone")] == [0, 0, 0, 1]
    assert [held[code].posted for code in ("idle", "away", "union", "gone")] == [True, True, True, False]
    assert (held["away"].role, held["away"].back, held["gone"].role) == ("mediator", date(2026, 11, 25), "")
    assert held["away"].instead is not None
    assert [one.code for one in load if one.away] == ["away", "union"]  # the union has nobody at all
    assert [one.open.value for one in load] == sorted((one.open.value for one in load), reverse=True)
    for number in (number for one in load for number in one.numbers()):
        assert lists.count(session, boss, "S001", number.wanted, now=NOW) == number.value, number
    row = city_figures(session, boss, YEAR, now=NOW).rows[0]
    people = [one for one in load if not one.body]
    assert row.shared.held == sum(one.open.value for one in people)
    assert (row.shared.people, row.shared.away) == (sum(one.posted for one in people), 1) == (5, 1)
    assert row.shared.each == row.shared.held / 4


def test_calls_are_told_per_thousand_households_and_those_without_a_place_apart(session, boss):
    for n in range(6):
        makers.make_incident(session, 0.5, 0.25, NOW - timedelta(days=n), category="neighbours")
    makers.make_incident(session, 0.6, 0.25, NOW, category="theft")
    session.add(Incident(station="S001", number="nowhere", at=NOW, category="family", source="call"))
    session.flush()
    households = session.scalar(text("SELECT sum(households) FROM address WHERE station = 'S001'"))
    found = station_figures(session, boss, "S001", YEAR, now=NOW).now
    assert (found.calls, found.unplaced, found.per_thousand) == (7, 1, pytest.approx(7000 / households))


def test_cells_and_villages_without_a_case_are_told_with_how_long(session, boss):
    session.execute(text("""UPDATE dispute SET matter = 'tip'
        WHERE station = 'S001' AND (grid_cell = 'A1' AND opened_at > :now - interval '5 days'
          OR grid_cell = 'A2' AND opened_at > :now - interval '50 days')"""), {"now": NOW})  # fmt: skip
    newest = {row.grid_cell: row.last for row in session.execute(text("""
        SELECT grid_cell, max((opened_at AT TIME ZONE 'Asia/Shanghai')::date) AS last FROM dispute
        WHERE station = 'S001' AND matter = 'dispute' AND grid_cell IS NOT NULL GROUP BY 1"""))}  # fmt: skip
    for days in (1, 7, 30, 1000):
        found = station_figures(session, boss, "S001", MONTH, now=NOW, quiet_days=days)
        since = date(2026, 11, 22) - timedelta(days=days - 1)
        expected = {"B2"} | {code for code, last in newest.items() if last < since}
        assert {one.code for one in found.cells} == expected, days
        assert found.cells_of == 4
        assert (found.cells[0].code, found.cells[0].last, found.cells[0].cases.value) == ("B2", None, 0)
        for one in found.cells[1:]:
            assert (date(2026, 11, 22) - newest[one.code]).days == one.days
        for cell in found.cells:
            assert lists.count(session, boss, "S001", cell.lately.wanted, now=NOW) == 0


def test_ratings_of_reports_are_told_beside_those_of_follow_up_visits(session, boss):
    plate = makers.make_plate(session, "A" * 12, makers.make_door(session, 0.3, 0.3)).code
    for n, stars in enumerate((5, 4, None)):
        door = session.scalar(text("SELECT address_id FROM plate WHERE code = :code"), {"code": plate})
        session.add(Report(
            station="S001", plate=plate, address_id=door, words="x", send_key=f"k{n}", kind="visit", at=NOW, rating=stars,
            tracking=bytes([n]) * 32,
        ))  # fmt: skip
    session.flush()
    assert station_figures(session, boss, "S001", YEAR, now=NOW).now.report_satisfaction == (4.5, 2)


@pytest.mark.parametrize("span", [MONTH, YEAR], ids=["month", "year"])
def test_each_row_of_the_city_says_what_the_station_s_page_says_and_each_number_opens_its_list(session, boss, span):
    city = city_figures(session, boss, span, now=NOW, quiet_days=9, part=("kind", "debt"))
    assert [row.code for row in city.rows] == ["S001", "S002"]
    for row in city.rows:
        numbers = {number.wanted: number.value for number in row.numbers()}
        assert len(numbers) > 35 if span is MONTH else 25
        for wanted, value in numbers.items():
            assert lists.count(session, boss, row.code, wanted, now=NOW) == value, wanted
        one = station_figures(session, boss, row.code, span, now=NOW, quiet_days=9)
        assert (one.now, one.before, one.year) == (row.now, row.before, row.year)
        assert (one.open, one.overdue, one.lost) == (row.open, row.overdue, row.lost)
        assert (len(one.cells), one.cells_of) == (row.quiet, row.cells_of)
        assert row.part in one.kinds
        people = [held for held in one.load if not held.body]
        assert row.shared.held == sum(held.open.value for held in people) > 0
        assert row.shared.bodies_hold == sum(held.open.value for held in one.load if held.body)
        assert row.shared.people == sum(held.posted for held in people) == 3
    for by in SORTS:
        rows = sorted_rows(city.rows, by)
        assert all(SORTS[by](one) <= SORTS[by](two) for one, two in itertools.pairwise(rows))


@pytest.mark.parametrize("span", [MONTH, YEAR], ids=["month", "year"])
def test_the_city_is_the_sum_of_its_stations_lists_and_its_medians_are_of_all_disputes(session, boss, span):
    city = city_figures(session, boss, span, now=NOW, part=("tier", "2"))
    told = [
        *city.total.numbers(),
        *(number for one in (*city.tiers, *city.kinds, *city.sources) for number in one.numbers()),
    ]
    numbers = {number.wanted: number.value for number in told}
    assert len(numbers) > 100
    for wanted, value in numbers.items():
        assert sum(lists.count(session, boss, code, wanted, now=NOW) for code in ("S001", "S002")) == value, wanted
    days = {then: median_by_sql(session, then, "true") for then in (span, span.before(), span.year_ago())}
    for one in (city.total.now, city.total.before, city.total.year):
        assert one.took.days == pytest.approx(days[one.span])
    if span is YEAR:  # or the law would hold of a mean of medians too
        assert city.total.now.took.days != pytest.approx(sum(row.now.took.days for row in city.rows) / 2)
    for by, found in (("tier", city.tiers), ("kind", city.kinds), ("source", city.sources)):
        assert sum(one.taken.value for one in found) == city.total.now.taken.value
        for one in found:
            for then, took in ((span, one.took), (span.before(), one.before), (span.year_ago(), one.year)):
                assert took.days == pytest.approx(median_by_sql(session, then, f"{by}::text = '{one.key}'")), (
                    by,
                    one.key,
                    then,
                )
    assert city.total.part == city.tiers[1]
    for name in ("calls", "unplaced", "households"):
        assert getattr(city.total.now, name) == sum(getattr(row.now, name) for row in city.rows)


def median_by_sql(session, span, condition, stations=("S001", "S002")):
    """Return the median of what was settled in a span [d], from the disputes themselves."""
    return session.scalar(
        text(f"""SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM settled_at - opened_at) / 86400.0)::float8
                 FROM dispute WHERE station = ANY (:stations) AND matter = 'dispute' AND {condition}
                   AND (settled_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN :first AND :last"""),
        {"stations": list(stations), "first": span.first, "last": span.last},
    )  # fmt: skip


def test_medians_of_a_station_by_tier_and_kind_stand_beside_those_before_and_a_year_ago(session, boss):
    span = Span(date(2026, 9, 1), date(2026, 9, 30), "month")
    found = station_figures(session, boss, "S001", span, now=NOW)
    assert found.before.span.pair == (date(2026, 8, 1), date(2026, 8, 31))
    told = 0
    for by, parts in (("tier", found.tiers), ("kind", found.kinds), ("source", found.sources)):
        for one in parts:
            for then, took in ((found.before.span, one.before), (found.year.span, one.year)):
                assert took.days == pytest.approx(median_by_sql(session, then, f"{by}::text = '{one.key}'", ["S001"]))
                assert lists.count(session, boss, "S001", took.number.wanted, now=NOW) == took.number.value
                told += took.days is not None and took.days != one.took.days
    assert told > 10


def test_a_city_is_compared_only_with_a_span_in_which_every_station_was_on_record(session, boss):
    session.execute(text("ALTER TABLE dispute_event DISABLE TRIGGER append_only"))
    session.execute(
        text(
            "DELETE FROM dispute_event WHERE dispute_id IN (SELECT id FROM dispute WHERE station = 'S002' AND opened_at < '2026-10-01')"
        )
    )
    session.execute(text("DELETE FROM dispute WHERE station = 'S002' AND opened_at < '2026-10-01'"))
    session.add(Dispute(station="S002", number="first", kind="family", opened_at=datetime(2026, 10, 9, tzinfo=UTC)))
    makers.make_station(session, "S003", x=9)  # has no dispute yet: it tells of no span
    session.flush()
    boss = replace(boss, stations=("S001", "S002", "S003"))
    city = city_figures(session, boss, MONTH, now=NOW)
    assert [row.before.recorded for row in city.rows] == [True, False, False]
    assert (city.total.now.recorded, city.total.before.recorded) == (True, False)
    assert all(one.before is None for one in city.tiers)


def test_the_page_of_a_station_takes_as_many_statements_as_it_says(session, boss):
    said = []

    def hear(*facts):
        said.append(facts[2])

    event.listen(session.get_bind(), "before_cursor_execute", hear)
    station_figures(session, boss, "S001", YEAR, now=NOW)
    assert len(said) == 8  # and the packed days, which the driver reads by itself
    said.clear()
    city_figures(session, boss, YEAR, now=NOW)
    assert len(said) == 7
    event.remove(session.get_bind(), "before_cursor_execute", hear)


def test_figures_are_for_officers_and_commanders_of_the_station(session, boss):
    with pytest.raises(RoleMayNot):
        station_figures(session, replace(boss, role=Role.GRID_MEMBER), "S001", MONTH, now=NOW)
    with pytest.raises(RoleMayNot):
        city_figures(session, replace(boss, role=Role.MEDIATOR), MONTH, now=NOW)
    with pytest.raises(StationNotInScope):
        station_figures(session, replace(boss, stations=("S002",)), "S001", MONTH, now=NOW)


def test_a_dispute_counts_on_the_day_of_the_station_s_clocks(session, boss):
    day = Span(date(2027, 3, 1), date(2027, 3, 1))
    for n, at in enumerate((datetime(2027, 2, 28, 15, 59, tzinfo=UTC), datetime(2027, 2, 28, 16, tzinfo=UTC))):
        session.add(Dispute(station="S001", number=f"late-{n}", kind="family", opened_at=at))
    session.flush()
    found = station_figures(session, boss, "S001", day, now=datetime(2027, 3, 2, tzinfo=UTC)).now.taken
    assert (found.value, found.wanted) == (1, Filter(matter="dispute", state="any", opened=day.pair))
