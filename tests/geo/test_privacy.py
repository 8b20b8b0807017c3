"""What everybody may see: no number is small, and none that is hidden can be had by adding and subtracting."""

from __future__ import annotations

from itertools import permutations, product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.lattice import square_lattice
from gridmap.geo.privacy import MIN_EVENTS, MIN_HOUSEHOLDS, PublicWrong, publish_counts, publish_squares, share_out

LEVELS = ["quarter", "block", "cell"]


@st.composite
def towns(draw):
    """Return cells in blocks in quarters, mostly quiet and thinly lived in, as at the edge of a town."""
    rows = []
    for quarter in range(draw(st.integers(1, 3))):
        for block in range(draw(st.integers(1, 4))):
            for cell in range(draw(st.integers(1, 4))):
                count = draw(st.sampled_from([0, 0, 1, 2, 4, 5, 6, 9, 30]))
                rows.append((quarter, block, cell, count, draw(st.sampled_from([0, 1, 7, 8, 9, 40]))))
    return pd.DataFrame(rows, columns=[*LEVELS, "count", "households"])


def told_numbers(cells, found):
    """Return every total a reader can name: (numbers, cells), rows of zeros and ones, one a published total.

    The areas, and every square of every level that is made of whole areas and nothing else.
    """
    rows = [found.area_of == area for area in range(len(found.areas))]
    told = found.area_of >= 0
    keys = cells[LEVELS].to_numpy()
    for depth in range(len(LEVELS) + 1):
        for square in np.unique(keys[:, :depth], axis=0):
            held = told & (keys[:, :depth] == square).all(axis=1)
            if held.any() and not (np.isin(found.area_of, found.area_of[held]) & ~held).any():
                rows.append(held)
    return np.unique(np.array(rows, dtype=float), axis=0)


@settings(max_examples=50, deadline=None)
@given(cells=towns())
def test_no_number_is_below_the_minimum_and_nothing_is_lost(cells):
    found = publish_counts(cells, LEVELS)
    assert (found.areas["count"] >= MIN_EVENTS).all()
    assert (found.areas["households"] >= MIN_HOUSEHOLDS).all()
    alone = cells[(cells["count"] >= MIN_EVENTS) & (cells["households"] >= MIN_HOUSEHOLDS)].index
    for area in np.flatnonzero(found.areas["cells"] == 1):
        assert np.flatnonzero(found.area_of == area)[0] in alone
    if cells["count"].sum() >= MIN_EVENTS and cells["households"].sum() >= MIN_HOUSEHOLDS:
        assert found.areas["count"].sum() == cells["count"].sum()
        assert found.areas["households"].sum() == cells["households"].sum()
        nobody = (cells["count"] == 0) & (cells["households"] == 0)
        assert ((found.area_of < 0) == nobody).all()
    else:
        assert found.areas.empty
    for area, group in cells.groupby(found.area_of):
        if area >= 0:
            assert group["count"].sum() == found.areas["count"][area]
            assert len(group) == found.areas["cells"][area]


@settings(max_examples=50, deadline=None)
@given(cells=towns())
def test_no_difference_of_two_totals_is_small(cells):
    found = publish_counts(cells, LEVELS)
    totals = told_numbers(cells, found) if len(found.areas) else np.zeros((0, len(cells)))
    count, households = cells["count"].to_numpy(), cells["households"].to_numpy()
    for one, other in permutations(totals, 2):
        left = one - other
        if (left >= 0).all() and left.any():  # the one holds the other: what is left is a number of its own
            assert left @ count >= MIN_EVENTS
            assert left @ households >= MIN_HOUSEHOLDS


@settings(max_examples=50, deadline=None)
@given(cells=towns())
def test_no_sum_of_totals_however_weighed_is_a_hidden_cell_or_square(cells):
    found = publish_counts(cells, LEVELS)
    if found.areas.empty:
        return
    totals = told_numbers(cells, found)
    rank = np.linalg.matrix_rank(totals)
    for depth in range(1, len(LEVELS) + 1):
        for _, square in cells[found.area_of >= 0].groupby(LEVELS[:depth]):
            weak = square["count"].sum() < MIN_EVENTS or square["households"].sum() < MIN_HOUSEHOLDS
            wanted = np.isin(np.arange(len(cells)), square.index).astype(float)
            if weak:
                assert np.linalg.matrix_rank(np.vstack([totals, wanted])) == rank + 1


