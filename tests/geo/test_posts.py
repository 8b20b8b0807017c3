"""Places for posts: never worse than any other choice, fixed posts stay, and what is not proved is told."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.posts import BadPosts, place_posts, within


def town(places, sites, seed):
    random = np.random.default_rng(seed)
    doors, at = random.uniform(0, 1_000, (places, 2)), random.uniform(0, 1_000, (sites, 2))
    return within(at, doors, 250.0), random.integers(0, 50, places)


def value(table, demand, chosen, backup):
    times = table[:, list(chosen)].sum(axis=1)
    return (demand[times >= 1].sum() + backup * demand[times >= 2].sum()) / demand.sum()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 9),
    st.integers(1, 5),
    st.integers(0, 2),
    st.sampled_from([0, 0.3, 1]),
    st.integers(0, 999),
)
def test_no_other_choice_is_better(places, sites, count, held, backup, seed):
    reach, demand = town(places, sites, seed)
    count, held = min(count, sites), min(held, count, sites)
    fixed = np.random.default_rng(seed).permutation(sites)[:held]
    if demand.sum() == 0:
        demand = demand + 1
    answer = place_posts(reach, count, demand=demand, fixed=fixed, backup=backup)
    table = reach.toarray()
    best = max(value(table, demand, c, backup) for c in combinations(range(sites), count) if set(fixed) <= set(c))
    assert answer.value == pytest.approx(best)
    assert answer.proved
    assert answer.gap == 0
    assert len(answer.sites) == count
    assert set(fixed) <= set(answer.sites.tolist())
    assert answer.value == pytest.approx(value(table, demand, answer.sites, backup))
    assert answer.share == pytest.approx(demand[answer.covered].sum() / demand.sum())


def test_without_time_the_first_plan_tells_what_it_may_lack():
    reach, demand = town(600, 80, 4)
    quick = place_posts(reach, 12, demand=demand, time_limit_s=0)
    best = place_posts(reach, 12, demand=demand, time_limit_s=60)
    assert best.proved
    assert quick.value <= best.value <= quick.bound + 1e-9
    assert quick.gap == pytest.approx((quick.bound - quick.value) / quick.bound)
    assert quick.value > 0.95 * best.value


def test_interchange_mends_what_greedy_misses():
    # Greedy takes the middle (4 places), then one side; the two sides together reach all six.
    reach = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0], [0, 1, 1], [0, 1, 1], [0, 0, 1]], dtype=bool)
    assert place_posts(reach, 2, time_limit_s=0).sites.tolist() == [0, 2]


def test_a_little_backup_decides_between_plans_that_reach_the_same():
    # Sites 1 and 2 reach the same new place; only site 2 also backs up the first.
    reach = np.array([[1, 0, 1], [0, 1, 1]], dtype=bool)
    assert place_posts(reach, 2, fixed=[0], backup=1e-3).sites.tolist() == [0, 2]
    twice = place_posts(reach, 2, fixed=[0], backup=1e-3)
    assert twice.covered.all()
    assert twice.backed_up.tolist() == [True, False]
    assert twice.value == pytest.approx(1 + 0.5e-3)


def test_places_nobody_can_reach_stay_uncovered():
    reach = within([(0.0, 0.0)], [(1.0, 0.0), (0.0, 250.0), (900.0, 0.0)], 250.0)
    answer = place_posts(reach, 1)
    assert answer.covered.tolist() == [True, True, False]
    assert answer.share == pytest.approx(2 / 3)
    assert answer.proved
    nothing = place_posts(within([(0.0, 0.0)], [(900.0, 0.0)], 250.0), 1)
    assert (nothing.share, nothing.proved) == (0.0, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"count": 4},
        {"count": 1, "fixed": [0, 1]},
        {"count": 1, "fixed": [3]},
        {"count": 1, "demand": [1.0]},
        {"count": 1, "demand": [1.0, -1.0]},
        {"count": 1, "demand": [0.0, 0.0]},
        {"count": 1, "backup": 1.5},
    ],
)
def test_what_cannot_be_placed_is_refused(wrong):
    with pytest.raises(BadPosts):
        place_posts(np.ones((2, 3), dtype=bool), **wrong)
