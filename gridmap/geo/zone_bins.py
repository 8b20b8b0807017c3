"""The bins of a zone index, compiled: a grid whose bins are cut finer where borders pass.

A bin that no edge touches holds its answer. A bin that edges touch becomes a finer grid, or a leaf: the few
edges in it and a `base`. The *field* at a point is the sum of the keys of the zones that hold it. Walking
from one point to another changes the field by the key of each edge crossed, so inside a bin

    field(p) = base + sum over the bin's edges of
        +-key where the edge crosses the height of p left of p
        +-key where the edge begins left of the bin, at or below the height of p.

The second term stands for the part of the edge outside the bin: only the edge's own end enters, no rounded
intersection, so the sum is exact. A key packs a count of one, the zone's row and a hash of it: a sum that is
the key of one zone means that zone alone; anything else (overlaps, crossed rings) is settled zone by zone.
"""

# ruff: noqa: PLR0917  (compiled loops over flat arrays: no object holds them)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.geo.zone_exact import compiled, side

# Compiled with zone_exact.py at 578bc52c84fa

if TYPE_CHECKING:
    from gridmap.geo.zone_exact import Floats, Int, Ints, Longs

OUTSIDE = -1  # a cell that no zone covers
TANGLED = -2  # a cell that several zones cover: settled zone by zone
CODED = 3  # cells below -2 say where to look on: -(CODED + what)

FINEST = 6  # a bin is never cut below 2^6 fixed-point units, far above rounding
CELLS_PER_EDGE = 6.0
LEAF_EDGES = 12
SECOND_LEVEL_EDGES = 3  # a bin of the first level with more is cut; below, one with more than LEAF_EDGES
_FAR = 2.0**40  # beyond every fixed-point coordinate
_SLACK = 1.0 / 1024.0  # of a bin, by which an edge's trace is widened before it is put into bins


@compiled()
def key_of(zone: Int) -> Int:
    """Return the key of a zone: count 1, its row (24 bits) and a hash of the row (32 bits)."""
    mixed = (np.int64(zone) + 1) * 0x9E3779B1 & 0xFFFFFFFF
    mixed ^= mixed >> 15
    mixed = mixed * 0x85EBCA6B & 0xFFFFFFFF
    mixed ^= mixed >> 13
    return (1 << 56) + (np.int64(zone) << 32) + mixed


@compiled()
def zone_of(field: Int) -> Int:
    """Return the row of the one zone whose key `field` is, OUTSIDE for none, TANGLED for anything else."""
    if field == 0:
        return OUTSIDE
    zone = (field >> 32) & 0xFFFFFF
    return zone if field == key_of(zone) else TANGLED


@compiled()
def first_double(wanted: Int, origin: float, scale: float) -> Any:
    """Return the least double x with (x - origin) * scale >= wanted."""
    high = origin + wanted / scale
    low = np.nextafter(high, -np.inf)
    if (high - origin) * scale >= wanted > (low - origin) * scale:
        return high
    step = 4.0 * np.spacing(max(abs(high), abs(origin)))
    low = high - step
    high += step
    while True:
        middle = low + (high - low) / 2
        if not low < middle < high:
            return high
        if (middle - origin) * scale >= wanted:
            high = middle
        else:
            low = middle


