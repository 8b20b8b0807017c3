"""Gaps of people: zones of nobody under the reason why, and people with too many doors."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from gridmap.services.coverage import Limits, LimitsNotPossible
from tests import makers
from tests.services.coverage.conftest import IN_FORCE


def test_nobody_ever_posted_is_told_since_the_edition_is_in_force(session, told):
    assert told().gaps.empty
    session.execute(text("DELETE FROM posting WHERE beat = 'B' OR grid_cell = 'A2'"))
    found = told().gaps
    assert found[["kind", "code", "doors"]].to_numpy().tolist() == [
        ["beat_no_officer", "B", 2],
        ["cell_no_member", "A2", 1],
    ]
    assert (found["since"] == IN_FORCE).all()
    assert found["detail"].map(lambda detail: (detail["since_is"], detail["beats"])).tolist() == [
        ("at_latest", ["B"]), ("at_latest", ["A"]),
    ]  # fmt: skip
    assert found["residents"].isna().all()
    session.execute(text("UPDATE address SET residents = 3"))
    assert told().gaps["residents"].tolist() == [6, 3]


def test_an_ended_posting_is_told_with_who_and_until_when(session, told, kinds):
    makers.make_person(session, "旧", beat="A", until=date(2026, 3, 1))
    assert kinds() == []  # somebody else is posted there
    session.execute(text("DELETE FROM posting WHERE beat = 'A' AND upper_inf(during)"))
    found = told().gaps.iloc[0]
    assert (found["kind"], found["code"], found["who"], found["until"]) == (
        "posting_ended", "A", "旧", date(2026, 3, 1),
    )  # fmt: skip
    assert found["since"] == datetime(2026, 2, 28, 16, tzinfo=UTC)  # midnight in Shanghai
    assert (found["doors"], found["households"], found["todo"]) == (2, 2, "todo_posting_ended")


def test_leave_is_a_gap_only_without_a_substitute_who_is_there(session, told, kinds):
    away = makers.make_person(session, "休", beat="A")
    session.execute(text("DELETE FROM posting WHERE beat = 'A' AND person_id <> :id"), {"id": away.id})
    stands_in = makers.make_person(session, "代", role=None)
    leave = makers.make_leave(session, away, date(2026, 5, 20), date(2026, 6, 20), stands_in)
    assert kinds() == []
    leave.substitute_id = None
    found = told().gaps.iloc[0]
    assert (found["kind"], found["who"], found["until"]) == ("leave_no_substitute", "休", date(2026, 6, 20))
    assert found["since"] == datetime(2026, 5, 19, 16, tzinfo=UTC)


def test_of_two_on_leave_the_gap_is_as_long_as_both_are(session, told):
    first = makers.make_person(session, "休", beat="A")
    second = makers.make_person(session, "假", beat="A")
    session.execute(
        text("DELETE FROM posting WHERE beat = 'A' AND NOT person_id = ANY (:ids)"), {"ids": [first.id, second.id]}
    )
    makers.make_leave(session, first, date(2026, 5, 1), date(2026, 6, 5))
    makers.make_leave(session, second, date(2026, 5, 20), date(2026, 7, 1))
    found = told().gaps.iloc[0]
    assert (found["who"], found["until"], found["since"]) == (
        "休", date(2026, 6, 5), datetime(2026, 5, 19, 16, tzinfo=UTC),
    )  # fmt: skip


def test_too_many_doors_are_told_by_person_and_shared_by_two(session, told, kinds):
    for n in range(5):
        makers.make_plate(session, f"A{n}" * 6, makers.make_door(session, 0.1 + n / 10, 0.3))
    limits = Limits(doors_per_officer=6, doors_per_member=5)
    found = told(limits=limits, groups=["people"]).gaps
    assert found[["kind", "code", "who", "doors"]].to_numpy().tolist() == [
        ["officer_overloaded", "A", "警A", 7], ["member_overloaded", "A1", "网A1", 6],
    ]  # fmt: skip
    makers.make_person(session, "助", beat="A")
    assert kinds(limits=limits, groups=["people"]) == [("member_overloaded", "A1")]


def test_a_substitute_for_two_zones_has_the_doors_of_both(session, told):
    a, b = (
        session.execute(text("SELECT id FROM person WHERE name = :n"), {"n": f"警{beat}"}).scalar_one() for beat in "AB"
    )
    session.execute(
        text(
            "INSERT INTO leave (station, person_id, substitute_id, during) VALUES ('S001', :a, :b, '[2026-05-20,2026-06-20)')"
        ),
        {"a": a, "b": b},
    )
    found = told(limits=Limits(doors_per_officer=3)).gaps.iloc[0]
    assert (found["kind"], found["code"], found["who"], found["doors"]) == ("officer_overloaded", "A、B", "警B", 4)
    assert found["since"] == datetime(2026, 5, 19, 16, tzinfo=UTC)


@pytest.mark.parametrize("wish", [{"doors_per_officer": 0}, {"reach_minutes": float("nan")}, {"reach_by": "horse"}])
def test_a_limit_that_is_none_is_refused(wish):
    with pytest.raises(LimitsNotPossible):
        Limits(**wish)
