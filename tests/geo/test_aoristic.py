"""Spans of time: each event weighs 1, second by second on the clock of the place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.aoristic import SpanWrong, aoristic_by_weekday, hours_between, in_hours
from gridmap.geo.timeline import TimesWithoutZone, ZoneNotKnown, hour_by_weekday

ZONES = ["Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
instants = st.datetimes(datetime(2020, 1, 1), datetime(2024, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
dst = st.sampled_from([datetime(2023, 3, 12, 5, tzinfo=UTC), datetime(2023, 11, 5, 4, tzinfo=UTC)])
spans = st.tuples(st.one_of(instants, dst), st.integers(0, 9 * 24 * 12).map(lambda step: timedelta(minutes=5 * step)))


def series(times):
    return pd.Series(times, dtype="datetime64[us, UTC]")


def plain(at, length, zone):
    """Return the weights of one event by looking at each five minutes of it."""
    weights = np.zeros((7, 24))
    steps = int(length / timedelta(minutes=5))
    if length > timedelta(days=7):
        return weights + 1 / 168
    for step in range(max(steps, 1)):
        local = (at + step * timedelta(minutes=5)).astimezone(ZoneInfo(zone))
        weights[local.weekday(), local.hour] += 1 / max(steps, 1)
    return weights


@settings(max_examples=20)
@given(events=st.lists(spans, max_size=6), zone=st.sampled_from(ZONES))
def test_every_span_is_spread_as_its_clock_runs(events, zone):
    events = [(at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0), length) for at, length in events]
    found = aoristic_by_weekday(series([at for at, _ in events]), series([at + long for at, long in events]), zone)
    expected = sum((plain(at, length, zone) for at, length in events), np.zeros((7, 24)))
    assert np.allclose(found, expected, atol=1e-12)


@settings(max_examples=20)
@given(events=st.lists(spans, min_size=1, max_size=6), zone=st.sampled_from(ZONES), data=st.data())
def test_the_weight_in_some_hours_is_that_part_of_the_table(events, zone, data):
    hours, weekdays = data.draw(st.sets(st.integers(0, 23))), data.draw(st.sets(st.integers(0, 6)))
    at, until = series([at for at, _ in events]), series([at + long for at, long in events])
    weight = in_hours(at, until, hours=hours, weekdays=weekdays, zone=zone)
    table = aoristic_by_weekday(at, until, zone)
    assert weight.sum() == pytest.approx(table.loc[sorted(weekdays), sorted(hours)].to_numpy().sum(), abs=1e-9)
    assert ((weight >= 0) & (weight <= 1)).all()
    rest = in_hours(at, until, hours=set(range(24)) - hours, zone=zone)
    assert np.allclose(in_hours(at, until, hours=hours, zone=zone) + rest, 1)


@settings(max_examples=30)
@given(times=st.lists(instants, max_size=30), zone=st.sampled_from(ZONES))
def test_instants_are_counted_as_ever(times, zone):
    at = series(times)
    expected = hour_by_weekday(at, zone)
    for until in (at, series([None] * len(times)), [None] * len(times)):
        assert (aoristic_by_weekday(at, until, zone) == expected).all(axis=None)


@given(events=st.lists(spans, max_size=30))
def test_no_event_is_lost_and_none_doubled(events):
    total = aoristic_by_weekday(series([at for at, _ in events]), series([at + long for at, long in events]))
    assert total.to_numpy().sum() == pytest.approx(len(events))


def test_a_night_is_split_to_the_second():
    at, until = series(["2024-01-01T14:30:00Z"]), series(["2024-01-01T16:00:01Z"])  # Monday 22:30:00 to 00:00:01
    table = aoristic_by_weekday(at, until)
    assert table.loc[0, 22] == pytest.approx(1_800 / 5_401, rel=1e-14)
    assert table.loc[0, 23] == pytest.approx(3_600 / 5_401, rel=1e-14)
    assert table.loc[1, 0] == pytest.approx(1 / 5_401, rel=1e-11)
    assert in_hours(at, until, hours=hours_between(22, 24)).tolist() == [5_400 / 5_401]


def test_an_hour_that_the_clock_skips_has_no_weight_and_a_repeated_one_has_two():
    spring = aoristic_by_weekday(series(["2023-03-12T05:00Z"]), series(["2023-03-12T09:00Z"]), "America/New_York")
    assert spring.loc[6].tolist()[:6] == [0.25, 0.25, 0, 0.25, 0.25, 0]
    autumn = aoristic_by_weekday(series(["2023-11-05T04:00Z"]), series(["2023-11-05T08:00Z"]), "America/New_York")
    assert autumn.loc[6].tolist()[:4] == [0.25, 0.5, 0.25, 0]


def test_a_night_goes_over_midnight():
    assert hours_between(22, 6) == {22, 23, 0, 1, 2, 3, 4, 5}
    assert hours_between(8, 17) == set(range(8, 17))
    assert hours_between(0, 0) == hours_between(0, 24) == set(range(24))


def test_an_event_without_a_time_weighs_nothing():
    at = series([None, "2024-01-01T14:30:00Z"])
    assert in_hours(at).tolist() == [0, 1]
    assert in_hours(series([])).tolist() == []
    assert aoristic_by_weekday(at, at).to_numpy().sum() == 1
    assert in_hours(series([None])).tolist() == [0]


def test_what_is_no_span_is_refused():
    at = series(["2024-01-01T14:30Z"])
    with pytest.raises(SpanWrong, match="before they begin"):
        aoristic_by_weekday(at, at - timedelta(seconds=1))
    with pytest.raises(SpanWrong, match="as many"):
        aoristic_by_weekday(at, series([]))
    for wrong in ({"hours": [24]}, {"weekdays": [-1]}):
        with pytest.raises(SpanWrong):
            in_hours(at, **wrong)
    with pytest.raises(TimesWithoutZone):
        aoristic_by_weekday(at, at.dt.tz_localize(None))
    with pytest.raises(ZoneNotKnown):
        in_hours(at, zone="Asia/Gaoping")
