"""Forecasts: right where the past is a guide, last year's counts where nothing is better, and honest which it was."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.geo.columns import NotMetric
from gridmap.geo.forecast import HorizonWrong, as_days, forecast
from gridmap.geo.forecast_back_test import back_test
from gridmap.geo.forecast_choice import _decide
from gridmap.geo.forecast_score import Gain, score_forecasts
from tests.geo.town_events import METRIC, TOWN, made_events

UNTIL = "2024-12-15"


@pytest.fixture(scope="module")
def steady():
    points, when = made_events(1, 700)
    return points, when, forecast(points, when, TOWN, size_m=100, until=UNTIL, days=30)


def test_a_town_with_steady_places_is_forecast_beyond_chance(steady):
    points, when, found = steady
    assert found.verdict == "better"
    assert found.beats_last_year
    assert found.model in {"shrunk", "near_repeat", "learned"}
    assert found.gain.low > 0
    assert found.half_life_days >= 365
    assert list(found.cells.columns) == ["column", "row", "inside_share", "expected", "rank", "geometry"]
    assert found.cells.crs.to_epsg() == METRIC
    assert found.cells.sort_values("expected", ascending=False)["rank"].is_monotonic_increasing
    assert found.cells["rank"].min() == 1
    came = points[(when >= UNTIL) & (when < pd.Timestamp(UNTIL, tz="UTC") + pd.Timedelta(days=30))]
    assert found.cells.expected.sum() == pytest.approx(len(came), rel=0.3)
    column, row = np.floor(came.x / 100).astype(int), np.floor(came.y / 100).astype(int)
    key = found.cells.set_index(["column", "row"]).index
    count = (
        pd.Series(1, index=pd.MultiIndex.from_arrays([column, row])).groupby(level=[0, 1]).sum().reindex(key).fillna(0)
    )
    assert score_forecasts([(found.cells.expected, count)], found.cells.inside_share).pai[1] > 5


def test_the_tests_of_every_model_are_there(steady):
    *_, found = steady
    assert set(found.tests.model) == {"last_year", "all_history", "density", "shrunk", "near_repeat", "learned"}
    assert (found.tests.groupby("model").size() == 4).all()
    assert len(set(found.tests.events)) == 1
    assert found.periods == 5


def test_the_same_question_has_the_same_answer_and_the_future_is_not_read(steady):
    points, when, found = steady
    known = when < UNTIL
    again = forecast(
        points[known], when[known].dt.tz_convert(None), TOWN, size_m=100, until=pd.Timestamp(UNTIL), days=30
    )
    pd.testing.assert_frame_equal(found.cells, again.cells)
    pd.testing.assert_frame_equal(found.tests, again.tests)
    assert found.gain == again.gain


def test_places_that_move_ask_for_a_short_memory():
    points, when = made_events(2, 3_000, moving_every=60)
    found = forecast(points, when, TOWN, size_m=200, until=UNTIL, days=14, candidates=False)
    assert found.half_life_days <= 60
    assert found.verdict == "better"


def test_few_events_step_back_to_last_years_counts_and_say_so():
    points, when = made_events(3, 40)
    found = forecast(points, when, TOWN, size_m=500, until=UNTIL, days=7, since="2023-06-01")
    assert (found.verdict, found.model, found.beats_last_year) == ("too_few", "last_year", False)
    in_year = (when < UNTIL) & (when >= pd.Timestamp(UNTIL, tz="UTC") - pd.Timedelta(days=365))
    assert found.cells.expected.sum() == pytest.approx(in_year.sum() * 7 / 365)


def test_where_nothing_is_better_last_years_counts_are_given():
    rng = np.random.default_rng(4)  # ten doors far apart, each with its own steady rate: nothing to borrow or to forget
    sites = np.array([(300 + 700 * (i % 5), 300 + 2_300 * (i // 5)) for i in range(10)], dtype=float)
    xy = sites[rng.choice(10, 5_000, p=np.arange(1, 11) ** 2 / 385)]
    when = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(rng.uniform(0, 360, 5_000), unit="D")
    points = gpd.GeoSeries.from_xy(*xy.T, crs=METRIC)
    found = forecast(points, when, TOWN, size_m=100, until=UNTIL, days=30, candidates=False)
    assert (found.verdict, found.model, found.beats_last_year) == ("not_better", "last_year", False)
    assert found.gain.mean <= 0


def gain(mean, low):
    return Gain(mean, low, 2 * mean - low, 100)


@pytest.mark.parametrize(
    ("over_default", "model"),
    [((0.02, 0.001), "near_repeat"), ((0.02, -0.001), "shrunk"), ((0.02, 0.0), "shrunk")],
)
def test_a_candidate_is_used_only_beyond_chance(over_default, model):
    gains = {"shrunk": gain(0.05, 0.01), "near_repeat": gain(0.07, 0.02), "near_repeat:shrunk": gain(*over_default)}
    assert _decide(gains) == model


def test_the_better_of_two_candidates_is_used():
    gains = {"shrunk": gain(0.05, 0.01), "near_repeat": gain(0.07, 0.02), "learned": gain(0.09, 0.02)}
    gains |= {"near_repeat:shrunk": gain(0.02, 0.01), "learned:shrunk": gain(0.04, 0.01)}
    assert _decide(gains) == "learned"
    assert _decide(gains | {"learned": gain(-0.01, -0.02)}) == "last_year"


def test_faults_are_named():
    points, when = made_events(5, 20)
    with pytest.raises(HorizonWrong, match="7 for a week"):
        forecast(points, when, TOWN, size_m=500, until=UNTIL, days=0)
    with pytest.raises(HorizonWrong, match="Nothing was observed"):
        forecast(points, when, TOWN, size_m=500, until="2020-01-01")
    with pytest.raises(HorizonWrong, match="each needs one"):
        forecast(points, when.where(when.index > 0), TOWN, size_m=500, until=UNTIL)
    with pytest.raises(HorizonWrong, match="Nothing was observed"):
        forecast(points[:0], when[:0], TOWN, size_m=500, until=UNTIL)
    with pytest.raises(NotMetric):
        forecast(points.to_crs(4326), when, TOWN, size_m=500, until=UNTIL)


def test_days_are_counted_in_utc():
    assert as_days(["2024-01-01T08:00:00+08:00", "2024-01-01T00:00:00Z"]) == pytest.approx([19_723, 19_723])


def test_the_back_test_is_what_forecasts_would_have_said():
    points, when = made_events(6, 1_200)
    found = back_test(points, when, TOWN, size_m=500, until=UNTIL, days=30, periods=3, shifts=2)
    until = pd.Timestamp(UNTIL, tz="UTC")
    pairs = []
    for back in (3, 2, 1):
        start = until - pd.Timedelta(days=30 * back)
        told = forecast(points, when, TOWN, size_m=500, until=start, days=30)
        held = points[(when >= start) & (when < start + pd.Timedelta(days=30))]
        squares = gpd.GeoDataFrame(geometry=held).sjoin(told.cells, predicate="within")["index_right"]
        pairs.append((told.cells.expected, told.cells.index.map(squares.value_counts()).fillna(0)))
    expected = score_forecasts(pairs, told.cells.inside_share)
    mine = found.scores[found.scores.model == "chosen"].reset_index(drop=True)
    np.testing.assert_allclose(mine.hit_rate, expected.hit_rate)
    assert list(found.steps.until) == [until - pd.Timedelta(days=30 * back) for back in (3, 2, 1)]
    assert found.steps.came.sum() == mine.events[0]
    assert (found.scores.hit_shift_low <= found.scores.hit_rate).all()
    assert (found.scores.pai_shift_high >= found.scores.pai).all()
    assert (found.scores.pai_shift_high > found.scores.pai_shift_low).any()
    assert set(found.gains) == set(found.scores.model) - {"last_year"}
    with pytest.raises(HorizonWrong, match="test fewer"):
        back_test(points, when, TOWN, size_m=500, until=UNTIL, days=30, periods=30)


def test_cells_at_the_border_have_the_share_that_lies_inside(steady):
    cells = steady[2].cells
    west = cells[cells.column == 0]
    assert west.inside_share.max() == pytest.approx(0.5)
    assert cells.geometry.intersection(TOWN).area.sum() == pytest.approx((cells.inside_share * 10_000).sum())
    assert shapely.area(TOWN) == pytest.approx((cells.inside_share * 10_000).sum())
