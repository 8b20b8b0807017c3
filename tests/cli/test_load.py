"""`gridmap load`: dry run, commit, rejects, audit; and what real agencies deliver."""

from __future__ import annotations

import csv
import re
from datetime import UTC

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from gridmap.cli.load import NothingLoaded, load
from gridmap.errors import GridmapError
from gridmap.store.tables import Address, Audit, Beat, Facility, GridCell, Incident, Shift, Visit
from tests.makers import make_door, make_person, make_station


class Desk:
    """What a command is handed: sessions, and who gives the command."""

    person = "tester@console"

    def __init__(self, sessions):
        self.sessions = sessions


@pytest.fixture
def run(sessions):
    """Return a function that runs `gridmap load …` and returns what it printed; errors come through."""

    def work(*arguments: object, fails: type[GridmapError] | None = None) -> str:
        result = CliRunner().invoke(load, [str(each) for each in arguments], obj=Desk(sessions))
        if fails is not None:
            assert isinstance(result.exception, fails), result.output
            return result.output
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    return work


def count(sessions, table) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def doors(sessions, tmp_path):
    """Return a file of 30 doors, 25 of them faulty, for a station that is there."""
    with sessions.begin() as session:
        make_station(session)
    path = tmp_path / "doors.csv"
    rows = [f"A{n},=路{n}号,{'x' if n < 25 else 112.905},35.805" for n in range(30)]
    path.write_text("\n".join(["code,full,lon,lat", *rows]))
    return path


def test_a_dry_run_reports_all_and_leaves_nothing(run, sessions, doors):
    printed = run("addresses", doors, "--station", "S001")
    assert "addresses: 5 loaded (5 new, 0 changed, 0 as before), 25 rejected" in printed
    assert "  line 2: coordinates that are no finite numbers: x,35.805" in printed
    assert "… and 5 more; --rejects FILE.csv writes all" in printed
    assert printed.rstrip().endswith("dry run: nothing was kept; pass --commit to keep")
    assert count(sessions, Address) == count(sessions, Audit) == 0


def test_commit_keeps_the_rows_and_says_so_in_the_audit(run, sessions, doors):
    assert run("addresses", doors, "--station", "S001", "--commit").rstrip().endswith("kept")
    assert count(sessions, Address) == 5
    with sessions() as session:
        entry = session.scalars(select(Audit)).one()
    assert (entry.station, entry.by, entry.action, entry.thing) == (
        "S001",
        "tester@console",
        "import addresses",
        "S001",
    )
    assert entry.after == {"file": "doors.csv", "added": 5, "updated": 0, "unchanged": 0, "rejected": 25}


def test_rejects_are_written_as_a_table_no_spreadsheet_runs(run, doors, tmp_path):
    doors.write_text("code,full,lon,lat\nA,路,112.905,35.805\nB,路2号,=1+1,35.805\nC,,112.905,35.805\n")
    run("addresses", doors, "--station", "S001", "--rejects", tmp_path / "rejects.csv")
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["line"], row["value"]) for row in rows] == [
        ("doors.csv", "3", "'=1+1,35.805"),
        ("doors.csv", "4", ""),
    ]


def test_nothing_usable_is_an_error(run, doors):
    doors.write_text("code,full,lon,lat\nA,路,x,y\n")
    assert "1 rejected" in run("addresses", doors, "--station", "S001", fails=NothingLoaded)


def test_a_file_that_is_none_changes_nothing(run, sessions, doors):
    doors.write_text("<!doctype html><html></html>")
    run("addresses", doors, "--station", "S001", "--commit", fails=GridmapError)
    assert count(sessions, Address) == count(sessions, Audit) == 0


def test_what_a_terminal_would_obey_is_not_printed(run, doors):
    doors.write_text("code,full,lon,lat\nA,路,112.905,35.805\nB,\x1b[31mred,112.905,35.805\n")
    assert "\x1b" not in run("addresses", doors, "--station", "S001")


def test_a_mapping_without_an_equals_sign_and_a_draft_that_is_no_number_are_usage_errors(sessions, doors):
    for arguments, told in (
        (["addresses", str(doors), "--station", "S001", "--map", "code"], "write FIELD=COLUMN"),
        (["zones", str(doors), "--station", "S001", "--draft", "latest"], "--draft is the number"),
        (["zones", str(doors), "--station", "S001", "--new-station", "X"], "needs --desk-phone"),
    ):
        result = CliRunner().invoke(load, arguments, obj=Desk(sessions))
        assert result.exit_code == 2
        assert told in result.output


@pytest.mark.parametrize("kind", sorted(load.commands))
def test_every_command_tells_its_fields(kind):
    printed = CliRunner().invoke(load, [kind, "--help"]).output
    assert "Fields: " in printed
    assert "--commit" in printed


