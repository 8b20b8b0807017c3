"""Knox's table of a case: planted near repeats are seen, chance is not."""

from __future__ import annotations

import pytest

from gridmap.services.analyses import near_repeat
from tests.cases import RNG, Event, body_of, make_case, scattered


def band(answer, place_from, days_from):
    bands = answer.tables["bands"].set_index(["place_from", "days_from"])
    return bands.loc[(place_from, days_from)]


def test_planted_near_repeats_are_found_in_their_band_and_not_far_off():
    origin = scattered(80, seed=1)
    moved = RNG(2).uniform(-50, 50, (80, 2))
    echo = [Event(one.x + dx, one.y + dy, one.day + 3) for one, (dx, dy) in zip(origin, moved.tolist(), strict=True)]
    answer = near_repeat.compute(make_case([*origin, *echo]))
    near = band(answer, 1.0, 1.0)
    assert near["ratio"] > 5
    assert near["q"] <= 0.05
    assert band(answer, 400.0, 28.0)["q"] > 0.05
    assert answer.facts["significant"] >= 1


def test_chance_alone_makes_no_near_repeat():
    assert (
        sum(near_repeat.compute(make_case(scattered(150, seed=seed))).facts["significant"] > 0 for seed in range(5))
        <= 1
    )


def test_a_long_period_deals_times_within_seasons_and_a_short_one_anywhere():
    events = scattered(50, seed=3)
    assert near_repeat.compute(make_case(events)).facts["within"] == "season"
    assert near_repeat.compute(make_case(events, length=200)).facts["within"] == "all"


@pytest.mark.parametrize("events", [[], [Event(10, 10, 0.5)], [Event(10, 10, 0.5)] * 50])
@pytest.mark.parametrize("length", [1, 365])
def test_nothing_one_and_all_at_one_point_are_answered(events, length):
    told = body_of(near_repeat.compute(make_case(events, length=length)))
    assert (told["facts"]["events"], told["facts"]["significant"]) == (len(events), 0)
    assert len(told["tables"]["bands"]) == 25
