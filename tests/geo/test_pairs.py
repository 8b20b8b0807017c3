"""Close pairs: each once, in the half-open band of its distance, and never more than can be counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.geo.pairs import BandsWrong, PairsTooMany, close_pairs

steps = st.integers(-40, 40).map(lambda step: step * 5.0)
points = st.lists(st.tuples(steps, steps), max_size=40)


@given(points=points, shift=st.sampled_from([0.0, 3_800_000.0]), edges=st.sampled_from([(0, 1, 50, 100), (25, 60)]))
def test_every_close_pair_is_found_once_in_its_band(points, shift, edges):
    x, y = np.array(points, dtype=float).reshape(-1, 2).T + shift
    pairs = close_pairs(x, y, edges)
    found = [
        {tuple(sorted(pair)) for pair in zip(pairs.first[a:b].tolist(), pairs.second[a:b].tolist(), strict=True)}
        for a, b in zip(pairs.start, pairs.start[1:], strict=False)
    ]
    one, other = np.triu_indices(len(x), 1)
    far = np.hypot(x[one] - x[other], y[one] - y[other])
    for band, near in enumerate(found):
        inside = (far >= edges[band]) & (far < edges[band + 1])
        assert near == set(zip(one[inside].tolist(), other[inside].tolist(), strict=True))
    assert len(pairs) == sum(len(near) for near in found)


def test_a_long_country_needs_no_large_table_of_cells():
    x = np.array([0.0, 50.0, 4_000_000.0, 4_000_050.0])
    pairs = close_pairs(x, x * 0, (0, 60))
    assert sorted(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == [(0, 1), (2, 3)]


def test_ten_thousand_incidents_on_one_spot_are_refused_before_they_fill_the_memory():
    with pytest.raises(PairsTooMany, match="leave out addresses"):
        close_pairs(np.zeros(10_000), np.zeros(10_000), (0, 100), most=1_000_000)


@pytest.mark.parametrize("edges", [(0,), (0, 0), (5, 1), (-1, 5), (0, float("nan")), (0, float("inf"))])
def test_bands_that_do_not_rise_are_refused(edges):
    with pytest.raises(BandsWrong):
        close_pairs([0, 1], [0, 1], edges)


def test_places_that_are_no_numbers_are_refused():
    with pytest.raises(BandsWrong, match="finite"):
        close_pairs([0, np.nan], [0, 1], (0, 10))
