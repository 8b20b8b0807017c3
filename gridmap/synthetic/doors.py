"""The doors of a made-up station: along streets and lanes, and in estates of towers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridmap.synthetic import words
from gridmap.synthetic.layout import Layout
from gridmap.synthetic.plan import Plan
from gridmap.synthetic.plane import Floats
from gridmap.synthetic.seeds import stream

SETBACK = 8.0  # [m] a door stands off the centre line of its street
FRONT = {"main": 12.5, "ring": 22.0, "street": 9.5}  # [m] of street a house takes, on each side
ESTATES = 22  # of a station of 26,000 doors
LARGEST = 52_000.0  # [m2] between the streets of an estate
HOME = {1: 0.17, 2: 0.27, 3: 0.27, 4: 0.18, 5: 0.08, 6: 0.03}  # residents of a household -> share; 2.82 on average
TOWERS = 4  # of these are high-rise: one stairwell a building, many households
COLUMNS = ["x", "y", "street", "street_en", "number", "estate", "building", "unit", "households", "kind"]


def build_doors(layout: Layout, seed: int, position: tuple[int, int], plan: Plan) -> pd.DataFrame:
    """Return the doors of a station, in metres about its origin.

    Columns `x`, `y` [m], `street`, `street_en`, `number`, `estate`, `building`, `unit`, `households`, and `kind`:
    street, estate or village. About `plan.doors` rows, each inside the outline.
    """
    rng = stream(seed, "doors", *position)
    villages = _villages(layout, rng)
    estates, grounds = _estates(layout, plan, rng)
    streets = _streets(layout, grounds, plan.doors - len(villages) - len(estates), rng)
    doors = pd.concat([streets, estates, villages], ignore_index=True)[COLUMNS]
    inside = shapely.contains_xy(layout.outline.buffer(-6), doors["x"], doors["y"])
    return doors[inside].reset_index(drop=True)


def residents(households: pd.Series[int], seed: int, position: tuple[int, int]) -> NDArray[np.int64]:
    """Return the residents of each door: the sum over its households, 0 where it has none; a stream of their own."""
    rng = stream(seed, "residents", *position)
    counts = households.to_numpy(dtype=np.int64)
    share = np.array(list(HOME.values()))
    sizes = rng.choice(list(HOME), size=int(counts.sum()), p=share / share.sum())
    return np.bincount(np.repeat(np.arange(len(counts)), counts), sizes, len(counts)).astype(np.int64)


def _along(line: Floats, gap: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return positions [m] along a line about every `gap` metres, and the points on both sides: (2, n, 2)."""
    path = shapely.LineString(line)
    at = np.arange(gap * 0.7, max(path.length - gap * 0.5, gap * 0.71), gap)
    at += rng.uniform(-0.22, 0.22, len(at)) * gap
    here = shapely.get_coordinates(shapely.line_interpolate_point(path, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(path, at + 0.5))
    back = shapely.get_coordinates(shapely.line_interpolate_point(path, at - 0.5))
    way = ahead - back
    way /= np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    left = np.column_stack([-way[:, 1], way[:, 0]])
    off = SETBACK + rng.uniform(-1.5, 3.5, (2, len(at)))
    return at, np.stack([here + left * off[0][:, None], here - left * off[1][:, None]])


def _streets(layout: Layout, grounds: shapely.Geometry, wanted: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the doors along the town's streets, even numbers left and odd ones right, thinned to `wanted`."""
    shapely.prepare(grounds)
    parts = []
    for street in (one for one in layout.streets if one.kind in FRONT):
        begin = 0.0
        for run in street.runs():
            at, sides = _along(run, FRONT[street.kind], rng)
            for side, points in enumerate(sides):
                number = 2 * np.round((begin + at) / FRONT[street.kind]).astype(int) + 2 - side
                parts.append(_row(points, street.name, number))
            begin += float(shapely.LineString(run).length)
    doors = _table(parts)
    free = ~shapely.contains_xy(grounds, doors["x"], doors["y"])
    doors = doors[free].drop_duplicates(["street", "number"])
    keep = np.sort(rng.permutation(len(doors))[: max(wanted, 0)])
    doors = doors.iloc[keep]
    # a shop keeps no household, a house one or two
    homes = rng.choice([0, 1, 2], size=len(doors), p=[0.48, 0.43, 0.09])
    return doors.assign(estate="", building="", unit="", households=homes, kind="street")


def _row(points: Floats, name: tuple[str, str], number: NDArray[np.int64]) -> dict[str, NDArray[np.generic]]:
    """Return one side of a street as columns."""
    same = np.zeros(len(points), dtype=np.int64)
    return {"x": points[:, 0], "y": points[:, 1], "street": np.array(name[:1])[same],
            "street_en": np.array(name[1:])[same], "number": number.astype(str)}  # fmt: skip


def _table(parts: list[dict[str, NDArray[np.generic]]]) -> pd.DataFrame:
    """Return many rows of columns as one table; a table for each side of each lane would take seconds."""
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _estates(layout: Layout, plan: Plan, rng: np.random.Generator) -> tuple[pd.DataFrame, shapely.Geometry]:
    """Return the doors of the estates, one a stairwell, and the ground the estates stand on."""
    faces = layout.faces.faces
    town = np.array(sorted(layout.town_faces))
    yard = shapely.buffer(faces[town], -26.0)
    # the old town is too narrow for estates: the larger and the farther out, the likelier
    off = np.hypot(*(shapely.get_coordinates(shapely.centroid(faces[town])) - layout.town.middle).T)
    room = np.where(shapely.area(yard) > LARGEST, 0.0, shapely.area(yard))  # no estate is a quarter of the town
    large = town[np.argsort(-room * (0.3 + off / layout.town.radius), kind="stable")]
    share = plan.doors / 26_000
    chosen = large[: max(2, round(ESTATES * share))]
    high = set(rng.permutation(len(chosen))[: round(TOWERS * share)])
    names, ends = words.shuffled(words.ESTATES, rng), words.split(words.ESTATE_ENDS)
    parts = []
    for order, face in enumerate(chosen):
        name = names[order % len(names)][0] + ends[int(rng.integers(len(ends)))][0]
        shape: shapely.Polygon = shapely.buffer(faces[face], -26.0)
        parts.append(_buildings(shape, name, layout.town.angle, rng, high=order in high))
    doors = pd.concat(parts, ignore_index=True)
    return doors, shapely.union_all(shapely.buffer(faces[chosen], -20.0))


def _buildings(
    shape: shapely.Polygon, name: str, angle: float, rng: np.random.Generator, *, high: bool
) -> pd.DataFrame:
    """Return the stairwells of one estate: rows of buildings across its ground, walk-ups or towers.

    A walk-up has three stairwells with two homes on each of its four to six floors; a tower has one, with four homes
    on each of 11 to 18 floors. About one home in ten stands empty.
    """
    west, south, east, north = shape.bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    reach = max(east - west, north - south)
    deep, wide, wells = (78.0, 72.0, 1) if high else (36.0, 64.0, 3)
    v, u = (
        grid.ravel()
        for grid in np.meshgrid(np.arange(-reach, reach, deep), np.arange(-reach, reach, wide), indexing="ij")
    )
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    spots = middle + np.column_stack([u, v]) @ turn.T
    spots = spots[shapely.contains_xy(shape, spots[:, 0], spots[:, 1])]
    step = np.array([np.cos(angle), np.sin(angle)]) * 17.0
    order = np.arange(wells)
    points = spots[:, None, :] + (order[:, None] - (wells - 1) / 2) * step[None, :]
    floors = int(rng.integers(11, 19)) if high else int(rng.integers(4, 7))
    homes = floors * (4 if high else 2)
    return pd.DataFrame({
        "x": points[..., 0].ravel(), "y": points[..., 1].ravel(), "street": "", "street_en": "", "number": "",
        "estate": name, "building": np.repeat(np.arange(1, len(spots) + 1), wells).astype(str),
        "unit": np.tile(order + 1, len(spots)).astype(str),
        "households": rng.binomial(homes, 0.9, len(spots) * wells), "kind": "estate",
    })  # fmt: skip


def _villages(layout: Layout, rng: np.random.Generator) -> pd.DataFrame:
    """Return the houses of villages and hamlets along their lanes."""
    parts = []
    for place in layout.settlements:
        zh, en = layout.villages[place.village]
        found = []
        for order, lane in enumerate(place.lanes if place.hamlet == 0 else place.lanes[:1]):
            if len(lane) < 2 or shapely.LineString(lane).length < 20:
                continue
            at, sides = _along(lane, 11.0, rng)
            name = f"{zh}{words.numeral(order + 1)}巷" if place.hamlet == 0 else f"{zh}田间路"
            name_en = f"{en} Lane {order + 1}" if place.hamlet == 0 else f"{en} Track"
            for side, points in enumerate(sides):
                number = 2 * np.arange(len(at)) + 2 - side + (200 * place.hamlet if place.hamlet else 0)
                found.append(_row(points, (name, name_en), number))
        houses = _table(found)
        # houses stand apart: of two lanes that meet, the corner belongs to one
        spots = np.asarray(shapely.points(houses[["x", "y"]].to_numpy()), dtype=object)
        near = shapely.STRtree(spots).query(spots, predicate="dwithin", distance=6.0)
        crowded = np.unique(near[1][near[1] > near[0]])
        houses = houses[~np.isin(np.arange(len(houses)), crowded)]
        keep = np.sort(rng.permutation(len(houses))[: place.houses])
        parts.append(houses.iloc[keep])
    doors = pd.concat(parts, ignore_index=True).drop_duplicates(["street", "number"])
    homes = rng.choice([0, 1, 2], size=len(doors), p=[0.16, 0.76, 0.08])  # some houses stand empty
    return doors.assign(estate="", building="", unit="", households=homes, kind="village")
