"""Topology of 70,000 cells with three million vertices, 1 % of them spoiled, beside what GEOS offers."""

from __future__ import annotations

import gc
import time
from collections import Counter

import numpy as np
import pytest
import shapely

from gridmap.geo.topology import find_issues
from tests.geo.faults import KINDS, Spoiled, accused, found
from tests.geo.tilings import outline, tiling

SIDE, BENDS, FAULTS = 265, 6, 702
GOAL_S = 0.6
"""What finding, making faces and classing them may cost [CPU seconds]."""

pytestmark = pytest.mark.benchmark


@pytest.fixture(scope="module")
def province():
    clean = tiling(SIDE, SIDE, seed=1, bends=BENDS)
    spoiled = Spoiled(clean, SIDE, BENDS, seed=1)
    rows = np.array([r * SIDE + c for r in range(1, SIDE - 2, 4) for c in range(1, SIDE - 2, 4)])
    np.random.default_rng(5).shuffle(rows)
    for number, row in enumerate(rows[:FAULTS]):
        spoiled.put(KINDS[number % len(KINDS)], int(row))
    find_issues(tiling(3, 3))  # compiles, once per machine
    gc.collect()
    gc.freeze()  # the test's own million objects are nobody's cost
    return clean, spoiled, spoiled.frame(), outline(clean)


def measured(run, times=5):
    """Return the answer and the median of CPU seconds."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        answer = run()
        spent.append(time.process_time() - start)
    return answer, sorted(spent)[len(spent) // 2]


def overlapping(shapes):
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[other])) > 1e-6
    return np.unique(np.concatenate([one[shared], other[shared]]))


def flagged(edges):
    return np.flatnonzero(~shapely.is_empty(edges))


def test_every_fault_is_found_and_quicker_than_geos_finds_some(province):
    clean, spoiled, frame, jurisdiction = province
    shapes = frame.geometry.to_numpy()
    codes = frame["code"].to_numpy()
    sound = np.where(shapely.is_valid(shapes), shapes, shapely.Polygon())
    _, ours = measured(lambda: find_issues(frame, jurisdiction))
    with_former, former = measured(lambda: find_issues(frame, jurisdiction, former=clean))
    nothing, untouched = measured(lambda: find_issues(clean, jurisdiction))
    _, is_valid = measured(lambda: shapely.coverage_is_valid(sound))
    peers = {
        "coverage_invalid_edges, gap 0": measured(lambda: flagged(shapely.coverage_invalid_edges(sound)), 1),
        "coverage_invalid_edges, gap 1 m": measured(
            lambda: flagged(shapely.coverage_invalid_edges(sound, gap_width=1.0)), 1
        ),
        "STRtree + intersection area": measured(lambda: overlapping(sound), 1),
    }
    print(f"\n{len(shapes):,} cells, {shapely.get_num_coordinates(shapes).sum():,} vertices, {FAULTS} faults")
    print(f"{'method':34} {'CPU-s':>6}  found of each kind")
    rows = {"find_issues, faces and classes": (ours, None), "find_issues with a former edition": (former, None)}
    rows |= {"find_issues, nothing wrong": (untouched, None), "coverage_is_valid (yes or no)": (is_valid, None)}
    rows |= {name: (spent, {str(code) for code in codes[hit]}) for name, (hit, spent) in peers.items()}
    put = Counter(fault.kind for fault in spoiled.faults)
    ours_found = Counter(fault.kind for fault in spoiled.faults if found(fault, with_former))
    for name, (spent, hit) in rows.items():
        counted = ours_found if hit is None else Counter(f.kind for f in spoiled.faults if hit & set(f.zones))
        told = "  ".join(f"{kind} {counted[kind]}/{put[kind]}" for kind in KINDS)
        print(f"{name:34} {spent:6.2f}  {told if 'former' in name or hit is not None else ''}")
    assert ours_found == put
    assert accused(spoiled.faults, with_former) == []  # without it a missing cell is a gap beside its neighbours
    assert nothing.empty
    assert ours < GOAL_S
    assert ours < is_valid / 2
