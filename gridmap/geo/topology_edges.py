"""Edge pairing: where zones that should tile a jurisdiction do not.

Walk every zone with its ground on the left and the jurisdiction's outline the other way round. If the zones tile
the jurisdiction, every straight piece of border is then walked exactly once each way. What is left over is the
boundary of all that is wrong, and everything else need never be looked at again.

Coordinates are compared after rounding to `GRID_M`, so that the noise of a reprojection pairs with itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

GRID_M: Final = 0.001
"""Borders nearer to each other than this are one border [m]."""
OUTLINE: Final = -1
"""The owner of an edge of the jurisdiction."""
PER_BUCKET: Final = 1024
"""Keys that are counted at a time; a table for them stays in the processor's nearest cache."""


@dataclass(frozen=True, slots=True)
class Rings:
    """The rings of many polygons, end to end.

    `coords` (m, 2) [m]; ring r is `coords[starts[r]:starts[r + 1]]`, closed; `owner` (r,) is the polygon's row;
    `side` (r,) is +1 for a ring to be walked counter-clockwise, -1 for clockwise, 0 for not at all.
    """

    coords: NDArray[np.float64]
    starts: NDArray[np.int64]
    owner: NDArray[np.int64]
    side: NDArray[np.int8]

    def without(self, rows: NDArray[np.int64]) -> Rings:
        """Return these rings, those of the polygons in `rows` not to be walked."""
        if not len(rows):
            return self
        side = np.where(np.isin(self.owner, rows), 0, self.side).astype(np.int8)
        return Rings(self.coords, self.starts, self.owner, side)

    def of(self, owner: NDArray[np.int64]) -> Rings:
        """Return these rings with another owner for each polygon."""
        return Rings(self.coords, self.starts, owner[self.owner], self.side)

    def reversed(self) -> Rings:
        """Return these rings, walked the other way round."""
        return Rings(self.coords, self.starts, self.owner, (-self.side).astype(np.int8))


@dataclass(frozen=True, slots=True)
class Loose:
    """Borders that are not walked exactly once each way.

    `nodes` (n,) places as x + iy in steps of `GRID_M`, sorted; `places` (n, 2) [m] of them; `ends` (k, 2) node
    numbers of each border, lower first; `net` (k,) walks upwards less walks downwards; (`walk_edge`, `walk_owner`)
    (w,) who walked which border.
    """

    nodes: NDArray[np.complex128]
    places: NDArray[np.float64]
    ends: NDArray[np.int64]
    net: NDArray[np.int64]
    walk_edge: NDArray[np.int64]
    walk_owner: NDArray[np.int64]


