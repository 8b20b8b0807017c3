"""`gridmap gaps`: a table for people, files for machines, a status for the night."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.services import editions
from gridmap.services.coverage import GapKindNotKnown
from gridmap.settings import Settings
from gridmap.store.editions import StationNotFound
from tests import makers


@pytest.fixture
def gridmap(database_url, sessions):
    """Return a function that runs the command on a station without an officer in B and with a door without a plate."""
    with sessions.begin() as session:
        makers.make_station(session)
        makers.make_person(session, "警A", beat="A")
        makers.make_door(session, 0.5, 0.2)
        editions.publish(session, "S001", makers.make_draft(session).number, by="test")
    console = Console(Settings(database_url=database_url, doors_per_officer=7))

    def run(*arguments):
        return CliRunner().invoke(group, ["gaps", "--station", "S001", *(str(one) for one in arguments)], obj=console)

    yield run
    console.forget_database()


def test_the_table_says_where_since_when_how_large_and_what_to_do(gridmap):
    said = gridmap()
    assert said.exception is None, said.output
    lines = said.stdout.splitlines()
    assert "Beat without an officer (beat_no_officer): 1, 0 doors. Post an officer." in lines
    assert any(line.startswith("  B Zone B") and " since <=20" in line for line in lines)
    assert lines[-1] == "6 gaps in station S001"
    assert "No duty roster is loaded: hours are not judged." in said.stderr


def test_files_hold_the_same_and_nothing_else_is_on_the_screen(gridmap, tmp_path):
    content = json.loads(gridmap("--format", "geojson", "--group", "people").stdout)
    assert [one["properties"]["kind"] for one in content["features"]] == ["beat_no_officer"] + ["cell_no_member"] * 4
    rows = list(
        csv.DictReader(io.StringIO(gridmap("--format", "csv", "--kind", "beat_no_officer").stdout.lstrip("\ufeff")))
    )
    assert [row["code"] for row in rows] == ["B"]
    path = tmp_path / "gaps.csv"
    assert gridmap("--format", "csv", "--out", path).stdout == "6 gaps in station S001\n"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfkind,")


@pytest.mark.parametrize(
    ("wish", "status"),
    [("any", 1), ("people", 1), ("door_no_plate", 1), ("time", 0), ("overlap", 0)],
)
def test_a_nightly_job_fails_on_what_it_names(gridmap, wish, status):
    assert gridmap("--fail-on", wish).exit_code == status


def test_it_passes_where_there_is_nothing_and_tells_a_wrong_name(gridmap):
    assert gridmap("--at", "2000-01-01", "--kind", "beat_no_officer", "--fail-on", "any").exit_code == 0
    assert "no_such" in gridmap("--kind", "no_such").output
    assert isinstance(gridmap("--station", "S404").exception, StationNotFound)  # the last one named counts
    assert GapKindNotKnown.slug == "gap-kind-not-known"
