"""Small maps for paper: inline SVG made here, no script, no tile, no outside host; a few kilobytes each.

Shapes come in metres and are drawn in whole units of a box `WIDE` units wide; what is smaller than a unit is drawn straight, and more of it where a
border is so long that the map would grow heavy.
Every colour and texture is a class of the style sheet, so that print and screen agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from markupsafe import Markup, escape
from numpy.typing import NDArray

#: Units across; one is about a quarter of a pixel on the page.
WIDE: Final = 1_000
#: At most so many times as high as wide.
TALLEST: Final = 1.1
MARGIN: Final = 14
#: Characters of one path, and dots of one layer, before they are drawn coarser: a map stays below 60 kB.
LONGEST: Final = 9_000
MOST_DOTS: Final = 800


@dataclass(frozen=True, slots=True)
class Drawn:
    """Shapes of one class: `look` is a word of the style sheet (`s-<look>`), `shapes` (n,) in metres."""

    look: str
    shapes: Any


@dataclass(frozen=True, slots=True)
class Mark:
    """A place with a short text on it, a number for example: `x`, `y` [m]."""

    x: float
    y: float
    text: str
    look: str = "mark"


def small_map(
    ground: shapely.Polygon | shapely.MultiPolygon,
    beats: Any,
    layers: Sequence[Drawn] = (),
    marks: Sequence[Mark] = (),
    *,
    label: str = "",
) -> Markup:
    """Return a map as one `<svg>`.

    Parameters
    ----------
    ground
        The jurisdiction in a metric CRS; the map shows its bounds.
    beats
        (n,) polygons whose outlines are drawn on top of the layers.
    layers
        Drawn in order over the ground: polygons as areas, points as small dots.
    label
        What a screen reader says.
    """
    west, south, east, north = ground.bounds
    scale = (WIDE - 2 * MARGIN) / max(east - west, (north - south) / TALLEST, 1.0)
    left = (WIDE - (east - west) * scale) / 2
    high = round((north - south) * scale + 2 * MARGIN)

    def units(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([left + (points[:, 0] - west) * scale, MARGIN + (north - points[:, 1]) * scale])

    parts = [f'<path class="s-ground" d="{_path([ground], units)}"/>']
    for layer in layers:
        shapes = np.atleast_1d(np.asarray(layer.shapes, dtype=object))
        areas = shapes[shapely.get_dimensions(shapes) == 2]
        if len(areas):
            parts.append(f'<path class="s-{escape(layer.look)}" d="{_path(areas, units)}"/>')
        spots = shapely.get_coordinates(shapes[shapely.get_dimensions(shapes) == 0])
        if len(spots):
            parts.append(f'<path class="s-{escape(layer.look)} s-dots" d="{_dots(units(spots))}"/>')
    outlines = np.atleast_1d(np.asarray(beats, dtype=object))
    if len(outlines):
        parts.append(f'<path class="s-beats" d="{_path(outlines, units)}"/>')
    parts.append(f'<path class="s-edge" d="{_path([ground], units)}"/>')
    for mark in marks:
        x, y = (round(float(value)) for value in units(np.array([[mark.x, mark.y]]))[0])
        parts.append(
            f'<g class="s-{escape(mark.look)}"><circle cx="{x}" cy="{y}" r="26"/>'
            f'<text x="{x}" y="{y + 12}">{escape(mark.text)}</text></g>'
        )
    head = f'<svg class="small-map" viewBox="0 0 {WIDE} {high}" role="img" aria-label="{escape(label)}">'
    return Markup(f"{head}{''.join(parts)}</svg>")  # noqa: S704 -- numbers, and words that were escaped


def _dots(spots: NDArray[np.float64]) -> str:
    """Return one dot for what falls on one spot of the paper: where they are is told, not how many."""
    step = 4
    while len(told := np.unique(np.round(spots / step), axis=0)) > MOST_DOTS:
        step *= 2
    return "".join(f"M{x} {y}h0" for x, y in (told * step).astype(int).tolist())


def _path(shapes: Any, units: Any) -> str:
    """Return the rings of polygons as one SVG path in whole units, as fine as `LONGEST` allows."""
    placed = shapely.transform(np.asarray(shapes, dtype=object), units)
    tolerance = 1.0
    while (
        len(told := _rings(shapely.simplify(placed, tolerance, preserve_topology=True))) > LONGEST and tolerance < WIDE
    ):
        tolerance *= 2
    return told


def _rings(shapes: Any) -> str:
    told = []
    for ring in shapely.get_rings(shapely.get_parts(shapes)):
        points = np.round(shapely.get_coordinates(ring)).astype(np.int64)
        steps = np.diff(points, axis=0)
        steps = steps[(steps != 0).any(axis=1)][:-1]
        if len(steps) >= 2:
            told.append(f"M{points[0][0]} {points[0][1]}l{' '.join(f'{x} {y}' for x, y in steps.tolist())}z")
    return "".join(told)
