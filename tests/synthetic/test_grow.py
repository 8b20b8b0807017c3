"""Groups of nodes stay connected, complete and even, whatever the graph."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.synthetic.atoms import components
from gridmap.synthetic.even import smooth
from gridmap.synthetic.grow import grow_split, join_strays


def board(wide: int, high: int) -> dict[int, dict[int, float]]:
    """Return the graph of a chessboard of squares 100 m wide."""
    steps = [(1, 0), (-1, 0), (0, 1), (0, -1)]
    return {
        y * wide + x: {(y + dy) * wide + x + dx: 100.0 for dx, dy in steps if 0 <= x + dx < wide and 0 <= y + dy < high}
        for y in range(high)
        for x in range(wide)
    }


def middles(wide: int, high: int) -> np.ndarray:
    return np.array([(x * 100.0, y * 100.0) for y in range(high) for x in range(wide)])


def border(graph, groups) -> float:
    label = {node: i for i, group in enumerate(groups) for node in group}
    return sum(m for a, near in graph.items() for b, m in near.items() if label[a] != label[b]) / 2


@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 8), st.integers(0, 1_000))
def test_groups_are_connected_and_complete_before_and_after_smoothing(wide, high, parts, seed):
    graph, rng = board(wide, high), np.random.default_rng(seed)
    weights = rng.lognormal(0, 1, wide * high)
    parts = min(parts, wide * high)
    split = grow_split(graph, set(graph), weights, middles(wide, high), parts)
    for groups in (split, smooth(graph, split, weights, rng, sweeps=5)):
        assert len(groups) == parts
        assert sorted(node for group in groups for node in group) == sorted(graph)
        assert all(len(components(graph, group)) == 1 for group in groups)


def test_smoothing_shortens_ragged_borders_and_keeps_loads_even():
    graph, rng = board(12, 12), np.random.default_rng(1)
    weights = np.ones(144)
    ragged = [{n for n in graph if (n % 12) < 6 + (n // 12) % 2 * 4 - 2}]
    ragged.append(set(graph) - ragged[0])
    smoothed = smooth(graph, ragged, weights, rng)
    assert border(graph, smoothed) < 0.5 * border(graph, ragged)
    assert abs(len(smoothed[0]) - 72) <= 12


def test_what_is_cut_off_from_its_group_joins_the_group_it_borders():
    graph = board(4, 1)
    assert join_strays(graph, [0, 1, 0, 0], [1.0, 1.0, 1.0, 1.0]) == [1, 1, 0, 0]


def test_a_group_is_never_emptied():
    graph = board(2, 1)
    groups = smooth(graph, [{0}, {1}], np.array([1.0, 100.0]), np.random.default_rng(0))
    assert sorted(len(group) for group in groups) == [1, 1]
    assert grow_split(graph, {0, 1}, np.ones(2), middles(2, 1), 2) == [{0}, {1}]


@pytest.mark.parametrize("parts", [3, 7, 12])
def test_a_board_of_even_load_is_split_about_evenly(parts):
    graph = board(12, 12)
    groups = smooth(
        graph,
        grow_split(graph, set(graph), np.ones(144), middles(12, 12), parts),
        np.ones(144),
        np.random.default_rng(3),
    )
    sizes = sorted(len(group) for group in groups)
    assert sizes[0] > 0.7 * 144 / parts
    assert sizes[-1] < 1.3 * 144 / parts
