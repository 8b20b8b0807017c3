"""Disputes as an Excel workbook: written part by part, each text where it stands, so that memory does not grow with rows.

The general writers of workbooks keep every text in a table that must be whole before the file is; a list of disputes has
hardly two texts alike. ECMA-376 (Office Open XML), part 1, chapter 18.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

from gridmap.domain.dispute_sheet import COLUMNS, NOTES
from gridmap.store.dispute_files.content import Content

#: Rows a sheet can have.
MAX_ROWS: Final = 1_048_576
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 -- a workbook knows no time zones
#: Before this year Excel counts a day that was not.
_FIRST_YEAR: Final = 1901
_DAY: Final = 86_400
_MICROSECOND: Final = 1e-6
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: Style of a heading, of a time, of a text that is broken into lines.
_BOLD, _TIME, _WRAPPED = 1, 2, 3
_LIKE_AN_ESCAPE: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
#: Characters of XML written at once.
_AT_ONCE: Final = 1 << 20

_PARTS: Final = {
    "[Content_Types].xml": f"""<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>
<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{_TYPE}.worksheet+xml"/>
<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>
<Relationship Id="rId3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>""",
    "xl/styles.xml": f"""<styleSheet xmlns="{_MAIN}"><numFmts count="1">
<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment wrapText="1" vertical="top"/></xf>
</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>""",
}


def write_workbook(content: Content, path: Path) -> None:
    """Write the sheet of disputes, its header frozen and to be filtered by, and a sheet of notes."""
    zh = content.language == "zh"
    names = ("纠纷", "说明") if zh else ("disputes", "notes")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for member, part in _PARTS.items():
            archive.writestr(member, _HEAD + part)
        sheets = "".join(
            f'<sheet name="{name}" sheetId="{place}" r:id="rId{place}"/>' for place, name in enumerate(names, 1)
        )
        archive.writestr(
            "xl/workbook.xml",
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        )
        notes = [(NOTES[name][0 if zh else 1], told) for name, told in content.facts.items()]
        _add(archive, "xl/worksheets/sheet2.xml", _notes(notes))
        _add(archive, "xl/worksheets/sheet1.xml", _table(content))


def _add(archive: zipfile.ZipFile, member: str, pieces: Iterable[str]) -> None:
    """Write a part as it comes."""
    waiting: list[str] = []
    length = 0
    with archive.open(member, "w", force_zip64=True) as out:
        for piece in pieces:
            waiting.append(piece)
            length += len(piece)
            if length > _AT_ONCE:
                out.write("".join(waiting).encode())
                waiting.clear()
                length = 0
        out.write("".join(waiting).encode())


def _table(content: Content) -> Iterator[str]:
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{column.width}" customWidth="1"/>' for place, column in enumerate(COLUMNS, 1)
    )  # fmt: skip
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="1" '
        f'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>{widths}</cols><sheetData>'
    )
    letters = [get_column_letter(place) for place in range(1, len(COLUMNS) + 1)]
    headings = zip(letters, content.headings, strict=True)
    yield f'<row r="1">{"".join(_text(f"{letter}1", told, _BOLD) for letter, told in headings)}</row>'
    last = 1
    for last, row in enumerate(content.rows(), 2):
        cells = [
            _cell(f"{letter}{last}", value)
            for letter, value in zip(letters, row, strict=True)
            if value not in (None, "")
        ]
        yield f'<row r="{last}">{"".join(cells)}</row>'
    yield f'</sheetData><autoFilter ref="A1:{letters[-1]}{last}"/></worksheet>'


def _notes(notes: list[tuple[str, str]]) -> Iterator[str]:
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><cols><col min="1" max="1" width="24" customWidth="1"/>'
        '<col min="2" max="2" width="90" customWidth="1"/></cols><sheetData>'
    )
    for line, (name, told) in enumerate(notes, 1):
        yield f'<row r="{line}">{_text(f"A{line}", name, _BOLD)}{_text(f"B{line}", told, _WRAPPED)}</row>'
    yield "</sheetData></worksheet>"


def _cell(place: str, value: Any) -> str:
    if isinstance(value, str):
        return _text(place, value)
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        if value.year < _FIRST_YEAR:
            return _text(place, value.strftime("%Y-%m-%d %H:%M:%S"))
        since = value.replace(tzinfo=None) - _EPOCH
        days = since.days + (since.seconds + since.microseconds * _MICROSECOND) / _DAY
        return f'<c r="{place}" s="{_TIME}"><v>{days!r}</v></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'


def _text(place: str, told: str, style: int = 0) -> str:
    safe = escape(_LIKE_AN_ESCAPE.sub("_x005F_", told)).replace("\r", "_x000D_")
    marked = f' s="{style}"' if style else ""
    return f'<c r="{place}"{marked} t="inlineStr"><is><t xml:space="preserve">{safe}</t></is></c>'
