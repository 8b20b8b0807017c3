"""Look points up in the bins of a zone index, compiled; `gridmap.geo.zone_bins` says what a bin is."""

# ruff: noqa: C901, PLR0912, PLR0913, PLR0917  (compiled loops over flat arrays: no object holds them)

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import types

from gridmap.geo.zone_bins import CODED, OUTSIDE, TANGLED, grown, key_of
from gridmap.geo.zone_exact import BYTES, FLOATS, INTS, LONGS, POINTS, SIDE_BOUND, TUPLE, compiled, covers

# Compiled with zone_bins.py at 78af8727e162

if TYPE_CHECKING:
    from gridmap.geo.zone_exact import Bytes, Floats, Int, Ints, Longs

_BLOCK = 1024  # points whose look-ups are in flight together: memory is waited for once, not once a point
_UNSURE = 1  # no sum of keys
_INTS_OUT = types.Array(types.int32, 1, "C")
_LONGS_OUT = types.Array(types.int64, 1, "C")


@compiled()
def _descend(u: Int, v: Int, grid: Longs, cells: Ints) -> tuple[Int, Int]:
    """Return the cell that holds fixed-point (u, v) and the size of that cell as a shift."""
    shift = grid[0]
    cell = cells[(v >> shift) * grid[1] + (u >> shift)]
    while cell <= -CODED and (-CODED - cell) & 1:
        code = np.int64(-CODED - cell)
        bits = (code >> 1) & 7
        shift -= bits
        mask = (1 << bits) - 1
        cell = cells[(code >> 4 << 4) + (((v >> shift) & mask) << bits) + ((u >> shift) & mask)]
    return cell, shift


@compiled()
def _read_leaf(word: Int, left: float, px: float, py: float, frame: Floats, leaves: Longs, vertices: Floats) -> Int:
    """Return the field at p from a leaf's edges, or _UNSURE where p may be on an edge.

    Without branches inside the loop: which edges cross p's height is a toss-up the processor cannot guess.
    """
    field = leaves[word]
    unsure = False
    more = True
    while more:
        head, key = leaves[word + 1], leaves[word + 2]
        word += 2
        more = head & 1 == 0
        k = head >> 16
        ax = vertices[k, 0]
        dax, day = ax - px, vertices[k, 1] - py
        a_begins = np.int64(((ax - frame[0]) * frame[2] < left) & (day <= 0))
        for _ in range((head >> 1) & 0x7FFF):
            k += 1
            bx = vertices[k, 0]
            dbx, dby = bx - px, vertices[k, 1] - py
            b_begins = np.int64(((bx - frame[0]) * frame[2] < left) & (dby <= 0))
            one, other = dax * dby, day * dbx
            turn = one - other
            unsure |= (day * dby <= 0) & (abs(turn) <= SIDE_BOUND * (abs(one) + abs(other)))
            up = np.int64((day <= 0) & (dby > 0) & (turn < 0))
            down = np.int64((day > 0) & (dby <= 0) & (turn > 0))
            east = np.int64(ax < bx)
            field += key * (down - up + east * a_begins - (1 - east) * b_begins)
            ax, dax, day, a_begins = bx, dbx, dby, b_begins
    return _UNSURE if unsure else field


