"""Who is responsible for which atoms: communities and villages, grid cells, beats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridmap.synthetic.atoms import contract
from gridmap.synthetic.even import smooth
from gridmap.synthetic.grow import grow_split, join_strays
from gridmap.synthetic.layout import Layout
from gridmap.synthetic.plan import Plan
from gridmap.synthetic.plane import Floats


@dataclass(frozen=True)
class Areas:
    """For each atom its grid cell; for each cell its place and its beat. Cells and beats are connected."""

    cell: list[int]  # (atoms,)
    place: list[int]  # (cells,) villages come first, then the town's communities
    beat: list[int]  # (cells,)


def divide(layout: Layout, weights: Floats, plan: Plan, rng: np.random.Generator) -> Areas:
    """Divide a station's atoms, of which `weights` tells the households, among cells, places and beats."""
    cell = _village_cells(layout)
    place = list(layout.seed_village)
    _town_cells(layout, weights, plan, cell, place, rng)
    sizes = shapely.area(layout.faces.faces)
    cell = join_strays(layout.faces.graph, cell, [float(s) for s in sizes])
    between = contract(layout.faces.graph, cell)
    area = np.bincount(cell, sizes, len(place))
    place = join_strays(between, place, [float(a) for a in area])
    load = np.bincount(cell, weights, len(place)).astype(np.float64)
    centre = np.column_stack(
        [
            np.bincount(cell, sizes * f(shapely.centroid(layout.faces.faces)), len(place)) / area
            for f in (shapely.get_x, shapely.get_y)
        ]
    )
    villages = len(layout.villages)
    town = {c for c, p in enumerate(place) if p >= villages}
    beats = _beats(between, place, load, centre, plan, rng, town=town)
    return Areas(cell, place, beats)


def _village_cells(layout: Layout) -> list[int]:
    """Give each atom outside the town to the nearest seed; slips across a road or river join whom they border most."""
    faces, graph = layout.faces.faces, layout.faces.graph
    tree = shapely.STRtree(np.asarray(shapely.points(layout.seeds), dtype=object))
    labels = [int(i) for i in tree.nearest(shapely.point_on_surface(faces))]
    for i in layout.town_faces:
        labels[i] = -1
    area = shapely.area(faces)
    total = np.zeros(len(layout.seeds))
    largest = {}
    for i in np.argsort(area):
        if labels[i] >= 0:
            total[labels[i]] += area[i]
            largest[labels[i]] = int(i)
    _claim_missing(layout, labels, largest)
    kept = set(largest.values())
    for i in np.argsort(area):
        own = labels[int(i)]
        if own < 0 or int(i) in kept or area[i] > 0.3 * total[own]:
            continue
        touch: dict[int, float] = {}
        for near, metres in graph[int(i)].items():
            if labels[near] not in {own, -1}:
                touch[labels[near]] = touch.get(labels[near], 0.0) + metres
        if touch:
            labels[int(i)] = max(touch, key=lambda other: (touch[other], -other))
    return labels


def _claim_missing(layout: Layout, labels: list[int], largest: dict[int, int]) -> None:
    """Give a seed that is nearest to no atom the nearest atom that is not another seed's largest."""
    middle = shapely.get_coordinates(shapely.centroid(layout.faces.faces))
    for seed in sorted(set(range(len(layout.seeds))) - set(largest)):
        order = np.argsort(np.hypot(*(middle - layout.seeds[seed]).T))
        pick = next(int(i) for i in order if labels[int(i)] >= 0 and int(i) not in largest.values())
        labels[pick], largest[seed] = seed, pick


def _town_cells(
    layout: Layout, weights: Floats, plan: Plan, cell: list[int], place: list[int], rng: np.random.Generator
) -> None:
    """Split the town into communities and each community into cells, even in households."""
    graph = layout.faces.graph
    middle = shapely.get_coordinates(shapely.centroid(layout.faces.faces))
    # an atom without households still takes time to walk: a little weight for its ground
    effort = weights + shapely.area(layout.faces.faces) / 4000 + 0.1
    communities = grow_split(graph, layout.town_faces, effort, middle, plan.places - len(layout.villages))
    communities = smooth(graph, communities, effort, rng)
    left = plan.cells - len(layout.seeds)
    load = [float(effort[sorted(c)].sum()) for c in communities]
    counts = [1] * len(communities)
    while sum(counts) < left:
        open_ = [w / n if n < len(c) else -1.0 for w, n, c in zip(load, counts, communities, strict=True)]
        counts[int(np.argmax(open_))] += 1
    for number, (community, count) in enumerate(zip(communities, counts, strict=True)):
        for part in smooth(graph, grow_split(graph, community, effort, middle, count), effort, rng):
            for i in part:
                cell[i] = len(place)
            place.append(len(layout.villages) + number)


def _beats(
    between: dict[int, dict[int, float]],
    place: list[int],
    load: Floats,
    centre: Floats,
    plan: Plan,
    rng: np.random.Generator,
    *,
    town: set[int],
) -> list[int]:
    """Make beats of whole places where their size allows it; outside the town a beat takes one to four villages."""
    in_town = round(plan.beats * 12 / 22)
    beat = [-1] * len(place)
    made = 0
    for members, count in ((town, in_town), (set(range(len(place))) - town, plan.beats - in_town)):
        graph = {a: {b: m for b, m in between[a].items() if b in members} for a in members}
        units, unit_of = _units(graph, members, place, load, count)
        quotient = contract(graph, _spread(unit_of, len(place)))
        quotient.pop(-1, None)
        weight = np.array([load[sorted(u)].sum() + 60 for u in units])
        at = np.array([centre[sorted(u)].mean(axis=0) for u in units])
        groups = smooth(quotient, grow_split(quotient, set(range(len(units))), weight, at, count), weight, rng)
        for group in groups:
            for unit in group:
                for c in units[unit]:
                    beat[c] = made
            made += 1
    return beat


def _spread(unit_of: dict[int, int], count: int) -> list[int]:
    return [unit_of.get(i, -1) for i in range(count)]


def _units(
    graph: dict[int, dict[int, float]], members: set[int], place: list[int], load: Floats, count: int
) -> tuple[list[set[int]], dict[int, int]]:
    """Return what beats are made of: whole places, or single cells where there are fewer places than beats."""
    places = sorted({place[c] for c in members})
    units = [{c for c in members if place[c] == p} for p in places]
    while len(units) < count:
        heavy = max((u for u in units if len(u) > 1), key=lambda u: (float(load[sorted(u)].sum()), -min(u)))
        units.remove(heavy)
        at = np.array([[float(i), 0.0] for i in range(max(heavy) + 1)])
        units.extend(grow_split(graph, heavy, load, at, 2))
    return units, {c: i for i, u in enumerate(units) for c in u}
