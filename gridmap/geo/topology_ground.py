"""Ground: what lies on each face, and so whether it is an overlap, a gap or a leak, and whose."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.topology_edges import GRID_M
from gridmap.geo.topology_issue import NOISE_M2, Issue, narrower_than, points_inside, polygons_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

WHOLE = 0.99
"""A gap that takes this share of a former cell has taken the cell."""
SAME = 1e-6
"""Two zones are one twice if their shared ground falls short of neither by more than this share."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The zones that can be laid on the map: codes (n,), valid shapes (n,), a tree over them, the outlines (j,)."""

    codes: NDArray[np.object_]
    shapes: NDArray[np.object_]
    tree: shapely.STRtree
    outlines: NDArray[np.object_]
    sliver_width_m: float

    def names(self, rows: Iterable[int]) -> tuple[str, ...]:
        """Return the codes of zones, sorted."""
        return tuple(sorted({str(self.codes[row]) for row in rows}))

    def inside(self, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Return which (n,) shapes lie whole in one outline; all of them if no jurisdiction is given."""
        found = np.full(len(shapes), not len(self.outlines))
        shapely.prepare(self.outlines)
        for outline in self.outlines:
            found |= shapely.covers(outline, shapes)
        return found


@dataclass(frozen=True, slots=True)
class Crowd:
    """A face with too many zones: whether it lies inside the jurisdiction, and each zone's row and part of it."""

    face: shapely.Polygon
    inside: bool
    parts: list[tuple[int, shapely.Geometry]]


def sort_faces(
    faces: NDArray[np.object_], ground: Ground
) -> tuple[NDArray[np.object_], Iterator[Issue], Iterator[Issue]]:
    """Return the faces nobody covers inside the jurisdiction, the overlaps, and the leaks past the jurisdiction.

    The number of zones over a place, less one inside the jurisdiction, is the same everywhere within a face: below
    zero it is a gap, above zero too many zones lie there, either on each other or past the jurisdiction.
    """
    spots = points_inside(faces)
    face, zone = ground.tree.query(spots, predicate="intersects")
    excess = np.bincount(face, minlength=len(faces)) - ground.inside(spots)
    crowded = _pieces(faces, excess > 0, face, zone, ground)
    return faces[excess < 0], _overlaps(crowded, ground), _leaks(crowded, ground)


def gap_issues(gaps: NDArray[np.object_], beside: list[list[int]], ground: Ground) -> Iterator[Issue]:
    """Yield an issue for each gap, with the zones beside it."""
    slivers = narrower_than(gaps, ground.sliver_width_m)
    for shape, rows, sliver in zip(gaps, beside, slivers, strict=True):
        names = ground.names(rows)
        where = f"beside {_list(names)}" if names else "with no zone beside it"
        what = "No zone covers a sliver of" if sliver else "No zone covers"
        yield Issue("sliver_gap" if sliver else "gap", names, shape, f"{what} {_size(shape)} {where}.")


def missing_cells(
    gaps: NDArray[np.object_], codes: NDArray[np.object_], former: NDArray[np.object_]
) -> tuple[NDArray[np.object_], list[Issue]]:
    """Return what is left of the gaps, and the cells of a former edition that gaps have taken whole.

    `codes` and `former` (p,) are the codes and shapes of the former edition's cells.
    """
    if not len(gaps) or not len(former):
        return gaps, []
    gap, cell = shapely.STRtree(former).query(gaps)
    sound = shapely.is_valid(former[cell])
    gap, cell = gap[sound], cell[sound]
    taken = shapely.intersection(gaps[gap], former[cell])
    whole = shapely.area(taken) >= WHOLE * shapely.area(former[cell])
    issues = [
        Issue("missing_cell", (str(codes[row]),), former[row], f"{codes[row]} of the former edition is gone and "
              f"no zone covers its {_size(former[row])}.")
        for row in cell[whole]
    ]  # fmt: skip
    rest = [
        shapely.difference(gaps[number], shapely.union_all(former[cell[whole & (gap == number)]]))
        for number in np.unique(gap[whole])
    ]
    untouched = np.delete(gaps, np.unique(gap[whole]))
    return _wide_enough(np.concatenate([untouched, np.array(rest, dtype=object)])), issues


def without_allowed(gaps: NDArray[np.object_], allowed: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the gaps less the places (a,) that need no zone."""
    touched = np.unique(shapely.STRtree(allowed).query(gaps, predicate="intersects")[0])
    rest = shapely.difference(gaps[touched], shapely.union_all(allowed))
    return _wide_enough(np.concatenate([np.delete(gaps, touched), rest]))


def _wide_enough(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    parts, _ = polygons_of(shapes)
    kept: NDArray[np.object_] = parts[~narrower_than(parts, GRID_M)]
    return kept


def _pieces(
    faces: NDArray[np.object_],
    wanted: NDArray[np.bool_],
    face: NDArray[np.int64],
    zone: NDArray[np.int64],
    ground: Ground,
) -> list[Crowd]:
    """Return for each wanted face the zones that lie on it and their part of it.

    (`face`, `zone`) are the zones over one point of each face. If the face is inside the jurisdiction and each of
    these zones covers all of it, there can be no others; else the zones are cut one by one.
    """
    known = wanted[face]
    face, zone = face[known], zone[known]
    beyond = shapely.difference(faces[face], ground.shapes[zone])
    inner = np.zeros(len(faces), dtype=bool)
    inner[wanted] = ground.inside(faces[wanted])
    mixed = wanted & ~inner
    mixed[face[~narrower_than(beyond, GRID_M)]] = True
    found = {int(number): Crowd(faces[number], bool(inner[number]), []) for number in np.flatnonzero(wanted)}
    for number, row in zip(face[~mixed[face]], zone[~mixed[face]], strict=True):
        found[int(number)].parts.append((int(row), faces[number]))
    rest = np.flatnonzero(mixed)
    number, row = ground.tree.query(faces[rest], predicate="intersects")
    cut = shapely.intersection(faces[rest[number]], ground.shapes[row])
    kept = ~narrower_than(cut, GRID_M)
    for where, who, piece in zip(rest[number[kept]], row[kept], cut[kept], strict=True):
        found[int(where)].parts.append((int(who), piece))
    return list(found.values())


def _overlaps(crowds: list[Crowd], ground: Ground) -> Iterator[Issue]:
    """Yield an issue for each patch that two zones share; three zones on one patch are three pairs.

    A patch of two zones may be spread over faces (where a third zone lies on part of it) and is put together again.
    """
    shared: dict[tuple[int, int], list[shapely.Geometry]] = {}
    for crowd in crowds:
        for (one, its), (other, theirs) in combinations(crowd.parts, 2):
            patch = its if its is theirs else shapely.intersection(its, theirs)
            shared.setdefault((min(one, other), max(one, other)), []).append(patch)
    for (one, other), pieces in shared.items():
        whole = pieces[0] if len(pieces) == 1 else shapely.union_all(pieces)
        patches = _wide_enough(np.array([whole], dtype=object))
        slivers = narrower_than(patches, ground.sliver_width_m)
        for patch, sliver in zip(patches, slivers, strict=True):
            yield _overlap(one, other, patch, ground, sliver=bool(sliver))


def _overlap(one: int, other: int, patch: shapely.Polygon, ground: Ground, *, sliver: bool) -> Issue:
    names = ground.names([one, other])
    areas = shapely.area(ground.shapes[[one, other]])
    if (areas - patch.area <= max(NOISE_M2, SAME * patch.area)).all():
        return Issue("duplicate", names, patch, f"{_list(names)} are the same ground of {_size(patch)}.")
    if sliver:
        return Issue("sliver_overlap", names, patch, f"{_list(names)} overlap on a sliver of {_size(patch)}.")
    return Issue("overlap", names, patch, f"{_list(names)} overlap on {_size(patch)}.")


def _leaks(crowds: list[Crowd], ground: Ground) -> Iterator[Issue]:
    """Yield an issue for each patch of each zone that lies past the jurisdiction."""
    across = [crowd for crowd in crowds if not crowd.inside]
    if not across:
        return
    jurisdiction = shapely.union_all(ground.outlines)
    shapely.prepare(jurisdiction)
    for row, piece in [part for crowd in across for part in crowd.parts]:
        patches = _wide_enough(np.array([shapely.difference(piece, jurisdiction)], dtype=object))
        name = str(ground.codes[row])
        for patch, sliver in zip(patches, narrower_than(patches, ground.sliver_width_m), strict=True):
            kind = "sliver_leak" if sliver else "leak"
            yield Issue(kind, (name,), patch, f"{name} reaches {_size(patch)} past the jurisdiction.")


def _size(shape: shapely.Geometry) -> str:
    area = float(shapely.area(shape))
    return f"{area:,.0f} m2" if area >= 100 else f"{area:.3g} m2"


def _list(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