@pytest.mark.parametrize(
    ("households", "most"),
    [
        ((20, 30, 10), 14),
        ((20, 10, 30), 14),
        ((3, 20, 20), 14),
        ((3, 4, 20), 14),
        ((9, 9, 9), 14),
        ((30, 20, 9, 8), 11),
    ],
)
def test_who_knows_the_method_and_every_household_still_cannot_name_a_hidden_count(households, most):
    """Every map with the same published table is as good an explanation of it; no hidden cell is the same in all."""
    tables: dict[tuple[object, ...], list[tuple[int, ...]]] = {}
    nodes = [np.zeros(len(households), dtype=np.int64), np.arange(len(households))]
    for counts in product(range(most + 1), repeat=len(households)):
        if sum(counts) > most:
            continue
        depth, rest = share_out(nodes, counts, households, (MIN_EVENTS, MIN_HOUSEHOLDS))
        if depth.max() < 0:
            continue
        table = tuple(count if here else None for count, here in zip(counts, depth == 1, strict=True))
        tables.setdefault((sum(counts), table, tuple(rest)), []).append(counts)
    assert len(tables) > 5
    for (_, table, _), explanations in tables.items():
        for cell, number in enumerate(table):
            if number is None:
                assert len({each[cell] for each in explanations}) >= 3, (table, explanations)


def test_what_is_hidden_beside_is_chosen_by_households_not_by_events():
    cells = pd.DataFrame({"cell": list("abcd"), "count": [1, 50, 6, 7], "households": [20, 9, 30, 30]})
    found = publish_counts(cells, ["cell"])
    assert found.area_of[0] == found.area_of[1]  # a is small; b has the fewest households, though the most events
    assert sorted(found.areas["count"]) == [6, 7, 51]
    assert found.areas["rest"].tolist() == (found.areas["count"] == 51).tolist()
    assert found.areas["cell"].isna().tolist() == found.areas["rest"].tolist()


def test_two_small_cells_that_are_small_together_take_a_third_with_them():
    cells = pd.DataFrame({"cell": list("abc"), "count": [1, 2, 9], "households": [20, 20, 20]})
    assert publish_counts(cells, ["cell"]).areas[["depth", "rest", "count"]].to_numpy().tolist() == [[0, False, 12]]


def test_where_nobody_lives_and_nothing_happens_nothing_need_be_hidden():
    cells = pd.DataFrame({"cell": list("abc"), "count": [0, 5, 6], "households": [0, 8, 9]})
    found = publish_counts(cells, ["cell"])
    assert sorted(found.areas["count"]) == [5, 6]
    assert found.area_of[0] == -1


def lattice(seed=0, busy=4.0):
    rng = np.random.default_rng(seed)
    cells = square_lattice(gpd.GeoSeries([shapely.box(0, 0, 8_200, 6_100)], crs=4547), 500)
    middle = np.exp(-cells.centroid.distance(shapely.Point(4_000, 3_000)) / 1_500)
    cells["count"] = rng.poisson(busy * rng.gamma(0.5, 2, len(cells)) * middle)
    cells["households"] = rng.poisson(60 * middle)
    return cells


@pytest.mark.parametrize("seed", range(5))
def test_squares_are_merged_into_wider_ones_and_share_the_ground(seed):
    cells = lattice(seed)
    areas = publish_squares(cells, size_m=500)
    assert list(areas.columns) == ["size_m", "column", "row", "rest", "count", "households", "cells", "geometry"]
    assert areas.crs == cells.crs
    assert areas["count"].sum() == cells["count"].sum()
    assert (areas["count"] >= MIN_EVENTS).all()
    assert set(areas.size_m) <= {0, 500, 1_500, 4_500}
    assert {500, 1_500} <= set(areas.size_m)
    assert areas.area.sum() == pytest.approx(shapely.union_all(areas.geometry.array).area)
    for area in areas[areas.size_m > 0].itertuples():
        x, y = area.column * area.size_m, area.row * area.size_m
        assert shapely.box(x, y, x + area.size_m, y + area.size_m).covers(area.geometry)
        assert area.rest or area.size_m > 500 or area.cells == 1


def test_a_quiet_place_shows_nothing():
    assert publish_squares(lattice(busy=0.0), size_m=500).empty


def test_faults_are_named():
    cells = pd.DataFrame({"cell": ["a", "b"], "count": [9, 9], "households": [9, 9]})
    for change, words in (
        ({"count": [9, -1]}, "count is not"),
        ({"households": [9, 0.5]}, "households is not"),
        ({"count": [9, np.nan]}, "count is not"),
        ({"cell": ["a", None]}, "which square"),
        ({"cell": ["a", "a"]}, "given twice"),
    ):
        with pytest.raises(PublicWrong, match=words):
            publish_counts(cells.assign(**change), ["cell"])
    with pytest.raises(PublicWrong, match="No column street"):
        publish_counts(cells, ["street"])
    with pytest.raises(PublicWrong, match="at least 5 and 8"):
        publish_counts(cells, ["cell"], min_events=4)
    with pytest.raises(PublicWrong, match="at least 5 and 8"):
        publish_counts(cells, ["cell"], min_households=1)
    with pytest.raises(PublicWrong, match="do not nest"):
        publish_squares(lattice(), size_m=500, steps=(2, 3))
