"""The commander's figures of a station: what was taken in, settled and closed, how long it took, what waits, who holds it.

Every number of disputes says which list it counts (`Number.wanted`): whoever doubts it opens the list. The figures measure
the work of a station, never a person; who holds how much is told to share the work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.dispute_filter import ANY, Filter
from gridmap.domain.figure_spans import Span
from gridmap.store import dispute_days
from gridmap.store import dispute_figures as store
from gridmap.store.dispute_days import Each, Ints, Sums

#: A cell without a case for so long is told [days]; the fewest and the most that can be asked for.
QUIET: Final = 30
QUIET_LEAST, QUIET_MOST = 1, 1_000
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


@dataclass(frozen=True, slots=True)
class Part:
    """A tier, a kind or a source: taken in and of these settled, in the span; open and overdue now."""

    key: str
    taken: Number
    settled_of: Number
    took: Took
    open: Number
    overdue: Number


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody holds: open and overdue now, and settled in the span; every matter. `body`: a body, not a person."""

    code: str
    body: bool
    name_zh: str
    name_en: str
    open: Number
    overdue: Number
    settled: Number


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
        for one in (self.now, self.before, self.year):
            found += [
                one.taken,
                one.settled_of,
                one.closed_of,
                one.withdrawn,
                one.not_ours,
                one.escalated,
                one.reopened,
            ]
            found += [one.took.number, one.followed, *one.ratings]
        for part in (*self.tiers, *self.kinds, *self.sources):
            found += [part.taken, part.settled_of, part.took.number, part.open, part.overdue]
        for held in self.load:
            found += [held.open, held.overdue, held.settled]
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
    before, year = span.before(), span.year_ago()
    spans = tuple(dict.fromkeys((span, before, year)))  # of a whole year both are the same days
    place = store.ground(session, [station])[0]
    sums, each = dispute_days.fine(session, station, spans)
    read = _Read(
        sums, each, dispute_days.kinds(session), store.open_now(session, [station], now, fine=True),
        store.report_ratings(session, station, spans), int(place.households),
    )  # fmt: skip
    first = None if place.first is None else day_of(place.first, place.timezone)
    told = {one: _span_figures(one, n, first, read) for n, one in enumerate(spans, start=1)}
    today = day_of(now, place.timezone)
    since = today - timedelta(days=quiet_days - 1)
    cells = store.quiet_cells(session, station, since)
    villages = store.quiet_villages(session, station, since)
    return StationFigures(
        station, now, first, told[span], told[before], told[year],
        Number(sum(row.open for row in read.open), DISPUTES),
        Number(sum(row.overdue for row in read.open), replace(DISPUTES, due="overdue")),
        _parts("tier", span, read), _parts("kind", span, read), _parts("source", span, read),
        _loads(session, station, span, each.held, now),
        quiet_days, _quiet(cells, since, today, place.timezone), int(place.cells),
        _quiet(villages, since, today, place.timezone), int(place.villages), store.lost(session, [station]).get(station, 0),
    )  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class _Read:
    """What the statements returned: the sums of each span by its number, each dispute of the first one, what is open now."""

    sums: Mapping[int, Sums]
    each: Each
    kinds: Mapping[int, str]
    open: Sequence[Row[Any]]
    rated: Sequence[Row[Any]]
    households: int


def _span_figures(span: Span, n: int, first: date | None, read: _Read) -> SpanFigures:
    mine = read.sums.get(n, dispute_days.NOTHING)
    opened, done = replace(DISPUTES, opened=span.pair, state=ANY), replace(DISPUTES, settled=span.pair)
    until = (None, span.last)
    reports = Counter({row.rating: row.number for row in read.rated if row.n == n})
    return SpanFigures(
        span, first is not None and first <= span.last, Number(mine.taken, opened),
        Number(mine.settled, replace(opened, settled=until)), Number(mine.closed, replace(opened, closed=until)),
        Number(mine.withdrawn, replace(opened, state="withdrawn")), Number(mine.not_ours, replace(opened, state="not_ours")),
        Number(mine.escalated, replace(opened, step="escalated")), Number(mine.reopened, replace(opened, step="reopened")),
        took(mine.took, done), Number(mine.followed, replace(done, step="followed_up")),
        tuple(Number(number, replace(done, rating=stars)) for stars, number in enumerate(mine.rated, start=1)),
        tuple(reports[k] for k in range(1, 6)), mine.calls, mine.unplaced, read.households,
    )  # fmt: skip


def _keys(by: str, what: Ints) -> Ints:
    """Return the number of the tier, kind or source of each."""
    return what >> 16 if by == "kind" else (what >> 8 if by == "source" else what) & 255


def _parts(by: str, span: Span, read: _Read) -> tuple[Part, ...]:
    """Return what is told by tier, kind or source."""

    def named(number: int) -> Any:
        return number if by == "tier" else read.kinds[number] if by == "kind" else dispute_days.SOURCES[number - 1]

    def counted(keys: Ints) -> Counter[Any]:
        found = np.bincount(keys)
        return Counter({named(int(key)): int(found[key]) for key in found.nonzero()[0]})

    keys, done_keys = _keys(by, read.each.opened), _keys(by, read.each.done)
    opened, done = counted(keys), counted(keys[read.each.over])
    seconds = read.sums.get(1, dispute_days.NOTHING).took
    times = {named(int(key)): seconds[done_keys == key] for key in np.bincount(done_keys).nonzero()[0]}
    held: Counter[Any] = Counter()
    late: Counter[Any] = Counter()
    for row in read.open:
        held[getattr(row, by)] += row.open
        late[getattr(row, by)] += row.overdue
    return tuple(
        Part(
            str(key), Number(opened[key], replace(DISPUTES, opened=span.pair, state=ANY, **{by: key})),
            Number(done[key], replace(DISPUTES, opened=span.pair, settled=(None, span.last), **{by: key, "state": ANY})),
            took(times.get(key, np.empty(0)), replace(DISPUTES, settled=span.pair, **{by: key})),
            Number(held[key], replace(DISPUTES, **{by: key})), Number(late[key], replace(DISPUTES, due="overdue", **{by: key})),
        )
        for key in _ordered(by, opened, opened.keys() | times.keys() | held.keys())
    )  # fmt: skip


def _ordered(by: str, opened: Counter[Any], keys: Iterable[Any]) -> list[Any]:
    """Return tiers from the lowest, everything else from what is taken in most."""
    return sorted(keys, key=lambda key: (key,) if by == "tier" else (-opened[key], key))


def _loads(session: Session, station: str, span: Span, held: Ints, now: datetime) -> tuple[Load, ...]:
    settled = {int(who): int(n) for who, n in zip(*np.unique(held, return_counts=True), strict=True)}
    found = []
    for row in store.load(session, station, settled, now):
        wanted = Filter(holder=f"body:{row.body}" if row.person is None else f"person:{row.person}")
        found.append(Load(
            row.person or row.body, row.person is None, row.name_zh, row.name_en or row.name_zh, Number(row.open, wanted),
            Number(row.overdue, replace(wanted, due="overdue")), Number(row.settled, replace(wanted, settled=span.pair)),
        ))  # fmt: skip
    return tuple(found)


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
