"""The sheet for a review meeting: before, after, what changes hands; every zone in numbers; room to sign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import pandas as pd
import shapely

from gridmap.services.comparisons import Totals
from gridmap.services.sheets import CompareContent
from gridmap.web.sheets import layers, maps, panel
from gridmap.web.sheets.canvas import (
    GREY,
    INK,
    PALE,
    Align,
    Box,
    Drawing,
    Page,
    Style,
    line,
    make_pdf,
    stroke,
    text_width,
    write,
)
from gridmap.web.sheets.furniture import north_arrow, scale_bar
from gridmap.web.sheets.layout import GROWTH
from gridmap.web.sheets.maps import Atlas
from gridmap.web.sheets.tables import Column, Row, table
from gridmap.web.sheets.view import PAPERS, Paper, View, view_of
from gridmap.web.words import say

#: Rows of a table on one page [on A3 and larger, on A4].
ROWS: Final = 44


def draw(content: CompareContent, *, font: str, paper: Paper = "a3") -> bytes:
    """Return a PDF in landscape: a page of maps, sums and signatures, then as many pages of tables as are needed."""
    before = maps.atlas_of(content.before, content.after.beats)
    after = maps.atlas_of(content.after, content.before.beats)
    zones = _zone_rows(content.comparison.zones)
    people = _officer_rows(content.comparison.officers, names=content.names)
    sheets = max(math.ceil(len(zones) / ROWS), math.ceil(len(people) / ROWS), 1)
    height, width = PAPERS[paper]
    pages: list[Drawing] = [
        (
            (width, height),
            partial(_maps_page, content=content, before=before, after=after, pages=1 + sheets, k=GROWTH[paper]),
        )
    ]
    for number in range(sheets):
        part = slice(number * ROWS, (number + 1) * ROWS)
        drawn = partial(
            _tables_page,
            content=content,
            zones=zones[part],
            people=people[part],
            number=number + 2,
            pages=1 + sheets,
            k=GROWTH[paper],
        )
        pages.append(((width, height), drawn))
    zh, en = _heading(content)
    mark = f". {say('sheet_synthetic', 'en')}" if content.after.facts.synthetic else ""
    return make_pdf(pages, font, title=zh, subject=f"{en}{mark}")


def _heading(content: CompareContent) -> tuple[str, str]:
    facts = content.after.facts
    numbers = {"before": content.before.facts.edition, "after": facts.edition}
    return (
        say("sheet_compare_title", "zh", name=facts.name_zh, **numbers),
        say("sheet_compare_title", "en", name=facts.name_en, **numbers),
    )


def _frame(page: Page, content: CompareContent, number: int, pages: int, k: float) -> Box:
    """Draw title and foot of a page, and return what is between them."""
    edge = 10 * k
    top = Box(edge, page.height - edge - 19 * k, page.width - edge, page.height - edge)
    panel.title(page, top, content.after.facts, _heading(content), k=k)
    panel.foot(page, Box(edge, edge, page.width - edge, edge + 4 * k), content.after, number, pages, k=k)
    return Box(edge, edge + 7 * k, page.width - edge, top.y0 - 3 * k)


def _maps_page(page: Page, *, content: CompareContent, before: Atlas, after: Atlas, pages: int, k: float) -> None:
    at = _frame(page, content, 1, pages, k)
    gap = 5 * k
    width = (at.width - 2 * gap) / 3
    high = min(width * 1.12, at.height * 0.58)
    frames = [
        Box(at.x0 + i * (width + gap), at.y1 - 7 * k - high, at.x0 + i * (width + gap) + width, at.y1 - 7 * k)
        for i in range(3)
    ]
    numbers = (content.before.facts.edition, content.after.facts.edition)
    keys = (("sheet_before", numbers[0]), ("sheet_after", numbers[1]), ("sheet_hands", 0))
    for frame, (key, number) in zip(frames, keys, strict=True):
        zh, en = (say(key, one, n=number) for one in ("zh", "en"))
        write(page, frame.x0, frame.y1 + 2.2 * k, zh, Style(9.4 * k, bold=True))
        write(
            page, frame.x0 + text_width(page, zh, 9.4 * k) + 2 * k, frame.y1 + 2.2 * k, en, Style(7.4 * k, colour=GREY)
        )
    views = [view_of(content.after.ground, frame, margin=3) for frame in frames]
    maps.draw_beats(page, before, views[0])
    maps.draw_beats(page, after, views[1])
    views[2] = _near(views[2], content)
    former = layers.borders(content.before.beats, without=layers.borders(content.after.beats)[1])[0]
    maps.draw_changes(page, after, views[2], former, content.pieces)
    if views[2].denominator != views[0].denominator:
        told = f"1 : {views[2].denominator:,}".replace(",", " ")
        write(page, frames[2].x1, frames[2].y1 + 2.2 * k, told, Style(7.4 * k, bold=True), align="right")
    _key(page, Box(at.x0, frames[0].y0 - 11 * k, at.x1, frames[0].y0 - 2 * k), views[0].denominator, k)
    low = Box(at.x0, at.y0, at.x1, frames[0].y0 - 14 * k)
    _sums(page, Box(low.x0, low.y0, low.x0 + width, low.y1), content.comparison.totals, k)
    _pieces(page, Box(frames[1].x0, low.y0, frames[1].x1, low.y1), content, k)
    _signatures(page, Box(frames[2].x0, low.y0, low.x1, low.y1), k)


def _near(view: View, content: CompareContent) -> View:
    """Return the view of where ground changes hands, at a larger scale if that is a small part of the station."""
    if content.pieces.empty:
        return view
    west, south, east, north = content.pieces.total_bounds.tolist()
    room = max(0.25 * max(east - west, north - south), 0.12 * view.frame.width / view.per_metre)
    close = view_of(shapely.box(west - room, south - room, east + room, north + room), view.frame, margin=0)
    return close if view.denominator >= 1.4 * close.denominator else view


def _key(page: Page, at: Box, denominator: int, k: float) -> None:
    """Draw scale, north and the three lines of the maps, in one row."""
    y = at.y0 + 2.4 * k
    north_arrow(page, at.x0 + 3 * k, at.y0 - 0.5 * k, 6.4 * k, "N")
    bar = scale_bar(page, at.x0 + 12 * k, y, 48 * k, denominator)
    write(page, bar.x1 + 9 * k, y, f"1 : {denominator:,}".replace(",", " "), Style(7.4 * k, bold=True))
    x = at.x0 + at.width / 3 + 5 * k
    for key, colour, width, dash in (
        ("sheet_beat_border", layers.BEAT, layers.WIDTHS["beat"], ()),
        ("sheet_former_border", layers.EDGE, layers.WIDTHS["former"], layers.DASHES["former"]),
        ("sheet_jurisdiction", layers.EDGE, layers.WIDTHS["edge"] * 0.7, ()),
    ):
        stroke(page, [panel.course(Box(x, y, x + 9 * k, y + 2))], colour=colour, width=width, dash=dash)
        told = f"{say(key, 'zh')} {say(key, 'en')}"
        write(page, x + 11 * k, y, told, Style(6.4 * k))
        x += 15 * k + text_width(page, told, 6.4 * k)


def _sums(page: Page, at: Box, totals: Totals, k: float) -> None:
    y = panel.heading(page, at, "sheet_sums", k)
    kinds = [
        Row((f"{say(f'sheet_kind_{kind}', 'zh')} {say(f'sheet_kind_{kind}', 'en')}", str(count)))
        for kind, count in totals.changes.items()
    ]
    rows = [
        Row((_both("sheet_sum_zones"), f"{totals.zones_before} → {totals.zones_after}")),
        *kinds,
        Row((_both("sheet_sum_area"), f"{totals.area_m2 / 1e6:,.3f} km²")),
        Row((_both("sheet_sum_doors"), _of(totals.doors, totals.doors_all))),
        Row((_both("sheet_sum_households"), _of(totals.households, totals.households_all))),
        Row((_both("sheet_sum_heaviest"), f"{_number(totals.heaviest_before)} → {_number(totals.heaviest_after)}")),
    ]
    columns = [Column("", "", 6.4), Column(say("sheet_value", "zh"), say("sheet_value", "en"), 3.4, "right")]
    table(page, Box(at.x0, at.y0, at.x1, y), columns, rows, k=k, more=say("sheet_more_rows", "zh"))


def _pieces(page: Page, at: Box, content: CompareContent, k: float) -> None:
    y = panel.heading(page, at, "sheet_hands", k)
    columns = [
        _column("piece", 1.0, "left"), _column("from", 2.2, "left"), _column("to", 2.2, "left"), _column("hectares", 1.9, "right"),
        _column("doors", 1.7, "right"), _column("households", 1.9, "right"),
    ]  # fmt: skip
    rows = [
        Row(
            (
                str(one.n),
                one.from_code or "—",
                one.to_code or "—",
                f"{one.area_m2 / 1e4:,.2f}",
                f"{one.doors:,}",
                f"{one.households:,}",
            )
        )
        for one in panel.each(content.pieces)
    ]
    if not rows:
        write(page, at.x0, y - 5 * k, _both("sheet_no_change"), Style(7.4 * k))
        return
    table(page, Box(at.x0, at.y0, at.x1, y), columns, rows, k=k, more=say("sheet_more_rows", "zh"))


def _signatures(page: Page, at: Box, k: float) -> None:
    """Draw room for three people to sign, and one for what the meeting decided."""
    y = panel.heading(page, at, "sheet_decision", k)
    for _ in range(2):
        y -= 8 * k
        line(page, [(at.x0, y), (at.x1, y)], colour=PALE, width=0.2)
    high = min((y - at.y0) / 3, 15 * k)
    for key in ("sheet_prepared", "sheet_reviewed", "sheet_approved"):
        y -= high
        write(page, at.x0, y + 1.2 * k, say(key, "zh"), Style(8.0 * k, bold=True))
        write(page, at.x0, y - 2.0 * k, say(key, "en"), Style(5.8 * k, colour=GREY))
        middle, end = at.x0 + 0.64 * at.width, at.x1
        line(page, [(at.x0 + 20 * k, y), (middle, y)], colour=INK, width=0.2)
        write(page, middle + 3 * k, y + 1.2 * k, say("sheet_date", "zh"), Style(7.0 * k))
        write(page, middle + 3 * k, y - 2.0 * k, say("sheet_date", "en"), Style(5.8 * k, colour=GREY))
        line(page, [(middle + 12 * k, y), (end, y)], colour=INK, width=0.2)


def _tables_page(
    page: Page,
    *,
    content: CompareContent,
    zones: Sequence[Row],
    people: Sequence[Row],
    number: int,
    pages: int,
    k: float,
) -> None:
    at = _frame(page, content, number, pages, k)
    split = at.x0 + at.width * (0.66 if people else 1.0)
    left = Box(at.x0, at.y0, split - (6 * k if people else 0), at.y1)
    y = panel.heading(page, left, "sheet_zones", k)
    table(page, Box(left.x0, left.y0, left.x1, y), _zone_columns(), zones, k=k, more=say("sheet_more_rows", "zh"))
    if people:
        right = Box(split, at.y0, at.x1, at.y1)
        y = panel.heading(page, right, "sheet_carried", k)
        table(
            page,
            Box(right.x0, right.y0, right.x1, y),
            _officer_columns(named=content.names),
            people,
            k=k,
            more=say("sheet_more_rows", "zh"),
        )


def _zone_columns() -> list[Column]:
    pairs = (("area", 1.5), ("doors", 1.5), ("households", 1.5), ("load", 1.3))
    figures = [
        Column(
            f"{say(f'sheet_{key}', 'zh')} {say(when, 'zh')}",
            f"{say(f'sheet_{key}', 'en')} {say(when, 'en')}",
            share,
            "right",
        )
        for key, share in pairs
        for when in ("sheet_was", "sheet_is")
    ]
    return [
        _column("code", 1.5, "left"),
        _column("name", 4.6, "left"),
        _column("change", 1.8, "left"),
        _column("with", 2.4, "left"),
        *figures,
    ]


def _zone_rows(zones: pd.DataFrame) -> list[Row]:
    """Return a row a zone: those that change first."""
    order = zones.assign(kept=zones["change"] == "kept").sort_values(["kept", "code"])
    return [
        Row((
            one.code, panel.name_of(one), (_both(f"sheet_kind_{one.change}"), say(f"sheet_kind_{one.change}", "zh")),
            " ".join(one.others), *_pair(one.area_km2_before, one.area_km2_after, 2), *_pair(one.doors_before, one.doors_after),
            *_pair(one.households_before, one.households_after), *_pair(one.load_before, one.load_after),
        ))
        for one in panel.each(order)
    ]  # fmt: skip


def _officer_columns(*, named: bool) -> list[Column]:
    who = _column("officer", 2.6 if named else 1.6, "left")
    was, now = ((say(f"sheet_beats_{one}", "zh"), say(f"sheet_beats_{one}", "en")) for one in ("was", "is"))
    doors = [Column(f"{say('sheet_households', 'zh')} {say(one, 'zh')}", f"{say('sheet_households', 'en')} {say(one, 'en')}", 2.0, "right")
             for one in ("sheet_was", "sheet_is")]  # fmt: skip
    return [who, Column(*was, 3.0), Column(*now, 3.0), *doors]


def _officer_rows(officers: pd.DataFrame, *, names: bool) -> list[Row]:
    """Return a row an officer, by what they carry afterwards; without names they have numbers."""
    nobody = _both("sheet_nobody")
    return [
        Row((
            (one.name if names else str(number)) if one.name else nobody, " ".join(one.zones_before) or "—", " ".join(one.zones_after) or "—",
            *_pair(one.households_before, one.households_after),
        ))
        for number, one in enumerate(panel.each(officers), start=1)
    ]  # fmt: skip


def _pair(before: float, after: float, digits: int = 0) -> tuple[str, str]:
    return _number(before, digits), _number(after, digits)


def _number(value: float, digits: int = 0) -> str:
    return "—" if math.isnan(value) else f"{value:,.{digits}f}"


def _of(part: int, whole: int) -> str:
    return f"{part:,} / {whole:,} ({part / whole:.1%})" if whole else f"{part:,}"


def _both(key: str, **facts: Any) -> str:
    return f"{say(key, 'zh', **facts)} {say(key, 'en', **facts)}"


def _column(key: str, share: float, align: Align) -> Column:
    return Column(say(f"sheet_{key}", "zh"), say(f"sheet_{key}", "en"), share, align)
