"""Rebalancing: whole zones within tolerance or a reason, little reassigned, nothing where nothing is wrong."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.propose_score import score
from gridmap.geo.propose_wishes import NotFeasible, Wishes
from gridmap.geo.rebalance import rebalance
from gridmap.geo.units import units_of
from tests.geo.tilings import tiling


@cache
def ground(rows, columns):
    return units_of(tiling(rows, columns, seed=1), np.ones(rows * columns))


def blocks(rows, columns, high, wide):
    """Return the plan whose zones are blocks of high x wide units of a tiling."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    return row // high * -(-columns // wide) + column // wide


def drifted(rows, columns, seed, centre=0.8):
    """Return units of uneven load, the most of it in the middle."""
    units = ground(rows, columns)
    x, y = units.x - units.x.mean(), units.y - units.y.mean()
    bump = 1 + centre * np.exp(-0.5 * (np.hypot(x, y) / (0.2 * np.ptp(x))) ** 2)
    return replace(units, load=np.random.default_rng(seed).lognormal(0, 0.25, len(units)) * bump)


def is_whole(units, zone, number, *, barriers=True):
    """Return whether a zone hangs together, by walking through it."""
    inside = set(np.flatnonzero(zone == number).tolist())
    seen, ahead = set(), [min(inside)] if inside else []
    while ahead:
        here = ahead.pop()
        if here in seen:
            continue
        seen.add(here)
        for at in range(units.start[here], units.start[here + 1]):
            ahead.extend({int(units.other[at])} & inside if not (barriers and units.barrier[at]) else ())
    return bool(inside) and seen == inside


def assert_lawful(units, wishes, plan):
    load = np.bincount(plan.zone, weights=units.load, minlength=wishes.zones)
    share = np.full(wishes.zones, 1 / wishes.zones) if wishes.capacity is None else wishes.capacity
    assert (np.abs(load / (share / np.sum(share) * load.sum()) - 1) <= wishes.tolerance + 1e-9).all()
    assert set(plan.zone.tolist()) == set(range(wishes.zones))
    assert all(is_whole(units, plan.zone, number) for number in range(wishes.zones))
    if wishes.fixed is not None:
        held = wishes.fixed >= 0
        assert (plan.zone[held] == wishes.fixed[held]).all()
    assert plan.score == score(units, wishes, plan.zone)
    assert plan.score.stray == 0


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 12),
    st.integers(2, 12),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from([0.05, 0.1, 0.3]),
    st.floats(0, 0.4),
    st.integers(0, 9999),
)
def test_a_partition_into_whole_zones_within_tolerance_or_a_reason(rows, columns, high, wide, tolerance, locked, seed):
    units, former = drifted(rows, columns, seed), blocks(rows, columns, high, wide)
    random = np.random.default_rng(seed)
    fixed = np.where(random.random(len(units)) < locked, former, -1)
    former = np.where(random.random(len(units)) < 0.1 * (seed % 2), -1, former)
    wishes = Wishes(int(former.max()) + 1, tolerance, former=former, fixed=None if locked < 0.1 else fixed)
    try:
        plan = rebalance(units, wishes, seed=seed)
    except NotFeasible as reason:
        assert reason.facts  # noqa: PT017  either is right, and a reason must name something
    else:
        assert_lawful(units, wishes, plan)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.sampled_from([0.025, 0.05]))
def test_a_town_is_always_rebalanced_and_little_is_reassigned(seed, tolerance):
    units, former = drifted(20, 20, seed), blocks(20, 20, 5, 5)
    wishes = Wishes(16, tolerance, former=former)
    plan = rebalance(units, wishes, seed=seed)
    assert_lawful(units, wishes, plan)
    before = score(units, wishes, former)
    assert before.deviation > 0.15
    surplus = np.bincount(former, weights=units.load) / units.load.sum() - (1 + tolerance) / 16
    assert surplus[surplus > 0].sum() <= plan.score.changed_load < 0.35
    assert plan.score.compactness > 0.8 * before.compactness


@pytest.mark.parametrize("seed", range(3))
def test_a_plan_within_tolerance_comes_back_unchanged(seed):
    units, former = drifted(12, 12, seed, centre=0), blocks(12, 12, 4, 4)
    load = np.bincount(former, weights=units.load)
    wishes = Wishes(9, float(np.abs(load / load.mean() - 1).max()), former=former)
    plan = rebalance(units, wishes)
    assert plan.zone.tolist() == former.tolist()
    assert plan.score.changed_load == 0


def test_the_same_seed_gives_the_same_plan():
    units, wishes = drifted(12, 12, 3), Wishes(9, 0.05, former=blocks(12, 12, 4, 4))
    one, other = rebalance(units, wishes, seed=5), rebalance(units, wishes, seed=5)
    assert one.zone.tolist() == other.zone.tolist()


