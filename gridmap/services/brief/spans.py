"""Which days a briefing is of, what it is compared with, and how far there are records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridmap.services.map_page import span_before
from gridmap.services.views import View
from gridmap.store import brief as store
from gridmap.store.brief import Moments, Records
from gridmap.store.tables import Station

#: Records that end this near to the end of a month cover it: a quiet station has days without an incident [days].
NEARLY: Final = 7
#: Called more or fewer up to this p.
SIGNIFICANT: Final = 0.05
Said = Literal["more", "fewer", "same"]


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of another span, how many times as much the period has, the 95 % interval and p; `days` on record there.

    `ratio`, `low`, `high`, `p` are None where nothing can be told: no record in that span, or nothing in either. `low` and
    `high` are infinite where nothing was before.
    """

    value: float | None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    days: float = 0.0

    @property
    def said(self) -> Said | None:
        """The comparison in one word, None where nothing can be told."""
        if self.p is None or self.ratio is None:
            return None
        if self.p > SIGNIFICANT or self.ratio == 1:
            return "same"
        return "more" if self.ratio > 1 else "fewer"


@dataclass(frozen=True, slots=True)
class Spans:
    """The period, the span as long just before it, and the same days a year ago; as moments [since, until).

    `records`: from when on there are any; `recorded_until`: the midnight after the newest incident, or now without one.
    """

    zone: str
    period: Moments
    before: Moments
    year: Moments
    records: Records
    recorded_until: datetime

    @property
    def all(self) -> tuple[Moments, Moments, Moments]:
        """The three spans, the period first."""
        return self.period, self.before, self.year

    def days(self, span: Moments, first: datetime | None) -> float:
        """Return how many days of a span are on record, for what is recorded since `first`; 0 for none."""
        if first is None:
            return 0.0
        clock = ZoneInfo(self.zone)
        begin = datetime.combine(first.astimezone(clock).date(), time(), clock)
        last = min(span[1], self.recorded_until)
        return max((last - max(span[0], begin)).total_seconds() / 86_400, 0.0)

    def dates(self, span: Moments) -> tuple[date, date]:
        """Return the first and the last day of a span on the station's clocks."""
        clock = ZoneInfo(self.zone)
        return span[0].astimezone(clock).date(), (span[1].astimezone(clock) - timedelta(seconds=1)).date()


def period_of(
    session: Session, place: Station, now: datetime, since: date | None = None, until: date | None = None
) -> tuple[date, date]:
    """Return first and last day of a briefing: as asked, as far as there are records; else the last whole month on record.

    A period that is not over on record ends with the newest day, so that it is compared with as many days. One of which
    nothing is on record stays as it was asked.
    """
    clock = ZoneInfo(place.timezone)
    today = now.astimezone(clock).date()
    record = store.records(session, place.code).newest
    newest = today if record is None else min(record.astimezone(clock).date(), today)
    if since is None or until is None:
        first, last = last_whole_month(newest, today)
        if since is None and until is None:
            return first, last
        since, until = since or min(until or first, first), until or max(since or last, last)
    return since, min(until, newest) if since <= newest else until


def last_whole_month(newest: date, today: date) -> tuple[date, date]:
    """Return the last month that is over and on record to within `NEARLY` days of its end.

    >>> [str(day) for day in last_whole_month(date(2026, 10, 30), date(2026, 11, 22))]
    ['2026-10-01', '2026-10-31']
    >>> [str(day) for day in last_whole_month(date(2026, 11, 20), date(2026, 11, 22))]
    ['2026-10-01', '2026-10-31']
    >>> [str(day) for day in last_whole_month(date(2026, 10, 2), date(2026, 11, 22))]
    ['2026-09-01', '2026-09-30']
    """
    first = newest.replace(day=1)
    end = _next_month(first) - timedelta(days=1)
    if end < today and (end - newest).days < NEARLY:
        return first, end
    last = first - timedelta(days=1)
    return last.replace(day=1), last


def choices(newest: date) -> list[tuple[str, date, date]]:
    """Return periods to choose from by their word: this and last month, quarter, and the year up to the newest day.

    >>> [(word, str(since), str(until)) for word, since, until in choices(date(2026, 10, 31))][2]
    ('this_quarter', '2026-10-01', '2026-12-31')
    """
    month = newest.replace(day=1)
    quarter = month.replace(month=3 * ((month.month - 1) // 3) + 1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    last_quarter = quarter
    for _ in range(3):
        last_quarter = (last_quarter - timedelta(days=1)).replace(day=1)
    day = timedelta(days=1)
    end = quarter
    for _ in range(3):
        end = _next_month(end)
    return [
        ("this_month", month, _next_month(month) - day),
        ("last_month", last_month, month - day),
        ("this_quarter", quarter, end - day),
        ("last_quarter", last_quarter, quarter - day),
        ("a_year", newest - timedelta(days=364), newest),
    ]


def settle_spans(session: Session, place: Station, view: View, now: datetime) -> Spans:
    """Return the spans of a briefing and how far there are records; one query."""
    since, until = view.moments(place.timezone)
    held = store.records(session, place.code)
    clock = ZoneInfo(place.timezone)
    end = now
    if held.newest is not None:
        end = datetime.combine(held.newest.astimezone(clock).date() + timedelta(days=1), time(), clock)
    before, year = span_before(since, until, "before"), span_before(since, until, "year")
    return Spans(place.timezone, (since, until), before, year, held, end)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
