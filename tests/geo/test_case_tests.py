"""Shares and times of two groups: known cases, symmetry, and honesty where there is nothing to tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gridmap.geo.case_tests import GroupsWrong, compare_shares, compare_times


def test_a_ratio_of_shares_and_its_interval_are_those_of_the_textbook():
    # Agresti, Categorical Data Analysis: aspirin, 189 of 11034 against 104 of 11037; ratio 1.82 (1.43 to 2.31)
    told = compare_shares((104, 11_037), (189, 11_034))
    assert told is not None
    assert [round(value, 2) for value in (told.ratio, told.low, told.high)] == [1.82, 1.43, 2.31]
    assert told.p < 1e-5


@given(*(st.integers(0, 40) for _ in range(4)))
def test_turned_round_a_ratio_of_shares_is_its_reciprocal(a, b, c, d):
    before, after = (min(a, b), max(a, b)), (min(c, d), max(c, d))
    told, back = compare_shares(before, after), compare_shares(after, before)
    assert (told is None) == (back is None)
    assume(told is not None and back is not None)
    assert told.p == pytest.approx(back.p)
    assert told.low * back.high == pytest.approx(1)
    assert 0 < told.low <= told.high


def test_nothing_is_told_of_nothing_and_wrong_groups_are_refused():
    assert compare_shares((0, 0), (3, 5)) is None
    assert compare_shares((0, 4), (0, 5)) is None
    assert compare_times([], [1.0]) is None
    with pytest.raises(GroupsWrong):
        compare_shares((5, 4), (1, 2))
    with pytest.raises(GroupsWrong):
        compare_times([-1.0], [1.0])


@given(st.lists(st.floats(1, 1e4), min_size=3, max_size=30), st.floats(0.1, 10))
def test_times_that_are_all_a_times_as_long_have_that_ratio(times, factor):
    scaled = np.array(times) * factor
    assume((scaled >= 1).all())
    told = compare_times(times, scaled)
    assert told is not None
    assert told.low <= factor * (1 + 1e-9)
    assert told.high >= factor * (1 - 1e-9)
    assert told.ratio == pytest.approx(factor, rel=1e-6)


def test_the_interval_holds_the_true_ratio_as_often_as_it_says():
    rng = np.random.default_rng(20_261_122)
    held = 0
    for _ in range(300):
        told = compare_times(rng.lognormal(3, 1, 25), 1.5 * rng.lognormal(3, 1, 20))
        assert told is not None
        held += told.low <= 1.5 <= told.high
    assert held / 300 > 0.91


def test_many_times_are_thinned_without_a_change_worth_telling():
    rng = np.random.default_rng(1)
    told = compare_times(rng.lognormal(3, 1, 9_000), 2 * rng.lognormal(3, 1, 9_000))
    assert told is not None
    assert told.ratio == pytest.approx(2, rel=0.08)
    assert told.high - told.low < 0.2
