"""Shapes on paper in the colour and the texture of a class, as the page draws them on a screen."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.web.map_layers import Look
from gridmap.web.sheets.canvas import INK, WHITE, Box, Colour, Page, fill, rings_of, stroke

#: Distance of the lines and dots of a texture, and their width [mm on A3].
STEP: Final = 1.9
WIDTH: Final = 0.22


def paint(page: Page, shapes: NDArray[np.object_], look: Look, *, k: float) -> None:
    """Fill (n,) polygons [mm on the page] with the colour of a class, and lay its texture over them."""
    area = shapely.GeometryCollection([one for one in shapely.get_parts(shapes) if not one.is_empty])
    if area.is_empty:
        return
    colour = colour_of(look.fill)
    page.canvas.saveState()
    page.canvas.setFillAlpha(look.opacity)
    fill(page, area, colour)
    page.canvas.restoreState()
    if look.texture:
        _texture(page, shapes, look, colour, k)


def colour_of(hexed: str) -> Colour:
    """Return a colour in the page's notation as parts of one.

    >>> colour_of("#ff0000")
    (1.0, 0.0, 0.0)
    """
    red, green, blue = (int(hexed[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _texture(page: Page, shapes: NDArray[np.object_], look: Look, colour: Colour, k: float) -> None:
    canvas = page.canvas
    canvas.saveState()
    path: Any = canvas.beginPath()
    for ring in rings_of(shapes):
        points = shapely.get_coordinates(ring).round(3).tolist()
        path.moveTo(*points[0])
        for x, y in points[1:]:
            path.lineTo(x, y)
        path.close()
    canvas.clipPath(path, stroke=0, fill=0)
    ink = INK if 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 0.55 else WHITE
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    at = Box(west, south, east, north)
    if look.texture == "dots":
        _dots(page, at, ink, k)
    else:
        canvas.setStrokeAlpha(0.65)
        stroke(page, _lines(at, look.texture, STEP * k), colour=ink, width=WIDTH * k)
    canvas.restoreState()


def _dots(page: Page, at: Box, ink: Colour, k: float) -> None:
    step = STEP * k
    page.canvas.setFillAlpha(0.7)
    page.canvas.setFillColorRGB(*ink)
    for row, y in enumerate(np.arange(at.y0, at.y1 + step, step)):
        for x in np.arange(at.x0 + (row % 2) * step / 2, at.x1 + step, step):
            page.canvas.circle(float(x), float(y), 0.24 * k, stroke=0, fill=1)


def _lines(at: Box, texture: str, step: float) -> list[NDArray[np.float64]]:
    """Return the lines of a texture over a box: rising, falling, flat, or rising and falling."""
    found: list[NDArray[np.float64]] = []
    high = at.height
    if texture in {"rise", "cross"}:
        found += [np.array([(x, at.y0), (x + high, at.y1)]) for x in np.arange(at.x0 - high, at.x1, 1.414 * step)]
    if texture in {"fall", "cross"}:
        found += [np.array([(x, at.y1), (x + high, at.y0)]) for x in np.arange(at.x0 - high, at.x1, 1.414 * step)]
    if texture == "flat":
        found += [np.array([(at.x0, y), (at.x1, y)]) for y in np.arange(at.y0, at.y1, step)]
    return found
