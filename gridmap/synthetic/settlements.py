"""Where people live outside the town: villages with their lanes, hamlets, and the seeds of their grid cells."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

from gridmap.synthetic.curves import wiggle
from gridmap.synthetic.plane import Floats
from gridmap.synthetic.roads import _turn

LANE_GAP = 46.0  # [m] between two lanes of a village
HOUSE_GAP = 14.5  # [m] of lane that a house takes


@dataclass(frozen=True)
class Settlement:
    """A village or hamlet: its middle, the lanes its houses stand on, and how many houses it has."""

    village: int
    hamlet: int  # 0 is the village itself
    middle: Floats
    lanes: list[Floats]
    houses: int


def centres(outline: shapely.Polygon, ring: shapely.Polygon, count: int, rng: np.random.Generator) -> Floats:
    """Return (count, 2) village centres [m], inside the outline, off the town, well apart."""
    room = outline.buffer(-420).difference(ring.buffer(380))
    shapely.prepare(room)
    low, high = np.array(room.bounds[:2]), np.array(room.bounds[2:])
    tries = rng.uniform(low, high, (3000, 2))
    tries = tries[shapely.contains_xy(room, tries)]
    chosen = [tries[0]]
    gaps = np.hypot(*(tries - chosen[0]).T)
    while len(chosen) < count:
        # the farthest of a few hundred tries: apart, yet not a lattice
        lot = rng.choice(len(tries), size=min(120, len(tries)), replace=False)
        best = tries[lot[int(gaps[lot].argmax())]]
        chosen.append(best)
        gaps = np.minimum(gaps, np.hypot(*(tries - best).T))
    return np.array(chosen)


def shares(count: int, total: int, rng: np.random.Generator, spread: float = 0.45) -> list[int]:
    """Return `count` whole numbers, lognormally uneven, whose sum is `total`; each at least 1."""
    weights = rng.lognormal(0, spread, count)
    exact = 1 + weights / weights.sum() * (total - count)
    floor = np.floor(exact).astype(int)
    for i in np.argsort(floor - exact)[: total - int(floor.sum())]:
        floor[i] += 1
    return [int(n) for n in floor]


def cell_seeds(middle: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return the (count, 2) points from which a village's grid cells are drawn, around its middle."""
    turn = rng.uniform(0, 2 * math.pi)
    angles = turn + 2 * math.pi * (np.arange(count) + rng.uniform(-0.15, 0.15, count)) / max(count, 1)
    reach = 0.0 if count == 1 else 260.0
    return np.asarray(middle + reach * np.column_stack([np.cos(angles), np.sin(angles)]))


def settle(village: int, middle: Floats, houses: int, rng: np.random.Generator) -> list[Settlement]:
    """Return a village and its hamlets, together `houses` houses."""
    hamlets = int(rng.integers(1, 4)) if houses > 60 else 0  # a small village has none
    outside = [int(rng.integers(5, 22)) for _ in range(hamlets)]
    result = [Settlement(village, 0, middle, lanes(middle, houses - sum(outside), rng), houses - sum(outside))]
    for hamlet, count in enumerate(outside, start=1):
        angle, reach = rng.uniform(0, 2 * math.pi), rng.uniform(480, 800)
        at = middle + reach * np.array([math.cos(angle), math.sin(angle)])
        track = wiggle(middle, at, rng, amplitude=0.09, step=30)
        # the houses of a hamlet stand along the last part of the track that leads to it
        result.append(Settlement(village, hamlet, at, [track[-max(3, len(track) // 3) :], track], count))
    return result


def lanes(middle: Floats, houses: int, rng: np.random.Generator) -> list[Floats]:
    """Return the lanes of a village: a main lane and side lanes across it, bent and of uneven length [m]."""
    long = 1.15 * math.sqrt(houses * HOUSE_GAP / 2 * LANE_GAP) + 40
    wide = long / float(rng.uniform(1.2, 1.9))
    angle = float(rng.uniform(0, math.pi))
    bow = float(rng.normal(0, 0.09)) / max(long, 1)
    main_x = np.linspace(-long * 0.62, long * 0.62, max(4, round(long / 25)))
    parts = [np.column_stack([main_x, np.zeros_like(main_x)])]
    at = -long / 2 + float(rng.uniform(10, 30))
    while at < long / 2:
        half = wide / 2 * math.sqrt(max(0.05, 1 - (2 * at / long) ** 2))
        up, down = half * rng.uniform(0.65, 1.2, 2)
        if rng.uniform() < 0.12:  # some lanes leave the main lane on one side only
            up = 0.0
        y = np.linspace(-down, up, max(3, round((up + down) / 22)))
        lean = float(rng.normal(0, 0.07))
        parts.append(np.column_stack([at + lean * y + 5 * np.sin(y / 60 + at), y]))
        at += LANE_GAP * float(rng.uniform(0.82, 1.25))
    parts.extend(_back_lanes(long, wide, rng))
    bent = [np.column_stack([p[:, 0], p[:, 1] + bow * 4 * p[:, 0] ** 2]) for p in parts]
    return [middle + _turn(p, angle) for p in bent]


def _back_lanes(long: float, wide: float, rng: np.random.Generator) -> list[Floats]:
    found = []
    for side in (-1, 1):
        if wide > 150 and rng.uniform() < 0.75:  # wide villages have a lane behind the houses
            x = np.linspace(-long * float(rng.uniform(0.25, 0.4)), long * float(rng.uniform(0.25, 0.4)), 12)
            found.append(np.column_stack([x, np.full_like(x, side * wide * float(rng.uniform(0.24, 0.32)))]))
    return found
