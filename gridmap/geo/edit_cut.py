"""Edits that cut ground: split a zone by a line, cut a piece out for the neighbour, draw a new zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gridmap.geo.edit_chain import ground_of, pieces_of, united, without_crumbs
from gridmap.geo.edit_lines import enclosed, faces_in, knotted, line_of, ring_of
from gridmap.geo.edit_names import check_new, free_code, name_new
from gridmap.geo.edit_outline import wish
from gridmap.geo.edit_work import BEAT, CELL, WORDS, Work, refuse
from gridmap.geo.edit_zones import carries_none
from gridmap.geo.topology_issue import narrower_than

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.edit_ops import Cut, Draw, Split
    from gridmap.geo.edit_plane import Shape
    from gridmap.geo.edit_vertices import Snap

REACH_M: Final = 1.0
"""A line that ends inside a zone is drawn on to the border over this distance [m]."""


def split(work: Work, op: Split, snap: Snap) -> None:
    """Split a zone that carries its own ground in two.

    Raises
    ------
    EditNotPossible
        If the line does not cut the zone into exactly two.
    """
    row = work.ground(op.kind, op.code)
    new = (
        free_code(work.layers, op.kind, op.code)
        if op.new_code is None
        else check_new(work.layers, op.kind, op.new_code)
    )
    line = reaching(work, line_of(work, op.line, snap), work.shape[row])
    line = knotted(work, line, [row])
    faces = faces_in(work, row, line)
    parts = shapely.get_parts(work.shape[row])
    if len(faces) <= len(parts):
        _refuse_short(work, op, line, row)
    if len(faces) > len(parts) + 1:
        told = (
            f"The line cuts {WORDS[op.kind]} {op.code} into {len(faces) - len(parts) + 1} pieces; it may only make two."
        )
        refuse(told, min(faces, key=shapely.area))
    spot = shapely.get_coordinates(shapely.point_on_surface(faces))
    part = shapely.contains_xy(parts[:, None], spot[:, 0], spot[:, 1]).argmax(axis=0)
    halves = faces[np.bincount(part)[part] == 2]
    least = min(halves, key=shapely.area)
    kept = [face for face in faces if face is not least]
    work.bear(row, new, least)
    work.put(row, kept[0] if len(kept) == 1 else shapely.MultiPolygon(kept))
    work.names[op.kind, new] = name_new(work, row, new, op.name_zh, op.name_en)


def reaching(work: Work, line: NDArray[np.float64], shape: Shape) -> NDArray[np.float64]:
    """Return `line` (m, 2) with an end that lies inside `shape`, but within `REACH_M` of its border, drawn on to it."""
    border = shapely.boundary(shapely.transform(shape, lambda places: (places - line[0]) * work.plane.scale))
    longer = line
    for end, before in ((0, 1), (-1, -2)):
        if not shapely.contains_xy(shape, *line[end]):
            continue
        here, back = ((line[i] - line[0]) * work.plane.scale for i in (end, before))
        on = here + (here - back) / np.hypot(*(here - back)) * REACH_M
        if not shapely.intersects(shapely.LineString([here, on]), border):
            foot = shapely.get_coordinates(shapely.shortest_line(border, shapely.Point(here)))[0]
            if np.hypot(*(foot - here)) > REACH_M:
                continue
            on = here + (foot - here) * 1.001
        extra = (on / work.plane.scale + line[0])[None]
        longer = np.concatenate([extra, longer] if end == 0 else [longer, extra])
    return longer


def _refuse_short(work: Work, op: Split, line: NDArray[np.float64], row: int) -> None:
    inside = shapely.contains_xy(work.shape[row], line[:, 0], line[:, 1])
    for end in (0, -1):
        if inside[end]:
            refuse(f"The line ends inside {WORDS[op.kind]} {op.code}; draw it from border to border.", line[end])
    refuse(f"The line does not cross {WORDS[op.kind]} {op.code}.", line[len(line) // 2])


def cut(work: Work, op: Cut, snap: Snap) -> None:
    """Give a piece of a zone to its neighbour.

    Raises
    ------
    EditNotPossible
        If the zone is a beat that follows its cells, or the piece takes nothing or all of it.
    """
    if op.code == op.to:
        refuse("A zone cannot give ground to itself.")
    for code in (op.code, op.to):
        if op.kind == BEAT and work.has_cells(code):
            refuse(f"Beat {code} is the union of its cells: give it cells, or cut cells.", work.beat_shape(code))
    row, other = work.ground(op.kind, op.code), work.find(op.kind, op.to)
    ring = knotted(work, ring_of(work, op.piece, snap), [row])
    taken, left = _taken(work, row, ring)
    if not len(taken):
        refuse(f"Nothing of {WORDS[op.kind]} {op.code} lies inside the piece.", ring[0])
    if not len(left):
        refuse(f"The piece takes all of {WORDS[op.kind]} {op.code}; merge the two instead.", ring[0])
    parts = int(shapely.get_num_geometries(work.shape[row]))
    if len(left) > parts:  # slivers that the piece just missed go with it
        order = np.argsort(shapely.area(left))
        flat = np.array([shapely.transform(left[i], lambda places: places * work.plane.scale) for i in order[:-parts]])
        missed = order[:-parts][narrower_than(flat, REACH_M)]
        taken, left = np.concatenate([taken, left[missed]]), np.delete(left, missed)
    work.put(other, _sum(work, [work.shape[other], *taken]))
    work.put(row, _sum(work, [work.shape[row]], taken))


def draw(work: Work, op: Draw, snap: Snap, outline: Shape | None) -> None:
    """Draw a new zone on the ground of those that lie there, and on ground that no zone has but one should.

    Raises
    ------
    EditNotPossible
        If it takes no ground, or all of a zone without being told to.
    """
    kind = CELL if len(work.layers.cells) else BEAT
    code = check_new(work.layers, kind, op.code)
    if op.beat is not None:
        if kind == BEAT:
            refuse("This draft has no cells: what is drawn is a beat and belongs to none.")
        work.beat_row(op.beat)
        carries_none(work, op.beat)
    ring = ring_of(work, op.ring, snap)
    piece = shapely.Polygon(ring)
    near = work.near_points(ring)
    near = near[shapely.dwithin(work.shape[near], piece, work.plane.tol)]
    if len(near):
        ring = knotted(work, ring, near.tolist())
    took = {int(row): _taken(work, int(row), ring) for row in near}
    took = {row: halves for row, halves in took.items() if len(halves[0])}
    for row, (taken, left) in took.items():
        if not len(left) and not op.swallow:
            refuse(
                f"This would take all of {WORDS[work.kind[row]]} {work.code[row]}; merge it, or say that it may go.",
                taken[0],
            )
    free = _free(work, ring, near, [taken for taken, _ in took.values()], outline)
    if not took and not len(free):
        refuse("No zone lies inside what was drawn.", ring[0])
    beat = op.beat if op.beat is not None or kind == BEAT else _most(work, took)
    shape = _sum(work, [*(face for taken, _ in took.values() for face in taken), *free])
    for row, (taken, _) in took.items():
        work.put(row, _sum(work, [work.shape[row]], taken))
    parent = next(iter(took), int(np.flatnonzero(work.kind == kind)[0]))
    if work.kind[parent] != kind:
        parent = int(np.flatnonzero(work.kind == kind)[0])
    child = work.bear(parent, code, shape)
    work.beat[child] = beat
    work.names[kind, code] = (op.name_zh or "", op.name_en or "")


def _most(work: Work, took: dict[int, tuple[NDArray[np.object_], NDArray[np.object_]]]) -> str:
    """Return the beat that gives most ground."""
    ground: dict[str, float] = {}
    for row, (taken, _) in took.items():
        if work.kind[row] == CELL:
            ground[work.beat[row]] = ground.get(work.beat[row], 0.0) + float(shapely.area(taken).sum())
    if not ground:
        refuse("Say to which beat the new cell belongs.")
    return max(sorted(ground), key=ground.__getitem__)


def _taken(work: Work, row: int, ring: NDArray[np.float64]) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the faces of a zone inside a knotted ring, and those outside."""
    faces = faces_in(work, row, ring)
    spot = shapely.get_coordinates(shapely.point_on_surface(faces))
    inside = shapely.contains_xy(shapely.Polygon(ring), spot[:, 0], spot[:, 1])
    return faces[inside], faces[~inside]


