"""Pieces: the faults of a check as patches of ground that do not lie on each other, each to be decided by itself."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gridmap.geo.topology_edges import GRID_M
from gridmap.geo.topology_issue import narrower_than, points_inside, polygons_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

OVERLAPS: Final = frozenset({"overlap", "sliver_overlap"})
GAPS: Final = frozenset({"gap", "sliver_gap"})
LEAKS: Final = frozenset({"leak", "sliver_leak"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A patch of ground: its kind of fault, the rows of the zones named with it and of those that hold it now."""

    kind: str
    beside: tuple[int, ...]
    holders: tuple[int, ...]
    shape: shapely.Polygon


def pieces_of(issues: gpd.GeoDataFrame, rows: dict[str, int], dropped: frozenset[str]) -> list[Piece]:
    """Return the overlaps, gaps and leaks of an issues frame as pieces without shared ground.

    Parameters
    ----------
    issues
        As `topology.find_issues` gives them: an overlap of three zones is three patches, one for each pair.
    rows
        The row of each code.
    dropped
        Codes whose zone will be gone; patches that only they share are no fault then.
    """
    found: list[Piece] = []
    columns = (issues["kind"], issues["zones"], issues.geometry.array)
    for kind, zones, shape in zip(*columns, strict=True):
        if kind in OVERLAPS and not dropped & set(zones):
            both = tuple(rows[code] for code in zones)
            found.append(Piece(kind, both, both, shape))
        elif kind in GAPS:
            found.append(Piece(kind, tuple(rows[code] for code in zones if code not in dropped), (), shape))
        elif kind in LEAKS and not dropped & set(zones):
            found.append(Piece(kind, (rows[zones[0]],), (rows[zones[0]],), shape))
    return _apart(found)


def _apart(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces, those that lie on each other cut into what each set of zones shares."""
    shapes = np.array([piece.shape for piece in pieces], dtype=object)
    if len(shapes) < 2:
        return pieces
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    on_each_other = ~narrower_than(shapely.intersection(shapes[one], shapes[other]), GRID_M)
    links = list(zip(one[on_each_other].tolist(), other[on_each_other].tolist(), strict=True))
    groups = connected(len(pieces), links)
    alone = [group[0] for group in groups if len(group) == 1]
    crowds = [[pieces[i] for i in group] for group in groups if len(group) > 1]
    return [pieces[i] for i in alone] + [part for crowd in crowds for part in _atoms(crowd)]


def connected(count: int, links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the numbers 0..count-1 in groups that `links` join, each group and the list in ascending order."""
    root = list(range(count))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for one, other in links:
        low, high = sorted((find(one), find(other)))
        root[high] = low
    groups: dict[int, list[int]] = defaultdict(list)
    for i in range(count):
        groups[find(i)].append(i)
    return list(groups.values())


def _atoms(crowd: Sequence[Piece]) -> list[Piece]:
    shapes = np.array([piece.shape for piece in crowd], dtype=object)
    faces = faces_between(shapes)
    spots = points_inside(faces)
    found = []
    for face, inside in zip(faces, shapely.intersects(spots[:, None], shapes[None, :]), strict=True):
        here = [crowd[i] for i in np.flatnonzero(inside).tolist()]
        if not here:
            continue
        holders = tuple(sorted({row for piece in here for row in piece.holders}))
        leaks = [piece for piece in here if piece.kind in LEAKS]
        found.append(Piece((leaks or here)[0].kind, holders, holders, face))
    return found


def faces_between(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons that the outlines of (n,) shapes cut the ground into, slivers under `GRID_M` left out."""
    lines = shapely.get_parts(shapely.union_all(shapely.boundary(shapes)))
    faces = shapely.get_parts(shapely.polygonize(lines))
    kept: NDArray[np.object_] = faces[~narrower_than(faces, GRID_M)]
    return kept


def with_former_owner(
    pieces: list[Piece], former: gpd.GeoDataFrame | None, rows: Mapping[str, int], sliver_width_m: float
) -> tuple[list[Piece], NDArray[np.int64]]:
    """Return the pieces and the present row of each one's former owner, -1 where none that is still there had it.

    A piece that several zones had in the former edition, each more than a sliver of it, is cut along their border.
    `rows`: the present row of each code that may be given ground.
    """
    if former is None or not pieces:
        return pieces, np.full(len(pieces), -1, dtype=np.int64)
    shapes = np.array([piece.shape for piece in pieces], dtype=object)
    before = np.asarray(former.geometry.array, dtype=object)
    piece, zone = shapely.STRtree(before).query(shapes)
    seen, which = np.unique(zone, return_inverse=True)
    now = np.array([rows.get(code, -1) for code in former["code"].iloc[seen]], dtype=np.int64)
    known = ((now >= 0) & shapely.is_valid(before[seen]))[which]
    piece, ground, row = piece[known], before[zone[known]], now[which[known]]
    shapely.prepare(ground)
    whole = shapely.covers(ground, shapes[piece])
    settled = np.zeros(len(shapes), dtype=bool)
    settled[piece[whole]] = True
    open_ = ~settled[piece]
    cut = np.full(len(piece), None, dtype=object)
    cut[open_] = shapely.intersection(shapes[piece[open_]], ground[open_])
    share = np.where(whole, np.inf, np.nan_to_num(shapely.area(cut)))
    order = np.lexsort((share, piece))
    owner, most = np.full(len(shapes), -1, dtype=np.int64), np.zeros(len(shapes))
    owner[piece[order]], most[piece[order]] = row[order], share[order]
    owner[most < shapely.area(shapes) / 2] = -1  # most of it must have been the owner's
    wide = open_ & ~narrower_than(cut, sliver_width_m)
    parted = np.bincount(piece[wide], minlength=len(shapes)) > 1
    kept = [piece for piece, split in zip(pieces, parted, strict=True) if not split]
    owners = owner[~parted].tolist()
    for number in np.flatnonzero(parted):
        for part, had in _cut(pieces[number], ground[piece == number], row[piece == number]):
            kept.append(part)
            owners.append(had)
    return kept, np.array(owners, dtype=np.int64)


def _cut(piece: Piece, ground: NDArray[np.object_], rows: NDArray[np.int64]) -> list[tuple[Piece, int]]:
    """Return the parts of a piece that lie on each former ground, with its row, and what nobody had with -1."""
    parts, which = polygons_of(shapely.intersection(piece.shape, ground))
    rest, _ = polygons_of(np.array([shapely.difference(piece.shape, shapely.union_all(ground))], dtype=object))
    shapes = np.concatenate([parts, rest])
    owners = np.concatenate([rows[which], np.full(len(rest), -1)])
    kept = ~narrower_than(shapes, GRID_M)
    return [(replace(piece, shape=shape), int(row)) for shape, row in zip(shapes[kept], owners[kept], strict=True)]
