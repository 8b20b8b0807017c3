"""Lines drawn across zones: knotted to the borders they meet, and the faces into which they cut a zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.edit_chain import pieces_of
from gridmap.geo.edit_plane import project
from gridmap.geo.edit_vertices import Snap, point, put_vertices, snapped
from gridmap.geo.edit_work import Work, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.geo.edit_ops import Point2
    from gridmap.geo.edit_plane import Plane


def line_of(work: Work, given: Sequence[Point2], snap: Snap) -> NDArray[np.float64]:
    """Return a drawn line (m, 2), its points snapped and those that fall on the one before left out.

    Raises
    ------
    EditNotPossible
        If fewer than two points are left.
    """
    places = np.array([snapped(work, point(each), snap) for each in given]).reshape(-1, 2)
    kept = np.append(True, np.hypot(*(np.diff(places, axis=0) * work.plane.scale).T) > work.plane.tol_m)
    if len(places) < 2 or kept.sum() < 2:
        refuse("A line has two points or more.", places[0] if len(places) else None)
    line: NDArray[np.float64] = places[kept]
    return line


def ring_of(work: Work, given: Sequence[Point2], snap: Snap) -> NDArray[np.float64]:
    """Return a drawn ring (m, 2), closed and snapped.

    Raises
    ------
    EditNotPossible
        If it encloses nothing or crosses itself.
    """
    places = line_of(work, [*given, given[0]] if len(given) else given, snap)
    ring = shapely.LinearRing(places) if len(places) > 3 else None
    if ring is None or not shapely.Polygon(ring).is_valid:
        refuse("The outline that was drawn crosses itself or encloses nothing.", places[0])
    return places


def knotted(work: Work, line: NDArray[np.float64], rows: Sequence[int]) -> NDArray[np.float64]:
    """Return `line` (m, 2) with a vertex wherever it meets the borders of `rows`, which all zones there get too.

    A corner of a zone within the tolerance of the line becomes a vertex of the line, the end of a stretch of line
    within the tolerance of a border becomes a vertex of the border, and a crossing becomes a new vertex of both.
    """
    plane = work.plane
    pieces, _ = pieces_of(work.shape[list(rows)])
    pieces = _undirected(pieces)
    at, step = _meetings(pieces, line, plane)
    nodes = np.concatenate([line, at])
    order = np.lexsort((_along(line, at, step, plane), np.concatenate([np.arange(len(line)), step])))
    path = nodes[order]
    kept = np.append(True, np.hypot(*(np.diff(path, axis=0) * plane.scale).T) > plane.tol_m)
    knots: NDArray[np.float64] = path[kept]
    put_vertices(work, knots[_on(pieces, knots, plane)])
    return knots


def faces_in(work: Work, row: int, line: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the polygons (f,) into which a `knotted` line cuts the zone `row`; where it leaves it whole, its parts."""
    shape = work.shape[row]
    steps = np.concatenate([line[:-1], line[1:]], axis=1)
    middle = (line[:-1] + line[1:]) / 2
    inside = shapely.contains_xy(shape, middle[:, 0], middle[:, 1])
    border, _ = pieces_of(np.array([shape], dtype=object))
    faces = enclosed(np.concatenate([border, steps[inside]]))
    spot = shapely.get_coordinates(shapely.point_on_surface(faces))
    kept: NDArray[np.object_] = faces[shapely.contains_xy(shape, spot[:, 0], spot[:, 1])]
    return kept


def enclosed(pieces: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the polygons (f,) that straight pieces (e, 4), which meet at their ends alone, enclose."""
    lines = np.asarray(shapely.linestrings(_undirected(pieces).reshape(-1, 2, 2)), dtype=object)
    return np.asarray(shapely.get_parts(shapely.polygonize(lines)), dtype=object)


def _undirected(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each piece once, whichever way it is walked."""
    turned = (pieces[:, 0] > pieces[:, 2]) | ((pieces[:, 0] == pieces[:, 2]) & (pieces[:, 1] > pieces[:, 3]))
    each: NDArray[np.float64] = np.unique(np.where(turned[:, None], pieces[:, [2, 3, 0, 1]], pieces), axis=0)
    return each


def _meetings(
    pieces: NDArray[np.float64], line: NDArray[np.float64], plane: Plane
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the places (k, 2) where pieces of border meet a line, and the stretch of line (k,) each lies on."""
    steps = np.concatenate([line[:-1], line[1:]], axis=1)
    first = line[0]
    scaled = [shapely.linestrings(((each.reshape(-1, 2, 2)) - first) * plane.scale) for each in (steps, pieces)]
    piece, step = shapely.STRtree(scaled[0]).query(scaled[1], predicate="dwithin", distance=plane.tol_m)
    a, b = pieces[piece, :2], pieces[piece, 2:]
    p, q = steps[step, :2], steps[step, 2:]
    found, where = [], []
    for end in (a, b):
        _, off = project(end, p, q, plane)
        found.append(end[off <= plane.tol_m])
        where.append(step[off <= plane.tol_m])
    ab, pq, ap = ((y - x) * plane.scale for x, y in ((a, b), (p, q), (a, p)))
    turn = ab[:, 0] * pq[:, 1] - ab[:, 1] * pq[:, 0]
    safe = np.where(turn == 0, 1, turn)
    share = (ap[:, 0] * pq[:, 1] - ap[:, 1] * pq[:, 0]) / safe
    along = (ap[:, 0] * ab[:, 1] - ap[:, 1] * ab[:, 0]) / safe
    cross = (turn != 0) & (share > 0) & (share < 1) & (along > 0) & (along < 1)
    node = plane.rounded(a + (b - a) * share[:, None])
    known = np.concatenate([line, *found])
    for end in (a, b, p, q):
        cross &= np.hypot(*((node - end) * plane.scale).T) > plane.tol_m
    rows = np.flatnonzero(cross)
    rows = rows[[bool((plane.apart(known, node[row]) > plane.tol_m).all()) for row in rows]]
    return np.concatenate([*found, node[rows]]), np.concatenate([*where, step[rows]])


def _along(
    line: NDArray[np.float64], at: NDArray[np.float64], step: NDArray[np.int64], plane: Plane
) -> NDArray[np.float64]:
    """Return how far along its stretch each vertex of the line (0) and each place `at` lies."""
    share, _ = project(at, line[step], line[step + 1], plane)
    return np.concatenate([np.zeros(len(line)), share])


def _on(pieces: NDArray[np.float64], points: NDArray[np.float64], plane: Plane) -> NDArray[np.bool_]:
    """Return which `points` (n, 2) lie on any of the pieces."""
    first = points[0]
    lines = shapely.linestrings((pieces.reshape(-1, 2, 2) - first) * plane.scale)
    spots = shapely.points((points - first) * plane.scale)
    hit, _ = shapely.STRtree(lines).query(spots, predicate="dwithin", distance=plane.tol_m)
    found = np.zeros(len(points), dtype=bool)
    found[hit] = True
    return found
