"""One edit with its check at 100, 2,025 and 70,225 cells of 49 vertices, beside what shapely offers for it."""

from __future__ import annotations

import gc
import time

import numpy as np
import pytest
import shapely

from gridmap.geo.edit import Cut, Draw, Give, Insert, Merge, Move, Remove, Split, Straighten, apply
from gridmap.geo.topology import find_issues
from gridmap.geo.topology_near import find_issues_near
from tests.geo.edits import done, draft, in_degrees, metres, shape
from tests.geo.tilings import outline

SIZES = {10: (5, 0.025), 45: (5, 0.05), 265: (7, 1.0)}
"""Cells a side -> cells a side of a beat (about as many as stations have), and the goal [CPU-s]."""
BENDS = 7

pytestmark = pytest.mark.benchmark


def measured(run, times=9):
    """Return the answer and the median of CPU seconds."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        answer = run()
        spent.append(time.process_time() - start)
    return answer, sorted(spent)[len(spent) // 2]


def edits(layers, side, block):
    """Return one edit of each kind, where the middle cell meets its neighbours, across two beats where it can."""
    row = side // 2 // block * block
    first = row * side + row
    code, right, up = (layers.cells["code"].iloc[first + step] for step in (-1, 0, -2))
    ground = shape(layers, code)
    ring = shapely.get_coordinates(ground)
    (west, _, east, _), (x, y) = ground.bounds, ground.centroid.coords[0]
    wide, high = metres(layers, 50, 50)
    corner, bend = 2 * (BENDS + 1), 2 * (BENDS + 1) + 3
    middle = (ring[bend] + ring[bend + 1]) / 2
    square = [(-wide, -high), (wide, -high), (wide, high), (-wide, high)]
    return {
        "move a corner": Move(((tuple(ring[corner]), tuple(ring[corner] + (wide / 9, high / 9))),)),
        "move a bend": Move(((tuple(ring[bend]), tuple(ring[bend] + (wide / 9, high / 9))),)),
        "insert": Insert((tuple(ring[bend]), tuple(ring[bend + 1])), tuple(middle)),
        "remove": Remove(tuple(ring[bend])),
        "split": Split("grid_cell", code, ((west - wide, y), (east + wide, y))),
        "merge": Merge("grid_cell", (code, up), code),
        "cut": Cut("grid_cell", code, tuple((east + a, y + b) for a, b in square), right),
        "draw": Draw(tuple((x + a, y + b) for a, b in square), "new"),
        "straighten": Straighten("grid_cell", code, right),
        "give": Give((code,), layers.cells["beat"].iloc[first]),
    }


def plain_move(layers, old, new):
    """Move a vertex as one would with shapely: in every zone, beats united anew, the whole coverage looked at."""

    def moved(places):
        places[(np.abs(places - old) <= 1e-8).all(axis=1)] = new
        return places

    cells = shapely.transform(layers.cells.geometry.to_numpy(), lambda places: moved(places.copy()))
    changed = ~shapely.equals_identical(cells, layers.cells.geometry.to_numpy())
    beat = layers.cells["beat"].to_numpy()
    beats = {code: shapely.union_all(cells[beat == code]) for code in np.unique(beat[changed].astype(str))}
    return beats, shapely.coverage_is_valid(cells)


@pytest.mark.parametrize("side", SIZES)
def test_an_edit_is_done_and_checked_while_the_mouse_is_still_warm(side):
    block, goal = SIZES[side]
    layers = in_degrees(draft(side, side, seed=1, bends=BENDS, block=block))
    jurisdiction = outline(layers.cells)
    some = edits(layers, side, block)
    for op in some.values():
        apply(layers, op)  # compiles, once per machine
    gc.collect()
    gc.freeze()
    print(f"\n{len(layers.cells):,} cells of {6 * (BENDS + 1) + 1} vertices, {len(layers.beats):,} beats")
    print(f"{'edit':16} {'CPU-ms':>8} {'zones':>6} {'check near it':>14}")
    slowest = near_slowest = 0.0
    for name, op in some.items():
        edited, spent = measured(lambda op=op: apply(layers, op))
        new, changed = done(layers, edited), edited.cells["code"].tolist()
        cells, beats = new.cells, new.beats
        issues, near = measured(
            lambda cells=cells, changed=changed, beats=beats: find_issues_near(
                cells, jurisdiction, changed, beats=beats
            ),
            3,
        )
        print(f"{name:16} {1000 * spent:8.1f} {len(edited.cells) + len(edited.beats):6d} {1000 * near:14.1f}")
        assert issues.empty
        slowest, near_slowest = max(slowest, spent), max(near_slowest, near)
    move = some["move a corner"].moves[0]
    (_, valid), plain = measured(lambda: plain_move(layers, *map(np.array, move)), 1)
    flat = layers.cells.to_crs(4547)
    area = outline(flat)
    _, whole = measured(lambda: find_issues(flat, area), 3)
    print(
        f"{'move, by shapely':16} {1000 * plain:8.1f}        whole check {1000 * whole:.1f} (in metres, without beats)"
    )
    assert valid
    assert slowest < goal
    assert near_slowest < max(0.1, goal)
