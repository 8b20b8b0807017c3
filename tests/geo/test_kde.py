"""Density: as the exact sum, adding up to the events inside, and a bandwidth that forecasts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.columns import NotMetric, OutOfCrs
from gridmap.geo.kde import BandwidthWrong, PeriodWrong, density_on_grid, held_out, kernel_density
from gridmap.geo.lattice import SquareGrid, square_grid

METRIC = 4547
LAKE = shapely.Point(5_000, 4_000).buffer(900)
TOWN = shapely.box(300, 250, 9_800, 8_100).difference(LAKE).union(shapely.box(9_800, 500, 13_000, 1_200))


def events(seed: int, number: int, spread_m: float = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return events about a few busy places of TOWN, some on its border."""
    rng = np.random.default_rng(seed)
    places = rng.uniform((300, 250), (9_800, 8_100), (12, 2))
    xy = places[rng.integers(0, 12, number)] + rng.normal(0, spread_m, (number, 2))
    xy[: number // 10] = rng.uniform((300, 250), (13_000, 8_100), (number // 10, 2))
    return tuple(xy[shapely.contains_xy(TOWN, *xy.T)].T)


def exact(x, y, at_x, at_y, bandwidth, weight=1.0):
    """Return the sum of all kernels at some places, one by one [events per km2]."""
    near = np.exp(-((x - at_x[:, None]) ** 2 + (y - at_y[:, None]) ** 2) / (2 * bandwidth**2))
    return (near * weight).sum(axis=1) / (2 * np.pi * bandwidth**2) * 1e6


@pytest.mark.parametrize(("size", "bandwidth", "promised"), [(100, 500, 3e-4), (100, 250, 2e-3), (200, 500, 1e-3)])
@pytest.mark.parametrize("seed", range(3))
def test_the_binned_density_is_the_exact_sum(size, bandwidth, promised, seed):
    x, y = events(seed, 4_000)
    grid = square_grid(TOWN, size)
    density = density_on_grid(x, y, grid, bandwidth_m=bandwidth, edge="none").per_km2_year
    row, column = np.nonzero(density > np.nanmax(density) / 100)
    found = density[row, column]
    expected = exact(x, y, (column + grid.column0 + 0.5) * size, (row + grid.row0 + 0.5) * size, bandwidth)
    error = np.abs(found - expected) / expected
    assert np.median(error) < promised
    assert error[expected > expected.max() / 2].max() < 10 * promised


def test_the_corrected_density_is_diggles_sum():
    x, y = events(7, 1_500)
    grid = square_grid(TOWN, 100)
    density = density_on_grid(x, y, grid, bandwidth_m=400).per_km2_year
    fine = square_grid(TOWN, 100)
    i, j = np.nonzero(fine.share)
    area = fine.share[i, j] * fine.cell_km2
    centre = (j + fine.column0 + 0.5) * 100, (i + fine.row0 + 0.5) * 100
    kept = np.array(
        [
            (exact(centre[0], centre[1], np.array([a]), np.array([b]), 400, area)).sum()
            for a, b in zip(x, y, strict=True)
        ]
    )
    row, column = (each[::17] for each in np.nonzero(density > np.nanmax(density) / 100))
    at = (column + grid.column0 + 0.5) * 100, (row + grid.row0 + 0.5) * 100
    expected = exact(x, y, *at, 400, 1 / kept)
    assert np.median(np.abs(density[row, column] / expected - 1)) < 1e-3
    assert np.abs(density[row, column] / expected - 1).max() < 0.02


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), bandwidth=st.sampled_from([100, 230, 500, 2_000]), years=st.floats(0.1, 10))
def test_the_density_adds_up_to_the_events_inside(seed, bandwidth, years):
    x, y = events(seed, 300)
    grid = square_grid(TOWN, 100)
    density = density_on_grid(np.append(x, 1e6), np.append(y, 0), grid, bandwidth_m=bandwidth, years=years)
    assert (density.events, density.outside) == (len(x), 1)
    total = np.nansum(density.per_km2_year * grid.share) * grid.cell_km2 * years
    assert total == pytest.approx(len(x))


def test_even_risk_is_level_up_to_the_border_or_adds_up_as_is_asked():
    rng = np.random.default_rng(3)
    area = shapely.box(0, 0, 4_000, 4_000)
    x, y = rng.uniform(0, 4_000, (2, 200_000))
    grid = square_grid(area, 100)
    corrected = density_on_grid(x, y, grid, bandwidth_m=500).per_km2_year
    level = density_on_grid(x, y, grid, bandwidth_m=500, edge="level").per_km2_year
    plain = density_on_grid(x, y, grid, bandwidth_m=500, edge="none").per_km2_year
    assert np.abs(level / 12_500 - 1).max() < 0.1
    assert corrected.mean() == pytest.approx(12_500)  # adds up, at the price of a sag towards the corners
    assert corrected[0, 0] == pytest.approx(12_500 * 0.55, rel=0.1)
    assert plain[0, 0] == pytest.approx(12_500 * 0.25, rel=0.2)
    assert corrected[20, 20] == pytest.approx(plain[20, 20], rel=0.02)


def test_nothing_is_drawn_outside_or_in_the_lake():
    x, y = events(0, 500)
    cells = kernel_density(gpd.GeoSeries.from_xy(x, y, crs=METRIC), TOWN, size_m=100, bandwidth_m=300, years=2)
    assert list(cells.columns) == ["column", "row", "inside_share", "density", "geometry"]
    assert cells.crs.to_epsg() == METRIC
    assert cells.intersects(TOWN).all()
    assert not cells.within(LAKE.buffer(-1)).any()
    assert (cells.density >= 0).all()
    assert (cells.density * cells.inside_share).sum() * 0.01 * 2 == pytest.approx(len(x))


