"""The commander's figures of all stations in scope: a row each and their sum, what needs help first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action
from gridmap.domain.dispute_filter import ANY
from gridmap.domain.figure_spans import Span
from gridmap.services.disputes.figures import DISPUTES, Number, Share, Took, day_of, took
from gridmap.store import dispute_days
from gridmap.store import dispute_figures as store
from gridmap.store.dispute_days import NOTHING, Sums


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station in a span; `before` and `year`: taken in in the span before and a year ago, None without a record.

    The other columns are those of `figures.SpanFigures`. The row of all stations has the code "" and its numbers open no
    list of one station.
    """

    code: str
    name_zh: str
    name_en: str
    synthetic: bool
    taken: Number
    before: Number | None
    year: Number | None
    settled_of: Number
    closed_of: Number
    dropped: int
    took: Took
    open: Number
    overdue: Number
    calls: int
    households: int
    lost: int

    @property
    def share_settled(self) -> Share:
        """Settled of those taken in that were the station's to settle."""
        return Share(self.settled_of.value, self.taken.value - self.dropped)

    @property
    def share_closed(self) -> Share:
        """Closed of those taken in that were the station's to settle."""
        return Share(self.closed_of.value, self.taken.value - self.dropped)

    @property
    def share_overdue(self) -> Share:
        """Overdue of what is open."""
        return Share(self.overdue.value, self.open.value)

    @property
    def per_thousand(self) -> float | None:
        """Dispute calls per thousand households; None where no household is known."""
        return 1000 * self.calls / self.households if self.households else None

    def numbers(self) -> list[Number]:
        """Return every number that opens a list."""
        found = (
            self.taken,
            self.before,
            self.year,
            self.settled_of,
            self.closed_of,
            self.took.number,
            self.open,
            self.overdue,
        )
        return [one for one in found if one is not None]


@dataclass(frozen=True, slots=True)
class CityFigures:
    """All stations in scope at a moment: `rows` by code, and their `total`."""

    at: datetime
    span: Span
    rows: tuple[StationRow, ...]
    total: StationRow


def _share(row: StationRow) -> float:
    return 2.0 if row.share_settled.value is None else row.share_settled.value


#: What a table can be sorted by -> the key; what needs help most comes first.
SORTS: Final[dict[str, Callable[[StationRow], float]]] = {
    "overdue": lambda row: -row.overdue.value,
    "share_overdue": lambda row: -(row.share_overdue.value or 0.0),
    "open": lambda row: -row.open.value,
    "share_settled": _share,
    "days": lambda row: -(row.took.days or 0.0),
    "taken": lambda row: -row.taken.value,
    "per_thousand": lambda row: -(row.per_thousand or 0.0),
}


def sorted_rows(rows: Iterable[StationRow], by: str) -> list[StationRow]:
    """Return rows by one of `SORTS`; equal ones by what was settled least, then by code."""
    return sorted(rows, key=lambda row: (SORTS[by](row), _share(row), row.code))


def city_figures(session: Session, actor: Actor, span: Span, *, now: datetime) -> CityFigures:
    """Return the figures of every station in the scope of `actor`; five statements, however many stations there are.

    Raises
    ------
    RoleMayNot
    """
    require_action(actor, Action.READ_FIGURES)
    codes = sorted(actor.stations)
    spans = (span, span.before(), span.year_ago())
    sums = dispute_days.sums(session, codes, spans[:1])
    earlier = dispute_days.taken(session, codes, spans[1:])
    open_ = {row.station: row for row in store.open_now(session, codes, now, fine=False)}
    lost = store.lost(session, codes)
    rows = []
    for place in store.ground(session, codes):
        first = None if place.first is None else day_of(place.first, place.timezone)
        then = [earlier.get((place.code, n), 0) for n in (1, 2)]
        held = open_.get(place.code)
        rows.append(_row(
            place, spans, first, sums.get((place.code, 1), NOTHING), then, held=(held.open, held.overdue) if held else (0, 0),
            lost=lost.get(place.code, 0),
        ))  # fmt: skip
    return CityFigures(now, span, tuple(rows), _total(rows, took(_joined(sums.values()), DISPUTES)))


def _joined(sums: Iterable[Sums]) -> NDArray[np.float64]:
    return np.concatenate([np.empty(0), *(one.took for one in sums)])


def _row(
    place: Any, spans: tuple[Span, Span, Span], first: date | None, now: Sums, earlier: list[int], *, held: tuple[int, int],
    lost: int,
) -> StationRow:  # fmt: skip
    """Return one station's row out of what the statements said of it."""
    span = spans[0]
    opened = replace(DISPUTES, state=ANY, opened=span.pair)

    def then(n: int) -> Number | None:
        if first is None or first > spans[n].last:
            return None
        return Number(earlier[n - 1], replace(opened, opened=spans[n].pair))

    return StationRow(
        place.code, place.name_zh, place.name_en, place.synthetic, Number(now.taken, opened), then(1), then(2),
        Number(now.settled, replace(opened, settled=(None, span.last))),
        Number(now.closed, replace(opened, closed=(None, span.last))), now.withdrawn + now.not_ours,
        took(now.took, replace(DISPUTES, settled=span.pair)), Number(held[0], DISPUTES),
        Number(held[1], replace(DISPUTES, due="overdue")), now.calls, int(place.households), lost,
    )  # fmt: skip


def _total(rows: list[StationRow], of_all: Took) -> StationRow:
    """Return the sum of the rows; the median is that of all disputes, not of the medians."""

    def add(name: str) -> Number:
        return Number(sum(getattr(row, name).value for row in rows), DISPUTES)

    def then(name: str) -> Number | None:
        known = [getattr(row, name) for row in rows if getattr(row, name) is not None]
        # A city is compared with a span in which every station was on record, or it would seem to have grown.
        return Number(sum(one.value for one in known), DISPUTES) if known and len(known) == len(rows) else None

    return StationRow(
        "", "合计", "All", any(row.synthetic for row in rows), add("taken"), then("before"), then("year"),
        add("settled_of"), add("closed_of"), sum(row.dropped for row in rows), of_all, add("open"),
        add("overdue"), sum(row.calls for row in rows), sum(row.households for row in rows), sum(row.lost for row in rows),
    )  # fmt: skip
