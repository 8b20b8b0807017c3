"""The days a figure is of, and those it is compared with."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.figure_spans import LONGEST, PERIODS, Span, SpanWrong, own_span, span_of

DAYS = st.dates(date(2001, 1, 1), date(2099, 12, 31))
FAR = date(2200, 1, 1)
ONE = timedelta(days=1)


@given(st.sampled_from(PERIODS[:-1]), DAYS, DAYS)
def test_a_period_holds_its_day_and_ends_today_at_the_latest(period, day, today):
    span = span_of(period, day, today)
    assert span.first <= min(day, today) <= span.last <= today
    if span.last < today:  # a whole one: the next begins the day after
        assert span_of(period, span.last + ONE, today).first == span.last + ONE


@given(st.sampled_from(PERIODS[:-1]), DAYS, DAYS)
def test_a_period_is_compared_with_the_one_before_it_and_that_of_last_year(period, day, today):
    """The other is found by the calendar alone: the period that holds the day before the first, or that of last year."""
    span, whole = span_of(period, day, today), span_of(period, day, FAR)
    if today < day:
        whole = span_of(period, today, FAR)
    ago = span.first - timedelta(days=364) if period == "week" else span.first.replace(year=span.first.year - 1)
    for then, other in (
        (span.before(), span_of(period, span.first - ONE, FAR)),
        (span.year_ago(), span_of(period, ago, FAR)),
    ):
        assert then.period == period
        assert then.first == other.first
        assert then.last <= other.last < span.first
        if span == whole:
            assert then == other  # a whole one with a whole one, however long
        elif period == "week":
            assert then.days == span.days
        else:  # of the same month of the period, the same day, or the last one there is
            assert _month_of(then) == _month_of(span)
            length = ((then.last.replace(day=28) + timedelta(days=4)).replace(day=1) - ONE).day
            ends = (span.last + ONE).day == 1
            assert then.last.day == (length if ends else min(span.last.day, length))


def _month_of(span):
    return 12 * span.last.year + span.last.month - 12 * span.first.year - span.first.month


@given(DAYS, st.integers(0, LONGEST - 1))
def test_days_of_one_s_own_are_compared_with_as_many_before_and_the_same_dates_last_year(last, more):
    span = own_span(last - timedelta(days=more), last, last)
    assert (span.before().days, span.before().last + ONE) == (span.days, span.first)
    for now, then in zip(span.pair, span.year_ago().pair, strict=True):
        leap = (now.month, now.day) == (2, 29)
        assert (then.year, then.month, then.day) == (now.year - 1, now.month, 28 if leap else now.day)


@pytest.mark.parametrize(
    ("period", "day", "today", "before", "year"),
    [
        ("month", "2026-11-05", "2026-11-23", "2026-10-01 2026-10-23", "2025-11-01 2025-11-23"),
        ("month", "2026-03-05", "2026-11-23", "2026-02-01 2026-02-28", "2025-03-01 2025-03-31"),
        ("month", "2026-03-05", "2026-03-30", "2026-02-01 2026-02-28", "2025-03-01 2025-03-30"),
        ("month", "2024-02-05", "2024-02-29", "2024-01-01 2024-01-31", "2023-02-01 2023-02-28"),
        ("month", "2024-02-05", "2024-02-28", "2024-01-01 2024-01-28", "2023-02-01 2023-02-28"),
        ("month", "2025-02-05", "2026-01-01", "2025-01-01 2025-01-31", "2024-02-01 2024-02-29"),
        ("quarter", "2026-05-05", "2026-11-23", "2026-01-01 2026-03-31", "2025-04-01 2025-06-30"),
        ("quarter", "2026-11-05", "2026-11-30", "2026-07-01 2026-08-31", "2025-10-01 2025-11-30"),
        ("quarter", "2024-02-05", "2024-02-29", "2023-10-01 2023-11-30", "2023-01-01 2023-02-28"),
        ("year", "2024-02-05", "2024-02-29", "2023-01-01 2023-02-28", "2023-01-01 2023-02-28"),
        ("year", "2024-02-05", "2026-01-01", "2023-01-01 2023-12-31", "2023-01-01 2023-12-31"),
        ("week", "2026-11-24", "2026-11-25", "2026-11-16 2026-11-18", "2025-11-24 2025-11-26"),
    ],
)
def test_what_is_compared_with_what(period, day, today, before, year):
    span = span_of(period, date.fromisoformat(day), date.fromisoformat(today))
    assert " ".join(map(str, span.before().pair)) == before
    assert " ".join(map(str, span.year_ago().pair)) == year


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("week", (2024, 2, 26), (2024, 3, 3)), ("month", (2024, 2, 1), (2024, 2, 29)),
        ("quarter", (2024, 1, 1), (2024, 3, 31)), ("year", (2024, 1, 1), (2024, 12, 31)),
    ],
)  # fmt: skip
def test_whole_periods(period, first, last):
    assert span_of(period, date(2024, 2, 29), date(2026, 1, 1)) == Span(date(*first), date(*last), period)


def test_what_is_no_period_is_refused():
    today = date(2026, 1, 1)
    for first, last in ((today, today - timedelta(days=1)), (today + timedelta(days=1), today + timedelta(days=9))):
        with pytest.raises(SpanWrong, match="is no day"):
            own_span(first, last, today)
    with pytest.raises(SpanWrong, match="at most"):
        own_span(today - timedelta(days=LONGEST), today, today)
    assert own_span(today - timedelta(days=LONGEST - 1), today + timedelta(days=5), today).days == LONGEST
    for ask in (
        lambda: own_span(date(1, 1, 1), date(1, 1, 9), today),
        lambda: span_of("week", date(1909, 12, 31), today),
    ):
        with pytest.raises(SpanWrong, match="no day before"):
            ask()
    with pytest.raises(SpanWrong, match="decade"):
        span_of("decade", today, today)
