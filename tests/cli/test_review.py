"""`gridmap edition publish-due` and `two-person`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.services import editions, reviews
from gridmap.settings import Settings
from gridmap.store import editions as store
from tests import makers


@pytest.fixture
def gridmap(database_url, sessions):
    """Return a function that runs a command on S001 with edition 1 in force and edition 2 set for yesterday."""
    with sessions.begin() as session:
        makers.make_station(session)
        editions.publish(session, "S001", makers.make_draft(session).number, by="test")
        number = editions.open_draft(session, "S001", by="ann").number
        reviews.hand_in(session, "S001", number, by="ann")
        reviews.approve(session, "S001", number, by="bob")
        reviews.schedule(session, "S001", number, by="bob", at=datetime.now(UTC) + timedelta(days=1))
    console = Console(Settings(database_url=database_url))

    def run(*arguments):
        return CliRunner().invoke(group, [str(one) for one in arguments], obj=console)

    yield run
    console.forget_database()


def come_due(sessions):
    with sessions.begin() as session:
        session.execute(text("UPDATE edition SET publish_at = now() - interval '1 day' WHERE number = 2"))


def test_what_is_due_is_published_once(gridmap, sessions):
    assert gridmap("edition", "publish-due").output == "0 published, 0 refused\n"
    come_due(sessions)
    said = gridmap("edition", "publish-due")
    assert "edition 2 of station S001 is in force" in said.output
    assert said.output.endswith("1 published, 0 refused\n")
    assert gridmap("edition", "publish-due").output == "0 published, 0 refused\n"


def test_a_refusal_is_told_and_ends_with_status_1(gridmap, sessions):
    come_due(sessions)
    with sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(
            text("DELETE FROM beat USING edition e WHERE e.id = edition_id AND e.number = 2 AND code = 'A'")
        )
    said = gridmap("edition", "publish-due")
    assert said.exit_code == 1
    assert "was refused: " in said.stderr
    assert said.stdout == "0 published, 1 refused\n"
    with sessions() as session:
        assert store.in_force(session, "S001").number == 1


@pytest.mark.parametrize(("wish", "wanted"), [("--on", True), ("--off", False)])
def test_whether_two_people_are_wanted_is_set_and_on_record(gridmap, sessions, wish, wanted):
    assert "station S001 publishes" in gridmap("edition", "two-person", "S001", wish).output
    with sessions() as session:
        assert store.find_station(session, "S001").two_person is wanted
        (told,) = session.scalars(text("SELECT after->>'two_person' FROM audit WHERE action = 'set two-person rule'"))
    assert told == str(wanted).lower()
