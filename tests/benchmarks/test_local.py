"""Local statistics beside esda: weighted Gi* and local Moran's I by drawing, and what emerges in a cube."""

from __future__ import annotations

import time
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from gridmap.geo.emerging import emerging
from gridmap.geo.gistar import false_discovery_rate
from gridmap.geo.gistar_drawn import gi_star_drawn
from gridmap.geo.moran import local_moran
from gridmap.geo.neighbours import lattice_contiguity

pytestmark = pytest.mark.benchmark


def cpu(run, times=3):
    """Return the answer and the least CPU time [s]; the machine is shared."""
    spent, answer = [], None
    for _ in range(times):
        start = time.process_time()
        answer = run()
        spent.append(time.process_time() - start)
    return answer, min(spent)


def table(title, rows):
    print(f"\n{title}")
    for name, *values in rows:
        print(f"  {name:<52}" + "".join(f"{value:>14}" for value in values))


@contextmanager
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def severities(side, seed=0):
    """Return a lattice of weighted events: most cells empty, each of its own weight, and a town centre."""
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[0:side, 0:side].reshape(2, -1)
    centre = 3 * np.exp(-((row - side / 2) ** 2 + (column - side / 2) ** 2) / 2 / (side / 25) ** 2)
    count = rng.poisson(0.3 * rng.gamma(0.4, 2.5, side * side) + centre)
    value = np.bincount(np.repeat(np.arange(side * side), count), rng.gamma(2.0, 0.8, count.sum()), side * side)
    return pd.DataFrame({"column": column, "row": row, "count": count, "value": value})


def found(p):
    return int((false_discovery_rate(np.asarray(p)) <= 0.05).sum())


def peer(run):
    """Return the answer and the CPU time [s] of a peer, once."""
    with quiet():
        return cpu(run, 1)


@pytest.mark.parametrize("side", [100, 316])
def test_weighted_gi_star_beside_esda_with_999_permutations(side):
    esda, weights = pytest.importorskip("esda"), pytest.importorskip("libpysal.weights")
    cells = severities(side)
    gi_star_drawn(severities(10))
    rows = []
    for draws in (999, 9_999, 99_999):
        ours, seconds = cpu(lambda draws=draws: gi_star_drawn(cells, draws=draws))
        rows.append((f"gridmap, up to {draws:,} draws a cell", seconds, found(ours.cells["p_hot"])))
    w = weights.fill_diagonal(weights.lat2W(side, side, rook=False), 1.0)
    small = weights.fill_diagonal(weights.lat2W(10, 10, rook=False), 1.0)
    told = {"transform": "B", "star": True, "permutations": 999, "seed": 1, "keep_simulations": False, "n_jobs": 1}
    with quiet():
        esda.G_Local(np.arange(100.0), small, **told)  # compiles
    theirs, their_seconds = peer(lambda: esda.G_Local(cells["value"].to_numpy(), w, **told))
    rows.append(("esda, 999 permutations, one table for all cells", their_seconds, ""))
    table(
        f"Weighted Gi* on {side**2:,} cells",
        [("", "CPU seconds", "esda / this", "hot after BH"), *((n, f"{s:.3f}", f"{their_seconds / s:.1f}", f) for n, s, f in rows)],
    )  # fmt: skip
    assert np.abs(ours.cells["z"] - theirs.Zs).max() < 1e-9
    assert their_seconds / rows[0][1] > 1


@pytest.mark.parametrize("side", [100, 316])
def test_local_moran_beside_esda_with_999_permutations(side):
    esda, weights = pytest.importorskip("esda"), pytest.importorskip("libpysal.weights")
    cells = severities(side)
    near = lattice_contiguity(cells["column"], cells["row"])
    small = severities(10)
    local_moran(small["value"], lattice_contiguity(small["column"], small["row"]))
    rows = []
    for draws in (999, 9_999, 99_999):
        ours, seconds = cpu(lambda draws=draws: local_moran(cells["value"], near, count=cells["count"], draws=draws))
        rows.append((f"gridmap, up to {draws:,} draws a cell", seconds, int((ours.places["q"] <= 0.05).sum())))
    w = weights.lat2W(side, side, rook=False)
    told = {"permutations": 999, "seed": 1, "keep_simulations": False, "n_jobs": 1}
    with quiet():
        esda.Moran_Local(np.arange(100.0), weights.lat2W(10, 10, rook=False), **told)
    theirs, their_seconds = peer(lambda: esda.Moran_Local(cells["value"].to_numpy(), w, **told))
    rows.append(("esda, 999 permutations, one table for all cells", their_seconds, ""))
    table(
        f"Local Moran's I on {side**2:,} cells",
        [("", "CPU seconds", "esda / this", "after BH"), *((n, f"{s:.3f}", f"{their_seconds / s:.1f}", f) for n, s, f in rows)],
    )  # fmt: skip
    assert np.abs(ours.places["i"] - theirs.Is).max() < 1e-9
    assert their_seconds / rows[0][1] > 1


def test_what_emerges_on_10_000_cells_in_24_steps():
    side, steps = 100, 24
    row, column = np.mgrid[0:side, 0:side].reshape(2, -1)
    near = lattice_contiguity(column, row)
    rng = np.random.default_rng(1)
    mean = 0.3 * rng.gamma(0.4, 2.5, (side**2, 1)) * np.ones(steps)
    mean[(column > 80) & (row > 80)] += np.linspace(0.1, 3.0, steps)
    mean[(column < 20) & (row < 20)] += 1.5
    cube = rng.poisson(mean)
    result, seconds = cpu(lambda: emerging(cube, near))
    classes = result.cells["class"].value_counts()
    table(
        f"What emerges on {side**2:,} cells in {steps} steps, {cube.sum():,} events: {seconds:.3f} CPU seconds",
        [(name, number) for name, number in classes.items()],
    )
    assert seconds < 5
    assert classes["growing"] > 200
    assert classes["persistent"] > 50
