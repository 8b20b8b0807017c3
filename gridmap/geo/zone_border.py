"""Distances to the borders of zones, from borders cut into short pieces so that only near ones are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = 16  # edges a piece


@dataclass(frozen=True, eq=False)
class Borders:
    """The rings of all zones in pieces of a few edges, in a tree, with the row of the zone each belongs to."""

    pieces: NDArray[np.object_]
    zone: NDArray[np.int64]
    tree: shapely.STRtree

    def within(
        self, points: NDArray[np.object_], reach: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return pairs (point, zone) whose border is at most `reach` away, and the distance, in the points' unit.

        A pair comes once for each near piece: the caller takes the least.
        """
        point, piece = self.tree.query(points, predicate="dwithin", distance=reach)
        return point, self.zone[piece], shapely.distance(points[point], self.pieces[piece])

    def distance(self, points: NDArray[np.object_]) -> NDArray[np.float64]:
        """Return the distance of each point to the nearest border of any zone, NaN for empty points or no borders."""
        found = np.full(points.size, np.nan)
        if self.pieces.size:
            (point, _), metres = self.tree.query_nearest(points, return_distance=True, all_matches=False)
            found[point] = metres
        return found


def cut_borders(shapes: NDArray[np.object_]) -> Borders:
    """Return the borders of (n,) polygons, holes included, missing and empty ones left out."""
    parts, zone_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    size = np.bincount(ring, minlength=rings.size)
    first = np.cumsum(size) - size
    n_pieces = -(-(size - 1) // _PIECE)
    ring_of_piece = np.repeat(np.arange(rings.size), n_pieces)
    nth = np.arange(ring_of_piece.size) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    begin = first[ring_of_piece] + nth * _PIECE
    length = np.minimum(_PIECE, (first + size - 1)[ring_of_piece] - begin) + 1
    piece = np.repeat(np.arange(begin.size), length)
    at = np.repeat(begin - (np.cumsum(length) - length), length) + np.arange(piece.size)
    pieces = np.asarray(shapely.linestrings(vertices[at], indices=piece) if piece.size else [], dtype=object)
    return Borders(pieces, zone_of_part[part_of_ring[ring_of_piece]], shapely.STRtree(pieces))
