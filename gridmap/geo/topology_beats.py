"""Cells and beats: every cell belongs to a known beat and lies inside it, and a beat is the union of its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.topology_edges import GRID_M, OUTLINE, loose_edges, rings_of
from gridmap.geo.topology_issue import Issue, narrower_than, polygons_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from gridmap.geo.topology_edges import Rings


def beat_issues(
    wanted: pd.Series[str],
    codes: NDArray[np.object_],
    shapes: NDArray[np.object_],
    rings: tuple[Rings, ...],
    beats: gpd.GeoDataFrame,
    *,
    allowed: NDArray[np.object_],
    sliver_width_m: float,
) -> Iterator[Issue]:
    """Yield the orphan cells, the parts of cells that lie outside their beat, and the beats that are not their union.

    Parameters
    ----------
    wanted, codes, shapes
        (n,) the beat each cell says it belongs to, its code, its valid shape [m].
    rings
        The rings of `shapes`, in any number of parts.
    beats
        (b,) zones frame of the beats in the same CRS.
    allowed
        (a,) ground that needs no cell.
    sliver_width_m
        Ground that holds no circle of this diameter is a sliver [m].
    """
    known = {code: row for row, code in enumerate(beats["code"])}
    beat = np.array([known.get(code, OUTLINE) for code in wanted.to_numpy(dtype=object)], dtype=np.int64)
    for row in np.flatnonzero(beat == OUTLINE):
        told = wanted.iloc[row]
        why = f"names beat {told}, which does not exist" if isinstance(told, str) and told else "names no beat"
        place = shapes[row] if not shapely.is_empty(shapes[row]) else None
        yield Issue("orphan_cell", (str(codes[row]),), place, f"{codes[row]} {why}.")
    areas = np.asarray(beats.geometry.array, dtype=object)
    uneven = _uneven(beat, rings, areas)
    doubtful = np.isin(beat, uneven) & (beat != OUTLINE)
    rows = np.flatnonzero(doubtful)
    shapely.prepare(areas)
    rows = rows[~shapely.covers(areas[beat[rows]], shapes[rows])]
    sound, crossing = areas.copy(), np.flatnonzero(~shapely.is_valid(areas))
    sound[crossing] = shapely.make_valid(areas[crossing], method="structure", keep_collapsed=False)
    outside = shapely.difference(shapes[rows], sound[beat[rows]])
    kept = ~narrower_than(outside, GRID_M)
    slivers = narrower_than(outside[kept], sliver_width_m)
    for row, part, sliver in zip(rows[kept], outside[kept], slivers, strict=True):
        told = f"{codes[row]} reaches {part.area:,.3g} m2 outside its beat {wanted.iloc[row]}."
        yield Issue("sliver_outside_beat" if sliver else "cell_outside_beat", (str(codes[row]),), part, told)
    yield from _not_unions(
        uneven[uneven != OUTLINE], beat, beats["code"].to_numpy(dtype=object), shapes, sound, allowed
    )


def _not_unions(
    uneven: NDArray[np.int64],
    beat: NDArray[np.int64],
    names: NDArray[np.object_],
    shapes: NDArray[np.object_],
    areas: NDArray[np.object_],
    allowed: NDArray[np.object_],
) -> Iterator[Issue]:
    """Yield the beats that are not exactly the union of their cells, with where they differ, allowed gaps aside."""
    for row in uneven.tolist():
        whole = shapely.union_all(shapes[beat == row])
        apart = shapely.symmetric_difference(whole, areas[row])
        if len(allowed):
            apart = shapely.difference(apart, shapely.union_all(allowed))
        parts, _ = polygons_of(np.array([apart], dtype=object))
        parts = parts[~narrower_than(parts, GRID_M)]
        if len(parts):
            place: shapely.Geometry = shapely.MultiPolygon(list(parts)) if len(parts) > 1 else parts[0]
            told = f"Beat {names[row]} and its cells differ on {shapely.area(place):,.3g} m2; a beat is the union of its cells."
            yield Issue("beat_not_union", (str(names[row]),), place, told)


def uneven_beats(beats: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> list[int]:
    """Return the rows of the beats whose outline is not, edge by edge, that of their cells."""
    known = {code: row for row, code in enumerate(beats["code"])}
    beat = np.array([known.get(code, OUTLINE) for code in cells["beat"]], dtype=np.int64)
    given = [np.asarray(frame.geometry.array, dtype=object).copy() for frame in (cells, beats)]
    for shapes in given:
        shapes[shapely.is_missing(shapes)] = shapely.Polygon()
    found = _uneven(beat, (rings_of(given[0]),), given[1])
    return [row for row in found.tolist() if row != OUTLINE]


def _uneven(beat: NDArray[np.int64], rings: tuple[Rings, ...], areas: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the beats whose outline is not, edge by edge, that of their cells; in all others each cell is inside."""
    loose = loose_edges(*(part.of(beat) for part in rings), rings_of(areas).reversed(), grouped=True)
    return np.unique(loose.walk_owner)
