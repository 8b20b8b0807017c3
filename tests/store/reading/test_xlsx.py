"""Workbooks are read as the person who filled them in sees them, row by row, and by their number on the sheet."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import random
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gridmap.errors import GridmapError
from gridmap.store.reading import (
    Bomb,
    Encrypted,
    LayerUnclear,
    NotWhatItClaims,
    Truncated,
    layers_in,
    open_source,
)
from gridmap.store.reading.xlsx_file import open_xlsx
from tests.costs import least_cost
from tests.workbooks import LINKS, MAIN, PACKAGE, raw, save

HEAD = ("number", "at", "kind")


def read(path, layer=None):
    """Return columns, row number -> texts of the row, row number -> reason, and the notes of a workbook."""
    with open_source(path, layer=layer) as source:
        assert (source.kind, source.unit) == ("xlsx", "row")
        rows, faults = {}, {}
        for block in source.blocks():
            for place, line in enumerate(block.lines):
                rows[int(line)] = tuple(block.table.iloc[place])
                if place in block.unread:
                    faults[int(line)] = block.unread[place][0]
        return source.columns, rows, faults, source.notes


def one(tmp_path, cell):
    """Return what a workbook with one cell below a header is read as: its text, else the reason."""
    path = raw(tmp_path / "one.xlsx", f'<row r="1"><c r="A1" t="str"><v>a</v></c></row><row r="2">{cell}</row>')
    _, rows, faults, _ = read(path)
    return faults.get(2) or rows.get(2, ("",))[0]


#: A workbook knows no time zones.
DAY_ONE = dt.datetime(1901, 1, 1)  # noqa: DTZ001
CELLS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=20)
    .filter(lambda text: text.strip() == text and not text.startswith("=") and "_x" not in text),
    st.integers(-(10**14), 10**14), st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 6)), st.booleans(),
    st.integers(367, 100_000_000).map(lambda minute: DAY_ONE + dt.timedelta(minutes=minute)),
    st.none(),
)  # fmt: skip


def written(value: object) -> str:
    """Return what a cell says, by a way of its own."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}" if (value.hour, value.minute, value.second) == (0, 0, 0) else str(value)
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".") if value else "0"
    return str(value)


@hypothesis_settings(max_examples=40)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=20))
def test_what_is_written_is_read_again(rows):
    buffer = io.BytesIO()
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    sheet.append(HEAD)
    for row in rows:
        sheet.append(row)
    book.save(buffer)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.xlsx"
        path.write_bytes(buffer.getvalue())
        columns, found, faults, _ = read(path)
    assert columns == HEAD
    assert faults == {}
    want = {line: tuple(written(value) for value in row) for line, row in enumerate(rows, 2)}
    assert found == {line: row for line, row in want.items() if any(row)}


ROUNDED = "a number of more than 15 digits, which the spreadsheet has rounded (make the column text) in the column a"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="A2"><v>1.0</v></c>', "1"), ('<c r="A2"><v>1.3800138E10</v></c>', "13800138000"),
        ('<c r="A2"><v>112.90499999999999</v></c>', "112.90499999999999"), ('<c r="A2"><v>1E-5</v></c>', "0.00001"),
        ('<c r="A2" t="b"><v>1</v></c>', "true"), ('<c r="A2" t="str"><f>A1</f><v>cached</v></c>', "cached"),
        ('<c r="A2" t="inlineStr"><is><r><t>一</t></r><r><t>二</t></r><rPh><t>yi</t></rPh></is></c>', "一二"),
        ('<c r="A2" t="d"><v>2024-05-31T00:00:00</v></c>', "2024-05-31"), ("<c><v>7</v></c>", "7"),
        ('<c r="A2" t="str"><v>a_xD800_</v></c>', "a\ufffd"), (f'<c r="A2" s="{"9" * 5000}"><v>7</v></c>', "7"),
        ('<c r="A2" t="str"><v>a_x000D_b_x005F_x0041_</v></c>', "a\rb_x0041_"),
        ('<c r="A2" t="e"><v>#N/A</v></c>', "an error (#N/A) in the column a"),
        ('<c r="A2"><f>1+1</f></c>', "a formula without its value (open the file in Excel and save it) in the column a"),
        ('<c r="A2"><v>110105194912310021</v></c>', ROUNDED),
        ('<c r="A2" t="s"><v>9</v></c>', "a text that the workbook does not hold in the column a"),
        ('<c r="A2"><v>1e999</v></c>', "a number that is none in the column a"),
        ('<c r="A2"><v>1 2</v></c>', "a number that is none in the column a"),
        ('<c r="C2"><v>1</v></c>', "a value in the column C, and the header names 1"), ('<c r="A2" t="str"><v> </v></c>', ""),
    ],
)  # fmt: skip
def test_a_cell_is_the_text_a_person_would_write_or_its_row_is_refused(tmp_path, cell, text):
    assert one(tmp_path, cell) == text


