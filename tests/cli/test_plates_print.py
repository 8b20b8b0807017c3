"""`gridmap plates print` and `export`: the file is there when all its codes have been read, or not at all."""

from __future__ import annotations

import csv
import io
import zipfile

import pypdfium2 as pdfium
import pytest
import zxingcpp
from click.testing import CliRunner

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.services import editions, plate_print, plates
from gridmap.settings import Settings
from gridmap.store.tables import Plate, Station
from gridmap.web.sheets import qr
from gridmap.web.sheets.plate_design import PlateSizeNotValid
from tests import makers


@pytest.fixture
def gridmap(database_url, sessions, monkeypatch):
    """Return a function that runs a command on a station of seven doors with plates."""
    with sessions.begin() as session:
        makers.make_station(session)
        makers.make_draft(session)
        for number in range(7):
            makers.make_door(session, 0.1 + number / 10, 0.2, code=f"{number + 1}")
        editions.publish(session, "S001", 1, by="test")
        plates.issue(session, "S001", by="test")
    console = Console(Settings(database_url=database_url).model_copy(update={"plate_url": "https://p.example.cn"}))

    def run(*arguments):
        return CliRunner().invoke(group, ["plates", *(str(one) for one in arguments)], obj=console)

    yield run
    console.forget_database()


def test_plates_are_printed_read_back_and_marked(gridmap, sessions, tmp_path):
    out = tmp_path / "plates.pdf"
    said = gridmap("print", "S001", "-o", out, "--verify", "--mark-printed")
    assert said.exit_code == 0, said.output
    assert "7 plates of station S001, edition 1" in said.stdout
    assert "3 pages A4" in said.stdout
    assert "7 of them from the page; 7 marked as printed" in said.stdout
    with sessions() as session:
        codes = {plate.code for plate in session.query(Plate)}
        assert {plate.status for plate in session.query(Plate)} == {"printed"}
    document = pdfium.PdfDocument(out)
    read = {
        found.text for page in document
        for found in zxingcpp.read_barcodes(page.render(scale=150 / 72, grayscale=True).to_numpy().squeeze())
    }  # fmt: skip
    assert read == {f"HTTPS://P.EXAMPLE.CN/P/{code}" for code in codes}
    document.close()
    again = gridmap("print", "S001", "-o", tmp_path / "again.pdf")
    assert isinstance(again.exception, plate_print.NothingToPrint)
    assert not (tmp_path / "again.pdf").exists()


def test_nothing_is_left_where_a_code_does_not_read_back(gridmap, sessions, tmp_path, monkeypatch):
    monkeypatch.setattr(qr, "read", lambda _: ("", 0, ""))
    said = gridmap("print", "S001", "-o", tmp_path / "plates.pdf", "--mark-printed")
    assert isinstance(said.exception, qr.PlateNotReadable)
    assert list(tmp_path.iterdir()) == []
    with sessions() as session:
        assert {plate.status for plate in session.query(Plate)} == {"issued"}


def test_a_list_of_codes_is_printed_on_a3_in_another_size(gridmap, sessions, tmp_path):
    with sessions() as session:
        codes = [plate.code for plate in session.query(Plate)][:3]
    (tmp_path / "codes.txt").write_text("\n".join(codes))
    size = ["--width", 270, "--height", 170, "--qr", 75]
    said = gridmap("print", "S001", "-o", tmp_path / "p.pdf", "--list", tmp_path / "codes.txt", "--paper", "a3", *size)
    assert "3 plates of station S001" in said.stdout, said.output
    assert "2 pages A3" in said.stdout
    refused = gridmap("print", "S001", "-o", tmp_path / "q.pdf", "--qr", 30)
    assert isinstance(refused.exception, PlateSizeNotValid)


def test_an_address_that_no_phone_reaches_is_told(gridmap, tmp_path, database_url):
    console = Console(Settings(database_url=database_url).model_copy(update={"plate_url": None}))
    said = CliRunner().invoke(group, ["plates", "print", "S001", "-o", str(tmp_path / "p.pdf")], obj=console)
    console.forget_database()
    assert "GRIDMAP_PLATE_URL is not set" in said.stderr
    assert said.exit_code == 0


def test_plates_are_exported_as_drawings_and_as_a_list(gridmap, sessions, tmp_path):
    assert "7 plates" in gridmap("export", "S001", "-o", tmp_path / "plates.zip", "--as", "svg", "--cell", "A1").stdout
    assert "csv" in gridmap("export", "S001", "-o", tmp_path / "plates.csv", "--as", "csv").stdout
    rows = list(csv.DictReader(io.StringIO((tmp_path / "plates.csv").read_text(encoding="utf-8-sig"))))
    with zipfile.ZipFile(tmp_path / "plates.zip") as archive:
        assert set(archive.namelist()) == {"plates.csv", *(row["svg"] for row in rows)}
    with sessions() as session:
        assert {row["code"].replace("-", "") for row in rows} == {plate.code for plate in session.query(Plate)}
    assert {(row["beat"], row["grid_cell"], row["edition"], row["synthetic"]) for row in rows} == {
        ("A", "A1", "1", "true")
    }


def test_boards_are_printed_a_page_a_cell(gridmap, sessions, tmp_path):
    with sessions.begin() as session:
        session.get_one(Station, "S001").published = []
    said = gridmap("boards", "S001", "-o", tmp_path / "boards.pdf")
    assert "4 boards of station S001, edition 1" in said.stdout, said.output
    assert "publishes no names" in said.stderr
    with pdfium.PdfDocument(tmp_path / "boards.pdf") as document:
        assert len(document) == 4
    assert "1 boards" in gridmap("boards", "S001", "-o", tmp_path / "one.pdf", "--cell", "B2").stdout
