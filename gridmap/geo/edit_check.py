"""The check that ends every edit: the changed zones cover what they covered before, and each of them is sound.

Borders are sums of pieces (`edit_chain`). If the changed zones' sum is the same before and after, then equally many
zones lie over every place of the map as before; with every zone sound that means no gap and no overlap that was not
there. Only where the sums differ is it looked at what lies between them: less than a millimetre (a vertex put on the
outline), an old fault that got smaller, or ground that the edit would tear or cover twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.edit_chain import difference, pieces_of
from gridmap.geo.edit_outline import wish
from gridmap.geo.edit_work import BEAT, WORDS, Work, refuse
from gridmap.geo.topology_edges import Rings, rings_of
from gridmap.geo.topology_issue import NOISE_M2, narrower_than
from gridmap.geo.topology_rings import spikes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.geo.edit_plane import Plane, Shape


@dataclass(frozen=True, slots=True)
class Change:
    """One zone before (None: new) and after (None: gone); it may lie in `parts` parts."""

    name: str
    before: Shape | None
    after: Shape | None
    parts: int


def moved_ground(work: Work) -> NDArray[np.object_]:
    """Return the polygons (f,) on which more or fewer zones that carry ground lie after the edit than before.

    There are none unless the draft was faulty there, or the edit makes it so.
    """
    return _moved(_changes(work), work.plane)


def check(work: Work, beats: dict[str, Shape], moved: NDArray[np.object_], outline: Shape | None) -> None:
    """Do nothing if the edit leaves the map as sound as it was.

    Parameters
    ----------
    work
        The draft under the edit.
    beats
        New ground of the beats with cells that changed.
    moved
        `moved_ground` of the edit.
    outline
        The jurisdiction; without it, the outline of the zones themselves.

    Raises
    ------
    EditNotPossible
        If a zone would be lost, unsound, torn, or lie past the outline, on another zone, or leave a gap.
    """
    ground = _changes(work)
    _sound(ground, work.plane)
    _same_ground(ground, moved, work.given, outline, work.plane)
    followed = _beat_changes(work, beats)
    if followed:
        _sound(followed, work.plane)
        bare = [change for change, row in zip(ground, _rows(work), strict=True) if work.kind[row] == BEAT]
        both = [*bare, *followed]
        _same_ground(both, _moved(both, work.plane), work.beat_shapes, outline, work.plane)


def _rows(work: Work) -> list[int]:
    return [row for row in sorted(work.touched) if work.shape[row] is not work.given[row]]


def _changes(work: Work) -> list[Change]:
    return [
        Change(
            f"{WORDS[work.kind[row]]} {work.code[row]}",
            work.given[row],
            None if row in work.gone else work.shape[row],
            work.parts.get(row, _parts(work.given[row])),
        )
        for row in _rows(work)
    ]


def _beat_changes(work: Work, beats: dict[str, Shape]) -> list[Change]:
    new = work.beats_new
    changes = []
    for code, after in beats.items():
        before = None if code in new else work.beat_shape(code)
        changes.append(Change(f"beat {code}", before, after, work.beat_parts.get(code, _parts(before))))
    gone = [code for code in work.beats_gone if work.had_cells(code)]
    return changes + [Change(f"beat {code}", work.beat_shape(code), None, 1) for code in gone]


def _parts(shape: Shape | None) -> int:
    return 1 if shape is None else max(1, int(shapely.get_num_geometries(shape)))


def _sound(changes: list[Change], plane: Plane) -> None:
    """Refuse the edit if it would leave a zone that is lost, crosses itself, lies in more parts or has a new spike."""
    for change in changes:
        if change.after is not None:
            _whole(change.name, change.before, change.after, change.parts, plane)
    _no_new_spike(changes, plane)


def _whole(name: str, before: Shape | None, after: Shape, allowed: int, plane: Plane) -> None:
    if not after.is_valid and (before is None or before.is_valid):
        told = shapely.is_valid_reason(after)
        where = told.partition("[")[2].rstrip("]").split()
        place = np.array([float(value) for value in where[:2]]) if len(where) >= 2 else after
        refuse(f"The border of {name} would cross or touch itself here.", place)
    if after.is_empty or after.area * plane.scale.prod() <= NOISE_M2:
        refuse(f"Nothing would be left of {name}.", before)
    parts = shapely.get_parts(after)
    if len(parts) > allowed:
        least = parts[int(np.argmin(shapely.area(parts)))]
        size = least.area * plane.scale.prod()
        refuse(f"{_begin(name)} would fall into {len(parts)} parts; this one of {size:,.0f} m2 lies apart.", least)


def _no_new_spike(changes: list[Change], plane: Plane) -> None:
    """Refuse the edit if a border would run out and back where none did.

    One whose two sides were there before, between other zones or as part of others, is none of the edit's making.
    """
    after = [(change.name, change.after) for change in changes if change.after is not None]
    tips, owner = _tips([shape for _, shape in after], plane)
    if not len(tips):
        return
    before = np.array([change.before for change in changes if change.before is not None], dtype=object)
    old = _ends_at(before, tips, plane)
    for tip, number in zip(tips, owner.tolist(), strict=True):
        name, shape = after[number]
        sides = _ends_at(np.array([shape], dtype=object), tip[None], plane)
        known = [bool(len(old)) and plane.apart(old, side).min() <= plane.tol_m for side in sides]
        if not all(known):
            refuse(f"The border of {name} would run out and back on itself here, a spike.", tip)


def _ends_at(shapes: NDArray[np.object_], places: NDArray[np.float64], plane: Plane) -> NDArray[np.float64]:
    """Return the other ends (k, 2) of the pieces of border that begin or end at any of the places (n, 2)."""
    pieces, _ = pieces_of(shapes)
    found = [np.empty((0, 2))]
    for place in places:
        found.append(pieces[plane.apart(pieces[:, :2], place) <= plane.tol_m, 2:])
        found.append(pieces[plane.apart(pieces[:, 2:], place) <= plane.tol_m, :2])
    return np.concatenate(found)


def _tips(shapes: list[Shape], plane: Plane) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the tips of spikes (k, 2) and whose they are."""
    rings = rings_of(np.array(shapes, dtype=object))
    if not len(rings.coords):
        return np.empty((0, 2)), np.empty(0, np.int64)
    first = rings.coords[0]
    owner, lines = spikes(Rings((rings.coords - first) * plane.scale, rings.starts, rings.owner, rings.side))
    return lines[:, 1] / plane.scale + first, owner


