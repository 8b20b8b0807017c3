"""The sheet for the briefing: one picture of the officer's map with its legend in words, its method and its mark."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import shapely

from gridmap.web.sheets import layers, naming, panel
from gridmap.web.sheets.canvas import (
    GREY,
    INK,
    POINT,
    Box,
    Page,
    Style,
    box,
    clip,
    fitted,
    line,
    make_pdf,
    text_width,
    wrapped,
    write,
)
from gridmap.web.sheets.furniture import graticule, neat_line, north_arrow, scale_bar
from gridmap.web.sheets.labels import Ground
from gridmap.web.sheets.layout import Layout, layout_for
from gridmap.web.sheets.picture import PictureContent
from gridmap.web.sheets.texture import paint
from gridmap.web.sheets.view import Paper, View, view_of
from gridmap.web.words import LANGUAGES, say

#: Radius of a point feature [mm on A3].
DOT: Final = 1.3
#: Rows a panel below the map has room for.
ROWS: Final = 14


def draw(content: PictureContent, *, font: str, paper: Paper = "a4") -> bytes:
    """Return a PDF of one page, landscape or portrait as the ground wants it."""
    layout = layout_for(content.ground.land, paper, rows=ROWS)
    mark = f". {say('sheet_synthetic', 'en')}" if content.ground.synthetic else ""
    page = ((layout.width, layout.height), partial(_page, content=content, layout=layout))
    return make_pdf([page], font, title=content.title[0], subject=f"{content.title[1]}. {content.view[1]}{mark}")


def _page(page: Page, *, content: PictureContent, layout: Layout) -> None:
    view = view_of(content.ground.land, layout.frame)
    _title(page, layout.title, content, layout.k)
    _map(page, view, content, layout.k)
    at = layout.panel
    if layout.landscape:
        end = _legend(page, at, content, view.denominator, layout.k)
        _method(page, Box(at.x0, at.y0, at.x1, end - 3 * layout.k), content, layout.k)
    else:
        middle = at.x0 + 0.46 * at.width
        _legend(page, Box(at.x0, at.y0, middle - 10 * layout.k, at.y1), content, view.denominator, layout.k)
        _method(page, Box(middle, at.y0, at.x1, at.y1), content, layout.k)
    _foot(page, layout.foot, content, layout.k)


def _title(page: Page, at: Box, content: PictureContent, k: float) -> None:
    room = at.width
    if content.ground.synthetic:
        mark = (say("sheet_synthetic", "zh"), say("sheet_synthetic", "en"))
        width = max(text_width(page, one, 8.4 * k) for one in mark) + 5 * k
        panel.red_badge(page, Box(at.x1 - width, at.y0 + 3.2 * k, at.x1, at.y1 - 2.2 * k), mark, k)
        room -= width + 5 * k
    lines = (
        (content.title[0], 17.0, True, INK, 11.6), (content.title[1], 9.5, False, GREY, 7.2),
        (content.view[0], 8.4, True, INK, 3.2), (content.view[1], 6.6, False, GREY, 0.5),
    )  # fmt: skip
    for told, size, bold, colour, y in lines:
        style = Style(size * k, bold=bold, colour=colour)
        write(page, at.x0, at.y0 + (y + 1.6) * k, fitted(page, told, style.size, room), style)
    line(page, [(at.x0, at.y0), (at.x1, at.y0)], colour=INK, width=0.5 * k)


def _map(page: Page, view: View, content: PictureContent, k: float) -> None:
    ground = content.ground
    page.canvas.saveState()
    clip(page, view.frame)
    box(page, view.frame, fill=layers.PAPER)
    layers.ground(page, view, ground.land)
    layers.roads(page, view, ground.roads)
    shapes = view.shapes(content.cells.geometry.to_numpy()) if len(content.cells) else np.empty(0, dtype=object)
    looks = content.cells["look"].to_numpy() if len(content.cells) else np.empty(0)
    for place, entry in reversed(list(enumerate(content.legend))):
        mine = shapes[looks == place]
        if len(mine):
            points = shapely.get_type_id(mine) == 0
            paint(page, np.where(points, shapely.buffer(mine, DOT * k), mine), entry.look, k=k)
    if len(ground.beats):
        borders, _ = layers.borders(ground.beats)
        layers.border(page, view, borders, "beat", colour=layers.BEAT, strength=0.6)
    edge = np.asarray(shapely.get_parts(shapely.boundary(ground.land)), dtype=object)
    layers.border(page, view, edge, "edge", colour=layers.EDGE, strength=0.6)
    if len(ground.beats):
        naming.name_beats(page, view, ground.beats, Ground(view.frame.shrunk(0.8)), people=False, small=True)
    page.canvas.restoreState()
    graticule(page, view, ground.metric_epsg)
    neat_line(page, view.frame)


def _legend(page: Page, at: Box, content: PictureContent, denominator: int, k: float) -> float:
    """Draw scale, north and the classes in words, downwards; return the y of its end."""
    y = panel.heading(page, at, "sheet_legend", k)
    north_arrow(page, at.x1 - 8 * k, y - 16.5 * k, 13 * k, f"{say('sheet_north', 'zh')} N")
    told = f"{say('sheet_scale', 'zh')} {say('sheet_scale', 'en')}  1 : {denominator:,}".replace(",", " ")
    write(page, at.x0, y - 3.2 * k, told, Style(8.6 * k, bold=True))
    scale_bar(page, at.x0 + 1.5 * k, y - 11.5 * k, at.width - 34 * k, denominator)
    y -= 20 * k
    if content.unit is not None:
        write(page, at.x0, y, f"{content.unit[0]}  {content.unit[1]}", Style(6.4 * k, colour=GREY))
        y -= 4.6 * k
    for entry in content.legend:
        swatch = Box(at.x0, y - 2.6 * k, at.x0 + 9 * k, y + 2.2 * k)
        paint(page, np.array([shapely.box(swatch.x0, swatch.y0, swatch.x1, swatch.y1)], dtype=object), entry.look, k=k)
        box(page, swatch, edge=GREY, width=0.12)
        room = at.width - 11 * k - 12 * k
        write(page, at.x0 + 11 * k, y + 0.2 * k, fitted(page, entry.words[0], 7.6 * k, room), Style(7.6 * k))
        write(
            page, at.x0 + 11 * k, y - 2.6 * k, fitted(page, entry.words[1], 5.8 * k, room), Style(5.8 * k, colour=GREY)
        )
        write(page, at.x1, y - 1.0 * k, f"{entry.count:,}", Style(7.2 * k), align="right")
        y -= 6.6 * k
    return y


def _method(page: Page, at: Box, content: PictureContent, k: float) -> None:
    y = panel.heading(page, at, "map_method_head", k) - 1.2 * k
    notes = [*content.how]
    if content.ground.synthetic:
        notes.append((say("sheet_synthetic_why", "zh"), say("sheet_synthetic_why", "en")))
    for place, size, colour in ((0, 6.8, INK), (1, 5.8, GREY)):
        for told in notes:
            style = Style(size * k, colour=colour)
            for part in wrapped(page, told[place], style.size, at.width):
                if y < at.y0:
                    return
                write(page, at.x0, y, part, style)
                y -= style.size * POINT * 1.35
            y -= 0.6 * k
        y -= 1.0 * k


def _foot(page: Page, at: Box, content: PictureContent, k: float) -> None:
    style: Style = Style(6.2 * k, colour=GREY)
    stamp = [say("sheet_printed", one, at=f"{content.ground.printed:%Y-%m-%d %H:%M}") for one in LANGUAGES]
    write(page, at.x1, at.y0, f"{' · '.join(stamp)} · gridmap", style, align="right")
    write(page, at.x0, at.y0, say("sheet_system", "en", epsg=content.ground.metric_epsg), style)