def rings_of(shapes: NDArray[np.object_]) -> Rings:
    """Return the rings of (n,) valid or invalid (Multi)Polygons, to be walked with their ground on the left."""
    plain = (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON) & (
        shapely.get_num_interior_rings(shapes) == 0
    )
    plain &= ~shapely.is_empty(shapes)
    simple, rows = shapes[plain], np.flatnonzero(plain)
    parts, part_row = shapely.get_parts(shapes[~plain], return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    hole = np.zeros(len(rings), dtype=bool)
    hole[1:] = ring_part[1:] == ring_part[:-1]
    sizes = np.concatenate([shapely.get_num_coordinates(simple), shapely.get_num_coordinates(rings)])
    owner = np.concatenate([rows, np.flatnonzero(~plain)[part_row[ring_part]]]).astype(np.int64)
    side = np.concatenate([np.ones(len(simple), np.int8), np.where(hole, -1, 1).astype(np.int8)])
    coords = shapely.get_coordinates(simple)
    if len(rings):
        coords = np.concatenate([coords, shapely.get_coordinates(rings)])
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Rings(coords, starts, owner, side)


def loose_edges(*parts: Rings, grouped: bool = False) -> Loose:
    """Return the borders that are not walked exactly once each way by all `parts` together.

    `grouped`: a border pairs only with those of the same owner.
    """
    made = [_edge_keys(part.coords, part.starts, part.side, _salt(part.owner, grouped=grouped)) for part in parts]
    keys = np.concatenate([part_keys for part_keys, _ in made])
    rows = _rows_of(keys, _unpaired(keys, *_bucket(keys)))
    start, end, turned, owner = (np.concatenate(column) for column in zip(*_walks(parts, made, rows), strict=True))
    steps = np.rint(np.concatenate([start, end]) / GRID_M)
    nodes, first, node = np.unique(steps[:, 0] + 1j * steps[:, 1], return_index=True, return_inverse=True)
    places = np.concatenate([start, end])[first]
    low, high = np.minimum(node[: len(rows)], node[len(rows) :]), np.maximum(node[: len(rows)], node[len(rows) :])
    edges, which = np.unique(low * max(len(nodes), 1) + high, return_inverse=True)
    up = (low == node[: len(rows)]) != turned
    net = np.bincount(which, weights=np.where(up, 1, -1), minlength=len(edges)).astype(np.int64)
    ends = np.stack([edges // max(len(nodes), 1), edges % max(len(nodes), 1)], axis=1)
    return Loose(nodes, places, ends, net, which.astype(np.int64), owner)


def _walks(
    parts: tuple[Rings, ...],
    made: list[tuple[NDArray[np.uint64], NDArray[np.bool_]]],
    rows: NDArray[np.int64],
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]]:
    """Yield the start, the end, whether its ring lies turned, and the owner of each piece of border in `rows`."""
    before = 0
    for part, (keys, turned) in zip(parts, made, strict=True):
        own = rows[(rows >= before) & (rows < before + len(keys))] - before
        ring = np.searchsorted(part.starts, own, side="right") - 1
        yield part.coords[own], part.coords[own + 1], turned[ring], part.owner[ring]
        before += len(keys)


def piece_keys(rings: Rings) -> NDArray[np.uint64]:
    """Return a key (m,) for the piece from each coordinate to the next, the same both ways; 0 where there is none."""
    keys, _ = _edge_keys(rings.coords, rings.starts, rings.side, _salt(rings.owner))
    return np.where(keys == 0, keys, keys | np.uint64(1))


def _salt(owner: NDArray[np.int64], *, grouped: bool = False) -> NDArray[np.uint64]:
    return owner.astype(np.uint64) if grouped else np.zeros(len(owner), np.uint64)


def _bucket(keys: NDArray[np.uint64]) -> tuple[int, int]:
    """Return by how many bits to shift a key to get its bucket, and how many buckets there are."""
    bits = max(int(len(keys) // PER_BUCKET).bit_length(), 1)
    return 64 - bits, 1 << bits


@njit(cache=True, inline="always")
def _mixed(value: np.uint64) -> np.uint64:
    """Return a number whose bits all depend on all bits of `value` (splitmix64's last step)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True, inline="always")
def _place_key(x: float, y: float, salt: np.uint64) -> np.uint64:
    across, up = np.uint64(np.int64(np.rint(x / GRID_M))), np.uint64(np.int64(np.rint(y / GRID_M)))
    return _mixed(across * np.uint64(0x9E3779B97F4A7C15) + _mixed(up + salt * np.uint64(0xD1B54A32D192ED03)))


@njit(cache=True)
def _edge_keys(
    coords: NDArray[np.float64], starts: NDArray[np.int64], side: NDArray[np.int8], salt: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return a key for the edge from each coordinate to the next, whose last bit is the way it is walked.

    0 stands for no edge (the last coordinate of a ring, or no length after rounding). `turned` tells the rings
    that lie in memory the other way round than they are to be walked.
    """
    keys = np.zeros(len(coords), np.uint64)
    turned = np.zeros(len(side), np.bool_)
    for ring in range(len(side)):
        if side[ring] == 0:
            continue
        first, last = starts[ring], starts[ring + 1] - 1
        twice = 0.0
        for i in range(first, last):
            ax, ay = coords[i, 0] - coords[first, 0], coords[i, 1] - coords[first, 1]
            twice += ax * (coords[i + 1, 1] - coords[first, 1]) - (coords[i + 1, 0] - coords[first, 0]) * ay
        turned[ring] = (twice < 0) != (side[ring] < 0)
        here = _place_key(coords[first, 0], coords[first, 1], salt[ring])
        for i in range(first, last):
            there = _place_key(coords[i + 1, 0], coords[i + 1, 1], salt[ring])
            if here != there:
                low, high = min(here, there), max(here, there)
                way = np.uint64(1) if (here < there) != turned[ring] else np.uint64(0)
                mixed = _mixed(low + np.uint64(0x632BE59BD9B4E019) * high)
                keys[i] = (mixed | np.uint64(2)) & ~np.uint64(1) | way
            here = there
    return keys, turned


@njit(cache=True)
def _unpaired(keys: NDArray[np.uint64], shift: int, buckets: int) -> NDArray[np.uint64]:  # noqa: C901  one kernel, two passes
    """Return the keys, last bit cleared, that do not occur exactly once each way."""
    heads = np.zeros(buckets + 1, np.int64)
    for key in keys:
        if key:
            heads[np.int64(key >> np.uint64(shift)) + 1] += 1
    largest = heads.max()
    heads = np.cumsum(heads)
    sorted_keys = np.empty(heads[-1], np.uint64)
    place = heads.copy()
    for key in keys:
        if key:
            bucket = np.int64(key >> np.uint64(shift))
            sorted_keys[place[bucket]] = key
            place[bucket] += 1
    size = 16
    while size < 2 * largest:
        size *= 2
    table, ways = np.zeros(size, np.uint64), np.zeros((size, 2), np.int32)
    used = np.empty(largest, np.int64)
    found = []
    for chunk in range(buckets):
        count = 0
        for i in range(heads[chunk], heads[chunk + 1]):
            key = sorted_keys[i] | np.uint64(1)
            slot = np.int64((key >> np.uint64(1)) & np.uint64(size - 1))
            while table[slot] and table[slot] != key:
                slot = (slot + 1) & (size - 1)
            if not table[slot]:
                table[slot] = key
                used[count] = slot
                count += 1
            ways[slot, np.int64(sorted_keys[i] & np.uint64(1))] += 1
        for i in range(count):
            seen = used[i]
            if ways[seen, 0] != 1 or ways[seen, 1] != 1:
                found.append(table[seen])
            table[seen] = 0
            ways[seen] = 0
    return np.array(found, dtype=np.uint64)


@njit(cache=True)
def _rows_of(keys: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the rows of `keys` that are among `wanted`, the last bit aside."""
    size = 1 << 16
    while size < 4 * len(wanted):
        size *= 2
    table = np.zeros(size, np.uint64)
    for key in wanted:
        slot = np.int64((key >> np.uint64(1)) & np.uint64(size - 1))
        while table[slot]:
            slot = (slot + 1) & (size - 1)
        table[slot] = key
    rows = []
    for row in range(len(keys)):
        if keys[row]:
            key = keys[row] | np.uint64(1)
            slot = np.int64((key >> np.uint64(1)) & np.uint64(size - 1))
            while table[slot] and table[slot] != key:
                slot = (slot + 1) & (size - 1)
            if table[slot]:
                rows.append(row)
    return np.array(rows, dtype=np.int64)
