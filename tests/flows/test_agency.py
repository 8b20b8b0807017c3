"""Real boundaries and real records, from the command line to the answer, row by row.

The data sets lie beside the repository and are never part of it; without them these tests skip.
"""

from __future__ import annotations

import gzip
import re

import pandas as pd
import pytest
from click.testing import CliRunner

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.settings import Settings

pytestmark = pytest.mark.agency


@pytest.fixture
def gridmap(database_url):
    """Return a function that runs a gridmap command on the test's database and returns what it says."""
    console = Console(Settings(database_url=database_url))

    def run(*arguments, fails=False):
        result = CliRunner().invoke(group, [str(one) for one in arguments], obj=console)
        if not fails:
            assert result.exception is None, (arguments, result.output, result.exception)
        return result

    yield run
    console.forget_database()


def unzipped(path, folder):
    """Return a .csv.gz as a plain .csv in `folder`."""
    target = folder / path.name.removesuffix(".gz")
    target.write_bytes(gzip.decompress(path.read_bytes()))
    return target


def text(path):
    """Return a CSV with every cell as text, empty where there is nothing."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture
def seattle(agency_data, gridmap, tmp_path):
    """Load, check and publish a police agency's beats, resolve its incidents; return (answers, expected)."""
    data = agency_data / "beats_seattle"
    zones = (
        "load",
        "zones",
        data / "police_beats.geojson",
        "--station",
        "SEATTLE",
        "--new-station",
        "Seattle",
        "--desk-phone",
        "911",
    )
    gridmap(*zones, "--kind", "beat", "--map", "code=name", "--commit")
    # O3 is an island and its shore: one beat in two parts, which the planner says is meant.
    refused = gridmap("edition", "publish", "SEATTLE", "1", fails=True)
    assert "detached" in str(refused.exception)
    gridmap("edition", "publish", "SEATTLE", "1", "--accept", "detached")
    out = tmp_path / "answers.csv"
    incidents = data / "incidents_2015_12.csv.gz"
    said = gridmap("resolve", incidents, "--station", "SEATTLE", "--recorded", "beat", "--out", out)
    return text(out), text(data / "expected_beat.csv.gz"), said.stderr


def test_every_incident_of_an_agency_gets_the_beat_that_holds_it(seattle):
    answers, expected, _ = seattle
    assert len(answers) == len(expected) == 1000
    assert list(answers["id"]) == list(expected["id"])
    assert list(answers["beat"]) == list(expected["polygon"])


def test_disagreements_with_the_agencys_record_are_graded_and_told(seattle):
    answers, expected, said = seattle
    assert list(answers["recorded"]) == list(expected["recorded"])
    assert list(answers["class"]) == list(expected["class"])
    metres = [pd.to_numeric(frame["dist_to_boundary_m"]) for frame in (answers, expected)]
    assert (metres[0] - metres[1]).abs().max() < 0.01
    counts = dict(re.findall(r"^\s+(\w+)\s+([\d,]+)\s", said, flags=re.MULTILINE))
    assert counts == {"match": "935", "border_tie": "60", "outside_but_near": "3", "outside": "1", "unrecorded": "1"}


def test_a_point_on_a_border_is_told_as_a_tie_with_both_candidates(seattle):
    answers, expected, _ = seattle
    near = pd.to_numeric(expected["dist_to_boundary_m"]) <= 1.0
    inside = expected["polygon"] != ""
    tied = answers["tie"] != ""
    for row in answers[expected["class"] == "border_tie"].itertuples():
        candidates = row.tie.split("|")
        assert candidates[0] == row.beat
        assert row.recorded in candidates, row
    # A tie is a border within a metre with a second beat behind it; at the edge of the city there is none.
    assert not (tied & ~near).any()
    assert (tied & inside).sum() >= 60


@pytest.fixture
def town(agency_data, gridmap):
    """Load a rural town: its villages as beats, its neighbourhood groups as cells, its doors; return the data folder."""
    data = agency_data / "sample_chenggong_town"
    station = ("--station", "CHENGGONG")
    gridmap(
        "load", "zones", data / "villages.geojson", *station, "--new-station", "成功鎮", "--desk-phone", "110", "--kind", "beat",
        "--map", "code=village", "--commit",
    )  # fmt: skip
    return data


def test_every_door_of_a_town_gets_the_village_that_holds_it(town, gridmap, tmp_path):
    gridmap("edition", "publish", "CHENGGONG", "1")
    out = tmp_path / "answers.csv"
    gridmap(
        "resolve", town / "doorplates.geojson", "--station", "CHENGGONG", "--recorded", "village", "--out", out
    )  # fmt: skip
    answers, expected = text(out), text(town / "expected_village.csv")
    both = answers.merge(expected, left_on="plate_id", right_on="id", suffixes=("", "_expected"), how="outer")
    assert len(both) == len(expected) == 5814
    assert list(both["beat"]) == [polygon.removeprefix("成功鎮") for polygon in both["polygon"]]
    assert list(both["class"]) == list(both["class_expected"])


def test_a_towns_doors_are_loaded_published_and_answered(town, gridmap):
    station = ("--station", "CHENGGONG")
    gridmap(
        "load",
        "addresses",
        town / "doorplates.geojson",
        *station,
        "--map",
        "code=plate_id",
        "--map",
        "full=full_addr",
        "--commit",
    )
    assert "5,814 plates issued" in gridmap("plates", "issue", "CHENGGONG").output
    done = gridmap("edition", "publish", "CHENGGONG", "1").output
    assert "5,814 plates resolved" in done
    assert " 3 in no beat" in done  # the three doors that the record, too, finds outside every village


def test_groups_that_do_not_tile_their_villages_are_published_only_by_name(town, gridmap, tmp_path):
    cells = ("load", "zones", town / "derived_lin_grids.geojson", "--station", "CHENGGONG", "--kind", "grid_cell")
    gridmap(*cells, "--draft", "1", "--map", "code=grid_code", "--map", "beat=village", "--commit")
    said = gridmap("edition", "check", "CHENGGONG", "1", fails=True)
    assert said.exit_code == 1
    assert "detached" in said.output
    refused = gridmap("edition", "publish", "CHENGGONG", "1", fails=True)
    assert "mend them in the draft" in str(refused.exception)
    # Made from the doors, each group in as many parts as its doors lie in, rounded to a decimetre: all of that may be
    # meant, and is published only by name.
    accept = ("detached", "sliver_gap", "sliver_overlap", "sliver_leak", "sliver_outside_beat")
    named = [word for kind in accept for word in ("--accept", kind)]
    gridmap("edition", "publish", "CHENGGONG", "1", *named)
    out = tmp_path / "three_levels.csv"
    gridmap("resolve", town / "doorplates.geojson", "--station", "CHENGGONG", "--out", out)
    answers = text(out)
    inside = answers[answers["grid_cell"] != ""]
    assert len(inside) > 5_780
    assert (inside["grid_cell"].str.split("-").str[1] == inside["beat"]).mean() > 0.999
