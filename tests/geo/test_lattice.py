"""Lattices: fixed origin, nested squares, equal hexagons, counts that lose no point."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.columns import BadShape, NotMetric, OutOfCrs
from gridmap.geo.lattice import (
    LatticeSizeWrong,
    LatticeTooLarge,
    count_in_cells,
    count_on_hexagons,
    count_on_lattice,
    hexagon_lattice,
    square_grid,
    square_lattice,
)

if TYPE_CHECKING:
    from pathlib import Path

METRIC = 4547


def boundary(*shapes: shapely.Polygon) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), crs=METRIC)


def blob(seed: int, radius: float = 900.0) -> shapely.Geometry:
    """Return a ragged polygon with a hole, off the origin, on both sides of both axes."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    r = radius * (1 + 0.4 * np.sin(2 * turn + seed) + rng.normal(0, 0.08, 40))
    shape = shapely.Polygon(np.column_stack([r * np.cos(turn), r * np.sin(turn)]) + rng.uniform(-700, 700, 2))
    return shapely.make_valid(shape).difference(shapely.Point(shape.centroid.x, shape.centroid.y).buffer(210))


def test_a_square_of_200_m_on_the_origin_is_four_cells():
    cells = square_lattice(boundary(shapely.box(-100, -100, 100, 100)), 100)
    assert list(cells.columns) == ["column", "row", "inside_share", "geometry"]
    assert cells[["column", "row"]].to_numpy().tolist() == [[-1, -1], [0, -1], [-1, 0], [0, 0]]
    assert (cells.inside_share == 1).all()
    assert cells.crs.to_epsg() == METRIC
    assert cells.geometry.iloc[3].equals(shapely.box(0, 0, 100, 100))


def test_cells_stay_whole_and_tell_their_share():
    cells = square_lattice(boundary(shapely.box(150, 0, 300, 25)), 100)
    assert cells.area.tolist() == [10_000, 10_000]
    assert cells.inside_share.to_numpy() == pytest.approx([0.125, 0.25])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([100, 200, 300, 500]))
def test_squares_cover_the_boundary_and_nothing_else_whatever_its_shape(seed, size):
    area = blob(seed)
    cells = square_lattice(boundary(area), size)
    assert (cells.inside_share * size**2).sum() == pytest.approx(area.area)
    straight = shapely.intersection(area, np.asarray(cells.geometry.array))
    assert cells.inside_share.to_numpy() == pytest.approx(shapely.area(straight) / size**2)
    assert shapely.union_all(np.asarray(cells.geometry.array)).buffer(1e-6).covers(area)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_five_hundred_metres_are_twenty_five_cells_of_a_hundred(seed):
    area = boundary(blob(seed))
    small, large = square_lattice(area, 100), square_lattice(area, 500)
    inside = (small.inside_share / 25).groupby([small.column // 5, small.row // 5]).sum()
    expected = large.set_index(["column", "row"]).inside_share
    pd.testing.assert_series_equal(inside.sort_index(), expected.sort_index(), check_names=False)


def test_the_lattice_does_not_move_with_the_boundary():
    first = square_lattice(boundary(shapely.box(0, 0, 990, 990)), 200)
    second = square_lattice(boundary(shapely.box(35, 135, 777, 888)), 200)
    assert set(map(tuple, second[["column", "row"]].to_numpy())) <= set(map(tuple, first[["column", "row"]].to_numpy()))


def test_a_long_and_narrow_boundary_makes_no_empty_square():
    area = shapely.box(0, 0, 100_000, 100)
    grid = square_grid(area, 100)
    assert grid.share.shape == (1, 1000)
    assert (grid.share == 1).all()
    assert grid.cell_km2 == pytest.approx(0.01)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([100, 300]))
def test_hexagons_cover_the_boundary_with_cells_as_large_as_the_squares(seed, size):
    area = blob(seed)
    cells = hexagon_lattice(boundary(area), size)
    assert cells.area.to_numpy() == pytest.approx(size**2)
    assert (cells.inside_share * size**2).sum() == pytest.approx(area.area)
    assert not cells.duplicated(["column", "row"]).any()


@pytest.mark.parametrize(("make", "count"), [(square_lattice, count_on_lattice), (hexagon_lattice, count_on_hexagons)])
@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_a_spatial_join(make, count, seed):
    rng = np.random.default_rng(seed)
    cells = make(boundary(blob(seed)), 200)
    x, y = rng.uniform(-2_000, 2_000, (2, 5_000))
    counted, outside = count_in_cells(cells, count(x, y, 200))

    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=METRIC))
    joined = gpd.sjoin(points, cells, predicate="within")
    expected = joined.groupby("index_right").size().reindex(cells.index, fill_value=0)
    assert counted.tolist() == expected.tolist()
    assert outside == 5_000 - len(joined)


@given(
    points=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=60),
    size=st.sampled_from([100, 700, 1000]),
)
def test_no_point_is_lost_and_none_is_counted_twice(points, size):
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    for counted in (count_on_lattice(x, y, size), count_on_hexagons(x, y, size)):
        assert counted["count"].sum() == len(points)
        assert not counted.duplicated(["column", "row"]).any()


def test_a_point_on_a_line_belongs_to_the_cell_east_and_north_of_it():
    counted = count_on_lattice([100.0, 99.999, -0.001], [200.0, 200.0, 0.0], 100)
    assert counted.to_numpy().tolist() == [[-1, 0, 1], [0, 2, 1], [1, 2, 1]]


def test_two_points_a_world_apart_need_no_array_of_the_world():
    counted = count_on_lattice([0, 4e9], [0, 4e9], 100)
    assert counted.to_numpy().tolist() == [[0, 0, 1], [40_000_000, 40_000_000, 1]]


def test_faults_are_named():
    box = shapely.box(0, 0, 1000, 1000)
    with pytest.raises(LatticeSizeWrong, match="multiple of 100"):
        square_lattice(boundary(box), 250)
    with pytest.raises(LatticeSizeWrong):
        count_on_lattice([0], [0], 0)
    with pytest.raises(NotMetric):
        square_lattice(gpd.GeoSeries([box], crs=4326), 100)
    with pytest.raises(LatticeTooLarge, match="larger cells"):
        square_lattice(boundary(shapely.box(0, 0, 1e6, 1e6)), 100)
    with pytest.raises(LatticeTooLarge):
        hexagon_lattice(boundary(shapely.box(0, 0, 1e6, 1e6)), 100)
    with pytest.raises(BadShape):
        square_grid(shapely.Polygon(), 100)
    with pytest.raises(OutOfCrs, match="1 points"):
        count_on_lattice([0, np.nan], [0, 0], 100)


@pytest.mark.agency
def test_the_memphis_robberies_fall_on_960_squares_of_500_m(agency_data: Path):
    folder = agency_data / "hotspot_memphis"
    expected = json.loads((folder / "baseline.json").read_text())
    events = gpd.read_parquet(folder / "robberies_2019.parquet").to_crs(32615)
    counted = count_on_lattice(events.geometry.x, events.geometry.y, 500).sort_values("count", ascending=False)
    assert counted["count"].sum() == expected["robberies"]
    assert len(counted) == expected["grid500m_epsg32615_cells"]
    assert counted["count"].head(10).tolist() == expected["grid_top10"]
    top = counted.iloc[0]
    assert [top.column * 500, top.row * 500] == expected["grid_top1_cell_origin"]
