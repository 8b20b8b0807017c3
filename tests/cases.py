"""Cases of analyses without a database: a square town of three kilometres, with events where a test puts them.

The town's corner is (0, 0) and its sides are 3,000 m; a test speaks of metres from there and of days from the first day
of the period, on the clock of the town.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import orjson
import shapely

from gridmap.domain.incidents import SOURCES
from gridmap.services.analyses import found
from gridmap.services.analyses.case import Case, Doors, Events, Options
from gridmap.services.views import View

EPSG = 4547
WEST, SOUTH, SIDE = 399_000, 3_960_000, 3_000  # on the lattices of 100, 300, 500 and 1,000 m
ZONE = "Asia/Shanghai"
FIRST = date(2025, 1, 1)
KINDS = ("theft", "noise", "quarrel", "fraud")
GROUND = shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
RNG = np.random.default_rng


@dataclass(frozen=True)
class Event:
    """An event at `x`, `y` [m from the corner], `day` days after FIRST (parts of a day are hours), known to `span_h` hours."""

    x: float
    y: float
    day: float
    kind: str = "theft"
    source: str = "call"
    door: int = 0
    tier: int = 0
    span_h: float | None = None


def scattered(number: int, *, seed: int, first: float = 0, last: float = 365, **facts: Any) -> list[Event]:
    """Return events at random all over the town, on days from `first` to before `last`."""
    rng = RNG(seed)
    places, days = rng.uniform(0, SIDE, (number, 2)), rng.uniform(first, last, number)
    return [Event(x, y, day, **facts) for (x, y), day in zip(places.tolist(), days.tolist(), strict=True)]


def gathered(
    number: int, x: float, y: float, *, seed: int, first: float = 0, last: float = 365, wide: float = 60, **facts: Any
) -> list[Event]:
    """Return events at random within `wide` metres of a place, on days from `first` to before `last`."""
    rng = RNG(seed)
    places, days = rng.uniform(-wide, wide, (number, 2)), rng.uniform(first, last, number)
    return [Event(x + dx, y + dy, day, **facts) for (dx, dy), day in zip(places.tolist(), days.tolist(), strict=True)]


def make_case(
    events: Iterable[Event] = (),
    *,
    length: int = 365,
    start: int = 0,
    step_m: int = 100,
    households: float = 2,
    residents: float = 5,
    doors: bool = True,
    edition: bool = True,
    villages: bool = True,
    ground: shapely.Polygon = GROUND,
    names: Mapping[int, str] | None = None,
    recorded_days: float | None = None,
    view: Mapping[str, Any] | None = None,
    **options: Any,
) -> Case:
    """Return a case about `length` days from `start` days after FIRST; events of other days are its history.

    Doors stand every `step_m` metres, numbered from 1, from west to east, row by row from the south.
    """
    since = FIRST + timedelta(days=start)
    seen = View(since, since + timedelta(days=length - 1), **(view or {}))
    first, until = seen.moments(ZONE)
    history = _events(events)
    inside = shapely.intersects_xy(ground, history.x, history.y)
    history = history.where(inside & (history.at < np.datetime64(int(until.timestamp()), "s")))
    recorded = until if recorded_days is None else first + timedelta(days=recorded_days)
    return Case(
        station="S001", metric_epsg=EPSG, timezone=ZONE, synthetic=True, ground=ground, view=seen, options=Options(**options),
        since=first, until=until, recorded_until=recorded, events=history.between(first, until), history=history,
        doors=_doors(step_m, households, residents, ground if doors else shapely.Polygon()),
        zones=_zones(edition=edition, villages=villages),
        categories=[{"code": code, "name_zh": code, "name_en": code.title(), "is_dispute": code == "quarrel"} for code in KINDS],
        sources=SOURCES, names=dict(names or {}),
    )  # fmt: skip


def body_of(answer: found.Found) -> dict[str, Any]:
    """Return an answer as a reader gets it; what JSON cannot hold fails here."""
    told: dict[str, Any] = orjson.loads(found.to_body(answer, {"analysis": "test", "station": "S001"}))
    return told


def moment(day: float) -> datetime:
    """Return the moment `day` days after FIRST on the town's clock."""
    return datetime.combine(FIRST, time(), ZoneInfo(ZONE)) + timedelta(days=day)


def inside(cells: gpd.GeoDataFrame, x: float, y: float) -> gpd.GeoDataFrame:
    """Return the features that hold the place x, y [m from the corner]."""
    return cells[cells.to_crs(EPSG).intersects(shapely.Point(WEST + x, SOUTH + y))]


def _events(events: Iterable[Event]) -> Events:
    rows = sorted(events, key=lambda one: one.day)
    n = len(rows)
    at = [moment(one.day).timestamp() for one in rows]
    until = [np.nan if one.span_h is None else when + 3_600 * one.span_h for one, when in zip(rows, at, strict=True)]

    def numbers(values: list[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.array(values, dtype=np.int64)

    ends = np.array([0 if np.isnan(one) else one for one in until]).astype("datetime64[s]")
    ends[np.isnan(np.array(until, dtype=float))] = np.datetime64("NaT")
    return Events(
        np.arange(1, n + 1), numbers([KINDS.index(one.kind) for one in rows]),
        numbers([SOURCES.index(one.source) for one in rows]), np.array(at).astype("datetime64[s]"), ends,
        numbers([one.tier for one in rows]), numbers([one.door for one in rows]),
        np.array([WEST + one.x for one in rows], dtype=float), np.array([SOUTH + one.y for one in rows], dtype=float),
    )  # fmt: skip


def _doors(step_m: int, households: float, residents: float, ground: shapely.Polygon) -> Doors:
    along = np.arange(step_m / 2, SIDE, step_m)
    x, y = (each.ravel() for each in np.meshgrid(along, along))
    here = shapely.intersects_xy(ground, WEST + x, SOUTH + y)
    n, ids = int(here.sum()), 1 + np.flatnonzero(here)
    return Doors(ids, WEST + x[here], SOUTH + y[here], np.full(n, float(households)), np.full(n, float(residents)))


def _zones(*, edition: bool, villages: bool) -> dict[str, gpd.GeoDataFrame]:
    """Return four beats, sixteen cells and two villages: quarters, sixteenths and halves of the town."""
    found = (
        {"beat": _squares("J", 2), "grid_cell": _squares("W", 4)}
        if edition
        else {"beat": _none(), "grid_cell": _none()}
    )
    halves = [
        shapely.box(WEST, SOUTH, WEST + SIDE / 2, SOUTH + SIDE),
        shapely.box(WEST + SIDE / 2, SOUTH, WEST + SIDE, SOUTH + SIDE),
    ]
    return {**found, "village": _frame(["V1", "V2"], halves) if villages else _none()}


def _squares(prefix: str, number: int) -> gpd.GeoDataFrame:
    side = SIDE / number
    corners = [(column, row) for row in range(number) for column in range(number)]
    shapes = [
        shapely.box(WEST + c * side, SOUTH + r * side, WEST + (c + 1) * side, SOUTH + (r + 1) * side)
        for c, r in corners
    ]
    return _frame([f"{prefix}{column}{row}" for column, row in corners], shapes)


def _frame(codes: list[str], shapes: list[shapely.Polygon]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": codes, "name_zh": [f"{code}区" for code in codes], "name_en": [f"Zone {code}" for code in codes]},
        geometry=shapes, crs=EPSG,
    )  # fmt: skip


def _none() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": [], "name_zh": [], "name_en": []}, geometry=[], crs=4326).to_crs(EPSG)
