"""The days a figure is of, and those it is compared with."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.figure_spans import LONGEST, PERIODS, Span, SpanWrong, own_span, span_of

DAYS = st.dates(date(2001, 1, 1), date(2099, 12, 31))


@given(st.sampled_from(PERIODS[:-1]), DAYS, DAYS)
def test_a_period_holds_its_day_and_ends_today_at_the_latest(period, day, today):
    span = span_of(period, day, today)
    assert span.first <= min(day, today) <= span.last <= today
    if span.last < today:  # a whole one: the next begins the day after
        assert span_of(period, span.last + timedelta(days=1), today).first == span.last + timedelta(days=1)
    before = span.before()
    assert (before.days, before.last + timedelta(days=1)) == (span.days, span.first)
    assert abs(span.year_ago().days - span.days) <= 1


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("week", (2024, 2, 26), (2024, 3, 3)), ("month", (2024, 2, 1), (2024, 2, 29)),
        ("quarter", (2024, 1, 1), (2024, 3, 31)), ("year", (2024, 1, 1), (2024, 12, 31)),
    ],
)  # fmt: skip
def test_whole_periods(period, first, last):
    assert span_of(period, date(2024, 2, 29), date(2026, 1, 1)) == Span(date(*first), date(*last))


def test_what_is_no_period_is_refused():
    today = date(2026, 1, 1)
    for first, last in ((today, today - timedelta(days=1)), (today + timedelta(days=1), today + timedelta(days=9))):
        with pytest.raises(SpanWrong, match="is no day"):
            own_span(first, last, today)
    with pytest.raises(SpanWrong, match="at most"):
        own_span(today - timedelta(days=LONGEST), today, today)
    assert own_span(today - timedelta(days=LONGEST - 1), today + timedelta(days=5), today).days == LONGEST
    with pytest.raises(SpanWrong, match="decade"):
        span_of("decade", today, today)
