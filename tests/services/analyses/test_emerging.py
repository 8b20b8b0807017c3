"""What is new, growing or gone on the map of a case."""

from __future__ import annotations

import pytest

from gridmap.services.analyses import emerging
from gridmap.services.analyses.emerging import TooShort
from tests.cases import Event, body_of, gathered, inside, make_case, scattered

PAST = -363  # with the period: 26 steps of 28 days


def classes_at(answer, x, y):
    return set(inside(answer.cells, x, y)["class"])


def test_a_new_crowd_is_new_a_former_one_gone_and_a_lasting_one_persistent():
    events = [
        *scattered(600, seed=1, first=PAST),
        *gathered(60, 450, 450, seed=2, first=340, last=365, wide=350),
        *gathered(300, 2550, 450, seed=3, first=PAST, last=100, wide=350),
        *gathered(900, 1350, 2550, seed=4, first=PAST, wide=350),
    ]
    answer = emerging.compute(make_case(events))
    assert classes_at(answer, 450, 450) == {"new"}
    assert classes_at(answer, 2550, 450) <= {"gone", "fading"}
    assert classes_at(answer, 1350, 2550) == {"persistent"}
    new = inside(answer.cells, 450, 450).iloc[0]
    assert new["first_hot"] >= "2025-11-01"
    assert len(new["series"]) == answer.facts["steps"]
    assert sum(new["series"][-2:]) > sum(new["series"][:-2])
    assert sum(answer.facts["tally"].values()) == 100


def test_what_rises_and_is_hot_now_is_growing():
    rising = [
        event
        for n in range(26)
        for event in gathered(2 * n, 1350, 1350, seed=n, first=PAST + 28 * n, last=PAST + 28 * n + 28, wide=350)
    ]
    answer = emerging.compute(make_case([*scattered(600, seed=1, first=PAST), *rising]))
    assert classes_at(answer, 1350, 1350) == {"growing"}
    assert answer.facts["map_trend"] == "up"


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_chance_alone_shows_nothing_as_a_rule(shape):
    shown = [
        len(emerging.compute(make_case(scattered(900, seed=seed, first=PAST), shape=shape)).cells) for seed in range(6)
    ]
    assert sum(number > 0 for number in shown) <= 1


def test_steps_end_with_the_records_not_with_the_wish():
    answer = emerging.compute(make_case(scattered(300, seed=1, first=PAST, last=100), recorded_days=100))
    assert str(answer.facts["last_day"]) == "2025-04-10"


@pytest.mark.parametrize(
    "events",
    [[], [Event(1500, 1500, 300)], scattered(50, seed=1, first=365 - 6 * 28 + 1)],
    ids=["none", "one", "short"],
)
def test_too_short_a_past_is_named_with_what_is_needed(events):
    with pytest.raises(TooShort, match="6 are needed"):
        emerging.compute(make_case(events))


@pytest.mark.parametrize(
    "events", [[Event(1500, 1500, 0)], [Event(1500, 1500, day) for day in range(300)]], ids=["one", "point"]
)
def test_one_event_and_one_point_are_answered(events):
    told = body_of(emerging.compute(make_case(events)))
    assert told["facts"]["counted"] <= len(events)
    assert told["facts"]["enough"] == (len(events) > 30)
