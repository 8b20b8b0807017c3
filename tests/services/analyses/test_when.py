"""When the events of a case happen: hours of the week, months, festivals."""

from __future__ import annotations

import pytest

from gridmap.services.analyses import when
from tests.cases import Event, body_of, make_case, scattered


def hours(answer):
    return answer.tables["hours"].set_index(["weekday", "hour"])


def test_hours_add_up_to_the_events_and_the_peak_is_planted():
    wednesdays = [Event(1500, 1500, 7 * week + 22.5 / 24) for week in range(40)]  # 1 January 2025 was a Wednesday
    answer = when.compute(make_case([*wednesdays, *scattered(60, seed=1)]))
    assert answer.tables["hours"]["weight"].sum() == pytest.approx(100)
    assert answer.facts["peak"] == {"weekday": 2, "hour": 22, "weight": pytest.approx(40, abs=2)}
    assert len(answer.tables["hours"]) == 168


def test_a_span_is_spread_over_its_hours():
    answer = when.compute(make_case([Event(10, 10, 8 / 24, span_h=4)]))
    assert answer.facts["spans"] == 1
    assert hours(answer).loc[(2, slice(8, 11)), "weight"].tolist() == [0.25] * 4
    assert answer.tables["hours"]["weight"].sum() == pytest.approx(1)


def test_occasions_count_how_often_an_hour_began():
    answer = when.compute(make_case([], length=8))
    assert hours(answer).loc[(2, 5), "occasions"] == 2  # two Wednesdays
    assert answer.tables["hours"]["occasions"].sum() == 8 * 24


def test_months_reach_back_three_years_and_count_every_event_of_them():
    events = [*scattered(100, seed=1), *scattered(100, seed=2, first=-365, last=0)]
    months = when.compute(make_case(events)).tables["months"]
    assert months["month"].iloc[0] == "2024-01"
    assert months["month"].iloc[-1] == "2025-12"
    assert 195 <= months["events"].sum() <= 200  # the first day is cut where it began
    assert (months["low"] <= months["per_day"]).all()
    assert (months["per_day"] <= months["high"]).all()


def test_a_festival_that_is_busier_is_told():
    even = [Event(1500, 1500, day + 0.5) for day in range(365)]
    spring = [Event(1500, 1500, 28 + n / 20) for n in range(100)]  # Spring Festival began on 29 January 2025
    around = when.compute(make_case([*even, *spring])).tables["festivals"]
    during = around[(around["phase"] == "during") & (around["festival"] == "spring_festival")].iloc[0]
    assert during["ratio"] > 5
    assert during["p"] < 0.001
    assert during["name_zh"]
    assert during["name_en"]


@pytest.mark.parametrize("events", [[], [Event(10, 10, 0.5)], [Event(10, 10, 0.5)] * 50])
@pytest.mark.parametrize("length", [1, 365])
def test_nothing_one_and_one_day_are_answered(events, length):
    told = body_of(when.compute(make_case(events, length=length)))
    assert sum(row["weight"] for row in told["tables"]["hours"]) == pytest.approx(len(events))
    assert (told["facts"]["peak"] is None) == (not events)


def test_a_period_after_all_records_is_empty_and_no_error():
    answer = when.compute(make_case(scattered(50, seed=1, first=-300, last=-40), recorded_days=-40))
    assert answer.tables["hours"]["weight"].sum() == 0