def _free(
    work: Work,
    ring: NDArray[np.float64],
    near: NDArray[np.int64],
    taken: list[NDArray[np.object_]],
    outline: Shape | None,
) -> NDArray[np.object_]:
    """Return the faces inside a knotted ring that no zone covers though one should."""
    piece, none = shapely.Polygon(ring), np.empty(0, dtype=object)
    missing = piece.area - sum(float(shapely.area(faces).sum()) for faces in taken)
    if missing * work.plane.scale.prod() <= work.plane.tol_m * shapely.length(piece) * work.plane.scale.max():
        return none
    border, _ = pieces_of(work.shape[near])
    pieces = np.concatenate([border, np.concatenate([ring[:-1], ring[1:]], axis=1)])
    faces = enclosed(pieces)
    spot = shapely.get_coordinates(shapely.point_on_surface(faces))
    kept = shapely.contains_xy(piece, spot[:, 0], spot[:, 1])
    for shape in work.shape[near]:
        kept &= ~shapely.contains_xy(shape, spot[:, 0], spot[:, 1])
    should = wish(work.given, outline, work.plane)
    rows = [row for row in np.flatnonzero(kept) if should(float(spot[row, 0]), float(spot[row, 1]), 0)]
    found: NDArray[np.object_] = faces[rows]
    return found


def _sum(work: Work, plus: list[Shape], minus: NDArray[np.object_] | tuple[()] = ()) -> Shape:
    """Return the ground of zones and faces put together, less some faces."""
    added, _ = pieces_of(np.array(plus, dtype=object))
    lost, _ = pieces_of(np.array(list(minus), dtype=object))
    sign = np.concatenate([np.ones(len(added), np.int64), np.full(len(lost), -1)])
    shape = ground_of(np.concatenate([added, lost]), sign, work.plane)
    if shape is None:  # a fault of the draft lies here: borders do not add up
        shape = united(np.array(plus, dtype=object))
        if len(minus):
            shape = without_crumbs(shapely.difference(shape, united(np.array(list(minus), dtype=object))))
    return shape
