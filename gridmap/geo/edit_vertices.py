"""Edits on vertices: move, insert, remove, each in all zones at once; and where a new point snaps to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.edit_chain import pieces_of, weld
from gridmap.geo.edit_ops import Insert, Move, Point2, Remove
from gridmap.geo.edit_plane import MATCH_M, project
from gridmap.geo.edit_rings import put_in, swapped, without
from gridmap.geo.edit_work import Work, refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Snap:
    """How far points snap [m], and to what besides the zones."""

    within_m: float = 0.0
    targets: shapely.Geometry | None = None


def move(work: Work, op: Move, snap: Snap) -> None:
    """Move vertices in every zone that has them, or whose border they lie on.

    Raises
    ------
    EditNotPossible
        If a point is no vertex, or no point is given.
    """
    wanted = {}
    for old, new in op.moves:
        wanted[tuple(find_vertex(work, old).tolist())] = new
    if not wanted:
        refuse("No vertex is given to move.")
    olds = np.array(list(wanted))
    news = np.array([snapped(work, point(new), snap, olds) for new in wanted.values()])
    put_vertices(work, np.concatenate([olds, news]))
    for row in work.near_points(olds):
        shape = swapped(work.shape[row], olds, news, work.plane)
        if shape is not work.shape[row]:
            work.put(int(row), shape)


def insert(work: Work, op: Insert, snap: Snap) -> None:
    """Put a vertex on a piece of border in every zone that runs along it.

    A point within `MATCH_M` of the line is put on the line, so that nothing moves; one farther off bends the border.

    Raises
    ------
    EditNotPossible
        If there is no such piece of border, or the vertex is there already.
    """
    a, b = (find_vertex(work, end) for end in op.edge)
    rows = work.near_points(np.stack([a, b]))
    pieces, _ = pieces_of(work.shape[rows])
    if not any(
        ((work.plane.apart(pieces[:, :2], one) <= work.plane.tol_m) & (work.plane.apart(pieces[:, 2:], other) <= work.plane.tol_m)).any()
        for one, other in ((a, b), (b, a))
    ):  # fmt: skip
        refuse("No border runs straight from the one vertex to the other; somebody may have changed it.", (a + b) / 2)
    at = snapped(work, point(op.at), snap, np.stack([a, b]))
    share, off = project(at[None], a[None], b[None], work.plane)
    foot = work.plane.rounded(a + (b - a) * share[0])
    if min(work.plane.apart(np.stack([a, b]), foot)) <= work.plane.tol_m:
        refuse("There is a vertex here already.", foot)
    put_vertices(work, foot[None])
    if off[0] > MATCH_M:
        put_vertices(work, at[None])
        for row in work.near_points(foot[None]):
            shape = swapped(work.shape[row], foot[None], at[None], work.plane)
            if shape is not work.shape[row]:
                work.put(int(row), shape)


def remove(work: Work, op: Remove) -> None:
    """Take a vertex out of every zone that has it.

    Raises
    ------
    EditNotPossible
        If more than two pieces of border meet at it, or a zone would be left without ground.
    """
    at = find_vertex(work, op.at)
    meeting = len(neighbours_at(work, at))
    if meeting > 2:
        refuse(f"{meeting} borders meet at this vertex; it can be moved, not removed.", at)
    drop(work, at[None])


def drop(work: Work, places: NDArray[np.float64]) -> None:
    """Take the vertices at `places` (k, 2) out of every zone that has them."""
    for row in work.near_points(places):
        shape = without(work.shape[row], places, work.plane)
        if shape is not work.shape[row]:
            work.put(int(row), shape)


def put_vertices(work: Work, points: NDArray[np.float64]) -> None:
    """Put `points` (k, 2) into every border they lie on."""
    for row in work.near_points(points):
        shape = put_in(work.shape[row], points, work.plane)
        if shape is not work.shape[row]:
            work.put(int(row), shape)


def neighbours_at(work: Work, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the other ends (k, 2) of the pieces of border that end at a vertex."""
    pieces, _ = pieces_of(work.shape[work.near_points(at[None])])
    out = pieces[work.plane.apart(pieces[:, :2], at) <= work.plane.tol_m, 2:]
    back = pieces[work.plane.apart(pieces[:, 2:], at) <= work.plane.tol_m, :2]
    return weld(np.concatenate([out, back]), work.plane)[0]


