"""Atoms: the faces between streets, rivers and curved borders, of which every larger area is a union."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.synthetic.curves import wiggle
from gridmap.synthetic.outline import GRID
from gridmap.synthetic.plane import Floats

Graph = dict[int, dict[int, float]]
PINNED = 6.0  # [m] how near a point must lie to a border to hold it
LAST_STRETCH = 90.0  # [m]
TOUCHES = 1e-6  # [m] a line's end cut off at the outline lies on it but for rounding


@dataclass(frozen=True)
class Atoms:
    """Faces that tile the jurisdiction exactly, and the metres of border between each two."""

    faces: npt.NDArray[np.object_]
    graph: Graph


def voronoi_borders(seeds: Floats, through: Floats, outline: shapely.Polygon, rng: np.random.Generator) -> list[Floats]:
    """Return the borders between the regions nearest to each seed, each bent like a border in the hills.

    A border that runs over one of the points `through` (a village's middle, between the seeds of its cells) is held there,
    so that it divides the houses and not the fields beside them.
    """
    edges = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=outline.buffer(3000), only_edges=True)
    merged = shapely.get_parts(shapely.line_merge(shapely.node(edges)))
    curves: list[Floats] = []
    for edge in sorted(merged, key=lambda e: e.wkb):
        pinned = through[shapely.distance(shapely.points(through), edge) < PINNED]
        measure = np.sort(shapely.line_locate_point(edge, shapely.points(pinned)))
        length = shapely.length(edge)
        inner = measure[(measure > PINNED) & (measure < length - PINNED)]
        ends = shapely.get_coordinates(edge)
        held = shapely.get_coordinates(shapely.line_interpolate_point(edge, inner))
        stops = np.vstack([ends[:1], held, ends[-1:]])
        curves.extend(wiggle(a, b, rng, amplitude=0.07, step=40) for a, b in itertools.pairwise(stops))
    return curves


def cut(outline: shapely.Polygon, lines: Sequence[Floats | shapely.Geometry]) -> Atoms:
    """Return the faces that lines cut out of an outline, all vertices on the grid, all borders shared.

    Lines end on vertices that the outline has: it gets no new ones, and stays what the neighbouring station has, too.
    """
    shapes = [line if isinstance(line, shapely.Geometry) else shapely.LineString(line) for line in lines]
    inside = shapely.get_parts(shapely.intersection(np.array(shapes, dtype=object), outline))
    noded = shapely.union_all([*_end_on_vertices(inside, outline), outline.boundary], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    faces = faces[shapely.contains(outline, shapely.point_on_surface(faces))]
    order = np.lexsort(np.round(shapely.get_coordinates(shapely.centroid(faces))).T)
    faces = shapely.normalize(faces[order])
    return Atoms(faces, borders(faces))


def _end_on_vertices(lines: npt.NDArray[np.object_], outline: shapely.Polygon) -> npt.NDArray[np.object_]:
    """Return lines of which each end on the outline has moved to the outline's nearest vertex."""
    lines = lines[(shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(lines)]
    corners = shapely.get_coordinates(outline)
    tree = shapely.STRtree(np.asarray(shapely.points(corners), dtype=object))
    edge = outline.boundary
    moved = []
    for line in lines:
        xy = shapely.get_coordinates(line)
        for end in (0, -1):
            point = shapely.points(xy[end])
            if shapely.distance(point, edge) < TOUCHES:
                xy[end] = corners[tree.nearest(point)]
                # no hook along the outline: the last stretch runs straight to the vertex
                far = np.hypot(*(xy - xy[end]).T) > LAST_STRETCH
                far[[0, -1]] = True
                xy = xy[far]
        moved.append(shapely.LineString(xy))
    return np.array(moved, dtype=object)


def borders(faces: npt.NDArray[np.object_]) -> Graph:
    """Return, for each face, its neighbours and the length of the border they share."""
    rings, owner = shapely.get_parts(shapely.boundary(faces), return_index=True)
    if (shapely.get_type_id(rings) == shapely.GeometryType.MULTILINESTRING).any():
        rings, again = shapely.get_parts(rings, return_index=True)
        owner = owner[again]
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start, end, face = xy[:-1], xy[1:], owner[ring[:-1]]
    real = ring[:-1] == ring[1:]
    start, end, face = start[real], end[real], face[real]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(swap[:, None], end, start), np.where(swap[:, None], start, end)
    keys = np.column_stack([low, high])
    order = np.lexsort(keys.T)
    keys, face = keys[order], face[order]
    same = (keys[:-1] == keys[1:]).all(axis=1)
    size = np.hypot(keys[:-1, 2] - keys[:-1, 0], keys[:-1, 3] - keys[:-1, 1])
    graph: Graph = defaultdict(dict)
    for i in range(len(faces)):
        graph[i] = {}
    for a, b, metres in zip(face[:-1][same], face[1:][same], size[same], strict=True):
        graph[int(a)][int(b)] = graph[int(a)].get(int(b), 0.0) + float(metres)
        graph[int(b)][int(a)] = graph[int(b)].get(int(a), 0.0) + float(metres)
    return dict(graph)


def contract(graph: Graph, labels: Sequence[int]) -> Graph:
    """Return the graph between labels: who borders whom, and for how many metres."""
    result: Graph = {label: {} for label in sorted(set(labels))}
    for a, near in graph.items():
        for b, metres in near.items():
            if labels[a] != labels[b]:
                row = result[labels[a]]
                row[labels[b]] = row.get(labels[b], 0.0) + metres
    return result


def components(graph: Graph, members: set[int]) -> list[set[int]]:
    """Return the connected parts of some nodes, the largest first."""
    left, parts = set(members), []
    while left:
        part, todo = set(), [min(left)]
        while todo:
            node = todo.pop()
            if node not in part:
                part.add(node)
                todo.extend(n for n in graph[node] if n in left and n not in part)
        left -= part
        parts.append(part)
    return sorted(parts, key=lambda p: (-len(p), min(p)))