@pytest.mark.parametrize(
    ("format_", "value", "text"),
    [
        ("yyyy-mm-dd", 45443, "2024-05-31"), ("yyyy/m/d h:mm", 45443.336805555555, "2024-05-31 08:05:00"),
        ('yyyy"年"m"月"d"日"', 45443, "2024-05-31"), ("h:mm", 0.336805555555556, "08:05:00"), ("[h]:mm", 1.5, "36:00:00"),
        ("0.00", 45443, "45443"), ("@", 45443, "45443"), ("yyyy-mm-dd", 1e9, "a date that there is not in the column a"),
    ],
)  # fmt: skip
def test_a_number_is_a_date_where_its_format_says_so(tmp_path, format_, value, text):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["a", "b"])
    sheet.append([value, "x"])
    sheet["A2"].number_format = format_
    book.save(tmp_path / "date.xlsx")
    _, rows, faults, _ = read(tmp_path / "date.xlsx")
    assert (faults.get(2) or rows[2][0]) == text


def test_a_workbook_from_an_old_macintosh_counts_from_another_day(tmp_path):
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["a", "b"])
    book.active.append([DAY_ONE.replace(year=2024), "x"])
    book.save(tmp_path / "mac.xlsx")
    assert read(tmp_path / "mac.xlsx")[1] == {2: ("2024-01-01", "x")}


def test_the_header_stands_below_titles_and_blank_rows_are_skipped(tmp_path):
    path = save(tmp_path / "titled.xlsx", [
        ["2024年矛盾纠纷台账"], ["填报单位：某派出所", None, None, "单位：件"], [], ["编号", "时间", "类别", None, "备注"],
        ["1", "2024-05-31", "噪音", None, "x"], [], [None, " ", None], ["2", None, "噪音"],
    ])  # fmt: skip
    columns, rows, _, _ = read(path)
    assert columns == ("编号", "时间", "类别", "column (4)", "备注")
    assert rows == {5: ("1", "2024-05-31", "噪音", "", "x"), 8: ("2", "", "噪音", "", "")}


def test_a_header_of_two_merged_rows_is_one(tmp_path):
    book = openpyxl.Workbook()
    for row in (["编号", "类别", "地点", None], [None, None, "经度", "纬度"], ["1", "噪音", 112.905, 35.805]):
        book.active.append(row)
    for merged in ("A1:A2", "B1:B2", "C1:D1"):
        book.active.merge_cells(merged)
    book.save(tmp_path / "merged.xlsx")
    columns, rows, _, _ = read(tmp_path / "merged.xlsx")
    assert columns == ("编号", "类别", "经度", "纬度")
    assert rows == {3: ("1", "噪音", "112.905", "35.805")}


def test_a_header_alone_is_a_table_without_rows(tmp_path):
    assert read(save(tmp_path / "head.xlsx", [HEAD]))[:2] == (HEAD, {})


def test_names_that_stand_twice_and_columns_of_numbers_only(tmp_path):
    columns, rows, _, _ = read(save(tmp_path / "twice.xlsx", [["a", "a"], [1, 2]]))
    assert (columns, rows) == (("a", "a (2)"), {2: ("1", "2")})


def test_of_several_sheets_with_rows_one_is_named(tmp_path):
    path = save(tmp_path / "two.xlsx", [HEAD, [1, 2, 3]], sheet="May", June=[HEAD, [4, 5, 6]], Empty=[])
    with pytest.raises(LayerUnclear, match=r"2 sheets with rows \(May, June\); name one with --layer"):
        read(path)
    with pytest.raises(LayerUnclear, match="no sheet 'July'; it has: May, June, Empty"):
        read(path, "July")
    assert read(path, "June")[1] == {2: ("4", "5", "6")}
    assert layers_in(path) == ["May", "June", "Empty"]


