"""Build the bins of a zone index level by level, compiled; `gridmap.geo.zone_bins` says what a bin is."""

# ruff: noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917  (compiled loops over flat arrays: no object holds them)

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import types

from gridmap.geo.zone_bins import (
    CELLS_PER_EDGE,
    CODED,
    FINEST,
    LEAF_EDGES,
    SECOND_LEVEL_EDGES,
    crossing,
    entering,
    first_double,
    grown,
    key_of,
    merge,
    trace,
    zone_of,
)
from gridmap.geo.zone_exact import BYTES, FLOATS, INTS, POINTS, TUPLE, compiled

# Compiled with zone_bins.py at 78af8727e162

if TYPE_CHECKING:
    from gridmap.geo.zone_exact import Bytes, Floats, Int, Ints, Longs

# A box is a bin to be cut: its edges, its first column and row and the size of its cells, how many of them and
# where they are kept, and the bin that it is (to carry its field in).
_BOX = 10
_START, _STOP, _COLUMN, _ROW, _SHIFT, _COLUMNS, _ROWS, _CELLS, _BASE, _BITS = range(_BOX)

_LONGS_OUT = types.Array(types.int64, 1, "C")
_INTS_OUT = types.Array(types.int32, 1, "C")
_BOXES = types.Array(types.int64, 2, "C")


@compiled(_LONGS_OUT(POINTS, BYTES, INTS, BYTES))
def edge_keys(vertices: Floats, ring_end: Bytes, zone: Ints, hole: Bytes) -> Longs:
    """Return what the field gains left of each edge: the zone's key, its sign by the way the ring turns.

    `zone` and `hole` are told per vertex. Zero for what is no edge: ring ends and edges of no length.
    """
    keys = np.zeros(ring_end.size, np.int64)
    start = 0
    for stop in range(ring_end.size):
        if not ring_end[stop]:
            continue
        area = 0.0
        ox, oy = vertices[start, 0], vertices[start, 1]
        for k in range(start, stop):
            area += (vertices[k, 0] - ox) * (vertices[k + 1, 1] - oy)
            area -= (vertices[k + 1, 0] - ox) * (vertices[k, 1] - oy)
        key = key_of(zone[start])
        if (area < 0) != (hole[start] != 0):
            key = -key
        for k in range(start, stop):
            if vertices[k, 0] != vertices[k + 1, 0] or vertices[k, 1] != vertices[k + 1, 1]:
                keys[k] = key
        start = stop + 1
    return keys


@compiled()
def _write_leaf(leaves: Longs, used: Int, base: Int, edges: Ints, start: Int, stop: Int, keys: Longs) -> Int:
    """Write a leaf: the base, then two words for each run of edges that follow one another with one key."""
    leaves[used] = base
    used += 1
    t = start
    while t < stop:
        first = edges[t]
        run = 1
        while t + run < stop and run < 0x7FFF and edges[t + run] == first + run and keys[first + run] == keys[first]:
            run += 1
        t += run
        leaves[used] = (np.int64(first) << 16) | (run << 1) | (t == stop)
        leaves[used + 1] = keys[first]
        used += 2
    return used


@compiled()
def _bin_edges(
    box: Longs,
    edges: Ints,
    vertices: Floats,
    frame: Floats,
    starts: Longs,
    touched: Longs,
    pair_cell: Ints,
    pair_edge: Ints,
    binned: Ints,
) -> tuple[Ints, Ints, Ints]:
    """Sort a box's edges into its cells: cell c is to hold `binned[starts[c]:starts[c + 1]]`, in order of edges.

    `touched`, `pair_cell` and `pair_edge` are room to work in; what had to grow is returned.
    """
    n_cells = box[_COLUMNS] * box[_ROWS]
    n_pairs = 0
    starts[: n_cells + 1] = 0
    for t in range(box[_START], box[_STOP]):
        n = trace(
            edges[t],
            vertices,
            frame,
            box[_SHIFT],
            box[_COLUMN],
            box[_ROW],
            box[_COLUMNS],
            box[_ROWS],
            touched,
        )
        pair_cell = grown(pair_cell, n_pairs + n)
        pair_edge = grown(pair_edge, n_pairs + n)
        for j in range(n):
            pair_cell[n_pairs] = touched[j]
            pair_edge[n_pairs] = edges[t]
            starts[touched[j] + 1] += 1
            n_pairs += 1
    for c in range(n_cells):
        starts[c + 1] += starts[c]
    if binned.size < n_pairs:
        binned = np.empty(max(n_pairs, 2 * binned.size), np.int32)
    for j in range(n_pairs):
        c = pair_cell[j]
        binned[starts[c]] = pair_edge[j]
        starts[c] += 1
    for c in range(n_cells, 0, -1):
        starts[c] = starts[c - 1]
    starts[0] = 0
    return pair_cell, pair_edge, binned


@compiled()
def _child_bits(n_edges: Int, shift: Int) -> Int:
    """Return into how many cells, as a power of two each way, a bin of so many edges is to be cut."""
    bits = 2
    while bits < 7 and (1 << (2 * bits + 1)) < CELLS_PER_EDGE * n_edges:
        bits += 1
    return min(bits, shift - FINEST)


