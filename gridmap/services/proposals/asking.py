"""What the engine is asked: units with their neighbours, and the wishes in its numbers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridmap.geo import propose as engine
from gridmap.geo.units import Units, units_of
from gridmap.services.proposals.division import Frame, former_of_pieces
from gridmap.services.proposals.ground import Ground
from gridmap.services.proposals.pieces import Pieces
from gridmap.services.proposals.wishes import PlanWishes, not_possible


def units(ground: Ground, pieces: Pieces) -> Units:
    """Return the pieces as units, islands joined to what is nearest."""
    zones = pieces.zones.to_crs(ground.metric_epsg)
    zones["name_zh"] = zones["name_en"] = ""
    barriers = ground.barriers.to_crs(ground.metric_epsg) if len(ground.barriers) else None
    load = pieces.counts["load"].to_numpy()
    found = units_of(zones, load, barriers=barriers)
    bridges = island_bridges(zones, found)
    return units_of(zones, load, barriers=barriers, bridges=bridges) if bridges else found


def island_bridges(zones: gpd.GeoDataFrame, found: Units) -> list[tuple[str, str]]:
    """Return the pairs of units over which parts that nothing joins are joined, each to the nearest other part."""
    shapes, codes = zones.geometry.to_numpy(), zones["code"].tolist()
    n = len(found)
    links = coo_array((np.ones(len(found.other), dtype=np.int8), (found.rows(), found.other)), shape=(n, n))
    bridges: list[tuple[str, str]] = []
    parts, part = connected_components(links, directed=False)
    while parts > 1:
        smallest = int(np.bincount(part).argmin())
        mine, others = np.flatnonzero(part == smallest), np.flatnonzero(part != smallest)
        tree = shapely.STRtree(shapes[others])
        (near, far), away = tree.query_nearest(shapes[mine], return_distance=True, all_matches=False)
        at = int(away.argmin())
        one, other = mine[near[at]], others[far[at]]
        bridges.append((codes[one], codes[other]))
        part[part == smallest] = part[other]
        part = np.unique(part, return_inverse=True)[1]
        parts = int(part.max()) + 1
    return bridges


def frame_of(ground: Ground, pieces: Pieces, wishes: PlanWishes) -> Frame:
    """Return which former beats the zone numbers stand for, and what each zone should carry."""
    k, m = wishes.beats, len(ground.beats)
    codes = ground.beats["code"].tolist()
    land = former_of_pieces(ground, pieces)
    n = len(pieces.zones)
    if k > n:
        raise not_possible(
            "beats", f"{n} units cannot make {k} beats; ask for 1 to {n}, or choose smaller units", units=n
        )
    locked = [codes.index(code) if code in codes else -1 for code in dict.fromkeys(wishes.locked)]
    if -1 in locked:
        raise not_possible("locked", f"there is no beat {wishes.locked[locked.index(-1)]} in this edition to lock")
    if locked and wishes.units == "lattice":
        raise not_possible("locked", "squares cannot keep a beat as it is; lock none, or make beats of cells")
    if len(locked) > k or (len(locked) == k and k < m):
        raise not_possible("locked", f"{len(locked)} beats are locked and {k} are asked for; lock fewer")
    left = n - int(np.isin(land, locked).sum())
    if locked and k - len(locked) > left:
        raise not_possible(
            "locked", f"the locked beats leave {left} units for {k - len(locked)} other beats; lock fewer", units=left
        )
    doors = np.bincount(pieces.former[pieces.former >= 0], minlength=m).astype(float)
    doors[locked] = np.inf
    doors[~np.isin(np.arange(m), land)] = -1  # a beat that no unit is mostly in cannot be kept
    chosen = np.sort(np.argsort(-doors, kind="stable")[: min(k, m)]) if m else np.zeros(0, dtype=np.int64)
    chosen = chosen[doors[chosen] >= 0]
    numbers = np.full(m, -1, dtype=np.int64)
    numbers[chosen] = np.arange(len(chosen))
    kept = np.full(k, -1, dtype=np.int64)
    kept[numbers[locked]] = locked
    former_full = _full(ground, wishes)
    full = np.ones(k)
    full[numbers[chosen]] = former_full[chosen]
    load = pieces.counts["load"].to_numpy()
    own = np.array([load[land == row].sum() if row >= 0 else 0.0 for row in kept])
    free = kept < 0
    capacity = np.where(free, full, 0.0)
    capacity = np.where(free, capacity / max(capacity.sum(), 1e-12) * (1 - own.sum()), own)
    return Frame(numbers, kept, np.maximum(capacity, 1e-9), full, former_full)


def _full(ground: Ground, wishes: PlanWishes) -> NDArray[np.float64]:
    """Return the share of a full beat each former beat takes: its own, or that of the officer posted to it."""
    full = pd.Series(1.0, index=ground.beats["code"].tolist())
    people = ground.officers.groupby("person")["beat"].agg(list).to_dict()
    for code, share in wishes.capacity.items():
        beats = [code] if code in full.index else [one for one in people.get(code, []) if one in full.index]
        if not beats:
            raise not_possible("capacity", f"{code} is no beat of this edition and no officer posted to one")
        full[beats] = share
    return np.asarray(full, dtype=np.float64)


def asked(pieces: Pieces, wishes: PlanWishes, frame: Frame, land: NDArray[np.int64]) -> engine.Wishes:
    """Return the wishes as the engine takes them."""
    former = np.append(frame.numbers, -1)[land].astype(np.int32)
    fixed = closed = None
    if (frame.kept >= 0).any():
        closed = frame.kept >= 0
        fixed = np.where(np.isin(land, frame.kept[closed]), former, -1).astype(np.int32)
    return engine.Wishes(
        zones=wishes.beats,
        tolerance=wishes.tolerance,
        capacity=frame.capacity / frame.capacity.sum(),
        fixed=fixed,
        closed=closed,
        together=None if wishes.villages == "free" else pieces.village.astype(np.int32),
        together_hard=wishes.villages == "whole",
        cross_barriers=wishes.cross,
        former=former,
        doors=pieces.counts["doors"].to_numpy(),
        weight_compact=wishes.compact,
        weight_change=wishes.change,
        weight_travel=wishes.travel,
    )
