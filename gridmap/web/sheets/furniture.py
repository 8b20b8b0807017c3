"""What stands around a map: the graticule and its numbers, the scale bar, the north arrow."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from gridmap.web.sheets.canvas import (
    GREY,
    INK,
    POINT,
    WHITE,
    Box,
    Colour,
    Page,
    Style,
    box,
    fill,
    stroke,
    write,
)  # fmt: skip
from gridmap.web.sheets.view import View

#: Steps of the graticule [seconds of arc], and how far apart its lines stand at least [mm].
STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000)
APART: Final = 38.0
GRID: Final[Colour] = (0.62, 0.66, 0.71)


def graticule(page: Page, view: View, epsg: int) -> None:
    """Draw lines of longitude and latitude in a map frame, and their numbers along its edge.

    The lines are WGS 84, bent and turned as the station's metric CRS (`epsg`) has them.
    """
    ways = pyproj.Transformer.from_crs("EPSG:4326", epsg, always_xy=True)
    corners = shapely.get_coordinates(shapely.segmentize(view.ground.exterior, view.ground.length / 80))
    lon, lat = ways.transform(corners[:, 0], corners[:, 1], direction="INVERSE")
    mean = math.cos(math.radians(float(np.mean(lat))))
    frame = shapely.box(view.frame.x0, view.frame.y0, view.frame.x1, view.frame.y1)
    for values, others, along_x, stretch in ((lon, lat, True, mean), (lat, lon, False, 1.0)):
        step = _step(float(np.ptp(values)), (view.frame.width if along_x else view.frame.height), stretch)
        for told in range(math.ceil(values.min() * 3600 / step) * step, math.floor(values.max() * 3600) + 1, step):
            fixed = np.full(40, told / 3600)
            moving = np.linspace(others.min() - 0.01, others.max() + 0.01, 40)
            east, north = ways.transform(*((fixed, moving) if along_x else (moving, fixed)))
            course = shapely.LineString(view.on_page(np.column_stack([east, north]))).intersection(frame)
            if not course.is_empty and course.geom_type == "LineString":
                points = shapely.get_coordinates(course)
                stroke(page, [points], colour=GRID, width=0.08)
                _numbers(page, view.frame, points, told, along_x=along_x)


def _step(reach: float, paper: float, _stretch: float) -> int:
    """Return the least step [seconds] at which lines over `reach` degrees stand far enough apart on `paper` mm."""
    return next((step for step in STEPS if step / 3600 / reach * paper >= APART), STEPS[-1])


def degrees(seconds: int, *, east: bool) -> str:
    """Return an angle as maps write it.

    >>> degrees(112 * 3600 + 54 * 60, east=True), degrees(-30, east=False)
    ('112°54′E', '0°00′30″S')
    """
    side = ("E" if seconds >= 0 else "W") if east else ("N" if seconds >= 0 else "S")
    minutes, rest = divmod(abs(seconds), 60)
    whole, minutes = divmod(minutes, 60)
    return f"{whole}°{minutes:02}′{f'{rest:02}″' if rest else ''}{side}"


def _numbers(page: Page, frame: Box, points: NDArray[np.float64], seconds: int, *, along_x: bool) -> None:
    style, told = Style(5.6 * min(page.growth, 1.25), colour=GREY), degrees(seconds, east=along_x)
    for x, y in (points[0], points[-1]):
        if along_x and abs(y - frame.y0) < 0.01:
            write(page, x, frame.y0 - 2.9, told, style, align="centre")
        elif along_x and abs(y - frame.y1) < 0.01:
            write(page, x, frame.y1 + 1.1, told, style, align="centre")
        elif not along_x and abs(x - frame.x0) < 0.01:
            write(page, frame.x0 - 1.2, y, told, style, align="centre", turn=90)
        elif not along_x and abs(x - frame.x1) < 0.01:
            write(page, frame.x1 + 2.8, y, told, style, align="centre", turn=90)


def neat_line(page: Page, frame: Box, *, heavy: bool = True) -> None:
    """Draw the frame of a map: a thin line, and a heavy one around the numbers where there are some."""
    box(page, frame, edge=INK, width=0.25)
    if heavy:
        box(page, frame.shrunk(-4.6), edge=INK, width=0.55)


def bar_length(denominator: int, room: float) -> tuple[int, float]:
    """Return a round length of ground [m] and of paper [mm] for a scale bar in `room` mm.

    >>> bar_length(35_000, 70)
    (2000, 57.142857142857146)
    """
    most = room * denominator / 1000
    power = 10 ** math.floor(math.log10(most))
    length = max(step * power for step in (1, 2, 4, 5) if step * power <= most)
    return int(length), length * 1000 / denominator


def scale_bar(page: Page, x: float, y: float, room: float, denominator: int) -> Box:
    """Draw a scale bar whose lower left corner is x, y [mm] in at most `room` mm; return the bar itself."""
    metres, length = bar_length(denominator, room)
    bar = Box(x, y, x + length, y + 1.7)
    unit, shown = ("km", metres / 1000) if metres >= 1000 else ("m", metres)
    for part in range(4):
        one = Box(x + part * length / 4, bar.y0, x + (part + 1) * length / 4, bar.y1)
        box(page, one, fill=INK if part % 2 == 0 else WHITE)
    box(page, bar, edge=INK, width=0.18)
    for share in (0.0, 0.5, 1.0):
        told = f"{shown * share:g}" + (f" {unit}" if share == 1 else "")
        number = f"{shown * share:g}"
        shift = 0.0 if share < 1 else (len(told) - len(number)) * 0.5 * 6.2 * POINT
        write(page, x + share * length + shift, bar.y1 + 1.0, told, Style(6.2), align="centre")
    return bar


def north_arrow(page: Page, x: float, y: float, height: float, words: str) -> None:
    """Draw an arrow that points up, north of the projection, its foot at x, y [mm]."""
    half = height * 0.20
    left = shapely.Polygon([(x, y + height), (x - half, y), (x, y + height * 0.24)])
    right = shapely.Polygon([(x, y + height), (x + half, y), (x, y + height * 0.24)])
    fill(page, left, INK)
    fill(page, right, WHITE)
    for half_arrow in (left, right):
        stroke(page, [shapely.get_coordinates(half_arrow)], colour=INK, width=0.2)
    write(page, x, y + height + 1.0, words, Style(8.5, bold=True), align="centre")
