"""Excel workbooks (.xlsx): one sheet as a table, its header found below the title, its rows in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from openpyxl.utils import get_column_letter

from gridmap.store.reading.csv_file import WKT_NAMES, header_names, plain_name, shapes_of
from gridmap.store.reading.faults import LayerUnclear, NotWhatItClaims
from gridmap.store.reading.sheet_rows import Row, rows_of
from gridmap.store.reading.source import BLOCK_ROWS, Block, Source
from gridmap.store.reading.workbook import Workbook, open_workbook

#: Rows in which the header is looked for; above it stand titles, units and dates.
LOOKED_AT: Final = 30
#: Sheets that tell about the others; where one more is left, that is the table.
TELLING: Final = frozenset(
    {"notes", "readme", "说明", "填表说明", "填写说明", "使用说明", "填报说明", "字典", "数据字典", "备注"}
)


def open_xlsx(path: Path, *, layer: str | None = None, shown: Path | None = None) -> Source:
    """Return a sheet of the workbook at `path` as a source; `shown` is the path the person gave.

    A cell with a formula counts with the value that stood in it when the file was saved. Rows are told by their number
    on the sheet.

    Raises
    ------
    LayerUnclear
        If several sheets have rows and `layer` names none, or the one it names is not there.
    NotWhatItClaims
        If no sheet has rows.
    Bomb, Encrypted, Truncated
        As `open_workbook`.
    """
    book = open_workbook(path, shown)
    name, notes = _choose(book, layer)
    member = book.sheets[name]
    columns, header = _header([row for row, _ in islice(rows_of(book, member), LOOKED_AT)], book, name)
    wkt = next((column for column in columns if plain_name(column) in WKT_NAMES), None)
    return Source(
        shown or path, "xlsx", columns, None, has_shapes=wkt is not None, total=max(book.sizes[member], 1),
        blocks=lambda: _blocks(book, member, columns, header, wkt), unit="row", notes=notes,
    )  # fmt: skip


def sheets_of(path: Path) -> list[str]:
    """Return the names of the visible sheets of a workbook."""
    return list(open_workbook(path).visible)


def _choose(book: Workbook, wanted: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the sheet to read, and a sentence if others were left out."""
    if wanted is not None:
        if wanted in book.sheets:
            return wanted, ()
        raise LayerUnclear(
            f"{book.name} has no sheet {wanted!r}; it has: {', '.join(list(book.sheets)[:20])}.",
            layers=list(book.sheets),
        )
    filled = [name for name, member in book.visible.items() if next(iter(rows_of(book, member)), None) is not None]
    tables = [name for name in filled if name.strip().casefold() not in TELLING]
    found = tables if len(tables) == 1 else filled
    if len(found) == 1:
        left = ", ".join(name for name in filled if name not in found)
        return found[0], (f"the sheet {found[0]} was read, not: {left}",) if left else ()
    if not found:
        raise NotWhatItClaims(f"{book.name} has no sheet with rows; export it again.", file=book.name)
    raise LayerUnclear(
        f"{book.name} has {len(found)} sheets with rows ({', '.join(found[:20])}); name one with --layer.", layers=found
    )


def _header(rows: list[Row], book: Workbook, sheet: str) -> tuple[tuple[str, ...], int]:
    """Return the names of the columns, and the number of the last row of the header.

    The header is the first row in which more than half of the table's columns are texts, and most cells are, and which
    rows follow. Where cells of two rows were merged, the second says what the first leaves open.
    """
    if not rows:
        raise NotWhatItClaims(f"{book.name} has no rows on its sheet {sheet}; export it again.", file=book.name)
    width = max(len(row.cells) for row in rows)
    fits = (place for place, row in enumerate(rows[:-1]) if 2 * row.words > width and 2 * row.words > len(row.cells))
    place = next(fits, 0)
    top = rows[place]
    names, last = dict(top.cells), top.number
    if place + 1 < len(rows):
        below = rows[place + 1]
        if _goes_on(top, below, width):
            names |= below.cells
            last = below.number
    listed = [names.get(column, "") for column in range(max(names, default=-1) + 1)]
    return header_names([" ".join(name.split()) for name in listed], book.path), last


def _goes_on(top: Row, below: Row, width: int) -> bool:
    """Return whether the row below is the second half of a header whose cells were merged."""
    if not below.cells or below.words < len(below.cells) or below.number != top.number + 1:
        return False
    first = min(top.cells, default=0)
    open_columns = {column for column in range(first, first + width) if column not in top.cells}
    fills = open_columns & set(below.cells)
    return bool(fills) and first not in below.cells and len(below.cells) < width


def _blocks(
    book: Workbook, member: str, columns: tuple[str, ...], header: int, wkt: str | None
) -> Iterator[Block]:  # fmt: skip
    rows = (pair for pair in rows_of(book, member) if pair[0].number > header)
    while pairs := list(islice(rows, BLOCK_ROWS)):
        unread: dict[int, tuple[str, str]] = {}
        lists: list[list[str]] = [[] for _ in columns]
        for place, (row, _) in enumerate(pairs):
            cells = row.cells
            for column, texts in enumerate(lists):
                texts.append(cells.get(column, ""))
            beyond = max(cells, default=0)
            if row.fault is not None:
                column, reason = row.fault
                unread[place] = (f"{reason} in the column {_named(columns, column)}", ",".join(cells.values())[:80])
            elif beyond >= len(columns):
                reason = f"a value in the column {_named(columns, beyond)}, and the header names {len(columns)}"
                unread[place] = (reason, cells[beyond][:80])
        lines = np.array([row.number for row, _ in pairs], dtype=np.int64)
        table = pd.DataFrame({
            name: pd.array(texts, dtype="str") for name, texts in zip(columns, lists, strict=True)
        })  # fmt: skip
        shapes = None if wkt is None else shapes_of(table[wkt], unread)
        yield Block(lines, table, shapes, unread, pairs[-1][1])


def _named(columns: tuple[str, ...], column: int) -> str:
    """Return a column's name, else its letters on the sheet."""
    return columns[column] if column < len(columns) else get_column_letter(column + 1)
