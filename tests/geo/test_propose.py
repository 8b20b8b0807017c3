"""Proposed plans: partitions into contiguous zones, and what was asked of them is kept."""

from __future__ import annotations

import functools
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.propose import Wishes, alternatives, propose, score
from gridmap.geo.units import units_of
from tests.geo.tilings import METRIC, tiling

SIDE = 9


@functools.cache
def town(seed=0, side=SIDE):
    """Return zones and units with uneven loads."""
    zones = tiling(side, side, seed=seed, bends=2)
    load = np.random.default_rng(seed).lognormal(0, 0.6, len(zones)).round(2)
    return zones, units_of(zones, load)


def pieces(units, zone, *, cross=True):
    """Return how many parts each zone is in, walked by hand."""
    parts = {}
    seen = set()
    for first in range(len(zone)):
        if first in seen:
            continue
        parts[zone[first]] = parts.get(zone[first], 0) + 1
        todo = [first]
        seen.add(first)
        while todo:
            here = todo.pop()
            for link in range(units.start[here], units.start[here + 1]):
                near = int(units.other[link])
                if near not in seen and zone[near] == zone[here] and (cross or not units.barrier[link]):
                    seen.add(near)
                    todo.append(near)
    return parts


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3), st.integers(1, 12), st.integers(0, 10**6), st.sampled_from([0.01, 0.05, 0.3]))
def test_a_plan_is_a_partition_into_contiguous_zones(town_seed, zones, seed, tolerance):
    _, units = town(town_seed)
    plan = propose(units, Wishes(zones, tolerance), seed=seed, effort="preview")
    assert plan.zone.shape == (len(units),)
    assert pieces(units, plan.zone.tolist()) == dict.fromkeys(range(zones), 1)
    assert plan.score.stray == 0


def test_the_same_seed_draws_the_same_plan():
    _, units = town()
    one, two, other = (propose(units, Wishes(6), seed=seed, effort="preview") for seed in (4, 4, 5))
    assert np.array_equal(one.zone, two.zone)
    assert one.score == two.score
    assert not np.array_equal(one.zone, other.zone)


def test_loads_are_within_the_tolerance():
    _, units = town()
    for tolerance in (0.1, 0.05, 0.02):
        assert propose(units, Wishes(6, tolerance), effort="preview").score.deviation <= tolerance


def test_zones_carry_their_capacities():
    _, units = town()
    share = np.array([0.4, 0.3, 0.2, 0.1])
    plan = propose(units, Wishes(4, 0.05, capacity=share), effort="preview")
    carried = np.bincount(plan.zone, weights=units.load) / units.load.sum()
    assert carried == pytest.approx(share, rel=0.05)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_fixed_units_stay_in_their_zone(seed):
    _, units = town()
    random = np.random.default_rng(seed)
    fixed = np.full(len(units), -1)
    fixed[random.choice(len(units), 4, replace=False)] = [0, 1, 2, 3]
    fixed[units.other[units.start[np.argmax(fixed == 0)]]] = 0
    plan = propose(units, Wishes(5, 0.1, fixed=fixed), seed=seed, effort="preview")
    assert (plan.zone == fixed)[fixed >= 0].all()
    assert plan.score.stray == 0


def test_far_units_fixed_in_one_zone_are_joined():
    _, units = town()
    fixed = np.full(len(units), -1)
    fixed[[0, SIDE - 1]] = 2
    plan = propose(units, Wishes(4, 0.2, fixed=fixed), effort="preview")
    assert plan.zone[0] == plan.zone[SIDE - 1] == 2
    assert plan.score.stray == 0


def test_a_locked_zone_stays_as_it_is():
    _, units = town()
    before = propose(units, Wishes(6, 0.1), effort="preview").zone
    fixed = np.where(before == 3, 3, -1)
    closed = np.arange(6) == 3
    after = propose(units, Wishes(6, 0.1, fixed=fixed, closed=closed), seed=8, effort="preview").zone
    assert np.array_equal(after == 3, before == 3)
    assert not np.array_equal(after, before)


def villages(side=SIDE):
    """Return the village of each unit: blocks of two by three."""
    row, column = np.divmod(np.arange(side * side), side)
    return row // 2 * 10 + column // 3


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_villages_that_must_stay_whole_do(seed):
    _, units = town()
    plan = propose(units, Wishes(4, 0.2, together=villages(), together_hard=True), seed=seed, effort="preview")
    assert plan.score.split_groups == 0
    assert plan.score.stray == 0


