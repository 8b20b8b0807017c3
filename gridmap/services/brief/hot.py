"""Hotspots that are new and that are gone: by two years of four-week steps, and this period against the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import orjson
import shapely

STORAGE_CRS: Final = "EPSG:4326"
HOT: Final = frozenset({"hot95", "hot99"})
CLASSES: Final = ("new", "growing", "persistent", "fading", "sporadic", "gone")
#: Areas told of each class.
MOST: Final = 6


@dataclass(frozen=True, slots=True)
class Area:
    """Squares that touch and share a class: where they are (beat, village; each names or None), how many, how many events.

    `events`: of the last step of four weeks, in the squares themselves. `first_hot`, `last_hot`: first days of those steps.
    """

    kind: Literal["new", "gone"]
    beat: Mapping[str, str] | None
    village: Mapping[str, str] | None
    squares: int
    events: int
    first_hot: str | None
    last_hot: str | None
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Hot:
    """What is hot.

    `tally`: squares of each class of `CLASSES`, None where there is not enough past; `areas`: the new ones and the gone ones,
    those with most events first. `now`, `newly`, `no_longer`: squares hot in the period, of these not in the span before, and
    hot then but not now; None where there are too few events in either. `squares`: `class`, geometry in the metric CRS.
    """

    tally: dict[str, int] | None
    areas: list[Area]
    now: int | None
    newly: int | None
    no_longer: int | None
    size_m: int
    squares: gpd.GeoDataFrame = field(repr=False)


def hot_of(
    emerging: bytes | None, now: bytes | None, before: bytes | None, zones: Mapping[str, gpd.GeoDataFrame], metric_epsg: int
) -> Hot:  # fmt: skip
    """Return what the kept answers say of hotspots.

    Parameters
    ----------
    emerging, now, before
        Answers (JSON) of the analyses `emerging` and, for the period and the span before, `hotspots`; None: not to be had.
    zones
        "beat" and "village" -> frame in the metric CRS with `code` and names.
    """
    squares, facts = cells_of(emerging, metric_epsg)
    told = [(kind, squares[squares["class"] == kind]) for kind in ("new", "gone")]
    areas = [area for kind, cells in told for area in _areas(kind, cells, zones)]  # type: ignore[arg-type]
    tally = None if emerging is None else {name: int(facts["tally"].get(name, 0)) for name in CLASSES}
    hot, hot_before = _hot(now), _hot(before)
    both = hot is not None and hot_before is not None
    return Hot(
        tally, areas, None if hot is None else len(hot), len(hot - hot_before) if both else None,  # type: ignore[operator]
        len(hot_before - hot) if both else None, int(facts.get("size_m", 300)), squares,  # type: ignore[operator]
    )  # fmt: skip


def cells_of(body: bytes | None, metric_epsg: int) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
    """Return the features of a kept answer in the metric CRS, and its facts; an empty frame for None."""
    content = {"cells": None, "facts": {}} if body is None else orjson.loads(body)
    features = (content["cells"] or {"features": []})["features"]
    if not features:
        return gpd.GeoDataFrame({"class": []}, geometry=[], crs=metric_epsg), content["facts"]
    return gpd.GeoDataFrame.from_features(features, crs=STORAGE_CRS).to_crs(metric_epsg), content["facts"]


def where(point: shapely.Point, zones: gpd.GeoDataFrame) -> dict[str, str] | None:
    """Return code and names of the zone that holds a point, the lowest code on a border, None for none."""
    rows = np.flatnonzero(shapely.covers(np.asarray(zones.geometry.array, dtype=object), point))
    if not len(rows):
        return None
    one = zones.iloc[rows].sort_values("code").iloc[0]
    return {name: str(one[name] or "") for name in ("code", "name_zh", "name_en")}


def _areas(kind: Literal["new", "gone"], cells: gpd.GeoDataFrame, zones: Mapping[str, gpd.GeoDataFrame]) -> list[Area]:
    if cells.empty:
        return []
    # Corners that meet are written to the decimetre: half a metre joins what touches and nothing else.
    blocks = shapely.get_parts(
        shapely.union_all(shapely.buffer(np.asarray(cells.geometry.array), 0.5, join_style="mitre"))
    )
    block = shapely.STRtree(blocks).query(shapely.centroid(np.asarray(cells.geometry.array)), predicate="intersects")[1]
    found = []
    for number in range(len(blocks)):
        mine = cells[block == number]
        middle = shapely.point_on_surface(shapely.union_all(np.asarray(mine.geometry.array)))
        steps = [one for one in mine["first_hot"] if one], [one for one in mine["last_hot"] if one]
        found.append(
            Area(
                kind, where(middle, zones["beat"]), where(middle, zones["village"]), len(mine),
                int(sum(series[-1] for series in mine["series"])), min(steps[0], default=None), max(steps[1], default=None),
                float(middle.x), float(middle.y),
            )
        )  # fmt: skip
    found.sort(key=lambda one: (-one.events, -one.squares, one.x, one.y))
    return found[:MOST]


def _hot(body: bytes | None) -> set[str] | None:
    """Return the squares (by their south-west corner) an answer calls hot, None where it had too few events to tell."""
    content: Any = {"facts": {"enough": False}} if body is None else orjson.loads(body)
    if not content["facts"]["enough"]:
        return None
    return {
        orjson.dumps(one["geometry"]["coordinates"]).decode()
        for one in content["cells"]["features"]
        if one["properties"]["class"] in HOT
    }
