"""The faults that are no patch of ground: zones drawn twice, vertices to add, and what only a person can mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from gridmap.geo.repair_pieces import GAPS, LEAKS, OVERLAPS
from gridmap.geo.repair_values import Proposal
from gridmap.geo.topology_edges import GRID_M

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

EXPLAINED: Final = 0.99
"""A fault of which this share lies on ground that changes hands is mended with it."""
OF_BEATS: Final = frozenset({"beat_not_union"})
"""Faults of the layer above, mended there."""


def twins_to_drop(issues: gpd.GeoDataFrame, former: frozenset[str], keep: frozenset[str]) -> dict[tuple[str, ...], str]:
    """Return for each pair of zones that are one ground the code to drop: the one the former edition has not.

    Pairs of which the former edition knows both or neither are left out, and so are those whose code is in `keep`.
    """
    pairs = [tuple(zones) for kind, zones in zip(issues["kind"], issues["zones"], strict=True) if kind == "duplicate"]
    new = {pair: [code for code in pair if code not in former] for pair in pairs}
    return {pair: codes[0] for pair, codes in new.items() if len(codes) == 1 and codes[0] not in keep}


def others(
    issues: gpd.GeoDataFrame,
    twins: dict[tuple[str, ...], str],
    moved: Iterable[shapely.Geometry],
    vertices: Iterable[bool],
) -> list[Proposal]:
    """Return a proposal for each fault that is no overlap, gap or leak.

    `moved`: the ground that changes hands; `vertices`: of each unmatched vertex in turn, whether it is still one then.
    """
    still = iter(vertices)
    gone = set(twins.values())
    found, rest = [], []
    for kind, names, shape in zip(issues["kind"], issues["zones"], issues.geometry.array, strict=True):
        zones = tuple(names)
        if kind == "unmatched_vertex":
            if next(still):
                found.append(Proposal(kind, zones, (), "", "vertex", "", shape))
        elif kind == "duplicate" and zones in twins:
            kept = next(code for code in zones if code != twins[zones])
            found.append(Proposal(kind, zones, (twins[zones],), kept, "former", "", shape))
        elif kind == "duplicate" and not gone & set(zones):
            found.append(Proposal(kind, zones, zones, "", "ask", "fault", shape))
        elif kind not in OVERLAPS | GAPS | LEAKS | OF_BEATS | {"duplicate"}:
            rest.append(Proposal(kind, zones, (), "", "ask", "fault", shape))
    return found + _not_explained(rest, np.array(list(moved), dtype=object))


def _not_explained(asked: list[Proposal], moved: np.ndarray[tuple[int], np.dtype[np.object_]]) -> list[Proposal]:
    """Return the questions whose place does not lie on ground that changes hands anyway."""
    if not asked or not len(moved):
        return asked
    shapes = np.array([one.shape for one in asked], dtype=object)
    extended = shapely.get_dimensions(shapes) > 0
    one, other = shapely.STRtree(moved).query(shapes, predicate="intersects")
    kept = []
    for i, proposal in enumerate(asked):
        if extended[i] and (one == i).any():
            ground = shapely.buffer(shapely.union_all(moved[other[one == i]]), 2 * GRID_M, quad_segs=1)
            inside, whole = shapely.intersection(shapes[i], ground), shapes[i]
            measure = shapely.area if whole.area > 0 else shapely.length
            if measure(inside) >= EXPLAINED * measure(whole):
                continue
        kept.append(proposal)
    return kept
