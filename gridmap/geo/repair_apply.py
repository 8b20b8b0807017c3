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
        (k, 2) vertices that every border passing by is to have [m].

    Returns
    -------
    rows, shapes, harmful
        A move does harm if a zone of it would fall into more parts than before, vanish, or change by more or less than
        the pieces it gains and loses. With any harmful move nothing may be used.
    """
    pieces = np.array([move.shape for move in moves], dtype=object)
    marks = shapely.points(spots)
    beside = tree.query(np.concatenate([pieces, marks]), predicate="dwithin", distance=GRID_M)[1]
    rows = np.unique(beside).astype(np.int64)
    rows = rows[shapely.is_valid(shapes[rows])]
    place = {int(row): i for i, row in enumerate(rows)}
    stray = [i for i, move in enumerate(moves) if not {*move.losers, move.gainer} <= place.keys() | {-1}]
    if stray or not len(rows):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=object), stray
    old = shapes[rows]
    nodes = settled(vertices_beside(old, pieces), spots, shapely.get_coordinates(pieces))
    new, changed = with_nodes(old, nodes)
    new[changed] = _sound(new[changed])
    pieces, bent = with_nodes(pieces, nodes)
    pieces[bent] = _sound(pieces[bent])
    lost, gained = defaultdict(list), defaultdict(list)
    goal = np.array([place.get(move.gainer, -1) for move in moves], dtype=np.int64)
    holds = shapely.intersects(old[goal], shapely.point_on_surface(pieces)) if len(moves) else goal
    for number, move in enumerate(moves):
        for row in move.losers:
            lost[place[row]].append(number)
        if goal[number] >= 0 and not holds[number]:
            gained[int(goal[number])].append(number)
    for numbers, change in ((lost, shapely.difference), (gained, shapely.union)):
        if numbers:
            at = np.fromiter(numbers, dtype=np.int64)
            parts = [pieces[n[0]] if len(n) == 1 else shapely.union_all(pieces[n]) for n in numbers.values()]
            new[at] = _each(change, new[at], np.array(parts, dtype=object))
            changed[at] = True
    involved = np.array(sorted({*lost, *gained}), dtype=np.int64)
    sizes = shapely.area(pieces)
    expected = np.array([sizes[gained[i]].sum() - sizes[lost[i]].sum() for i in involved.tolist()])
    bad = _harmed(old[involved], new[involved], expected)
    harmful = sorted({number for i in involved[bad].tolist() for number in (*lost[i], *gained[i])})
    aside = np.setdiff1d(np.flatnonzero(changed), involved)
    changed[aside[_harmed(old[aside], new[aside], np.zeros(len(aside)))]] = False
    return rows[changed], new[changed], harmful


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
    """Return which zones have more parts or holes' worth of ground missing than the pieces explain."""
    polygonal = np.isin(shapely.get_type_id(new), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    bad = ~polygonal | shapely.is_empty(new) | ~shapely.is_valid(new)  # None is neither
    bad |= shapely.get_num_geometries(new) > shapely.get_num_geometries(old)
    slack = GRID_M * shapely.length(old) + AREA_SHARE * shapely.area(old)
    bad |= ~(np.abs(shapely.area(new) - shapely.area(old) - expected) <= slack)
    return bad
