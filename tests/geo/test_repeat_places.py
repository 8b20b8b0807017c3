"""Places that incidents return to: counted right, called rarely by chance, and growing worse only where they do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gridmap.geo.repeat_places import PlacesWrong, rate_without_zeros, repeat_places
from gridmap.geo.timeline import TimesWithoutZone

SINCE, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 366


def times(days):
    return pd.Series([SINCE + timedelta(days=float(day)) for day in days], dtype="datetime64[s, UTC]")


def found(place, days, **options):
    return repeat_places(place, times(days), SINCE, UNTIL, **options)


def by_chance(seed, doors=400, incidents=300):
    rng = np.random.default_rng(seed)
    return rng.integers(0, doors, incidents), rng.uniform(0, DAYS, incidents)


@settings(max_examples=40)
@given(incidents=st.lists(st.tuples(st.integers(0, 6), st.integers(-10, 380)), max_size=40), least=st.integers(1, 3))
def test_counts_gaps_and_halves_are_those_of_a_plain_look(incidents, least):
    table = found([place for place, _ in incidents], [day for _, day in incidents], least=least)
    expected = {}
    for place, day in incidents:
        if 0 <= day < DAYS:
            expected.setdefault(place, []).append(day)
    expected = {place: sorted(days) for place, days in expected.items() if len(days) >= least}
    assert set(table.index) == set(expected)
    for place, days in expected.items():
        row = table.loc[place]
        assert (row["n"], row["later"]) == (len(days), sum(day >= DAYS / 2 for day in days))
        assert row["earlier"] + row["later"] == row["n"]
        assert (row["first"], row["last"]) == tuple(times([days[0], days[-1]]))
        if len(days) > 1:
            assert row["mean_gap_days"] == pytest.approx(np.diff(days).mean())
    assert table["n"].is_monotonic_decreasing


def test_a_place_with_many_returns_is_called_and_chance_is_not():
    place, days = by_chance(1)
    table = found(np.append(place, [999] * 9), np.append(days, np.linspace(5, 360, 9)))
    assert table.index[0] == 999
    assert table.loc[999, "q"] < 0.001
    assert (table["q"].iloc[1:] > 0.05).all()


@pytest.mark.parametrize("known", [True, False])
def test_towns_of_chance_have_an_alarm_in_five_per_cent(known):
    exposure = pd.Series(1.0, index=range(400)) if known else None
    alarms = rising = 0
    for seed in range(100):
        table = found(*by_chance(seed), exposure=exposure)
        alarms += (table["q"] <= 0.05).any()
        rising += (table["q_rising"] <= 0.05).any()
    assert alarms <= 10
    assert rising <= 10


def test_a_door_with_many_households_is_expected_to_have_more():
    exposure = pd.Series([20.0, *[1.0] * 180], index=range(181))
    place = [0] * 20 + list(range(1, 181))
    table = found(place, np.linspace(0, 365, 200), exposure=exposure, least=1)
    assert table.loc[0, "expected"] == 20
    assert table.loc[0, "p"] == pytest.approx(stats.poisson.sf(19, 20))
    assert table.loc[0, "q"] > 0.05
    assert found(place, np.linspace(0, 365, 200)).loc[0, "q"] < 0.001  # not so where every door is alike


@given(rate=st.floats(1e-3, 30))
def test_the_rate_is_found_again_from_the_counts_that_are_not_zero(rate):
    assert rate_without_zeros(rate / -np.expm1(-rate)) == pytest.approx(rate, rel=1e-6, abs=1e-9)


def test_single_incidents_alone_call_nobody():
    table = found(range(30), range(30), least=1)
    assert (table["p"] == 1).all()
    assert found(range(30), range(30)).empty
    assert found([], []).empty


def test_a_place_that_has_more_and_more_is_rising():
    place, days = by_chance(2)
    table = found(
        np.append(place, [7_000] * 10 + [8_000] * 10),
        np.concatenate([days, np.linspace(190, 360, 10), np.linspace(5, 360, 10)]),
    )
    assert table.loc[7_000, "p_rising"] == pytest.approx(0.5**10)
    assert table.loc[7_000, "q_rising"] < 0.05
    assert table.loc[8_000, "q_rising"] > 0.05
    assert table.loc[table["n"] < 5, "p_rising"].isna().all()


def test_a_year_that_is_worse_everywhere_makes_no_single_place_rising_against_the_map():
    rng = np.random.default_rng(3)
    days = DAYS * rng.uniform(0, 1, 400) ** 0.3
    place = rng.integers(0, 40, 400)
    assert (found(place, days)["q_rising"] <= 0.05).sum() >= 5
    assert (found(place, days, against="map")["q_rising"] > 0.05).all()


def test_a_place_whose_incidents_grow_worse_is_called_worse():
    place, days, tier = (
        [1] * 10 + [2] * 10 + [3] * 10,
        [*range(10)] * 3,
        [1, 1, 1, 2, 2, 2, 3, 3, 3, 4] + [3] * 10 + [4, 3, 3, 3, 2, 2, 2, 1, 1, 1],
    )
    table = found(place, days, tier=tier)
    assert table.loc[1, "tier_trend"] == pytest.approx(stats.kendalltau(range(10), tier[:10]).statistic)
    assert table.loc[1, "q_worse"] <= 0.01
    assert table.loc[3, "p_worse"] == 1
    assert np.isnan(table.loc[2, "p_worse"])
    assert table["highest_tier"].to_dict() == {1: 4, 2: 3, 3: 4}


def test_p_of_tiers_is_that_of_all_orders():
    tier = [1, 2, 1, 2, 2]
    orders = {order for order in product((1, 2), repeat=5) if sum(order) == sum(tier)}
    scores = [stats.kendalltau(range(5), order).statistic for order in orders]
    exact = np.mean(np.array(scores) >= stats.kendalltau(range(5), tier).statistic - 1e-12)
    assert found([1] * 5, range(5), tier=tier).loc[1, "p_worse"] == pytest.approx(exact, abs=0.06)


def test_tiers_by_chance_are_called_worse_in_five_per_cent():
    rng = np.random.default_rng(4)
    table = found(np.repeat(range(300), 8), np.tile(range(8), 300), tier=rng.integers(1, 4, 2_400))
    assert 0.005 < (table["p_worse"] <= 0.05).mean() < 0.07  # few tiers: not every p can come
    assert (table["q_worse"] > 0.05).all()


def test_missing_tiers_are_not_compared():
    table = found([1] * 6 + [2], [*range(6), 0], tier=[np.nan, 1, 2, 3, 4, 5, np.nan], least=1)
    assert (table.loc[1, "n"], table.loc[1, "tier_trend"]) == (6, 1)
    assert np.isnan(table.loc[2, "highest_tier"])


def test_what_does_not_fit_is_refused():
    with pytest.raises(PlacesWrong, match="2 places"):
        found([1, 2], [1])
    with pytest.raises(PlacesWrong):
        repeat_places([1], times([1]), UNTIL, SINCE)
    with pytest.raises(PlacesWrong, match="exposure"):
        found([1], [1], exposure=pd.Series([1.0], index=[2]))
    with pytest.raises(PlacesWrong, match="tiers"):
        found([1] * 60, range(60), tier=range(60))
    with pytest.raises(TimesWithoutZone):
        repeat_places([1], times([1]).dt.tz_localize(None), SINCE, UNTIL)
    with pytest.raises(TimesWithoutZone):
        repeat_places([1], times([1]), datetime(2024, 1, 1), UNTIL)  # noqa: DTZ001
