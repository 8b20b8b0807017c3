"""The version of a station's data: another one after each change, and nobody else's business."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from gridmap.store.data_version import KINDS, data_version, prune
from gridmap.store.engine import enter_scope
from tests import makers

WHEN = datetime(2025, 6, 1, tzinfo=UTC)


def test_a_change_makes_a_new_version_of_its_kind_and_of_its_station_alone(session):
    makers.make_station(session, "S001")
    makers.make_station(session, "S002", x=5)
    before = {kind: data_version(session, "S001", kind) for kind in KINDS}
    other = data_version(session, "S002")
    makers.make_incident(session, 0.5, 0.5, WHEN)
    after = {kind: data_version(session, "S001", kind) for kind in KINDS}
    assert {kind for kind in KINDS if before[kind] != after[kind]} == {"incident"}
    assert data_version(session, "S002") == other
    assert data_version(session, "S001") != data_version(session, "S001", "visit")


def test_an_older_transaction_that_commits_later_makes_a_new_version_too(sessions):
    with sessions.begin() as session:
        makers.make_station(session)
        makers.make_incident(session, 0.1, 0.1, WHEN)
    slow, quick = sessions(), sessions()
    makers.make_incident(slow, 0.2, 0.2, WHEN)
    makers.make_incident(quick, 0.3, 0.3, WHEN)
    quick.commit()
    between = data_version(quick, "S001", "incident")
    quick.rollback()
    slow.commit()
    assert data_version(quick, "S001", "incident") != between
    slow.close()
    quick.close()


def test_a_misspelt_kind_is_told(session):
    with pytest.raises(ValueError, match="incidents"):
        data_version(session, "S001", "incidents")


def test_pruning_keeps_the_newest_change_of_each_kind(sessions, app_sessions):
    with sessions.begin() as session:
        makers.make_station(session)
        for x in (0.1, 0.2, 0.3):
            makers.make_incident(session, x, 0.5, WHEN)
        makers.make_door(session, 0.5, 0.5)
        session.execute(text("UPDATE data_change SET at = now() - interval '8 days'"))
        newest = session.scalar(text("SELECT max(id) FROM data_change WHERE what = 'incident'"))
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        prune(session)
        assert data_version(session, "S001", "incident") == f"1-{newest}"
        assert data_version(session, "S001", "address").startswith("1-")
