"""`gridmap analyse`: a table for people, files for machines, kept for the map."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import pytest
from click.testing import CliRunner

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.errors import GridmapError
from gridmap.services import analyses, editions, views
from gridmap.services.analyses import Options
from gridmap.services.views import Asked
from gridmap.settings import Settings
from gridmap.store.tables import Analysis, Station
from tests import makers

JUNE = ("--since", "2025-06-01", "--until", "2025-06-30")


@pytest.fixture
def gridmap(database_url, sessions):
    """Return a function that asks about a station with forty incidents in June."""
    with sessions.begin() as session:
        makers.make_station(session)
        editions.publish(session, "S001", makers.make_draft(session).number, by="test")
        for n in range(40):
            makers.make_incident(
                session, 0.11 + 0.045 * n, 0.5, datetime(2025, 6, 1, tzinfo=UTC) + timedelta(hours=15 * n),
                category="theft" if n < 30 else "noise",
            )  # fmt: skip
    console = Console(Settings(database_url=database_url))

    def run(name, *arguments):
        return CliRunner().invoke(
            group, ["analyse", name, "--station", "S001", *(str(one) for one in arguments)], obj=console
        )

    yield run
    console.forget_database()


@pytest.mark.parametrize("name", list(analyses.ANALYSES))
def test_every_analysis_is_answered_or_told_why_not(gridmap, name):
    said = gridmap(name, *JUNE)
    if said.exception is not None:
        assert isinstance(said.exception, GridmapError), said.output
        assert name in {"emerging", "back_test"}
    else:
        assert said.stdout.startswith(f"{name} of station S001, 2025-06-01 to 2025-06-30: 40 events\n")
        assert f"{name} of 40 incidents" in said.stderr
        assert "CPU-s" in said.stderr


def test_the_map_has_the_answer_at_once(gridmap, sessions):
    first = gridmap("rates", *JUNE, "--shape", "beat", "--category", "theft")
    assert first.exception is None, first.output
    with sessions() as session:
        place = session.get_one(Station, "S001")
        view = views.settle(session, place, Asked(date(2025, 6, 1), date(2025, 6, 30), category=("theft",)))
        looked = analyses.look(session, place, analyses.find("rates"), view, Options(shape="beat"))
        assert looked.body is not None
        assert session.query(Analysis).count() == 1
    again = gridmap("rates", *JUNE, "--shape", "beat", "--category", "theft")
    assert "it was kept" in again.stderr
    assert again.stdout == first.stdout


def test_files_hold_the_whole_and_the_screen_stays_empty(gridmap, tmp_path):
    rows = list(
        csv.DictReader(
            io.StringIO(gridmap("rates", *JUNE, "--shape", "beat", "--format", "csv").stdout.lstrip("\ufeff"))
        )
    )
    assert {row["code"]: row["count"] for row in rows} == {"A": "20", "B": "20"}
    content = json.loads(gridmap("rates", *JUNE, "--shape", "beat", "--format", "geojson").stdout)
    assert (content["station"], content["synthetic"], len(content["features"])) == ("S001", True, 2)
    assert json.loads(gridmap("when", *JUNE, "--format", "json").stdout)["events"] == 40
    path = tmp_path / "rates.gpkg"
    said = gridmap("rates", *JUNE, "--shape", "beat", "--format", "gpkg", "--out", path)
    assert (said.exception, said.stdout) == (None, "")
    assert gpd.read_file(path)["count"].tolist() == [20, 20]


def test_a_view_is_narrowed_as_in_an_address(gridmap):
    narrowed = gridmap(
        "when", *JUNE, "--zone", "A", "--category", "theft", "--hours", "6-18", "--weekday", 1, "--weekday", 2
    )
    assert narrowed.exception is None, narrowed.output
    assert 0 < int(narrowed.stdout.split(": ")[1].split(" ")[0]) < 20


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("horoscope",), "hotspots"),
        (("rates", "--size", 250), "no multiple of 100"),
        (("rates", "--format", "gpkg"), "--out"),
        (("rates", "--since", "1 June"), "--since"),
        (("rates", "--weekday", 8), "--weekday"),
    ],
)
def test_what_is_wrong_is_named(gridmap, arguments, words):
    said = gridmap(*arguments)
    assert said.exit_code == 2
    assert words in said.stderr


def test_a_station_or_zone_that_is_not_there_is_named(gridmap):
    assert "Z9" in str(gridmap("rates", *JUNE, "--zone", "Z9").exception)
    assert "S404" in str(gridmap("rates", "--station", "S404").exception)
