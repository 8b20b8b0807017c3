"""A plate as shapes, words and a code, in millimetres from its lower left corner: the same for paper, enamel and film.

Blue ground with white letters, the code black on white beside them, below a white band with what can be read out on the
telephone. Everything grows with the plate; the code has the side that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reportlab.pdfbase import pdfmetrics

from gridmap.domain.codes import spaced
from gridmap.domain.plate_face import PlateFace
from gridmap.errors import Invalid
from gridmap.web.sheets.canvas import WHITE, Align, Box, Colour
from gridmap.web.sheets.qr import QUIET, Links
from gridmap.web.words import say

#: The least side of a code [mm]: at 1.4 mm a module a phone reads it at arm's length (Tianjin's norm of 2021).
LEAST_CODE: Final = 40.0
BLUE: Final[Colour] = (0.0, 0.25, 0.56)
BLACK: Final[Colour] = (0.0, 0.0, 0.0)
SOFT: Final[Colour] = (0.80, 0.87, 0.96)
YELLOW: Final[Colour] = (1.0, 0.86, 0.35)
#: How far the ground goes beyond the cut, so that no white edge is left [mm].
BLEED: Final = 1.5
#: Height of the plate that the design was drawn for [mm].
DRAWN: Final = 90.0
#: Capitals are so high, as a share of the size they are set at.
CAPITAL: Final = 0.73


class PlateSizeNotValid(Invalid):
    """A plate of this size cannot hold its code and its words."""

    slug, title = "plate-size-not-valid", "The size of plates does not do"


@dataclass(frozen=True, slots=True)
class Area:
    """A filled rectangle with round corners [mm]."""

    at: Box
    colour: Colour
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text: where its baseline begins, is centred or ends, its size, and what is added between letters [mm]."""

    x: float
    y: float
    told: str
    size: float
    colour: Colour = BLACK
    bold: bool = False
    align: Align = "left"
    spacing: float = 0.0


@dataclass(frozen=True, slots=True)
class PlateSize:
    """Width and height of a plate and side of its code, without the quiet zone [mm]."""

    width: float = 150.0
    height: float = 90.0
    qr: float = 40.0


@dataclass(frozen=True, slots=True)
class PlateStation:
    """What all plates of a station share."""

    name_zh: str
    name_en: str
    desk_phone: str
    synthetic: bool


