"""Wishes that no plan can grant are named at once."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.geo.propose import NotFeasible, Wishes, propose
from gridmap.geo.units import make_units

SIDE = 6


def lattice(load=None, *, gone=(), river=None):
    """Return 6 x 6 square units of 100 m, without the links of rows `gone`, a barrier under row `river`."""
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    one = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    other = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    kept = ~(np.isin(one, gone) ^ np.isin(other, gone))
    one, other = one[kept], other[kept]
    barrier = np.zeros(len(one), dtype=bool) if river is None else (one // SIDE == river) & (other // SIDE == river + 1)
    count = SIDE * SIDE
    row, column = np.divmod(np.arange(count), SIDE)
    return make_units(
        np.array([f"U{n}" for n in range(count)], dtype=object),
        np.ones(count) if load is None else np.asarray(load, dtype=float),
        np.full(count, 1e4),
        np.full(count, 400.0),
        np.column_stack([column * 100.0, row * 100.0]),
        (one, other, np.full(len(one), 100.0), barrier),
    )


def fixed_in(pairs):
    fixed = np.full(SIDE * SIDE, -1)
    for unit, zone in pairs.items():
        fixed[unit] = zone
    return fixed


def refused(units, wishes):
    with pytest.raises(NotFeasible) as caught:
        propose(units, wishes, effort="preview")
    return caught.value


def test_a_unit_heavier_than_a_zone_is_named():
    load = np.ones(36)
    load[8] = 24
    error = refused(lattice(load), Wishes(3))
    assert error.detail.startswith("Unit U8 alone is 1.2 targets")
    assert error.facts["unit"] == "U8"


def test_an_island_that_cannot_make_whole_zones_is_named():
    error = refused(lattice(gone=[0, 1, 6]), Wishes(4))
    assert "3 units (U0, U1, U6)" in error.detail
    assert "whole number of zones" in error.detail


def test_an_island_that_makes_whole_zones_gets_them():
    plan = propose(lattice(gone=np.arange(12)), Wishes(6, 0.2), effort="preview")
    assert len(np.unique(plan.zone[:12])) == 2
    assert plan.score.stray == 0


def test_an_island_cut_off_by_a_barrier_is_named_as_that_and_joined_where_barriers_may_be_crossed():
    units = lattice(river=0)
    assert "barrier cuts off" in refused(units, Wishes(4)).detail
    assert propose(units, Wishes(4, 0.1, cross_barriers=True), effort="preview").score.deviation <= 0.1


@pytest.mark.parametrize(("zones", "word"), [(0, "0 zones"), (37, "37 zones")])
def test_more_zones_than_units_or_none_are_refused(zones, word):
    assert word in refused(lattice(), Wishes(zones)).detail


@pytest.mark.parametrize("share", [[0.5, 0.6], [0.4, 0.4]])
def test_capacities_that_do_not_sum_to_one_are_named(share):
    assert f"{sum(share):.4g}" in refused(lattice(), Wishes(2, capacity=np.array(share))).detail


def test_what_is_fixed_in_a_zone_may_not_be_more_than_it_carries():
    error = refused(lattice(), Wishes(4, fixed=fixed_in(dict.fromkeys(range(12), 2))))
    assert "zone 2 alone are 1.3 targets" in error.detail


def test_a_locked_zone_with_too_little_is_named():
    wishes = Wishes(4, fixed=fixed_in(dict.fromkeys(range(4), 2)), closed=np.arange(4) == 2)
    assert "Zone 2 is locked with 0.44 of its target" in refused(lattice(), wishes).detail


def test_a_zone_cannot_be_fixed_on_two_islands():
    error = refused(lattice(gone=np.arange(12)), Wishes(6, 0.2, fixed=fixed_in({0: 1, 35: 1})))
    assert "U0 and U35" in error.detail


def test_a_village_in_two_parts_cannot_stay_whole():
    village = np.full(36, -1)
    village[[0, 14]] = 7
    error = refused(lattice(), Wishes(4, together=village, together_hard=True))
    assert "Group 7 (with unit U0) must stay whole but lies in two parts" in error.detail


def test_a_village_fixed_in_two_zones_cannot_stay_whole():
    village = np.full(36, -1)
    village[[0, 1]] = 7
    wishes = Wishes(4, together=village, together_hard=True, fixed=fixed_in({0: 0, 1: 1}))
    assert "fixed in two zones" in refused(lattice(), wishes).detail


def test_nothing_to_balance_is_said():
    assert "carries any load" in refused(lattice(np.zeros(36)), Wishes(4)).detail


@pytest.mark.parametrize("wishes", [
    Wishes(4, fixed=np.zeros(3)), Wishes(4, former=np.zeros(3)), Wishes(4, capacity=np.ones(3) / 3),
    Wishes(4, tolerance=0.0), Wishes(4, tolerance=np.nan), Wishes(4, weight_compact=-1.0),
    Wishes(4, fixed=np.full(36, 9)),
])  # fmt: skip
def test_columns_and_numbers_that_do_not_fit_are_refused(wishes):
    assert refused(lattice(), wishes).detail


def test_a_plan_out_of_reach_of_the_tolerance_comes_as_near_as_it_can():
    load = np.full(36, 7.0)
    plan = propose(lattice(load), Wishes(5, 0.001), effort="preview")
    assert plan.score.deviation == pytest.approx(8 * 7 / (36 * 7 / 5) - 1, abs=1e-9)
    assert plan.score.stray == 0


def test_the_smallest_wishes_are_granted():
    alone = make_units(np.array(["A"], dtype=object), np.ones(1), np.ones(1), np.full(1, 4.0), np.zeros((1, 2)),
                       (np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros(0, bool)))  # fmt: skip
    assert propose(alone, Wishes(1)).zone.tolist() == [0]
    assert (propose(lattice(), Wishes(1), effort="preview").zone == 0).all()
    each = propose(lattice(), Wishes(36), effort="preview")
    assert sorted(each.zone.tolist()) == list(range(36))
    assert each.score.deviation == 0
