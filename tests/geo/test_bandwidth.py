"""The bandwidth is the one that forecasts events kept aside, the same each time, and says when a better may lie beyond."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.geo.bandwidth import choose_bandwidth
from gridmap.geo.kde import BANDWIDTHS_M, BandwidthWrong
from gridmap.geo.lattice import SquareGrid

GRID = SquareGrid(100, 0, 0, np.ones((100, 100)))


def clumps(seed, number, spread_m):
    rng = np.random.default_rng(seed)
    places = rng.uniform(1_500, 8_500, (15, 2))
    return (places[rng.integers(0, 15, number)] + rng.normal(0, spread_m, (number, 2))).T


@pytest.mark.parametrize("spread", [200, 500])
def test_wider_clumps_ask_for_a_wider_kernel(spread):
    x, y = clumps(1, 1_500, spread)
    chosen = choose_bandwidth(x, y, GRID)
    assert spread / 3 <= chosen.chosen_m <= spread
    assert sorted(chosen.scores.bandwidth_m) == list(BANDWIDTHS_M)
    assert chosen.scores.score.is_monotonic_decreasing
    assert chosen.chosen_m == chosen.scores.bandwidth_m[0]


def test_the_seed_decides_and_nothing_else():
    x, y = clumps(2, 400, 300)
    one, again, other = (choose_bandwidth(x, y, GRID, seed=seed).scores for seed in (3, 3, 4))
    assert one.equals(again)
    assert not one.equals(other)


def test_the_end_of_the_list_is_told():
    x, y = clumps(3, 800, 400)
    assert choose_bandwidth(x, y, GRID, bandwidths_m=[700, 1000]).at_end
    assert not choose_bandwidth(x, y, GRID).at_end


def test_one_event_chooses_nothing():
    with pytest.raises(BandwidthWrong):
        choose_bandwidth([50.0], [50.0], GRID)
