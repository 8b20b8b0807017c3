"""What stands beside the map: title, legend, scale, tables, notes, and the line at the foot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridmap.services.sheets import Facts, SheetContent
from gridmap.web.sheets import layers
from gridmap.web.sheets.canvas import (
    GREY,
    INK,
    POINT,
    WHITE,
    Align,
    Box,
    Colour,
    Page,
    Style,
    box,
    fitted,
    line,
    stroke,
    text_width,
    wrapped,
    write,
)  # fmt: skip
from gridmap.web.sheets.furniture import north_arrow, scale_bar
from gridmap.web.sheets.tables import Column, Row, table
from gridmap.web.words import LANGUAGES, say

NOBODY: Final = "—"
ALERT: Final[Colour] = (0.68, 0.08, 0.16)
STATES: Final = {"draft": "sheet_draft", "in_review": "sheet_draft", "approved": "sheet_draft", "withdrawn": "sheet_withdrawn",
                 "superseded": "sheet_superseded"}  # fmt: skip


def title(page: Page, at: Box, facts: Facts, heading: tuple[str, str], *, k: float) -> None:
    """Write the title in both languages, the edition and its dates, and in red what a reader must not miss."""
    lines = _edition_lines(facts)
    right = max(text_width(page, told, style.size * k) for told, style in lines) + 2
    marks = _marks(facts)
    badge = max((text_width(page, one, 8.4 * k) for pair in marks for one in pair), default=0.0) + 5 * k
    room = at.width - right - (badge + 4 * k if marks else 0) - 6 * k
    for told, size, bold, y in ((heading[0], 25.0, True, 9.4), (heading[1], 11.5, False, 3.4)):
        points = min(size * k, size * k * room / max(text_width(page, told, size * k), 1e-9))
        style = Style(max(points, 0.55 * size * k), bold=bold, colour=INK if bold else GREY)
        write(page, at.x0, at.y0 + y * k, fitted(page, told, style.size, room), style)
    y = at.y1 - 4.4 * k
    for told, style in lines:
        write(page, at.x1, y, told, Style(style.size * k, bold=style.bold, colour=style.colour), align="right")
        y -= style.size * k * POINT * 1.45
    x = at.x1 - right - 3 * k
    for pair in marks:
        red_badge(page, Box(x - badge, at.y0 + 3.2 * k, x, at.y1 - 2.2 * k), pair, k)
        x -= badge + 2 * k
    line(page, [(at.x0, at.y0), (at.x1, at.y0)], colour=INK, width=0.5 * k)


def _edition_lines(facts: Facts) -> list[tuple[str, Style]]:
    zh, en = (say("sheet_edition", one, n=facts.edition) for one in LANGUAGES)
    if facts.since is None:
        when = [say("sheet_not_in_force", one) for one in LANGUAGES]
    else:
        when = [say("sheet_since", one, day=f"{facts.since:%Y-%m-%d}") for one in LANGUAGES]
    small = Style(7.2, colour=GREY)
    return [
        (f"{zh} · {when[0]}", Style(11.5, bold=True)),
        (f"{en}, {when[1]}", Style(8.0, colour=GREY)),
        (f"{facts.name_zh} {facts.station} · {say('sheet_desk', 'zh', phone=facts.desk_phone)}", small),
    ]


def _marks(facts: Facts) -> list[tuple[str, str]]:
    """Return what must not be missed, in both languages: made up, or not in force."""
    keys = ["sheet_synthetic"] if facts.synthetic else []
    if facts.status in STATES:
        keys.append(STATES[facts.status])
    return [(say(key, "zh"), say(key, "en")) for key in keys]


def red_badge(page: Page, at: Box, told: tuple[str, str], k: float) -> None:
    """Draw a red frame with words that a reader must not miss, Chinese above English."""
    box(page, at, edge=ALERT, width=0.5 * k)
    x, y = at.middle
    write(page, x, y + 0.9 * k, told[0], Style(8.4 * k, bold=True, colour=ALERT), align="centre")
    write(page, x, y - 3.6 * k, told[1], Style(8.0 * k, bold=True, colour=ALERT), align="centre")


def foot(page: Page, at: Box, content: SheetContent, number: int, pages: int, *, k: float, told: str = "") -> None:
    """Write the last line: projection, what is left out, when it was printed, and which page it is."""
    facts, style = content.facts, Style(6.2 * k, colour=GREY)
    left = " ".join(part for part in (say("sheet_system", "en", epsg=facts.metric_epsg), told) if part)
    stamp = f"{say('sheet_printed', 'zh', at=f'{facts.printed:%Y-%m-%d %H:%M}')} · gridmap"
    where = f"{say('sheet_page', 'zh', page=number, pages=pages)} · {say('sheet_page', 'en', page=number, pages=pages)}"
    right = f"{stamp}    {where}"
    write(page, at.x1, at.y0, right, style, align="right")
    write(page, at.x0, at.y0, fitted(page, left, style.size, at.width - text_width(page, right, style.size) - 6), style)


def legend(page: Page, at: Box, content: SheetContent, denominator: int, *, k: float, start: str = "") -> float:
    """Draw scale, north arrow and what each sign means, from the top of a box downwards; return the y of its end.

    `start`: what the codes of cells on the map leave out.
    """
    y = heading(page, at, "sheet_legend", k)
    arrow = 13 * k
    north_arrow(page, at.x1 - 8 * k, y - arrow - 3.5 * k, arrow, f"{say('sheet_north', 'zh')} N")
    told = f"{say('sheet_scale', 'zh')} {say('sheet_scale', 'en')}  1 : {denominator:,}".replace(",", " ")
    write(page, at.x0, y - 3.2 * k, told, Style(8.6 * k, bold=True))
    scale_bar(page, at.x0 + 1.5 * k, y - 11.5 * k, at.width - 34 * k, denominator)
    y -= 17.5 * k
    items = _items(content)
    half = (len(items) + 1) // 2
    high = 5.3 * k
    for place, (sample, key) in enumerate(items):
        x = at.x0 + (place // half) * at.width / 2
        base = y - (place % half + 1) * high
        sample(page, Box(x, base, x + 11 * k, base + 3.4 * k))
        write(page, x + 13 * k, base + 1.5 * k, say(key, "zh"), Style(6.8 * k))
        write(page, x + 13 * k, base - 0.75 * k, say(key, "en"), Style(5.0 * k, colour=GREY))
    y -= half * high + 5.6 * k
    for language in LANGUAGES:
        told = say("sheet_colours", language) + (f" {say('sheet_start', language, start=start)}" if start else "")
        write(page, at.x0, y, fitted(page, told, 5.6 * k, at.width), Style(5.6 * k, colour=GREY))
        y -= 2.6 * k
    return y


Sample = Callable[[Page, Box], None]


def _items(content: SheetContent) -> list[tuple[Sample, str]]:
    """Return a sample and a word for each sign that the map has."""
    kinds = {layers.road_class(kind) for kind in content.roads["kind"]} if len(content.roads) else set()
    found: list[tuple[Sample, str]] = [(_edge, "sheet_jurisdiction"), (_beat, "sheet_beat_border")]
    if len(content.cells):
        found.append((_cell, "sheet_cell_border"))
    if len(content.villages):
        found.append((_village, "sheet_village_border"))
    for kind, sample in (("main", _main), ("street", _street), ("lane", _lane), ("river", _river)):
        if kind in kinds:
            found.append((sample, f"sheet_{kind}"))
    return found


def course(at: Box) -> NDArray[np.float64]:
    """Return the line through the middle of a box, from west to east."""
    return np.array([(at.x0, at.middle[1]), (at.x1, at.middle[1])])


def _edge(page: Page, at: Box) -> None:
    stroke(page, [course(Box(at.x0, at.y0 + 1, at.x1, at.y1 + 1))], colour=layers.BAND, width=1.8)
    stroke(page, [course(at)], colour=layers.EDGE, width=layers.WIDTHS["edge"])


def _beat(page: Page, at: Box) -> None:
    stroke(page, [course(at)], colour=layers.BEAT, width=layers.WIDTHS["beat"])


def _cell(page: Page, at: Box) -> None:
    stroke(page, [course(at)], colour=layers.CELL, width=layers.WIDTHS["cell"], dash=layers.DASHES["cell"])


def _village(page: Page, at: Box) -> None:
    stroke(page, [course(at)], colour=layers.VILLAGE, width=layers.WIDTHS["village"], dash=layers.DASHES["village"])


def _main(page: Page, at: Box) -> None:
    stroke(page, [course(at)], colour=layers.CASING, width=1.05)
    stroke(page, [course(at)], colour=layers.MAIN, width=0.78)


def _street(page: Page, at: Box) -> None:
    stroke(page, [course(at)], colour=layers.CASING, width=0.62)
    stroke(page, [course(at)], colour=WHITE, width=0.42)


def _lane(page: Page, at: Box) -> None:
    stroke(page, [course(at)], colour=layers.LANE, width=0.2)


def _river(page: Page, at: Box) -> None:
    stroke(page, [course(at)], colour=layers.WATER, width=0.75)


def heading(page: Page, at: Box, key: str, k: float, *, more: str = "") -> float:
    """Write the heading of a block at the top of a box; return the y below it."""
    write(page, at.x0, at.y1 - 3.6 * k, say(key, "zh"), Style(9.4 * k, bold=True))
    x = at.x0 + text_width(page, say(key, "zh"), 9.4 * k) + 2 * k
    write(page, x, at.y1 - 3.6 * k, f"{say(key, 'en')}{more}", Style(7.4 * k, colour=GREY))
    return at.y1 - 5.4 * k


def beat_table(page: Page, at: Box, content: SheetContent, colours: dict[str, Colour], *, k: float) -> float:
    """Draw the list of beats: code and colour, name, cells, area, doors, households, and with names the officer."""
    y = heading(page, at, "sheet_beats", k)
    columns, rows = beat_rows(content, colours)
    return table(page, Box(at.x0, at.y0, at.x1, y), columns, rows, k=k, more=say("sheet_more_listed", "zh"))


def beat_rows(content: SheetContent, colours: dict[str, Colour]) -> tuple[list[Column], list[Row]]:
    """Return the columns of the list of beats and its rows, the last one the sum."""
    who = [_column("officer", 3.4, "left")] if content.names else []
    columns = [
        _column("code", 2.3, "left"), _column("name", 6.0 if content.names else 7.4, "left"), *who, _column("count", 1.3, "right"),
        _column("area", 1.7, "right"), _column("doors", 1.8, "right"), _column("households", 1.9, "right"),
    ]  # fmt: skip
    rows = [
        Row(
            (
                one.code,
                name_of(one),
                *((one.officer or NOBODY,) if content.names else ()),
                str(one.cells),
                *_numbers(one),
            ),
            colours[one.code],
        )
        for one in each(content.beats)
    ]
    rows.append(_total(content.beats, who=len(who), cells=str(int(content.beats["cells"].sum()))))
    return columns, rows


def cell_table(page: Page, at: Box, content: SheetContent, beat: str, colours: dict[str, Colour], *, k: float) -> float:
    """Draw the list of one beat's grid cells, with names also its officer and their members."""
    own = content.cells[content.cells["beat"] == beat]
    officer = content.beats.set_index("code")["officer"].get(beat, "")
    told = f"    {say('sheet_officer', 'zh')} {say('sheet_officer', 'en')}  {officer}" if officer else ""
    y = heading(page, at, "sheet_cells", k, more=told)
    who = [_column("member", 3.4, "left")] if content.names else []
    columns = [
        _column("code", 2.6, "left"), _column("name", 6.0 if content.names else 7.4, "left"), *who, _column("area", 1.7, "right"),
        _column("doors", 1.8, "right"), _column("households", 1.9, "right"),
    ]  # fmt: skip
    rows = [
        Row(
            (one.code, name_of(one), *((one.grid_member or NOBODY,) if content.names else ()), *_numbers(one)),
            colours.get(one.code),
        )
        for one in each(own)
    ]
    rows.append(_total(own, who=len(who)))
    return table(page, Box(at.x0, at.y0, at.x1, y), columns, rows, k=k, more=say("sheet_more", "zh"))