def test_the_map_does_not_move_with_the_events():
    x, y = np.array([2_010.0, 2_990.0]), np.array([2_010.0, 2_990.0])
    both = density_on_grid(x, y, square_grid(TOWN, 100), bandwidth_m=300).per_km2_year
    one, other = (density_on_grid(x[[i]], y[[i]], square_grid(TOWN, 100), bandwidth_m=300).per_km2_year for i in (0, 1))
    np.testing.assert_allclose(both, one + other)


def test_no_event_is_a_density_of_zero():
    density = density_on_grid([], [], square_grid(TOWN, 100), bandwidth_m=300)
    assert density.events == 0
    assert np.nanmax(density.per_km2_year) == 0


@pytest.mark.parametrize("spread", [150, 600])
def test_held_out_events_choose_a_bandwidth_near_the_spread_of_the_events(spread):
    x, y = events(5, 6_000, spread)
    order = np.random.default_rng(0).permutation(len(x))
    scores = held_out(x[order], y[order], square_grid(TOWN, 100), bandwidths_m=(100, 200, 400, 800, 1_600))
    assert list(scores.columns) == ["bandwidth_m", "score"]
    assert scores["score"].is_monotonic_decreasing
    assert 0.15 * spread < scores.bandwidth_m[0] < 1.1 * spread


def test_the_score_is_the_mean_log_density_of_events_kept_aside():
    grid = SquareGrid(100, 0, 0, np.ones((40, 40)))
    x, y = np.array([2_050.0, 2_050.0]), np.array([2_050.0, 2_350.0])
    scores = held_out(x, y, grid, bandwidths_m=[200], fold=["a", "b"])
    expected = 0.99 * np.exp(-(300**2) / (2 * 200**2)) / (2 * np.pi * 0.2**2) + 0.01 / 16
    assert scores["score"][0] == pytest.approx(np.log(expected), abs=0.01)


def test_faults_are_named():
    grid = square_grid(TOWN, 200)
    with pytest.raises(BandwidthWrong, match="smaller cells"):
        density_on_grid([1], [1], grid, bandwidth_m=150)
    with pytest.raises(BandwidthWrong):
        density_on_grid([1], [1], grid, bandwidth_m=float("nan"))
    with pytest.raises(PeriodWrong):
        density_on_grid([1], [1], grid, bandwidth_m=500, years=0)
    with pytest.raises(OutOfCrs, match="1 points"):
        density_on_grid([1, np.nan], [1, 1], grid, bandwidth_m=500)
    with pytest.raises(BandwidthWrong, match="0 bandwidths"):
        held_out([1, 2], [1, 2], grid, bandwidths_m=[100])
    with pytest.raises(BandwidthWrong, match="1 folds"):
        held_out([2_000, 2_000], [2_000, 2_000], grid, fold=[1, 1])
    with pytest.raises(NotMetric):
        kernel_density(gpd.GeoSeries.from_xy([0], [0], crs=4326), TOWN, size_m=100, bandwidth_m=300)


@pytest.mark.agency
def test_memphis_is_best_forecast_by_a_few_hundred_metres(agency_data):
    folder = agency_data / "hotspot_memphis"
    robberies = gpd.read_parquet(folder / "robberies_2019.parquet").to_crs(32615)
    precincts = gpd.read_file(folder / "precincts.geojson").to_crs(32615)
    city = shapely.union_all(shapely.make_valid(np.asarray(precincts.geometry.array)))
    scores = held_out(robberies.geometry.x, robberies.geometry.y, square_grid(city, 100))
    assert (
        200 <= scores.bandwidth_m[0] <= 700
    )  # likelihood cross-validation of spatstat: 277 m; its rule of thumb: 5,592 m


@pytest.mark.agency
def test_memphis_meets_diggles_sum_done_one_by_one(agency_data):
    folder = agency_data / "hotspot_memphis"
    robberies = gpd.read_parquet(folder / "robberies_2019.parquet").to_crs(32615)
    precincts = gpd.read_file(folder / "precincts.geojson").to_crs(32615)
    city = shapely.union_all(shapely.make_valid(np.asarray(precincts.geometry.array)))
    grid = square_grid(city, 100)
    x, y = robberies.geometry.x.to_numpy(), robberies.geometry.y.to_numpy()
    inside = shapely.contains_xy(city, x, y)
    x, y = x[inside], y[inside]
    found = density_on_grid(x, y, grid, bandwidth_m=500)
    assert found.events == 2_244

    def kernel(at, of):
        return np.exp((at[:, None] - of) ** 2 / (-2 * 500**2)) / (np.sqrt(2 * np.pi) * 500)

    x0, y0, x1, y1 = city.bounds  # the kernel inside the city: its integral over points every 50 m
    fine_x, fine_y = np.arange(x0 + 25, x1, 50), np.arange(y0 + 25, y1, 50)
    there = shapely.contains_xy(city, *np.meshgrid(fine_x, fine_y))
    kept = np.einsum("ij,ij->j", there @ kernel(fine_x, x), kernel(fine_y, y)) * 50**2
    rows, columns = grid.share.shape
    centre_x, centre_y = (np.arange(columns) + grid.column0 + 0.5) * 100, (np.arange(rows) + grid.row0 + 0.5) * 100
    expected = (kernel(centre_y, y) / kept) @ kernel(centre_x, x).T * 1e6
    full = grid.share > 0
    error = np.abs(found.per_km2_year[full] / expected[full] - 1)
    assert np.median(error) < 0.003
    busy = expected[full] > expected.max() / 10
    assert np.median(error[busy]) < 0.001
