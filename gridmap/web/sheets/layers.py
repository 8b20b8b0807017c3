"""The layers of a map on paper: tints, roads, borders. Each border is drawn once, whichever zones share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.web.sheets.canvas import WHITE, Box, Colour, Page, fill, rings_of, stroke
from gridmap.web.sheets.view import FINE, View

Road = Literal["main", "street", "lane", "river", "rail"]
ROADS: Final[dict[str, Road]] = {
    "main": "main", "ring": "main", "motorway": "main", "trunk": "main", "primary": "main", "secondary": "main",
    "highway": "main", "river": "river", "stream": "river", "canal": "river", "rail": "rail", "railway": "rail",
    "village_road": "lane", "village_lane": "lane", "lane": "lane", "path": "lane", "footway": "lane", "service": "lane",
    "track": "lane",
}  # fmt: skip
"""Kinds of road as data name them; what is not here is a street."""
WATER: Final[Colour] = (0.36, 0.58, 0.76)
CASING: Final[Colour] = (0.56, 0.53, 0.48)
MAIN: Final[Colour] = (1.0, 0.905, 0.64)
LANE: Final[Colour] = (0.66, 0.63, 0.58)
BEAT: Final[Colour] = (0.10, 0.20, 0.42)
CELL: Final[Colour] = (0.33, 0.35, 0.42)
VILLAGE: Final[Colour] = (0.30, 0.48, 0.32)
EDGE: Final[Colour] = (0.55, 0.10, 0.22)
BAND: Final[Colour] = (0.95, 0.83, 0.86)
PAPER: Final[Colour] = (0.975, 0.972, 0.962)
#: Width [mm] and dashes of each border.
WIDTHS: Final = {"edge": 0.85, "beat": 0.55, "cell": 0.22, "village": 0.22, "former": 0.4}
DASHES: Final[dict[str, tuple[float, ...]]] = {"cell": (1.3, 0.75), "village": (0.01, 0.75), "former": (1.6, 1.0)}
#: Vertices nearer than this are one, when borders are paired [m].
SAME_M: Final = 1e-3


def borders(
    zones: gpd.GeoDataFrame, *, without: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return the borders of zones as lines [m], each piece once, and the keys of their edges (n, 4) [mm of ground].

    Parameters
    ----------
    zones
        (n,) zones frame in a metric CRS.
    without
        Edges to leave out, as an earlier call returned them: those that a stronger line covers.
    """
    rings = rings_of(zones.geometry.to_numpy())
    points, ring = shapely.get_coordinates(rings, return_index=True)
    near = np.round(points / SAME_M).astype(np.int64)
    along = ring[1:] == ring[:-1]
    one, other = near[:-1][along], near[1:][along]
    swap = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    keys = np.hstack([np.where(swap[:, None], other, one), np.where(swap[:, None], one, other)])
    keys = np.unique(keys[(keys[:, :2] != keys[:, 2:]).any(axis=1)], axis=0)
    drawn = keys if without is None or not len(without) else _less(keys, without)
    edges = np.asarray(shapely.linestrings(drawn.reshape(-1, 2, 2) * SAME_M), dtype=object)
    merged = shapely.line_merge(shapely.multilinestrings(edges))
    return np.asarray(shapely.get_parts(merged), dtype=object), keys


def _less(keys: NDArray[np.int64], without: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of one set that are not in the other; both have none twice."""
    _, first, count = np.unique(np.vstack([keys, without]), axis=0, return_index=True, return_counts=True)
    left: NDArray[np.int64] = keys[first[(count == 1) & (first < len(keys))]]
    return left


def lines_on_page(view: View, lines: NDArray[np.object_]) -> list[NDArray[np.float64]]:
    """Return lines [m] as arrays of points on the page [mm], cut at the frame."""
    near = lines[shapely.intersects(lines, view.ground)] if len(lines) else lines
    if not len(near):
        return []
    drawn = shapely.simplify(view.shapes(near), FINE)
    parts = shapely.get_parts(shapely.intersection(drawn, _box(view.frame)))
    parts = shapely.get_parts(parts)
    return [shapely.get_coordinates(part) for part in parts if part.geom_type == "LineString" and not part.is_empty]


def tint(page: Page, view: View, zones: gpd.GeoDataFrame, colours: Mapping[str, Colour]) -> None:
    """Fill zones, each with its colour by code."""
    shapes = zones.geometry.to_numpy()
    near = np.flatnonzero(shapely.intersects(shapes, view.ground))
    drawn = shapely.intersection(
        shapely.make_valid(shapely.simplify(view.shapes(shapes[near]), FINE)), _box(view.frame)
    )
    for place, shape in zip(near, drawn, strict=True):
        areas = [part for part in shapely.get_parts(shape) if part.geom_type in {"Polygon", "MultiPolygon"}]
        if areas:
            fill(page, shapely.GeometryCollection(areas), colours[str(zones["code"].iloc[place])])


def ground(page: Page, view: View, shape: shapely.Geometry) -> None:
    """Draw a band of colour along the jurisdiction, of which the zones drawn later leave the outer half."""
    outline = shapely.get_parts(shapely.boundary(shape))
    stroke(page, lines_on_page(view, np.asarray(outline, dtype=object)), colour=BAND, width=4.2)


def road_class(kind: object) -> Road:
    """Return how a kind of road is drawn.

    >>> road_class("ring"), road_class("something")
    ('main', 'street')
    """
    return ROADS.get(str(kind), "street")


def roads(page: Page, view: View, frame: gpd.GeoDataFrame) -> None:
    """Draw water, lanes, streets and main roads, the weaker below; casings first, so that crossings stay open."""
    grow = min(max((20_000 / view.denominator) ** 0.45, 0.75), 2.2)
    kinds = frame["kind"].map(road_class).to_numpy(dtype=object) if len(frame) else np.empty(0, dtype=object)
    shapes = frame.geometry.to_numpy()
    drawn = {kind: lines_on_page(view, shapes[kinds == kind]) for kind in ("river", "lane", "street", "main", "rail")}
    stroke(page, drawn["river"], colour=WATER, width=0.75 * grow)
    stroke(page, drawn["lane"], colour=LANE, width=0.16 * grow)
    stroke(page, drawn["street"], colour=CASING, width=0.62 * grow)
    stroke(page, drawn["main"], colour=CASING, width=1.05 * grow)
    stroke(page, drawn["street"], colour=WHITE, width=0.42 * grow)
    stroke(page, drawn["main"], colour=MAIN, width=0.78 * grow)
    stroke(page, drawn["rail"], colour=CELL, width=0.5)
    stroke(page, drawn["rail"], colour=WHITE, width=0.3, dash=(1.6, 1.6))


def border(
    page: Page,
    view: View,
    lines: NDArray[np.object_],
    kind: str,
    *,
    colour: Colour,
    strength: float = 1.0,
    solid: bool = False,
) -> None:
    """Draw borders in the way of their kind, a strong one on a white seam so that it stands out from roads."""
    drawn = lines_on_page(view, lines)
    width = WIDTHS[kind] * strength
    if kind == "beat":
        stroke(page, drawn, colour=WHITE, width=width + 0.5)
    stroke(page, drawn, colour=colour, width=width, dash=() if solid else DASHES.get(kind, ()))


def _box(frame: Box) -> shapely.Polygon:
    return shapely.box(frame.x0, frame.y0, frame.x1, frame.y1)
