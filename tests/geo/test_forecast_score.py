"""Scores of forecasts: chance is 1, the best is the oracle, ties have bounds, parts of cells are parts of the area."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.geo.forecast_score import LEVELS, ScoreWrong, compare_forecasts, part_taken, score_forecasts

LEVEL = st.floats(0.01, 1.0)
SHARE = st.floats(0.05, 1.0)


@st.composite
def maps(draw, least=1):
    cells = draw(st.integers(least, 30))
    score = draw(st.lists(st.integers(0, 6), min_size=cells, max_size=cells))
    count = draw(st.lists(st.integers(0, 5), min_size=cells, max_size=cells))
    share = draw(st.lists(SHARE, min_size=cells, max_size=cells))
    return np.array(score, float), np.array(count, float), np.array(share)


@given(made=maps(), level=LEVEL)
def test_what_is_taken_is_the_area_asked_for_and_the_best_first(made, level):
    score, _, share = made
    part = part_taken(score, share, level)
    assert part @ share == pytest.approx(level * share.sum())
    assert ((part >= 0) & (part <= 1 + 1e-12)).all()
    taken, left = score[part > 1e-9], score[part < 1 - 1e-9]
    assert not len(taken) or not len(left) or taken.min() >= left.max()


@given(made=maps(), level=LEVEL)
def test_bounds_hold_what_they_bound(made, level):
    score, count, share = made
    one = score_forecasts([(score, count)], share, levels=[level], times=20).iloc[0]
    if not count.sum():
        assert np.isnan(one.hit_rate)
        return
    slack = 1e-9
    assert (
        -slack <= one.hit_worst <= one.hit_rate + slack <= one.hit_best + 2 * slack <= one.oracle_hit_rate + 3 * slack
    )
    assert one.pai == pytest.approx(one.hit_rate / level)
    assert 0 <= one.pei <= 1 + slack


@given(made=maps(least=2), level=LEVEL, which=st.integers(0, 1_000))
def test_a_cell_cut_in_two_changes_nothing(made, level, which):
    score, count, share = made
    cut = which % len(score)
    halves = [np.append(each, each[cut]) for each in (score, count, share)]
    for half in halves[1:]:
        half[[cut, -1]] /= 2
    if count.sum():
        whole = score_forecasts([(score, 2 * count)], share, levels=[level], times=2).iloc[0]
        parts = score_forecasts([(halves[0], 2 * halves[1])], halves[2], levels=[level], times=2).iloc[0]
        for name in ("hit_rate", "hit_worst", "hit_best", "oracle_hit_rate"):
            assert whole[name] == pytest.approx(parts[name], abs=1e-9)


def test_ties_are_the_mean_the_worst_and_the_best_of_all_orders():
    score, count = np.array([2.0, 1, 1, 1, 0]), np.array([1, 0, 3, 2, 9])
    hits = [count[[0, *order[:1]]].sum() for order in permutations([1, 2, 3])]
    found = score_forecasts([(score, count)], np.ones(5), levels=[0.4]).iloc[0]
    assert found.hit_rate * 15 == pytest.approx(np.mean(hits))
    assert (found.hit_worst * 15, found.hit_best * 15) == pytest.approx((min(hits), max(hits)))
    assert found.oracle_hit_rate * 15 == pytest.approx(12)
    assert found.pei == pytest.approx(np.mean(hits) / 12)
    assert found.pai == pytest.approx(np.mean(hits) / 15 / 0.4)


def test_a_sliver_is_little_area():
    found = score_forecasts([([2, 1, 0], [1, 1, 2])], [0.1, 1.0, 0.9], levels=[0.05, 0.55]).hit_rate
    assert found.tolist() == pytest.approx([0.25, 0.5])


@given(made=maps(), level=LEVEL)
def test_no_opinion_is_chance_and_hindsight_is_the_oracle(made, level):
    _, count, share = made
    if count.sum():
        even = score_forecasts([(np.zeros(len(count)), count)], np.ones(len(count)), levels=[level], times=2)
        assert even.pai[0] == pytest.approx(1)
        hindsight = score_forecasts([(count / share, count)], share, levels=[level], times=2)
        assert hindsight.pei[0] == pytest.approx(1)


@given(made=maps())
def test_only_the_order_of_the_scores_matters(made):
    score, count, share = made
    one = score_forecasts([(score, count)], share, times=5)
    other = score_forecasts([(np.exp(3 * score) - 7, count)], share, times=5)
    np.testing.assert_allclose(one, other)


def test_the_interval_is_that_of_as_many_draws():
    count, score = np.full(400, 2), np.arange(400)[::-1]
    found = score_forecasts([(score, count)], np.ones(400), levels=[0.2], times=4_000).iloc[0]
    deviation = np.sqrt(0.2 * 0.8 / 800)
    assert found.hit_low == pytest.approx(0.2 - 1.96 * deviation, abs=0.003)
    assert found.hit_high == pytest.approx(0.2 + 1.96 * deviation, abs=0.003)
    again = score_forecasts([(score, count)], np.ones(400), levels=[0.2], times=4_000).iloc[0]
    assert found.equals(again)


def test_periods_are_read_together():
    one, other = ([2, 1, 0, 0], [3, 0, 0, 1]), ([0, 1, 2, 0], [1, 0, 1, 0])
    both = score_forecasts([one, other], np.ones(4), levels=[0.25]).iloc[0]
    assert (both.events, both.hit_rate) == (6, pytest.approx(4 / 6))


def test_gain_is_paired_and_turns_its_sign_round():
    rng = np.random.default_rng(0)
    count = rng.poisson(rng.gamma(0.3, 3, 500))
    good, bad = count + rng.normal(0, 0.5, 500), rng.normal(0, 1, 500)
    gain = compare_forecasts([(good, count)], [(bad, count)], np.ones(500))
    loss = compare_forecasts([(bad, count)], [(good, count)], np.ones(500))
    assert gain.low > 0.1
    assert gain.mean == pytest.approx(-loss.mean)
    assert gain.low <= gain.mean <= gain.high
    means = [score_forecasts([(each, count)], np.ones(500), levels=LEVELS).hit_rate.mean() for each in (good, bad)]
    assert gain.mean == pytest.approx(means[0] - means[1])
    same = compare_forecasts([(good, count)], [(2 * good, count)], np.ones(500))
    assert (same.low, same.mean, same.high) == (0, 0, 0)
    assert compare_forecasts([], [], np.ones(3)).events == 0


def test_faults_are_named():
    with pytest.raises(ScoreWrong, match="as many"):
        score_forecasts([([1, 2], [1])], [1, 1])
    with pytest.raises(ScoreWrong, match="above 0"):
        score_forecasts([([1, 2], [1, 1])], [0, 1])
    with pytest.raises(ScoreWrong, match="5 %"):
        score_forecasts([([1, 2], [1, 1])], [1, 1], levels=[5])
    with pytest.raises(ScoreWrong, match="finite"):
        score_forecasts([([np.nan, 2], [1, 1])], [1, 1])
    with pytest.raises(ScoreWrong, match="same periods"):
        compare_forecasts([([1, 2], [1, 1])], [([1, 2], [1, 2])], [1, 1])
