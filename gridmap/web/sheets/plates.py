"""Sheets of plates as a vector PDF: each code one path of rectangles, each word in the embedded font, cut marks around.

What all plates share is drawn once and stamped. Every code is read back from the rectangles that go into the file.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from reportlab import rl_config
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from gridmap.domain.plate_face import PlateFace
from gridmap.web.sheets import qr
from gridmap.web.sheets.canvas import BOLD, GREY, INK, Page, Style, fitted, line, text_width, write
from gridmap.web.sheets.imposition import Imposition, PlatePaper, impose
from gridmap.web.sheets.plate_design import BLEED, Area, Design, PlateSize, PlateStation, Words
from gridmap.web.words import say

#: Length of a cut mark and its distance from what is printed [mm].
MARK: Final = 3.5
AWAY: Final = 0.5
#: Letters of a checksum that stand on a sheet.
LETTERS: Final = 8


@dataclass(frozen=True, slots=True)
class PlateBatch:
    """Plates to be printed in one go, in the order they are printed, all of one station and edition."""

    station: PlateStation
    edition: int | None
    faces: Sequence[PlateFace]

    def name(self, links: qr.Links) -> str:
        """Return what tells this batch from another: the same plates in the same order and edition have the same name."""
        return checksum([f"{self.edition}", links.start, *(one.code for one in self.faces)])


def checksum(codes: Sequence[str]) -> str:
    """Return eight letters that differ where codes differ.

    >>> checksum(["0123456789AB"])
    '4E3F5A1D'
    """
    return hashlib.sha256("\n".join(codes).encode()).hexdigest()[:LETTERS].upper()


def draw(
    batch: PlateBatch,
    *,
    links: qr.Links,
    size: PlateSize,
    font: str,
    paper: PlatePaper = "a4",
    tell: Callable[[int], object] = lambda _: None,
) -> bytes:
    """Return the sheets of a batch as a PDF; the same batch gives the same bytes.

    Parameters
    ----------
    font
        As `fonts.use_font` names it.
    tell
        Is called with the number of plates drawn since the last call.

    Raises
    ------
    PlateSizeNotValid, PlateTooLarge, PlateNotReadable
    """
    design, places = Design(size, links, font), impose(paper, size.width, size.height)
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=1)
    canvas.setTitle(f"{batch.station.name_zh} {say('plates_title', 'zh')}")
    canvas.setSubject(f"{batch.station.name_en}: {say('plates_title', 'en')}")
    canvas.setCreator("gridmap")
    canvas.setAuthor("gridmap")
    _stamps(canvas, design, batch.station)
    each = len(places.corners)
    name = batch.name(links)
    for first in range(0, len(batch.faces), each):
        faces = batch.faces[first : first + each]
        canvas.setPageSize((places.width * mm, places.height * mm))
        canvas.scale(mm, mm)
        page = Page(canvas, font, places.width, places.height)
        _marks(page, places, size)
        for one, corner in zip(faces, places.corners, strict=False):
            _plate(page, design, one, corner)
        _footer(page, batch, name, first, faces)
        canvas.showPage()
        tell(len(faces))
    with _binary():
        canvas.save()
    return out.getvalue()


@contextmanager
def _binary() -> Iterator[None]:
    """Let reportlab write streams as bytes: as text they are a quarter larger and take a third of all the time."""
    before, rl_config.useA85 = rl_config.useA85, 0
    try:
        yield
    finally:
        rl_config.useA85 = before


def _stamps(canvas: Canvas, design: Design, station: PlateStation) -> None:
    """Draw what all plates share into a form, in millimetres."""
    width, height = design.size.width, design.size.height
    canvas.beginForm("plate", -BLEED, -BLEED, width + BLEED, height + BLEED)
    page = Page(canvas, design.font, width, height)
    for area in design.ground():
        _area(canvas, area)
    for words in design.shared(station):
        _words(canvas, words, page.font)
    canvas.endForm()


def _plate(page: Page, design: Design, face: PlateFace, corner: tuple[float, float]) -> None:
    canvas = page.canvas
    canvas.saveState()
    canvas.translate(*corner)
    canvas.doForm("plate")
    for words in design.own(face):
        _words(canvas, words, page.font)
    canvas.addLiteral(code_path(design.links, face.code, design.code.x0, design.code.y0, design.size.qr))
    canvas.restoreState()


def code_path(links: qr.Links, code: str, x: float, y: float, side: float) -> str:
    """Return the PDF operators that paint a plate's code black, its lower left corner at x, y, and read them back.

    Raises
    ------
    PlateNotReadable
    """
    told, modules = links.link(code), links.modules
    rectangles = qr.bars(qr.matrix(told, links.version))
    qr.require_readable(rectangles, told, links.version)
    one = side / modules
    path = "\n".join([f"{left} {modules - 1 - row} {wide} 1 re" for left, row, wide in rectangles.tolist()])
    return f"q {one:.6f} 0 0 {one:.6f} {x:.4f} {y:.4f} cm 0 g\n{path}\nf Q"


def _area(canvas: Canvas, area: Area) -> None:
    canvas.setFillColorRGB(*area.colour)
    at = area.at
    if area.radius:
        canvas.roundRect(at.x0, at.y0, at.width, at.height, area.radius, stroke=0, fill=1)
    else:
        canvas.rect(at.x0, at.y0, at.width, at.height, stroke=0, fill=1)


def _words(canvas: Canvas, words: Words, font: str) -> None:
    """Write one line; the state of the canvas is the caller's to restore."""
    x, told = words.x, words.told
    if words.align != "left":
        x -= (0.5 if words.align == "centre" else 1.0) * pdfmetrics.stringWidth(told, font, words.size)
    text = canvas.beginText(x, words.y)
    text.setFont(font, words.size)
    text.setFillColorRGB(*words.colour)
    if words.bold:
        text.setStrokeColorRGB(*words.colour)
        canvas.setLineWidth(BOLD * words.size)
        text.setTextRenderMode(2)
    if words.spacing:
        text.setCharSpace(words.spacing)
    text.textOut(told)
    if words.bold:
        text.setTextRenderMode(0)
    if words.spacing:
        text.setCharSpace(0)
    canvas.drawText(text)


