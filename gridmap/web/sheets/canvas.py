"""Drawing on a page in millimetres: text in Chinese and English, lines, areas and tables. North and up are the same."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

Colour = tuple[float, float, float]
Align = Literal["left", "centre", "right"]
POINT: Final = 25.4 / 72
"""One typographic point [mm]."""
INK: Final[Colour] = (0.12, 0.13, 0.16)
GREY: Final[Colour] = (0.42, 0.44, 0.48)
PALE: Final[Colour] = (0.80, 0.81, 0.83)
WHITE: Final[Colour] = (1.0, 1.0, 1.0)
#: A stroke as wide as this share of the size makes a text bold.
BOLD: Final = 0.034


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the page [mm]: west, south, east, north; the page's south-west corner is 0, 0."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """East less west [mm]."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """North less south [mm]."""
        return self.y1 - self.y0

    @property
    def middle(self) -> tuple[float, float]:
        """The centre [mm]."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def shrunk(self, by: float) -> Box:
        """Return the box with all sides moved inwards."""
        return Box(self.x0 + by, self.y0 + by, self.x1 - by, self.y1 - by)


@dataclass(frozen=True, slots=True)
class Page:
    """A page being drawn: reportlab's canvas scaled to millimetres, the font's name, and the page's size [mm]."""

    canvas: Canvas
    font: str
    width: float
    height: float

    @property
    def growth(self) -> float:
        """How much larger than on A3 the words of a map are: on larger paper they are read from further off."""
        return max(1.0, min(self.width, self.height) / 297)


#: Size of a page [mm] and what draws it.
Drawing = tuple[tuple[float, float], Callable[[Page], None]]


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set: size [points], weight, colour, and the width of a white halo around it [mm]."""

    size: float = 7.0
    bold: bool = False
    colour: Colour = INK
    halo: float = 0.0


def make_pdf(pages: Sequence[Drawing], font: str, *, title: str, subject: str) -> bytes:
    """Return a PDF of pages, each with its size [mm] and drawn by a function; the same pages give the same bytes."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setSubject(subject)
    canvas.setCreator("gridmap")
    canvas.setAuthor("gridmap")
    for (width, height), draw in pages:
        canvas.setPageSize((width * mm, height * mm))
        canvas.scale(mm, mm)
        canvas.setLineJoin(1)
        canvas.setLineCap(1)
        draw(Page(canvas, font, width, height))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def text_width(page: Page, told: str, size: float) -> float:
    """Return how long a text of `size` points is [mm]."""
    return float(pdfmetrics.stringWidth(told, page.font, size * POINT))


def write(page: Page, x: float, y: float, told: str, style: Style, *, align: Align = "left", turn: float = 0.0) -> None:
    """Write one line whose baseline begins, is centred or ends at x, y [mm]; `turn` counterclockwise [degrees]."""
    canvas, size = page.canvas, style.size * POINT
    shift = {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * text_width(page, told, style.size)
    canvas.saveState()
    canvas.translate(x, y)
    if turn:
        canvas.rotate(turn)
    if style.halo:
        canvas.setStrokeColorRGB(*WHITE)
        canvas.setLineWidth(2 * style.halo)
        _show(canvas, page.font, size, -shift, told, mode=1)
    canvas.setFillColorRGB(*style.colour)
    if style.bold:
        canvas.setStrokeColorRGB(*style.colour)
        canvas.setLineWidth(BOLD * size)
    _show(canvas, page.font, size, -shift, told, mode=2 if style.bold else 0)
    canvas.restoreState()


def _show(canvas: Canvas, font: str, size: float, x: float, told: str, *, mode: int) -> None:
    line = canvas.beginText(x, 0)
    line.setFont(font, size)
    line.setTextRenderMode(mode)
    line.textOut(told)
    line.setTextRenderMode(0)
    canvas.drawText(line)


def fitted(page: Page, told: str, size: float, width: float) -> str:
    """Return a text that is at most `width` mm long, its end replaced by … where it is too long."""
    if text_width(page, told, size) <= width:
        return told
    while told and text_width(page, f"{told}…", size) > width:
        told = told[:-1]
    return f"{told.rstrip()}…" if told else ""


def wrapped(page: Page, told: str, size: float, width: float) -> list[str]:
    """Return a text as lines of at most `width` mm, cut at spaces and between Chinese characters."""
    lines, line = [], ""
    for word in _words(told):
        if line and text_width(page, (line + word).rstrip(), size) > width:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(told: str) -> Iterable[str]:
    word = ""
    for sign in told:
        if ord(sign) >= 0x2E80 and sign not in "，。；：、）！？”":
            if word:
                yield word
            word = sign
        elif sign == " ":
            yield word + sign
            word = ""
        else:
            word += sign
    yield word


def line(page: Page, points: Sequence[tuple[float, float]], *, colour: Colour, width: float) -> None:
    """Draw a line through points [mm]."""
    stroke(page, [np.asarray(points, dtype=float)], colour=colour, width=width)


def box(page: Page, at: Box, *, fill: Colour | None = None, edge: Colour | None = None, width: float = 0.15) -> None:
    """Draw a rectangle."""
    if fill is not None:
        page.canvas.setFillColorRGB(*fill)
    if edge is not None:
        page.canvas.setStrokeColorRGB(*edge)
        page.canvas.setLineWidth(width)
    page.canvas.rect(at.x0, at.y0, at.width, at.height, stroke=int(edge is not None), fill=int(fill is not None))


def stroke(
    page: Page, lines: Iterable[NDArray[np.float64]], *, colour: Colour, width: float, dash: Sequence[float] = ()
) -> None:
    """Draw lines, each an (n, 2) array [mm], in one stroke: where they cross, nothing is painted twice."""
    canvas = page.canvas
    path = canvas.beginPath()
    for points in lines:
        _trace(path, points)
    canvas.setStrokeColorRGB(*colour)
    canvas.setLineWidth(width)
    canvas.setDash(list(dash))
    canvas.drawPath(path, stroke=1, fill=0)
    canvas.setDash()


def fill(page: Page, shape: shapely.Geometry, colour: Colour) -> None:
    """Fill the polygons of a shape [mm]; holes stay open."""
    path = page.canvas.beginPath()
    for ring in rings_of(shape):
        _trace(path, shapely.get_coordinates(ring))
        path.close()
    page.canvas.setFillColorRGB(*colour)
    page.canvas.drawPath(path, stroke=0, fill=1, fillMode=0)


def rings_of(shapes: Any) -> NDArray[np.object_]:
    """Return all rings of all polygons in shapes, however they are nested."""
    return np.asarray(shapely.get_rings(shapely.get_parts(shapely.get_parts(shapes))), dtype=object)


def _trace(path: Any, points: NDArray[np.float64]) -> None:
    told = points.round(3).tolist()
    path.moveTo(*told[0])
    for x, y in told[1:]:
        path.lineTo(x, y)


def clip(page: Page, at: Box) -> None:
    """Paint inside a box only, until the state of the canvas is restored."""
    path = page.canvas.beginPath()
    path.rect(at.x0, at.y0, at.width, at.height)
    page.canvas.clipPath(path, stroke=0, fill=0)
