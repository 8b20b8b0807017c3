"""Near repeats, scans and series beside what the field uses: pointpats, and pairs counted anew for each permutation."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from gridmap.geo.near_repeat import near_repeat
from gridmap.geo.scan_statistic import scan_permutation, scan_poisson
from gridmap.geo.series import find_series

pytestmark = pytest.mark.benchmark

INCIDENTS = 10_000


def seconds(run, times=3):
    """Return the answer and the fewest CPU seconds of some runs; the machine is shared."""
    spent, answer = [], None
    for _ in range(times):
        start = time.process_time()
        answer = run()
        spent.append(time.process_time() - start)
    return answer, min(spent)


def table(title, rows):
    print(f"\n{title}")
    for name, *values in rows:
        print(f"  {name:<62}" + "".join(f"{value:>14}" for value in values))


def places(km2, seed=0):
    """Return 10,000 incidents: a third near 200 busy spots, the others anywhere; whole days of one year."""
    rng = np.random.default_rng(seed)
    side = 1_000 * km2**0.5
    spots = rng.uniform(0, side, (200, 2))[rng.integers(0, 200, INCIDENTS)] + rng.normal(0, 120, (INCIDENTS, 2))
    xy = np.where(rng.random((INCIDENTS, 1)) < 1 / 3, spots, rng.uniform(0, side, (INCIDENTS, 2)))
    return xy, rng.integers(0, 365, INCIDENTS)


def naive(xy, day, permutations):
    """Return the mean of close pairs when times are permuted and both lists of pairs are made anew each time."""
    rng, found = np.random.default_rng(1), []
    for _ in range(permutations):
        drawn = rng.permutation(day)
        pairs = cKDTree(xy).query_pairs(200, output_type="ndarray")
        found.append((np.abs(drawn[pairs[:, 0]] - drawn[pairs[:, 1]]) <= 14).sum())
    return float(np.mean(found))


@pytest.mark.parametrize(("name", "km2", "theirs_permuted", "goal"), [("city", 53, 9, 50), ("rural", 9_400, 99, 50)])
def test_knox_with_999_permutations_beside_pointpats(name, km2, theirs_permuted, goal):
    spacetime = pytest.importorskip("pointpats.spacetime")
    xy, day = places(km2)
    one_band = {"space_m": (0, np.nextafter(200, 201)), "days": (0, 15)}  # pointpats takes both limits in

    near_repeat(*xy[:99].T, day[:99], **one_band, permutations=2)
    ours, spent = seconds(lambda: near_repeat(*xy.T, day, **one_band))
    whole, whole_spent = seconds(lambda: near_repeat(*xy.T, day), 1)
    mean, naive_spent = seconds(lambda: naive(xy, day, 9), 1)
    naive_spent *= 999 / 9
    none, before = seconds(lambda: spacetime.Knox(xy, day[:, None], delta=200, tau=14, permutations=0), 1)
    theirs, full = seconds(
        lambda: spacetime.Knox(xy, day[:, None], delta=200, tau=14, permutations=theirs_permuted, keep=True), 1
    )
    their_spent = before + max(full - before, 0) / theirs_permuted * 999
    row = ours.bands.iloc[0]
    rows = [
        ("", "CPU s", "times ours", "pairs", "by chance"),
        ("gridmap, one band", f"{spent:.3f}", "1", int(row["pairs"]), f"{row['mean']:.1f}"),
        (f"gridmap, {len(whole.bands)} bands to 800 m and 56 days", f"{whole_spent:.2f}", f"{whole_spent / spent:.1f}", int(whole.bands["pairs"].sum()), ""),
        ("pairs anew each time, cKDTree (scaled from 9)", f"{naive_spent:.1f}", f"{naive_spent / spent:.0f}", "", f"{mean:.1f}"),
        (f"pointpats.Knox (scaled from {theirs_permuted})", f"{their_spent:.1f}", f"{their_spent / spent:.0f}", theirs.statistic_, f"{np.mean(theirs.sim):.1f}"),
    ]  # fmt: skip
    table(f"Near repeats of {INCIDENTS:,} incidents in {name} ({km2:,} km2), 200 m, 14 days, 999 permutations", rows)
    assert row["pairs"] == theirs.statistic_ == none.statistic_
    assert row["mean"] == pytest.approx(np.mean(theirs.sim), rel=0.05)
    assert their_spent / spent >= goal


def test_scans_of_2245_incidents_with_999_replicas():
    rng = np.random.default_rng(2)
    side, number, days = 22, 2_245, 365
    y, x = np.mgrid[0:side, 0:side].reshape(2, -1) * 1_000.0
    people = rng.gamma(0.7, 1_300, side * side)
    cell, day = rng.choice(side * side, number, p=people / people.sum()), rng.integers(0, days, number)
    scan_permutation(x, y, cell[:9], day[:9], radius_m=0, longest_days=2, replicas=2)
    rows = [("", "CPU s", "p of the best")]
    for radius in (0, 1_000, 2_000, 3_000):
        found, spent = seconds(
            lambda radius=radius: scan_permutation(x, y, cell, day, radius_m=radius, longest_days=28), 1
        )
        rows.append((f"space-time permutation, circles to {radius:,} m", f"{spent:.2f}", found.clusters["p"].iloc[0]))
        assert spent < 20
    found, spent = seconds(
        lambda: scan_permutation(x, y, cell, day, radius_m=2_000, longest_days=28, days=days, prospective=True), 1
    )
    rows.append(("the same to 2,000 m, prospective", f"{spent:.2f}", found.clusters["p"].iloc[0]))
    found, spent = seconds(lambda: scan_poisson(x, y, cell, people, radius_m=5_000), 1)
    rows.append(("Poisson over population, circles to 5,000 m", f"{spent:.2f}", found.clusters["p"].iloc[0]))
    table(f"Scans of {number:,} incidents on {side * side} cells of 1 km, runs to 28 days, 999 replicas", rows)


def test_series_of_ten_thousand_incidents():
    xy, day = places(53)
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "at": day + rng.random(INCIDENTS)})
    frame["category"] = rng.integers(0, 12, INCIDENTS)
    find_series(frame.iloc[:99], permutations=2)
    found, spent = seconds(lambda: find_series(frame), 1)
    table(
        "Series in 10,000 incidents of 12 categories, 999 permutations",
        [("", "CPU s", "raised"), ("gridmap", f"{spent:.2f}", len(found))],
    )
    assert spent < 30