class Design:
    """Plates of one size, drawn in one font that reportlab knows.

    Parameters
    ----------
    size
        Of the plates and their codes [mm].
    links
        Where the codes lead; the host is written on the plate.
    font
        The name under which reportlab has the font.

    Raises
    ------
    PlateSizeNotValid
        If the code is smaller than 40 mm, or leaves too little of the plate for the address.
    """

    def __init__(self, size: PlateSize, links: Links, font: str) -> None:
        self.size, self.links, self.font = size, links, font
        self.k = min(size.height / DRAWN, size.width / 150.0)
        k = self.k
        edge, gap = 4.0 * k, 3.5 * k
        quiet = QUIET * size.qr / links.modules
        rim = quiet + 0.6 * k  # round corners leave the quiet zone whole
        side, caption = size.qr + 2 * rim, 10.4 * k
        right, top = size.width - edge, size.height - edge
        self.band = Box(edge, edge, right, edge + 16.5 * k)
        self.panel = Box(right - side, top - side - caption, right, top)
        self.code = self.panel.shrunk(rim)
        self.code = Box(self.code.x0, self.code.y1 - size.qr, self.code.x1, self.code.y1)
        self.left = Box(edge + 3.0 * k, self.band.y1 + gap + 0.8 * k, self.panel.x0 - 4.5 * k, top - 1.0 * k)
        if size.qr < LEAST_CODE:
            raise PlateSizeNotValid(
                f"a code of {size.qr:g} mm is too small to be read from the path: at least {LEAST_CODE:g} mm",
                qr_mm=size.qr,
            )
        if self.left.width < 0.75 * side or self.panel.y0 < self.band.y1 + 0.5 * gap:
            raise PlateSizeNotValid(
                f"a code of {size.qr:g} mm with its white border ({side:.0f} mm) leaves no room for the address on "
                f"{size.width:g} x {size.height:g} mm: take a larger plate (150x90/40, 270x170/75, 570x370/120)",
                width_mm=size.width, height_mm=size.height, qr_mm=size.qr,
            )  # fmt: skip

    def width(self, told: str, size: float) -> float:
        """Return how long a text is at a size, both in mm."""
        return float(pdfmetrics.stringWidth(told, self.font, size))

    def fitting(self, told: str, size: float, room: float) -> float:
        """Return `size`, or what it must shrink to for a text to fit in `room` mm."""
        long = self.width(told, size)
        return size if long <= room else 0.999 * size * room / long

    def ground(self) -> Iterator[Area]:
        """Yield the areas that all plates have; the ground goes beyond the cut."""
        yield Area(Box(-BLEED, -BLEED, self.size.width + BLEED, self.size.height + BLEED), BLUE)
        yield Area(self.band, WHITE, 1.8 * self.k)
        yield Area(self.panel, WHITE, 1.8 * self.k)

    def shared(self, station: PlateStation) -> Iterator[Words]:
        """Yield the words that all plates of a station have."""
        k, panel = self.k, self.panel
        middle, room = panel.middle[0], panel.width - 6.0 * k
        scan_zh, scan_en = say("plates_scan", "zh"), say("plates_scan", "en")
        size = self.fitting(scan_zh, 4.6 * k, room)
        yield Words(middle, panel.y0 + 6.9 * k, scan_zh, size, BLUE, bold=True, align="centre")
        yield Words(middle, panel.y0 + 2.7 * k, scan_en, self.fitting(scan_en, 3.5 * k, room), BLUE, align="centre")
        right, room, low = self.band.x1 - 3.0 * k, self._beside, self.band.y0
        host, desk = self.links.host, say("plates_desk", "zh", phone=station.desk_phone)
        yield Words(right, low + 11.1 * k, host, self.fitting(host, 5.0 * k, room), bold=True, align="right")
        yield Words(right, low + 6.2 * k, desk, self.fitting(desk, 3.8 * k, room), align="right")
        told = say("plates_emergency", "zh")
        yield Words(right, low + 1.9 * k, told, self.fitting(told, 3.8 * k, room), align="right")
        if station.synthetic:
            told = self._mark
            yield Words(self.left.x1, self.left.y1 - 3.9 * k, told, 2.5 * k, YELLOW, align="right")

    @property
    def _mark(self) -> str:
        return f"{say('plates_synthetic', 'zh')} {say('plates_synthetic', 'en')}"

    @property
    def _beside(self) -> float:
        """Room for the words at the right of the band [mm]."""
        return 0.31 * self.size.width

    def own(self, face: PlateFace) -> Iterator[Words]:
        """Yield the words of one plate."""
        k, left = self.k, self.left
        room = left.width - self.width(self._mark, 2.5 * k) - 2.0 * k
        yield Words(left.x0, left.y1 - 4.4 * k, face.area, self.fitting(face.area, 4.6 * k, room), SOFT)
        size = self.fitting(face.name, 13.0 * k, left.width)
        line = left.y1 - 18.2 * k + 0.5 * (13.0 * k - size) * CAPITAL
        yield Words(left.x0, line, face.name, size, WHITE, bold=True)
        yield from self._number(face)
        cell = f"{say('plates_cell', 'zh')} {face.grid_cell}" if face.grid_cell else ""
        yield from self._address(face)
        if cell:
            yield Words(left.x0, left.y0, cell, self.fitting(cell, 3.6 * k, left.width), SOFT)
        yield self._spoken(face)

    def _address(self, face: PlateFace) -> Iterator[Words]:
        """Yield the standard address: on one line, or on two where one would be too small to read."""
        k, left, told = self.k, self.left, face.full
        size = self.fitting(told, 3.6 * k, left.width)
        if size >= 2.8 * k:
            yield Words(left.x0, left.y0 + 5.6 * k, told, size, WHITE)
            return
        half = next(
            place for place in range(len(told) + 1) if 2 * self.width(told[:place], 1.0) >= self.width(told, 1.0)
        )
        size = min(2.9 * k, *(self.fitting(part, 2.9 * k, left.width) for part in (told[:half], told[half:])))
        for part, up in ((told[:half], 7.6), (told[half:], 4.1)):
            yield Words(left.x0, left.y0 + up * k, part, size, WHITE)

    def _number(self, face: PlateFace) -> Iterator[Words]:
        """Yield the house number: as large as the room between street and address allows, up to the middle of it."""
        k, left = self.k, self.left
        low, high = left.y0 + 12.0 * k, left.y1 - 21.4 * k
        tall, small, gap = min(42.0 * k, 0.9 * (high - low) / CAPITAL), 0.42, 1.2 * k
        long = sum(self.width(one, tall) + self.width(word, small * tall) + 2 * gap for one, word in face.number)
        share = min(1.0, left.width / long) if long else 1.0
        big, gap = tall * share, gap * share
        x, y = left.x0, low + 0.5 * (high - low - big * CAPITAL)
        for one, word in face.number:
            yield Words(x, y, one, big, WHITE, bold=True)
            x += self.width(one, big) + gap
            yield Words(x, y, word, small * big, WHITE)
            x += self.width(word, small * big) + gap

    def _spoken(self, face: PlateFace) -> Words:
        """Return the code in groups of four, its capitals 8 mm high where the plate is 90 mm high."""
        k, code = self.k, spaced(face.code)
        room = self.band.width - self._beside - 10.0 * k
        spacing = 0.55 * k
        size = self.fitting(code, 8.0 * k / CAPITAL, room - spacing * (len(code) - 1))
        y = self.band.y0 + 0.5 * (self.band.height - size * CAPITAL)
        return Words(self.band.x0 + 3.0 * k, y, code, size, bold=True, spacing=spacing)