def test_a_locked_zone_stays_as_it_is():
    units, former = drifted(12, 12, 2), blocks(12, 12, 4, 4)
    mean = units.load.sum() / 9
    load = np.bincount(former, weights=units.load)
    calm = int(np.argmin(np.abs(load / mean - 1)))
    closed = np.arange(9) == calm
    wishes = Wishes(9, 0.1, former=former, fixed=np.where(former == calm, calm, -1), closed=closed)
    plan = rebalance(units, wishes)
    assert_lawful(units, wishes, plan)
    assert ((plan.zone == calm) == (former == calm)).all()
    assert plan.score.changed_load > 0


def test_doors_decide_what_is_costly_to_move():
    units, former = drifted(12, 12, 1), blocks(12, 12, 4, 4)
    random = np.random.default_rng(0)
    doors = np.where(random.random(144) < 0.5, 1_000.0, 1.0)
    blind = rebalance(units, Wishes(9, 0.1, former=former))
    seeing = rebalance(units, Wishes(9, 0.1, former=former, doors=doors))
    moved = [doors[plan.zone != former].sum() for plan in (blind, seeing)]
    assert moved[1] < moved[0] / 2


def test_capacities_are_targets():
    units, former = drifted(12, 12, 4), blocks(12, 12, 4, 4)
    capacity = np.array([2.0, 1, 1, 1, 1, 1, 1, 1, 1]) / 10
    wishes = Wishes(9, 0.05, former=former, capacity=capacity)
    plan = rebalance(units, wishes)
    assert_lawful(units, wishes, plan)


def test_another_officer_gets_a_zone_and_one_fewer_leaves_none_behind():
    units, former = drifted(12, 12, 6), blocks(12, 12, 4, 4)
    more = Wishes(10, 0.1, former=former)
    plan = rebalance(units, more)
    assert_lawful(units, more, plan)
    assert plan.score.changed_load < 0.4
    fewer = Wishes(8, 0.1, former=former)
    plan = rebalance(units, fewer)
    assert_lawful(units, fewer, plan)


def test_stray_pieces_are_handed_over():
    units, former = drifted(12, 12, 7, centre=0), blocks(12, 12, 4, 4)
    former[0] = 8  # a corner far from its zone
    wishes = Wishes(9, 0.4, former=former)
    plan = rebalance(units, wishes)
    assert_lawful(units, wishes, plan)
    assert (plan.zone != former).tolist() == (np.arange(144) == 0).tolist()


def test_villages_stay_whole_where_that_is_wished():
    units, former = drifted(12, 12, 8), blocks(12, 12, 4, 4)
    together = blocks(12, 12, 1, 2)
    wishes = Wishes(9, 0.1, former=former, together=together, together_hard=True)
    plan = rebalance(units, wishes)
    assert_lawful(units, wishes, plan)
    assert plan.score.split_groups == 0


def test_a_river_is_not_crossed():
    units = drifted(12, 12, 9)
    row = np.arange(144) // 12
    rows = units.rows()
    river = (row[rows] < 6) != (row[units.other] < 6)
    units = replace(units, barrier=river, load=np.ones(144) + 0.5 * (np.arange(144) % 12 < 4))
    wishes = Wishes(6, 0.05, former=blocks(12, 12, 6, 4))
    plan = rebalance(units, wishes)
    assert_lawful(units, wishes, plan)
    assert plan.score.crossings == 0


def test_relocating_a_zone_changes_less_than_long_chains():
    units, former = drifted(24, 24, 1, centre=2.0), blocks(24, 24, 3, 3)
    wishes = Wishes(64, 0.2, former=former)
    moved, chained = (rebalance(units, wishes, relocate=choice) for choice in (True, False))
    for plan in (moved, chained):
        assert_lawful(units, wishes, plan)
    assert moved.score.changed_load < 0.85 * chained.score.changed_load


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"former": None}, "former plan"),
        ({"zones": 200}, "200 zones"),
        ({"load": 50.0}, "C00007 alone"),
        ({"fixed": 0}, "zone 0 alone"),
        ({"capacity": np.array([0.0, 2, 1, 1, 1, 1, 1, 1, 1]) / 9}, "Zone 0 has the capacity"),
        ({"torn": True}, "other locked units do not touch"),
        ({"island": True}, "bridge"),
        ({"tolerance": 1e-7}, "widen the tolerance"),
    ],
)
def test_what_cannot_be_is_named(change, named):
    units, former = drifted(12, 12, 5), blocks(12, 12, 4, 4)
    wishes = Wishes(9, 0.05, former=former)
    if "load" in change:
        units.load[7] = change.pop("load")
    if "fixed" in change:
        wishes = replace(wishes, fixed=np.where(former < 3, 0, -1))
        change = {}
    if change.pop("torn", False):
        fixed = np.full(144, -1)
        fixed[[0, 143]] = 4
        wishes = replace(wishes, fixed=fixed)
    if change.pop("island", False):
        rows = units.rows()
        units = replace(units, barrier=(former[rows] == 0) != (former[units.other] == 0))
    with pytest.raises(NotFeasible, match=named) as reason:
        rebalance(units, replace(wishes, **change))
    assert reason.value.detail.endswith(".")
