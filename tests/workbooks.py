"""Workbooks for tests: honest ones by openpyxl, dishonest ones by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import openpyxl

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def save(
    path: Path, rows: Iterable[Sequence[object]], *, sheet: str = "Sheet1", **more: Iterable[Sequence[object]]
) -> Path:
    """Write rows to a sheet, and more sheets by name."""
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = sheet
    for row in rows:
        first.append(list(row))
    for name, others in more.items():
        extra = book.create_sheet(name)
        for row in others:
            extra.append(list(row))
    book.save(path)
    return path


def raw(
    path: Path, sheet: str, *, parts: Mapping[str, str | bytes] | None = None, space: str = MAIN, prefix: str = ""
) -> Path:
    """Write a workbook whose one sheet has the given rows as XML, and whose parts may be replaced."""
    mark = f"{prefix}:" if prefix else ""
    names = f'xmlns:{prefix}="{space}"' if prefix else f'xmlns="{space}"'
    made: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<{mark}workbook {names} xmlns:r="{LINKS}"><{mark}sheets>'
        f'<{mark}sheet name="One" sheetId="1" r:id="rId1"/></{mark}sheets></{mark}workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        '<Relationship Id="rId1" Type="worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<{mark}worksheet {names}><{mark}sheetData>{sheet}</{mark}sheetData></{mark}worksheet>",
    }  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (made | dict(parts or {})).items():
            archive.writestr(name, content)
    return path
