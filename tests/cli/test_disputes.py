"""`gridmap disputes export`: what the options let pass, in the file its ending names."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli.disputes import disputes
from gridmap.services.disputes.export import KindUnclear
from gridmap.store.editions import StationNotFound
from gridmap.store.tables import Dispute, IncidentCategory
from tests.makers import make_station


class Desk:
    """What a command is handed: sessions, and who gives the command."""

    person = "tester@console"

    def __init__(self, sessions):
        self.sessions = sessions


@pytest.fixture
def run(sessions):
    """Return a function that runs `gridmap disputes …` at a station of three disputes."""
    with sessions.begin() as session:
        make_station(session)
        session.add(IncidentCategory(code="noise", name_zh="噪音", name_en="Noise", is_dispute=True))
        session.flush()
        for day, matter in ((1, "dispute"), (2, "tip"), (3, "dispute")):
            opened = datetime(2025, 5, day, 17, tzinfo=UTC)  # the next day at the station
            session.add(Dispute(station="S001", number=f"D{day}", kind="noise", opened_at=opened, matter=matter))

    def work(*arguments: object):
        return CliRunner().invoke(disputes, [str(each) for each in arguments], obj=Desk(sessions))

    return work


def test_the_options_narrow_what_is_written(run, tmp_path):
    out = tmp_path / "d.csv"
    done = run(
        "export",
        "S001",
        "--out",
        out,
        "--matter",
        "dispute",
        "--opened-from",
        "2025-05-03",
        "--opened-to",
        "2025-05-04",
    )
    assert done.exit_code == 0, done.output
    assert done.stdout == f"1 disputes in {out}\n"
    assert "证件号码已遮盖" in done.stderr
    with out.open(encoding="utf-8-sig") as file:
        assert [row["纠纷编号"] for row in csv.DictReader(file)] == ["D3"]
    assert run("export", "S001", "--out", tmp_path / "d.xlsx", "--state", "closed", "--lang", "en").stdout.startswith(
        "0 disputes"
    )


def test_what_cannot_be_meant_is_told(run, tmp_path):
    assert isinstance(run("export", "S001", "--out", tmp_path / "d.pdf").exception, KindUnclear)
    assert isinstance(run("export", "S999", "--out", tmp_path / "d.csv").exception, StationNotFound)
    assert (
        "--holder is person:CODE or body:CODE"
        in run("export", "S001", "--out", tmp_path / "d.csv", "--holder", "me").output
    )


def test_none_is_lost_is_said_and_what_is_lost_ends_with_one(run, sessions):
    assert run("lost").output == "none is lost\n"
    with sessions.begin() as session:
        session.execute(text("UPDATE body SET active = false WHERE code = 'desk'"))
    told = run("lost", "S001")
    assert told.exit_code == 1
    assert "S001  dispute 1: its body is gone" in told.output
    assert told.output.endswith("3 lost\n")


def test_days_are_checked_and_counted_anew(run, sessions):
    assert run("count").exit_code == 0
    assert run("count", "--check", "S001").output == "S001  right\n"
    with sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))  # past the triggers, as a restore does
        session.execute(text("UPDATE dispute SET tier = 3 WHERE number = 'D3'"))
    told = run("count", "--check")
    assert told.exit_code == 1
    assert told.output.startswith("S001  20")
    assert run("count", "S001").output.endswith("days counted\n")
    assert run("count", "--check").exit_code == 0
