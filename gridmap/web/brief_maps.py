"""The small maps of a briefing: change by beat, new and gone hotspots, gaps, repeat places, open disputes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
from markupsafe import Markup

from gridmap.services.brief import Again, Hot, OpenDisputes
from gridmap.services.brief.hot import cells_of
from gridmap.web.map_layers import PICTURES, class_of
from gridmap.web.maps.small import Drawn, Mark, small_map
from gridmap.web.words import Language, say

#: Open disputes of a beat are drawn in so many shades, from fewest to most.
SHADES: Final = 4
WGS84: Final = "EPSG:4326"


def maps_of(
    outline: Any,
    zones: Mapping[str, gpd.GeoDataFrame],
    metric_epsg: int,
    *,
    change: bytes | None,
    hot: Hot,
    again: Again,
    gaps: gpd.GeoDataFrame,
    pins: Sequence[Mapping[str, Any]],
    open_: OpenDisputes,
    language: Language,
) -> dict[str, Markup]:  # fmt: skip
    """Return the maps by topic: `change`, `hot`, `gaps`, `again`, `open`.

    Parameters
    ----------
    outline, zones
        The jurisdiction, and "beat" -> frame, in the metric CRS.
    gaps, pins
        The gaps told one by one (EPSG:4326), and the same in words with their number and place.
    """
    beats = zones["beat"]

    def drawn(topic: str, layers: Sequence[Drawn], marks: Sequence[Mark] = ()) -> Markup:
        return small_map(outline, beats.geometry.array, layers, marks, label=say(f"brief_map_{topic}", language))

    return {
        "change": drawn("change", _change(change, metric_epsg)),
        "hot": drawn("hot", _hot(hot), [Mark(one.x, one.y, str(n)) for n, one in enumerate(hot.areas, start=1)]),
        "gaps": drawn("gaps", [Drawn("gap", gaps.geometry.to_crs(metric_epsg).array)] if len(gaps) else [], _marks(pins, metric_epsg)),
        "again": drawn("again", [], _doors(again, metric_epsg)),
        "open": drawn("open", _open(open_, beats)),
    }  # fmt: skip


def shade(count: int, most: int) -> int:
    """Return which of `SHADES` steps a count takes, 0 for none.

    >>> [shade(n, 8) for n in (0, 1, 2, 5, 8)]
    [0, 1, 1, 3, 4]
    """
    return 0 if not count else max(1, -(-SHADES * count // max(most, SHADES)))


def _change(body: bytes | None, metric_epsg: int) -> list[Drawn]:
    cells, _ = cells_of(body, metric_epsg)
    if "now" not in cells:
        return []
    looks = np.array([class_of(PICTURES["change"], row) for row in _plain(cells)], dtype=object)
    shapes = np.asarray(cells.geometry.array, dtype=object)
    return [Drawn(f"change-{look}", shapes[looks == look]) for look in sorted(set(looks))]


def _plain(cells: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the facts of features, what is missing as None."""
    table = cells.drop(columns="geometry").astype(object)
    return [
        {str(name): value for name, value in row.items()} for row in table.where(table.notna(), None).to_dict("records")
    ]


def _hot(hot: Hot) -> list[Drawn]:
    kinds, shapes = hot.squares["class"].to_numpy(dtype=object), np.asarray(hot.squares.geometry.array, dtype=object)
    order = ("sporadic", "fading", "persistent", "growing", "gone", "new")
    return [Drawn(f"hot-{kind}", shapes[kinds == kind]) for kind in order if (kinds == kind).any()]


def _marks(pins: Sequence[Mapping[str, Any]], metric_epsg: int) -> list[Mark]:
    if not pins:
        return []
    spots = gpd.points_from_xy([one["lon"] for one in pins], [one["lat"] for one in pins])
    points = gpd.GeoSeries(spots, crs=WGS84).to_crs(metric_epsg)
    return [Mark(float(x), float(y), str(one["n"])) for one, x, y in zip(pins, points.x, points.y, strict=True)]


def _doors(again: Again, metric_epsg: int) -> list[Mark]:
    rows = [{"n": one.n, "lon": one.lon, "lat": one.lat} for one in again.doors if np.isfinite(one.lon)]
    return _marks(rows, metric_epsg)


def _open(open_: OpenDisputes, beats: gpd.GeoDataFrame) -> list[Drawn]:
    counts = np.array([open_.beats.get(str(code), 0) for code in beats["code"]], dtype=np.int64)
    most = int(counts.max(initial=0))
    steps = np.array([shade(int(n), most) for n in counts], dtype=np.int64)
    return [
        Drawn(f"open-{step}", beats.geometry.array[steps == step])
        for step in range(1, SHADES + 1)
        if (steps == step).any()
    ]
