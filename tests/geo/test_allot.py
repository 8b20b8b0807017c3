"""Officers and zone numbers for a new plan: as many doors as possible keep whom they know."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gridmap.geo.allot import BadAllotment, allot, doors_by, relabel

TABLES = arrays.arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(0, 9))


def best_by_trying(doors, allowed):
    """Return (beats with an officer, doors kept), the largest of all ways to give each officer at most one beat."""
    beats, officers = doors.shape
    choices = [*range(officers), *[None] * beats]
    return max(
        (sum(o is not None for o in who), sum(doors[b, o] for b, o in enumerate(who) if o is not None))
        for who in set(permutations(choices, beats))
        if all(o is None or allowed[b, o] for b, o in enumerate(who))
    )


@given(TABLES)
def test_no_other_assignment_keeps_more_doors(doors):
    answer = allot(doors)
    given_ = answer.officer >= 0
    assert (given_.sum(), answer.kept.sum()) == best_by_trying(doors, np.ones(doors.shape, dtype=bool))
    assert len(set(answer.officer[given_])) == given_.sum()
    assert answer.without.tolist() == np.flatnonzero(~given_).tolist()


@given(TABLES, st.integers(0, 99))
def test_nobody_gets_a_beat_too_far_away_or_while_absent(doors, seed):
    random = np.random.default_rng(seed)
    travel = random.uniform(0, 1_000, doors.shape)
    absent = random.random(doors.shape[1]) < 0.3
    answer = allot(doors, travel_m=travel, max_travel_m=600, absent=absent)
    given_ = np.flatnonzero(answer.officer >= 0)
    assert (travel[given_, answer.officer[given_]] <= 600).all()
    assert not absent[answer.officer[given_]].any()
    best = best_by_trying(doors, (travel <= 600) & ~absent)
    assert (given_.size, answer.kept.sum()) == best


def test_an_unchanged_plan_keeps_every_officer():
    former = np.array([0, 0, 1, 2, 2])
    answer = allot(doors_by(former, former, np.full(5, 100), (3, 3)))
    assert answer.officer.tolist() == [0, 1, 2]
    assert answer.share == 1


def test_one_officer_too_few_takes_a_second_beat_and_nobody_stays_idle():
    doors = [[90, 0], [80, 10], [0, 5]]
    answer = allot(doors, capacity=[2, 1])
    assert answer.officer.tolist() == [0, 0, 1]
    assert answer.kept.tolist() == [90, 80, 5]
    two_beats = allot(doors[:2], capacity=[2, 1])  # without the second officer 170 doors would stay, not 100
    assert two_beats.officer.tolist() == [0, 1]
    assert two_beats.idle.size == 0


def test_beats_without_an_officer_and_idle_officers_are_told():
    answer = allot(np.zeros((3, 2)), absent=[True, False])
    assert answer.without.size == 2
    assert allot(np.zeros((1, 3))).idle.size == 2
    nobody = allot(np.zeros((2, 0)))
    assert nobody.officer.tolist() == [-1, -1]
    assert nobody.share == 0


def test_of_equal_disruption_the_shorter_ways_win():
    doors = np.full((2, 2), 7)
    travel = np.array([[5_000.0, 10.0], [10.0, 5_000.0]])
    assert allot(doors, travel_m=travel).officer.tolist() == [1, 0]
    doors[0, 0] = 8  # a single door weighs more than any way
    assert allot(doors, travel_m=travel).officer.tolist() == [0, 1]


@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 99))
def test_relabelling_keeps_the_zones_and_most_doors(units, zones, seed):
    random = np.random.default_rng(seed)
    former, zone = random.integers(-1, zones, units), random.integers(0, zones, units)
    doors = random.integers(0, 100, units)
    new = relabel(doors, former, zone, zones=zones)
    pairs = set(zip(zone.tolist(), new.tolist(), strict=True))
    assert len({old for old, _ in pairs}) == len({number for _, number in pairs}) == len(pairs)
    most = max(doors[np.array(number)[zone] == former].sum() for number in permutations(range(zones)))
    assert doors[new == former].sum() == most


def test_a_renumbered_plan_gets_its_old_numbers_back():
    former = np.array([2, 2, 0, 1])
    assert relabel(np.ones(4), former, np.array([0, 0, 1, 2])).tolist() == former.tolist()
    merged = relabel(np.ones(4), former, np.array([0, 0, 1, 1]))  # number 2 is gone
    assert sorted(set(merged.tolist())) == [0, 1]
    assert merged[2] in {0, 1}


@pytest.mark.parametrize(
    ("doors", "wrong"),
    [
        ([1, 2], {}),
        ([[1, 2]], {"capacity": [1]}),
        ([[1, 2]], {"capacity": [1, -1]}),
        ([[1, 2]], {"absent": [True]}),
        ([[1, 2]], {"travel_m": [[1], [2]]}),
        ([[1, -2]], {}),
        ([[1, np.nan]], {}),
    ],
)
def test_what_does_not_fit_is_refused(doors, wrong):
    with pytest.raises(BadAllotment):
        allot(doors, **wrong)


def test_numbers_beyond_the_zones_are_refused():
    with pytest.raises(BadAllotment):
        relabel([1, 1], [0, 1], [0, 2], zones=2)
    with pytest.raises(BadAllotment):
        relabel([1, 1], [0], [0, 1])
