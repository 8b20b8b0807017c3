"""The sheet for the wall: a whole station on one page, and a page for each beat."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Final

import geopandas as gpd

from gridmap.services.sheets import SheetContent
from gridmap.web.sheets import maps, panel
from gridmap.web.sheets.canvas import Box, Drawing, Page, Style, make_pdf, write
from gridmap.web.sheets.colours import PALETTE, colour_zones
from gridmap.web.sheets.furniture import neat_line
from gridmap.web.sheets.layout import GROWTH, Layout, layout_for
from gridmap.web.sheets.maps import Atlas
from gridmap.web.sheets.tables import table
from gridmap.web.sheets.view import Paper, View, view_of
from gridmap.web.words import say

#: Beats on one page of a list, in three columns.
LISTED: Final = 150
#: Room around a beat on its own page [mm on A3]: what lies beside it is part of the map.
BEAT_MARGIN: Final = 12.0


def draw(
    content: SheetContent, *, font: str, paper: Paper = "a3", beats: Sequence[str] = (), station: bool = True
) -> bytes:
    """Return a PDF: the page of the whole station first where `station`, then a page for each of `beats` (codes).

    Each page is landscape or portrait as its own ground wants it.
    """
    atlas = maps.atlas_of(content)
    pages: list[Drawing] = []
    lists = 0
    total = len(beats)
    if station:
        layout = layout_for(content.ground, paper, rows=len(content.beats))
        lists = math.ceil(len(content.beats) / LISTED) if len(content.beats) > layout.rows else 0
        total += 1 + lists
        size = (layout.width, layout.height)
        pages.append((size, partial(_station_page, atlas=atlas, layout=layout, total=total)))
        pages += [
            (size, partial(_list_page, atlas=atlas, layout=layout, part=part, total=total)) for part in range(lists)
        ]
    shapes = content.beats.set_index("code").geometry
    for number, beat in enumerate(beats, start=len(pages) + 1):
        rows = int((content.cells["beat"] == beat).sum())
        layout = layout_for(shapes[beat], paper, rows=rows, margin=BEAT_MARGIN * GROWTH[paper])
        drawn = partial(_beat_page, atlas=atlas, layout=layout, beat=beat, number=number, total=total)
        pages.append(((layout.width, layout.height), drawn))
    facts = content.facts
    name = say("sheet_title", "zh", name=facts.name_zh)
    subject = f"{say('sheet_title', 'en', name=facts.name_en)}, {say('sheet_edition', 'en', n=facts.edition)}"
    if facts.synthetic:
        subject += f". {say('sheet_synthetic', 'en')}: {say('sheet_synthetic_why', 'en')}"
    return make_pdf(pages, font, title=name, subject=subject)


def _station_page(page: Page, *, atlas: Atlas, layout: Layout, total: int) -> None:
    content, k = atlas.content, layout.k
    view = view_of(content.ground, layout.frame)
    frame, rest = _inset_frame(layout, maps.inset_ground(atlas, view))
    inset = None if frame is None else maps.inset_view(maps.inset_ground(atlas, view), frame, view)
    written = maps.draw_station(page, atlas, view, inset=inset)
    if inset is None:
        rest = _whole(layout)
    else:
        written |= _inset(page, atlas, inset, k)
    facts = content.facts
    heading = (say("sheet_title", "zh", name=facts.name_zh), say("sheet_title", "en", name=facts.name_en))
    panel.title(page, layout.title, facts, heading, k=k)
    legend_at, table_at = rest
    low = panel.notes(page, legend_at if not layout.landscape else table_at, content, k=k)
    end = panel.legend(
        page, legend_at, content, view.denominator, k=k if layout.landscape else 1.15 * k, start=atlas.start
    )
    if layout.landscape:
        table_at = Box(table_at.x0, low + 1.5 * k, table_at.x1, end - 2 * k)
    panel.beat_table(page, table_at, content, atlas.colours, k=k)
    missing = len(set(content.cells["code"]) - written)
    told = say("sheet_unlabelled", "zh", n=missing) if missing else ""
    panel.foot(page, layout.foot, content, 1, total, k=k, told=told)


def _list_page(page: Page, *, atlas: Atlas, layout: Layout, part: int, total: int) -> None:
    """Draw a part of the list of beats, for which the page of the map has no room, in three columns."""
    content, k, facts = atlas.content, layout.k, atlas.content.facts
    heading = (say("sheet_title", "zh", name=facts.name_zh), say("sheet_title", "en", name=facts.name_en))
    panel.title(page, layout.title, facts, heading, k=k)
    columns, rows = panel.beat_rows(content, atlas.colours)
    width = (page.width - 20 * k - 16 * k) / 3
    top = panel.heading(page, Box(10 * k, 0, page.width, layout.title.y0 - 3 * k), "sheet_beats", k)
    each = LISTED // 3
    for place in range(3):
        first = part * LISTED + place * each
        last = first + each >= len(rows) - 1  # the sum stays with the rows it ends
        shown = rows[first : first + each + last] if first < len(rows) - 1 else []
        x = 10 * k + place * (width + 8 * k)
        if shown:
            table(
                page,
                Box(x, layout.foot.y1 + 3 * k, x + width, top),
                columns,
                shown,
                k=k,
                more=say("sheet_more_rows", "zh"),
            )
    panel.foot(page, layout.foot, content, 2 + part, total, k=k)


def _inset_frame(layout: Layout, wanted: object) -> tuple[Box | None, tuple[Box, Box]]:
    """Return where an inset goes, and what it leaves for the legend and the table."""
    at, k = layout.panel, layout.k
    if wanted is None:
        return None, _whole(layout)
    if layout.landscape:
        frame = Box(at.x0 + 4.7, at.y1 - at.width + 4.7 - 5 * k, at.x1 - 4.7, at.y1 - 4.7 - 5 * k)
        below = Box(at.x0, at.y0, at.x1, frame.y0 - 4.7 - 3 * k)
        return frame, (below, below)
    side = at.height
    frame = Box(at.x1 - side + 4.7 + 5 * k, at.y0 + 4.7, at.x1 - 4.7, at.y1 - 4.7 - 5 * k)
    left = frame.x0 - 4.7 - 4 * k
    return frame, (Box(at.x0, at.y0, at.x0 + 68 * k, at.y1), Box(at.x0 + 72 * k, at.y0, left, at.y1))


def _whole(layout: Layout) -> tuple[Box, Box]:
    """Return the boxes of legend and table where there is no inset."""
    at, k = layout.panel, layout.k
    if layout.landscape:
        return at, at
    return Box(at.x0, at.y0, at.x0 + 80 * k, at.y1), Box(at.x0 + 88 * k, at.y0, at.x1, at.y1)


def _inset(page: Page, atlas: Atlas, inset: View, k: float) -> set[str]:
    """Draw the enlarged part with its heading; return the codes of the cells that are written on it."""
    written = maps.draw_station(page, atlas, inset)
    neat_line(page, inset.frame)
    told = f"{say('sheet_inset', 'zh')} {say('sheet_inset', 'en')}  1 : {inset.denominator:,}".replace(",", " ")
    write(page, inset.frame.x0 - 4.6, inset.frame.y1 + 6.2, told, Style(8.6 * k, bold=True))
    return written


def _beat_page(page: Page, *, atlas: Atlas, layout: Layout, beat: str, number: int, total: int) -> None:
    content, k = atlas.content, layout.k
    row = content.beats[content.beats["code"] == beat].iloc[0]
    view = view_of(row.geometry, layout.frame, margin=BEAT_MARGIN * k)
    written = maps.draw_beat(page, atlas, view, beat)
    facts = content.facts
    zh = say("sheet_beat_title", "zh", name=facts.name_zh, beat=row["name_zh"] or beat)
    en = say("sheet_beat_title", "en", name=facts.name_en, beat=row["name_en"] or beat)
    panel.title(page, layout.title, facts, (f"{beat} {zh}", en), k=k)
    own = gpd.GeoDataFrame(content.cells[content.cells["beat"] == beat]).reset_index(drop=True)
    colours = {code: PALETTE[place] for code, place in colour_zones(own).items()} if len(own) else {}
    legend_at, table_at = _whole(layout)
    end = panel.legend(page, legend_at, content, view.denominator, k=k if layout.landscape else 1.15 * k)
    side = min(72 * k, layout.panel.height)
    if layout.landscape:
        low = panel.notes(page, table_at, content, k=k) + 2 * k
        table_at = Box(table_at.x0, low + side + 3 * k, table_at.x1, end - 2 * k)
    else:
        panel.notes(page, legend_at, content, k=k)
        small = Box(table_at.x1 - side, table_at.y0, table_at.x1, table_at.y1)
        table_at = Box(table_at.x0, table_at.y0, small.x0 - 6 * k, table_at.y1)
    under = panel.cell_table(page, table_at, content, beat, colours, k=k) - 4 * k
    if layout.landscape:
        small = Box(table_at.x0, under - side, table_at.x1, under)
    top = panel.heading(page, small, "sheet_locator", k)
    maps.draw_locator(page, atlas, Box(small.x0, small.y0, small.x1, top), beat)
    missing = len(set(own["code"]) - written)
    told = say("sheet_unlabelled_here", "zh", n=missing) if missing else ""
    panel.foot(page, layout.foot, content, number, total, k=k, told=told)
