"""Hours of the week on duty: the same as a count minute by minute, on any clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gridmap.geo.duty import HOURS_OF_WEEK, BadSpans, duty_hours, merged, uncovered_spans
from gridmap.geo.timeline import TimesWithoutZone, ZoneNotKnown

MONDAY = datetime(2026, 6, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
CLOCKS = ["Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"]
#: A week in which Berlin's clock goes forward, one in which it goes back and a plain one; minutes are whole.
WEEKS = [
    datetime(2026, 3, 27, 22, 7, tzinfo=UTC),
    datetime(2026, 10, 23, 5, tzinfo=UTC),
    datetime(2026, 6, 1, tzinfo=UTC),
]

spans = st.lists(st.tuples(st.integers(0, 2), st.integers(-600, 6_000), st.integers(0, 1_500)), max_size=12)


def columns(found):
    return [[one[n] for one in found] for n in range(3)]


def naive(found, zones, since, minutes, clock):
    """Count every minute of the period by itself."""
    seconds, covered = np.zeros(HOURS_OF_WEEK), np.zeros((zones, HOURS_OF_WEEK))
    for minute in range(minutes):
        local = (since + timedelta(minutes=minute)).astimezone(ZoneInfo(clock))
        hour = local.weekday() * 24 + local.hour
        seconds[hour] += 60
        for zone in {zone for zone, start, length in found if start <= minute < start + length}:
            covered[zone, hour] += 60
    return seconds, covered


@given(spans, st.sampled_from(WEEKS), st.integers(1, 5_000), st.sampled_from(CLOCKS))
@example([(0, 0, 3_000), (0, 100, 50), (2, 2_999, 1)], WEEKS[0], 4_320, "Europe/Berlin")
@example([(1, -600, 600)], WEEKS[1], 3_000, "Europe/Berlin")
def test_hours_are_those_of_a_count_minute_by_minute(found, since, minutes, clock):
    zone, start, length = columns(found)
    first = since.timestamp() + 60 * np.array(start, dtype=float)
    told = duty_hours(
        zone, first, first + 60 * np.array(length, dtype=float), 3, since=since,
        until=since + timedelta(minutes=minutes), clock=clock,
    )  # fmt: skip
    seconds, covered = naive(found, 3, since, minutes, clock)
    np.testing.assert_allclose(told.seconds, seconds, atol=1e-3)
    np.testing.assert_allclose(told.covered, covered, atol=1e-3)
    assert told.seconds.sum() == pytest.approx(60 * minutes)


@given(spans, st.integers(1, 5_000))
def test_uncovered_spans_are_the_minutes_nobody_covers(found, minutes):
    since = WEEKS[2]
    zone, start, length = columns(found)
    first = since.timestamp() + 60 * np.array(start, dtype=float)
    rows, opens, closes = uncovered_spans(
        zone,
        first,
        first + 60 * np.array(length, dtype=float),
        3,
        since=since,
        until=since + timedelta(minutes=minutes),
    )
    free = {
        (int(row), minute)
        for row, a, b in zip(rows, (opens - since.timestamp()) / 60, (closes - since.timestamp()) / 60, strict=True)
        for minute in range(round(a), round(b))
    }
    held = {(zone, minute) for zone, start, length in found for minute in range(start, start + length)}
    assert free == {(zone, minute) for zone in range(3) for minute in range(minutes)} - held
    assert (closes > opens).all()


@given(spans)
def test_merged_spans_are_disjoint_and_hold_the_same_minutes(found):
    zone, start, length = columns(found)
    rows, first, last = merged(zone, start, np.array(start, dtype=int) + np.array(length, dtype=int), 3)
    for row in range(3):
        mine = rows == row
        assert (first[mine][1:] > last[mine][:-1]).all()
        union = {minute for one, a, n in found if one == row for minute in range(a, a + n)}
        assert {m for a, b in zip(first[mine], last[mine], strict=True) for m in range(int(a), int(b))} == union


def test_an_hour_put_forward_is_not_missed_and_one_put_back_counts_twice():
    for day, hour, seconds in ((date(2026, 3, 29), 146, 0), (date(2026, 10, 25), 146, 7_200)):
        since = datetime.combine(day, time(), ZoneInfo("Europe/Berlin"))
        told = duty_hours([], [], [], 1, since=since, until=since + timedelta(days=1), clock="Europe/Berlin")
        assert told.seconds[hour] == seconds


def test_a_day_shift_leaves_the_night():
    first = MONDAY.timestamp() + 3_600 * np.array([8, 12])
    told = duty_hours([0, 0], first, first + 3_600 * 6, 2, since=MONDAY, until=MONDAY + timedelta(days=1))
    assert told.uncovered_hours.tolist() == [14, 24]
    assert np.flatnonzero(told.share[0] == 1).tolist() == list(range(8, 18))
    assert np.isnan(told.share[0][24])


def test_what_does_not_fit_is_refused():
    until = MONDAY + timedelta(days=1)
    for zone, start, end in (([0], [1.0], [0.0]), ([2], [0.0], [1.0]), ([0, 1], [0.0], [1.0]), ([0], [0.0], [np.nan])):
        with pytest.raises(BadSpans):
            duty_hours(zone, start, end, 2, since=MONDAY, until=until)
    with pytest.raises(BadSpans):
        duty_hours([], [], [], 1, since=until, until=MONDAY)
    with pytest.raises(TimesWithoutZone):
        duty_hours([], [], [], 1, since=MONDAY.replace(tzinfo=None), until=until)
    with pytest.raises(ZoneNotKnown):
        duty_hours([], [], [], 1, since=MONDAY, until=until, clock="Asia/Nowhere")
