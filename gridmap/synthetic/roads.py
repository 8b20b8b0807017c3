"""The road network of a made-up station: main roads, a ring, a bent street grid, village roads; and a river."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gridmap.synthetic.curves import bend, wiggle
from gridmap.synthetic.plane import Floats

CORE_SHARE = 0.125  # of the jurisdiction lies inside the ring road
SPACINGS = (120.0, 0.105)  # [m] streets stand so far apart in the old town, and this much more per metre outwards


@dataclass(frozen=True)
class Street:
    """A centre line; `kept` says which of its segments exist (the line's positions number its doors)."""

    kind: str  # main | ring | street | lane | village_road | village_lane | river
    name: tuple[str, str]
    line: Floats
    kept: Floats

    def runs(self) -> list[Floats]:
        """Return the unbroken pieces that exist."""
        pieces, start = [], None
        for i, keep in enumerate([*(self.kept > 0), False]):
            if keep and start is None:
                start = i
            elif not keep and start is not None:
                pieces.append(self.line[start : i + 1])
                start = None
        return pieces


@dataclass(frozen=True)
class Core:
    """The town inside its ring road."""

    middle: Floats
    angle: float
    radius: float
    ring: Floats
    streets: list[Street]


def whole(kind: str, name: tuple[str, str], line: Floats) -> Street:
    """Return a street all of whose segments exist."""
    return Street(kind, name, line, np.ones(len(line) - 1))


def core(outline: Floats, names: list[tuple[str, str]], rng: np.random.Generator) -> Core:
    """Return the town: ring road and street grid, about a middle near the middle of the outline [m]."""
    area = float(shapely.Polygon(outline).area)
    radius = math.sqrt(area * CORE_SHARE / 3.45)  # 3.45 r2: between a circle's area and a square's
    middle = rng.uniform(-0.09, 0.09, 2) * math.sqrt(area)
    angle = float(rng.uniform(-0.35, 0.35))
    ring = middle + _turn(_ring(radius, rng), angle)
    offsets = [_offsets(radius, rng), _offsets(radius, rng)]
    phase = rng.uniform(0, 2 * math.pi, 4)
    area_inside = shapely.Polygon(ring)
    shapely.prepare(area_inside)
    streets = []
    for axis in (0, 1):
        for order, at in enumerate(offsets[axis]):
            nodes = np.column_stack([np.full(len(offsets[1 - axis]), at), offsets[1 - axis]])
            flat = _fill(nodes if axis == 0 else nodes[:, ::-1])
            line = middle + _turn(_warp(flat, phase, radius), angle)
            within = shapely.contains_xy(area_inside, line)
            inside = within[1:] | within[:-1]  # the last segment crosses the ring and is cut there
            kept = inside & _exists(len(offsets[1 - axis]) - 1, rng, arterial=at == 0)
            zh, en = names[(axis * 25 + order) % len(names)]
            name = (zh + ("街" if axis else "路"), en + (" Street" if axis else " Road"))
            streets.append(Street("main" if at == 0 else "street", name, line, kept.astype(float)))
    return Core(middle, angle, radius, ring, [s for s in streets if s.kept.any()])


PER_BLOCK = 6  # vertices of a street between two crossings


def _ring(radius: float, rng: np.random.Generator) -> Floats:
    t = np.linspace(0, 2 * math.pi, 97)[:-1]
    power = 3.2
    r = radius / (np.abs(np.cos(t)) ** power + np.abs(np.sin(t)) ** power) ** (1 / power)
    for k in (1, 2, 3, 5):
        r = r * (1 + rng.normal(0, 0.05 / k) * np.cos(k * t + rng.uniform(0, 6.28)))
    ring = np.column_stack([r * np.cos(t), r * np.sin(t)])
    return np.vstack([ring, ring[:1]])


def _offsets(radius: float, rng: np.random.Generator) -> Floats:
    out = [0.0]
    for sign in (1, -1):
        at = 0.0
        while abs(at) < radius * 1.25:
            at += sign * (SPACINGS[0] + SPACINGS[1] * abs(at)) * float(rng.uniform(0.78, 1.3))
            out.append(at)
    return np.sort(np.array(out))


def _fill(nodes: Floats) -> Floats:
    t = np.arange((len(nodes) - 1) * PER_BLOCK + 1) / PER_BLOCK
    index = np.arange(len(nodes))
    return np.column_stack([np.interp(t, index, nodes[:, 0]), np.interp(t, index, nodes[:, 1])])


def _exists(blocks: int, rng: np.random.Generator, *, arterial: bool) -> npt.NDArray[np.bool_]:
    keep = np.ones(blocks) if arterial else (rng.uniform(size=blocks) > 0.12).astype(float)
    return np.repeat(keep, PER_BLOCK) > 0


def _warp(xy: Floats, phase: Floats, radius: float) -> Floats:
    wave = 2 * math.pi / (1.7 * radius)
    dx = 0.055 * radius * np.sin(wave * xy[:, 1] + phase[0]) + 0.02 * radius * np.sin(2.3 * wave * xy[:, 1] + phase[1])
    dy = 0.055 * radius * np.sin(wave * xy[:, 0] + phase[2]) + 0.02 * radius * np.sin(2.3 * wave * xy[:, 0] + phase[3])
    return np.asarray(xy + np.column_stack([dx, dy]))


def _turn(xy: Floats, angle: float) -> Floats:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.asarray(xy @ np.array([[cos, sin], [-sin, cos]]))


def main_roads(town: Core, outline: Floats, rng: np.random.Generator) -> list[Floats]:
    """Return the lines on which the town's two main streets go on from the ring to beyond the outline."""
    reach = 1.3 * float(np.abs(outline).max())
    roads = []
    for street in (s for s in town.streets if s.kind == "main"):
        run = street.runs()
        line = np.vstack(run)
        for end, before in ((line[0], line[4]), (line[-1], line[-5])):
            heading = math.atan2(*(end - before)[::-1])
            points, at = [before, end], end
            while float(np.hypot(*at)) < reach:
                heading += float(rng.normal(0, 0.22))
                home = math.atan2(*(at - town.middle)[::-1])
                heading += 0.35 * math.remainder(home - heading, 2 * math.pi)
                at = at + 520 * np.array([math.cos(heading), math.sin(heading)])
                points.append(at)
            curve = bend(np.array(points), 40)
            start = int(np.hypot(*(curve - end).T).argmin())
            roads.append(curve[start:])
    return roads


def river(town: Core, outline: Floats, rng: np.random.Generator) -> Floats:
    """Return the middle line of a river that passes the town on one side and crosses the whole outline."""
    reach = 1.5 * float(np.abs(outline).max())
    side = 1.0 if rng.uniform() < 0.5 else -1.0
    along = np.linspace(-reach, reach, 26)
    drift = side * town.radius * (1.33 + 0.28 * np.sin(along / 2600 + rng.uniform(0, 6.28)))
    drift = drift + rng.normal(0, 60, len(along)) + side * 0.00009 * along**2
    turn = town.angle + float(rng.normal(0, 0.25))
    return bend(town.middle + _turn(np.column_stack([drift, along]), turn), 35)


def village_roads(
    centres: Floats, network: list[Floats], rng: np.random.Generator, loops: float = 0.35
) -> list[Floats]:
    """Return a curved road from each centre to the network, nearest first; some centres get a second one."""
    nodes = np.vstack([line[::3] for line in network])
    left = list(range(len(centres)))
    roads: list[Floats] = []
    while left:
        gaps = np.array([np.hypot(*(nodes - centres[i]).T).min() for i in left])
        i = left.pop(int(gaps.argmin()))
        target = nodes[int(np.hypot(*(nodes - centres[i]).T).argmin())]
        roads.append(wiggle(target, centres[i], rng, amplitude=0.11, step=35))
        nodes = np.vstack([nodes, roads[-1][2:]])
    for i, place in enumerate(centres):
        others = np.hypot(*(centres - place).T)
        near = int(np.argsort(others)[1])
        if near > i and rng.uniform() < loops:
            roads.append(wiggle(place, centres[near], rng, amplitude=0.09, step=35))
    return roads
