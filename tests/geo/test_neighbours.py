from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from gridmap.geo.columns import NotMetric
from gridmap.geo.gistar import HEXAGON, QUEEN, NotCounts, neighbourhood_sums
from gridmap.geo.neighbours import border_lengths, borders, contiguity, lattice_contiguity
from tests.geo.tilings import METRIC, tiling


def zones(**shapes):
    return gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=METRIC)


def listed(frame):
    return [(one, other, round(length, 6)) for one, other, length in borders(frame).itertuples(index=False)]


FOUR = {"A": box(0, 0, 1, 1), "B": box(1, 0, 2, 1), "C": box(0, 1, 1, 2), "D": box(1, 1, 2, 2)}


def test_four_squares_share_four_borders_and_two_diagonals():
    assert listed(zones(**FOUR)) == [
        ("A", "B", 1), ("A", "C", 1), ("A", "D", 0), ("B", "C", 0), ("B", "D", 1), ("C", "D", 1),
    ]  # fmt: skip
    assert contiguity(zones(**FOUR)).sum() == 8
    assert contiguity(zones(**FOUR), corners=True).toarray().tolist() == (1 - np.eye(4)).tolist()


def test_a_border_without_common_vertices_counts_by_what_is_common():
    assert listed(zones(A=box(0, 0, 1, 10), B=box(1, 2, 2, 5), C=box(1, 5, 2, 12))) == [
        ("A", "B", 3), ("A", "C", 5), ("B", "C", 1),
    ]  # fmt: skip


def test_a_corner_on_the_middle_of_a_border_is_a_corner():
    diamond = Polygon([(1, 5), (2, 4), (3, 5), (2, 6)])
    assert listed(zones(A=box(0, 0, 1, 10), B=diamond)) == [("A", "B", 0)]
    assert contiguity(zones(A=box(0, 0, 1, 10), B=diamond)).nnz == 0


def test_a_zone_in_the_hole_of_another_is_its_neighbour():
    ring = box(0, 0, 9, 9).difference(box(3, 3, 6, 6))
    assert listed(zones(A=ring, B=box(3, 3, 6, 6))) == [("A", "B", 12)]


def test_zones_apart_have_no_border():
    assert listed(zones(A=box(0, 0, 1, 1), B=box(1.01, 0, 2, 1))) == []
    assert border_lengths(zones(A=box(0, 0, 1, 1))).shape == (1, 1)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), rows=st.integers(1, 4), columns=st.integers(1, 4), bends=st.integers(0, 4))
def test_borders_are_those_geos_measures(seed, rows, columns, bends):
    frame = tiling(rows, columns, seed=seed, bends=bends)
    lengths = border_lengths(frame).toarray()
    shapes = frame.geometry.to_numpy()
    truth = shapely.length(shapely.intersection(shapes[:, None], shapes[None]))
    np.fill_diagonal(truth, 0)
    assert lengths == pytest.approx(truth, abs=1e-6)
    assert (lengths == lengths.T).all()
    touching = shapely.intersects(shapes[:, None], shapes[None]) & ~np.eye(len(shapes), dtype=bool)
    assert (contiguity(frame, corners=True).toarray() == touching).all()


def test_degrees_are_refused():
    with pytest.raises(NotMetric):
        borders(zones(**FOUR).set_crs(4326, allow_override=True))


@pytest.mark.agency
@pytest.mark.parametrize(("name", "epsg"), [("ia_counties", 32615), ("fl250", 32617)])
def test_real_neighbours_are_those_found_by_others(agency_data, name, epsg):
    frame = gpd.read_file(agency_data / "districting" / f"{name}.gpkg")
    known = pd.read_csv(agency_data / "districting" / f"{name}_rook.csv")
    frame["code"] = frame.index.map("{:05d}".format)
    lengths = border_lengths(frame if frame.crs.is_projected else frame.to_crs(epsg))
    known = known[known["shared_m"] > 0]
    assert lengths.nnz == 2 * len(known)
    assert lengths[known["u"], known["v"]] == pytest.approx(known["shared_m"].to_numpy(), abs=0.01)


@given(cells=st.sets(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), max_size=40), data=st.data())
def test_neighbours_on_a_lattice_are_those_whose_counts_are_summed(cells, data):
    offsets = data.draw(st.sampled_from([QUEEN, HEXAGON]))
    column, row = np.array(sorted(cells), dtype=int).reshape(-1, 2).T
    value = np.arange(len(column)) ** 2
    near = lattice_contiguity(column, row, offsets)
    local, size = neighbourhood_sums(column, row, value, offsets)
    assert (near @ value + value).tolist() == local.tolist()
    assert (near.sum(axis=1) + 1).tolist() == size.tolist()
    assert (near != near.T).nnz == 0


def test_a_cell_that_comes_twice_is_refused():
    with pytest.raises(NotCounts, match="more than once"):
        lattice_contiguity([1, 1], [2, 2])