@compiled(types.int64(FLOATS, FLOATS, FLOATS, LONGS, INTS, LONGS, POINTS, _INTS_OUT))
def locate_points(
    xs: Floats, ys: Floats, frame: Floats, grid: Longs, cells: Ints, leaves: Longs, vertices: Floats, out: Ints
) -> Int:
    """Write the zone of each point to `out`: its row, OUTSIDE, or TANGLED where `settle_points` must decide.

    Parameters
    ----------
    xs, ys
        (n,) coordinates.
    frame
        x and y of the frame's corner, and fixed-point units per unit of coordinates.
    grid
        Shift of the first level's bins, their columns, their rows.
    cells, leaves, vertices
        The index.

    Returns
    -------
    warm
        Of no meaning: what was touched only to have it near.
    """
    shift = grid[0]
    u_end, v_end = float(grid[1] << shift), float(grid[2] << shift)
    us, vs = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64)
    found, shifts = np.empty(_BLOCK, np.int64), np.empty(_BLOCK, np.int64)
    todo = np.empty(_BLOCK, np.int64)
    warm = np.int64(0)
    for start in range(0, xs.size, _BLOCK):
        n = min(_BLOCK, xs.size - start)

        # The first level. Outside the frame, and where a coordinate is not a number, the first cell answers: outside.
        for j in range(n):
            u = (xs[start + j] - frame[0]) * frame[2]
            v = (ys[start + j] - frame[1]) * frame[2]
            inside = (u >= 0) & (u < u_end) & (v >= 0) & (v < v_end)
            us[j] = np.int64(u if inside else 0.0)
            vs[j] = np.int64(v if inside else 0.0)
            shifts[j] = shift
            found[j] = cells[(vs[j] >> shift) * grid[1] + (us[j] >> shift)]

        # Finer levels, all points of the block one level at a time.
        boxes = np.int64(1)
        while boxes:
            boxes = np.int64(0)
            for j in range(n):
                code = -CODED - found[j]
                box = (code & 1) & np.int64(code >= 0)
                bits = ((code >> 1) & 7) * box
                shifts[j] -= bits
                mask = (1 << bits) - 1
                cell = (code >> 4 << 4) + (((vs[j] >> shifts[j]) & mask) << bits) + ((us[j] >> shifts[j]) & mask)
                finer = np.int64(cells[cell * box])
                found[j] += (finer - found[j]) * box
                boxes += box & np.int64(found[j] <= -CODED) & ((-CODED - found[j]) & 1)

        # Leaves: fetch what they need for all points first, then read them.
        waiting = np.int64(0)
        for j in range(n):
            out[start + j] = found[j]
            todo[waiting] = j
            waiting += found[j] <= -CODED
        for t in range(waiting):
            word = (-CODED - found[todo[t]]) >> 1
            found[todo[t]] = word
            warm ^= leaves[word]
            shifts[t] = shifts[todo[t]]
            vs[t] = leaves[word + 1]
        for t in range(waiting):
            first = vs[t] >> 16
            warm ^= np.int64(vertices[first, 0] > vertices[first + ((vs[t] >> 1) & 0x7FFF), 1])
        for t in range(waiting):
            j = todo[t]
            i = start + j
            left = float(us[j] >> shifts[t] << shifts[t])
            field = _read_leaf(found[j], left, xs[i], ys[i], frame, leaves, vertices)
            zone = (field >> 32) & 0xFFFFFF
            answer = zone if field == key_of(zone) else TANGLED
            out[i] = OUTSIDE if field == 0 else answer
    return warm


@compiled(types.void(FLOATS, FLOATS, types.float64, FLOATS, LONGS, INTS, types.Array(types.boolean, 1, "C")))
def mark_near(xs: Floats, ys: Floats, reach: float, frame: Floats, grid: Longs, cells: Ints, out: Bytes) -> None:
    """Mark the points whose square of +-`reach` is not wholly inside one plain cell: an edge may be that near."""
    shift = grid[0]
    u_end, v_end = float(grid[1] << shift), float(grid[2] << shift)
    margin = reach * frame[2] * (1 + 1e-9) + 1
    for i in range(xs.size):
        u = (xs[i] - frame[0]) * frame[2]
        v = (ys[i] - frame[1]) * frame[2]
        if not (margin <= u < u_end - margin and margin <= v < v_end - margin):
            out[i] = -margin <= u < u_end + margin and -margin <= v < v_end + margin
            continue
        cell, fine = _descend(np.int64(u), np.int64(v), grid, cells)
        out[i] = (
            cell <= TANGLED
            or np.int64(u - margin) >> fine != np.int64(u + margin) >> fine
            or np.int64(v - margin) >> fine != np.int64(v + margin) >> fine
        )


