"""Whatever is edited: the coverage stays a partition, beats stay unions of cells, the rest stays equal to the byte."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.edit import EditNotPossible, Layers, apply
from gridmap.geo.topology import find_issues
from tests.geo.edits import any_edit, done, draft, faults, in_degrees, only_beats
from tests.geo.faults import Spoiled
from tests.geo.tilings import outline

SEEDS = st.integers(0, 10**6)


def bytes_of(layers):
    frames = {"beat": layers.beats, "grid_cell": layers.cells}
    return {
        (kind, code): (shapely.to_wkb(shape), beat)
        for kind, frame in frames.items()
        for code, shape, beat in zip(frame["code"], frame.geometry, frame.get("beat", frame["code"]), strict=True)
    }


def run(layers, random, edits):
    """Put random edits into a draft one by one, holding the laws at every step; return how many were possible."""
    jurisdiction = outline(layers.cells if len(layers.cells) else layers.beats)
    possible = 0
    for _ in range(edits):
        op = any_edit(layers, random)
        before = bytes_of(layers)
        try:
            edited = apply(layers, op, snap_m=float(random.choice([0.0, 0.5, 5.0])))
        except EditNotPossible:
            assert bytes_of(layers) == before
            continue
        possible += 1
        assert bytes_of(layers) == before, "an edit changes only what it returns"
        layers = done(layers, edited)
        after = bytes_of(layers)
        told = {("beat", code) for code in [*edited.beats["code"], *edited.gone_beats]}
        told |= {("grid_cell", code) for code in [*edited.cells["code"], *edited.gone_cells]}
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert changed == told, (op, changed ^ told)
        assert faults(layers, jurisdiction) == [], op
        assert (shapely.get_num_geometries(layers.beats.geometry.array) == 1).all()
    return possible


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, bends=st.integers(0, 4))
@pytest.mark.parametrize("degrees", [False, True])
@pytest.mark.parametrize("cells", [True, False])
def test_any_sequence_of_edits_keeps_the_coverage_a_partition(seed, bends, degrees, cells):
    layers = draft(4, 4, seed=seed, bends=bends)
    layers = layers if cells else only_beats(layers)
    run(in_degrees(layers) if degrees else layers, np.random.default_rng(seed), 10)


def test_most_random_edits_are_possible_so_the_law_is_not_held_by_refusing():
    done_at_all = sum(run(draft(4, 4, seed=seed), np.random.default_rng(seed), 15) for seed in range(8))
    assert done_at_all > 8 * 15 / 3


def astray(layers, jurisdiction):
    """Return the ground [m2] of both layers that no zone or more than one lies on, or that lies past the outline."""
    found = [find_issues(frame, jurisdiction) for frame in (layers.beats, layers.cells)]
    wrong = ["duplicate", "overlap", "gap", "leak", "sliver_overlap", "sliver_gap", "sliver_leak"]
    return [issues["area_m2"][issues["kind"].isin(wrong)].sum() for issues in found]


@settings(max_examples=8, deadline=None)
@given(
    seed=SEEDS,
    kinds=st.lists(st.sampled_from(("overlap", "gap", "sliver_overlap", "sliver_gap")), min_size=4, max_size=4),
)
@pytest.mark.parametrize("given_outline", [True, False])
def test_a_faulty_draft_never_gets_worse(seed, kinds, given_outline):
    random = np.random.default_rng(seed)
    layers = draft(5, 5, seed=seed, bends=2)
    jurisdiction = outline(layers.cells)
    spoiled = Spoiled(layers.cells, 5, 2, seed)
    for row, kind in zip((6, 8, 16, 18), kinds, strict=True):
        spoiled.put(kind, row)
    layers = Layers(layers.beats, layers.cells.set_geometry(spoiled.frame().geometry))
    for _ in range(10):
        before = astray(layers, jurisdiction)
        try:
            edited = apply(layers, any_edit(layers, random), jurisdiction=jurisdiction if given_outline else None)
        except EditNotPossible:
            continue
        layers = done(layers, edited)
        assert layers.cells.is_valid.all()
        assert all(now <= was + 0.1 for now, was in zip(astray(layers, jurisdiction), before, strict=True))


@pytest.mark.agency
def test_the_beats_of_a_real_city_stay_a_partition_whatever_is_done_to_them(agency_data):
    beats = gpd.read_file(agency_data / "beats_seattle" / "police_beats.geojson").rename(columns={"name": "code"})
    beats = beats[["code", "geometry"]].assign(name_zh="", name_en=beats["code"])
    layers, random, possible = Layers(beats, beats.iloc[:0].assign(beat="")), np.random.default_rng(4), 0
    jurisdiction = outline(beats)
    for _ in range(60):
        try:
            layers = done(layers, apply(layers, any_edit(layers, random)))
        except EditNotPossible:
            continue
        possible += 1
    assert possible > 20
    assert set(faults(layers, jurisdiction)) <= {"detached", "unmatched_vertex"}, "one beat lies in two parts"
