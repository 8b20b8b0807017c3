"""The commander's figures of a station: what was taken in, settled and closed, how long it took, what waits, who holds it.

The figures measure the work of a station, never a person; who holds how much is told to share the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.dispute_filter import ANY
from gridmap.domain.figure_spans import Span
from gridmap.services.disputes.figure_load import Load, loads
from gridmap.services.disputes.figure_parts import Part, parts
from gridmap.services.disputes.figure_span import (
    DISPUTES,
    Number,
    SpanFigures,
    day_of,
    is_recorded,
    span_figures,
    three,
)
from gridmap.store import dispute_days
from gridmap.store import dispute_figures as store
from gridmap.store.dispute_days import NOTHING

#: A cell without a case for so long is told [days]; the fewest and the most that can be asked for.
QUIET: Final = 30
QUIET_LEAST, QUIET_MOST = 1, 1_000


@dataclass(frozen=True, slots=True)
class Quiet:
    """A cell or village without a case: since when (`last`, None: never), and how many it ever had (None: of a village)."""

    code: str
    name_zh: str
    name_en: str
    beat: str
    last: date | None
    days: int | None
    cases: Number | None
    lately: Number | None


@dataclass(frozen=True, slots=True)
class StationFigures:
    """All figures of a station at a moment; `since`: the day of its first dispute on record.

    `cells_of`, `villages_of`: how many there are. `lost`: open disputes nobody would see again; it must be 0.
    """

    station: str
    at: datetime
    since: date | None
    now: SpanFigures
    before: SpanFigures
    year: SpanFigures
    open: Number
    overdue: Number
    tiers: tuple[Part, ...]
    kinds: tuple[Part, ...]
    sources: tuple[Part, ...]
    load: tuple[Load, ...]
    quiet_days: int
    cells: tuple[Quiet, ...]
    cells_of: int
    villages: tuple[Quiet, ...]
    villages_of: int
    lost: int

    def numbers(self) -> list[Number]:
        """Return every number that opens a list."""
        found: list[Number] = [self.open, self.overdue]
        for span in (self.now, self.before, self.year):
            found += span.numbers()
        for part in (*self.tiers, *self.kinds, *self.sources):
            found += part.numbers()
        for held in self.load:
            found += held.numbers()
        return found + [number for cell in self.cells for number in (cell.cases, cell.lately) if number is not None]


def station_figures(
    session: Session, actor: Actor, station: str, span: Span, *, now: datetime, quiet_days: int = QUIET
) -> StationFigures:
    """Return the figures of a station; nine statements, which read days that are counted already.

    Parameters
    ----------
    now
        The moment that "open" and "overdue" are told of.
    quiet_days
        A cell is told when no dispute was opened in it for so many days, today included.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    require_action(actor, Action.READ_FIGURES)
    require_station(actor, station)
    spans = three(span)
    once = tuple(dict.fromkeys(spans))  # of a year the one before and a year ago are the same days
    place = store.ground(session, [station])[0]
    by_number, each = dispute_days.fine(session, [station], once)[station]
    sums = {one: by_number.get(n, NOTHING) for n, one in enumerate(once, start=1)}
    rated = rated_by(store.report_ratings(session, [station], once))
    first = None if place.first is None else day_of(place.first, place.timezone)
    told = {
        one: span_figures(one, first, sums[one], rated.get((station, n), {}), int(place.households))
        for n, one in enumerate(once, start=1)
    }
    held = store.open_now(session, [station], now)
    kinds = dispute_days.kinds(session)
    known = (span, *(one if is_recorded(one, first) else None for one in spans[1:]))
    tiers, of_kinds, sources = (
        parts(by, known, [sums[one] for one in spans], each, held, kinds) for by in ("tier", "kind", "source")
    )
    today = day_of(now, place.timezone)
    since = today - timedelta(days=quiet_days - 1)
    cells = store.quiet_cells(session, station, since)
    villages = store.quiet_villages(session, station, since)
    open_, overdue = open_numbers(held)
    return StationFigures(
        station, now, first, told[spans[0]], told[spans[1]], told[spans[2]], open_, overdue, tiers, of_kinds, sources,
        loads(session, station, span, each.held, now), quiet_days,
        _quiet(cells, since, today, place.timezone), int(place.cells),
        _quiet(villages, since, today, place.timezone), int(place.villages), store.lost(session, [station]).get(station, 0),
    )  # fmt: skip


def rated_by(rows: Sequence[Row[Any]]) -> dict[tuple[str, int], dict[int, int]]:
    """Return how many reports were rated with so many stars, by station and the number of the span."""
    found: dict[tuple[str, int], dict[int, int]] = {}
    for row in rows:
        found.setdefault((row.station, row.n), {})[row.rating] = row.number
    return found


def open_numbers(held: Sequence[Row[Any]]) -> tuple[Number, Number]:
    """Return how many are open and overdue, of rows of one station (`dispute_figures.open_now`)."""
    whole = [row for row in held if row.tier is row.kind is row.source is None]
    return (
        Number(sum(row.open for row in whole), DISPUTES),
        Number(sum(row.overdue for row in whole), replace(DISPUTES, due="overdue")),
    )


def _quiet(rows: Sequence[Row[Any]], since: date, today: date, timezone: str) -> tuple[Quiet, ...]:
    told = []
    for row in rows:
        last = None if row.last is None else day_of(row.last, timezone)
        cell = replace(DISPUTES, state=ANY, cell=row.code)
        told.append(Quiet(
            row.code, row.name_zh, row.name_en or row.name_zh, row.beat, last,
            None if last is None else (today - last).days, None if row.cases is None else Number(row.cases, cell),
            None if row.cases is None else Number(0, replace(cell, opened=(since, None))),
        ))  # fmt: skip
    return tuple(told)
