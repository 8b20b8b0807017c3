"""Hours by weekdays: on the clock of the place, with nothing lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.geo.timeline import TimesWithoutZone, ZoneNotKnown, hour_by_weekday, hours_observed

ZONES = ["Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
instants = st.datetimes(datetime(1999, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(times=st.lists(instants, max_size=40), zone=st.sampled_from(ZONES))
def test_every_event_stands_at_the_hour_its_clock_showed(times, zone):
    counts = hour_by_weekday(pd.Series(times, dtype="datetime64[us, UTC]"), zone)
    expected = np.zeros((7, 24), dtype=int)
    for time in times:
        local = time.astimezone(ZoneInfo(zone))
        expected[local.weekday(), local.hour] += 1
    assert counts.to_numpy().tolist() == expected.tolist()


def test_the_table_is_monday_first_and_midnight_first():
    counts = hour_by_weekday(pd.DatetimeIndex(["2024-04-01T00:10+08:00", "2024-04-07T23:59+08:00"]))
    assert counts.shape == (7, 24)
    assert (counts.index.name, counts.columns.name) == ("weekday", "hour")
    assert counts.loc[0, 0] == counts.loc[6, 23] == 1


def test_missing_times_are_left_out_and_no_time_is_a_table_of_zeros():
    assert hour_by_weekday(pd.Series(pd.to_datetime([None, "2024-04-01T00:10Z"], utc=True))).to_numpy().sum() == 1
    assert hour_by_weekday(pd.Series([], dtype="datetime64[us, UTC]")).to_numpy().sum() == 0


def test_a_week_begins_every_hour_once():
    since = datetime(2024, 4, 1, tzinfo=UTC)
    assert (hours_observed(since, since + timedelta(days=7)) == 1).all(axis=None)
    assert (hours_observed(since, since + timedelta(days=14), "Asia/Kathmandu") == 2).all(axis=None)
    assert hours_observed(since + timedelta(minutes=1), since + timedelta(minutes=59)).to_numpy().sum() == 0


def test_a_skipped_hour_is_not_observed_and_a_repeated_one_twice():
    spring = hours_observed(
        datetime(2024, 3, 10, 5, tzinfo=UTC), datetime(2024, 3, 11, 4, tzinfo=UTC), "America/New_York"
    )
    autumn = hours_observed(
        datetime(2024, 11, 3, 4, tzinfo=UTC), datetime(2024, 11, 4, 5, tzinfo=UTC), "America/New_York"
    )
    assert spring.loc[6].tolist() == [1, 1, 0, *[1] * 21]
    assert autumn.loc[6].tolist() == [1, 2, *[1] * 22]


def test_times_without_a_zone_and_unknown_zones_are_refused():
    with pytest.raises(TimesWithoutZone):
        hour_by_weekday(pd.Series(pd.to_datetime(["2024-04-01T00:10"])))
    with pytest.raises(TimesWithoutZone):
        hours_observed(datetime(2024, 1, 1), datetime(2024, 1, 2))  # noqa: DTZ001
    for zone in ("Asia/Gaoping", "../etc/passwd", ""):
        with pytest.raises(ZoneNotKnown):
            hour_by_weekday(pd.DatetimeIndex(["2024-04-01T00:10Z"]), zone)