@compiled()
def trace(
    edge: Int, vertices: Floats, frame: Floats, shift: Int, left: Int, low: Int, columns: Int, rows: Int, cells: Longs
) -> Int:
    """Write the cells of a grid that an edge may touch into `cells` and return how many.

    The grid's first cell is column `left`, row `low` of the bins of 2^shift units. Never beyond the columns
    and rows of the edge's own ends: the field depends on that.
    """
    ua = (vertices[edge, 0] - frame[0]) * frame[2]
    va = (vertices[edge, 1] - frame[1]) * frame[2]
    ub = (vertices[edge + 1, 0] - frame[0]) * frame[2]
    vb = (vertices[edge + 1, 1] - frame[1]) * frame[2]
    if va > vb:
        ua, va, ub, vb = ub, vb, ua, va
    first = max((np.int64(min(ua, ub)) >> shift) - left, 0)
    last = min((np.int64(max(ua, ub)) >> shift) - left, columns - 1)
    bottom = max((np.int64(va) >> shift) - low, 0)
    top = min((np.int64(vb) >> shift) - low, rows - 1)
    count = 0
    if first == last or bottom == top:
        for row in range(bottom, top + 1):
            for column in range(first, last + 1):
                cells[count] = row * columns + column
                count += 1
        return count
    size = float(np.int64(1) << shift)
    slope = (ub - ua) / (vb - va)
    slack = size * _SLACK * (1.0 + abs(slope))
    for row in range(bottom, top + 1):
        floor = (row + low) * size
        at_floor = ua if floor <= va else ua + (floor - va) * slope
        at_ceiling = ub if floor + size >= vb else ua + (floor + size - va) * slope
        begin = min(at_floor, at_ceiling) - slack
        end = max(at_floor, at_ceiling) + slack
        if end < 0:
            continue
        begin_column = max((np.int64(max(begin, 0.0)) >> shift) - left, first)
        end_column = min((np.int64(min(end, _FAR)) >> shift) - left, last)
        for column in range(begin_column, end_column + 1):
            cells[count] = row * columns + column
            count += 1
    return count


@compiled()
def crossing(edge: Int, vertices: Floats, keys: Longs, px: float, py: float) -> Int:
    """Return what the edge adds to the field at p by crossing p's height left of p."""
    up = vertices[edge + 1, 1] > py
    if (vertices[edge, 1] > py) == up:
        return 0
    turn = side(vertices[edge, 0], vertices[edge, 1], vertices[edge + 1, 0], vertices[edge + 1, 1], px, py)
    if up:
        return -keys[edge] if turn < 0 else 0
    return keys[edge] if turn > 0 else 0


@compiled()
def entering(edge: Int, vertices: Floats, keys: Longs, frame: Floats, shift: Int, column: Int, py: float) -> Int:
    """Return what the edge adds to the field at height `py` by beginning left of its bin."""
    eastward = vertices[edge, 0] < vertices[edge + 1, 0]
    begin = edge if eastward else edge + 1
    if py < vertices[begin, 1] or np.int64((vertices[begin, 0] - frame[0]) * frame[2]) >> shift >= column:
        return 0
    return keys[edge] if eastward else -keys[edge]


@compiled()
def grown(array: Longs, needed: Int) -> Longs:
    """Return `array`, copied to twice the room where `needed` words would not fit."""
    if needed <= array.size:
        return array
    wider = np.empty(max(needed, 2 * array.size), array.dtype)
    wider[: array.size] = array
    return wider


@compiled()
def merge(edges: Ints, start: Int, stop: Int, bits: Longs, own: Longs, keys: Longs, slots: Ints) -> Int:
    """Fold edges with the same two ends into the first of them, drop those that cancel; return the new stop."""
    mask = 4
    while mask < 2 * (stop - start):
        mask *= 2
    slots[:mask] = -1
    mask -= 1
    kept = start
    for t in range(start, stop):
        edge = edges[t]
        mixed = (bits[edge, 0] ^ bits[edge + 1, 0]) * 0x9E3779B97F4A7C1 + (bits[edge, 1] ^ bits[edge + 1, 1])
        mixed *= 0x2545F4914F6CDD1D
        slot = (mixed >> 40) & mask
        while True:
            if slots[slot] < 0:
                slots[slot] = edge
                keys[edge] = own[edge]
                edges[kept] = edge
                kept += 1
                break
            other = slots[slot]
            if (
                bits[other, 0] == bits[edge, 0]
                and bits[other, 1] == bits[edge, 1]
                and bits[other + 1, 0] == bits[edge + 1, 0]
                and bits[other + 1, 1] == bits[edge + 1, 1]
            ):
                keys[other] += own[edge]
                break
            if (
                bits[other, 0] == bits[edge + 1, 0]
                and bits[other, 1] == bits[edge + 1, 1]
                and bits[other + 1, 0] == bits[edge, 0]
                and bits[other + 1, 1] == bits[edge, 1]
            ):
                keys[other] -= own[edge]
                break
            slot = (slot + 1) & mask
    stop = kept
    kept = start
    for t in range(start, stop):
        if keys[edges[t]] != 0:
            edges[kept] = edges[t]
            kept += 1
    return kept
