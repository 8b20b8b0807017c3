"""Which days are meant, what is kept, and whether a change is more than chance."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from gridmap.domain.access import Role, RoleMayNot, StationNotInScope
from gridmap.domain.figure_spans import Span, SpanWrong
from gridmap.services.disputes.figure_asking import AskedSpan, ask_city, ask_station, settle
from gridmap.services.disputes.figure_shelf import FigureShelf
from gridmap.store.tables import Dispute
from tests import makers
from tests.disputes import actor_of, add_kinds

NOW = datetime(2026, 11, 22, 17, tzinfo=UTC)  # the 23rd by the station's clocks
BOSS = actor_of(None, Role.COMMANDER, "boss")


@pytest.fixture
def opened(session):
    """Return the function that adds so many disputes at S001, opened some days ago, the first `done` of them settled."""
    makers.make_station(session)
    add_kinds(session)

    def add(number, ago, done=0):
        at = NOW - timedelta(days=ago)
        session.add_all(
            Dispute(
                station="S001", number=f"{ago}-{n}", kind="family", opened_at=at, settled_at=at if n < done else None,
                state="settled" if n < done else "open",
            )
            for n in range(number)
        )  # fmt: skip
        session.flush()

    return add


def days(session, **asked):
    return settle(session, ("S001",), AskedSpan(**asked), NOW)


def test_a_period_that_runs_ends_today_while_things_are_recorded(session, opened):
    opened(1, 6)
    assert days(session).span == Span(date(2026, 11, 1), date(2026, 11, 23), "month")
    assert days(session, period="week").span == Span(date(2026, 11, 23), date(2026, 11, 23), "week")
    assert days(session, period="quarter", day=date(2026, 9, 30)).span == Span(
        date(2026, 7, 1), date(2026, 9, 30), "quarter"
    )


def test_records_that_end_a_week_ago_end_the_period(session, opened):
    opened(1, 23)
    assert days(session).span == Span(date(2026, 10, 1), date(2026, 10, 31), "month")
    assert days(session, period="year").span == Span(date(2026, 1, 1), date(2026, 10, 31), "year")
    # what somebody asks for by its days is told as it was asked
    own = days(session, since=date(2026, 11, 1), until=date(2026, 11, 9))
    assert (own.period, own.span) == ("own", Span(date(2026, 11, 1), date(2026, 11, 9)))


def test_days_that_are_none_are_refused(session, opened):
    for asked in ({"period": "decade"}, {"since": date(2026, 1, 1)}, {"period": "own"}):
        with pytest.raises(SpanWrong):
            days(session, **asked)


def test_nobody_gets_what_was_kept_for_somebody_else(session, opened):
    opened(3, 1)
    shelf = FigureShelf()
    first = ask_station(session, BOSS, shelf, "S001", AskedSpan(), now=NOW)[0]
    assert ask_station(session, BOSS, shelf, "S001", AskedSpan(), now=NOW)[0] is first
    with pytest.raises(RoleMayNot):
        ask_station(session, actor_of(None, Role.GRID_MEMBER, "grid"), shelf, "S001", AskedSpan(), now=NOW)
    with pytest.raises(StationNotInScope):
        ask_station(session, actor_of(None, Role.COMMANDER, "far", "S002"), shelf, "S001", AskedSpan(), now=NOW)
    city = ask_city(session, BOSS, shelf, AskedSpan(), now=NOW)[0]
    assert ask_city(session, BOSS, shelf, AskedSpan(), now=NOW)[0] is city
    assert ask_city(session, actor_of(None, Role.COMMANDER, "far", "S002"), shelf, AskedSpan(), now=NOW)[0].rows == ()


def test_a_change_is_called_one_only_where_it_is_more_than_chance(session, opened):
    opened(30, 1, done=28)
    opened(10, 25, done=2)
    opened(9, 400)
    own = AskedSpan(since=date(2026, 11, 1), until=date(2026, 11, 23))
    _, changes, _ = ask_station(session, BOSS, FigureShelf(), "S001", own, now=NOW)
    before, year = changes["taken"]
    assert (before.said, before.ratio) == ("more", pytest.approx(3))
    assert year is not None
    assert changes["share_settled"][0].said == "more"
    assert changes["share_closed"] == (None, None)  # none was closed, then or now
    opened(8, 2)
    same = AskedSpan(since=date(2026, 11, 21), until=date(2026, 11, 21))
    told = ask_station(session, BOSS, FigureShelf(), "S001", same, now=NOW)[1]
    assert told["taken"][0].said == "more"  # eight against none
