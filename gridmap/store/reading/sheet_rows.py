"""The rows of one sheet, one after the other, in memory that does not grow with the sheet."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from openpyxl.utils import coordinate_to_tuple
from openpyxl.worksheet._reader import FORMULA_TAG, INLINE_STRING, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.functions import Element

from gridmap.store.reading.cell_values import CellUnclear, value_of
from gridmap.store.reading.faults import NotWhatItClaims
from gridmap.store.reading.workbook import Workbook, asking
from gridmap.store.reading.xml_parts import Guarded, elements, only_texts

#: What a sheet can have (ECMA-376, and every program that writes one).
MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384
#: Bytes one cell may have: 32,767 characters, each written as a number.
MAX_CELL: Final = 32_767 * 8

#: Type of a cell -> why the library finds no value for it.
_UNCLEAR: Final = {"s": "a text that the workbook does not hold", "d": "a date that there is not"}


@dataclass
class Row:
    """One row that says something: its number on the sheet, column (from 0) -> text, and what is wrong with it.

    `words` counts the cells that are text and no number: names of columns are.
    """

    number: int
    cells: dict[int, str] = field(default_factory=dict)
    words: int = 0
    fault: tuple[int, str] | None = None


def rows_of(book: Workbook, member: str) -> Iterator[tuple[Row, int]]:
    """Yield (row, bytes read so far) of the sheet in `member` for every row that is not blank.

    Raises
    ------
    NotWhatItClaims
        If it has rows or columns that no sheet has.
    Truncated, Bomb
        If it ends early, is damaged, or has entities.
    """
    with asking(book.name), zipfile.ZipFile(book.path) as archive, archive.open(member) as part:
        source = Guarded(part, book.name)
        cells = _Cells(source, book)
        for element in elements(source, ROW_TAG):
            if len(element) > MAX_COLUMNS:
                _refuse(book, f"a row of {len(element):,} cells, and no sheet has more than {MAX_COLUMNS:,}")
            row = _row(book, *cells.parse_row(element))
            cells.row_dimensions.clear()  # the library keeps the height of every row
            if row.cells or row.fault:
                yield row, source.done


class _Cells(WorkSheetParser):
    """openpyxl's parser of cells; where it finds no value, that is the fault of one cell and not the end of the file.

    Dates stay numbers here: `cell_values` knows what a person calls them.
    """

    def __init__(self, source: Guarded, book: Workbook) -> None:
        super().__init__(source, book.texts, data_only=True)
        self.book = book

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """Return the `column` (from 1), `value`, `data_type` and `style_id` of a cell, and its `fault` if it has one."""
        style = element.get("s", "0")
        if len(style) > 9 or not style.isdigit():
            element.set("s", "0")
        if (inline := element.find(INLINE_STRING)) is not None:
            only_texts(inline)
        try:
            cell: dict[str, Any] = super().parse_cell(element)
        except (ValueError, IndexError) as error:
            self.col_counter = self._column(element)
            fault = _UNCLEAR.get(element.get("t", "n"), "a number that is none")
            if isinstance(error, IndexError) and element.get("t") != "s":
                raise
            return {"column": self.col_counter, "value": None, "data_type": "n", "style_id": 0, "fault": fault}
        if cell["value"] is None and element.find(FORMULA_TAG) is not None and element.find(VALUE_TAG) is None:
            cell["fault"] = "a formula without its value (open the file in Excel and save it)"
        return cell

    def _column(self, element: Element) -> int:
        place = element.get("r")
        if not place:
            return int(self.col_counter)
        try:
            return coordinate_to_tuple(place)[1]
        except ValueError:
            _refuse(self.book, f"row {self.row_counter}: a column named {place[:12]}, and no sheet has such a one")


def _row(book: Workbook, number: int, cells: list[dict[str, Any]]) -> Row:
    """Return what stands in the cells of a row."""
    if not 1 <= number <= MAX_ROWS:
        _refuse(book, f"a row numbered {str(number)[:12]}, and no sheet has more than {MAX_ROWS:,}")
    row = Row(number)
    for cell in cells:
        column, value, fault = cell["column"] - 1, cell["value"], cell.get("fault")
        if column >= MAX_COLUMNS:
            _refuse(book, f"row {number}: a column numbered {column + 1:,}, and no sheet has such a one")
        if value is not None:
            if isinstance(value, str) and len(value) > MAX_CELL:
                _refuse(book, f"row {number}: a cell longer than any spreadsheet keeps")
            try:
                text = value_of(book, cell["data_type"], value, cell["style_id"])
            except CellUnclear as unclear:
                fault = str(unclear)
            else:
                if text.strip():
                    row.cells[column] = text
                    row.words += cell["data_type"] == "s"
        if fault and row.fault is None:
            row.fault = (column, fault)
    return row


def _refuse(book: Workbook, told: str) -> NoReturn:
    raise NotWhatItClaims(f"{book.name} has {told}; open it in Excel and save it again.", file=book.name)