def _column(key: str, share: float, align: Align) -> Column:
    return Column(say(f"sheet_{key}", "zh"), say(f"sheet_{key}", "en"), share, align)


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """Give the rows of a frame as tuples with the names of its columns."""
    yield from frame.itertuples(index=False)


def name_of(row: Any) -> tuple[str, ...]:
    """Return a zone's name in both languages, and in one for where there is less room."""
    both = " ".join(str(part) for part in (row.name_zh, row.name_en) if part)
    return both, str(row.name_zh or row.name_en)


def _numbers(row: Any) -> tuple[str, str, str]:
    return f"{row.area_km2:.2f}", f"{row.doors:,}", f"{row.households:,}"


def _total(zones: pd.DataFrame, *, who: int, cells: str | None = None) -> Row:
    sums = (f"{zones['area_km2'].sum():.2f}", f"{int(zones['doors'].sum()):,}", f"{int(zones['households'].sum()):,}")
    told = f"{say('sheet_total', 'zh')} {say('sheet_total', 'en')}"
    return Row(("", f"{told} ({len(zones)})", *[""] * who, *((cells,) if cells is not None else ()), *sums), total=True)


def notes(page: Page, at: Box, content: SheetContent, *, k: float) -> float:
    """Write, from the bottom of a box upwards, what a reader must know; return the y of its top."""
    keys = [
        *(["sheet_synthetic_why"] if content.facts.synthetic else []),
        *(["sheet_internal"] if content.names else []),
    ]
    style = Style(6.4 * k, colour=ALERT)
    told = [part for key in keys for one in LANGUAGES for part in wrapped(page, say(key, one), style.size, at.width)]
    y = at.y0 + 1.0 * k
    for part in reversed(told):
        write(page, at.x0, y, part, style)
        y += style.size * POINT * 1.3
    return y
