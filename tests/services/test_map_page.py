"""What the officer's map tells beside its analyses: counts of a view, one zone's story, the span compared with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gridmap.services import map_page, views
from gridmap.services.views import Asked
from gridmap.store import editions, map_view
from gridmap.store import figures as counts
from tests import makers
from tests.web.filled import STATION, TODAY, fill


@pytest.fixture
def place(session):
    fill(session)
    return editions.find_station(session, STATION)


def view(session, place, **asked):
    return views.settle(session, place, Asked(since=TODAY - timedelta(days=70), until=TODAY, **asked))


def test_a_reader_of_some_ground_counts_what_lies_on_it_and_nothing_else(session, place):
    whole = view(session, place)
    ground = makers.square(0, 0)
    own = map_page.held(session, place, whole, ground)
    assert own == map_page.held(session, place, view(session, place, zone=("A",)))
    assert 0 < own[0] < map_page.held(session, place, whole)[0]
    told = map_page.zone_story(session, place, whole, "beat", "B", known=counts.categories(session), only=ground)
    assert told.incidents.now <= 2  # those on the line that A and B share


def test_a_story_is_of_the_whole_zone_whatever_zones_are_chosen(session, place):
    known = counts.categories(session)
    alone = map_page.zone_story(session, place, view(session, place, zone=("B",)), "beat", "A", known=known)
    assert (
        alone.incidents.now
        == map_page.zone_story(session, place, view(session, place), "beat", "A", known=known).incidents.now
        > 0
    )


def test_a_village_has_a_story_without_people(session, place):
    story = map_page.zone_story(session, place, view(session, place), "village", "V", known=counts.categories(session))
    assert (story.people, story.name_zh) == ([], "村")
    assert story.doors == 2


def test_a_zone_that_is_not_in_force_is_named(session, place):
    with pytest.raises(map_page.ZoneNotOnMap, match="no grid cell Z9"):
        map_page.zone_story(session, place, view(session, place), "grid_cell", "Z9", known=counts.categories(session))


def test_nothing_now_and_before_is_compared_with_nothing(session, place):
    empty = views.settle(session, place, Asked(since=TODAY - timedelta(days=900), until=TODAY - timedelta(days=850)))
    story = map_page.zone_story(session, place, empty, "beat", "A", known=counts.categories(session))
    assert (story.incidents.now, story.incidents.before, story.incidents.p, story.incidents.ratio) == (0, 0, None, None)
    assert story.categories == []


@pytest.mark.parametrize(
    ("against", "first", "last"),
    [("before", datetime(2024, 1, 31, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)),
     ("year", datetime(2023, 2, 28, tzinfo=UTC), datetime(2023, 3, 29, tzinfo=UTC))],
)  # fmt: skip
def test_a_span_is_compared_with_one_as_long_before_or_the_same_days_a_year_ago(against, first, last):
    since, until = datetime(2024, 2, 29, tzinfo=UTC), datetime(2024, 3, 29, tzinfo=UTC)
    assert map_page.span_before(since, until, against) == (first, last)


def test_a_station_without_records_has_no_months(session):
    makers.make_station(session, "S009")
    assert map_view.months(session, "S009", "Asia/Shanghai") == []
