"""What the commander's figures tell of one span, of a station or of several together.

Every number of disputes says which list it counts (`Number.wanted`): whoever doubts it opens the list. Of several stations it
is the sum of that list's lengths at each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gridmap.domain.dispute_filter import ANY, Filter
from gridmap.domain.figure_spans import Span
from gridmap.store.dispute_days import NOTHING, Sums

DISPUTES: Final = Filter(matter="dispute")


@dataclass(frozen=True, slots=True)
class Number:
    """How many disputes a list holds, and which list: `wanted`."""

    value: int
    wanted: Filter


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many; the `value` (0 to 1) is None where there are none."""

    part: int
    of: int

    @property
    def value(self) -> float | None:
        """The share."""
        return self.part / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Took:
    """How long it took from opened to settled: the median [days], None where none was, and over how many."""

    days: float | None
    number: Number


@dataclass(frozen=True, slots=True)
class SpanFigures:
    """What is told of one span; `recorded` is False where there is no record as far back.

    `settled_of`, `closed_of`: of those taken in in the span, settled or closed before its end; the shares are of those taken
    in that are neither withdrawn nor others'. `took`: those settled in the span, whenever taken in. `followed`: of these,
    asked how it goes since; `ratings`: of these, rated 1 to 5. `calls`: incidents of dispute categories, `unplaced` of them
    without a place; `per_thousand` households of today.
    """

    span: Span
    recorded: bool
    taken: Number
    settled_of: Number
    closed_of: Number
    withdrawn: Number
    not_ours: Number
    escalated: Number
    reopened: Number
    took: Took
    followed: Number
    ratings: tuple[Number, ...]
    report_ratings: tuple[int, ...]
    calls: int
    unplaced: int
    households: int

    @property
    def share_settled(self) -> Share:
        """Settled of those taken in that were the station's to settle."""
        return Share(self.settled_of.value, self._ours)

    @property
    def share_closed(self) -> Share:
        """Closed of those taken in that were the station's to settle."""
        return Share(self.closed_of.value, self._ours)

    def numbers(self) -> list[Number]:
        """Return every number that opens a list."""
        return [
            self.taken, self.settled_of, self.closed_of, self.withdrawn, self.not_ours, self.escalated, self.reopened,
            self.took.number, self.followed, *self.ratings,
        ]  # fmt: skip

    @property
    def _ours(self) -> int:
        return self.taken.value - self.withdrawn.value - self.not_ours.value

    @property
    def per_thousand(self) -> float | None:
        """Dispute calls per thousand households; None where no household is known."""
        return 1000 * self.calls / self.households if self.households else None

    @property
    def satisfaction(self) -> tuple[float | None, int]:
        """The mean rating (1 to 5) of those settled in the span, and over how many."""
        return mean_of([one.value for one in self.ratings])

    @property
    def report_satisfaction(self) -> tuple[float | None, int]:
        """The mean rating of residents' reports sent in the span, and over how many."""
        return mean_of(self.report_ratings)


class Compared(Protocol):
    """A station, or several together, in a span, the one before and that of a year ago."""

    @property
    def now(self) -> SpanFigures:
        """Of the span."""

    @property
    def before(self) -> SpanFigures:
        """Of the span before."""

    @property
    def year(self) -> SpanFigures:
        """Of a year ago."""


def day_of(at: datetime, timezone: str) -> date:
    """Return the day of a moment by a station's clocks."""
    return at.astimezone(ZoneInfo(timezone)).date()


def mean_of(counts: Sequence[int]) -> tuple[float | None, int]:
    """Return the mean of ratings of which there are so many of 1, of 2 and so on, and how many there are.

    >>> mean_of((1, 0, 0, 0, 3))
    (4.0, 4)
    """
    number = sum(counts)
    return (sum(stars * n for stars, n in enumerate(counts, start=1)) / number if number else None), number


def took(seconds: NDArray[np.float64], wanted: Filter) -> Took:
    """Return the median of how long disputes took [s], in days, and over how many; `wanted` lists them."""
    return Took(float(np.median(seconds)) / 86_400 if seconds.size else None, Number(seconds.size, wanted))


def three(span: Span) -> tuple[Span, Span, Span]:
    """Return a span, the one before, and that of a year ago."""
    return span, span.before(), span.year_ago()


def is_recorded(span: Span, first: date | None) -> bool:
    """Return whether a station whose first dispute on record is of the day `first` has a record of a span."""
    return first is not None and first <= span.last


def span_figures(
    span: Span, first: date | None, mine: Sums, reports: Mapping[int, int], households: int
) -> SpanFigures:
    """Return what is told of a span.

    Parameters
    ----------
    first
        The day of the first dispute on record.
    mine
        What the days add up to.
    reports
        How many reports of residents were rated with so many stars.
    """
    lists = _lists(span)
    return SpanFigures(
        span, is_recorded(span, first), Number(mine.taken, lists["taken"]), Number(mine.settled, lists["settled"]),
        Number(mine.closed, lists["closed"]), Number(mine.withdrawn, lists["withdrawn"]),
        Number(mine.not_ours, lists["not_ours"]), Number(mine.escalated, lists["escalated"]),
        Number(mine.reopened, lists["reopened"]), took(mine.took, lists["done"]), Number(mine.followed, lists["followed"]),
        tuple(Number(number, lists[f"rated_{stars}"]) for stars, number in enumerate(mine.rated, start=1)),
        tuple(reports.get(stars, 0) for stars in range(1, 6)), mine.calls, mine.unplaced, households,
    )  # fmt: skip


@lru_cache(maxsize=32)
def _lists(span: Span) -> dict[str, Filter]:
    """Return the lists of a span's numbers: the same for every station, so that a city's page keeps them once."""
    opened, done = replace(DISPUTES, opened=span.pair, state=ANY), replace(DISPUTES, settled=span.pair)
    until = (None, span.last)
    return {
        "taken": opened, "settled": replace(opened, settled=until), "closed": replace(opened, closed=until),
        "withdrawn": replace(opened, state="withdrawn"), "not_ours": replace(opened, state="not_ours"),
        "escalated": replace(opened, step="escalated"), "reopened": replace(opened, step="reopened"), "done": done,
        "followed": replace(done, step="followed_up"), **{f"rated_{stars}": replace(done, rating=stars) for stars in range(1, 6)},
    }  # fmt: skip


def added(span: Span, rows: Sequence[SpanFigures], all_took: NDArray[np.float64], *, recorded: bool) -> SpanFigures:
    """Return what is told of several stations together.

    Parameters
    ----------
    all_took
        How long each dispute took that was settled [s].
    recorded
        Whether there is a record that can be compared.
    """
    nothing = span_figures(span, None, NOTHING, {}, 0)

    def plus(name: str) -> Any:
        zero = getattr(nothing, name)
        found = [getattr(row, name) for row in rows]
        if isinstance(zero, Number):
            return replace(zero, value=sum(one.value for one in found))
        return sum(found)

    sums = {one.name: plus(one.name) for one in fields(SpanFigures) if one.name not in _NOT_ADDED}
    ratings = tuple(
        replace(zero, value=sum(row.ratings[n].value for row in rows)) for n, zero in enumerate(nothing.ratings)
    )
    reports = tuple(sum(row.report_ratings[n] for row in rows) for n in range(5))
    return replace(
        nothing, **sums, recorded=recorded,
        took=took(all_took, nothing.took.number.wanted), ratings=ratings, report_ratings=reports,
    )  # fmt: skip


_NOT_ADDED: Final = frozenset({"span", "recorded", "took", "ratings", "report_ratings"})
