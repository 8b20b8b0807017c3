"""The days a figure is of: a week, a month, a quarter, a year, or any days; and the days it is compared with."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from gridmap.errors import Invalid

#: Longest span [days].
LONGEST: Final = 3 * 366
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
#: Periods there are; "own": from a day to a day.
PERIODS: Final = ("week", *_MONTHS, "own")
_DAY: Final = timedelta(days=1)
#: No figure is asked of days before: lists know no day before 1900, and each span is compared with earlier ones.
EARLIEST: Final = date(1910, 1, 1)


class SpanWrong(Invalid):
    """The days asked for are no period: none of the words, the last before the first, or too many."""

    slug, title = "figure-span-wrong", "These days are no period"


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day, both included, by a station's clocks; `period`: one of `PERIODS` that it is, or is of.

    A month, quarter or year is compared with the one before it and with the same one of last year; while it still runs, with
    the same days of those: 1 to 23 November with 1 to 23 October. Of a month that has no such day, its last one is meant; the
    last day of a month is compared with the last day of the other, so a whole month with a whole one. A week is compared
    by days of the week. Days of your own are compared with as many days just before, and the same dates a year ago.
    """

    first: date
    last: date
    period: str = "own"

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def pair(self) -> tuple[date, date]:
        """Both days."""
        return self.first, self.last

    def before(self) -> Span:
        """Return the period before, or as many days just before days of your own.

        >>> Span(date(2026, 3, 1), date(2026, 3, 31), "month").before().pair == (date(2026, 2, 1), date(2026, 2, 28))
        True
        >>> Span(date(2026, 11, 1), date(2026, 11, 23), "month").before().pair == (date(2026, 10, 1), date(2026, 10, 23))
        True
        >>> Span(date(2026, 3, 1), date(2026, 3, 31)).before().pair == (date(2026, 1, 29), date(2026, 2, 28))
        True
        """
        if self.period in _MONTHS:
            return self._moved(_MONTHS[self.period])
        ago = 7 if self.period == "week" else self.days
        return replace(self, first=self.first - ago * _DAY, last=self.last - ago * _DAY)

    def year_ago(self) -> Span:
        """Return the same period of the year before: of a week 52 weeks before, else the same days.

        >>> Span(date(2024, 2, 1), date(2024, 2, 29), "month").year_ago().pair == (date(2023, 2, 1), date(2023, 2, 28))
        True
        >>> Span(date(2025, 2, 1), date(2025, 2, 28), "month").year_ago().pair == (date(2024, 2, 1), date(2024, 2, 29))
        True
        """
        if self.period in _MONTHS:
            return self._moved(12)
        if self.period == "week":
            return replace(self, first=self.first - 364 * _DAY, last=self.last - 364 * _DAY)
        return replace(self, first=_months_ago(self.first, 12), last=_months_ago(self.last, 12))

    def _moved(self, months: int) -> Span:
        last = _months_ago(self.last, months)
        if self.last.day == _length(self.last):
            last = last.replace(day=_length(last))
        return replace(self, first=_months_ago(self.first, months), last=last)


def span_of(period: str, day: date, today: date) -> Span:
    """Return the week, month, quarter or year of the calendar that holds `day`, no further than today.

    A period that still runs ends today, so that it is compared with the same days.

    >>> span_of("quarter", date(2026, 5, 9), date(2026, 11, 22)).pair == (date(2026, 4, 1), date(2026, 6, 30))
    True
    >>> span_of("week", date(2026, 11, 22), date(2026, 11, 20)).pair == (date(2026, 11, 16), date(2026, 11, 20))
    True

    Raises
    ------
    SpanWrong
        If `period` is none of `PERIODS` but "own", or the day is before `EARLIEST`.
    """
    day = min(day, today)
    if day < EARLIEST:
        raise SpanWrong(f"no day before {EARLIEST} can be asked for", day=str(day))
    if period == "week":
        first = day - day.weekday() * _DAY
        return Span(first, min(first + 6 * _DAY, today), period)
    if period not in _MONTHS:
        raise SpanWrong(f"there is no period {period!r}; there are {', '.join(PERIODS)}", period=period)
    months = _MONTHS[period]
    first = day.replace(month=day.month - (day.month - 1) % months, day=1)
    end = first.replace(month=first.month + months - 1)
    return Span(first, min(end.replace(day=_length(end)), today), period)


def own_span(first: date, last: date, today: date) -> Span:
    """Return the days from the first to the last, no further than today.

    Raises
    ------
    SpanWrong
        If the last is before the first, the first is yet to come or before `EARLIEST`, or there are more than `LONGEST` days.
    """
    last = min(last, today)
    if last < first:
        raise SpanWrong(f"from {first} to {last} is no day", since=str(first), until=str(last))
    if first < EARLIEST:
        raise SpanWrong(f"no day before {EARLIEST} can be asked for", since=str(first), until=str(last))
    if (last - first).days >= LONGEST:
        raise SpanWrong(f"at most {LONGEST} days can be counted at once", since=str(first), until=str(last))
    return Span(first, last)


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _months_ago(day: date, months: int) -> date:
    """Return the same day so many months before, or the last one of a month that has no such day."""
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    first = date(year, month + 1, 1)
    return first.replace(day=min(day.day, _length(first)))
