"""A paper of a mediation on A4: title, text, lines to sign on, and what it belongs to at the foot of each page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from gridmap.web.sheets.canvas import GREY, Page, Style, fitted, line, make_pdf, text_width, wrapped, write

SIZE: Final = (210.0, 297.0)
EDGE: Final = 25.0
TOP: Final = 272.0
#: The text ends here [mm from the south]; below it stand the foot and the page's number.
BOTTOM: Final = 24.0
BODY: Final = 12.0
#: From line to line, and for a line left empty [mm].
LINE: Final = 7.4
GAP: Final = 4.4
SIGN: Final = 13.0


@dataclass(frozen=True, slots=True)
class PaperContent:
    """What is printed. `signs`: the words before each line to sign on; `mark`: of made-up data, else empty.

    `page_of` has {n} and {of}; `date`: the word before the day beside a signature.
    """

    title: str
    station: str
    text: str
    signs: tuple[str, ...]
    date: str
    foot: str
    page_of: str
    mark: str = ""


def draw(content: PaperContent, *, font: str) -> bytes:
    """Return the paper as a PDF; the same content gives the same bytes.

    Parameters
    ----------
    font
        As `fonts.use_font` names it. Letters it lacks are left blank, and those written from right to left are not turned.
    """
    sheets: list[list[_Row]] = []

    def measure(page: Page) -> None:
        sheets.extend(_sheets(content, page))

    # Set once without keeping it, to know how many pages there will be.
    make_pdf([(SIZE, measure)], font, title=content.title, subject=content.station)
    pages = [
        (SIZE, partial(_page, content=content, rows=rows, number=n, of=len(sheets))) for n, rows in enumerate(sheets, 1)
    ]
    return make_pdf(pages, font, title=content.title, subject=content.station)


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the paper: its text, how much room it takes [mm], and whether it is to be signed on."""

    text: str
    high: float
    sign: bool = False


def _sheets(content: PaperContent, page: Page) -> list[list[_Row]]:
    """Return the rows of each page; what is signed stays together, with some of the text above it."""
    width = page.width - 2 * EDGE
    rows = [
        row
        for paragraph in content.text.split("\n")
        for row in ([_Row(told, LINE) for told in _lines(page, paragraph, width)] or [_Row("", GAP)])
    ]
    signs = [_Row(told, SIGN, sign=True) for told in content.signs]
    sheets: list[list[_Row]] = [[]]
    room = TOP - 24.0 - BOTTOM
    for row in rows:
        if row.high > room:
            sheets.append([])
            room = TOP - BOTTOM
        if row.text or sheets[-1]:  # no page begins with an empty line
            sheets[-1].append(row)
            room -= row.high
    if sum(row.high for row in signs) > room:
        kept = sheets[-1][-2:] if len(sheets[-1]) > 4 else []
        sheets[-1] = sheets[-1][: len(sheets[-1]) - len(kept)]
        sheets.append(kept)
    sheets[-1] += signs
    return sheets


def _lines(page: Page, paragraph: str, width: float) -> Sequence[str]:
    """Return a paragraph as lines; a word longer than a line (an address, a number) is cut."""
    lines = []
    for told in wrapped(page, paragraph.replace("\t", "    "), BODY, width):
        rest = told
        while text_width(page, rest, BODY) > width:
            fits = next(n for n in range(len(rest), 0, -1) if n == 1 or text_width(page, rest[:n], BODY) <= width)
            lines.append(rest[:fits])
            rest = rest[fits:]
        lines.append(rest)
    return lines


def _page(page: Page, *, content: PaperContent, rows: list[_Row], number: int, of: int) -> None:
    room = page.width - 2 * EDGE
    y = TOP
    if number == 1:
        write(page, page.width / 2, TOP + 4, fitted(page, content.station, 12, room), Style(12), align="centre")
        write(
            page, page.width / 2, TOP - 8, fitted(page, content.title, 21, room), Style(21, bold=True), align="centre"
        )
        y = TOP - 24
    if content.mark:
        write(
            page, page.width - EDGE, 287, fitted(page, content.mark, 8.5, room), Style(8.5, colour=GREY), align="right"
        )
    for row in rows:
        y -= row.high
        if row.sign:
            _sign(page, y, row.text, content.date)
        else:
            write(page, EDGE, y, row.text, Style(BODY))
    line(page, [(EDGE, 18.5), (page.width - EDGE, 18.5)], colour=GREY, width=0.15)
    write(page, EDGE, 13.5, fitted(page, content.foot, 8.5, room - 35), Style(8.5, colour=GREY))
    told = content.page_of.format(n=number, of=of)
    write(page, page.width - EDGE, 13.5, told, Style(8.5, colour=GREY), align="right")


def _sign(page: Page, y: float, told: str, date: str) -> None:
    """Draw a line to sign on, and one for the day."""
    write(page, EDGE, y + 2, told, Style(BODY))
    begin, day, end = EDGE + text_width(page, told, BODY) + 2, page.width - EDGE - 48, page.width - EDGE
    line(page, [(begin, y + 1), (day - 4, y + 1)], colour=GREY, width=0.2)
    write(page, day, y + 2, date, Style(BODY))
    line(page, [(day + text_width(page, date, BODY) + 1, y + 1), (end, y + 1)], colour=GREY, width=0.2)
