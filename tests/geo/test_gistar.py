"""Gi*: z as everybody's, p exact to the last arrangement, and alarms on chance maps within what is promised."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom, norm

from gridmap.geo.gistar import (
    HEXAGON,
    CountsTooLarge,
    NotCounts,
    exact_p,
    false_discovery_rate,
    gi_star,
    gi_star_of_sums,
    gi_star_z,
    neighbourhood_sums,
)
from gridmap.geo.lattice import LatticeTooLarge, count_in_cells, count_on_lattice, square_lattice
from gridmap.geo.neighbours import lattice_contiguity


def lattice(rows: int, columns: int, count) -> pd.DataFrame:
    row, column = np.mgrid[-2 : rows - 2, 5 : columns + 5].reshape(2, -1)
    return pd.DataFrame({"column": column, "row": row, "count": count})


def burst(seed: int, side: int = 30) -> pd.DataFrame:
    """Return a sparse map with eight times the risk in one corner of 6 x 6 cells."""
    cells = lattice(side, side, 0)
    rate = np.where((cells.column < 11) & (cells.row < 4), 1.6, 0.2)
    cells["count"] = np.random.default_rng(seed).poisson(rate)
    return cells


def test_a_neighbourhood_is_the_cell_and_the_cells_that_are_there():
    cells = lattice(3, 3, range(9))
    local, size = neighbourhood_sums(cells["column"], cells["row"], cells["count"])
    assert size.tolist() == [4, 6, 4, 6, 9, 6, 4, 6, 4]
    assert local[[0, 4]].tolist() == [0 + 1 + 3 + 4, 36]
    without_centre = cells.drop(index=4)
    local, size = neighbourhood_sums(without_centre["column"], without_centre["row"], without_centre["count"])
    assert size.max() == 5
    assert local[0] == 0 + 1 + 3


def test_a_hexagon_has_six_neighbours():
    cells = lattice(3, 3, 1)
    local, size = neighbourhood_sums(cells["column"], cells["row"], cells["count"], HEXAGON)
    assert size[4] == 7
    assert (local == size).all()


small_counts = st.lists(st.integers(0, 6), min_size=2, max_size=9)


@settings(max_examples=150)
@given(counts=small_counts, data=st.data())
def test_p_is_the_share_of_all_arrangements(counts, data):
    n = len(counts)
    size = data.draw(st.integers(1, n))
    count = np.array(counts)
    sums = np.array([sum(pick) for pick in combinations(counts, size)])
    seen = data.draw(st.sampled_from(sorted(set(sums.tolist()))))
    hot, cold = exact_p(count, np.full(n, seen), np.full(n, size))
    assert hot == pytest.approx(np.full(n, (sums >= seen).mean()), rel=1e-12)
    assert cold == pytest.approx(np.full(n, (sums <= seen).mean()), rel=1e-12)


@settings(max_examples=100)
@given(counts=small_counts, data=st.data())
def test_held_p_is_the_share_of_all_arrangements_of_the_other_cells(counts, data):
    n = len(counts)
    size = data.draw(st.integers(1, n))
    count, local = np.array(counts), np.zeros(n, dtype=int)
    expected = np.zeros((2, n))
    for cell in range(n):
        others = counts[:cell] + counts[cell + 1 :]
        sums = counts[cell] + np.array([sum(pick) for pick in combinations(others, size - 1)])
        local[cell] = data.draw(st.sampled_from(sorted(set(sums.tolist()))))
        expected[:, cell] = (sums >= local[cell]).mean(), (sums <= local[cell]).mean()
    assert np.array(exact_p(count, local, np.full(n, size), own="held")) == pytest.approx(expected, rel=1e-12)


def test_counts_of_0_and_1_are_hypergeometric_far_into_the_tail():
    count = np.repeat([0, 1], [9_000, 1_000])
    local = np.resize(np.arange(26), 10_000)
    size = np.full(10_000, 25)
    hot, cold = exact_p(count, local, size)
    assert hot == pytest.approx(hypergeom.sf(local - 1, 10_000, 1_000, 25), rel=1e-9)
    assert cold == pytest.approx(hypergeom.cdf(local, 10_000, 1_000, 25), rel=1e-9)
    assert hot.min() == pytest.approx(comb(1_000, 25) / comb(10_000, 25), rel=1e-9)
    assert hot.min() < 1e-25


def test_neighbourhoods_of_hundreds_of_cells_keep_their_digits():
    count = np.repeat([0, 1], [9_000, 1_000])
    size, local = np.full(10_000, 225), np.resize(np.arange(10, 70), 10_000)
    size[:5], local[:5] = 3, 2  # beside a corner cell with hardly a neighbour
    hot, _ = exact_p(count, local, size)
    assert hot == pytest.approx(hypergeom.sf(local - 1, 10_000, 1_000, size), rel=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_p_meets_what_is_found_by_shuffling(seed):
    cells = burst(seed, 12)
    rng = np.random.default_rng(seed)
    result = gi_star(cells)
    shuffled = np.array([rng.permutation(cells["count"]) for _ in range(4_000)])
    sums = np.array([neighbourhood_sums(cells["column"], cells["row"], each)[0] for each in shuffled])
    share = (sums >= result["local"].to_numpy()).mean(axis=0)
    sigma = np.sqrt(result.p_hot * (1 - result.p_hot) / 4_000)
    assert (np.abs(share - result.p_hot) <= 4.5 * sigma + 1e-9).all()


@pytest.mark.parametrize(("seed", "drop"), [(0, 0), (1, 60), (2, 300)])
def test_z_is_that_of_esda(seed, drop):
    esda = pytest.importorskip("esda")
    weights = pytest.importorskip("libpysal.weights")
    rng = np.random.default_rng(seed)
    cells = burst(seed).drop(index=rng.choice(900, drop, replace=False)).reset_index(drop=True)
    at = {(c, r): i for i, (c, r) in enumerate(zip(cells["column"], cells["row"], strict=True))}
    near = {
        i: [
            at[c + dc, r + dr]
            for dc in (-1, 0, 1)
            for dr in (-1, 0, 1)
            if (dc, dr) != (0, 0) and (c + dc, r + dr) in at
        ]
        for (c, r), i in at.items()
    }
    w = weights.fill_diagonal(weights.W(near, silence_warnings=True), 1.0)
    theirs = esda.G_Local(cells["count"].to_numpy(float), w, transform="B", permutations=0, star=True)
    assert np.abs(gi_star(cells).z.to_numpy() - theirs.Zs).max() < 1e-9


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_q_marks_what_the_step_up_rule_marks(p):
    values = np.array(p)
    for control, factor in (("bh", 1.0), ("by", float(np.sum(1 / np.arange(1, len(p) + 1))))):
        q = false_discovery_rate(values, control)
        passed = np.sort(values) <= 0.05 * np.arange(1, len(p) + 1) / len(p) / factor
        marked = np.flatnonzero(passed)[-1] + 1 if passed.any() else 0
        near = np.abs(q - 0.05) < 1e-12
        assert near.any() or (q <= 0.05).sum() >= marked
        assert near.any() or (values[q <= 0.05] <= np.sort(values)[max(marked - 1, 0)]).all()
        assert (q >= values - 1e-15).all()


@pytest.mark.parametrize("own", ["drawn", "held"])
@pytest.mark.parametrize(("rate", "heavy"), [(0.1, False), (0.1, True), (3.0, False), (3.0, True)])
def test_at_most_one_chance_map_in_twenty_raises_any_alarm(own, rate, heavy):
    rng = np.random.default_rng(11)
    side, maps = 20, 400 if own == "drawn" else 200
    cells = lattice(side, side, 0)
    lumps = rng.gamma(0.3, 1 / 0.3, side**2) if heavy else 1.0
    count = rng.poisson(rate * lumps * np.ones(side**2))
    alarms = 0
    for _ in range(maps):
        cells["count"] = rng.permutation(count)
        alarms += bool((gi_star(cells, own=own)["z_class"].fillna(0) != 0).any())
    assert alarms <= 0.05 * maps


def test_the_normal_curve_raises_alarms_on_most_of_the_same_chance_maps():
    rng = np.random.default_rng(12)
    count = rng.poisson(0.1 * rng.gamma(0.3, 1 / 0.3, 900))
    cells, alarms = lattice(30, 30, 0), 0
    for _ in range(40):
        cells["count"] = rng.permutation(count)
        local, size = neighbourhood_sums(cells["column"], cells["row"], cells["count"])
        z = gi_star_z(cells["count"].to_numpy(), local, size)
        alarms += bool((false_discovery_rate(norm.sf(z)) <= 0.05).any())
    assert alarms > 20


@pytest.mark.parametrize("seed", range(4))
def test_a_real_burst_is_found_and_nothing_far_from_it(seed):
    cells = burst(seed)
    hot = gi_star(cells)["z_class"].fillna(0) > 0
    assert (cells.column[hot] < 14).mean() > 0.9
    assert hot.sum() >= 15


def test_an_empty_cell_of_a_sparse_map_is_too_few_data_and_never_cold():
    result = gi_star(burst(3))
    low = result["local"] < result["expected"]
    assert result["z_class"][low].isna().all()
    assert result["z_class"][~low].notna().all()


def test_a_quiet_quarter_of_a_busy_map_is_cold():
    cells = lattice(20, 20, 0)
    quiet = (cells.column < 12) & (cells.row < 5)
    cells["count"] = np.random.default_rng(5).poisson(np.where(quiet, 0.3, 4.0))
    told = gi_star(cells)["z_class"]
    assert (told[quiet & (cells.column < 11) & (cells.row < 4)] < 0).mean() > 0.9
    assert (told[~quiet].fillna(0) <= -1).mean() < 0.1


def test_a_neighbourhood_half_beyond_the_border_is_not_called_cold():
    cells = lattice(20, 20, 0)
    quiet = cells.column < 9
    cells["count"] = np.random.default_rng(6).poisson(np.where(quiet, 0.1, 4.0))
    cells["inside_share"] = np.where(cells.column < 6, 0.3, 1.0)
    told = gi_star(cells)["z_class"]
    assert told[cells.column < 7].isna().all()
    assert (told[cells.column == 7] == -2).all()


def test_fewer_than_thirty_events_give_no_class():
    cells = lattice(10, 10, 0)
    cells.loc[:8, "count"] = 3
    assert gi_star(cells)["z_class"].isna().all()
    assert gi_star(cells, least_events=20)["z_class"].notna().any()


def test_a_lone_busy_cell_makes_no_hotspot_for_it_must_lie_somewhere():
    cells = lattice(15, 15, 0)
    cells.loc[::7, "count"] = 1
    cells.loc[[98, 112, 126], "count"] = 0, 40, 0
    drawn, held = gi_star(cells), gi_star(cells, own="held")
    assert drawn.p_hot[112] == pytest.approx(9 / 225)  # wherever it lies, nine neighbourhoods of 225 hold it
    assert held.p_hot[112] > 0.2
    assert not (drawn["z_class"] > 0).any()
    assert not (held["z_class"] > 0).any()


def test_nothing_stands_out_where_all_cells_are_equal():
    for count in (0, 4):
        result = gi_star(lattice(6, 6, count))
        assert (result[["p_hot", "p_cold", "q"]] == 1).all(axis=None)
        assert (result["z"] == 0).all()
        assert (result["z_class"].fillna(0) == 0).all()


@pytest.mark.parametrize("rows", [0, 1])
def test_maps_of_no_cell_and_of_one_cell_pass(rows):
    result = gi_star(lattice(rows, 1, 3))
    assert len(result) == rows
    assert result["z_class"].isna().all()


def test_the_index_of_the_cells_is_kept():
    cells = burst(0).set_index(np.arange(900) * 3)
    assert gi_star(cells).index.equals(cells.index)


def test_what_is_no_count_is_refused():
    for values in ([0.5, 1], [-1, 2], [np.nan, 1], [np.inf, 1]):
        with pytest.raises(NotCounts, match="whole counts"):
            gi_star_of_sums(values, [1, 1], [1, 1])
    with pytest.raises(NotCounts, match="as many sums"):
        gi_star_of_sums([1, 2], [1, 2], [1, 3])
    with pytest.raises(NotCounts, match="more than once"):
        neighbourhood_sums([1, 1], [2, 2], [0, 0])
    with pytest.raises(LatticeTooLarge, match="join fewer"):
        neighbourhood_sums([0, 10**6], [0, 10**6], [0, 0])
    with pytest.raises(CountsTooLarge, match="shorter period"):
        gi_star_of_sums(np.arange(5_000) * 10_000, np.arange(5_000) * 10_000, np.full(5_000, 9))


def memphis(agency_data, size):
    """Return the robberies of Memphis in 2019 on its squares: 2,245, and nine cells in ten empty at 200 m."""
    import geopandas as gpd

    folder = agency_data / "hotspot_memphis"
    events = gpd.read_parquet(folder / "robberies_2019.parquet").to_crs(32615)
    precincts = gpd.read_file(folder / "precincts.geojson").to_crs(32615)
    city = shapely.union_all(shapely.make_valid(np.asarray(precincts.geometry.array)))
    squares = square_lattice(gpd.GeoSeries([city], crs=32615), size)
    squares["count"], _ = count_in_cells(squares, count_on_lattice(events.geometry.x, events.geometry.y, size))
    return squares


@pytest.mark.agency
@pytest.mark.parametrize(
    ("size", "cells", "drawn", "held", "normal"),
    [(200, 20_436, 54, 37, 1_251), (500, 3_413, 73, 51, 342), (1000, 909, 66, 51, 120)],
)
def test_memphis_has_the_hot_cells_an_independent_computation_found(agency_data, size, cells, drawn, held, normal):
    squares = memphis(agency_data, size)
    assert len(squares) == cells
    for own, expected in (("drawn", drawn), ("held", held)):
        result = gi_star(squares, own=own)
        assert (false_discovery_rate(result.p_hot.to_numpy()) <= 0.05).sum() == expected
    assert (false_discovery_rate(norm.sf(result.z)) <= 0.05).sum() == normal
    if size < 1000:
        assert (result["z_class"].fillna(0) >= 0).all()


@pytest.mark.agency
@pytest.mark.parametrize(("size", "maps", "own"), [(500, 240, "drawn"), (500, 240, "held"), (1_000, 400, "drawn")])
def test_at_most_one_shuffled_memphis_in_twenty_raises_any_alarm(agency_data, size, maps, own):
    cells = pd.DataFrame(memphis(agency_data, size)[["column", "row", "count"]])
    rng = np.random.default_rng(2_245)
    count = cells["count"].to_numpy()
    assert count.sum() == 2_245
    alarms = 0
    for _ in range(maps):
        cells["count"] = rng.permutation(count)
        alarms += bool((gi_star(cells, own=own)["z_class"].fillna(0) != 0).any())
    assert alarms <= binom.ppf(0.95, maps, 0.05)  # were the share 5 %, no more than this in 19 of 20 runs


@pytest.mark.agency
@pytest.mark.parametrize("size", [500, 1_000])
def test_z_of_memphis_is_that_of_esda(agency_data, size):
    esda, weights = pytest.importorskip("esda"), pytest.importorskip("libpysal.weights")
    cells = memphis(agency_data, size)
    near = lattice_contiguity(cells["column"], cells["row"])
    w = weights.fill_diagonal(weights.WSP(near.tocsr()).to_W(silence_warnings=True), 1.0)
    theirs = esda.G_Local(cells["count"].to_numpy(float), w, transform="B", permutations=0, star=True)
    assert np.abs(gi_star(cells)["z"].to_numpy() - theirs.Zs).max() < 1e-9