def test_a_village_above_one_target_is_split_and_no_other():
    _, units = town()
    village = villages()
    village[np.isin(village, [0, 1, 10, 11])] = 0
    plan = propose(units, Wishes(12, 0.3, together=village, together_hard=True), effort="preview")
    split = {number for number in np.unique(village) if len(np.unique(plan.zone[village == number])) > 1}
    heavy = np.flatnonzero(np.bincount(village, weights=units.load) > 1.3 * units.load.sum() / 12)
    assert 0 in split
    assert split <= set(heavy.tolist())


def test_villages_are_kept_together_where_that_is_cheap():
    _, units = town()
    free, kept = (
        propose(units, Wishes(6, 0.1, together=villages(), weight_together=weight), effort="preview")
        for weight in (0.0, 3.0)
    )
    assert kept.score.split_groups < free.score.split_groups


def test_a_river_is_crossed_only_where_that_is_wished():
    zones, _ = town()
    load = np.ones(len(zones))
    middle = zones.total_bounds[[1, 3]].mean()
    bank = zones.geometry.centroid.y.to_numpy() < middle
    shore = shapely.intersection(
        shapely.union_all(zones.geometry[bank].to_numpy()).boundary,
        shapely.union_all(zones.geometry[~bank].to_numpy()).boundary,
    )
    units = units_of(zones, load, barriers=gpd.GeoSeries([shore], crs=METRIC))
    assert units.barrier.any()
    plan = propose(units, Wishes(4, 0.2), effort="preview")
    assert pieces(units, plan.zone.tolist(), cross=False) == dict.fromkeys(range(4), 1)
    assert (plan.score.crossings, plan.score.stray) == (0, 0)
    crossed = propose(units, Wishes(3, 0.05, cross_barriers=True), effort="preview")
    assert crossed.score.crossings > 0


def test_a_weight_on_change_keeps_doors_where_they_are():
    _, units = town()
    former = propose(units, Wishes(6, 0.3), effort="preview").zone
    doors = np.random.default_rng(1).integers(1, 50, len(units)).astype(float)
    free = Wishes(6, 0.05, former=former, doors=doors)
    assert (
        propose(units, replace(free, weight_change=3.0), seed=9, effort="preview").score.changed_doors
        < propose(units, free, seed=9, effort="preview").score.changed_doors
    )


def test_a_weight_on_travel_shortens_the_ways():
    _, units = town(1)
    assert (
        propose(units, Wishes(6, 0.1, weight_compact=0.0, weight_travel=1.0), effort="preview").score.travel_m
        < propose(units, Wishes(6, 0.1), effort="preview").score.travel_m * 1.02
    )


def test_the_score_is_what_shapely_measures():
    zones, units = town()
    village, former = villages(), np.arange(len(units)) % 5
    doors = np.arange(len(units), dtype=float)
    plan = propose(units, Wishes(5), effort="preview")
    told = score(units, Wishes(5, together=village, former=former, doors=doors), plan.zone)
    merged = zones.assign(zone=plan.zone, load=units.load).dissolve("zone", aggfunc={"load": "sum"})
    roundness = 4 * np.pi * merged.area / merged.length**2
    ratio = merged["load"] / merged["load"].mean()
    assert told.compactness == pytest.approx(roundness.mean())
    assert told.compactness_least == pytest.approx(roundness.min())
    assert told.deviation == pytest.approx((ratio - 1).abs().max())
    assert told.cv == pytest.approx(ratio.std(ddof=0))
    assert told.changed_doors == pytest.approx(doors[plan.zone != former].sum() / doors.sum())
    assert told.changed_load == pytest.approx(units.load[plan.zone != former].sum() / units.load.sum())
    assert told.split_groups == sum(len(set(plan.zone[village == v])) > 1 for v in set(village.tolist()))
    assert told.stray == shapely.get_num_geometries(merged.geometry.to_numpy()).sum() - 5


def test_the_score_counts_stray_parts():
    _, units = town()
    zone = (np.arange(len(units)) // SIDE) % 2
    assert score(units, Wishes(2), zone).stray == SIDE - 2


def test_alternatives_differ_and_none_is_as_good_as_another_in_everything():
    _, units = town()
    former = propose(units, Wishes(6, 0.3), effort="preview").zone
    plans = alternatives(units, Wishes(6, 0.1, former=former), effort="preview")
    assert len(plans) >= 2
    worth = [(p.score.deviation, -p.score.compactness, p.score.changed_load, p.score.travel_m) for p in plans]
    assert not any(
        all(a <= b for a, b in zip(one, other, strict=True)) for one in worth for other in worth if one is not other
    )
    assert all(p.score.stray == 0 and p.score.deviation <= 0.1 for p in plans)


def test_alternatives_without_a_former_plan_are_numbered_alike():
    _, units = town()
    plans = alternatives(units, Wishes(6, 0.1), effort="preview")
    assert all((plan.zone == plans[0].zone).mean() > 0.3 for plan in plans)