@compiled(
    TUPLE((_LONGS_OUT, types.int64, _BOXES, _INTS_OUT, types.int64))(
        _INTS_OUT,
        _BOXES,
        _INTS_OUT,
        POINTS,
        types.Array(types.int64, 2, "C", readonly=True),
        FLOATS,
        _LONGS_OUT,
        _LONGS_OUT,
        _LONGS_OUT,
        types.int64,
        types.int64,
        types.boolean,
    )
)
def split(
    cells: Ints,
    boxes: Longs,
    edges: Ints,
    vertices: Floats,
    bits: Longs,
    frame: Floats,
    own: Longs,
    keys: Longs,
    leaves: Longs,
    used: Int,
    room: Int,
    top: bool,
) -> tuple[Longs, Int, Longs, Ints, Int]:
    """Cut each box into cells; return the leaves, the boxes to be cut next and where the cells after those begin.

    Parameters
    ----------
    cells
        To be filled: the cells of this level.
    boxes, edges
        The boxes of one level and the edges in them.
    vertices, bits
        (m, 2) coordinates, and the same memory seen as integers.
    frame
        x and y of the frame's corner, and fixed-point units per unit of coordinates.
    own, keys
        Key of each edge alone, and with the edges that coincide with it (written at the top level).
    leaves, used
        Pool of leaf words and how many are in use.
    room
        First cell after those of this level.
    top
        Whether this is the first level: its left side is outside of all zones, its edges are not yet merged.
    """
    most_cells = 0
    longest = 0
    for b in range(boxes.shape[0]):
        n_here = boxes[b, _COLUMNS] * boxes[b, _ROWS]
        most_cells = max(most_cells, n_here)
        longest = max(longest, 2 * boxes[b, _COLUMNS] + 4 * boxes[b, _ROWS] + 16)
    origin_cell = boxes[0, _CELLS]
    starts = np.empty(most_cells + 1, np.int64)
    touched = np.empty(longest, np.int64)
    pair_cell = np.empty(max(1024, 2 * edges.size if top else 0), np.int32)
    pair_edge = np.empty(pair_cell.size, np.int32)
    binned = np.empty(1024, np.int32)
    slots = np.empty(64, np.int32)
    children = np.empty((1024, _BOX), np.int64)
    n_children = 0
    edge_x = np.empty(16)
    early = np.empty(16, np.int32)
    inherited = np.empty(4096, np.int32)
    n_inherited = 0

    for b in range(boxes.shape[0]):
        start, stop, shift = boxes[b, _START], boxes[b, _STOP], boxes[b, _SHIFT]
        left, low, columns, rows = (
            boxes[b, _COLUMN],
            boxes[b, _ROW],
            boxes[b, _COLUMNS],
            boxes[b, _ROWS],
        )
        box_shift = shift + boxes[b, _BITS]
        here = boxes[b, _CELLS] - origin_cell

        pair_cell, pair_edge, binned = _bin_edges(
            boxes[b],
            edges,
            vertices,
            frame,
            starts,
            touched,
            pair_cell,
            pair_edge,
            binned,
        )

        # Walk each row from left to right at the height of its middle, carrying the field along.
        if edge_x.size < columns + 1:
            edge_x = np.empty(columns + 1)
        for column in range(columns + 1):
            edge_x[column] = first_double((left + column) << shift, frame[0], frame[2])
        n_early = 0  # only edges that begin left of the box bear on the field at its left side
        if early.size < stop - start:
            early = np.empty(2 * (stop - start), np.int32)
        for t in range(start, 0 if top else stop):
            if min(vertices[edges[t], 0], vertices[edges[t] + 1, 0]) < edge_x[0]:
                early[n_early] = edges[t]
                n_early += 1
        for row in range(rows):
            py = frame[1] + (low + row + 0.5) * (np.int64(1) << shift) / frame[2]
            field = boxes[b, _BASE]
            for t in range(n_early):
                field += crossing(early[t], vertices, keys, edge_x[0], py)
                field += entering(
                    early[t],
                    vertices,
                    keys,
                    frame,
                    box_shift,
                    (left << shift) >> box_shift,
                    py,
                )
            answered = field
            answer = zone_of(field)
            for column in range(columns):
                c = row * columns + column
                first, last = starts[c], starts[c + 1]
                if top and first < last:
                    while slots.size < 4 * (last - first):
                        slots = np.empty(2 * slots.size, np.int32)
                    last = merge(binned, first, last, bits, own, keys, slots)
                if first == last:
                    if field != answered:
                        answered = field
                        answer = zone_of(field)
                    cells[here + c] = answer
                    continue
                base = field
                for t in range(first, last):
                    before = crossing(binned[t], vertices, keys, edge_x[column], py)
                    base -= before + entering(binned[t], vertices, keys, frame, shift, left + column, py)
                    field += crossing(binned[t], vertices, keys, edge_x[column + 1], py) - before
                n = last - first
                child_bits = _child_bits(n, shift)
                if n > (SECOND_LEVEL_EDGES if top else LEAF_EDGES) and child_bits >= 2:
                    if n_children == children.shape[0]:
                        wider = np.empty((2 * n_children, _BOX), np.int64)
                        wider[:n_children] = children
                        children = wider
                    inherited = grown(inherited, n_inherited + n)
                    inherited[n_inherited : n_inherited + n] = binned[first:last]
                    child = children[n_children]
                    child[_START], child[_STOP] = n_inherited, n_inherited + n
                    child[_COLUMN], child[_ROW] = (
                        (left + column) << child_bits,
                        (low + row) << child_bits,
                    )
                    child[_SHIFT], child[_BITS] = shift - child_bits, child_bits
                    child[_COLUMNS] = child[_ROWS] = 1 << child_bits
                    child[_CELLS], child[_BASE] = room, base
                    cells[here + c] = -CODED - ((room >> 4 << 4) | (child_bits << 1) | 1)
                    room += 1 << (2 * child_bits)
                    n_children += 1
                    n_inherited += n
                else:
                    leaves = grown(leaves, used + 1 + 2 * n)
                    cells[here + c] = -CODED - (used << 1)
                    used = _write_leaf(leaves, used, base, binned, first, last, keys)
    return (
        leaves,
        used,
        children[:n_children].copy(),
        inherited[:n_inherited].copy(),
        room,
    )
