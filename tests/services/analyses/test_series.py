"""Runs of like incidents: planted ones are found with their members, chance ones are not."""

from __future__ import annotations

import pytest

from gridmap.services.analyses import series
from tests.cases import SOUTH, WEST, Event, body_of, inside, make_case, scattered


def test_a_planted_run_of_thefts_is_a_series_and_its_members_are_listed():
    run = [Event(1500 + 20 * n, 1500, 200 + n / 2) for n in range(9)]
    noise = [*scattered(120, seed=1), *scattered(120, seed=2, kind="noise")]
    case = make_case([*noise, *run])
    answer = series.compute(case)
    assert answer.facts["series"] == len(answer.tables["series"]) == 1
    found = answer.tables["series"].iloc[0]
    planted = {
        int(id_)
        for id_, x, y in zip(case.events.id, case.events.x, case.events.y, strict=True)
        if y == SOUTH + 1500 and x >= WEST + 1500
    }
    assert planted <= set(found["members"])
    assert found["members"] == sorted(found["members"])  # ids rise with time here
    assert (found["category"], found["events"]) == ("theft", len(found["members"]))
    assert found["p"] <= 0.01
    assert found["observed"] > found["expected"]
    assert inside(answer.cells, 1540, 1500)["n"].tolist() == [1]


def test_the_same_run_of_different_kinds_is_no_series():
    mixed = [
        Event(1500 + 20 * n, 1500, 200 + n / 2, kind=("theft", "noise", "fraud", "quarrel")[n % 4]) for n in range(8)
    ]
    assert series.compute(make_case([*scattered(120, seed=1), *mixed])).facts["series"] == 0


def test_of_ten_towns_of_chance_few_show_a_series():
    shown = [series.compute(make_case(scattered(150, seed=seed))).facts["series"] > 0 for seed in range(10)]
    assert sum(shown) <= 2


def test_the_reach_is_what_was_asked_and_said():
    facts = series.compute(make_case(scattered(20, seed=1), distance_m=150.0, days=3.0)).facts
    assert (facts["reach_m"], facts["reach_days"]) == (150.0, 3.0)


@pytest.mark.parametrize(
    "events", [[], [Event(1500, 1500, 5)], [Event(1500, 1500, 0.5)] * 40], ids=["none", "one", "point"]
)
@pytest.mark.parametrize("length", [1, 365])
def test_nothing_one_and_all_at_one_point_are_answered(events, length):
    told = body_of(series.compute(make_case(events, length=length)))
    assert len(told["tables"]["series"]) == told["facts"]["series"] == len(told["cells"]["features"])
