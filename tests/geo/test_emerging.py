"""Emerging hotspots: each class where it was planted, and no class at all in nineteen of twenty cubes of chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import binom

from gridmap.geo.emerging import (
    CLASSES,
    GONE_STEPS,
    MOST_OF_THE_TIME,
    NEW_STEPS,
    RULES,
    CubeWrong,
    emerging,
    space_time_counts,
    steps_since,
)
from gridmap.geo.gistar import NotCounts
from gridmap.geo.lattice import square_lattice
from gridmap.geo.neighbours import contiguity, lattice_contiguity
from tests.geo.tilings import tiling


def square(side):
    row, column = np.mgrid[0:side, 0:side].reshape(2, -1)
    return column, row, lattice_contiguity(column, row)


def planted(side, steps, rates, seed=0, rest=0.3):
    """Return a cube with chance events and, on 3 x 3 cells at each place, as many a step as `rates` says."""
    column, row, near = square(side)
    mean = np.full((side**2, steps), rest)
    for (east, north), series in rates.items():
        spot = (abs(column - east) <= 1) & (abs(row - north) <= 1)
        mean[spot] = np.broadcast_to(series, steps)
    return np.random.default_rng(seed).poisson(mean), near


STEPS = 16
STORY = {
    (3, 3): np.where(np.arange(STEPS) >= STEPS - 1, 8.0, 0.3),
    (12, 3): np.linspace(1.2, 6.0, STEPS),
    (21, 3): np.linspace(8.0, 3.0, STEPS),
    (3, 12): np.full(STEPS, 3.5),
    (12, 12): np.where(np.arange(STEPS) < 9, 3.5, 0.3),
    (21, 12): np.where(np.isin(np.arange(STEPS), [3, 4, 8, STEPS - 2]), 8.0, 0.3),
}
CLASS_OF = dict(zip(STORY, ("new", "growing", "fading", "persistent", "gone", "sporadic"), strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_each_class_is_found_where_it_was_planted_and_nowhere_else(seed):
    cube, near = planted(25, STEPS, STORY, seed)
    told = emerging(cube, near).cells
    assert {place: told["class"][place[1] * 25 + place[0]] for place in STORY} == CLASS_OF
    column, row, _ = square(25)
    far = np.min([np.maximum(abs(column - east), abs(row - north)) for east, north in STORY], axis=0) > 2
    assert told["class"][far].isin(["none", "too_few"]).mean() > 0.97
    assert told["class"].isin(CLASSES).all()


def shuffled(kind, cube, rng):
    if kind == "all counts":
        return rng.permutation(cube.ravel()).reshape(cube.shape)
    if kind == "places of each step":
        return rng.permuted(cube, axis=0)
    return rng.permutation(cube)  # whole series change places


@pytest.mark.parametrize(
    ("kind", "rate"), [("all counts", 0.15), ("all counts", 1.5), ("places of each step", 1.5), ("whole series", 0.3)]
)
def test_at_most_one_chance_cube_in_twenty_shows_any_class(kind, rate):
    _, _, near = square(12)
    rng = np.random.default_rng(7)
    season = np.linspace(0.6, 1.4, 8) if kind != "all counts" else np.ones(8)
    cube = rng.poisson(rate * rng.gamma(0.5, 2.0, (144, 1)) * season)
    maps, alarms = 120, 0
    for _ in range(maps):
        alarms += bool(emerging(shuffled(kind, cube, rng), near).cells["class"].isin(list(RULES)).any())
    assert alarms <= binom.ppf(0.95, maps, 0.05)


def test_a_town_that_grows_busier_everywhere_makes_no_hotspot_and_is_told():
    cube, near = planted(15, 10, {}, 3, rest=np.linspace(0.3, 2.5, 10))
    result = emerging(cube, near)
    assert not result.hot.any()
    assert result.map_trend == "up"
    assert result.map_p < 0.001


def test_what_is_told_of_a_cell_is_what_its_steps_say():
    cube, near = planted(25, STEPS, STORY, 1)
    result = emerging(cube, near)
    cells, hot = result.cells, result.hot
    ever = hot.any(axis=1)
    assert (cells["class"].isin(list(RULES)) == ever).all()
    assert (cells["hot_steps"] == hot.sum(axis=1)).all()
    assert cells["first_hot"].isna().tolist() == cells["last_hot"].isna().tolist() == (~ever).tolist()
    for cell in np.flatnonzero(ever):
        steps = np.flatnonzero(hot[cell])
        assert (cells["first_hot"][cell], cells["last_hot"][cell]) == (steps[0], steps[-1])
        kind = cells["class"][cell]
        assert (kind == "new") == (steps[0] >= STEPS - NEW_STEPS and hot[cell, -1])
        if kind == "gone":
            assert steps[-1] < STEPS - GONE_STEPS
        if kind == "persistent":
            assert len(steps) >= MOST_OF_THE_TIME * STEPS
        if kind in {"growing", "fading"}:
            assert cells["trend"][cell] == {"growing": "up", "fading": "down"}[kind]
    assert (cells["total"] == cube.sum(axis=1)).all()
    around = near.toarray().astype(int) + np.eye(625, dtype=int)
    assert (cells["now"] == around @ cube[:, -2:].sum(axis=1)).all()


def test_a_handful_of_events_is_no_hotspot_however_improbable():
    cube, near = np.zeros((3_600, 8), dtype=int), square(60)[2]
    cube[[1_830, 1_831, 1_890, 1_891], 7] = 1
    cube[np.arange(5, 3_600, 121), 6] = 1
    assert not emerging(cube, near).hot.any()
    assert emerging(cube, near, least_local=2).hot.any()


def test_maps_with_few_events_are_too_few_data():
    cube, near = np.zeros((400, 8), dtype=int), square(20)[2]
    cube[[0, 1, 20, 21], 7] = 7
    told = emerging(cube, near).cells
    assert (told["class"] == "too_few").all()
    assert emerging(cube, near, least_events=20).hot.any()


def test_an_empty_place_of_a_sparse_cube_is_too_few_data():
    cube, near = planted(20, 8, {(4, 4): 2.0}, 5, rest=0.02)
    result = emerging(cube, near)
    assert (result.cells["class"][result.cells["now"] == 0].isin(["too_few", *RULES])).all()
    assert result.cells["class"][4 * 20 + 4] == "persistent"


def test_zones_serve_as_well_as_cells():
    near = contiguity(tiling(8, 8, seed=1))
    cube = np.random.default_rng(2).poisson(1.0, (near.shape[0], 9))
    busy = np.append(near[[30]].indices, 30)
    cube[busy] += 5
    told = emerging(cube, near).cells
    assert len(told) == near.shape[0]
    assert told["class"][30] == "persistent"


def test_no_cell_and_no_neighbours_pass():
    assert emerging(np.zeros((0, 6), dtype=int), sparse.csr_array((0, 0))).cells.empty
    alone = emerging(np.full((5, 6), 9), sparse.csr_array((5, 5)))
    assert not alone.hot.any()


@given(
    events=st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4), st.integers(-1, 6)), max_size=60),
)
def test_each_event_is_counted_once_or_told_as_outside(events):
    column, row, step = np.array(events, dtype=int).reshape(-1, 3).T
    cells = pd.DataFrame([(c, r) for c in range(4) for r in range(3)], columns=["column", "row"])
    counts, outside = space_time_counts(cells, column, row, step, 5)
    assert counts.shape == (12, 5)
    assert counts.sum() + outside == len(events)
    for cell, (c, r) in enumerate(cells.itertuples(index=False)):
        for t in range(5):
            assert counts[cell, t] == events.count((c, r, t))


def test_a_step_begins_where_the_one_before_it_ends():
    since, length = pd.Timestamp("2026-01-05", tz="UTC"), pd.Timedelta(weeks=4)
    at = pd.DatetimeIndex(["2026-01-04T23:59", "2026-01-05", "2026-02-01T23:59", "2026-02-02"], tz="UTC")
    assert steps_since(at, since, length).tolist() == [-1, 0, 0, 1]


def test_what_does_not_fit_is_refused():
    near = sparse.csr_array((3, 3))
    for counts in (np.zeros((3, 5), dtype=int), np.zeros(3, dtype=int), np.zeros((4, 8), dtype=int)):
        with pytest.raises(CubeWrong):
            emerging(counts, near)
    for counts in (np.full((3, 8), 0.5), np.full((3, 8), -1)):
        with pytest.raises(NotCounts):
            emerging(counts, near)
    cells = pd.DataFrame({"column": [1, 1], "row": [2, 2]})
    with pytest.raises(NotCounts, match="more than once"):
        space_time_counts(cells, [1], [2], [0], 3)
    with pytest.raises(CubeWrong):
        space_time_counts(cells[:1], [1], [2], [0], 0)


@pytest.fixture
def memphis(agency_data):
    """Return the robberies of 2019 on squares of 500 m in 13 steps of four weeks, and the neighbours."""
    import geopandas as gpd

    folder = agency_data / "hotspot_memphis"
    events = gpd.read_parquet(folder / "robberies_2019.parquet").to_crs(32615)
    precincts = gpd.read_file(folder / "precincts.geojson").to_crs(32615)
    city = shapely.union_all(shapely.make_valid(np.asarray(precincts.geometry.array)))
    cells = square_lattice(gpd.GeoSeries([city], crs=32615), 500)
    at = pd.DatetimeIndex(pd.to_datetime(events["time"], utc=True))
    step = steps_since(at, pd.Timestamp("2019-01-01", tz="UTC"), pd.Timedelta(weeks=4))
    column, row = (np.floor(each / 500) for each in (events.geometry.x, events.geometry.y))
    counts, outside = space_time_counts(cells, column, row, step, 13)
    assert counts.sum() + outside == 2_245
    assert outside == 4  # after the last step
    return counts, lattice_contiguity(cells["column"], cells["row"])


@pytest.mark.agency
def test_robberies_in_memphis_come_back_to_their_places_and_none_grows(memphis):
    result = emerging(*memphis)
    told = result.cells["class"].value_counts()
    assert result.map_trend == "none"
    assert {"growing", "fading", "new"}.isdisjoint(told.index)
    assert told["gone"] + told["sporadic"] == 48
    assert not result.cells["class"][result.cells["now"] < 3].isin(["new", "growing", "persistent"]).any()


@pytest.mark.agency
def test_at_most_one_shuffled_memphis_in_twenty_shows_any_class(memphis):
    cube, near = memphis
    rng = np.random.default_rng(13)
    maps = 60
    alarms = sum(emerging(rng.permutation(cube), near).cells["class"].isin(list(RULES)).any() for _ in range(maps))
    assert alarms <= binom.ppf(0.95, maps, 0.05)
