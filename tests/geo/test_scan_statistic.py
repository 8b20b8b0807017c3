"""The scan statistic: the best circle of a plain search, and alarms no more often than promised."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from gridmap.geo.scan_kernels import log_ratio
from gridmap.geo.scan_statistic import CasesWrong, ScanTooLarge, scan_permutation, scan_poisson

SIDE = 4
Y, X = (np.mgrid[0:SIDE, 0:SIDE].reshape(2, -1) * 1_000.0).astype(float)


def ratio(cases, expected, total):
    if cases <= expected:
        return 0.0
    rest = (total - cases) * math.log((total - cases) / (total - expected)) if cases < total else 0.0
    return cases * math.log(cases / expected) + rest


def plain_best(cell, day, weight, daily, radius, longest, alive):
    """Return the highest ratio by trying every circle and every run of days."""
    total, best = len(cell), 0.0
    for centre in range(len(X)):
        far = np.hypot(X - X[centre], Y - Y[centre])
        for reach in np.unique(far[far <= radius]):
            circle = far <= reach
            if weight[circle].sum() > 0.5 + 1e-12:
                continue
            for first in range(len(daily)):
                for last in range(first, min(first + longest, len(daily))):
                    if alive and last != len(daily) - 1:
                        continue
                    cases = (circle[cell] & (day >= first) & (day <= last)).sum()
                    expected = weight[circle].sum() * daily[first : last + 1].sum()
                    best = max(best, ratio(int(cases), expected, total) if expected > 0 else 0.0)
    return best


maps = st.lists(st.tuples(st.integers(0, SIDE**2 - 1), st.integers(0, 7)), min_size=2, max_size=25)


@settings(max_examples=20)
@given(cases=maps, radius=st.sampled_from([0, 1_000, 2_000]), longest=st.integers(1, 4), alive=st.booleans())
def test_the_best_window_is_that_of_a_plain_search(cases, radius, longest, alive):
    cell, day = np.array(cases).T
    found = scan_permutation(
        X, Y, cell, day, radius_m=radius, longest_days=longest, days=8, prospective=alive, replicas=1
    )
    weight, daily = np.bincount(cell, minlength=len(X)) / len(cell), np.bincount(day, minlength=8)
    best = plain_best(cell, day, weight, daily, radius, longest, alive)
    assert (found.clusters["llr"].max() if len(found.clusters) else 0.0) == pytest.approx(best, abs=1e-9)


@settings(max_examples=20)
@given(cases=maps, radius=st.sampled_from([0, 1_500]), alive=st.booleans(), flat=st.booleans())
def test_the_best_window_over_a_population_is_that_of_a_plain_search(cases, radius, alive, flat):
    cell, day = np.array(cases).T
    day = day * (not flat)
    people = np.arange(1.0, len(X) + 1)
    found = scan_poisson(
        X,
        Y,
        cell,
        people,
        day=day,
        days=1 if flat else 8,
        longest_days=3,
        radius_m=radius,
        prospective=alive,
        replicas=1,
    )
    days = 1 if flat else 8
    best = plain_best(cell, day, people / people.sum(), np.full(days, len(cell) / days), radius, 3, alive)
    assert (found.clusters["llr"].max() if len(found.clusters) else 0.0) == pytest.approx(best, abs=1e-9)


def test_an_outbreak_is_found_where_and_when_it_is():
    rng = np.random.default_rng(1)
    cell, day = np.append(rng.integers(0, 16, 200), [5] * 8), np.append(rng.integers(0, 60, 200), [40, 41] * 4)
    found = scan_permutation(X, Y, cell, day, radius_m=1_500, longest_days=7, seed=3)
    best = found.clusters.iloc[0]
    assert found.found
    assert (best["centre"], best["cells"], best["radius_m"]) == (5, [5], 0)
    assert (best["first_day"], best["last_day"]) == (40, 41)
    assert best["observed"] >= 8
    assert best["p"] <= 0.005
    assert best["ratio"] == best["observed"] / best["expected"]
    assert not set(best["cells"]) & {cell for cells in found.clusters["cells"].iloc[1:] for cell in cells}


def test_a_place_that_is_always_busy_is_a_cluster_over_population_but_not_over_time():
    rng = np.random.default_rng(2)
    cell, day = np.append(rng.integers(0, 16, 150), [9] * 60), rng.integers(0, 50, 210)
    over_people = scan_poisson(X, Y, cell, np.ones(16), radius_m=1_000)
    assert over_people.found
    assert over_people.clusters.iloc[0]["cells"] == [9]
    assert not scan_permutation(X, Y, cell, day, radius_m=1_000, longest_days=7).found


def test_an_alarm_says_how_often_chance_raises_it():
    rng = np.random.default_rng(5)
    cell, day = np.append(rng.integers(0, 16, 200), [3] * 6), np.append(rng.integers(0, 60, 200), [59] * 6)
    now = scan_permutation(X, Y, cell, day, radius_m=0, longest_days=7, days=60, prospective=True).clusters.iloc[0]
    assert (now["last_day"], now["cells"]) == (59, [3])
    assert now["recurrence_days"] == pytest.approx(1 / now["p"])
    later = scan_permutation(X, Y, cell, day, radius_m=0, longest_days=7, days=80, prospective=True)
    assert not later.found  # three weeks later nothing goes on


@pytest.mark.parametrize("model", ["permutation", "prospective", "poisson", "space"])
def test_chance_maps_raise_an_alarm_in_five_per_cent(model):
    rng, people = np.random.default_rng(8), np.arange(1.0, 17)
    p = []
    for seed in range(200):
        cell, day = rng.choice(16, 60, p=people / people.sum()), rng.integers(0, 30, 60)
        given_ = {"radius_m": 1_000, "replicas": 99, "seed": seed}
        if model in {"permutation", "prospective"}:
            found = scan_permutation(
                X, Y, cell, day, longest_days=5, days=30, prospective=model == "prospective", **given_
            )
        else:
            time = {"day": day, "days": 30, "longest_days": 5} if model == "poisson" else {}
            found = scan_poisson(X, Y, cell, people, **time, **given_)
        p.append(found.clusters["p"].min() if len(found.clusters) else 1.0)
    assert 1 <= (np.array(p) <= 0.05).sum() <= 20
    assert 0.4 < np.mean(p) < 0.62


def test_the_same_seed_gives_the_same_answer_and_the_seed_is_kept():
    rng = np.random.default_rng(1)
    cell, day = rng.integers(0, 16, 80), rng.integers(0, 30, 80)
    one, same = (scan_permutation(X, Y, cell, day, radius_m=1_000, longest_days=5, seed=11) for _ in range(2))
    pd.testing.assert_frame_equal(one.clusters, same.clusters)
    assert (one.seed, one.replicas, one.model, one.incidents) == (11, 999, "permutation", 80)


def test_no_incident_and_no_cell_have_no_cluster():
    for x in (X, []):
        for found in (
            scan_permutation(x, x, [], [], radius_m=1_000, longest_days=5),
            scan_poisson(x, x, [], np.ones(len(x)), radius_m=1_000),
        ):
            assert len(found.clusters) == 0
            assert not found.found


def test_the_ratio_is_the_one_of_the_paper():
    assert log_ratio(382.0, 165.47, 2_214.0) == pytest.approx(
        114.94, abs=0.03
    )  # another program, residents' cells alone
    assert log_ratio(236.0, 176.22, 1_175.0) == pytest.approx(10.98, abs=0.05)  # New Mexico, space-time Poisson
    assert log_ratio(3.0, 3.0, 9.0) == log_ratio(2.0, 3.0, 9.0) == 0.0


def test_what_does_not_fit_is_refused():
    good = {"radius_m": 1_000, "longest_days": 5}
    for cell, day in (([16], [0]), ([-1], [0]), ([0.5], [0]), ([0], [-1]), ([0], [1.5]), ([0, 1], [0])):
        with pytest.raises(CasesWrong):
            scan_permutation(X, Y, cell, day, **good)
    with pytest.raises(CasesWrong, match="0 to 2"):
        scan_permutation(X, Y, [0], [3], days=3, **good)
    with pytest.raises(CasesWrong, match="Nobody"):
        scan_poisson(X, Y, [0], np.zeros(16), radius_m=0)
    with pytest.raises(CasesWrong, match="population"):
        scan_poisson(X, Y, [0], -np.ones(16), radius_m=0)
    with pytest.raises(CasesWrong, match="radius"):
        scan_permutation(X, Y, [0], [0], radius_m=-1, longest_days=5)


def test_a_scan_that_takes_minutes_is_refused_with_what_to_do():
    rng = np.random.default_rng(0)
    with pytest.raises(ScanTooLarge, match="larger cells"):
        scan_permutation(
            *rng.uniform(0, 9_000, (2, 1_000)), rng.integers(0, 1_000, 20_000), rng.integers(0, 365, 20_000),
            radius_m=5_000, longest_days=90,
        )  # fmt: skip
    with pytest.raises(ScanTooLarge, match="smaller radius"):
        scan_poisson(*rng.uniform(0, 9, (2, 6_000)), [0], np.ones(6_000), radius_m=1_000)


@pytest.fixture(scope="module")
def memphis(agency_data):
    """Return x, y [m in UTM 15N] and day of the year of 2,245 robberies."""
    robberies = pd.read_csv(agency_data / "hotspot_memphis" / "robberies_2019.csv.gz")
    to_metres = Transformer.from_crs(4326, 32615, always_xy=True)
    x, y = to_metres.transform(robberies["lon"].to_numpy(), robberies["lat"].to_numpy())
    return x, y, pd.to_datetime(robberies["time"]).dt.day_of_year.to_numpy() - 1


@pytest.mark.agency
@pytest.mark.parametrize("prospective", [False, True])
def test_memphis_has_no_significant_cluster_in_space_and_time(memphis, prospective):
    x, y, day = memphis
    places, cell = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True)
    found = scan_permutation(
        *places.T, cell, day, radius_m=1_000, longest_days=28, days=365, prospective=prospective, replicas=499
    )
    assert not found.found
    best = found.clusters.iloc[0]
    if prospective:
        assert 0.1 < best["p"] < 0.35  # another program, other circles: 0.184
        assert 3 < best["recurrence_days"] < 10
    else:
        assert best["p"] == pytest.approx(0.299, abs=0.06)  # another program's 999 replicas


@pytest.mark.agency
def test_memphis_robberies_stick_to_places_more_than_people_do(memphis, agency_data):
    gpd = pytest.importorskip("geopandas")
    x, y, _ = memphis
    homes = gpd.read_parquet(agency_data / "hotspot_memphis" / "memphis_population.parquet").to_crs(32615)
    at = homes.geometry.centroid
    squares = np.floor(np.concatenate([np.column_stack([x, y]), np.column_stack([at.x, at.y])]) / 1_000)
    cells, which = np.unique(squares, axis=0, return_inverse=True)
    people = np.bincount(which[len(x) :], homes["population"], minlength=len(cells))
    best = scan_poisson(*(cells.T + 0.5) * 1_000, which[: len(x)], people, radius_m=5_000).clusters.iloc[0]
    assert best["p"] == 0.001
    assert best["relative_risk"] == pytest.approx(2.58, abs=0.1)  # on another lattice: 382 / 165.47, LLR 114.94
    assert best["llr"] == pytest.approx(114.94, rel=0.1)
