"""Mann-Kendall: p as all orders of a series give it, tau as everybody's."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, kendalltau

from gridmap.geo.gistar import false_discovery_rate
from gridmap.geo.trend import EXACT_STEPS, SeriesWrong, mann_kendall


def rising_less_falling(series):
    return sum(np.sign(b - a) for i, a in enumerate(series) for b in series[i + 1 :])


@settings(max_examples=80, deadline=None)
@given(series=st.lists(st.integers(0, 4), min_size=1, max_size=7))
def test_p_is_the_share_of_all_orders_with_as_strong_a_trend(series):
    ((s, tau, p),) = mann_kendall([series]).itertuples(index=False)
    every = np.array([rising_less_falling(order) for order in permutations(series)])
    assert s == rising_less_falling(series)
    assert p == pytest.approx(min(1, (np.abs(every) >= abs(s)).mean()) if s else 1)
    if len(set(series)) > 1:
        assert tau == pytest.approx(kendalltau(range(len(series)), series).statistic)
    else:
        assert tau == 0


@pytest.mark.parametrize("steps", [5, 12, 24, EXACT_STEPS])
def test_p_without_ties_is_that_of_scipy(steps):
    rng = np.random.default_rng(steps)
    series = rng.normal(size=(20, steps)) + np.linspace(0, 1.5, steps) * rng.normal(size=(20, 1))
    theirs = [kendalltau(np.arange(steps), each, method="exact").pvalue for each in series]
    assert mann_kendall(series)["p"].to_numpy() == pytest.approx(theirs, rel=1e-9)


def test_the_exact_p_and_the_curve_meet_on_long_series_and_part_on_short_ones():
    rng = np.random.default_rng(1)
    long, short = rng.poisson(5.0, (300, 40)), rng.poisson(0.3, (20_000, 12))
    exact, curve = mann_kendall(long)["p"], mann_kendall(long, exact_steps=0)["p"]
    assert np.abs(exact - curve).max() < 0.004
    theirs = [kendalltau(np.arange(40), each, method="asymptotic").pvalue for each in long]
    assert np.abs(curve - theirs).max() < 0.02  # theirs has no correction for continuity
    exact, curve = mann_kendall(short)["p"], mann_kendall(short, exact_steps=0)["p"]
    assert (curve / exact)[exact < 0.01].median() > 1.5


@given(series=st.lists(st.integers(0, 9), min_size=2, max_size=30))
def test_a_series_backwards_has_the_opposite_trend_and_any_scale_the_same(series):
    values = np.array(series, dtype=float)
    trends = mann_kendall([values, values[::-1], np.exp(values), -values])
    assert trends["s"].tolist() == (trends["s"][0] * np.array([1, -1, 1, -1])).tolist()
    assert trends["p"].nunique() == 1


def test_at_most_one_chance_map_in_twenty_raises_any_alarm():
    rng = np.random.default_rng(3)
    maps, alarms = 300, 0
    for _ in range(maps):
        p = mann_kendall(rng.poisson(rng.gamma(0.5, 2.0, (60, 1)) * np.ones((60, 12))))["p"].to_numpy()
        alarms += bool((false_discovery_rate(p) <= 0.05).any())
    assert alarms <= binom.ppf(0.95, maps, 0.05)


def test_series_of_no_place_and_of_no_step_pass():
    assert mann_kendall(np.zeros((0, 5))).empty
    assert mann_kendall(np.zeros((2, 0)))["p"].tolist() == [1, 1]
    assert mann_kendall(np.zeros((2, 60)))["p"].tolist() == [1, 1]


def test_what_is_no_table_of_numbers_is_refused():
    for series in ([1, 2, 3], [[1.0, np.nan]]):
        with pytest.raises(SeriesWrong):
            mann_kendall(series)
