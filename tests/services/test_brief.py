"""The briefing: its figures are what SQL counts, each with an honest comparison; its days are those on record."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import orjson
import pytest
import shapely
from sqlalchemy import text

from gridmap.geo.change_tests import compare_counts
from gridmap.services import brief, editions, views
from gridmap.services.brief.again import MOST
from gridmap.services.views import Asked
from gridmap.store import figures as counts
from gridmap.store.tables import Dispute, IncidentCategory
from tests import makers

HERE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 7, 3, 4, tzinfo=UTC)
MAY, JUNE, LAST_JUNE = (datetime(*day, tzinfo=HERE) for day in ((2025, 5, 2), (2025, 6, 1), (2024, 6, 1)))


def dispute(place, n, opened, days=None, **facts):
    settled = None if days is None else opened + timedelta(days=days)
    return Dispute(
        station=place.code, number=f"D{n}-{opened:%Y%m%d}", kind="quarrel", opened_at=opened, settled_at=settled,
        geom=makers.wkb(makers.spot(0.5, 0.5)), **({"state": "open" if settled is None else "settled"} | facts),
    )  # fmt: skip


@pytest.fixture
def place(session):
    """Make a station with 40 incidents in June 2025, 20 in the thirty days before, 40 the June before; and disputes."""
    station = makers.make_station(session)
    draft = makers.make_draft(session)
    editions.publish(session, station.code, draft.number, by="test")
    session.add(IncidentCategory(code="quarrel", name_zh="纠纷", name_en="Quarrel", is_dispute=True))
    session.flush()
    for start, each in ((JUNE, 40), (MAY, 20), (LAST_JUNE, 40)):
        for n in range(each):
            at = start + timedelta(hours=17 * n, minutes=n)
            kind = "quarrel" if n % 4 == 0 else "noise"
            makers.make_incident(session, 0.1 + n / 50, 0.5, at.astimezone(UTC), category=kind)
    for start, each, days in ((JUNE, 12, 2), (MAY, 12, 8), (LAST_JUNE, 4, 4)):
        for n in range(each):
            session.add(dispute(station, n, start + timedelta(days=n), days + n / 10))
    session.add(dispute(station, 90, JUNE, None, tier=2, due_at=NOW - timedelta(days=3)))
    session.add(dispute(station, 91, JUNE + timedelta(days=1), None, tier=2, due_at=NOW + timedelta(days=3)))
    session.add(dispute(station, 92, JUNE + timedelta(days=2), None, tier=1))
    door = makers.make_door(session, 0.5, 0.5)
    for n in range(5):
        makers.make_visit(session, door, (JUNE + timedelta(days=n)).astimezone(UTC))
    makers.make_incident(session, 0.5, 0.5, datetime(2025, 6, 30, 15, 59, tzinfo=UTC))  # 23:59 of the last day
    session.flush()
    return station


@pytest.fixture
def spans(session, place):
    since, until = brief.period_of(session, place, NOW)
    return brief.settle_spans(session, place, views.settle(session, place, Asked(since, until)), NOW)


def sql(session, what, span, column="at"):
    query = text(f"SELECT count(*) FROM {what} AND {column} >= :since AND {column} < :until")
    return session.scalar(query, {"since": span[0], "until": span[1]})


def test_the_last_whole_month_on_record_is_meant_until_told_otherwise(session, place):
    assert brief.period_of(session, place, NOW) == (date(2025, 6, 1), date(2025, 6, 30))
    assert brief.period_of(session, place, datetime(2025, 6, 20, tzinfo=UTC)) == (date(2025, 5, 1), date(2025, 5, 31))


def test_a_period_that_is_not_over_on_record_is_compared_with_as_many_days(session, place):
    since, until = brief.period_of(session, place, NOW, date(2025, 6, 1), date(2025, 7, 31))
    assert (since, until) == (date(2025, 6, 1), date(2025, 6, 30))
    # of what nobody recorded, nothing is cut off
    assert brief.period_of(session, place, NOW, date(2025, 7, 1), date(2025, 7, 31))[1] == date(2025, 7, 31)


def test_every_count_is_what_sql_counts(session, place, spans):
    found = brief.figures(session, place, spans, counts.categories(session))
    lines = {one.key: one for one in found.lines}
    wanted = {
        "incidents": ("incident WHERE true", "at"),
        "disputes": ("incident WHERE category = 'quarrel'", "at"),
        "cases": ("dispute WHERE true", "opened_at"),
        "settled": ("dispute WHERE settled_at IS NOT NULL", "settled_at"),
        "visits": ("visit WHERE true", "at"),
    }
    for key, (what, column) in wanted.items():
        now, before, year = (sql(session, what, span, column) for span in spans.all)
        assert lines[key].value == now, key
        assert lines[key].before.value == (before if key != "visits" else None), key
        assert lines[key].year.value == (year if key != "visits" else None), key
    assert (lines["incidents"].value, lines["incidents"].before.value) == (41, 20)
    assert found.days == 30
    rows = {one.category.code: one.count for one in found.categories}
    assert rows == {
        code: sql(session, f"incident WHERE category = '{code}'", spans.period) for code in ("noise", "quarrel")
    }


def test_a_comparison_has_the_ratio_and_p_of_the_exact_tests_over_the_days_on_record(session, place, spans):
    incidents = brief.figures(session, place, spans, counts.categories(session)).lines[0]
    told = compare_counts(20, 41, exposure_before=30, exposure_after=30).iloc[0]
    assert (incidents.before.ratio, incidents.before.p) == (told["ratio"], told["p"])
    assert incidents.before.said == "more"
    assert incidents.year.said == "same"
    half = spans.days(spans.year, datetime(2024, 6, 16, 3, tzinfo=HERE))
    assert half == 15  # the day of the first record counts whole


def test_the_share_settled_and_the_days_it_took_are_those_of_the_span(session, place, spans):
    lines = {one.key: one for one in brief.figures(session, place, spans, counts.categories(session)).lines}
    assert lines["rate_settled"].value == pytest.approx(12 / 15)
    assert lines["rate_settled"].before.value == pytest.approx(1.0)
    # settled in June: the twelve of June, and those of May that took until then
    hours = session.scalars(
        text("""SELECT extract(epoch FROM settled_at - opened_at) / 86400 FROM dispute
                WHERE settled_at >= :since AND settled_at < :until ORDER BY 1"""),
        {"since": spans.period[0], "until": spans.period[1]},
    ).all()
    middle = (float(hours[(len(hours) - 1) // 2]) + float(hours[len(hours) // 2])) / 2
    assert lines["days_to_settle"].value == pytest.approx(middle)
    assert lines["days_to_settle"].before.said == "fewer"


def test_what_was_not_recorded_is_compared_with_nothing(session, place, spans):
    visits = brief.figures(session, place, spans, counts.categories(session)).lines[-1]
    assert visits.value == 5
    assert (visits.before.value, visits.before.said, visits.year.said) == (None, None, None)


def test_open_disputes_are_told_by_tier_with_those_past_their_day_and_the_oldest(session, place):
    for n, (state, matter) in enumerate((("joint", "dispute"), ("not_ours", "dispute"), ("open", "tip"))):
        session.add(dispute(place, 93 + n, JUNE + timedelta(days=4), tier=2, due_at=NOW, state=state, matter=matter))
    session.flush()
    found = brief.open_disputes(session, place, NOW)
    # the one nobody gave a day was to be accepted within hours
    assert [(one.tier, one.count, one.overdue, one.no_deadline) for one in found.tiers] == [(1, 1, 1, 0), (2, 3, 1, 0)]
    assert found.tiers[1].oldest == JUNE
    assert found.beats == {"A": 4}


def test_what_others_had_to_settle_and_what_is_no_dispute_counts_for_no_rate(session, place, spans):
    for n, facts in enumerate(({"state": "not_ours"}, {"state": "withdrawn"}, {"matter": "hazard"}, {"matter": "tip"})):
        session.add(dispute(place, 93 + n, JUNE, **facts))
    session.flush()
    lines = {one.key: one for one in brief.figures(session, place, spans, counts.categories(session)).lines}
    assert lines["cases"].value == 17
    assert lines["rate_settled"].value == pytest.approx(12 / 15)


SQUARES = [shapely.box(x, y, x + 1e-3, y + 1e-3) for x, y in ((112.9, 35.8), (112.901, 35.8), (112.95, 35.8))]


def emerging(*classes):
    features = [
        {"type": "Feature", "geometry": orjson.Fragment(shapely.to_geojson(shape)), "properties": {
            "class": kind, "first_hot": "2025-01-01", "last_hot": "2025-05-01", "series": [1, n + 1]}}
        for n, (kind, shape) in enumerate(zip(classes, SQUARES, strict=False))
    ]  # fmt: skip
    tally = {kind: classes.count(kind) for kind in classes}
    return orjson.dumps({"cells": {"features": features}, "facts": {"tally": tally, "size_m": 300}})


def hotspots(*hot, enough=True):
    features = [{"geometry": {"coordinates": [[n]]}, "properties": {"class": kind}} for n, kind in enumerate(hot)]
    return orjson.dumps({"cells": {"features": features}, "facts": {"enough": enough}})


def no_zones():
    empty = gpd.GeoDataFrame({"code": [], "name_zh": [], "name_en": []}, geometry=[], crs=4547)
    return {"beat": empty, "village": empty}


def test_squares_that_touch_are_one_new_area_and_hot_squares_are_compared_one_by_one():
    found = brief.hot_of(
        emerging("new", "new", "gone"), hotspots("hot99", "hot95", "cold95"), hotspots("hot99", "", "hot95"),
        no_zones(), 4547,
    )  # fmt: skip
    assert [(one.kind, one.squares, one.events) for one in found.areas] == [("new", 2, 3), ("gone", 1, 3)]
    assert found.tally is not None
    assert (found.tally["new"], found.tally["gone"], found.tally["fading"]) == (2, 1, 0)
    assert (found.now, found.newly, found.no_longer) == (2, 1, 1)


def test_too_few_events_call_nothing_new():
    found = brief.hot_of(None, hotspots("hot99"), hotspots(enough=False), no_zones(), 4547)
    assert (found.tally, found.areas) == (None, [])
    assert (found.now, found.newly, found.no_longer) == (1, None, None)


def test_doors_that_grow_worse_come_first_and_no_door_is_placed_for_who_may_not_read_addresses():
    rows = [
        {"address": n, "full": f"Road {n}", "events": 9 - n % 9, "last": "2025-06-02T00:00:00", "q": 0.5, "worse": "",
         "lon": 1.0, "lat": 2.0}
        for n in range(20)
    ]  # fmt: skip
    rows[17] |= {"worse": "rising", "events": 2}
    facts = {"places": 20, "worse": 1, "events_at_doors": 60, "level": 0.05}
    body = orjson.dumps({"facts": facts, "tables": {"places": rows}})
    named = brief.again_of(body, named=True)
    assert (named.doors[0].full, named.doors[0].worse, len(named.doors)) == ("Road 17", "rising", MOST)
    hidden = brief.again_of(body, named=False)
    assert {one.full for one in hidden.doors} == {""}
    assert all(one.lon != one.lon for one in hidden.doors)


def test_festivals_of_the_next_thirty_days_else_the_next_one():
    row = {"festival": "spring_festival", "phase": "during", "ratio": 0.7}
    body = orjson.dumps({"tables": {"festivals": [row]}})
    near = brief.festivals_ahead(body, date(2026, 1, 25))
    assert [(one.festival.festival, one.soon, one.past) for one in near] == [("spring_festival", True, [row])]
    far = brief.festivals_ahead(body, date(2026, 11, 22))
    assert [(one.festival.festival, one.soon) for one in far] == [("spring_festival", False)]
