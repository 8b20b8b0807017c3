"""What the driver raises has a name of ours, whichever table or trigger it came from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gridmap.errors import GridmapError
from gridmap.store import driver_errors, editions
from gridmap.store.driver_errors import named_errors
from tests import makers


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("UPDATE beat SET name_zh = 'x'", driver_errors.EditionFrozen),
        ("UPDATE edition SET status = 'draft'", driver_errors.EditionFrozen),
        ("DELETE FROM edition_period", driver_errors.HistoryFrozen),
        ("UPDATE audit SET action = 'x'", driver_errors.HistoryFrozen),
        ("INSERT INTO assignment VALUES (1, 'nothing', 'S001')", driver_errors.UnknownReference),
        ("INSERT INTO person (station, code, name) VALUES ('S999', 'x', 'x')", driver_errors.UnknownReference),
        ("INSERT INTO edition (station, number, created_by) VALUES ('S001', 1, 'x')", driver_errors.AlreadyThere),
        ("UPDATE station SET desk_phone = ''", driver_errors.RuleBroken),
        ("SELECT 'x'::int", driver_errors.RuleBroken),
        ("SET LOCAL statement_timeout = 20; SELECT pg_sleep(1)", driver_errors.TooSlow),
    ],
)
def test_a_rule_of_the_database_becomes_an_error_with_a_name(session, statement, error):
    makers.make_station(session)
    draft = makers.make_draft(session)
    editions.set_published(session, draft, by="test", at=datetime(2025, 1, 1, tzinfo=UTC))
    with pytest.raises(error) as told, named_errors():
        session.execute(text(statement))
    assert isinstance(told.value, GridmapError)
    assert not any(word in told.value.detail for word in ("SELECT", "INSERT", "UPDATE", "psycopg"))


def test_text_that_no_column_can_hold_is_the_senders_fault(session):
    with pytest.raises(driver_errors.RuleBroken), named_errors():
        session.execute(text("SELECT CAST(:value AS text)"), {"value": "a\0b"})


def test_a_connection_cut_in_the_middle_is_a_database_that_is_away(sessions, session):
    with sessions() as cut:
        backend = cut.scalar(text("SELECT pg_backend_pid()"))
        session.execute(text(f"SELECT pg_terminate_backend({backend})"))
        with pytest.raises(driver_errors.DatabaseAway), named_errors():
            cut.execute(text("SELECT 1"))
        cut.invalidate()


def test_who_waits_for_a_row_that_somebody_holds_is_told_so(sessions, session):
    makers.make_station(session)
    session.commit()
    session.execute(text("UPDATE station SET desk_phone = '1'"))
    with sessions() as waiting:
        waiting.execute(text("SET LOCAL lock_timeout = 20"))
        with pytest.raises(driver_errors.Busy), named_errors():
            waiting.execute(text("UPDATE station SET desk_phone = '2'"))


def test_two_serializable_changes_that_meet_are_a_conflict(sessions, session):
    makers.make_station(session)
    session.commit()
    with sessions() as other:
        other.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        other.execute(text("SELECT * FROM station"))
        session.execute(text("UPDATE station SET desk_phone = '1'"))
        session.commit()
        with pytest.raises(driver_errors.Busy), named_errors():
            other.execute(text("UPDATE station SET desk_phone = '2'"))


def test_a_defect_of_ours_keeps_its_own_name(session):
    with pytest.raises(ProgrammingError), named_errors():
        session.execute(text("SELECT * FROM no_such_table"))
