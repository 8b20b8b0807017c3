"""Beats of a fused plan: each is exactly the union of its grid cells, and where it is not, the cells are right."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.columns import check_zones
from gridmap.geo.crs import require_metric, require_same
from gridmap.geo.repair import proposals_of
from gridmap.geo.repair_owners import NOBODY, Decision
from gridmap.geo.repair_pieces import Piece, faces_between
from gridmap.geo.topology_beats import uneven_beats
from gridmap.geo.topology_edges import GRID_M
from gridmap.geo.topology_issue import narrower_than, points_inside

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.geo.repair_values import Repairs


def find_beat_repairs(beats: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> Repairs:
    """Return a proposal for every patch of ground on which the beats are not those of the cells that lie there.

    Parameters
    ----------
    beats
        (b,) zones frame in a metric CRS.
    cells
        (n,) zones frame in the same CRS with column `beat`, repaired already: where cells overlap or leave a gap they
        cannot tell whose the ground is, and the planner is asked.

    Returns
    -------
    repairs
        As `repair.find_repairs` tells them, kind "beat_not_union", rule "cells". A beat without a single cell is left
        as it is.

    Raises
    ------
    NotAFrame, BadFrame, NotMetric, CrsMismatch, MissingCrs
    """
    check_zones(beats, draft=True)
    check_zones(cells, also=["beat"], draft=True)
    require_metric(beats)
    require_same(beats, cells)
    shapes = np.asarray(beats.geometry.array, dtype=object).copy()
    shapes[shapely.is_missing(shapes)] = shapely.Polygon()
    wanted = unions_of(beats, cells)
    doubtful = np.array([row for row in uneven_beats(beats, cells) if row in wanted], dtype=np.int64)
    pieces, decisions = [], []
    for holders, owners, patch in _patches(shapes, wanted, doubtful):
        pieces.append(Piece("beat_not_union", tuple(sorted({*holders, *owners})), holders, patch))
        sure = len(owners) == 1
        decisions.append(Decision(owners[0], "cells") if sure else Decision(NOBODY, "ask", "cells"))
    return proposals_of(beats, pieces, decisions)


def unions_of(beats: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> dict[int, shapely.Geometry]:
    """Return the union of the cells of each beat, by the beat's row; beats without cells are left out."""
    rows = {code: row for row, code in enumerate(beats["code"])}
    of_beat: dict[int, list[shapely.Geometry]] = defaultdict(list)
    for beat, shape in zip(cells["beat"], cells.geometry.array, strict=True):
        if beat in rows and shape is not None and not shape.is_empty and shape.is_valid:
            of_beat[rows[beat]].append(shape)
    return {row: shapely.union_all(shapes) for row, shapes in of_beat.items()}


def _patches(
    shapes: NDArray[np.object_], wanted: dict[int, shapely.Geometry], doubtful: NDArray[np.int64]
) -> list[tuple[tuple[int, ...], tuple[int, ...], shapely.Polygon]]:
    """Return the patches where the beats that hold the ground are not the one whose cells lie there."""
    doubtful = doubtful[shapely.is_valid(shapes[doubtful])]
    apart = shapely.symmetric_difference(shapes[doubtful], np.array([wanted[row] for row in doubtful.tolist()], object))
    apart = apart[~narrower_than(apart, GRID_M)]
    if not len(apart):
        return []
    unions = np.array([wanted.get(row) for row in range(len(shapes))], dtype=object)
    beside = [shapely.STRtree(layer).query(apart)[1] for layer in (shapes, unions)]
    beats = np.unique(np.concatenate(beside)).astype(np.int64)  # others that are right may have or want the same ground
    beats = beats[shapely.is_valid(shapes[beats])]
    ours, theirs = shapes[beats], unions[beats]
    faces = faces_between(np.concatenate([ours, theirs[~shapely.is_missing(theirs)]]))
    spots = points_inside(faces)
    holds, owns = (shapely.intersects(group[None, :], spots[:, None]) for group in (ours, theirs))
    together: dict[tuple[tuple[int, ...], tuple[int, ...]], list[shapely.Polygon]] = defaultdict(list)
    for face, held, owned in zip(faces, holds, owns, strict=True):
        holders, owners = tuple(beats[held].tolist()), tuple(beats[owned].tolist())
        if holders != owners:
            together[holders, owners].append(face)
    found = []
    for (holders, owners), parts in together.items():
        found += [(holders, owners, patch) for patch in shapely.get_parts(shapely.union_all(parts))]
    return found
