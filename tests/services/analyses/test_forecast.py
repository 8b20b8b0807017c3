"""Where next: the busy places first, from what residents report, and with what it was worth."""

from __future__ import annotations

import dataclasses

import pytest

from gridmap.domain.incidents import Origin
from gridmap.geo.forecast import HorizonWrong
from gridmap.services.analyses import back_test, forecast
from gridmap.services.analyses.forecast import NothingToLearn
from tests.cases import EPSG, SOUTH, WEST, Event, body_of, gathered, inside, make_case, scattered

BUSY = [*gathered(300, 1050, 1050, seed=1), *gathered(150, 2250, 450, seed=2), *scattered(200, seed=3)]


def test_planted_busy_squares_come_first_and_add_up():
    answer = forecast.compute(make_case(BUSY))
    first = answer.cells.sort_values("rank")
    assert inside(first[first["rank"] <= 4], 1055, 1055)["class"].tolist()[:1] == ["1"]
    assert inside(first[first["rank"] <= 10], 2255, 455).shape[0] >= 1
    assert answer.facts["expected"] == pytest.approx(650 / 365 * 7, rel=0.2)
    assert (str(answer.facts["first_day"]), str(answer.facts["last_day"])) == ("2026-01-01", "2026-01-07")
    assert set(first["class"]) <= {"1", "5", "10", "20"}
    assert len(first) <= 30


def test_what_patrols_started_moves_nothing_unless_asked_for():
    case = make_case(BUSY)
    patrolled = make_case(
        [*BUSY, *gathered(500, 2700, 2700, seed=4, source="patrol"), *gathered(99, 300, 2700, seed=5, source="visit")]
    )
    plain, with_patrols = (body_of(forecast.compute(one)) for one in (case, patrolled))
    assert plain["facts"] == with_patrols["facts"]
    assert plain["cells"] == with_patrols["cells"]
    assert plain["facts"]["origin"] == "reported"
    view = dataclasses.replace(patrolled.view, origin=Origin.STARTED)
    started = forecast.compute(dataclasses.replace(patrolled, view=view))
    assert started.facts["learned_from"] == 599
    assert set(inside(started.cells, 2705, 2705)["class"]) == {"1"}


def test_it_says_when_it_steps_back_to_last_year():
    few = forecast.compute(make_case(scattered(25, seed=1))).facts
    assert (few["verdict"], few["model"], few["stepped_back"]) == ("too_few", "last_year", True)
    many = forecast.compute(make_case(BUSY)).facts
    assert many["stepped_back"] == (not many["beats_last_year"])
    assert many["stepped_back"] == (many["model"] == "last_year")


def test_scores_of_the_past_come_along():
    answer = forecast.compute(make_case(BUSY))
    scores = answer.tables["scores"].set_index(["model", "share"])
    assert {"last_year", "shrunk", "density", "all_history"} <= set(scores.index.get_level_values("model"))
    row = scores.loc[("shrunk", 0.05)]
    assert row["hit_rate"] > 0.4  # two crowds of 450 in 650 lie in few squares
    assert row["tie_low"] <= row["pai"] <= row["tie_high"]
    assert row["pai_low"] <= row["pai"] <= row["pai_high"]
    assert answer.facts["periods"] == 12


def test_a_forecast_starts_where_the_records_end():
    facts = forecast.compute(make_case(scattered(100, seed=1, last=100), recorded_days=100)).facts
    assert str(facts["first_day"]) == "2025-04-11"


def test_a_month_expects_four_times_a_week():
    week, month = (
        forecast.compute(make_case(scattered(400, seed=1), ahead=ahead)).facts for ahead in ("week", "month")
    )
    assert month["days"] == 30
    assert month["expected"] / week["expected"] == pytest.approx(30 / 7, rel=0.2)


@pytest.mark.parametrize("analysis", [forecast, back_test])
@pytest.mark.parametrize("events", [[], [Event(10, 10, 5, source="patrol")]])
def test_nothing_to_learn_from_is_said_with_what_to_do(analysis, events):
    with pytest.raises(NothingToLearn, match="choose more"):
        analysis.compute(make_case(events))


@pytest.mark.parametrize("events", [[Event(1510, 1510, 5)], [Event(1510, 1510, 364.9)], [Event(1510, 1510, 0.5)] * 60])
@pytest.mark.parametrize("facts", [{}, {"size_m": 5000}, {"ahead": "month"}])
def test_one_event_and_all_at_one_point_are_answered(events, facts):
    answer = forecast.compute(make_case(events, **facts))
    told = body_of(answer)
    assert told["facts"]["learned_from"] == len(events)
    assert len(inside(answer.cells, 1510, 1510)) == 1


def test_a_back_test_tells_the_range_over_moved_squares_and_each_period():
    answer = back_test.compute(make_case(BUSY))
    scores = answer.tables["scores"]
    assert {"chosen", "last_year", "shrunk"} <= set(scores["model"])
    assert (scores["shift_low"] <= scores["pai"]).all()
    assert (scores["pai"] <= scores["shift_high"]).all()
    assert len(answer.tables["steps"]) == answer.facts["periods"] == 6
    assert answer.tables["steps"]["until"].dt.microsecond.eq(0).all()
    assert answer.tables["steps"]["came"].sum() <= 650
    assert "last_year" not in set(answer.tables["gains"]["model"])
    assert body_of(answer)["cells"] is None


def test_a_back_test_needs_a_past_before_its_periods():
    with pytest.raises(HorizonWrong, match="test fewer"):
        back_test.compute(make_case([Event(10, 10, 364)]))


def test_squares_are_whole_and_stand_on_the_lattice():
    cells = forecast.compute(make_case(BUSY, size_m=500)).cells
    assert cells.crs.to_epsg() == EPSG
    assert ((cells.bounds[["minx", "miny"]] - [WEST, SOUTH]) % 500 == 0).all().all()
