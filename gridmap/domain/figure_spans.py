"""The days a figure is of: a week, a month, a quarter, a year, or any days; and the days it is compared with."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from gridmap.errors import Invalid

#: Longest span [days].
LONGEST: Final = 3 * 366
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
#: Periods there are; "own": from a day to a day.
PERIODS: Final = ("week", *_MONTHS, "own")
_DAY: Final = timedelta(days=1)


class SpanWrong(Invalid):
    """The days asked for are no period: none of the words, the last before the first, or too many."""

    slug, title = "figure-span-wrong", "These days are no period"


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last day, both included, by a station's clocks."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def pair(self) -> tuple[date, date]:
        """Both days."""
        return self.first, self.last

    def before(self) -> Span:
        """Return as many days just before.

        >>> Span(date(2026, 3, 1), date(2026, 3, 31)).before()
        Span(first=datetime.date(2026, 1, 29), last=datetime.date(2026, 2, 28))
        """
        return Span(self.first - self.days * _DAY, self.first - _DAY)

    def year_ago(self) -> Span:
        """Return the same days of the year before; of 29 February the day before.

        >>> Span(date(2024, 2, 1), date(2024, 2, 29)).year_ago()
        Span(first=datetime.date(2023, 2, 1), last=datetime.date(2023, 2, 28))
        """
        return Span(_year_ago(self.first), _year_ago(self.last))


def span_of(period: str, day: date, today: date) -> Span:
    """Return the week, month, quarter or year of the calendar that holds `day`, no further than today.

    A period that still runs ends today, so that it is compared with as many days.

    >>> span_of("quarter", date(2026, 5, 9), date(2026, 11, 22))
    Span(first=datetime.date(2026, 4, 1), last=datetime.date(2026, 6, 30))
    >>> span_of("week", date(2026, 11, 22), date(2026, 11, 20))
    Span(first=datetime.date(2026, 11, 16), last=datetime.date(2026, 11, 20))

    Raises
    ------
    SpanWrong
        If `period` is none of `PERIODS` but "own".
    """
    day = min(day, today)
    if period == "week":
        first = day - day.weekday() * _DAY
        return Span(first, min(first + 6 * _DAY, today))
    if period not in _MONTHS:
        raise SpanWrong(f"there is no period {period!r}; there are {', '.join(PERIODS)}", period=period)
    months = _MONTHS[period]
    first = day.replace(month=day.month - (day.month - 1) % months, day=1)
    end = first.replace(month=first.month + months - 1)
    last = end.replace(day=calendar.monthrange(end.year, end.month)[1])
    return Span(first, min(last, today))


def own_span(first: date, last: date, today: date) -> Span:
    """Return the days from the first to the last, no further than today.

    Raises
    ------
    SpanWrong
        If the last is before the first, the first is yet to come, or there are more than `LONGEST` days.
    """
    last = min(last, today)
    if last < first:
        raise SpanWrong(f"from {first} to {last} is no day", since=str(first), until=str(last))
    if (last - first).days >= LONGEST:
        raise SpanWrong(f"at most {LONGEST} days can be counted at once", since=str(first), until=str(last))
    return Span(first, last)


def _year_ago(day: date) -> date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))