@pytest.mark.parametrize(
    ("table", "kind", "rows"),
    [
        (Shift, "shifts", "person,from,to,beats\nP1,2026-11-02 08:30,2026-11-02 18:00,all\n"),
        (Visit, "visits", "address,person,at,purpose\nD1,P1,2026-10-02 08:30,safety\n"),
        (Facility, "facilities", "code,kind,name_zh,lon,lat\nF1,学校,育才小学,112.905,35.805\n"),
    ],
)
def test_shifts_visits_and_facilities_load_dry_then_for_good(run, sessions, tmp_path, table, kind, rows):
    with sessions.begin() as session:
        make_station(session)
        make_door(session, 0.5, 0.5, code="D1")
        make_person(session, "P1")
    path = tmp_path / f"{kind}.csv"
    path.write_text(rows)
    assert f"{kind}: 1 loaded (1 new, 0 changed, 0 as before), 0 rejected" in run(kind, path, "--station", "S001")
    assert count(sessions, table) == 0
    for told in ("1 new, 0 changed, 0 as before", "0 new, 0 changed, 1 as before"):
        assert told in run(kind, path, "--station", "S001", "--commit")
    assert count(sessions, table) == 1


@pytest.mark.parametrize("kind", ["shifts", "visits"])
def test_times_are_read_in_the_zone_that_is_said(run, sessions, tmp_path, kind):
    with sessions.begin() as session:
        make_station(session)
        make_door(session, 0.5, 0.5, code="D1")
        make_person(session, "P1")
    path = tmp_path / f"{kind}.csv"
    path.write_text("person,address,at,from,to\nP1,D1,2026-01-02 08:30,2026-01-02 08:30,2026-01-02 18:00\n")
    run(kind, path, "--station", "S001", "--timezone", "UTC", "--commit")
    begin = {"shifts": "SELECT lower(during) FROM shift", "visits": "SELECT at FROM visit"}[kind]
    with sessions() as session:
        assert session.scalar(text(begin)).astimezone(UTC).hour == 8


@pytest.mark.agency
def test_the_beats_and_reports_of_a_real_agency_load(run, sessions, agency_data):
    folder = agency_data / "beats_seattle"
    printed = run(
        "zones", folder / "police_beats.geojson", "--station", "SPD1", "--new-station", "Seattle", "--desk-phone",
        "206-625-5011", "--timezone", "America/Los_Angeles", "--commit",
    )  # fmt: skip
    assert "zones: 51 loaded" in printed
    assert "metric CRS EPSG:32610" in printed
    assert count(sessions, Beat) == 51
    reports = [
        "incidents", folder / "incidents_2015_12.csv.gz", "--station", "SPD1", "--map", "number=id", "--map",
        "at=occurred_date_or_date_range_start", "--map", "category=summarized_offense_description", "--map",
        "recorded_zone=beat", "--add-categories", "--commit",
    ]  # fmt: skip
    printed = run(*reports)
    assert "incidents: 1,000 loaded (1,000 new, 0 changed, 0 as before), 0 rejected" in printed
    assert "1 places lie outside" in printed or re.search(r"\d places lie outside", printed)
    with sessions() as session:
        recorded = session.scalar(select(func.count()).where(Incident.recorded_zone.is_not(None)))
        first = session.execute(
            text("SELECT at AT TIME ZONE 'America/Los_Angeles', ST_X(geom) FROM incident WHERE number = '604062'")
        ).one()
    assert recorded == 999
    assert (str(first[0]), first[1]) == ("2016-01-02 01:13:00", -122.328857422)
    assert "(0 new, 0 changed, 1,000 as before)" in run(*reports)


@pytest.mark.agency
def test_the_plates_and_villages_of_a_real_town_load(run, sessions, agency_data):
    folder = agency_data / "sample_chenggong_town"
    run(
        "zones", folder / "villages.geojson", "--station", "CG01", "--new-station", "成功分駐所", "--desk-phone", "110",
        "--timezone", "Asia/Taipei", "--map", "code=villcode", "--map", "name_zh=village", "--commit",
    )  # fmt: skip
    printed = run(
        "zones", folder / "derived_lin_grids.geojson", "--station", "CG01", "--kind", "grid_cell", "--draft", "1",
        "--map", "code=grid_code", "--make-codes", "--commit",
    )  # fmt: skip
    assert "186 grid cells were given the beat they overlap most" in printed
    assert "edition 1 of CG01 (draft): 8 beats, 186 grid cells" in printed
    printed = run("addresses", folder / "doorplates.geojson", "--station", "CG01", "--commit")
    assert "addresses: 5,814 loaded (5,814 new, 0 changed, 0 as before), 0 rejected" in printed
    assert "3 places lie outside the jurisdiction" in printed
    assert (count(sessions, GridCell), count(sessions, Address)) == (186, 5814)
    with sessions() as session:
        door = session.scalars(select(Address).where(Address.code == "10014-023576")).one()
    assert (door.village, door.group, door.number) == ("和平里", "3鄰", "5之3號")


def test_a_dry_run_shows_which_column_was_taken_for_which_field(run, sessions, doors):
    printed = run("addresses", doors, "--station", "S001")
    assert printed.startswith("columns: code=code, full=full, lon=lon, lat=lat\n")
    doors.write_text("编号,报警时间,类别,天气\n1,2024-05-31 08:05,theft,雨\n")
    printed = run("incidents", doors, "--station", "S001", "--add-categories", "--duplicates", "skip")
    assert "columns: number=编号, at=报警时间, category=类别\n" in printed
    assert "not used: 天气 (--map FIELD=COLUMN says what one is)" in printed
    assert "columns:" not in run("incidents", doors, "--station", "S001", "--add-categories", "--commit")
