"""Ground that changes hands: pieces taken from some zones and given to others, everything else left as it is."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.repair_nodes import settled, vertices_beside, with_nodes
from gridmap.geo.topology_edges import GRID_M
from gridmap.geo.topology_issue import points_inside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

AREA_SHARE = 1e-9
"""Share of a zone's area by which arithmetic may miss it."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A piece of ground, the rows that lose it and the row that gains it, -1 for nobody."""

    shape: shapely.Polygon
    losers: tuple[int, ...]
    gainer: int


def transfer(
    shapes: NDArray[np.object_],
    tree: shapely.STRtree,
    moves: Sequence[Transfer],
    spots: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.object_], list[int]]:
    """Return the rows that change, their new shapes, and the numbers of the moves that would do harm.

    Parameters
    ----------
    shapes, tree
        (n,) Polygons or MultiPolygons [m], and a tree over them; those that are not valid are left alone.
    moves
        Pieces without shared ground.
    spots
        (k, 2) places [m]; where a vertex still is there afterwards, every border passing by is to have it.

    Returns
    -------
    rows, shapes, harmful
        A move does harm if a zone of it would fall into more parts than before, vanish, or change by more or less than
        the pieces it gains and loses. With any harmful move nothing may be used.
    """
    pieces = np.array([move.shape for move in moves], dtype=object)
    ground = np.concatenate([pieces, shapely.buffer(shapely.points(spots), GRID_M / 2, quad_segs=1)])
    rows = np.unique(tree.query(ground, predicate="dwithin", distance=GRID_M)[1]).astype(np.int64)
    rows = rows[shapely.is_valid(shapes[rows])]
    place = {int(row): i for i, row in enumerate(rows)}
    stray = [i for i, move in enumerate(moves) if not {*move.losers, move.gainer} <= place.keys() | {-1}]
    if stray or not len(rows):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=object), stray
    old = shapes[rows]
    new, taking_part, harmful = _overlaid(old, place, moves, pieces)
    if harmful:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=object), harmful
    led, changed = with_nodes(new, settled(vertices_beside(new, ground)))
    led[changed] = _sound(led[changed])
    spoiled = changed & _harmed(new, led, np.zeros(len(new)))
    led[spoiled], changed[spoiled] = new[spoiled], False
    changed[taking_part] = True
    return rows[changed], led[changed], []


def _overlaid(
    old: NDArray[np.object_], place: dict[int, int], moves: Sequence[Transfer], pieces: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.int64], list[int]]:
    """Return the shapes after all moves, which of them took part, and the moves that do harm; `place` of each row."""
    nodes = settled(vertices_beside(old, pieces), shapely.get_coordinates(pieces))
    pieces, bent = with_nodes(pieces, nodes)
    pieces[bent] = _sound(pieces[bent])
    lost, gained = defaultdict(list), defaultdict(list)
    goal = np.array([place.get(move.gainer, -1) for move in moves], dtype=np.int64)
    holds = shapely.intersects(old[goal], points_inside(pieces)) if len(moves) else goal
    for number, move in enumerate(moves):
        for row in move.losers:
            lost[place[row]].append(number)
        if goal[number] >= 0 and not holds[number]:
            gained[int(goal[number])].append(number)
    taking_part = np.array(sorted({*lost, *gained}), dtype=np.int64)
    new = old.copy()
    noded, bent = with_nodes(old[taking_part], nodes)
    noded[bent] = _sound(noded[bent])
    new[taking_part] = noded
    for numbers, change in ((lost, shapely.difference), (gained, shapely.union)):
        if numbers:
            at = np.fromiter(numbers, dtype=np.int64)
            parts = [pieces[n[0]] if len(n) == 1 else shapely.union_all(pieces[n]) for n in numbers.values()]
            new[at] = _each(change, new[at], np.array(parts, dtype=object))
    sizes = shapely.area(pieces)
    expected = np.array([sizes[gained[i]].sum() - sizes[lost[i]].sum() for i in taking_part.tolist()])
    bad = _harmed(old[taking_part], new[taking_part], expected)
    return new, taking_part, sorted({number for i in taking_part[bad].tolist() for number in (*lost[i], *gained[i])})


def _sound(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the shapes; of one that was led through a node twice, where it was a crack, without the crack."""
    result = shapes.copy()
    folded = ~shapely.is_valid(result)
    result[folded] = shapely.make_valid(result[folded], method="structure", keep_collapsed=False)
    return result


def _each(
    change: Callable[..., NDArray[np.object_]], one: NDArray[np.object_], other: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Return `change` of each pair; None where GEOS finds no answer."""
    try:
        return change(one, other)
    except shapely.errors.GEOSException:
        result = np.full(len(one), None, dtype=object)
        for i, pair in enumerate(zip(one, other, strict=True)):
            with suppress(shapely.errors.GEOSException):
                result[i] = change(*pair)
        return result


def _harmed(old: NDArray[np.object_], new: NDArray[np.object_], expected: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which zones are broken, in more parts, or of another size than the pieces explain."""
    polygonal = np.isin(shapely.get_type_id(new), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    bad = ~polygonal | shapely.is_empty(new) | ~shapely.is_valid(new)  # None is neither
    bad |= shapely.get_num_geometries(new) > shapely.get_num_geometries(old)
    slack = GRID_M * shapely.length(old) + AREA_SHARE * shapely.area(old)
    bad |= ~(np.abs(shapely.area(new) - shapely.area(old) - expected) <= slack)
    return bad
