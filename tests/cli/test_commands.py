"""What a person at the command line is told, and with which status."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from click.testing import CliRunner

from gridmap.cli import group, main
from gridmap.cli.console import Console, SettingNotValid, read_settings
from gridmap.services import editions
from gridmap.settings import Settings
from tests.makers import make_door, make_draft, make_person, make_plate, make_station, spot, square, two_squares

CODE = "0" * 12


@pytest.fixture
def gridmap(database_url, sessions):
    """Return a function that runs a command on a station of two squares with one door, one plate and one officer."""
    with sessions.begin() as session:
        make_station(session)
        make_draft(session)
        make_plate(session, CODE, make_door(session, 0.2, 0.2))
        make_person(session, "甲", "officer", beat="A")
    console = Console(Settings(database_url=database_url))

    def run(*arguments):
        return CliRunner().invoke(group, [str(one) for one in arguments], obj=console)

    yield run
    console.forget_database()


def test_an_edition_goes_from_draft_to_published_to_withdrawn(gridmap):
    assert "0 faults, 0 of them stop publishing" in gridmap("edition", "check", "S001", 1).output
    said = gridmap("edition", "publish", "S001", 1)
    assert "edition 1 of station S001 is in force: 1 plates resolved" in said.output
    assert "checking the topology" in said.stderr
    assert "is a draft, from edition 1" in gridmap("edition", "draft", "S001", "--note", "spring").output
    listed = gridmap("edition", "list", "S001").output
    assert "draft" in listed
    assert "spring" in listed
    assert listed.endswith("2 editions\n")
    assert "2 beats compared" in gridmap("edition", "compare", "S001", 1, 2).output
    gridmap("edition", "publish", "S001", 2)
    assert "edition 1 is in force again" in gridmap("edition", "withdraw", "S001", 2, "--reason", "a mistake").output
    assert "no edition is in force" in gridmap("edition", "withdraw", "S001", 1, "--reason", "all").output


def test_a_check_lists_each_fault_with_its_place_and_ends_with_status_1(gridmap, sessions, tmp_path):
    beats, cells = two_squares()
    beats.geometry = [square(0, 0, 1.2), square(1, 0)]
    with sessions.begin() as session:
        make_draft(session, beats=beats, cells=cells)
    said = gridmap("edition", "check", "S001", 2, "--out", tmp_path / "faults.geojson")
    assert said.exit_code == 1
    assert "overlap" in said.output
    assert "at 112.9" in said.output
    assert (tmp_path / "faults.geojson").stat().st_size > 100
    refused = gridmap("edition", "publish", "S001", 2)
    assert isinstance(refused.exception, editions.DraftNotValid)


def test_a_plate_says_who_answers(gridmap):
    gridmap("edition", "publish", "S001", 1)
    said = gridmap("plates", "scan", "0000-0000-0000").output
    assert "officer      甲" in said
    assert "duty_desk" in said
    assert "0 plates issued" in gridmap("plates", "issue", "S001").output


@pytest.fixture
def points(tmp_path):
    """Return a CSV of four points: in A, in B, on the line, far away; and what somebody recorded."""
    rows = [(1, spot(0.2, 0.2), "A"), (2, spot(1.6, 0.8), "A"), (3, spot(1.0, 0.25), "B"), (4, spot(9, 9), "")]
    table = pd.DataFrame(
        {
            "id": [r[0] for r in rows],
            "X": [r[1].x for r in rows],
            "Y": [r[1].y for r in rows],
            "rec": [r[2] for r in rows],
        }
    )
    path = tmp_path / "points.csv"
    table.to_csv(path, index=False)
    return path


def test_points_are_resolved_with_whom_to_ask_and_graded_beside_a_record(gridmap, points, tmp_path):
    gridmap("edition", "publish", "S001", 1, "--since", "2024-01-01")
    out = tmp_path / "out.csv"
    where = ("--station", "S001", "--map", "lon=X", "--map", "lat=Y")
    said = gridmap("resolve", points, *where, "--recorded", "rec", "--out", out)
    assert said.exception is None, said.output
    table = pd.read_csv(out, keep_default_na=False)
    assert list(table["beat"]) == ["A", "B", "A", ""]
    assert list(table["responsible"]) == ["甲", "S001派出所", "甲", "S001派出所"]
    assert list(table["class"]) == ["match", "conflict", "border_tie", "unrecorded"]
    assert table["tie"][2] == "A|B"
    assert "4 points: 1 in no beat" in said.stderr
    on_screen = gridmap("resolve", points, *where)
    assert list(pd.read_csv(io.StringIO(on_screen.stdout), keep_default_na=False)["grid_cell"]) == [
        "A1",
        "B2",
        "A1",
        "",
    ]
    before = gridmap("resolve", points, *where, "--at", "2020-01-01")
    assert "had no edition in force" in str(before.exception)


def test_an_error_is_one_sentence_and_status_1(monkeypatch, capsys, database_url):
    monkeypatch.setenv("GRIDMAP_DATABASE_URL", database_url)
    with pytest.raises(SystemExit) as left:
        main(["edition", "publish", "NOWHERE", "1"])
    assert left.value.code == 1
    told = capsys.readouterr().err
    assert "No such station: there is no station NOWHERE" in told
    assert "Traceback" not in told


def test_a_setting_that_cannot_be_read_is_named(monkeypatch):
    monkeypatch.setenv("GRIDMAP_PORT", "eight")
    with pytest.raises(SettingNotValid, match="GRIDMAP_PORT"):
        read_settings()


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    console = Console(Settings(data=tmp_path, database_url="postgresql+psycopg://nobody@/nowhere"))
    first = console.kept("secret", lambda: "one")
    assert (first, console.kept("secret", lambda: "two")) == ("one", "one")
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
