"""Tables on a sheet: rows as high as there is room for, and what has no room told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gridmap.web.sheets.canvas import (
    GREY,
    INK,
    PALE,
    POINT,
    Align,
    Box,
    Colour,
    Page,
    Style,
    box,
    fitted,
    line,
    text_width,
    write,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading in two languages, its share of the width, and where its text stands."""

    zh: str
    en: str
    share: float
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Row:
    """A row: a text a column, a swatch of colour before the first where given, and whether it is a sum.

    In place of one text there may be several: the first that has room is written.
    """

    texts: tuple[str | tuple[str, ...], ...]
    swatch: Colour | None = None
    total: bool = False


def table(page: Page, at: Box, columns: Sequence[Column], rows: Sequence[Row], *, k: float, more: str) -> float:
    """Draw a table from the top of a box downwards; return the y of its end.

    A total, the last row, is always shown. Rows that have no room are left out, and `more` says so with {n}.
    """
    head = 6.6 * k
    room = at.height - head
    high = min(max(room / max(len(rows), 1), 2.75 * k), 4.6 * k)
    fits = int(room / high + 1e-6)
    shown = list(rows)
    left = 0
    if len(rows) > fits:
        totals = [row for row in rows if row.total]
        plain = [row for row in rows if not row.total]
        keep = max(fits - len(totals) - 1, 0)
        left = len(plain) - keep
        shown = [*plain[:keep], *totals]
    share = sum(column.share for column in columns)
    edges = [at.x0]
    for column in columns:
        edges.append(edges[-1] + column.share / share * at.width)
    y = _head(page, at, columns, edges, k)
    size = min(high * 0.62 / POINT, 7.4 * k)
    for place, row in enumerate(shown):
        if row.total and left:
            y -= high
            write(page, at.x0 + 1, y + 0.3 * high, more.format(n=left), Style(size * 0.9, colour=GREY))
        y -= high
        if place % 2 and not row.total:
            box(page, Box(at.x0, y, at.x1, y + high), fill=(0.96, 0.965, 0.975))
        if row.total:
            line(page, [(at.x0, y + high), (at.x1, y + high)], colour=INK, width=0.2)
        _row(page, row, columns, edges, y=y, high=high, size=size)
    if left and not any(row.total for row in shown):
        y -= high
        write(page, at.x0 + 1, y + 0.3 * high, more.format(n=left), Style(size * 0.9, colour=GREY))
    line(page, [(at.x0, y), (at.x1, y)], colour=INK, width=0.3)
    return y


def _head(page: Page, at: Box, columns: Sequence[Column], edges: list[float], k: float) -> float:
    line(page, [(at.x0, at.y1), (at.x1, at.y1)], colour=INK, width=0.3)
    for column, x0, x1 in zip(columns, edges, edges[1:], strict=False):
        x = x0 + 0.8 if column.align == "left" else x1 - 0.8
        write(
            page,
            x,
            at.y1 - 2.8 * k,
            fitted(page, column.zh, 6.6 * k, x1 - x0),
            Style(6.6 * k, bold=True),
            align=column.align,
        )
        if column.en != column.zh:
            write(
                page,
                x,
                at.y1 - 5.4 * k,
                fitted(page, column.en, 5.2 * k, x1 - x0),
                Style(5.2 * k, colour=GREY),
                align=column.align,
            )
    y = at.y1 - 6.4 * k
    line(page, [(at.x0, y), (at.x1, y)], colour=PALE, width=0.2)
    return y


def _row(
    page: Page, row: Row, columns: Sequence[Column], edges: list[float], *, y: float, high: float, size: float
) -> None:
    base = y + (high - 0.72 * size * POINT) / 2
    for place, (texts, column) in enumerate(zip(row.texts, columns, strict=True)):
        x0, x1 = edges[place] + 0.8, edges[place + 1] - 0.8
        if place == 0 and row.swatch is not None:
            side = min(high * 0.7, 3.2)
            box(
                page,
                Box(x0, y + (high - side) / 2, x0 + side * 1.3, y + (high + side) / 2),
                fill=row.swatch,
                edge=GREY,
                width=0.1,
            )
            x0 += side * 1.3 + 0.9
        tries = (texts,) if isinstance(texts, str) else texts
        told = next((one for one in tries if 0.85 * text_width(page, one, size) <= x1 - x0), tries[-1])
        style = Style(_size(page, told, size, x1 - x0), bold=row.total)
        shown = fitted(page, told, style.size, x1 - x0)
        write(page, x0 if column.align == "left" else x1, base, shown, style, align=column.align)


def _size(page: Page, told: str, size: float, width: float) -> float:
    """Return a size at which a text fits, down to four fifths of the wanted one."""
    long = text_width(page, told, size)
    return size if long <= width else max(0.999 * size * width / long, size * 0.8)
