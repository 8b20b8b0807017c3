"""Shifts: beats as people write them, nobody on two shifts, every refusal by line and reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from gridmap.services import imports
from gridmap.services.imports import Options
from gridmap.services.imports.shifts import beats_of
from gridmap.store.tables import Person, Shift
from tests.makers import make_draft, make_person, make_shift, make_station

DAY = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
def load(session, tmp_path):
    """Return a function that loads a text as shifts of station S001, where P1, P2 and the beats A and B are."""
    make_station(session)
    make_draft(session)
    for name in ("P1", "P2"):
        make_person(session, name)

    def work(table: str, *, replace: bool = False) -> imports.Report:
        path = tmp_path / "shifts.csv"
        path.write_text(table)
        return imports.load_file(session, "shifts", path, station="S001", options=Options(replace=replace))

    return work


def spans(session) -> list[tuple[str, datetime, datetime, list[str] | None]]:
    rows = session.execute(
        select(Person.code, Shift.during, Shift.beats)
        .join(Person, Person.id == Shift.person_id)
        .order_by(Person.code, text("lower(during)"))
        .execution_options(populate_existing=True)
    )
    return [(code, during.lower, during.upper, beats) for code, during, beats in rows]


@pytest.mark.parametrize(
    ("written", "kept"),
    [("A", "A"), ("B, A", "A,B"), ("B A B", "A,B"), ("A、B", "A,B"), ("A，B；", "A,B"), ("A/B", "A,B"), ("全站", "*"),
     ("All", "*"), ("*", "*"), ("A、全部", "*"), ("", None), (" 、", None)],
)  # fmt: skip
def test_beats_are_read_as_people_write_them(written, kept):
    assert beats_of(written) == kept


def test_shifts_are_kept_and_faulty_ones_refused_by_line_and_reason(session, load):
    table = (
        "警号,上班时间,下班时间,值班警格\n"
        "P1,2026-11-02 08:30,2026-11-02 18:00,A、B\n"
        "P1,2026年11月2日 18时,2026-11-03T08:30:00+08:00,全站\n"
        "P2,2026-11-02 08:30,2026-11-02 18:00,\n"
        "P2,2026-11-02 17:00,2026-11-03 08:30,\n"
        "P2,2026-11-03 08:00,2026-11-03 18:00,A\n"
        "P9,2026-11-02 08:30,2026-11-02 18:00,\n"
        "P2,2026-11-04 08:30,2026-11-04 08:30,\n"
        "P2,2026-11-05 08:30,,\n"
        ",2026-11-06 08:30,2026-11-06 18:00,\n"
    )
    report = load(table)
    assert {one.line: (one.reason, one.value) for one in report.rejected} == {
        5: ("overlaps the shift in row 4", "P2"), 7: ("there is no such person", "P9"),
        8: ("to does not lie after from", "2026-11-04 00:30:00+00:00"), 9: ("to is empty", ""),
        10: ("person is empty", ""),
    }  # fmt: skip
    morning, evening = DAY.replace(hour=0, minute=30), DAY.replace(hour=10)
    assert spans(session) == [
        ("P1", morning, evening, ["A", "B"]),
        ("P1", evening, morning + timedelta(days=1), ["*"]),
        ("P2", morning, evening, None),
        ("P2", DAY.replace(day=3), DAY.replace(day=3, hour=10), ["A"]),
    ]
    assert report.warnings == []
    again = load(table)
    assert (again.added, again.updated, again.unchanged, again.refused) == (0, 0, 4, 5)


def test_what_is_there_is_changed_by_its_beginning_and_meets_no_other(session, load):
    person = session.scalars(select(Person).where(Person.code == "P1")).one()
    make_shift(session, person, DAY, DAY + timedelta(hours=8), ["A"])
    make_shift(session, person, DAY + timedelta(hours=12), DAY + timedelta(hours=20))
    report = load("person,from,to\nP1,2026-11-02T00:00Z,2026-11-02T09:00Z\nP1,2026-11-02T11:00Z,2026-11-02T13:00Z\n")
    assert (report.added, report.updated) == (0, 1)
    assert report.rejected[0].line == 3
    assert report.rejected[0].reason.startswith("overlaps a shift that is there already, [")
    assert spans(session)[0] == ("P1", DAY, DAY + timedelta(hours=9), ["A"])  # a file without beats leaves them
    assert load("person,from,to,beats\nP1,2026-11-02T00:00Z,2026-11-02T09:00Z,\n").updated == 1
    assert spans(session)[0][3] is None


def test_a_shift_is_cut_in_two_by_a_file_that_says_both_halves(session, load):
    person = session.scalars(select(Person).where(Person.code == "P1")).one()
    make_shift(session, person, DAY, DAY + timedelta(hours=8), ["A"])
    report = load(
        "person,from,to,beats\nP1,2026-11-02T04:00Z,2026-11-02T08:00Z,B\nP1,2026-11-02T00:00Z,2026-11-02T04:00Z,A\n"
    )
    assert (report.added, report.updated, report.refused) == (1, 1, 0)
    assert [beats for *_, beats in spans(session)] == [["A"], ["B"]]


def test_a_row_that_is_refused_leaves_what_it_would_have_changed_in_the_way(session, load):
    person = session.scalars(select(Person).where(Person.code == "P1")).one()
    make_shift(session, person, DAY, DAY + timedelta(hours=8))
    table = (  # the second would cut it short, but meets the first: so neither it nor the third has room
        "person,from,to\nP1,2026-11-01T23:00Z,2026-11-02T01:00Z\nP1,2026-11-02T00:00Z,2026-11-02T02:00Z\n"
        "P1,2026-11-02T04:00Z,2026-11-02T06:00Z\nP1,2026-11-02T08:00Z,2026-11-02T09:00Z\n"
    )
    report = load(table)
    assert {one.line: one.reason.split(", ")[0] for one in report.rejected} == {
        2: "overlaps a shift that is there already", 3: "overlaps the shift in row 2",
        4: "overlaps a shift that is there already",
    }  # fmt: skip
    assert report.added == 1
    assert len(spans(session)) == 2


def test_a_new_roster_replaces_the_time_it_is_about_and_nothing_else(session, load):
    person, other = session.scalars(select(Person).order_by(Person.code)).all()
    for day in range(5):
        make_shift(session, person, DAY + timedelta(days=day), DAY + timedelta(days=day, hours=8))
    make_shift(session, other, DAY + timedelta(days=2), DAY + timedelta(days=2, hours=8))
    table = "person,from,to\nP1,2026-11-03T01:00Z,2026-11-03T09:00Z\nP1,2026-11-05T00:00Z,2026-11-05T09:00Z\n"
    assert [one.line for one in load(table).rejected] == [2]  # the third's own shift is in the way
    report = load(table, replace=True)
    assert (report.added, report.updated, report.unchanged, report.refused) == (1, 0, 1, 0)
    assert report.warnings == ["2 shifts that the file does not have were removed"]
    assert report.facts == {"removed": 2}
    assert [(code, since.day, since.hour) for code, since, _, _ in spans(session)] == [
        ("P1", 2, 0), ("P1", 3, 1), ("P1", 5, 0), ("P1", 6, 0), ("P2", 4, 0),
    ]  # fmt: skip


def test_a_beat_nobody_knows_and_a_shift_of_a_week_are_told(load):
    report = load("person,from,to,beats\nP1,2026-11-02 08:30,2026-11-12 18:00,A Z9\n")
    assert report.added == 1
    assert report.warnings == [
        "1 shifts are longer than 48 hours",
        "shifts name beats that no edition of S001 has: Z9",
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), min_size=1, max_size=15))
def test_of_rows_that_overlap_the_first_stands_and_a_refused_one_refuses_nobody(shift_desk, hours):
    taken: list[tuple[int, int]] = []
    expected = []
    for line, (begin, length) in enumerate(hours, start=2):
        if any(begin < end and first < begin + length for first, end in taken):
            expected.append(line)
        else:
            taken.append((begin, begin + length))
    stamps = [(DAY + timedelta(hours=begin), DAY + timedelta(hours=begin + length)) for begin, length in hours]
    report = shift_desk("".join(f"P1,{since.isoformat()},{until.isoformat()}\n" for since, until in stamps))
    assert [one.line for one in report.rejected] == expected
    assert report.added == len(taken)


@pytest.fixture
def shift_desk(session, load, tmp_path):
    """Return a function that loads rows of shifts and takes them back."""

    def work(rows: str) -> imports.Report:
        nested = session.begin_nested()
        report = load("person,from,to\n" + rows)
        nested.rollback()
        return report

    return work
