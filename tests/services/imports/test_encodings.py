"""UTF-8, with and without its mark, UTF-16 and GB18030; bad bytes cost the row they stand in."""

from __future__ import annotations

import geopandas as gpd
import pytest
from sqlalchemy import select

from gridmap.services import imports
from gridmap.store.reading import NotWhatItClaims
from gridmap.store.tables import Address
from tests.makers import make_station, spot

TABLE = "编码,地址,经度,纬度\nA1,幸福路1号,112.905,35.805\nA2,和平里２号,112.906,35.805\nA3,𠮷祥路3号,112.907,35.805\n"


def texts(session) -> list[str]:
    return list(session.scalars(select(Address.full).order_by(Address.code)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_table_in_chinese_is_read_whatever_it_is_written_in(session, tmp_path, encoding, end, delimiter):
    make_station(session)
    path = tmp_path / "doors.csv"
    path.write_bytes(TABLE.replace("\n", end).replace(",", delimiter).encode(encoding))
    report = imports.load_file(session, "addresses", path, station="S001")
    assert (report.added, report.refused) == (3, 0)
    assert texts(session) == ["幸福路1号", "和平里2号", "𠮷祥路3号"]
    assert report.warnings == (["read as GB18030"] if encoding == "gb18030" else [])


def test_bad_bytes_cost_the_line_they_stand_in(session, tmp_path):
    make_station(session)
    lines = TABLE.encode().split(b"\n")
    lines[2] = lines[2].replace("和".encode(), b"\xff\xfe")
    path = tmp_path / "doors.csv"
    path.write_bytes(b"\n".join(lines))
    report = imports.load_file(session, "addresses", path, station="S001")
    assert report.added == 2
    assert [one.line for one in report.rejected] == [3]
    assert report.rejected[0].reason == "bytes that are not UTF-8 at byte 4 of the line (ff fe e5 b9)"
    assert "\ufffd" in report.rejected[0].value


def test_a_line_of_another_encoding_late_in_a_long_file_does_not_turn_it(session, tmp_path):
    make_station(session)
    rows = [f"B{n},幸福路{n}号,112.905,35.805".encode() for n in range(30_000)]
    rows[29_000] = "B29000,幸福路29000号,112.905,35.805".encode("gb18030")
    path = tmp_path / "doors.csv"
    path.write_bytes(b"\n".join([b"code,full,lon,lat", *rows]))
    report = imports.load_file(session, "addresses", path, station="S001")
    assert (report.added, [one.line for one in report.rejected]) == (29_999, [29_002])


def test_chinese_that_comes_late_in_a_file_is_still_found(session, tmp_path):
    make_station(session)
    rows = [f"B{n},Happy Street {n},112.905,35.805" for n in range(40_000)] + ["C,幸福路1号,112.905,35.805"]
    path = tmp_path / "doors.csv"
    path.write_bytes("\n".join(["code,full,lon,lat", *rows]).encode("gb18030"))
    report = imports.load_file(session, "addresses", path, station="S001")
    assert (report.added, report.refused) == (40_001, 0)
    assert texts(session)[-1] == "幸福路1号"


def test_a_zero_byte_costs_its_line(session, tmp_path):
    make_station(session)
    path = tmp_path / "doors.csv"
    path.write_bytes(TABLE.replace("幸福", "幸\0福").encode())
    report = imports.load_file(session, "addresses", path, station="S001")
    assert [(one.line, one.reason) for one in report.rejected] == [(2, "a zero byte in the text")]


@pytest.mark.parametrize("written", ["utf-8", "gb18030"])
@pytest.mark.parametrize("told", [True, False])
def test_the_names_in_a_shapefile_are_read_with_or_without_its_code_page(session, tmp_path, written, told):
    make_station(session)
    frame = gpd.GeoDataFrame(
        {"编码": ["A1", "A2"], "地址": ["幸福路1号", "和平里2号"]}, geometry=[spot(0, 0), spot(1, 1)], crs=4326
    )
    path = tmp_path / "doors.shp"
    frame.to_file(path, encoding=written)
    if not told:
        path.with_suffix(".cpg").unlink()
    report = imports.load_file(session, "addresses", path, station="S001")
    assert (report.added, report.refused) == (2, 0)
    assert texts(session) == ["幸福路1号", "和平里2号"]


def test_bad_bytes_in_a_shapefile_cost_the_feature_they_stand_in(session, tmp_path):
    make_station(session)
    frame = gpd.GeoDataFrame(
        {"code": ["A1", "A2"], "full": ["幸福路1号", "和平里2号"]}, geometry=[spot(0, 0), spot(1, 1)], crs=4326
    )
    path = tmp_path / "doors.shp"
    frame.to_file(path, encoding="utf-8")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("和".encode(), b"\xff\xff\xff"))
    report = imports.load_file(session, "addresses", path, station="S001")
    assert (report.added, [one.line for one in report.rejected]) == (1, [2])
    assert "bytes that are not UTF-8" in report.rejected[0].reason


def test_an_encoding_that_is_asked_for_goes_first_and_must_exist(session, tmp_path):
    make_station(session)
    path = tmp_path / "doors.csv"
    path.write_bytes(TABLE.encode("gb18030"))
    report = imports.load_file(session, "addresses", path, station="S001", options=imports.Options(encoding="gbk"))
    assert report.added >= 2
    with pytest.raises(NotWhatItClaims, match="no encoding 'klingon'"):
        imports.load_file(session, "addresses", path, station="S001", options=imports.Options(encoding="klingon"))


def test_the_row_of_a_quoted_line_feed_keeps_count_of_the_lines(session, tmp_path):
    make_station(session)
    path = tmp_path / "doors.csv"
    path.write_text(
        '\n\ncode,full,lon,lat\nA,"路\n1\n号",112.905,35.805\n\nB,路2号,x,35.805\nC,路3号\nD,路4号,112.9,35.8,,\n'
    )
    report = imports.load_file(session, "addresses", path, station="S001")
    assert report.added == 2
    assert [(one.line, one.reason) for one in report.rejected] == [
        (8, "coordinates that are no finite numbers"), (9, "2 columns where the header has 4"),
    ]  # fmt: skip