def find_vertex(work: Work, given: Point2) -> NDArray[np.float64]:
    """Return the vertex nearest to a point (2,).

    Raises
    ------
    EditNotPossible
        If there is none within `MATCH_M`.
    """
    place = point(given)
    rows = work.near_points(place[None], MATCH_M)
    coords = shapely.get_coordinates(work.shape[rows])
    away = work.plane.apart(coords, place)
    if not len(away) or away.min() > MATCH_M:
        refuse("There is no vertex here; somebody may have moved it.", place)
    found: NDArray[np.float64] = coords[away.argmin()]
    return found


def snapped(
    work: Work, at: NDArray[np.float64], snap: Snap, moving: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return where a point (2,) comes to lie: on a vertex near it, else on a border, else where it is, rounded.

    The vertices `moving` (k, 2) and the borders that end at them hold nothing.
    """
    plane = work.plane
    within = max(snap.within_m, plane.tol_m)
    pieces, _ = pieces_of(work.shape[work.near_points(at[None], within)])
    pieces = pieces[_still(pieces, moving, plane.tol_m, plane.scale)]
    ends = [pieces[:, :2], pieces[:, 2:]]
    lines = [pieces]
    if snap.targets is not None and snap.within_m > 0:
        other = _target_pieces(snap.targets, at, within / plane.scale)
        ends += [other[:, :2], other[:, 2:]]
        lines.append(other)
    for places in (np.concatenate(ends[:2]), np.concatenate(ends[2:] or [np.empty((0, 2))])):
        away = plane.apart(places, at)
        if len(away) and away.min() <= within:
            vertex: NDArray[np.float64] = places[away.argmin()] + 0.0
            return vertex
    for line in lines:
        share, off = project(np.broadcast_to(at, (len(line), 2)), line[:, :2], line[:, 2:], plane)
        if len(off) and off.min() <= within:
            best = int(off.argmin())
            return plane.rounded(line[best, :2] + (line[best, 2:] - line[best, :2]) * share[best])
    return plane.rounded(at)


def _still(
    pieces: NDArray[np.float64], moving: NDArray[np.float64] | None, tol_m: float, scale: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which pieces (e, 4) end at none of the vertices `moving`."""
    still = np.ones(len(pieces), dtype=bool)
    for vertex in moving if moving is not None else ():
        for end in (pieces[:, :2], pieces[:, 2:]):
            still &= (((end - vertex) * scale) ** 2).sum(axis=1) > tol_m**2
    return still


def _target_pieces(
    targets: shapely.Geometry, at: NDArray[np.float64], room: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the straight pieces (e, 4) of `targets` near a point; a single point is a piece without length."""
    window = shapely.box(*(at - room), *(at + room))
    parts = shapely.get_parts(shapely.get_parts(np.array([targets], dtype=object)))
    parts = parts[shapely.intersects(parts, window)]
    rows = shapely.get_dimensions(parts)
    lines = np.concatenate([parts[rows < 2], shapely.boundary(parts[rows == 2])])
    coords, owner = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    same = owner[1:] == owner[:-1]
    pieces = np.concatenate([coords[:-1][same], coords[1:][same]], axis=1)
    alone = coords[np.isin(owner, np.flatnonzero(np.bincount(owner, minlength=1) == 1))] if len(owner) else coords
    return np.concatenate([pieces, np.concatenate([alone, alone], axis=1)])


def point(given: Point2) -> NDArray[np.float64]:
    """Return a point a person gave as (2,) floats.

    Raises
    ------
    EditNotPossible
        If it is no pair of finite numbers.
    """
    place = np.asarray(given, dtype=float)
    if place.shape != (2,) or not np.isfinite(place).all():
        refuse("A point is two finite numbers, x and y.")
    return place