def _marks(page: Page, places: Imposition, size: PlateSize) -> None:
    """Draw the marks along which a guillotine cuts, outside all plates."""
    west, east = places.xs[0] - BLEED - AWAY, places.xs[-1] + size.width + BLEED + AWAY
    south, north = places.ys[-1] - BLEED - AWAY, places.ys[0] + size.height + BLEED + AWAY
    for y in (at for one in places.ys for at in (one, one + size.height)):
        line(page, [(west - MARK, y), (west, y)], colour=INK, width=0.1)
        line(page, [(east, y), (east + MARK, y)], colour=INK, width=0.1)
    for x in (at for one in places.xs for at in (one, one + size.width)):
        line(page, [(x, south - MARK), (x, south)], colour=INK, width=0.1)
        line(page, [(x, north), (x, north + MARK)], colour=INK, width=0.1)


def _footer(page: Page, batch: PlateBatch, name: str, first: int, faces: Sequence[PlateFace]) -> None:
    told: list[Any] = [f"{batch.station.name_zh} {batch.station.name_en}"]
    if batch.edition is not None:
        told.append(f"{say('plates_edition', 'zh', n=batch.edition)} {say('plates_edition', 'en', n=batch.edition)}")
    told += [
        say("plates_batch", "zh", batch=name),
        say("plates_count", "zh", n=f"{len(batch.faces):,}"),
        say("plates_these", "zh", first=f"{first + 1:,}", last=f"{first + len(faces):,}"),
        say("plates_check", "zh", check=checksum([one.code for one in faces])),
    ]
    if batch.station.synthetic:
        told.append(f"{say('sheet_synthetic', 'zh')} {say('sheet_synthetic', 'en')}")
    room = page.width - 14.0
    line_told = " · ".join(told)
    size = 6.6 * min(1.0, 0.999 * room / text_width(page, line_told, 6.6))
    write(page, 7.0, 5.4, line_told, Style(size, colour=INK))
    write(page, 7.0, 2.4, fitted(page, say("plates_cut", "zh"), 5.4, room), Style(5.4, colour=GREY))
