"""Rates: shrunken as everybody shrinks them, intervals as the Poisson law has them, and no rate where nobody lives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from gridmap.geo.gistar import NotCounts
from gridmap.geo.lattice import count_on_lattice
from gridmap.geo.rates import LEAST_RESIDENTS, BaseWrong, map_rate, poisson_interval, rates

places = st.lists(
    st.tuples(st.integers(0, 60), st.one_of(st.just(0.0), st.floats(0.5, 5_000))), min_size=1, max_size=30
)


@pytest.mark.parametrize("seed", range(5))
def test_shrunken_rates_are_those_of_esda_where_these_are_defined(seed):
    smoothing = pytest.importorskip("esda.smoothing")
    rng = np.random.default_rng(seed)
    base = rng.integers(20, 5_000, 80).astype(float)
    count = rng.poisson(base * rng.gamma(2.0, 0.005, 80))
    theirs = smoothing.Empirical_Bayes(count, base).r.ravel()
    told = map_rate(count, base, per=1.0)
    assert told.spread > 0
    assert np.abs(rates(count, base, per=1.0)["shrunken"] - theirs).max() < 1e-9
    assert np.abs(rates(count, base, per=100_000.0)["shrunken"] / 100_000 - theirs).max() < 1e-9


def test_where_all_differences_may_be_chance_all_shrink_to_the_map():
    smoothing = pytest.importorskip("esda.smoothing")
    base = np.full(20, 1_000.0)
    count = np.array([9, 10, 11, 10] * 5)
    table = rates(count, base)
    assert map_rate(count, base).spread == 0
    assert table["shrunken"].to_numpy() == pytest.approx(10.0)
    assert (table["weight"] == 0).all()
    theirs = smoothing.Empirical_Bayes(count, base).r.ravel() * 1_000
    assert theirs[2] < 10 < theirs[0]  # a negative variance turns the map upside down


@settings(max_examples=200)
@given(places=places, per=st.sampled_from([1.0, 1_000.0, 100_000.0]))
def test_a_shrunken_rate_lies_between_the_place_and_the_map(places, per):
    count, base = (np.array(column) for column in zip(*places, strict=True))
    table, told = rates(count, base, per=per), map_rate(count, base, per=per)
    has = table["base"] > 0
    own = table[has]
    ends = np.sort(np.column_stack([own["rate"], np.full(len(own), told.rate)]), axis=1)
    assert (own["shrunken"] >= ends[:, 0] * (1 - 1e-9) - 1e-12).all()
    assert (own["shrunken"] <= ends[:, 1] * (1 + 1e-9) + 1e-12).all()
    assert (own["low"] <= own["rate"]).all()
    assert (own["rate"] <= own["high"]).all()
    assert own["expected"].sum() == pytest.approx(own["count"].sum())
    assert own["weight"].between(0, 1).all()
    order = own.sort_values("base")
    assert (order["weight"].diff().fillna(0) >= -1e-12).all()  # the larger the base, the more it is believed
    assert table.loc[~has, ["rate", "low", "high", "shrunken", "ratio", "expected"]].isna().all(axis=None)
    assert ((table["class"] == "no_denominator") == ~has).all()
    assert told.events == count.sum() == own["count"].sum() + told.events_without_base
    assert (told.places, told.places_without_base) == (len(places), int((~has).sum()))


@given(count=st.integers(0, 5_000), confidence=st.sampled_from([0.8, 0.95, 0.998]))
def test_the_interval_holds_all_expectations_that_the_count_does_not_refute(count, confidence):
    tail = (1 - confidence) / 2
    (low,), (high,) = poisson_interval([count], confidence)
    assert poisson.cdf(count, high) == pytest.approx(tail, rel=1e-6)
    if count:
        assert poisson.sf(count - 1, low) == pytest.approx(tail, rel=1e-6)
    else:
        assert low == 0


@pytest.mark.parametrize("expectation", [0.3, 2.0, 7.5, 40.0])
def test_the_interval_covers_the_truth_at_least_as_often_as_it_says(expectation):
    seen = np.arange(200)
    low, high = poisson_interval(seen)
    covered = poisson.pmf(seen, expectation)[(low <= expectation) & (expectation <= high)].sum()
    assert covered >= 0.95


def test_each_class_is_what_it_says():
    count = pd.Series([50, 4, 6, 7, 30, 0], index=list("abcdef"))
    table = rates(count, [1_000, 1_000, 300, 30, 0, np.nan], least_base=LEAST_RESIDENTS)
    assert table["class"].to_dict() == {
        "a": "ok", "b": "small_number", "c": "ok", "d": "small_number", "e": "no_denominator", "f": "no_denominator",
    }  # fmt: skip
    told = map_rate(count, [1_000, 1_000, 300, 30, 0, np.nan])
    assert (told.events, told.events_without_base, told.places_without_base) == (97, 30, 2)
    assert told.rate == pytest.approx(67 / 2_330 * 1_000)
    assert table["ratio"]["a"] == pytest.approx(50 / told.rate)
    assert table["ratio_low"]["a"] == pytest.approx(table["low"]["a"] / told.rate)
    assert table["base"]["f"] == 0


def test_a_place_where_almost_nothing_is_expected_is_a_small_number_however_much_happens():
    table = rates([40, 1_000], [3.0, 100_000.0])
    assert table["class"].tolist() == ["small_number", "ok"]
    assert table["rate"][0] > 10_000


def test_per_square_kilometre_is_a_base_of_areas():
    table = rates([10, 30], [0.5, 2.0], per=1.0)
    assert table["rate"].tolist() == [20, 15]
    assert map_rate([10, 30], [0.5, 2.0], per=1.0).rate == 16


def test_a_map_without_events_or_without_any_base_passes():
    none = rates([0, 0], [10, 20])
    assert none["rate"].tolist() == none["shrunken"].tolist() == [0, 0]
    assert none["ratio"].isna().all()
    nobody = rates([3, 4], [0, 0])
    assert (nobody["class"] == "no_denominator").all()
    told = map_rate([3, 4], [0, 0])
    assert np.isnan(told.rate)
    assert told.events_without_base == 7
    assert rates([], []).empty


def test_what_does_not_fit_is_refused():
    with pytest.raises(NotCounts):
        rates([1.5], [10])
    for count, base, per in (([1], [-1], 1.0), ([1], [1, 2], 1.0), ([1], [np.inf], 1.0), ([1], [1], 0.0)):
        with pytest.raises(BaseWrong):
            rates(count, base, per=per)


@pytest.mark.agency
def test_memphis_has_the_rates_an_independent_computation_found(agency_data):
    import geopandas as gpd

    folder = agency_data / "hotspot_memphis"
    events = gpd.read_parquet(folder / "robberies_2019.parquet").to_crs(32615)
    people = gpd.read_parquet(folder / "memphis_population.parquet").to_crs(32615)
    at = np.floor(np.column_stack([people.geometry.x, people.geometry.y]) / 1_000).astype(int)
    living = people["population"].groupby([at[:, 0], at[:, 1]]).sum().rename_axis(["column", "row"]).rename("people")
    seen = count_on_lattice(events.geometry.x, events.geometry.y, 1_000).set_index(["column", "row"])["count"]
    cells = pd.concat([seen, living], axis=1).fillna(0)
    table, told = rates(cells["count"], cells["people"]), map_rate(cells["count"], cells["people"])
    assert (told.events, told.events_without_base) == (2_245, 31)
    top = table["rate"].idxmax()
    assert table.loc[top, ["rate", "base", "class"]].tolist() == [1_000, 3, "small_number"]
    assert table["shrunken"][top] == pytest.approx(23.84, abs=0.01)
    smoothing, has = pytest.importorskip("esda.smoothing"), table["base"] > 0
    theirs = smoothing.Empirical_Bayes(table["count"][has].to_numpy(), table["base"][has].to_numpy()).r.ravel()
    assert np.abs(table["shrunken"][has] / 1_000 - theirs).max() < 1e-9
    assert ((table["base"] < 50) & (table["ratio"] > 10)).sum() == 10
    assert (table.loc[table["class"] == "ok", "ratio"] < 10).all()
