"""Owners: to whom each piece goes, and by which rule: who had it before, else who has the longest border with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gridmap.geo.repair_pieces import GAPS, LEAKS, OVERLAPS
from gridmap.geo.topology_edges import GRID_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.repair_pieces import Piece

NOBODY: Final = -1
"""The row of no zone: ground past the jurisdiction, or a question for the planner."""
EQUAL: Final = 0.99
"""A border of this share of the longest one is as long; of a sliver, whose two sides always are, the longer counts."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The row of the zone a piece goes to, the rule it goes by, and why the planner is asked where they are."""

    to: int
    rule: str
    why: str = ""


def decide(
    pieces: list[Piece],
    former: NDArray[np.int64],
    shapes: NDArray[np.object_],
    tree: shapely.STRtree,
    broken: frozenset[int],
    most_m2: float,
) -> list[Decision]:
    """Return a decision for each piece.

    Parameters
    ----------
    pieces
        (k,) without shared ground.
    former
        (k,) the row of the zone that had it in the former edition, -1 where none.
    shapes, tree
        (n,) the zones as they are [m], and a tree over them.
    broken
        Rows of zones that cross themselves: nothing is taken from them or given to them.
    most_m2
        Larger gaps and leaks are the planner's, and larger overlaps where nobody had the ground before.
    """
    borders = _borders(pieces, shapes, tree)
    return [
        _decide(piece, int(row), border, broken, most_m2)
        for piece, row, border in zip(pieces, former, borders, strict=True)
    ]


def _decide(piece: Piece, former: int, border: dict[int, float], broken: frozenset[int], most_m2: float) -> Decision:
    large = piece.shape.area > most_m2 and not piece.kind.startswith("sliver")
    able = {row: border.get(row, 0.0) for row in piece.holders} if piece.holders else border
    if broken & {*piece.holders, *(piece.beside if piece.kind in GAPS else ())}:
        return Decision(NOBODY, "ask", "broken")
    if large and (former not in able or piece.kind not in OVERLAPS):
        return Decision(NOBODY, "ask", "large")
    if piece.kind in LEAKS:
        return Decision(NOBODY, "outline")
    if former in able:
        return Decision(former, "former")
    return _longest(able, equal=1.0 if piece.kind.startswith("sliver") else EQUAL)


def _longest(able: dict[int, float], equal: float) -> Decision:
    ranked = sorted(able, key=lambda row: (-able[row], row))
    if not ranked or able[ranked[0]] <= GRID_M:
        return Decision(NOBODY, "ask", "no border")
    if equal < 1 and len(ranked) > 1 and able[ranked[1]] >= equal * able[ranked[0]]:
        return Decision(NOBODY, "ask", "tie")
    return Decision(ranked[0], "longest border")


def _borders(pieces: list[Piece], shapes: NDArray[np.object_], tree: shapely.STRtree) -> list[dict[int, float]]:
    """Return for each piece the metres along which each zone lies right outside it."""
    found: list[dict[int, float]] = [{} for _ in pieces]
    if not pieces:
        return found
    outlines = shapely.orient_polygons(np.array([piece.shape for piece in pieces], dtype=object))
    rings, piece = shapely.get_rings(outlines, return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    step = coords[edge + 1] - coords[edge]
    length = np.hypot(*step.T)
    outwards = np.stack([step[:, 1], -step[:, 0]], axis=1) / np.maximum(length, 1e-300)[:, None]
    spots = shapely.points((coords[edge] + coords[edge + 1]) / 2 + 2 * GRID_M * outwards)
    spot, zone = tree.query(spots, predicate="intersects")
    owner = piece[ring[edge[spot]]]
    pairs, which = np.unique(owner * len(shapes) + zone, return_inverse=True)
    metres = np.bincount(which, weights=length[spot])
    for key, sum_ in zip(pairs.tolist(), metres.tolist(), strict=True):
        found[key // len(shapes)][key % len(shapes)] = sum_
    return found
