"""Where on a sheet everything goes: landscape or portrait by the ground's shape, the largest round scale that fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import shapely

from gridmap.web.sheets.canvas import Box
from gridmap.web.sheets.view import PAPERS, Paper, nice_scale

#: How large type, margins and panels are on each paper, where A3 is 1.
GROWTH: Final[dict[Paper, float]] = {"a4": 0.78, "a3": 1.0, "a2": 1.35}
#: Room around a map for the numbers of its graticule [mm].
NUMBERS: Final = 5.2
#: How high a panel below the map is [mm on A3], at least and at most.
LEAST, MOST = 76.0, 104.0


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a sheet [mm]: title above, map, panel beside (landscape) or below (portrait), one line at the foot.

    `k`: how large things are, 1 on A3.
    """

    width: float
    height: float
    title: Box
    frame: Box
    panel: Box
    foot: Box
    k: float

    @property
    def landscape(self) -> bool:
        """Whether the sheet is wider than high; the panel then stands beside the map."""
        return self.width > self.height

    @property
    def rows(self) -> int:
        """How many rows a table in the panel has room for, at least."""
        return 55 if self.landscape else 30


def layout_for(shape: shapely.Geometry, paper: Paper, *, rows: int, margin: float = 4.0) -> Layout:
    """Return the layout in which a shape [m] gets the largest scale; landscape where both give the same.

    Parameters
    ----------
    rows
        How many rows the table in the panel has: a panel below the map is as high as they need.
    margin
        Room around the shape in its frame [mm].
    """
    west, south, east, north = shapely.bounds(shape).tolist()
    short, long = PAPERS[paper]
    below = min(max(16 + 4.3 * (rows + 1), LEAST), MOST)
    tries = [_layout(*size, GROWTH[paper], below) for size in ((long, short), (short, long))]
    return min(tries, key=lambda one: nice_scale(east - west, north - south, one.frame.shrunk(margin)))


def _layout(width: float, height: float, k: float, below: float) -> Layout:
    edge = 10 * k
    title = Box(edge, height - edge - 19 * k, width - edge, height - edge)
    foot = Box(edge, edge, width - edge, edge + 4 * k)
    inside = Box(edge, foot.y1 + 1.5 * k, width - edge, title.y0 - 1.5 * k)
    if width > height:
        side = 100 * k
        frame = Box(inside.x0, inside.y0, inside.x1 - side - 4 * k, inside.y1).shrunk(NUMBERS)
        panel = Box(inside.x1 - side, inside.y0 + NUMBERS - 4.6, inside.x1, inside.y1 - NUMBERS + 4.6)
    else:
        below *= k
        frame = Box(inside.x0, inside.y0 + below + 3 * k, inside.x1, inside.y1).shrunk(NUMBERS)
        panel = Box(inside.x0, inside.y0, inside.x1, inside.y0 + below)
    return Layout(width, height, title, frame, panel, foot, k)
