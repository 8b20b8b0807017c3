"""Edits on the coverage: what a planner draws changes all zones that share the border, and never opens it.

An edit is a value (`edit_ops`), `apply` works it out on a table of the zones (`edit_work`), lets the beats follow
their cells (`edit_beats`), checks that the map is as sound as before (`edit_check`), and returns the rows that
changed. Zones that an edit does not concern are not touched: they stay equal to the byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.geo import edit_cut, edit_names, edit_vertices, edit_zones
from gridmap.geo.edit_beats import follow
from gridmap.geo.edit_border import straighten
from gridmap.geo.edit_check import check, moved_ground
from gridmap.geo.edit_ops import (
    Cut,
    Draw,
    EditNotPossible,
    Give,
    Insert,
    Merge,
    Move,
    Op,
    Remove,
    Rename,
    Split,
    Straighten,
)
from gridmap.geo.edit_result import edited
from gridmap.geo.edit_split_beat import split_beat
from gridmap.geo.edit_vertices import Snap
from gridmap.geo.edit_work import Edited, Layers, Work, refuse, start

if TYPE_CHECKING:
    import shapely

    from gridmap.geo.edit_plane import Shape

__all__ = [
    "Cut",
    "Draw",
    "EditNotPossible",
    "Edited",
    "Give",
    "Insert",
    "Layers",
    "Merge",
    "Move",
    "Op",
    "Remove",
    "Rename",
    "Split",
    "Straighten",
    "apply",
]


def apply(
    layers: Layers,
    op: Op,
    *,
    snap_m: float = 0.0,
    targets: shapely.Geometry | None = None,
    jurisdiction: Shape | None = None,
) -> Edited:
    """Return what `op` changes in `layers`, which stay as they are.

    Parameters
    ----------
    layers
        The zones of a draft, sound or not, in any CRS with planar coordinates (stored: EPSG:4326).
    op
        The edit.
    snap_m
        New and moved points go to a vertex or a border within this distance [m], at least within a millimetre.
    targets
        Roads, places, outlines in the zones' CRS that points may snap to as well.
    jurisdiction
        The area to be tiled; without it, what the zones cover (holes filled) is.

    Raises
    ------
    EditNotPossible
        If the edit does not make sense there or would leave the map less sound than it was; fact `at` is the place.
    NotAFrame, BadFrame
        If a frame lacks columns.
    """
    if isinstance(op, Rename):
        return edit_names.rename(layers, op)
    work = start(layers)
    _do(work, op, Snap(snap_m, targets), jurisdiction)
    moved = moved_ground(work)
    beats = follow(work, moved)
    check(work, beats, moved, jurisdiction)
    return edited(work, beats)


def _do(work: Work, op: Op, snap: Snap, outline: Shape | None) -> None:  # noqa: C901  one line an edit
    match op:
        case Move():
            edit_vertices.move(work, op, snap)
        case Insert():
            edit_vertices.insert(work, op, snap)
        case Remove():
            edit_vertices.remove(work, op)
        case Split(kind="beat") if work.has_cells(op.code):
            split_beat(work, op, snap)
        case Split():
            edit_cut.split(work, op, snap)
        case Merge():
            edit_zones.merge(work, op)
        case Cut():
            edit_cut.cut(work, op, snap)
        case Draw():
            edit_cut.draw(work, op, snap, outline)
        case Straighten():
            straighten(work, op)
        case Give():
            edit_zones.give(work, op)
        case _:
            refuse(f"{type(op).__name__} is no edit.")
