"""Dual density: level where risk is level, per household, and silent where there are no households to speak of."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.columns import OutOfCrs
from gridmap.geo.dual_density import dual_density
from gridmap.geo.lattice import square_grid

TOWN = shapely.box(0, 0, 6_050, 3_950).difference(shapely.Point(3_000, 2_000).buffer(600))
GRID = square_grid(TOWN, 100)


def doors(seed, number=800):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform((0, 0), (6_050, 3_950), (number, 2)).T
    inside = shapely.contains_xy(TOWN, x, y)
    return x[inside], y[inside]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 9_999), every=st.integers(1, 5), years=st.floats(0.2, 5), width=st.sampled_from([150, 400]))
def test_the_same_risk_for_every_household_is_a_level_map(seed, every, years, width):
    x, y = doors(seed)
    found = dual_density(
        np.repeat(x, every), np.repeat(y, every), x, y, GRID,
        households=np.full(len(x), 2.0), bandwidth_m=width, years=years,
    )  # fmt: skip
    shown = found.per_1000_year[~found.no_denominator & (GRID.share > 0)]
    np.testing.assert_allclose(shown, 1000 * every / 2 / years)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 9_999), times=st.integers(2, 9))
def test_households_behind_one_door_count_as_doors_on_one_spot(seed, times):
    x, y = doors(seed, 300)
    weighted = dual_density(x[:50], y[:50], x, y, GRID, households=np.full(len(x), float(times)), bandwidth_m=300)
    repeated = dual_density(x[:50], y[:50], np.repeat(x, times), np.repeat(y, times), GRID, bandwidth_m=300)
    np.testing.assert_allclose(weighted.per_1000_year, repeated.per_1000_year)


def test_far_from_every_door_there_is_no_denominator():
    x, y = doors(5, 3_000)
    west = x < 3_000
    found = dual_density([500.0, 5_900.0, 9e6], [500.0, 2_000.0, 0], x[west], y[west], GRID, bandwidth_m=200)
    assert (found.events, found.events_without, found.outside) == (2, 1, 1)
    east = np.zeros_like(found.no_denominator)
    east[:, 45:] = GRID.share[:, 45:] > 0
    assert found.no_denominator[east].all()
    assert np.isnan(found.per_1000_year[found.no_denominator]).all()
    assert not found.no_denominator[GRID.share <= 0].any()
    assert (found.within_reach[np.isfinite(found.per_1000_year)] >= 30).all()


def test_no_household_at_all_and_no_floor_is_still_no_division_by_zero():
    found = dual_density([500.0], [500.0], [], [], GRID, bandwidth_m=200, least_households=0)
    assert found.events_without == 1
    assert np.isnan(found.per_1000_year).all()


def test_a_household_number_that_is_no_number_is_refused():
    with pytest.raises(OutOfCrs):
        dual_density([500.0], [500.0], [400.0], [400.0], GRID, households=[np.nan], bandwidth_m=200)