@compiled(TUPLE((types.Array(types.float64, 2, "C"), types.int64, _LONGS_OUT, _INTS_OUT))(POINTS, LONGS, FLOATS, LONGS))
def bucket_zones(vertices: Floats, first: Longs, frame: Floats, grid: Longs) -> tuple[Floats, Int, Longs, Ints]:
    """Return each zone's bounds, and a coarse grid of lists of zones: its shift, where each list begins, the rows.

    Zone z has the vertices `first[z]` to `first[z + 1]`; a zone without any has bounds that hold no point.
    """
    n = first.size - 1
    bounds = np.empty((n, 4))
    for z in range(n):
        bounds[z] = (np.inf, np.inf, -np.inf, -np.inf)
        for k in range(first[z], first[z + 1]):
            bounds[z, 0] = min(bounds[z, 0], vertices[k, 0])
            bounds[z, 1] = min(bounds[z, 1], vertices[k, 1])
            bounds[z, 2] = max(bounds[z, 2], vertices[k, 0])
            bounds[z, 3] = max(bounds[z, 3], vertices[k, 1])
    shift = grid[0]
    while ((grid[1] << grid[0]) >> shift) * ((grid[2] << grid[0]) >> shift) > 4 * n:
        shift += 1
    while True:
        columns = ((grid[1] << grid[0]) >> shift) + 1
        rows = ((grid[2] << grid[0]) >> shift) + 1
        begin = np.zeros(columns * rows + 1, np.int64)
        listed = np.empty(0, np.int32)
        for writing in range(2):
            for z in range(n):
                if first[z] == first[z + 1]:
                    continue
                left = np.int64((bounds[z, 0] - frame[0]) * frame[2]) >> shift
                right = np.int64((bounds[z, 2] - frame[0]) * frame[2]) >> shift
                for row in range(
                    np.int64((bounds[z, 1] - frame[1]) * frame[2]) >> shift,
                    (np.int64((bounds[z, 3] - frame[1]) * frame[2]) >> shift) + 1,
                ):
                    if writing:
                        for column in range(left, right + 1):
                            listed[begin[row * columns + column]] = z
                            begin[row * columns + column] += 1
                    else:
                        begin[row * columns + left + 1] += 1
                        if right + 2 <= columns:
                            begin[row * columns + right + 2] -= 1
            if writing:
                begin[1:] = begin[:-1].copy()
                begin[0] = 0
                return bounds, shift, begin, listed
            for row in range(rows):  # the counts were written as steps along each row
                for column in range(1, columns):
                    begin[row * columns + column + 1] += begin[row * columns + column]
            for c in range(columns * rows):
                begin[c + 1] += begin[c]
            if begin[columns * rows] > 64 * n + 1024 and columns * rows > 1:
                shift += 1  # zones far larger than a bucket: coarser buckets, shorter lists
                break
            listed = np.empty(begin[columns * rows], np.int32)


@compiled(
    TUPLE((_LONGS_OUT, _INTS_OUT))(
        FLOATS, FLOATS, POINTS, BYTES, LONGS, POINTS, FLOATS, types.int64, types.int64, LONGS, INTS
    )
)
def covering_zones(
    xs: Floats,
    ys: Floats,
    vertices: Floats,
    ring_end: Bytes,
    first: Longs,
    bounds: Floats,
    frame: Floats,
    shift: Int,
    columns: Int,
    begin: Longs,
    listed: Ints,
) -> tuple[Longs, Ints]:
    """Return every zone that holds each point, borders included, exactly: where each point's zones begin, the rows."""
    found_at = np.zeros(xs.size + 1, np.int64)
    found = np.empty(max(16, 2 * xs.size), np.int32)
    count = 0
    for i in range(xs.size):
        px, py = xs[i], ys[i]
        bucket = (np.int64((py - frame[1]) * frame[2]) >> shift) * columns
        bucket += np.int64((px - frame[0]) * frame[2]) >> shift
        for t in range(begin[bucket], begin[bucket + 1]):
            z = listed[t]
            if (
                bounds[z, 0] <= px <= bounds[z, 2]
                and bounds[z, 1] <= py <= bounds[z, 3]
                and covers(vertices, ring_end, first[z], first[z + 1], px, py)
            ):
                found = grown(found, count + 1)
                found[count] = z
                count += 1
        found_at[i + 1] = count
    return found_at, found[:count].copy()
