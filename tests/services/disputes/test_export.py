"""Disputes leave as a file that runs nothing, names nobody, and can be taken in again."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text

from gridmap.domain.dispute_filter import Filter
from gridmap.domain.dispute_sheet import COLUMNS, WORDS
from gridmap.domain.dispute_words import MARKS, MATTERS, SOURCES, STATES
from gridmap.services import imports
from gridmap.services.disputes import export
from gridmap.services.imports import Options
from gridmap.services.imports.columns import match_columns
from gridmap.services.imports.dispute_terms import MARK_WORDS, MATTER_WORDS, STATE_WORDS
from gridmap.services.imports.dispute_terms import SOURCES as SOURCE_WORDS
from gridmap.services.imports.disputes import FIELDS
from gridmap.store.dispute_files import Content, content
from gridmap.store.dispute_files.workbook import write_workbook
from gridmap.store.dispute_rows import Sight
from gridmap.store.reading import open_source
from gridmap.store.tables import Audit, Dispute, IncidentCategory
from gridmap.store.writing import FileNotWritable
from tests.houses import session, shared_sessions
from tests.makers import make_door, make_person, make_station

__all__ = ["session", "shared_sessions"]

ALL = Filter(state="any")
NOW = datetime(2025, 6, 1, 4, tzinfo=UTC)


@pytest.fixture
def station(session):
    """Return a session with a station, a kind, a door, a person, and disputes in every state."""
    make_station(session)
    make_station(session, "S002", x=10)
    session.add(IncidentCategory(code="noise", name_zh="噪音扰民", name_en="Noise", is_dispute=True))
    door = make_door(session, 0.5, 0.5)
    person = make_person(session, "P1", beat="A", since=date(2020, 1, 1))
    session.flush()
    for number, state in enumerate(STATES):
        over = state in {"settled", "reviewed", "closed", "withdrawn", "not_ours"}
        ended = state in {"settled", "reviewed", "closed"}
        session.add(Dispute(
            station="S001", number=f"D{number:02d}", kind="noise", opened_at=datetime(2025, 5, number + 1, 8, 5, 9, tzinfo=UTC),
            state=state, tier=1 + number % 3, grade=number % 4 or None, source=SOURCES[number % 7], matter=MATTERS[number % 4],
            words=("=1+1", "-电话 13800138000\n第二行", 'a,"b"<c>&_x0041_', "", "@x")[number % 5],
            marks=sorted(MARKS[: number % 4]), address_id=door.id if number % 2 else None,
            settled_at=datetime(2025, 5, 20, tzinfo=UTC) if ended else None,
            closed_at=datetime(2025, 5, 21, tzinfo=UTC) if state == "closed" else None,
            holder_id=person.id if not over and state != "handed" else None, body="desk" if state == "handed" else None,
            offered_id=person.id if state == "handed" else None, resume="open" if state in {"handed", "paused"} else None,
            opened_by="李警官", rating=number % 5 or None,
        ))  # fmt: skip
    session.flush()
    return session


def write(session, path, wanted=ALL, **more):
    return export.write(session, "S001", path, export.kind_of(path), wanted, by="test", now=NOW, **more)


def read_csv(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def test_a_csv_runs_nothing_and_names_nobody(station, tmp_path):
    notes = write(station, tmp_path / "d.csv", language="en")
    rows = read_csv(tmp_path / "d.csv")
    assert (tmp_path / "d.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert notes.rows == len(rows) == len(STATES)
    assert list(rows[0]) == [column.name for column in COLUMNS]
    assert [row["state"] for row in rows] == list(STATES)
    assert {row["words"] for row in rows} == {"'=1+1", "'-电话 ***\n第二行", 'a,"b"<c>&_x0041_', "", "'@x"}
    assert (rows[0]["opened_at"], rows[0]["holder"], rows[3]["holder"]) == ("2025-05-01 16:05:09", "P1", "P1")
    assert (rows[1]["lon"], rows[0]["lon"]) == ("112.905", "")
    assert rows[8]["settled_at"] == "2025-05-20 08:00:00"


def test_a_workbook_has_its_header_frozen_real_dates_and_notes(station, tmp_path):
    write(station, tmp_path / "d.xlsx", Filter(state="closed"))
    book = openpyxl.load_workbook(tmp_path / "d.xlsx")
    sheet, notes = book.worksheets
    assert (sheet.title, notes.title, sheet.freeze_panes, sheet.max_row) == ("纠纷", "说明", "A2", 2)
    assert [cell.value for cell in sheet[1]] == [column.zh for column in COLUMNS]
    row = {column.name: cell for column, cell in zip(COLUMNS, sheet[2], strict=True)}
    assert row["settled_at"].value == datetime(2025, 5, 20, 8)  # noqa: DTZ001
    assert row["settled_at"].is_date
    assert (row["state"].value, row["kind"].value, row["opened_by"].value) == ("已办结", "噪音扰民", "李警官")
    assert int(sheet.column_dimensions["L"].width) == 48  # and what Excel leaves beside the text
    assert sheet.auto_filter.ref == "A1:Y2"
    told = {str(name.value): str(value.value) for name, value in notes.iter_rows()}
    assert told["筛选条件"] == "state=closed"
    assert told["生成时间"] == "2025-06-01T12:00:00+08:00"
    assert told["派出所"].startswith("S001 ")
    assert told["行数"] == "1"
    assert told["时间所用时区"] == "Asia/Shanghai"


def test_synthetic_data_says_so_in_every_file(station, tmp_path):
    station.execute(text("UPDATE station SET synthetic = true"))
    station.expire_all()
    notes = write(station, tmp_path / "d.xlsx")
    assert "合成数据：均为虚构。" in notes.told
    assert ["合成数据", "合成数据：均为虚构。"] in [
        [cell.value for cell in row] for row in openpyxl.load_workbook(tmp_path / "d.xlsx")["说明"].iter_rows()
    ]
    write(station, tmp_path / "d.csv", language="en")
    assert {row["synthetic"] for row in read_csv(tmp_path / "d.csv")} == {"true"}


def test_a_geopackage_has_points_and_notes(station, tmp_path):
    write(station, tmp_path / "d.gpkg")
    frame = gpd.read_file(tmp_path / "d.gpkg")
    assert frame.crs.to_epsg() == 4326
    assert list(frame["number"]) == [f"D{n:02d}" for n in range(len(STATES))]
    assert list(frame.geometry.isna()) == [n % 2 == 0 for n in range(len(STATES))]
    assert (frame.geometry[1].x, frame.geometry[1].y) == (112.905, 35.805)
    assert frame["opened_at"][0] == datetime(2025, 5, 1, 8, 5, 9, tzinfo=UTC)
    meta = pyogrio.read_info(tmp_path / "d.gpkg")["layer_metadata"]
    assert meta["rows"] == str(len(STATES))
    assert meta["filter"] == "全部"


def test_an_empty_list_is_a_file_all_the_same(station, tmp_path):
    for ending in ("csv", "xlsx", "gpkg"):
        assert write(station, tmp_path / f"none.{ending}", Filter(number="none")).rows == 0
    assert len(gpd.read_file(tmp_path / "none.gpkg")) == 0
    assert read_csv(tmp_path / "none.csv") == []


def test_who_sees_less_is_given_less_and_every_export_is_on_record(station, tmp_path):
    sight = Sight(whole=False, login="somebody", cells=())
    assert write(station, tmp_path / "d.csv", sight=sight).rows == 0
    seen = []
    assert (
        write(station, tmp_path / "d.csv", Filter(tier=2, state="any"), progress=lambda *far: seen.append(far)).rows
        == 4
    )
    assert seen[-1] == (4, 4)
    entry = station.query(Audit).order_by(Audit.id.desc()).first()
    assert (entry.action, entry.thing, entry.after) == (
        "export", "disputes", {"format": "csv", "rows": 4, "filter": ["state", "tier"]},
    )  # fmt: skip


def test_rows_are_fetched_some_at_a_time(station, tmp_path, monkeypatch):
    monkeypatch.setattr(content, "FETCHED", 4)
    seen = []
    write(station, tmp_path / "d.csv", progress=lambda *far: seen.append(far))
    assert seen == [(4, 11), (8, 11), (11, 11)]


def test_more_rows_than_a_sheet_holds_are_told_before_a_file_is_begun(station, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "MAX_ROWS", len(STATES))
    with pytest.raises(export.TooManyRows, match=r"11 disputes, and a sheet of a workbook holds 10: narrow the filter"):
        write(station, tmp_path / "d.xlsx")
    assert list(tmp_path.iterdir()) == []
    assert write(station, tmp_path / "d.csv").rows == 11


def test_a_file_that_cannot_be_written_is_told(station, tmp_path):
    with pytest.raises(FileNotWritable):
        write(station, tmp_path / "none" / "d.csv")
    with pytest.raises(export.KindUnclear, match=r"written as \.csv, \.xlsx or \.gpkg"):
        write(station, tmp_path / "d.pdf")


def test_every_word_and_heading_of_a_file_is_understood_by_the_import():
    known = {"state": STATES, "matter": MATTERS, "source": SOURCES, "marks": MARKS}
    words = {"state": STATE_WORDS, "matter": MATTER_WORDS, "source": SOURCE_WORDS, "marks": MARK_WORDS}
    for name, ours in known.items():
        for word in ours:
            if (name, word) != ("source", "call"):
                assert words[name][WORDS[word]] == word
    assert SOURCE_WORDS[WORDS["call"]] == "call"
    own = {"beat", "grid_cell", "call", "followed", "reopened", "synthetic"}
    for language in ("zh", "en"):
        headings = [column.heading(language) for column in COLUMNS]
        found = match_columns(FIELDS, headings, {})
        assert found == {
            column.name: column.heading(language) for column in COLUMNS if column.name not in own
        }  # fmt: skip


SAME = "number, kind, matter, state, tier, grade, opened_at, settle_by, settled_at, closed_at, source, marks, opened_by, rating, ST_AsText(geom)"


@pytest.mark.parametrize(("name", "language"), [("d.xlsx", "zh"), ("d.xlsx", "en"), ("d.csv", "zh"), ("d.csv", "en")])
def test_what_left_as_a_file_is_taken_in_by_another_station_as_it_was(station, tmp_path, name, language):
    make_person(station, "P1", station="S002", beat="A", since=date(2020, 1, 1))
    write(station, tmp_path / name, language=language)
    report = imports.load_file(station, "disputes", tmp_path / name, station="S002", crs="EPSG:4326",
                               options=Options(keep_unplaced=True))  # fmt: skip
    assert (report.rejected, report.added) == ([], len(STATES))
    query = text(f"SELECT {SAME} FROM dispute WHERE station = :station ORDER BY number")
    before, after = (station.execute(query, {"station": code}).all() for code in ("S001", "S002"))
    assert [row[:-1] for row in after] == [row[:-1] for row in before]
    assert [row[-1] for row in after] == [row[-1] for row in before]
    words = text("SELECT words FROM dispute WHERE station = 'S002' ORDER BY number")
    assert list(station.scalars(words))[:3] == ["=1+1", "-电话 ***\n第二行", 'a,"b"<c>&_x0041_']
    held = text(
        "SELECT count(*) FROM dispute d JOIN person p ON p.id IN (d.holder_id, d.offered_id) WHERE d.station = 'S002' AND p.station = 'S002'"
    )
    assert station.scalar(held) == 6
    assert station.scalar(text("SELECT count(*) FROM lost_dispute WHERE station = 'S002'")) == 0


MARKUP = ("<r><c/></r>", "<r>_x0041_</r>", "<r></r>", "<t>x</t>", "https://a.b/?c", "{=1}", "mailto:a", "0012", " x ")


def test_a_text_is_a_text_whatever_it_says(tmp_path):
    rows = [tuple(told if column.name == "words" else None for column in COLUMNS) for told in MARKUP]
    write_workbook(Content(lambda: iter(rows), {"rows": "0"}, "", "en", len(rows)), tmp_path / "d.xlsx")
    cells = openpyxl.load_workbook(tmp_path / "d.xlsx")["disputes"]["L"][1:]
    assert [(cell.data_type, cell.hyperlink) for cell in cells] == [("s", None)] * len(MARKUP)
    with open_source(tmp_path / "d.xlsx", layer="disputes") as source:
        read = list(next(source.blocks()).table["words"])
    assert [told.strip() for told in read] == [told.strip() for told in MARKUP]
    assert read[3:] == list(MARKUP[3:])


SIGNS = st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\ufffe\uffff")


@hypothesis_settings(max_examples=40)
@given(
    st.lists(st.tuples(st.text(SIGNS, max_size=30), st.floats(-180, 180), st.integers(0, 2_000_000_000)), max_size=8)
)
def test_whatever_stands_in_a_workbook_is_read_as_it_was_written(tmp_path_factory, rows):
    zone = ZoneInfo("Asia/Shanghai")
    names = [column.name for column in COLUMNS]
    made = []
    for number, (told, degrees, seconds) in enumerate(rows):
        row = [None] * len(COLUMNS)
        row[names.index("number")], row[names.index("words")] = f"D{number}", content.harmless(told)
        row[names.index("lon")] = degrees
        row[names.index("opened_at")] = datetime.fromtimestamp(seconds, zone)
        made.append(tuple(row))
    path = tmp_path_factory.mktemp("book") / "d.xlsx"
    write_workbook(Content(lambda: iter(made), {"rows": "0"}, "", "en", len(made)), path)
    with open_source(path, layer="disputes") as source:
        tables = [block.table for block in source.blocks()]
        assert all(block.unread == {} for block in source.blocks())
    found = [row for table in tables for row in table.to_dict("records")]
    assert [row["number"] for row in found] == [row[0] for row in made]
    for row, want in zip(found, made, strict=True):
        assert row["words"].strip() == (want[names.index("words")] or "").strip()
        assert float(row["lon"]) == pytest.approx(float(f"{want[names.index('lon')]:.16g}"), abs=1e-15)
        assert datetime.fromisoformat(row["opened_at"]) == want[names.index("opened_at")].replace(tzinfo=None)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
