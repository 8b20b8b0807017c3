"""The ground plan of a made-up station: town, roads, river, villages, and the atoms between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridmap.synthetic import atoms, outline, roads, settlements, words
from gridmap.synthetic.plan import Plan
from gridmap.synthetic.plane import Floats
from gridmap.synthetic.seeds import stream


@dataclass(frozen=True)
class Layout:
    """Everything that lies on the ground before anybody is made responsible for it [m about `origin`]."""

    origin: Floats
    outline: shapely.Polygon
    town: roads.Core
    ring: shapely.Polygon
    streets: list[roads.Street]
    settlements: list[settlements.Settlement]
    villages: list[tuple[str, str]]
    seeds: Floats  # (m, 2) where the grid cells outside the town start
    seed_village: list[int]  # (m,) the village of each
    faces: atoms.Atoms
    town_faces: set[int]


def lay_out(seed: int, position: tuple[int, int], plan: Plan) -> Layout:
    """Return the ground plan of the station in a column and row of the honeycomb."""
    origin = outline.centre(*position)
    border = outline.outline(seed, *position) - origin
    area = shapely.Polygon(border)
    rng = stream(seed, "roads", *position)
    town = roads.core(border, words.shuffled(words.STREETS, rng), rng)
    ring = shapely.Polygon(town.ring)
    mains = roads.main_roads(town, border, rng)
    water = roads.river(town, border, rng)
    out = round(plan.places * 18 / 28)
    centres = settlements.centres(area, ring, out, stream(seed, "centres", *position))
    links = roads.village_roads(centres, [town.ring, *mains], rng)
    rng = stream(seed, "villages", *position)
    names = words.villages(out, rng)
    houses = settlements.shares(out, round(plan.doors * 0.42), rng)
    settled = [s for i, c in enumerate(centres) for s in settlements.settle(i, c, houses[i], rng)]
    cells = _cells(houses, plan.cells - round(plan.cells * 0.53))
    seeds = [settlements.cell_seeds(c, n, rng) for c, n in zip(centres, cells, strict=True)]
    seed_village = [i for i, n in enumerate(cells) for _ in range(n)]
    streets = [*town.streets, *_others(town, mains, water, links, names, settled)]
    hills = atoms.voronoi_borders(np.vstack(seeds), centres, area, stream(seed, "borders", *position))
    faces = _faces(area, ring, town, [*mains, water, *hills])
    within = shapely.contains(ring, shapely.point_on_surface(faces.faces))
    return Layout(
        origin, area, town, ring, streets, settled, names, np.vstack(seeds), seed_village, faces,
        {int(i) for i in np.flatnonzero(within)},
    )  # fmt: skip


def _cells(houses: list[int], total: int) -> list[int]:
    """Share grid cells out to villages by their houses, one at least (largest remaining load first)."""
    cells = [1] * len(houses)
    while sum(cells) < total:
        cells[int(np.argmax([n / c for n, c in zip(houses, cells, strict=True)]))] += 1
    return cells


def _others(
    town: roads.Core,
    mains: list[Floats],
    water: Floats,
    links: list[Floats],
    names: list[tuple[str, str]],
    settled: list[settlements.Settlement],
) -> list[roads.Street]:
    own = [street.name for street in town.streets if street.kind == "main"]
    made = [
        roads.whole("ring", ("环城路", "Huancheng Road"), town.ring),
        roads.whole("river", ("云溪河", "Yunxi River"), water),
    ]
    for i, line in enumerate(mains):
        zh, en = own[i // 2]
        made.append(roads.whole("main", (zh[:-1] + "公路", en.split()[0] + " Highway"), line))
    for i, line in enumerate(links):
        zh, en = names[i % len(names)]
        suffix = ("路", " Village Road") if i < len(names) else ("连村路", " Link Road")
        made.append(roads.whole("village_road", (zh + suffix[0], en + suffix[1]), line))
    for place in settled:
        zh, en = names[place.village]
        for i, line in enumerate(place.lanes if place.hamlet == 0 else place.lanes[1:]):
            number = words.numeral(i + 1)
            name = (f"{zh}{number}巷", f"{en} Lane {i + 1}") if place.hamlet == 0 else (f"{zh}田间路", f"{en} Track")
            made.append(roads.whole("village_lane", name, line))
    return made


def _faces(area: shapely.Polygon, ring: shapely.Polygon, town: roads.Core, outside: list[Floats]) -> atoms.Atoms:
    streets = shapely.union_all([shapely.LineString(run) for street in town.streets for run in street.runs()])
    lines: list[Floats | shapely.Geometry] = [shapely.intersection(streets, ring), ring.boundary]
    lines.extend(shapely.difference(shapely.LineString(line), ring) for line in outside)
    return atoms.cut(area, lines)
