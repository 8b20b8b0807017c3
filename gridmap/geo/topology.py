"""Topology: whether the zones tile the jurisdiction, and if not, what is wrong and where.

The method is edge pairing (`topology_edges`): borders walked once each way are sound and left alone; only the
others are made into faces (`topology_faces`), which are then overlaps, gaps or leaks (`topology_ground`).
GEOS's coverage functions see overlaps but no hole without a given width; pairing with the outline sees both.

What counts, everywhere: ground under 1e-6 m2 is noise; borders nearer than 1 mm (`GRID_M`) are one border, and where
they differ only in their vertices that is an `unmatched_vertex`; ground that holds no circle of `sliver_width_m` is
a sliver; the rest is an overlap or a gap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.geo.columns import POLYGONS, BadFrame, Fault, check_area, check_zones
from gridmap.geo.crs import require_metric, require_same
from gridmap.geo.topology_beats import beat_issues
from gridmap.geo.topology_edges import GRID_M, OUTLINE, loose_edges, rings_of
from gridmap.geo.topology_faces import faces_of, led_through, nodes_on_edges, owners_along, unmatched_vertices
from gridmap.geo.topology_ground import Ground, gap_issues, missing_cells, sort_faces, without_allowed
from gridmap.geo.topology_issue import KINDS, Issue, issues_frame
from gridmap.geo.topology_rings import invalid_rows, place_of_fault, spikes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from gridmap.geo.topology_edges import Loose, Rings

__all__ = ["KINDS", "find_issues"]


def find_issues(
    zones: gpd.GeoDataFrame,
    jurisdiction: shapely.Polygon | shapely.MultiPolygon | None = None,
    *,
    beats: gpd.GeoDataFrame | None = None,
    former: gpd.GeoDataFrame | None = None,
    allowed_gaps: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    sliver_width_m: float = 1.0,
) -> gpd.GeoDataFrame:
    """Return everything that keeps `zones` from tiling the jurisdiction, each fault with its place.

    Parameters
    ----------
    zones
        (n,) zones frame in a metric CRS, also unsound: empty and self-crossing zones are reported, and the others
        checked all the same (a self-crossing zone then stands for the ground its outline encloses).
    jurisdiction
        The area to be tiled, in the zones' CRS. Without it the beats are; without beats either, gaps are found only
        where zones surround them, and leaks not at all.
    beats
        (b,) zones frame of beats in the same CRS. `zones` are then grid cells with a column `beat`: cells of no known
        beat, cells that leave their beat and beats that are not exactly the union of their cells are reported; the
        last say the same from above, for a gap, such a cell or a beat that overlaps another is always told too.
    former
        (p,) zones frame of a former edition, to tell a cell that is missing from any other gap.
    allowed_gaps
        Polygons (lakes, barracks) that need no zone.
    sliver_width_m
        Ground that holds no circle of this diameter is a sliver [m].

    Returns
    -------
    issues
        Frame of `kind` (see `KINDS`), `zones` (sorted codes: those that overlap, lie beside a gap, share a vertex),
        `area_m2`, `length_m` (outline or length), `detail`, geometry (Polygon, LineString, Point, or None for an empty
        zone without a former one) in the zones' CRS; worst kinds first.

    Raises
    ------
    NotAFrame, BadFrame
        If a frame lacks columns or has duplicate codes or other geometry than polygons.
    NotMetric
        If the zones are not in metres.
    CrsMismatch, MissingCrs
        If another frame is in another CRS.
    BadShape
        If the jurisdiction is no valid polygon.

    References
    ----------
    For the rule that each edge of a planar partition is walked once each way, and the faults that break it:
    de Berg et al. (2008), "Computational Geometry", 3rd ed., section 2.2, the doubly-connected edge list.
    """
    check_zones(zones, also=["beat"] if beats is not None else [], draft=True)
    require_metric(zones)
    outlines = _outlines(zones, jurisdiction, beats)
    codes = zones["code"].to_numpy(dtype=object)
    given = np.asarray(zones.geometry.array, dtype=object)
    empty = shapely.is_missing(given) | shapely.is_empty(given)
    shapes = given.copy()
    shapes[empty] = shapely.Polygon()
    drawn = rings_of(shapes)
    crossing = invalid_rows(shapes, drawn)
    shapes[crossing] = [_enclosed(shape) for shape in shapes[crossing]]
    rings = drawn.without(crossing), rings_of(shapes[crossing]).of(crossing)
    ground = Ground(codes, shapes, shapely.STRtree(shapes), outlines, sliver_width_m)
    old_codes, old_shapes = _former(zones, former)
    issues = [
        *_empty(codes[empty], old_codes, old_shapes),
        *_self_crossing(codes[crossing], given[crossing]),
        *_detached(codes, shapes, np.setdiff1d(np.arange(len(shapes)), crossing)),
        *_spikes(drawn, ground),
    ]
    loose = loose_edges(*rings, rings_of(outlines).of(np.full(len(outlines), OUTLINE)).reversed())
    allowed = _allowed(zones, allowed_gaps)
    issues += _loose_issues(loose, ground, crossing, (old_codes, old_shapes), allowed)
    if beats is not None:
        issues += beat_issues(
            zones["beat"], codes, shapes, rings, beats, allowed=allowed, sliver_width_m=sliver_width_m
        )
    return issues_frame(issues, zones.crs)


def _loose_issues(
    loose: Loose,
    ground: Ground,
    crossing: NDArray[np.int64],
    former: tuple[NDArray[np.object_], NDArray[np.object_]],
    allowed: NDArray[np.object_],
) -> Iterator[Issue]:
    """Yield what the loose borders enclose, and the vertices that only one side of a border has."""
    if not len(loose.ends):
        return
    on_edges = nodes_on_edges(loose)
    led = led_through(loose, *on_edges)
    gaps, overlaps, leaks = sort_faces(faces_of(led), ground)
    yield from overlaps
    yield from leaks
    if len(allowed):
        gaps = without_allowed(gaps, allowed)
    gaps, missing = missing_cells(gaps, *former)
    yield from missing
    yield from gap_issues(gaps, owners_along(gaps, led), ground)
    places, zones = unmatched_vertices(loose, *on_edges, crossing)
    for place, rows in zip(places, zones, strict=True):
        names = ground.names(rows)
        told = f"A vertex on the border of {', '.join(names)} is missing in one of them."
        yield Issue("unmatched_vertex", names, shapely.Point(place), told)


def _outlines(zones: gpd.GeoDataFrame, jurisdiction: object, beats: gpd.GeoDataFrame | None) -> NDArray[np.object_]:
    if beats is not None:
        check_zones(beats)
        require_same(zones, beats)
    if jurisdiction is not None:
        return np.array([check_area(jurisdiction)], dtype=object)
    if beats is not None:
        shapes = np.asarray(beats.geometry.array, dtype=object)
        sound = shapes[shapely.is_valid(shapes)]
        unite = shapely.coverage_union_all if shapely.coverage_is_valid(sound) else shapely.union_all
        return np.array([unite(sound)], dtype=object)
    return np.empty(0, dtype=object)


def _former(
    zones: gpd.GeoDataFrame, former: gpd.GeoDataFrame | None
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    if former is None:
        return np.empty(0, dtype=object), np.empty(0, dtype=object)
    check_zones(former)
    require_same(zones, former)
    return former["code"].to_numpy(dtype=object), np.asarray(former.geometry.array, dtype=object)


def _allowed(zones: gpd.GeoDataFrame, allowed: gpd.GeoDataFrame | gpd.GeoSeries | None) -> NDArray[np.object_]:
    if allowed is None:
        return np.empty(0, dtype=object)
    require_same(zones, allowed)
    shapes = np.asarray(allowed.geometry.array, dtype=object)
    strange = ~np.isin(shapely.get_type_id(shapes), [int(kind) for kind in POLYGONS]) | ~shapely.is_valid(shapes)
    if strange.any():
        fault = Fault("no valid polygon", "geometry", int(strange.sum()), (f"row {int(np.argmax(strange)) + 1}",))
        raise BadFrame(f"The allowed gaps cannot be used: {fault}.", faults=[fault])
    return shapes


def _enclosed(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the ground a self-crossing outline encloses; `structure` stays quick on the worst of outlines."""
    mended = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    return mended if shapely.get_dimensions(mended) == 2 else shapely.Polygon()


