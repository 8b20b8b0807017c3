"""Notice boards of building entrances, A4 upright, a page a grid cell: who looks after it and how to reach them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from gridmap.services.plate_boards import Board, BoardRun, Member
from gridmap.web.sheets.canvas import (
    GREY,
    INK,
    PALE,
    POINT,
    WHITE,
    Box,
    Colour,
    Page,
    Style,
    box,
    fitted,
    line,
    make_pdf,
    text_width,
    write,
)
from gridmap.web.sheets.plate_design import BLUE, SOFT
from gridmap.web.words import LANGUAGES, WORDS, Language, say

SIZE: Final = (210.0, 297.0)
EDGE: Final = 15.0
#: Top of the list of people, and of what stands below it [mm from the south].
LIST: Final = 226.0
DESK: Final = 84.0
#: A row of the list is at most and at least so high [mm].
ROW_MOST: Final = 27.0
ROW_LEAST: Final = 15.5
WARN: Final[Colour] = (0.78, 0.10, 0.12)
#: Who is named even where nobody is posted: a board without an officer says whom to call instead.
ALWAYS: Final = "officer"


def draw(run: BoardRun, *, font: str, emergency: Sequence[str]) -> bytes:
    """Return the boards of a run as a PDF; the same run gives the same bytes.

    Parameters
    ----------
    font
        As `fonts.use_font` names it.
    emergency
        The numbers at the foot, at most five are shown.
    """
    pages = [(SIZE, partial(_page, run=run, board=board, emergency=emergency[:5])) for board in run.boards]
    title = f"{run.station.name_zh} {say('boards_title', 'zh')}"
    return make_pdf(pages, font, title=title, subject=f"{run.station.name_en}: {say('boards_title', 'en')}")


def _page(page: Page, *, run: BoardRun, board: Board, emergency: Sequence[str]) -> None:
    _head(page, run, board)
    _people(page, run, board)
    _desk(page, run)
    _emergency(page, emergency)
    _foot(page, run)


def _head(page: Page, run: BoardRun, board: Board) -> None:
    room = page.width - 2 * EDGE
    box(page, Box(0, 240, page.width, page.height), fill=BLUE)
    told = f"{run.station.name_zh}  {run.station.name_en}"
    write(page, EDGE, 284.5, fitted(page, told, 13, room), Style(13, colour=SOFT))
    looks: tuple[tuple[Language, float, float], ...] = (("zh", 269.0, 33.0), ("en", 260.0, 15.0))
    for language, y, size in looks:
        told = say("boards_title", language)
        write(page, EDGE, y, fitted(page, told, size, room), Style(size, bold=language == "zh", colour=WHITE))
    zones = [_zone("boards_cell", board.cell), *([_zone("boards_beat", board.beat)] if board.beat[0] else ())]
    for told, y in zip(zones, (251.0, 244.6), strict=False):
        write(page, EDGE, y, fitted(page, told, 12, room), Style(12, colour=WHITE))
    if run.station.synthetic:
        mark = f"{say('sheet_synthetic', 'zh')} {say('sheet_synthetic', 'en')}"
        write(page, EDGE, 232.5, mark, Style(10, bold=True, colour=WARN))


def _zone(kind: str, zone: tuple[str, str, str]) -> str:
    code, name_zh, name_en = zone
    names = " ".join(dict.fromkeys(filter(None, (name_zh, name_en, code))))
    return f"{say(kind, 'zh')} {say(kind, 'en')}  {names}"


def _people(page: Page, run: BoardRun, board: Board) -> None:
    people = list(board.members)
    if not any(one.role == ALWAYS for one in people):
        people.insert(0, Member(ALWAYS, "", "", "", run.station.desk_phone, "", own_phone=False))
    space = LIST - DESK - 4.0
    fits = int(space / ROW_LEAST)
    left = len(people) - fits
    if left > 0:
        people, left = people[: fits - 1], left + 1
    high = min(ROW_MOST, space / max(len(people) + (left > 0), 1))
    y = LIST
    for one in people:
        _member(page, one, y, high)
        y -= high
        line(page, [(EDGE, y), (page.width - EDGE, y)], colour=PALE, width=0.25)
    if left > 0:
        told = f"{say('boards_more', 'zh', n=left)}  {say('boards_more', 'en', n=left)}"
        write(page, EDGE, y - 0.6 * high, told, Style(11, colour=GREY))


def _member(page: Page, one: Member, top: float, high: float) -> None:
    k = min(1.0, high / 22.0)
    middle = top - high / 2
    key = f"boards_{one.role}"
    write(page, EDGE, middle + 0.6 * k, fitted(page, say(key, "zh"), 17 * k, 42), Style(17 * k, bold=True, colour=BLUE))
    write(page, EDGE, middle - 5.4 * k, fitted(page, say(key, "en"), 11 * k, 42), Style(11 * k, colour=GREY))
    x, room = EDGE + 45, 72.0
    badge = ""
    if one.badge:
        badge = say(
            "boards_badge" if one.role in {"officer", "auxiliary"} else "boards_member_badge", "zh", badge=one.badge
        )
    latin = one.name_en if one.name_en != one.name else ""
    if one.name:
        write(page, x, middle + 0.6 * k, fitted(page, one.name, 21 * k, room), Style(21 * k, bold=True))
        below = "  ".join(filter(None, (latin, badge)))
    elif one.badge or one.office:
        write(page, x, middle + 0.6 * k, fitted(page, badge or one.office, 16 * k, room), Style(16 * k, bold=True))
        below = ""
    else:
        write(page, x, middle + 0.6 * k, fitted(page, say("boards_nobody", "zh"), 15 * k, room), Style(15 * k))
        below = say("boards_nobody", "en")
    if one.office and (one.name or one.badge):
        below = "  ".join(filter(None, (below, one.office)))
    size = 11 * k * max(0.7, min(1.0, 0.999 * room / max(text_width(page, below, 11 * k), 1e-6)))
    write(page, x, middle - 5.4 * k, fitted(page, below, size, room), Style(size, colour=GREY))
    right = page.width - EDGE
    size = 21 * k * min(1.0, 56.0 / max(text_width(page, one.phone, 21 * k), 1e-6))
    write(page, right, middle + 0.6 * k, one.phone, Style(size, bold=True), align="right")
    if not one.own_phone:
        told = f"{say('boards_by_desk', 'zh')} {say('boards_by_desk', 'en')}"
        write(page, right, middle - 5.4 * k, fitted(page, told, 9 * k, 60), Style(9 * k, colour=GREY), align="right")


def _desk(page: Page, run: BoardRun) -> None:
    at = Box(EDGE, 56.0, page.width - EDGE, DESK - 3.0)
    box(page, at, fill=(0.92, 0.95, 0.99))
    write(page, at.x0 + 5, at.y0 + 13.6, say("boards_desk", "zh"), Style(19, bold=True, colour=BLUE))
    write(page, at.x0 + 5, at.y0 + 6.2, say("boards_desk", "en"), Style(12, colour=GREY))
    phone, room = run.station.desk_phone, at.width - 85
    size = 36 * min(1.0, room / max(text_width(page, phone, 36), 1e-6))
    write(page, at.x1 - 5, at.y0 + 8.6, phone, Style(size, bold=True, colour=INK), align="right")


def _emergency(page: Page, numbers: Sequence[str]) -> None:
    if not numbers:
        return
    gap, low, high = 4.0, 29.0, 23.0
    wide = (page.width - 2 * EDGE - gap * (len(numbers) - 1)) / len(numbers)
    for place, number in enumerate(numbers):
        x = EDGE + place * (wide + gap)
        box(page, Box(x, low, x + wide, low + high), fill=WARN)
        key = f"boards_{number}" if f"boards_{number}" in WORDS else "boards_other"
        size = _within(page, number, 36, 0.44 * (wide - 7))
        write(page, x + 3.5, low + (high - 0.73 * size * POINT) / 2, number, Style(size, bold=True, colour=WHITE))
        room, right = 0.5 * (wide - 7), x + wide - 3.5
        for told, y, big, bold in ((say(key, "zh"), 12.4, 14.0, True), (say(key, "en"), 6.8, 10.0, False)):
            style = Style(_within(page, told, big, room), bold=bold, colour=WHITE)
            write(page, right, low + y, told, style, align="right")


def _within(page: Page, told: str, size: float, room: float) -> float:
    """Return `size`, or what it must shrink to for a text to fit in `room` mm."""
    return size * min(1.0, 0.999 * room / max(text_width(page, told, size), 1e-6))


def _foot(page: Page, run: BoardRun) -> None:
    room = page.width - 2 * EDGE
    write(page, EDGE, 20.5, fitted(page, say("boards_now", "zh"), 12, room), Style(12))
    write(page, EDGE, 15.2, fitted(page, say("boards_now", "en"), 10, room), Style(10, colour=GREY))
    stamp = "  ".join(say("boards_as_of", one, day=run.day.isoformat(), n=run.edition) for one in LANGUAGES)
    write(page, EDGE, 8.0, fitted(page, stamp, 8.5, room - 20), Style(8.5, colour=GREY))
    write(page, page.width - EDGE, 8.0, "gridmap", Style(8.5, colour=GREY), align="right")
