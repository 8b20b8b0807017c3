"""Notices: who is told what, from when until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.services import editions, notices
from gridmap.services.notices import NoticeNotFound, NoticeNotValid, Wish
from gridmap.store.tables import Audit
from tests import makers


@pytest.fixture
def station(sessions):
    with sessions.begin() as session:
        makers.make_station(session)
        makers.make_plate(session, "0123456789AB", makers.make_door(session, 0.5, 0.25))
        makers.make_plate(session, "0123456789AC", makers.make_door(session, 1.5, 0.25))
        editions.publish(session, "S001", makers.make_draft(session).number, by="test")


def told(session) -> list[list[object]]:
    """Return what residents' pages are given."""
    team = session.scalar(text("SELECT scan_team('S001', now(), now() + interval '1 day')"))
    return [one[1:6] for one in team["notices"]]


def test_residents_are_told_from_the_next_scan_on_until_it_is_ended(station, sessions):
    with sessions.begin() as session:
        made = notices.add(session, "S001", Wish("停水", "No water", "warning", "A1"), by="li")
        notices.add(session, "S001", Wish("全所通知"), by="li")
        notices.add(session, "S001", Wish("警格通知", zone="B"), by="li")
    with sessions.begin() as session:
        assert told(session) == [
            [None, "A1", "warning", "停水", "No water"],
            ["B", None, "info", "警格通知", ""],
            [None, None, "info", "全所通知", ""],
        ]
        assert notices.told(session, "S001") == {"": 2, "bA": 1, "bB": 1, "cA1": 1, "cB1": 1}
        notices.end(session, "S001", made.id, by="wang")
    with sessions() as session:
        assert [one[3] for one in told(session)] == ["警格通知", "全所通知"]
        assert [one.text_zh for one in notices.listing(session, "S001")] == ["警格通知", "全所通知"]
        assert [one.text_zh for one in notices.listing(session, "S001", past=True)] == ["警格通知", "全所通知", "停水"]
        kept = session.query(Audit).filter_by(thing=f"notice {made.id}").order_by(Audit.id).all()
        assert [(one.by, one.action) for one in kept] == [("li", "post notice"), ("wang", "end notice")]


def test_one_that_has_not_begun_is_taken_back_and_ending_twice_changes_nothing(station, sessions):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with sessions.begin() as session:
        later = notices.add(session, "S001", Wish("明天", since=tomorrow, until=tomorrow + timedelta(hours=1)), by="li")
        now = notices.add(session, "S001", Wish("今天"), by="li")
    with sessions.begin() as session:
        notices.end(session, "S001", later.id, by="li")
        notices.end(session, "S001", now.id, by="li")
    with sessions.begin() as session:
        (left,) = notices.listing(session, "S001", past=True)
        notices.end(session, "S001", now.id, by="li")
        assert notices.listing(session, "S001", past=True) == [left]
        with pytest.raises(NoticeNotFound):
            notices.end(session, "S001", later.id, by="li")


@pytest.mark.parametrize(
    "wish",
    [
        Wish(" \0"), Wish("长" * 501), Wish("x", "y" * 1_001), Wish("x", kind="order"), Wish("x", zone="Z9"),
        Wish("x", until=datetime.now(UTC) - timedelta(minutes=1)),
        Wish("x", since=datetime(2099, 1, 1, tzinfo=UTC)), Wish("x", until=datetime(2099, 1, 1, tzinfo=UTC)),
        Wish("x", since=datetime.now(UTC) + timedelta(hours=2), until=datetime.now(UTC) + timedelta(hours=1)),
    ],
)  # fmt: skip
def test_what_nobody_can_read_or_nobody_would_see_is_refused(station, sessions, wish):
    with sessions() as session, pytest.raises(NoticeNotValid):
        notices.add(session, "S001", wish, by="li")
