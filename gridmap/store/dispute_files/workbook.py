"""Disputes as an Excel workbook: row after row into a file beside the workbook, so that memory does not grow with rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from gridmap.domain.dispute_sheet import COLUMNS, NOTES
from gridmap.store.dispute_files.content import Content

#: Rows a sheet can have.
MAX_ROWS: Final = 1_048_576
#: Before this year Excel counts a day that was not.
_FIRST_YEAR: Final = 1901


def write_workbook(content: Content, path: Path) -> None:
    """Write the sheet of disputes, its header frozen and to be filtered by, and a sheet of notes.

    The rows wait in a file in the folder of `path`, and numbers have 16 digits.

    Raises
    ------
    OSError
        If there is no permission or room to write.
    """
    options = {"constant_memory": True, "tmpdir": str(path.parent), "use_zip64": True}
    try:
        with xlsxwriter.Workbook(path, options) as book:
            _write_sheets(book, content)
    except XlsxFileError as error:
        raise OSError(str(error)) from error


def _write_sheets(book: xlsxwriter.Workbook, content: Content) -> None:
    zh = content.language == "zh"
    disputes, notes = (book.add_worksheet(name) for name in (("纠纷", "说明") if zh else ("disputes", "notes")))
    bold = book.add_format({"bold": True})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    _write_disputes(disputes, content, bold, book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
    notes.set_column(0, 0, 24)
    notes.set_column(1, 1, 90)
    for line, (name, told) in enumerate(content.facts.items()):
        notes.write_string(line, 0, NOTES[name][0 if zh else 1], bold)
        notes.write_string(line, 1, told, wrapped)


def _write_disputes(sheet: Worksheet, content: Content, bold: Format, clock: Format) -> None:
    sheet.freeze_panes(1, 0)
    for place, (column, heading) in enumerate(zip(COLUMNS, content.headings, strict=True)):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, heading, bold)
    line = 0
    for line, row in enumerate(content.rows(), 1):
        for place, value in enumerate(row):
            if value not in (None, ""):
                _write_cell(sheet, line, place, value, clock)
    sheet.autofilter(0, 0, line, len(COLUMNS) - 1)


def _write_cell(sheet: Worksheet, line: int, place: int, value: Any, clock: Format) -> None:
    if isinstance(value, str):
        _write_text(sheet, line, place, value)
    elif isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, datetime):
        if value.year < _FIRST_YEAR:
            _write_text(sheet, line, place, value.strftime("%Y-%m-%d %H:%M:%S"))
        else:
            sheet.write_datetime(line, place, value.replace(tzinfo=None), clock)
    else:
        sheet.write_number(line, place, value)


def _write_text(sheet: Worksheet, line: int, place: int, told: str) -> None:
    """Write a text as a text: nothing in it is a formula, a link or a format.

    The library takes what stands between <r> and </r> for XML of its own; a space behind it makes it a text again.
    """
    sheet.write_string(line, place, f"{told} " if told.startswith("<r>") and told.endswith("</r>") else told)