def _moved(changes: list[Change], plane: Plane) -> NDArray[np.object_]:
    after = [change.after for change in changes if change.after is not None]
    moved = difference(after, [change.before for change in changes if change.before is not None], plane)
    if not len(moved.start):
        return np.empty(0, dtype=object)
    first = moved.nodes[0]
    places = (moved.nodes - first) * plane.scale
    lines = shapely.linestrings(np.stack([places[moved.start], places[moved.end]], axis=1))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines))))
    faces = faces[~narrower_than(faces, plane.tol_m)]
    return np.asarray(shapely.transform(faces, lambda at: at / plane.scale + first), dtype=object)


def _same_ground(
    changes: list[Change],
    moved: NDArray[np.object_],
    every: NDArray[np.object_],
    outline: Shape | None,
    plane: Plane,
) -> None:
    """Refuse the edit if more or fewer zones would lie somewhere than should, and it was not so before."""
    before = [change.before for change in changes if change.before is not None]
    after = [change.after for change in changes if change.after is not None]
    should = wish(every, outline, plane)
    for face in moved:
        x, y = shapely.get_coordinates(face.point_on_surface())[0]
        lay = int(shapely.contains_xy(_holding(every, x, y), x, y).sum())
        more = sum(int(shapely.contains_xy(shape, x, y)) for shape in after)
        more -= sum(int(shapely.contains_xy(shape, x, y)) for shape in before)
        wanted = should(x, y, lay)
        if abs(lay + more - wanted) > abs(lay - wanted):
            _refuse_face(face.area * plane.scale.prod(), lay, more, np.array([x, y]))


def _holding(every: NDArray[np.object_], x: float, y: float) -> NDArray[np.object_]:
    """Return the shapes whose box holds a place."""
    kept = ~(shapely.is_missing(every) | shapely.is_empty(every))
    box = shapely.bounds(every)
    kept &= (box[:, 0] <= x) & (x <= box[:, 2]) & (box[:, 1] <= y) & (y <= box[:, 3])
    found: NDArray[np.object_] = every[kept]
    return found


def _refuse_face(area: float, lay: int, more: int, place: NDArray[np.float64]) -> None:
    size = f"{area:,.0f} m2" if area >= 10 else f"{area:.2g} m2"
    if more < 0:
        refuse(
            f"This would leave a gap of {size} that no zone covers; the outline of the map can only get vertices on "
            "its own line.",
            place,
        )
    if lay == 0:
        refuse(
            f"This would reach {size} past the outline of the map; the outline can only get vertices on its own line.",
            place,
        )
    refuse(f"This would lay one zone on another, on {size}.", place)


def _begin(name: str) -> str:
    return name[0].upper() + name[1:]
