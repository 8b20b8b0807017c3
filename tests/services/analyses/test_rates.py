"""Rates of a case: by what, how sure, and against before."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridmap.services.analyses import rates
from gridmap.services.analyses.ground import NoSuchZones
from tests.cases import SOUTH, WEST, Event, body_of, gathered, inside, make_case, scattered


def by_code(answer):
    return answer.cells.set_index("code")


def test_beats_count_their_own_and_the_sum_is_whole():
    case = make_case([*gathered(20, 400, 400, seed=1), *gathered(10, 2500, 400, seed=2)], shape="beat")
    answer = rates.compute(case)
    assert by_code(answer)["count"].to_dict() == {"J00": 20, "J10": 10, "J01": 0, "J11": 0}
    assert (answer.facts["total"], answer.facts["outside"]) == (30, 0)


def test_rates_per_household_resident_and_square_kilometre():
    events = gathered(45, 400, 400, seed=1)
    told = {
        per: by_code(rates.compute(make_case(events, shape="beat", per=per))).loc["J00"]
        for per in ("household", "resident", "km2")
    }
    assert told["household"]["base"] == 225 * 2  # fifteen rows of fifteen doors
    assert told["household"]["rate"] == pytest.approx(100)
    assert told["resident"]["rate"] == pytest.approx(40)
    assert told["km2"]["rate"] == pytest.approx(20)
    assert all(one["low"] < one["rate"] < one["high"] for one in told.values())


def test_where_nobody_lives_there_is_no_rate_but_the_events_stay_in_the_sum():
    answer = rates.compute(make_case(scattered(80, seed=3), shape="grid_cell", per="household", households=0))
    assert set(answer.cells["class"]) == {"no_denominator"}
    assert answer.cells["rate"].isna().all()
    assert answer.facts["without_denominator"] == answer.facts["total"] == 80
    unknown = rates.compute(make_case(scattered(80, seed=3), shape="grid_cell", per="resident", residents=np.nan))
    assert set(unknown.cells["class"]) == {"no_denominator"}


def test_small_numbers_are_marked_and_shrunk_towards_the_map():
    events = [*gathered(60, 400, 400, seed=1), Event(2900, 2900, 5)]
    cells = by_code(rates.compute(make_case(events, shape="beat", per="household")))
    assert (cells.loc["J00", "class"], cells.loc["J11", "class"]) == ("ok", "small_number")
    mean = 1000 * 61 / 1800
    assert abs(cells.loc["J11", "shrunken"] - mean) < abs(cells.loc["J11", "rate"] - mean)


def test_against_before_is_a_ratio_with_an_interval_that_holds_it():
    events = [*gathered(60, 400, 400, seed=1), *gathered(20, 400, 400, seed=2, first=-365, last=0)]
    cells = by_code(rates.compute(make_case(events, shape="beat")))
    row = cells.loc["J00"]
    assert (row["before"], row["ratio"]) == (20, pytest.approx(3.0))
    assert row["ratio_low"] < 3 < row["ratio_high"]
    assert row["q"] < 0.001
    assert cells.loc["J11", ["ratio", "ratio_low"]].isna().tolist()[0]


def test_half_a_period_on_record_is_no_fall():
    events = [*gathered(30, 400, 400, seed=1, last=182.5), *gathered(60, 400, 400, seed=2, first=-365, last=0)]
    answer = rates.compute(make_case(events, shape="beat", recorded_days=182.5))
    assert by_code(answer).loc["J00", "ratio"] == pytest.approx(1.0)


def test_empty_squares_are_left_out_and_zones_never():
    events = [Event(100, 100, 5)]
    assert len(rates.compute(make_case(events)).cells) == 1
    assert len(rates.compute(make_case(events, shape="village")).cells) == 2


@pytest.mark.parametrize("shape", ["square", "hexagon", "beat", "grid_cell", "village"])
@pytest.mark.parametrize("per", ["none", "household", "resident", "km2"])
def test_every_shape_and_denominator_counts_every_event(shape, per):
    answer = rates.compute(make_case(scattered(120, seed=4), shape=shape, per=per))
    told = body_of(answer)
    assert sum(one["properties"]["count"] for one in told["cells"]["features"]) == 120
    assert all(0 <= one["properties"]["level"] <= 5 for one in told["cells"]["features"])
    assert inside(answer.cells, 1510, 1490)["count"].sum() >= 0


@pytest.mark.parametrize("events", [[], [Event(1500, 1500, 5)], [Event(1500, 1500, 5)] * 50])
@pytest.mark.parametrize("shape", ["square", "beat"])
def test_nothing_one_and_all_at_one_point_are_answered(events, shape):
    assert body_of(rates.compute(make_case(events, shape=shape, per="household")))["facts"]["total"] == len(events)


@pytest.mark.parametrize("shape", ["beat", "grid_cell", "village"])
def test_without_zones_it_says_what_to_do(shape):
    with pytest.raises(NoSuchZones, match=r"S001 has no .*publish an edition"):
        rates.compute(make_case([], shape=shape, edition=False, villages=False))


def test_classes_of_colour_are_quantiles_of_what_is_above_zero():
    level, breaks = rates.classes(np.array([0.0, np.nan, 1, 2, 3, 4, 5]))
    assert level == [0, 0, 1, 2, 3, 4, 5]
    assert breaks == pytest.approx([1.8, 2.6, 3.4, 4.2])
    assert rates.classes(np.array([0.0, np.nan])) == ([0, 0], [])
    assert rates.classes(np.array([])) == ([], [])


def test_a_view_of_one_quarter_tells_no_zero_of_the_others():
    quarter = shapely.box(WEST, SOUTH, WEST + 1500, SOUTH + 1500)
    events = gathered(30, 400, 400, seed=1)
    assert rates.compute(make_case(events, shape="beat", ground=quarter)).cells["code"].tolist() == ["J00"]
    villages = rates.compute(make_case(events, shape="village", per="km2", ground=quarter)).cells
    assert villages["code"].tolist() == ["V1"]
    assert villages["base"].tolist() == pytest.approx([2.25])
    assert villages.area.tolist() == pytest.approx([2.25e6])
