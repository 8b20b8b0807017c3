"""Before and after: the p of an independent program, intervals that hold what they promise, documented examples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from gridmap.geo.change_tests import ExposureWrong, compare_counts, displacement
from gridmap.geo.gistar import NotCounts

counts, exposures = st.integers(0, 60), st.sampled_from([1.0, 2.0, 28.0, 365.0, 0.3])


def plain_p(before, after, days, later):
    """Return p of the E-test by its definition, over all pairs of counts to far beyond what comes."""
    mean = (before + after) / (days + later)
    x, y = np.arange(int(mean * days) + 100.0), np.arange(int(mean * later) + 100.0)[:, None]

    def far(one, two):
        spread = np.sqrt(one / days**2 + two / later**2)
        return np.divide(np.abs(one / days - two / later), spread, out=np.zeros_like(spread), where=spread > 0)

    seen = far(np.array([before]), np.array([after]))[0]
    joint = stats.poisson.pmf(x, mean * days) * stats.poisson.pmf(y, mean * later)
    return joint[far(x, y) >= seen * (1 - 1e-12)].sum()


@settings(max_examples=100)
@given(before=counts, after=counts, days=exposures, later=exposures)
def test_p_is_that_of_the_definition(before, after, days, later):
    assume(before + after > 0 and not np.isclose(before / days, after / later))
    assume(days / later < 400 > later / days)
    ours = compare_counts(before, after, exposure_before=days, exposure_after=later)["p"].iloc[0]
    assert ours == pytest.approx(plain_p(before, after, days, later), rel=1e-9, abs=1e-14)


def test_p_is_that_of_the_paper_on_dodder_seeds_and_of_scipy():
    ours = compare_counts(0, 3, exposure_before=100, exposure_after=100)["p"].iloc[0]
    assert ours == pytest.approx(0.0884, abs=0.0001)
    assert ours == pytest.approx(stats.poisson_means_test(0, 100, 3, 100).pvalue, rel=1e-6)


@given(before=counts, after=counts, days=exposures, later=exposures)
def test_turning_time_round_turns_the_ratio_round(before, after, days, later):
    forth = compare_counts(before, after, exposure_before=days, exposure_after=later).iloc[0]
    back = compare_counts(after, before, exposure_before=later, exposure_after=days).iloc[0]
    assert forth["p"] == pytest.approx(back["p"], rel=1e-6, abs=1e-12)
    if before and after:
        assert forth["ratio"] == pytest.approx(1 / back["ratio"])
        assert forth["low"] == pytest.approx(1 / back["high"])
        assert forth["low"] < forth["ratio"] < forth["high"]


def test_the_interval_is_the_exact_binomial_one_turned_into_a_ratio():
    row = compare_counts(30, 12, exposure_before=365, exposure_after=100).iloc[0]
    share = stats.binomtest(12, 42).proportion_ci(method="exact")
    assert row["low"] == pytest.approx(share.low / (1 - share.low) * 3.65)
    assert row["high"] == pytest.approx(share.high / (1 - share.high) * 3.65)


def test_nothing_before_or_after_is_said_as_it_is():
    rows = compare_counts([0, 5, 0], [5, 0, 0])
    assert rows["ratio"].tolist()[:2] == [np.inf, 0]
    assert np.isnan(rows["ratio"][2])
    assert rows["high"].tolist() == [np.inf, pytest.approx(1 / rows["low"][0]), np.inf]
    assert rows["low"].tolist()[1:] == [0, 0]
    assert rows["p"][2] == 1


def test_the_interval_holds_the_true_ratio_as_often_as_it_says_and_p_does_not_cry():
    rng = np.random.default_rng(6)
    rows = compare_counts(rng.poisson(12, 4_000), rng.poisson(18, 4_000))
    assert ((rows["low"] <= 1.5) & (rows["high"] >= 1.5)).mean() >= 0.95
    level = compare_counts(rng.poisson(12, 4_000), rng.poisson(24, 4_000), exposure_after=2)
    assert 0.03 < (level["p"] <= 0.05).mean() < 0.06
    assert (level["q"] <= 0.05).sum() <= 2


def test_many_cells_share_one_false_discovery_rate():
    rng = np.random.default_rng(7)
    before = rng.poisson(20, 300)
    after = np.append(rng.poisson(20, 270), rng.poisson(50, 30))
    rows = compare_counts(before, after)
    assert (rows["q"] >= rows["p"]).all()
    assert (rows["q"][270:] <= 0.05).sum() >= 20
    assert (rows["q"][:270] <= 0.05).sum() <= 4


def test_large_counts_are_quick_and_near_the_normal_curve():
    row = compare_counts(1_000_000, 1_003_000).iloc[0]
    assert row["p"] == pytest.approx(2 * stats.norm.sf(3_000 / np.sqrt(2_003_000)), rel=1e-3)


def test_the_documented_example_of_the_displacement_test():
    found = displacement((20, 10), (20, 20))
    assert found.net == -10
    assert found.standard_error == pytest.approx(8.4, abs=0.05)
    assert found.p == pytest.approx(2 * stats.norm.sf(10 / np.sqrt(70)))
    assert found.low < found.net < found.high
    assert found.high > 0  # ten events fewer, and still no proof


def test_what_moves_next_door_is_added():
    found = displacement((20, 10), (20, 20), near_treated=(5, 12), near_control=(5, 5))
    assert (found.net, found.treated, found.control, found.displaced) == (-3, -10, 0, 7)
    assert found.standard_error == pytest.approx(np.sqrt(97))
    assert displacement((0, 0), (0, 0)).p == 1


def test_what_is_no_count_is_refused():
    for before in (-1, 0.5, np.nan, 10**8):
        with pytest.raises(NotCounts):
            compare_counts(before, 1)
    for wrong in ({"exposure_after": 0}, {"exposure_before": np.inf}, {"level": 1.0}):
        with pytest.raises(ExposureWrong):
            compare_counts(1, 1, **wrong)
    with pytest.raises(NotCounts):
        displacement((1, -2), (1, 1))
    with pytest.raises(ExposureWrong):
        displacement((1, 2), (1, 1), level=0)
