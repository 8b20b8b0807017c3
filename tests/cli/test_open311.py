"""`gridmap open311 key`: made and shown once, listed, ended."""

from __future__ import annotations

import hashlib
import re

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.domain.dispute_words import KINDS
from gridmap.settings import Settings
from tests import makers


@pytest.fixture
def gridmap(database_url, sessions):
    with sessions.begin() as session:
        makers.make_station(session)
    console = Console(Settings(database_url=database_url))

    def run(*words):
        return CliRunner().invoke(group, ["open311", "key", *map(str, words)], obj=console)

    yield run
    console.forget_database()


def test_a_key_is_made_shown_once_and_ended(gridmap, sessions):
    made = gridmap("add", "S001", "--name", "  City app ")
    assert made.exit_code == 0, made.output
    key = re.search(r"shown this once: (\S+)", made.output).group(1)
    with sessions() as session:
        row = session.execute(text("SELECT * FROM open311_key")).one()
        kinds = set(session.scalars(text("SELECT code FROM incident_category WHERE is_dispute")))
    assert bytes(row.sha256) == hashlib.sha256(key.encode()).digest()
    assert kinds >= set(KINDS)  # so that there is something to file
    listed = gridmap("list", "--station", "S001").output
    assert "City app: 0 filed, never used" in listed
    assert key not in listed
    assert gridmap("end", row.id).exit_code == 0
    assert "City app (ended)" in gridmap("list").output.replace("  (", " (")
    with sessions() as session:
        found = set(session.scalars(text("SELECT action FROM audit WHERE thing LIKE 'open311 key%'")))
        assert session.scalar(text("SELECT count(*) FROM open311_door(:key)"), {"key": row.sha256}) == 0
    assert found == {"add key", "end key"}


def test_what_cannot_be_is_refused(gridmap):
    assert gridmap("end", 99).exception.slug == "open311-key-not-found"
    assert gridmap("add", "S001", "--name", " ").exception.slug == "open311-key-not-named"
    assert gridmap("add", "S999", "--name", "x").exception.slug == "station-not-found"
    assert gridmap("list").output == "0 keys\n"
