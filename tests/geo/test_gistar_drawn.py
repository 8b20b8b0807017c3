"""Weighted Gi*: z as everybody's, p as many honest draws give it, and alarms on chance maps within what is promised."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from gridmap.geo.draws import MOST_DRAWS, DrawsTooLarge, ValuesWrong, drawn_p, plan
from gridmap.geo.gistar import NotCounts, gi_star
from gridmap.geo.gistar_drawn import gi_star_drawn, gi_star_drawn_of_sums
from gridmap.geo.neighbours import lattice_contiguity


def lattice(side: int) -> pd.DataFrame:
    row, column = np.mgrid[0:side, 0:side].reshape(2, -1)
    return pd.DataFrame({"column": column, "row": row})


def severities(side: int, seed: int, rate: float = 0.3) -> pd.DataFrame:
    """Return a sparse map of events, each of them with a heavy-tailed severity."""
    rng = np.random.default_rng(seed)
    cells = lattice(side)
    cells["count"] = rng.poisson(rate * rng.gamma(0.5, 2.0, side**2))
    cells["value"] = [float(rng.lognormal(0, 1.2, each).sum()) for each in cells["count"]]
    return cells


@pytest.mark.parametrize("own", ["drawn", "held"])
def test_p_of_whole_counts_is_the_exact_p_but_for_the_luck_of_the_draws(own):
    rng = np.random.default_rng(3)
    cells = lattice(14)
    cells["count"] = rng.poisson(np.where((cells.column < 5) & (cells.row < 5), 2.0, 0.4))
    exact = gi_star(cells, own=own)
    drawn = gi_star_drawn(cells.assign(value=cells["count"].astype(float)), own=own, draws=200_000).cells
    for side in ("p_hot", "p_cold"):
        p, found = exact[side].to_numpy(), drawn[side].to_numpy()
        # Draws end after 50 hits, so that p is known to a seventh; after all draws it is known as a share is.
        error = np.maximum(p / np.sqrt(50), np.sqrt(p * (1 - p) / 200_000)) + 1 / 200_001
        assert (np.abs(found - p) <= 4.5 * error).all()
        assert np.corrcoef(found, p)[0, 1] > 0.99
    assert (drawn["local"] == exact["local"]).all()
    assert drawn["z"].to_numpy() == pytest.approx(exact["z"].to_numpy(), abs=1e-12)
    sure = np.abs(exact["q"] / 0.05 - 1) > 0.4
    assert ((drawn["z_class"].fillna(0) > 0) == (exact["z_class"].fillna(0) > 0))[sure].all()
    assert (drawn["z_class"].isna() == exact["z_class"].isna()).all()


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.sampled_from([0.0, 0.1, 0.7, 2.5, 10.0]), min_size=2, max_size=7),
    data=st.data(),
    apart=st.booleans(),
)
def test_drawn_tails_are_the_shares_of_all_arrangements(values, data, apart):
    n = len(values)
    number = data.draw(st.integers(1, n - apart))
    weight = np.array(data.draw(st.lists(st.sampled_from([1.0, 0.5, 3.0]), min_size=number, max_size=number)))
    others = values[1:] if apart else values
    sums = np.array([np.dot(weight, each) for each in permutations(others, number)])
    seen = data.draw(st.sampled_from(sums.tolist()))
    starts = np.concatenate([[0], np.full(n, number)])
    high, low = drawn_p(np.array(values), starts, weight, np.full(n, seen), plan(n, draws=20_000), apart=apart)
    for found, p in ((high[0], (sums >= seen - 1e-9).mean()), (low[0], (sums <= seen + 1e-9).mean())):
        assert abs(found - p) <= 5 * p / np.sqrt(50) + 5 * np.sqrt(p / 20_000)


def test_p_keeps_its_promise_where_the_null_hypothesis_holds():
    rng = np.random.default_rng(8)
    n, draws = 4_000, 999
    value = rng.lognormal(0, 1, n)
    seen = np.array([value[rng.choice(n, 9, replace=False)].sum() for _ in range(n)])
    high, low = drawn_p(value, np.arange(n + 1) * 9, np.ones(9 * n), seen, plan(n, draws=draws), apart=False)
    for p in (high, low):
        for level in (0.001, 0.01, 0.05, 0.2, 0.5):
            assert (p <= level).sum() <= binom.ppf(0.9999, n, level)
            assert (p <= level).sum() >= binom.ppf(0.0001, n, 0.85 * level)


@pytest.mark.parametrize(("seed", "drop"), [(0, 0), (1, 150)])
def test_z_is_that_of_esda(seed, drop):
    esda, weights = pytest.importorskip("esda"), pytest.importorskip("libpysal.weights")
    cells = severities(25, seed).drop(index=np.random.default_rng(seed).choice(625, drop, replace=False))
    near = lattice_contiguity(cells["column"], cells["row"])
    w = weights.fill_diagonal(weights.WSP(near.tocsr()).to_W(silence_warnings=True), 1.0)
    theirs = esda.G_Local(cells["value"].to_numpy(), w, transform="B", permutations=0, star=True)
    assert np.abs(gi_star_drawn(cells, draws=9).cells["z"].to_numpy() - theirs.Zs).max() < 1e-9


@pytest.mark.parametrize("own", ["drawn", "held"])
def test_at_most_one_chance_map_in_twenty_raises_any_alarm(own):
    maps = 200
    cells = severities(15, 4)
    alarms = 0
    for seed in range(maps):
        order = np.random.default_rng(seed).permutation(len(cells))
        shuffled = cells.assign(value=cells["value"].to_numpy()[order], count=cells["count"].to_numpy()[order])
        told = gi_star_drawn(shuffled, own=own, seed=seed).cells["z_class"]
        alarms += bool((told.fillna(0) != 0).any())
    assert alarms <= binom.ppf(0.95, maps, 0.05)  # 15 of 200: were it more than 5 %, more would be seen


def test_grave_events_side_by_side_are_found_where_counts_show_nothing():
    rng = np.random.default_rng(2)
    cells = lattice(20)
    cells["count"] = rng.poisson(0.8, 400)
    grave = (cells.column.between(4, 7) & cells.row.between(4, 7)).to_numpy()
    cells["value"] = cells["count"] * np.where(grave, 12.5, 1.0) * rng.uniform(0.8, 1.2, 400)
    hot = gi_star_drawn(cells).cells["z_class"].fillna(0) > 0
    assert hot[grave].sum() >= 5
    assert not (gi_star(cells)["z_class"].fillna(0) > 0).any()
    assert not hot[(cells.column > 9) | (cells.row > 9)].any()


def test_few_events_give_no_class_however_much_they_weigh():
    cells = lattice(12).assign(count=0, value=0.0)
    cells.loc[:3, ["count", "value"]] = 2, 900.0
    assert gi_star_drawn(cells).cells["z_class"].isna().all()
    assert gi_star_drawn(cells, least_events=8).cells["z_class"].notna().any()
    assert gi_star_drawn(cells.drop(columns="count"), least_events=5).cells["z_class"].isna().all()


def test_a_sparse_map_has_no_cold_cell_and_a_busy_one_may():
    sparse = gi_star_drawn(severities(20, 7)).cells
    low = sparse["local"] < sparse["expected"]
    assert sparse["z_class"][low].isna().all()
    cells = lattice(20)
    quiet = ((cells.column < 8) & (cells.row < 8)).to_numpy()
    cells["value"] = np.random.default_rng(5).gamma(np.where(quiet, 0.2, 3.0))
    told = gi_star_drawn(cells.assign(count=3)).cells["z_class"]
    assert (told[quiet & (cells.column < 7) & (cells.row < 7)] < 0).mean() > 0.9
    beyond = cells.assign(count=3, inside_share=np.where(cells.column < 8, 0.4, 1.0))
    assert gi_star_drawn(beyond).cells["z_class"][cells.column < 7].isna().sum() > 40


def test_the_same_seed_gives_the_same_p_and_is_told():
    cells = severities(10, 1)
    one, two, other = (gi_star_drawn(cells, seed=seed) for seed in (5, 5, 6))
    assert one.cells.equals(two.cells)
    assert not one.cells["p_hot"].equals(other.cells["p_hot"])
    assert (one.seed, one.draws, other.seed) == (5, 9_999, 6)


def test_each_cell_has_draws_of_its_own():
    n = 60
    value, seen = np.arange(n, dtype=float), np.full(n, 130.0)
    high, _ = drawn_p(value, np.arange(n + 1) * 3, np.ones(3 * n), seen, plan(n, draws=999), apart=False)
    assert len(set(high.tolist())) > 30  # one table for all would give all the same
    subset, _ = drawn_p(value, np.minimum(np.arange(n + 1), 9) * 3, np.ones(27), seen, plan(n, draws=999), apart=False)
    assert (subset[:9] == high[:9]).all()  # and whoever else is asked changes none
    assert (subset[9:] == 1).all()


def test_larger_maps_are_drawn_more_often():
    assert [plan(n).draws for n in (10, 249, 1_000, 100_000)] == [9_999, 9_999, 39_999, MOST_DRAWS]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_maps_of_hardly_a_cell_pass(n):
    cells = pd.DataFrame({"column": range(n), "row": 0, "value": np.linspace(0.5, 2, n)}, index=range(3, 3 + n))
    result = gi_star_drawn(cells).cells
    assert result.index.equals(cells.index)
    assert result["z_class"].isna().all()
    assert (result[["p_hot", "p_cold"]] == 1).all(axis=None)


def test_nothing_stands_out_where_all_is_equal():
    result = gi_star_drawn(lattice(8).assign(value=0.1, count=4)).cells
    assert (result["z"] == 0).all()
    assert (result["q"] == 1).all()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValuesWrong, match="finite"):
        gi_star_drawn_of_sums([1.0, np.nan], [1, 1], [1, 1])
    with pytest.raises(NotCounts, match="0 or more"):
        gi_star_drawn_of_sums([1.0, -2.0], [1, 1], [1, 1])
    with pytest.raises(NotCounts, match="as many sums"):
        gi_star_drawn_of_sums([1.0, 2.0], [1, 1], [1, 3])
    for draws, seed in ((0, 1), (9, -1)):
        with pytest.raises(ValuesWrong, match="draw at least once"):
            plan(9, draws=draws, seed=seed)
    many, wide = np.ones(20_000), np.full(20_000, 100)
    with pytest.raises(DrawsTooLarge, match="fewer draws"):
        gi_star_drawn_of_sums(many, wide, wide, how=plan(20_000, draws=10**6))
