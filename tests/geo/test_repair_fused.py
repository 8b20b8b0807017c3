"""Beats that follow their cells, and repaired shapes brought back into stored coordinates."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from gridmap.geo.crs import straight_plane
from gridmap.geo.repair import apply_repairs, find_repairs
from gridmap.geo.repair_beats import find_beat_repairs
from gridmap.geo.repair_stored import as_stored
from gridmap.geo.topology import find_issues
from tests.geo.faults import Spoiled
from tests.geo.tilings import METRIC, outline, tiling

SEEDS = st.integers(0, 10_000)


def fused(seed: int, bends: int = 3) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return three beats of twelve cells each, and the cells."""
    cells = tiling(6, 6, seed=seed, bends=bends)
    cells["beat"] = [f"B{row // 12}" for row in range(36)]
    unions = cells.groupby("beat")["geometry"].agg(lambda shapes: shapely.union_all(shapes.to_numpy()))
    return gpd.GeoDataFrame({"code": unions.index}, geometry=unions.to_numpy(), crs=METRIC), cells


def put(frame: gpd.GeoDataFrame, changed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = pd.Series(frame.geometry.to_numpy(dtype=object), index=frame["code"])
    shapes[changed["code"]] = changed.geometry.to_numpy()
    return frame.set_geometry(gpd.GeoSeries(shapes.to_numpy(), index=frame.index, crs=frame.crs))


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, row=st.integers(0, 35), beat=st.sampled_from(["B0", "B1", "B2"]))
def test_beats_become_the_unions_of_their_cells_wherever_their_borders_ran(seed, row, beat):
    beats, cells = fused(seed)
    x, y = cells.geometry[row].centroid.coords[0]
    patch = box(x - 200, y - 90, x + 130, y + 170)
    here = (beats["code"] == beat).to_numpy()
    shapes = np.where(here, beats.union(patch), beats.difference(patch))
    sound = [max(shapely.get_parts(shape), key=shapely.area) for shape in shapes]
    drawn = beats.set_geometry(gpd.GeoSeries(sound, crs=METRIC))
    repairs = find_beat_repairs(drawn, cells)
    mended = put(drawn, apply_repairs(drawn, repairs).zones)
    asked = repairs.rows.loc[repairs.rows["rule"] == "ask"]
    if asked.empty:
        off = shapely.symmetric_difference(mended.geometry.to_numpy(), beats.geometry.to_numpy())
        assert shapely.area(off).max() < 1e-6
        left = find_issues(cells, outline(cells), beats=mended)
        assert left.empty
    assert set(repairs.rows["rule"]) <= {"cells", "ask"}
    assert find_beat_repairs(beats, cells).rows.empty


def test_where_several_cells_or_none_lie_the_planner_is_asked():
    beats, cells = fused(1)
    overlapping = put(cells, cells.iloc[[11]].assign(geometry=cells.geometry[11].union(cells.geometry[17])))
    repairs = find_beat_repairs(beats, overlapping)
    assert set(zip(repairs.rows["rule"], repairs.rows["why"], strict=True)) == {("ask", "cells")}
    assert apply_repairs(beats, repairs).zones.empty
    without = find_beat_repairs(beats, cells.drop(index=5))
    assert without.rows["why"].tolist() == ["cells"]


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_what_was_stored_comes_back_to_the_last_bit_and_neighbours_share_every_vertex(seed):
    clean = tiling(10, 10, seed=seed, bends=4)
    spoiled = Spoiled(clean, 10, 4, seed)
    for number, kind in enumerate(("overlap", "gap", "sliver_overlap", "sliver_gap", "unmatched_vertex", "spike")):
        spoiled.put(kind, 11 + 3 * (number % 3) + 30 * (number // 3))
    stored, former = spoiled.frame().to_crs(4326), clean.to_crs(4326)
    ground = gpd.GeoSeries([shapely.coverage_union_all(former.geometry.to_numpy())], crs=4326)
    plane = straight_plane(*ground.iloc[0].centroid.coords[0])
    there = [one.to_crs(plane) for one in (stored.geometry, former.geometry, ground)]
    frame = stored.set_geometry(there[0])
    done = apply_repairs(frame, find_repairs(frame, there[2].iloc[0], former=former.set_geometry(there[1])))
    back = as_stored(done.zones.geometry, [stored.geometry, former.geometry, ground], there)

    kept = {tuple(place) for place in shapely.get_coordinates([*stored.geometry, *former.geometry])}
    new = [place for place in shapely.get_coordinates(back).tolist() if tuple(place) not in kept]
    assert all(round(x, 9) == x and round(y, 9) == y for x, y in new)
    changed = done.zones.set_geometry(gpd.GeoSeries(back, index=done.zones.index, crs=4326))
    mended = put(stored, changed)
    assert find_issues(mended.to_crs(plane), there[2].iloc[0]).empty
    # every piece of border that a changed zone has lies in exactly one neighbour, to the last bit, or on the outline
    edges: dict[frozenset[tuple[float, float]], int] = {}
    for shape in [*mended.geometry, ground.iloc[0]]:
        ring = [tuple(place) for place in shapely.get_coordinates(shape.exterior)]
        for pair in pairwise(ring):
            edges[frozenset(pair)] = edges.get(frozenset(pair), 0) + 1
    assert set(edges.values()) == {2}
