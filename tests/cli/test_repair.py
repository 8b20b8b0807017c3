"""`gridmap edition repair` and the norms in `gridmap edition check`."""

from __future__ import annotations

import json

import pytest
import shapely
from click.testing import CliRunner

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.services import editions
from gridmap.settings import Settings
from tests.makers import make_door, make_draft, make_station, square, two_squares

HOLE = square(0.4, 0.2, 0.01, 0.01)


@pytest.fixture
def gridmap(database_url, sessions):
    """Return a function that runs a command on a published station whose draft 2 has a hole in cell A1 and beat A."""
    beats, cells = two_squares()
    for frame in (beats, cells):
        frame.loc[0, "geometry"] = shapely.difference(frame.geometry[0], HOLE)
    with sessions.begin() as session:
        make_station(session)
        make_draft(session)
        make_door(session, 0.405, 0.205)
        make_door(session, 5, 5, code="away")
        editions.publish(session, "S001", 1, by="test")
        make_draft(session, beats=beats, cells=cells)
    console = Console(Settings(database_url=database_url))

    def run(*arguments):
        return CliRunner().invoke(group, [str(one) for one in arguments], obj=console)

    yield run
    console.forget_database()


def test_repairs_are_listed_by_default_and_carried_out_when_accepted(gridmap, tmp_path):
    shown = gridmap("edition", "repair", "S001", 2, "--out", tmp_path / "repairs.geojson")
    assert shown.exit_code == 0, shown.output
    assert "   1  grid_cell gap" in shown.output
    assert "1 doors  to A1  (former)" in shown.output
    assert "1 repairs, 0 of them ask" in shown.output
    assert "dry run: nothing was changed" in shown.output
    assert len(json.loads((tmp_path / "repairs.geojson").read_text())["features"]) == 1
    assert gridmap("edition", "check", "S001", 2).exit_code == 1
    done = gridmap("edition", "repair", "S001", 2, "--accept", "1")
    assert "1 repairs carried out: A, A1 changed" in done.output
    assert gridmap("edition", "check", "S001", 2).exit_code == 0
    assert "0 repairs" in gridmap("edition", "repair", "S001", 2, "--accept", "all").output


def test_a_question_is_answered_by_name(gridmap):
    asked = gridmap("edition", "repair", "S001", 2, "--small-gap", 1)
    assert "(ask: large)" in asked.output
    assert (
        "0 repairs carried out" in gridmap("edition", "repair", "S001", 2, "--small-gap", 1, "--accept", "all").output
    )
    done = gridmap("edition", "repair", "S001", 2, "--small-gap", 1, "--give", "1=A1")
    assert "1 repairs carried out" in done.output
    assert gridmap("edition", "check", "S001", 2).exit_code == 0


@pytest.mark.parametrize("wrong", [("--accept", "one"), ("--give", "1"), ("--give", "x=A1")])
def test_what_is_not_understood_is_told(gridmap, wrong):
    said = gridmap("edition", "repair", "S001", 2, *wrong)
    assert said.exit_code == 2
    assert wrong[0] in said.output


def test_norms_are_listed_when_asked_for_and_stop_nothing(gridmap):
    assert "norm" not in gridmap("edition", "check", "S001", 1).output
    said = gridmap("edition", "check", "S001", 1, "--norms")
    assert said.exit_code == 0
    assert "A1 has 1 households; the norm is 300 to 500." in said.output
    assert "orphan_door" in said.output
    assert "No door stands in B2." in said.output
    assert "0 of them stop publishing" in said.output
