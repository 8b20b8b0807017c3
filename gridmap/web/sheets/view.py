"""A piece of ground on a piece of paper: where each metre goes, at a scale that people can read off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.web.sheets.canvas import Box

Paper = Literal["a4", "a3", "a2"]
#: Short and long side [mm].
PAPERS: Final[dict[Paper, tuple[float, float]]] = {"a4": (210.0, 297.0), "a3": (297.0, 420.0), "a2": (420.0, 594.0)}
ROUND: Final = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.5)
#: Lines are drawn with vertices at most this far from where they are [mm]: less than a printer's dot.
FINE: Final = 0.02


@dataclass(frozen=True, slots=True)
class View:
    """A map frame on the page [mm], the ground at its middle [m] and the scale's denominator."""

    frame: Box
    east: float
    north: float
    denominator: int

    @property
    def per_metre(self) -> float:
        """Millimetres of paper for a metre of ground."""
        return 1000 / self.denominator

    @property
    def ground(self) -> shapely.Polygon:
        """The ground that the frame shows, a rectangle [m]."""
        half = np.array([self.frame.width, self.frame.height]) / 2 / self.per_metre
        sides = (self.east - half[0], self.north - half[1], self.east + half[0], self.north + half[1])
        return shapely.Polygon.from_bounds(*sides)

    def on_page(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 2) points [m] on the page [mm]."""
        x, y = self.frame.middle
        moved: NDArray[np.float64] = (points - (self.east, self.north)) * self.per_metre + (x, y)
        return moved

    def shapes(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return shapes [m] on the page [mm]."""
        return np.asarray(shapely.transform(shapes, self.on_page), dtype=object)


def nice_scale(width_m: float, height_m: float, frame: Box) -> int:
    """Return the largest round scale at which a piece of ground fits a frame, as its denominator.

    >>> nice_scale(8_660, 8_560, Box(0, 0, 277, 290))
    35000
    """
    least = max(width_m / frame.width, height_m / frame.height) * 1000
    power = 10.0 ** math.floor(math.log10(least))
    return next(
        round(step * power * more) for more in (1, 10) for step in ROUND if step * power * more >= least * (1 - 1e-9)
    )


def view_of(shape: shapely.Geometry, frame: Box, *, margin: float = 4.0) -> View:
    """Return the view that shows a shape [m] whole in a frame [mm], with a margin around it [mm]."""
    west, south, east, north = shapely.bounds(shape).tolist()
    width, height = max(east - west, 1.0), max(north - south, 1.0)
    return View(frame, (west + east) / 2, (south + north) / 2, nice_scale(width, height, frame.shrunk(margin)))
