"""Letters as outlines: a workshop that has another font, or none, still gets the letters that were designed.

References
----------
Apple TrueType Reference Manual and Microsoft OpenType 1.9, tables "glyf" and "loca".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from reportlab.pdfbase import pdfmetrics

from gridmap.web.sheets.fonts import FALLBACK, FontNotUsable

#: x, y [units of the font] and whether the outline passes through the point.
Point = tuple[float, float, bool]

_ON, _X_SHORT, _Y_SHORT, _REPEAT, _X_SAME, _Y_SAME = 1, 2, 4, 8, 16, 32
_WORDS, _OFFSETS, _SCALE, _MORE, _TWO_SCALES, _MATRIX = 1, 2, 8, 32, 64, 128
_DEEPEST: Final = 8


def outline(font: str, sign: str) -> tuple[str, float]:
    """Return the outline of a sign as an SVG path, y up, and its advance; both for a size of 1000.

    Raises
    ------
    FontNotUsable
        If the font is the reader's own: it has no outlines here.
    """
    if font == FALLBACK:
        raise FontNotUsable(
            "letters cannot be drawn as outlines without a TrueType font with Chinese: install fonts-wqy-microhei, "
            "or set GRIDMAP_FONT"
        )
    return _outline(font, sign)


@cache
def _outline(font: str, sign: str) -> tuple[str, float]:
    face: Any = pdfmetrics.getFont(font).face
    scale = 1000 / face.unitsPerEm
    number = face.charToGlyph.get(ord(sign), 0)
    path = "".join(_path([(x * scale, y * scale, on) for x, y, on in ring]) for ring in _rings(face, number))
    return path, float(pdfmetrics.stringWidth(sign, font, 1000))


def _path(ring: Sequence[Point]) -> str:
    """Return one ring of a glyph as a path: between two points off the outline lies one on it."""
    full: list[Point] = []
    for this, after in zip(ring, [*ring[1:], ring[0]], strict=True):
        full.append(this)
        if not this[2] and not after[2]:
            full.append(((this[0] + after[0]) / 2, (this[1] + after[1]) / 2, True))
    start = next(place for place, point in enumerate(full) if point[2])
    full = [*full[start:], *full[: start + 1]]
    told = [f"M{full[0][0]:.0f} {full[0][1]:.0f}"]
    bend: Point | None = None
    for x, y, on in full[1:]:
        if not on:
            bend = (x, y, on)
        elif bend is None:
            told.append(f"L{x:.0f} {y:.0f}")
        else:
            told.append(f"Q{bend[0]:.0f} {bend[1]:.0f} {x:.0f} {y:.0f}")
            bend = None
    return "".join(told) + "Z"


def _rings(face: Any, number: int, depth: int = 0) -> Iterator[list[Point]]:
    data = _record(face, number)
    if len(data) < 10 or depth > _DEEPEST:
        return
    count = struct.unpack(">h", data[:2])[0]
    if count >= 0:
        yield from _simple(data, count)
        return
    for part, (a, b, c, d, x, y) in _parts(data):
        for ring in _rings(face, part, depth + 1):
            yield [(a * px + c * py + x, b * px + d * py + y, on) for px, py, on in ring]


def _record(face: Any, number: int) -> bytes:
    long = struct.unpack(">h", face.get_table("head")[50:52])[0]
    loca: bytes = face.get_table("loca")
    begin, end = (
        struct.unpack(">2L", loca[4 * number : 4 * number + 8])
        if long
        else (2 * one for one in struct.unpack(">2H", loca[2 * number : 2 * number + 4]))
    )
    found: bytes = face.get_table("glyf")[begin:end]
    return found


def _simple(data: bytes, count: int) -> Iterator[list[Point]]:
    ends = struct.unpack(f">{count}H", data[10 : 10 + 2 * count])
    total = ends[-1] + 1 if ends else 0
    at = 10 + 2 * count
    at += 2 + struct.unpack(">H", data[at : at + 2])[0]  # the instructions for screens
    flags: list[int] = []
    while len(flags) < total:
        flag = data[at]
        at += 1
        times = 1
        if flag & _REPEAT:
            times += data[at]
            at += 1
        flags += [flag] * times
    xs, at = _steps(data, at, flags, _X_SHORT, _X_SAME)
    ys, at = _steps(data, at, flags, _Y_SHORT, _Y_SAME)
    points: list[Point] = [(x, y, bool(flag & _ON)) for x, y, flag in zip(xs, ys, flags, strict=False)]
    for first, last in zip((0, *(end + 1 for end in ends)), ends, strict=False):
        if last > first:
            yield points[first : last + 1]


def _steps(data: bytes, at: int, flags: Sequence[int], short: int, same: int) -> tuple[list[float], int]:
    """Return one coordinate of all points, and where the next begins."""
    found: list[float] = []
    value = 0
    for flag in flags:
        if flag & short:
            value += data[at] if flag & same else -data[at]
            at += 1
        elif not flag & same:
            value += struct.unpack(">h", data[at : at + 2])[0]
            at += 2
        found.append(value)
    return found, at


def _parts(data: bytes) -> Iterator[tuple[int, tuple[float, float, float, float, float, float]]]:
    """Yield the glyphs that a composite one is made of, and how each is turned and moved."""
    at, flags = 10, _MORE
    while flags & _MORE:
        flags, number = struct.unpack(">HH", data[at : at + 4])
        at += 4
        form, size = (">hh", 4) if flags & _WORDS else (">bb", 2)
        x, y = struct.unpack(form, data[at : at + size])
        at += size
        a, b, c, d = 1.0, 0.0, 0.0, 1.0
        numbers = 1 if flags & _SCALE else 2 if flags & _TWO_SCALES else 4 if flags & _MATRIX else 0
        values = [one / 16384 for one in struct.unpack(f">{numbers}h", data[at : at + 2 * numbers])]
        at += 2 * numbers
        if numbers == 1:
            a = d = values[0]
        elif numbers == 2:
            a, d = values
        elif numbers == 4:
            a, b, c, d = values
        yield number, (a, b, c, d, *((x, y) if flags & _OFFSETS else (0.0, 0.0)))
