"""What the enamel works get: outlines that show the same plate as the PDF, and a list no spreadsheet can misread."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from gridmap.domain.codes import spaced
from gridmap.web.sheets import fonts, plate_files, qr
from gridmap.web.sheets.fonts import FALLBACK, FontNotUsable
from gridmap.web.sheets.glyphs import outline
from gridmap.web.sheets.plate_design import PlateSize
from tests.web.plate_batches import SMALL, URL, batch, faces

SVG = "{http://www.w3.org/2000/svg}"


def written(path, made, size=SMALL):
    plate_files.write_svgs(made, path, links=qr.links(URL), size=size, font=fonts.use_font(), tell=lambda _: None)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows(made):
    told = plate_files.as_csv(made, links=qr.links(URL), size=SMALL)
    assert told.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(told.decode("utf-8-sig"))))


def test_a_drawing_has_its_size_in_millimetres_and_no_letters_that_need_a_font(tmp_path):
    made = batch(2)
    files = written(tmp_path / "plates.zip", made, PlateSize(270, 170, 75))
    assert sorted(files) == [*(f"{n + 1:06}_{spaced(one.code)}.svg" for n, one in enumerate(made.faces)), "plates.csv"]
    drawing = ET.fromstring(files[min(files)])  # noqa: S314  (we wrote it)
    assert (drawing.get("width"), drawing.get("height")) == ("273mm", "173mm")
    assert drawing.get("viewBox") == "-1.5 -1.5 273 173"
    cut = next(one for one in drawing if one.get("id") == "cut")
    assert (cut.get("width"), cut.get("height")) == ("270", "170")
    assert drawing.find(f".//{SVG}text") is None
    assert drawing.findtext(f"{SVG}desc") == qr.links(URL).link(made.faces[0].code)
    code = next(one for one in drawing if one.get("id") == "qr")
    assert float(re.search(r"scale\(([\d.]+)\)", code.get("transform"))[1]) == pytest.approx(75 / 29, abs=1e-5)
    assert b"href" not in files[min(files)], "nothing from elsewhere"


def test_outlines_are_closed_and_as_wide_as_the_font_says():
    font = fonts.use_font()
    for sign in "警8号ÄW-":
        path, advance = outline(font, sign)
        assert path.count("M") == path.count("Z") >= 1
        numbers = [float(one) for one in re.findall(r"-?\d+", path)]
        assert max(numbers) < 1300
        assert min(numbers) > -400
        assert 100 < advance <= 1100
    assert outline(font, " ")[0] == ""
    assert outline(font, "8")[0].count("M") == 3, "an eight has a border and two holes"
    with pytest.raises(FontNotUsable):
        outline(FALLBACK, "8")


def test_a_list_has_one_row_a_plate_with_all_a_workshop_asks_for():
    made = batch(4)
    told = rows(made)
    assert tuple(told[0]) == plate_files.COLUMNS
    for row, face in zip(told, made.faces, strict=True):
        assert row["code"] == spaced(face.code)
        assert row["url"] == qr.links(URL).link(face.code)
        assert (row["address"], row["beat"], row["grid_cell"]) == (face.full, face.beat, face.grid_cell)
        assert (row["width_mm"], row["height_mm"], row["qr_mm"]) == ("150", "90", "40")
    assert [row["number"] for row in told] == ["8号", "126-3号", "12栋3单元", "429号"]
    assert {row["batch"] for row in told} == {made.name(qr.links(URL))}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_is_run_as_a_formula(start):
    evil = f"{start}cmd|' /C calc'!A0"
    made = batch(
        1,
        faces=[
            replace(one, full=evil, name=evil, beat=evil, grid_cell=evil, number=((evil, "号"),)) for one in faces(1)
        ],
    )
    made = replace(made, station=replace(made.station, name_zh=evil))
    row = rows(made)[0]
    for column in ("address", "name", "number", "beat", "grid_cell", "station"):
        assert row[column].startswith("'"), column


def test_markup_in_an_address_stays_text(tmp_path):
    evil = '</svg><script>alert(1)</script>"&'
    made = batch(1, faces=[replace(one, full=evil, name=evil, area=evil) for one in faces(1)])
    drawing = next(told for name, told in written(tmp_path / "p.zip", made).items() if name.endswith(".svg"))
    assert b"<script" not in drawing
    assert ET.fromstring(drawing).findtext(f"{SVG}title") == evil  # noqa: S314
