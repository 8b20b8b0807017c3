"""The ways to forecast: each adds up, reads nothing to come, and ends where it should when a number is pushed far."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo import forecast_models as models
from gridmap.geo.forecast_history import FOREVER, make_history
from gridmap.geo.forecast_learned import _fit, learned
from tests.geo.town_events import TOWN, made_events

HALF_LIFE = st.sampled_from(models.HALF_LIVES)


def made(seed, number=500, size_m=200):
    points, when = made_events(seed, number)
    day = (when - when.min().floor("D")).dt.total_seconds() / 86_400
    return make_history(points.x, points.y, day, TOWN, size_m=size_m, start=0.0)


def told(history, at):
    base = models.shrunk(history, at, half_life=90.0, strength=1.0, bandwidth_m=200.0)
    return [
        models.last_year(history, at),
        models.all_history(history, at),
        models.density_alone(history, at, 200.0),
        base,
        models.near_repeat(history, at, base, boost=0.2, half_life=7.0),
        learned(history, at, origins=[at - 30 * back for back in range(1, 5)], days=30, bandwidth_m=200.0),
    ]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), at=st.floats(150, 399), others=st.integers(0, 999))
def test_nothing_to_come_is_read(seed, at, others):
    history, other = made(seed), made(others)
    known, later = history.day < at, other.day >= at
    x, y, day = (
        np.concatenate([getattr(history, name)[known], getattr(other, name)[later]]) for name in ("x", "y", "day")
    )
    changed = make_history(x, y, day, TOWN, size_m=200, start=0.0)
    for one, same in zip(told(history, at), told(changed, at), strict=True):
        np.testing.assert_array_equal(one, same)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), at=st.floats(1, 400), half_life=HALF_LIFE, strength=st.floats(0.1, 50))
def test_forecasts_add_up_to_the_rate_of_all(seed, at, half_life, strength):
    history = made(seed, 200)
    total = history.decayed(at, half_life).sum() / history.exposure(at, half_life)
    rate = models.shrunk(history, at, half_life=half_life, strength=strength, bandwidth_m=200.0)
    assert rate.sum() == pytest.approx(total)
    assert models.near_repeat(history, at, rate, boost=0.3, half_life=7.0).sum() == pytest.approx(total)
    assert history.spread(at, half_life, 200.0).sum() == pytest.approx(1)
    assert models.density_alone(history, at, 200.0).sum() == pytest.approx(models.all_history(history, at).sum())
    assert (rate >= 0).all()


def test_strength_goes_from_the_counts_to_the_density():
    history = made(1)
    few, many = (
        models.shrunk(history, 300.0, half_life=FOREVER, strength=strength, bandwidth_m=200.0)
        for strength in (1e-9, 1e9)
    )
    np.testing.assert_allclose(few, models.all_history(history, 300.0), atol=1e-6)
    np.testing.assert_allclose(many, models.density_alone(history, 300.0, 200.0), rtol=1e-6)


def test_an_event_counts_half_after_its_half_life():
    x, y = [500.0, 1_500.0], [500.0, 500.0]
    history = make_history(x, y, [10.0, 40.0], TOWN, size_m=500, start=0.0)
    weight = history.decayed(70.0, 30.0)
    assert sorted(weight[weight > 0]) == pytest.approx([0.25, 0.5])
    days = np.arange(0, 70, 0.01)
    assert history.exposure(70.0, 30.0) == pytest.approx((0.5 ** (days / 30)).sum() * 0.01, rel=1e-3)
    assert history.exposure(70.0, FOREVER) == 70


def test_last_year_is_the_last_year():
    history = make_history([500.0, 500.0], [500.0, 500.0], [10.0, 400.0], TOWN, size_m=500, start=0.0)
    assert models.last_year(history, 410.0).sum() == pytest.approx(1 / 365)
    assert models.last_year(history, 100.0).sum() == pytest.approx(1 / 100)
    assert models.all_history(history, 410.0).sum() == pytest.approx(2 / 410)


@pytest.mark.parametrize("size_m", [100, 200, 500, 1_000])
def test_the_density_of_a_cell_is_the_same_ground_whatever_the_cell(size_m):
    history, fine = made(3, size_m=size_m), made(3, size_m=100)
    spread, exact = history.spread(200.0, FOREVER, 200.0), fine.spread(200.0, FOREVER, 200.0)
    side = size_m // 100
    for column, row, part in list(zip(history.column, history.row, spread, strict=True))[::7]:
        inside = (fine.column // side == column) & (fine.row // side == row)
        assert part == pytest.approx(exact[inside].sum(), rel=1e-6, abs=1e-9)


def test_events_outside_are_told_and_those_before_the_start_left_out():
    history = make_history(
        [500.0, 9e6, 500.0, np.nan], [500.0, 0.0, 500.0, 1.0], [1, 2, 3, 4], TOWN, size_m=500, start=2.0
    )
    assert (history.outside, len(history.day), history.day[0]) == (2, 1, 3)


def test_no_event_yet_is_even_ground():
    history = make_history([500.0], [500.0], [50.0], TOWN, size_m=500, start=0.0)
    assert history.spread(10.0, FOREVER, 200.0) == pytest.approx(history.share / history.share.sum())
    assert models.shrunk(history, 10.0, half_life=30.0, strength=1.0, bandwidth_m=200.0).sum() == 0
    assert learned(history, 40.0, origins=[10.0], days=30, bandwidth_m=200.0) is None


def test_the_regression_is_at_the_top_of_its_likelihood():
    rng = np.random.default_rng(0)
    known = rng.normal(0, 1, (5_000, 2))
    count = rng.poisson(np.exp(-1 + known @ [0.8, -0.4])).astype(float)
    weights = _fit(known, count)
    assert weights == pytest.approx([-1, 0.8, -0.4], abs=0.1)
    residual = count - np.exp(weights[0] + known @ weights[1:])
    assert residual.sum() == pytest.approx(0, abs=1e-4)
    assert known.T @ residual == pytest.approx(weights[1:], abs=1e-4)  # the pull of the ridge


def test_fine_squares_stay_few_on_a_large_lattice():
    prefecture = shapely.box(0, 0, 90_000, 100_000)
    assert make_history([50.0], [50.0], [0.0], prefecture, size_m=500).fine.size_m == 100
    assert make_history([50.0], [50.0], [0.0], prefecture.buffer(20_000), size_m=500).fine.size_m == 500
