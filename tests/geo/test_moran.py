"""Local Moran's I: as everybody's, p as all arrangements give it, and alarms on chance maps within what is promised."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import binom

from gridmap.geo.draws import ValuesWrong
from gridmap.geo.gistar import NotCounts
from gridmap.geo.moran import CLUSTERS, WeightsWrong, local_moran
from gridmap.geo.neighbours import contiguity, lattice_contiguity
from tests.geo.tilings import tiling


def square(side):
    row, column = np.mgrid[0:side, 0:side].reshape(2, -1)
    return column, row, lattice_contiguity(column, row)


@pytest.mark.parametrize("seed", range(3))
def test_i_and_quadrant_are_those_of_esda(seed):
    esda, weights = pytest.importorskip("esda"), pytest.importorskip("libpysal.weights")
    rng = np.random.default_rng(seed)
    near = contiguity(tiling(9, 8, seed=seed))
    value = rng.lognormal(0, 1, near.shape[0])
    w = weights.WSP(near.tocsr()).to_W(silence_warnings=True)
    theirs = esda.Moran_Local(value, w, permutations=0)
    ours = local_moran(value, near, draws=9)
    assert np.abs(ours.places["i"] - theirs.Is).max() < 1e-9
    assert ours.places["quadrant"].tolist() == [["HH", "LH", "LL", "HL"][q - 1] for q in theirs.q]
    assert ours.global_i == pytest.approx(esda.Moran(value, w, permutations=0).I, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_p_is_twice_the_share_of_arrangements_on_its_side(data):
    n = data.draw(st.integers(3, 6))
    values = data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 7.0, 0.25]), min_size=n, max_size=n))
    table = data.draw(st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.0]), min_size=n * n, max_size=n * n))
    weights = np.array(table).reshape(n, n)
    np.fill_diagonal(weights, 0.0)
    places = local_moran(values, sparse.csr_array(weights), draws=20_000).places
    for cell, row in enumerate(weights):
        if not row.any() or places["quadrant"][cell] == "":
            assert places["p"][cell] == 1
            continue
        others = values[:cell] + values[cell + 1 :]
        lags = np.array([np.delete(row, cell) @ each for each in permutations(others)]) / row.sum()
        lag = row @ values / row.sum()
        high = places["quadrant"][cell][1] == "H"
        share = (lags >= lag - 1e-9).mean() if high else (lags <= lag + 1e-9).mean()
        error = 5 * share / np.sqrt(50) + 5 * np.sqrt(share / 20_000)
        assert abs(places["p"][cell] - min(2 * share, 1)) <= 2 * error


@pytest.mark.parametrize("sparse_map", [True, False])
def test_at_most_one_chance_map_in_twenty_raises_any_alarm(sparse_map):
    maps, (_, _, near) = 200, square(15)
    rng = np.random.default_rng(6)
    value = rng.poisson(0.3 * rng.gamma(0.4, 2.5, 225)) if sparse_map else rng.lognormal(0, 1, 225)
    alarms = 0
    for seed in range(maps):
        shuffled = np.random.default_rng(seed).permutation(value)
        alarms += bool(local_moran(shuffled, near, seed=seed).places["cluster"].isin(["HH", "HL", "LH", "LL"]).any())
    assert alarms <= binom.ppf(0.95, maps, 0.05)


def test_a_busy_quarter_and_a_quiet_one_are_found_with_their_odd_ones_out():
    column, row, near = square(20)
    busy, quiet = (column < 7) & (row < 7), (column > 12) & (row > 12)
    value = np.random.default_rng(1).poisson(np.select([busy, quiet], [14.0, 0.4], 5.0)).astype(float)
    value[3 * 20 + 3], value[16 * 20 + 16] = 0, 15
    cluster = local_moran(value, near, count=value).places["cluster"].to_numpy().reshape(20, 20)
    assert (cluster[1:6, 1:6] == "HH").mean() > 0.8
    assert (cluster[14:19, 14:19] == "LL").mean() > 0.7
    assert cluster[3, 3] == "LH"
    assert cluster[16, 16] == "HL"
    assert not set(cluster.ravel()) - set(CLUSTERS)


def test_an_empty_cell_of_a_sparse_map_is_too_few_data_and_never_low():
    _, _, near = square(20)
    value = np.random.default_rng(2).poisson(0.15, 400)
    places = local_moran(value, near, count=value).places
    assert not places["cluster"].isin(["LL", "HL"]).any()
    assert (places["cluster"][places["lag"] < value.mean()] == "too_few").all()


def test_skewed_values_are_not_called_low_for_being_high():
    _, _, near = square(12)
    value = np.zeros(144)
    value[100] = 1e6  # the mean is above everything else
    value[[0, 1, 12, 13, 2, 14]] = 5.0
    found = local_moran(value, near, count=np.full(144, 4)).places
    assert not found["cluster"][:27].isin(["LL", "HL"]).any()


def test_fewer_than_thirty_events_give_no_cluster():
    _, _, near = square(12)
    value = np.zeros(144)
    value[[0, 1, 12, 13]] = 7.0
    assert (local_moran(value, near, count=value).places["cluster"] == "too_few").all()
    assert (local_moran(value, near, count=value, least_events=28).places["cluster"] == "HH").any()
    assert (local_moran(value, near).places["cluster"] == "too_few").all()


def test_a_place_without_neighbours_is_told():
    near = np.zeros((4, 4))
    near[0, 1] = near[1, 0] = near[2, 3] = 1
    result = local_moran(pd.Series([1.0, 2.0, 3.0, 9.0], index=list("abcd")), sparse.csr_array(near), least_events=0)
    assert result.places.index.tolist() == list("abcd")
    assert result.places["cluster"]["d"] == "no_neighbours"
    assert result.places.loc["d", ["i", "p", "q"]].tolist() == [0, 1, 1]
    assert np.isnan(result.places["lag"]["d"])
    assert result.places["lag"]["c"] == 9


@pytest.mark.parametrize("n", [0, 1, 2])
def test_maps_of_hardly_a_place_pass(n):
    result = local_moran(np.arange(n), sparse.csr_array((n, n)))
    assert len(result.places) == n
    assert result.global_i == 0


def test_nothing_stands_out_where_all_is_equal():
    _, _, near = square(6)
    result = local_moran(np.full(36, 0.1), near, count=np.full(36, 3))
    assert (result.places["q"] == 1).all()
    assert (result.places["cluster"] == "none").all()
    assert result.places["lag"].to_numpy() == pytest.approx(0.1)


def test_the_seed_repeats_the_result_and_the_diagonal_says_nothing():
    _, _, near = square(10)
    value = np.random.default_rng(4).gamma(1.0, size=100)
    one, two = local_moran(value, near, seed=9), local_moran(value, near + sparse.eye_array(100), seed=9)
    assert one.places.equals(two.places)
    assert (one.seed, one.draws) == (9, 9_999)
    assert not one.places.equals(local_moran(value, near, seed=10).places)


def test_what_does_not_fit_is_refused():
    for weights in (np.ones((2, 3)), -np.ones((3, 3)), np.full((3, 3), np.nan)):
        with pytest.raises(WeightsWrong, match="for 3 places"):
            local_moran([1, 2, 3], sparse.csr_array(weights))
    with pytest.raises(ValuesWrong):
        local_moran([1, np.inf, 3], sparse.csr_array((3, 3)))
    with pytest.raises(NotCounts):
        local_moran([1, 2, 3], sparse.csr_array((3, 3)), count=[1, 2])