def _empty(
    codes: NDArray[np.object_], old_codes: NDArray[np.object_], old_shapes: NDArray[np.object_]
) -> Iterator[Issue]:
    known = dict(zip(old_codes, old_shapes, strict=True))
    for code in codes:
        shape = known[code].point_on_surface() if code in known else None
        yield Issue("empty", (str(code),), shape, f"{code} has no ground; draw it or take it out.")


def _self_crossing(codes: NDArray[np.object_], shapes: NDArray[np.object_]) -> Iterator[Issue]:
    for code, shape in zip(codes, shapes, strict=True):
        reason, place = place_of_fault(shape)
        yield Issue("self_crossing", (str(code),), place, f"{code} is no sound polygon here: {reason}.")


def _detached(codes: NDArray[np.object_], shapes: NDArray[np.object_], rows: NDArray[np.int64]) -> Iterator[Issue]:
    """Yield every part of a zone but its largest."""
    for row in rows[shapely.get_num_geometries(shapes[rows]) > 1]:
        parts = sorted(shapely.get_parts(shapes[row]), key=shapely.area, reverse=True)
        for part in parts[1:]:
            told = (
                f"{codes[row]} lies in {len(parts)} parts; this one of {part.area:,.0f} m2 is apart from the largest."
            )
            yield Issue("detached", (str(codes[row]),), part, told)


def _spikes(rings: Rings, ground: Ground) -> Iterator[Issue]:
    """Yield each spike once, with every zone that has it."""
    owners, lines = spikes(rings)
    found: dict[tuple[int, int], tuple[set[int], NDArray[np.float64]]] = {}
    for owner, line in zip(owners.tolist(), lines, strict=True):
        x, y = np.rint(line[1] / GRID_M)
        found.setdefault((int(x), int(y)), (set(), line))[0].add(owner)
    for rows, line in found.values():
        names, shape = ground.names(rows), shapely.LineString(line)
        yield Issue(
            "spike", names, shape, f"The outline of {' and '.join(names)} runs {shape.length:.3g} m out and back."
        )
