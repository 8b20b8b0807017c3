"""Plates for the enamel works: one SVG a plate, letters and code as outlines, in a zip; and a list as CSV."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from gridmap.domain.codes import spaced
from gridmap.domain.plate_face import PlateFace
from gridmap.web.sheets import qr
from gridmap.web.sheets.canvas import BOLD, Colour
from gridmap.web.sheets.glyphs import outline
from gridmap.web.sheets.plate_design import BLEED, Area, Design, PlateSize, PlateStation, Words
from gridmap.web.sheets.plates import PlateBatch
from gridmap.web.sheets.qr_outline import inside, outlines

#: A spreadsheet takes a text that begins so for a formula; it gets an apostrophe before it.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
COLUMNS: Final = (
    "code", "url", "address", "name", "number", "beat", "grid_cell", "width_mm", "height_mm", "qr_mm", "station", "edition",
    "batch", "svg", "synthetic",
)  # fmt: skip
#: The moment that files in the zip bear, so that the same plates give the same bytes.
STILL: Final = (1980, 1, 1, 0, 0, 0)


def write_svgs(
    batch: PlateBatch, path: Path, *, links: qr.Links, size: PlateSize, font: str, tell: Callable[[int], object]
) -> None:
    """Write one SVG a plate, and the list `plates.csv`, into a zip at `path`.

    `tell` is called with the number of plates written since the last call.

    Raises
    ------
    PlateSizeNotValid, PlateNotReadable
    FontNotUsable
        If there is no font whose letters can be drawn.
    """
    design = Design(size, links, font)
    all_have = shared(design, batch.station)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(_entry("plates.csv"), as_csv(batch, links=links, size=size))
        for place, face in enumerate(batch.faces, start=1):
            archive.writestr(_entry(file_name(place, face)), svg(design, face, all_have))
            tell(1)


def file_name(place: int, face: PlateFace) -> str:
    """Return the name of a plate's SVG: its place in the order of doors, and its code."""
    return f"{place:06}_{spaced(face.code)}.svg"


def shared(design: Design, station: PlateStation) -> list[str]:
    """Return what all plates of a station have, as parts of an SVG."""
    areas = [_area(one, design.size) for one in design.ground()]
    return areas + [_words(one, design.size, design.font) for one in design.shared(station)]


def svg(design: Design, face: PlateFace, all_have: list[str]) -> str:
    """Return one plate as SVG in millimetres, ground and bleed beyond the cut, the cut as a line of its own.

    Raises
    ------
    PlateNotReadable
    """
    size = design.size
    width, height = size.width + 2 * BLEED, size.height + 2 * BLEED
    own = [_words(one, size, design.font) for one in design.own(face)]
    cut = f'<rect id="cut" width="{size.width:g}" height="{size.height:g}" fill="none" stroke="#e6007e" stroke-width="0.05"/>'
    return "\n".join([
        '<?xml version="1.0" encoding="UTF-8"?>',
        (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="{-BLEED:g} {-BLEED:g} {width:g} {height:g}">'),
        f"<title>{escape(face.full)}</title>",
        f"<desc>{escape(design.links.link(face.code))}</desc>",
        *all_have, *own, _code(design, face), cut, "</svg>", "",
    ])  # fmt: skip


def _code(design: Design, face: PlateFace) -> str:
    """Return the code as one path of closed lines, read back from them."""
    links, side = design.links, design.size.qr
    told = links.link(face.code)
    rings = outlines(qr.matrix(told, links.version))
    qr.require_readable(qr.bars(inside(rings, links.modules)), told, links.version)
    path = "".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in rings)
    x, y, one = design.code.x0, design.size.height - design.code.y1, side / links.modules
    return f'<path id="qr" transform="translate({x:.4f} {y:.4f}) scale({one:.6f})" fill="#000000" fill-rule="evenodd" d="{path}"/>'


def _area(area: Area, size: PlateSize) -> str:
    at = area.at
    return (
        f'<rect x="{at.x0:.3f}" y="{size.height - at.y1:.3f}" width="{at.width:.3f}" height="{at.height:.3f}" '
        f'rx="{area.radius:.3f}" fill="{_hex(area.colour)}"/>'
    )


def _words(words: Words, size: PlateSize, font: str) -> str:
    """Return a line of text as the outlines of its letters."""
    signs = [outline(font, sign) for sign in words.told]
    scale = words.size / 1000
    long = sum(advance for _, advance in signs) * scale
    x = words.x - {"left": 0.0, "centre": 0.5, "right": 1.0}[words.align] * long
    colour = _hex(words.colour)
    bold = f' stroke="{colour}" stroke-width="{1000 * BOLD:g}" stroke-linejoin="round"' if words.bold else ""
    parts = [
        f'<g fill="{colour}"{bold} transform="translate(0 {size.height - words.y:.3f})" aria-label="{_quoted(words.told)}">'
    ]
    for path, advance in signs:
        if path:
            parts.append(f'<path transform="translate({x:.3f}) scale({scale:.6f} {-scale:.6f})" d="{path}"/>')
        x += advance * scale + words.spacing
    return "".join([*parts, "</g>"])


def _quoted(told: str) -> str:
    return escape(told, {'"': "&quot;"})


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(255 * one):02x}" for one in colour)


def _entry(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, STILL)
    made.compress_type = zipfile.ZIP_DEFLATED
    made.external_attr = 0o644 << 16
    return made


def as_csv(batch: PlateBatch, *, links: qr.Links, size: PlateSize) -> bytes:
    """Return one row a plate, in UTF-8 with the mark spreadsheets look for.

    Codes stand in groups of four: without the hyphens a spreadsheet would read 123456789012 or 12345E678901 as a number.
    What it would run as a formula gets an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(batch, links, size))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _rows(batch: PlateBatch, links: qr.Links, size: PlateSize) -> Iterator[list[object]]:
    name = batch.name(links)
    station, synthetic = batch.station.name_zh, str(batch.station.synthetic).lower()
    for place, face in enumerate(batch.faces, start=1):
        number = "".join(one + word for one, word in face.number)
        texts = [face.full, face.name, number, face.beat, face.grid_cell]
        yield [
            spaced(face.code), links.link(face.code), *map(_safe, texts), f"{size.width:g}", f"{size.height:g}",
            f"{size.qr:g}", _safe(station), batch.edition, name, file_name(place, face), synthetic,
        ]  # fmt: skip


def _safe(told: str) -> str:
    return f"'{told}" if told.startswith(FORMULA) else told
