"""The view an address means: period, categories, hours; said back as the same address."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.incidents import Origin
from gridmap.services import views
from gridmap.services.views import Asked
from gridmap.store.tables import IncidentCategory
from tests import makers

WHEN = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def place(session):
    station = makers.make_station(session)
    session.add_all(
        [
            IncidentCategory(code="quarrel", name_zh="吵", name_en="Quarrel", is_dispute=True),
            IncidentCategory(code="debt", name_zh="债", name_en="Debt", is_dispute=True),
        ]
    )
    session.flush()
    makers.make_incident(session, 0.5, 0.5, WHEN, category="noise")
    return station


def test_without_a_period_the_view_is_the_newest_year_on_record(session, place):
    view = views.settle(session, place, Asked())
    assert (view.since, view.until) == (date(2024, 6, 2), date(2025, 6, 1))
    assert view.days == 365


def test_a_first_day_alone_runs_to_the_newest_and_a_last_day_alone_a_year_back(session, place):
    assert views.settle(session, place, Asked(since=date(2025, 5, 1))).until == date(2025, 6, 1)
    assert views.settle(session, place, Asked(until=date(2025, 5, 1))).since == date(2024, 5, 2)


def test_days_begin_at_midnight_of_the_station(session, place):
    view = views.settle(session, place, Asked(since=date(2025, 6, 1), until=date(2025, 6, 1)))
    first, last = view.moments(place.timezone)
    assert first.astimezone(UTC) == datetime(2025, 5, 31, 16, tzinfo=UTC)
    assert (last - first).total_seconds() == 86_400


def test_disputes_stand_for_every_category_that_is_one(session, place):
    view = views.settle(session, place, Asked(category=("disputes", "noise")))
    assert view.categories == ("debt", "noise", "quarrel")
    assert view.query()["category"] == ["disputes", "noise"]


def test_a_period_that_ends_before_it_begins_is_refused(session, place):
    with pytest.raises(views.PeriodWrong, match="put the earlier day first"):
        views.settle(session, place, Asked(since=date(2025, 6, 2), until=date(2025, 6, 1)))


@pytest.mark.parametrize("text", ["7", "7-", "-7", "24-3", "3-25", "a-b", "1-2-3"])
def test_hours_that_are_none_are_refused(text):
    with pytest.raises(views.HoursWrong, match="20-6"):
        views.read_hours(text)


@pytest.mark.parametrize(
    ("text", "hours"), [("20-6", (20, 6)), ("8-24", (8, 0)), ("0-24", None), ("", None), ("5-5", None)]
)
def test_hours_are_two_and_the_whole_day_is_none(text, hours):
    assert views.read_hours(text) == hours


@given(
    tier=st.sets(st.integers(1, 9)), zone=st.sets(st.sampled_from(["A", "B1", "成功镇"])), weekday=st.sets(st.integers(1, 7)),
    first=st.integers(0, 23), last=st.integers(0, 23), origin=st.sampled_from(list(Origin)),
)  # fmt: skip
def test_what_a_view_says_of_itself_means_the_same_view(tier, zone, weekday, first, last, origin):
    asked = Asked(
        date(2025, 1, 1),
        date(2025, 2, 1),
        ("noise",),
        tuple(tier),
        tuple(zone),
        f"{first}-{last}",
        tuple(weekday),
        origin,
    )
    view = views.settle(None, None_Place, asked, [])
    told = view.query()
    again = Asked(
        date.fromisoformat(told["since"][0]), date.fromisoformat(told["until"][0]), tuple(told["category"]),
        tuple(int(n) for n in told.get("tier", [])), tuple(told.get("zone", [])), told.get("hours", [""])[0],
        tuple(int(n) for n in told.get("weekday", [])), Origin(told.get("origin", ["all"])[0]),
    )  # fmt: skip
    assert views.settle(None, None_Place, again, []) == view


class None_Place:  # noqa: N801
    """A station whose clock is known and whose database is not asked, for the period is given."""

    timezone = "Asia/Shanghai"
