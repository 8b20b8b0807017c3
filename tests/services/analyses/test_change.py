"""What changed in a case: the whole, by category, by zone, and what only moved next door."""

from __future__ import annotations

import pytest

from gridmap.services.analyses import change
from tests.cases import Event, body_of, gathered, make_case, scattered


def test_the_whole_and_each_category_are_a_ratio_with_an_interval():
    before = [*scattered(40, seed=1, first=-365, last=0), *scattered(30, seed=2, first=-365, last=0, kind="noise")]
    now = [*scattered(80, seed=3), *scattered(30, seed=4, kind="noise")]
    answer = change.compute(make_case([*before, *now]))
    facts = answer.facts
    assert (facts["now"], facts["before"], facts["ratio"]) == (110, 70, pytest.approx(110 / 70))
    assert facts["low"] < facts["ratio"] < facts["high"]
    kinds = answer.tables["categories"].set_index("code")
    assert (kinds.loc["theft", "ratio"], kinds.loc["noise", "ratio"]) == (pytest.approx(2), pytest.approx(1))
    assert kinds.loc["theft", "q"] < 0.01
    assert kinds.loc["noise", "p"] > 0.5
    assert answer.tables["categories"]["code"].tolist() == ["theft", "noise"]  # the surest first, the absent left out


def test_the_zone_that_changed_stands_first():
    events = [*scattered(200, seed=1, first=-365), *gathered(60, 400, 400, seed=2)]
    answer = change.compute(make_case(events, shape="grid_cell"))
    first = answer.tables["zones"].iloc[0]
    assert (first["code"], first["ratio"] > 2, first["q"] < 0.05) == ("W00", True, True)
    assert answer.tables["zones"]["now"].sum() == answer.facts["now"]
    assert len(answer.cells) == 16


def test_what_a_zone_lost_beyond_the_most_alike_one_is_told_with_its_interval():
    steady = [
        event
        for n in range(16)
        for event in gathered(30, 375 + 750 * (n % 4), 375 + 750 * (n // 4), seed=n, first=-365, last=0)
    ]
    now = [
        event for n in range(1, 16) for event in gathered(30, 375 + 750 * (n % 4), 375 + 750 * (n // 4), seed=50 + n)
    ]
    answer = change.compute(make_case([*steady, *now], shape="grid_cell"))
    zones = answer.tables["zones"].set_index("code")
    assert zones.loc["W00", "net"] == -30
    assert zones.loc["W00", "net_low"] < -30 < zones.loc["W00", "net_high"]
    assert zones.loc["W00", "control"] in {"W30", "W03", "W33"}  # a corner has as many neighbours as a corner
    assert zones.loc["W22", "net"] == 0


def test_few_events_before_are_compared_with_nobody():
    answer = change.compute(make_case(scattered(50, seed=1), shape="beat"))
    assert answer.tables["zones"]["net"].isna().all()
    assert answer.tables["zones"]["control"].isna().all()


def test_against_a_year_ago():
    events = [*scattered(10, seed=1, last=30), *scattered(20, seed=2, first=-366, last=-336)]
    facts = change.compute(make_case(events, length=30, against="year")).facts
    assert (facts["now"], facts["before"], facts["ratio"]) == (10, 20, pytest.approx(0.5))


@pytest.mark.parametrize("shape", ["square", "hexagon", "beat", "grid_cell", "village"])
@pytest.mark.parametrize("events", [[], [Event(1500, 1500, 5)], [Event(1500, 1500, -5)], [Event(1500, 1500, 5)] * 40])
def test_nothing_one_and_all_at_one_point_are_answered(events, shape):
    told = body_of(change.compute(make_case(events, shape=shape)))
    assert told["facts"]["now"] + told["facts"]["before"] == len(events)
    assert told["tables"]["zones"]


def test_without_zones_there_is_no_map_and_all_else():
    answer = change.compute(make_case(scattered(40, seed=1), edition=False))
    assert answer.cells is None
    assert answer.tables["categories"]["now"].sum() == 40
