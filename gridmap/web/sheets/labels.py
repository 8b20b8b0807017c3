"""Labels that never overlap: each wish has spots in order of liking, and takes the first that is free."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from gridmap.web.sheets.canvas import POINT, Box, Page, Style, text_width, write

#: Lines of one label stand this far apart, as a share of their size.
LEADING: Final = 1.18
#: Room kept around a label [mm].
ROOM: Final = 0.35
#: Height of a line's ink as a share of its size, and how deep it goes below the baseline.
TALL, DEEP = 0.92, 0.16


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a label."""

    told: str
    style: Style


@dataclass(frozen=True, slots=True)
class Wish:
    """A label somebody wants: its lines, and the spots of its centre [mm] (n, 2), the best first.

    `inside`: where given, the whole label must lie in this shape [mm].
    """

    key: str
    lines: tuple[Line, ...]
    spots: NDArray[np.float64]
    inside: shapely.Geometry | None = None


@dataclass
class Ground:
    """The page as labels see it: the frame they must stay in, and the boxes that are taken [mm]."""

    frame: Box
    taken: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 4)))

    def free(self, boxes: NDArray[np.float64]) -> bool:
        """Return whether all of (n, 4) boxes lie in the frame and on nothing."""
        f = self.frame
        if not ((boxes[:, :2] >= (f.x0, f.y0)).all() and (boxes[:, 2:] <= (f.x1, f.y1)).all()):
            return False
        a, b = boxes[:, None, :], self.taken[None, :, :]
        apart = (
            (a[..., 2] <= b[..., 0]) | (b[..., 2] <= a[..., 0]) | (a[..., 3] <= b[..., 1]) | (b[..., 3] <= a[..., 1])
        )
        return bool(apart.all())

    def take(self, boxes: NDArray[np.float64]) -> None:
        """Let nothing else stand on (n, 4) boxes."""
        self.taken = np.vstack([self.taken, boxes])


def size_of(page: Page, lines: Sequence[Line]) -> tuple[float, float]:
    """Return width and height of a label [mm], with the room around it."""
    width = max(text_width(page, one.told, one.style.size) for one in lines)
    height = sum(one.style.size * POINT * LEADING for one in lines) - (LEADING - TALL) * lines[-1].style.size * POINT
    return width + 2 * ROOM, height + 2 * ROOM


def place(page: Page, wishes: Iterable[Wish], ground: Ground) -> set[str]:
    """Draw each label at its first free spot, and return the keys of those that found one.

    Several wishes of one key are tries of the same label, the best first: the rest are passed over when one has stood.
    """
    done: set[str] = set()
    for wish in wishes:
        if wish.key in done:
            continue
        spot = _spot(wish, size_of(page, wish.lines), ground)
        if spot is not None:
            _draw(page, wish.lines, spot)
            done.add(wish.key)
    return done


def _spot(wish: Wish, size: tuple[float, float], ground: Ground) -> tuple[float, float, float, float] | None:
    half = np.array(size) / 2
    boxes = np.hstack([wish.spots - half, wish.spots + half])
    if wish.inside is not None:
        boxes = boxes[shapely.contains_properly(wish.inside, shapely.box(*boxes.T))]
    for one in boxes:
        if ground.free(one[None]):
            ground.take(one[None])
            return tuple(one.tolist())
    return None


def _draw(page: Page, lines: Sequence[Line], at: tuple[float, float, float, float]) -> None:
    top = at[3] - ROOM
    for one in lines:
        size = one.style.size * POINT
        write(page, (at[0] + at[2]) / 2, top - (TALL - DEEP) * size, one.told, one.style, align="centre")
        top -= LEADING * size


#: Ways to go from the middle, up and down first: a name beside another one is read with it.
_WAYS: Final = np.array(
    [(0, 1), (0, -1), (-1, 0), (1, 0), (-1, 1), (1, 1), (-1, -1), (1, -1), (0, 2), (0, -2), (-2, 0), (2, 0)],
    dtype=float,
)


def spots_in(shape: shapely.Geometry, *, step: float) -> NDArray[np.float64]:
    """Return (n, 2) spots for a label inside a shape [mm]: the middle of its widest place first, then around it.

    Around means by steps first, then further out, as far as the widest place reaches.
    """
    parts = shapely.get_parts(shape)
    part = parts[int(np.argmax(shapely.area(parts)))]
    tolerance = max(min(shapely.length(part) / 400, 0.5), 0.05)
    middle, rim = shapely.get_coordinates(shapely.maximum_inscribed_circle(part, tolerance=tolerance))
    reach = float(np.hypot(*(rim - middle)))
    around = [step * _WAYS, *(share * reach * _WAYS[:8] for share in (0.45, 0.75))]
    found = np.vstack([middle, middle + np.vstack(around), shapely.get_coordinates(shapely.centroid(part))])
    return found[shapely.contains_xy(part, found[:, 0], found[:, 1])]


def along(page: Page, told: str, style: Style, path: NDArray[np.float64], ground: Ground) -> bool:
    """Write a name along a line (n, 2) [mm], letter by letter, where it is straight and free; return whether it could.

    The letters run from west to east, or downwards where the line is steep.
    """
    size = style.size * POINT
    steps = np.array([text_width(page, sign, style.size) for sign in told]) * 1.25
    total = float(steps.sum())
    course = shapely.LineString(path)
    if course.length < 1.15 * total:
        return False
    middles = np.cumsum(steps) - steps / 2
    for begin in _begins(course, total):
        spots, turns = _letters(course, begin, middles)
        bend = np.abs(np.diff(turns))
        if bend.size and np.minimum(bend, 360 - bend).max() > 25:
            continue
        half = 0.5 * size
        boxes = np.hstack([spots - half, spots + half])
        if ground.free(boxes):
            ground.take(boxes)
            for sign, (x, y), turn in zip(told, spots, turns, strict=True):
                drop = 0.36 * size
                radians = np.radians(turn)
                write(
                    page, x + drop * np.sin(radians), y - drop * np.cos(radians), sign, style, align="centre", turn=turn
                )
            return True
    return False


def _begins(course: shapely.LineString, total: float) -> list[float]:
    """Return where along a line a name could begin: near the middle first."""
    room = course.length - total
    return [room * share for share in (0.5, 0.35, 0.65, 0.2, 0.8, 0.05, 0.95)]


def _letters(
    course: shapely.LineString, begin: float, middles: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middle of each letter [mm] and how far it is turned [degrees]."""
    reach = 0.8
    on = begin + middles
    here, back, ahead = (
        shapely.get_coordinates(shapely.line_interpolate_point(course, on + by)) for by in (0, -reach, reach)
    )
    way = ahead - back
    run = here[-1] - here[0]
    steep = abs(run[1]) > 1.4 * abs(run[0])
    backwards = run[1] > 0 if steep else run[0] < 0
    if backwards:
        here, back, ahead = (
            shapely.get_coordinates(
                shapely.line_interpolate_point(course, begin + middles[-1] + middles[0] - middles + by)
            )
            for by in (0, -reach, reach)
        )
        way = back - ahead
    turns = np.degrees(np.arctan2(way[:, 1], way[:, 0]))
    return here, turns + 90 if steep else turns