def test_a_sheet_that_explains_the_other_and_a_hidden_one_are_left_out(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "填表说明"
    book.active.append(["请勿合并单元格"])
    for name, value in (("台账", 1), ("lists", 2)):
        for row in (HEAD, [value, value, value]):
            book[name].append(row) if name in book.sheetnames else book.create_sheet(name).append(row)
    book["lists"].sheet_state = "hidden"
    book.save(tmp_path / "told.xlsx")
    _, rows, _, notes = read(tmp_path / "told.xlsx")
    assert rows == {2: ("1", "1", "1")}
    assert notes == ("the sheet 台账 was read, not: 填表说明",)
    assert read(tmp_path / "told.xlsx", "lists")[1] == {2: ("2", "2", "2")}


SHEET = '<{0}row r="1"><{0}c r="A1" t="str"><{0}v>a</{0}v></{0}c></{0}row><{0}row r="2"><{0}c r="A2"><{0}v>7</{0}v></{0}c></{0}row>'


@pytest.mark.parametrize(
    ("space", "prefix"),
    [("http://purl.oclc.org/ooxml/spreadsheetml/main", ""), (MAIN, "x")],
    ids=["strict", "prefixed"],
)
def test_workbooks_of_other_programs_are_read_alike(tmp_path, space, prefix):
    sheet = SHEET.format(f"{prefix}:" if prefix else "")
    assert read(raw(tmp_path / "other.xlsx", sheet, space=space, prefix=prefix))[:2] == (("a",), {2: ("7",)})


def test_a_workbook_packed_with_the_rest_of_the_delivery_is_found(tmp_path):
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.write(save(tmp_path / "calls.xlsx", [HEAD, [1, 2, 3]]), "2024/calls.xlsx")
        archive.writestr("2024/read me.pdf", b"")
    assert read(tmp_path / "packed.zip")[1] == {2: ("1", "2", "3")}


def test_places_as_well_known_text(tmp_path):
    path = save(tmp_path / "zones.xlsx", [["code", "wkt"], ["A", "POINT(1 2)"], ["B", "POINT(1"]])
    with open_source(path) as source:
        block = next(source.blocks())
    assert source.has_shapes
    assert block.shapes is not None
    assert block.shapes[0].wkt == "POINT (1 2)"
    assert block.unread == {1: ("the WKT cannot be read", "POINT(1")}


ENTITIES = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
ROW = '<row r="{0}"><c r="A{0}" t="str"><v>text</v></c></row>'


@pytest.mark.parametrize(
    ("sheet", "parts", "error", "told"),
    [
        (ROW.format(1), {"xl/sharedStrings.xml": f"{ENTITIES}<sst><si><t>&b;</t></si></sst>"}, Bomb, "a document type"),
        (ROW.format(1), {"xl/workbook.xml": f"{ENTITIES}<workbook/>"}, Bomb, "a document type"),
        ("", {"xl/worksheets/sheet1.xml": f"{ENTITIES}<worksheet>&b;</worksheet>"}, Bomb, "a document type"),
        ("", {"xl/worksheets/sheet1.xml": f"{ENTITIES}<worksheet>&b;</worksheet>".encode("utf-16")}, Bomb, "a document type"),
        (ROW.format(1), {"xl/styles.xml": f"<styleSheet>{'<x a=_/>' * 500_001}</styleSheet>"}, Bomb, "styles.xml has more than"),
        (f'<row r="1">{"<c/>" * 16_385}</row>', {}, NotWhatItClaims, "a row of 16,385 cells"),
        ('<row r="1"><c r="XFE1"><v>1</v></c></row>', {}, NotWhatItClaims, "a column numbered 16,385"),
        (f"<row>{'<c><v>' + os.urandom(1 << 16).hex() + '</v></c>'}</row>{'<x>' + os.urandom(9 << 19).hex() + '</x>'}", {}, Bomb,
         "more than 8 MB of XML"),
        (ROW.format(1), {"xl/media/image.png": bytes(64 << 20)}, Bomb, "unpacks to"),
        (ROW.format(1) + " " * (40 << 20), {}, Bomb, "unpacks to"),
        (ROW.format(9_999_999_999), {}, NotWhatItClaims, "a row numbered 9999999999"),
        ('<row r="1"><c r="ZZZZ1"><v>1</v></c></row>', {}, NotWhatItClaims, "a column named ZZZZ1"),
        ('<row r="1"><c r="-1"><v>1</v></c></row>', {}, NotWhatItClaims, "a column named -1"),
        ("", {}, NotWhatItClaims, "no sheet with rows"),
        (ROW.format(1), {"xl/workbook.xml": "<workbook/>"}, NotWhatItClaims, "no sheet"),
        (ROW.format(1), {"xl/workbook.xml": "<workbook>"}, Truncated, "damaged or cut-off workbook"),
        ("", {"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row>"}, Truncated, "damaged or cut-off workbook"),
        (ROW.format(1), {f"xl/media/{n}": "" for n in range(1001)}, Bomb, "members"),
        (ROW.format(1), {"../../etc/cron.d/x": ""}, NotWhatItClaims, "leads out of the archive"),
    ],
)  # fmt: skip
def test_what_is_no_honest_workbook_is_refused_at_once(tmp_path, sheet, parts, error, told):
    path = raw(tmp_path / "bad.xlsx", sheet, parts=parts)

    def refused():
        with pytest.raises(error, match=told):
            read(path)

    assert least_cost(refused, 1)[0] < 1


def test_tags_in_tags_without_end_cost_nothing(tmp_path):
    path = raw(tmp_path / "deep.xlsx", "<x>" * 30_000 + "</x>" * 30_000 + SHEET.format(""))
    assert read(path)[1] == {2: ("7",)}


def test_what_stands_between_rows_is_not_kept(tmp_path):
    path = raw(tmp_path / "wide.xlsx", '<x a="1" b="2"/>' * 50_000 + SHEET.format("") + '<x a="1" b="2"/>' * 50_000)
    tracemalloc.start()
    try:
        assert read(path)[1] == {2: ("7",)}
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_rows_far_apart_and_a_sheet_that_says_it_is_larger_than_it_is_cost_nothing(tmp_path):
    sheet = f'<worksheet xmlns="{MAIN}"><dimension ref="A1:XFD1048576"/><sheetData>{SHEET.format("")}{ROW.format(1_048_576)}</sheetData></worksheet>'
    path = raw(tmp_path / "far.xlsx", "", parts={"xl/worksheets/sheet1.xml": sheet})
    spent, found = least_cost(lambda: read(path), 1)
    assert found[1] == {2: ("7",), 1_048_576: ("text",)}
    assert spent < 1


def test_what_other_programs_say_of_fonts_and_links_to_other_files_is_no_hindrance(tmp_path):
    """openpyxl alone refuses a family of fonts beyond 14 and a spoken name without its place."""
    styles = f'<styleSheet xmlns="{MAIN}"><fonts><font><family val="134"/></font></fonts><cellXfs><xf numFmtId="0"/><xf numFmtId="31"/></cellXfs></styleSheet>'
    texts = f'<sst xmlns="{MAIN}"><si><r><rPr><family val="134"/></rPr><t>事</t></r><r><t>由</t></r><rPh><t>shi</t></rPh></si><si><t>_x005F_x0041_</t></si></sst>'
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets><sheet name="Far" sheetId="2" r:id="rId2"/><sheet name="One" sheetId="1" r:id="rId1"/></sheets><externalReferences><externalReference r:id="rId3"/></externalReferences></workbook>'
    links = f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="worksheet" Target="/xl/worksheets/sheet1.xml"/><Relationship Id="rId2" Type="worksheet" Target="file:///etc/passwd" TargetMode="External"/><Relationship Id="rId3" Type="externalLink" Target="externalLinks/none.xml"/></Relationships>'
    sheet = '<row r="1"><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row r="2" ht="14" customHeight="1"><c s="1"><v>45443</v></c><c><v>7</v></c></row>'
    path = raw(tmp_path / "other.xlsx", sheet, parts={
        "xl/styles.xml": styles, "xl/sharedStrings.xml": texts, "xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": links,
    })  # fmt: skip
    assert read(path)[:2] == (("事由", "_x0041_"), {2: ("2024-05-31", "7")})


def test_a_cell_longer_than_any_is_refused(tmp_path):
    text = "".join(random.Random(1).choices("abcdefghij", k=300_000))
    with pytest.raises(NotWhatItClaims, match="row 1: a cell longer than any spreadsheet keeps"):
        read(raw(tmp_path / "long.xlsx", f'<row r="1"><c r="A1" t="str"><v>{text}</v></c></row>'))


@pytest.mark.parametrize("part", [0.2, 0.9, 0.999])
def test_a_workbook_cut_off_anywhere_is_told_as_cut_off(tmp_path, part):
    whole = save(tmp_path / "whole.xlsx", [HEAD, [1, 2, 3]]).read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(Truncated, match="damaged or cut-off workbook"):
        read(tmp_path / "half.xlsx")


def test_bytes_that_were_changed_are_told_as_damage(tmp_path):
    whole = bytearray(save(tmp_path / "whole.xlsx", [HEAD, *([n, n, n] for n in range(500))]).read_bytes())
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 200
    whole[start : start + 20] = bytes(20)
    (tmp_path / "hurt.xlsx").write_bytes(whole)
    with pytest.raises(Truncated):
        read(tmp_path / "hurt.xlsx")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Return the parts of an honest workbook with dates, numbers, texts and two sheets."""
    rows = [HEAD, [1, DAY_ONE, "一"], [2.5, None, "_x0041_"], [True, DAY_ONE, "=A1"]]
    path = save(tmp_path_factory.mktemp("parts") / "whole.xlsx", rows, notes=[["x"]])
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@hypothesis_settings(max_examples=60)
@given(data=st.data())
def test_a_workbook_somebody_has_meddled_with_is_read_or_refused_in_a_sentence(tmp_path_factory, parts, data):
    name = data.draw(st.sampled_from(sorted(parts)))
    content = bytearray(parts[name])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        length = data.draw(st.sampled_from([0, 1, 5, 40]))
        piece = data.draw(st.sampled_from([b"", b"<", b">", b'"', b"9" * 5_000, b"-1", b"\xff", b"_xD800_", b"\xe4\xb8\x80", b"<c", b"&amp;",
                                           b"encoding='gb2312'", b"1e400", b"nan", b"<row>", b"</c>", b" t='e'", b" s='99'"]))  # fmt: skip
        content[start : start + length] = piece
    path = tmp_path_factory.getbasetemp() / "meddled.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for member, original in parts.items():
            archive.writestr(member, bytes(content) if member == name else original)
    with contextlib.suppress(GridmapError):
        read(path)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)


@pytest.mark.parametrize(
    ("name", "content", "error", "told"),
    [
        ("secret.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), Encrypted, "protected by a password; open it, save it without"),
        ("old.xls", OLE, NotWhatItClaims, r"an old Excel workbook \(.xls\); save it as .xlsx"),
        ("page.xls", b"<html><table></table></html>", NotWhatItClaims, "a web page"),
        ("text.xlsx", b"number,at\n1,2\n", NotWhatItClaims, "promises an Excel workbook (.xlsx) but is a text table"),
    ],
)  # fmt: skip
def test_files_that_look_like_workbooks_are_told_apart(tmp_path, name, content, error, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=told.replace("(.xlsx)", r"\(.xlsx\)")):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("member", "name", "told"),
    [("xl/workbook.bin", "a.xlsb", "a binary Excel workbook"), ("content.xml", "a.ods", "an OpenDocument table"),
     ("word/document.xml", "a.docx", "put the table into a workbook"), ("doc.kml", "a.xlsx", "but is a ZIP archive"),
     ("xl/workbook.xml", "a.csv", r"but is an Excel workbook \(.xlsx\)")],
)  # fmt: skip
def test_other_packages_say_what_they_are(tmp_path, member, name, told):
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr(member, "")
    with pytest.raises(NotWhatItClaims, match=told):
        read(tmp_path / name)


def test_rows_come_in_blocks_and_say_how_far_they_are(tmp_path, monkeypatch):
    path = save(tmp_path / "many.xlsx", [HEAD, *([n, n, n] for n in range(25))])
    monkeypatch.setattr("gridmap.store.reading.xlsx_file.BLOCK_ROWS", 10)
    source = open_xlsx(path)
    blocks = list(source.blocks())
    assert [len(block.lines) for block in blocks] == [10, 10, 5]
    assert blocks[-1].done == source.total
