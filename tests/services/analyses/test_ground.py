"""What analyses count on: every place is in one unit, and areas are those inside."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmap.services.analyses.ground import count_cells, make_units, sums, unit_of
from tests.cases import SIDE, SOUTH, WEST, make_case, scattered

SHAPES = ["square", "hexagon", "beat", "grid_cell", "village"]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_place_inside_is_in_one_unit_and_none_outside(shape):
    case = make_case(scattered(300, seed=1), shape=shape)
    units = make_units(case, shape)
    at = unit_of(case, units, shape, case.events.x, case.events.y)
    assert (at >= 0).all()
    for place, row in enumerate(at.tolist()):
        spot = shapely.Point(case.events.x[place], case.events.y[place])
        assert units.geometry.iloc[row].distance(spot) < 1e-6
    far = np.array([WEST - 9_000.0])
    assert unit_of(case, units, shape, far, np.array([SOUTH - 9_000.0])).tolist() == [-1]
    assert unit_of(case, units, shape, np.zeros(0), np.zeros(0)).tolist() == []


@pytest.mark.parametrize("shape", ["square", "hexagon", "beat"])
def test_areas_add_up_to_the_ground(shape):
    case = make_case([], ground=shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE), size_m=700)
    assert make_units(case, shape)["area_km2"].sum() == pytest.approx(9)


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_two_ways_to_count_agree(shape):
    case = make_case(scattered(300, seed=2))
    units = make_units(case, shape)
    by_unit = sums(unit_of(case, units, shape, case.events.x, case.events.y), len(units))
    counted, outside = count_cells(case, units, case.events, shape)
    assert (by_unit.sum(), outside) == (300, 0)
    assert np.array_equal(by_unit, counted.to_numpy())


@given(st.lists(st.tuples(st.integers(-1, 4), st.floats(0, 10)), max_size=30))
def test_sums_leave_out_what_is_nowhere_and_lose_nothing_else(rows):
    unit = np.array([row[0] for row in rows], dtype=np.int64)
    weight = np.array([row[1] for row in rows], dtype=float)
    assert sums(unit, 5, weight).sum() == pytest.approx(weight[unit >= 0].sum())
    assert sums(unit, 5).sum() == (unit >= 0).sum()
