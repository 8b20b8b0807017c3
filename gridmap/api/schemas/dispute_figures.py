"""The commander's figures as JSON: each number with the list behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field

from gridmap.domain.figure_spans import Span
from gridmap.services.disputes.city_figures import CityFigures, StationRow
from gridmap.services.disputes.figure_load import Load, Shared
from gridmap.services.disputes.figure_parts import Part
from gridmap.services.disputes.figure_span import Number, Share, SpanFigures, Took
from gridmap.services.disputes.figures import Quiet, StationFigures

_ListOf = Callable[[Number], "NumberBody"]


class NumberBody(BaseModel):
    """How many disputes, and the query of the list that holds them."""

    value: int
    list: Annotated[str, Field(description="Query of the desk's list: `/desk/list?` and this.")]


class ShareBody(BaseModel):
    """A part of so many; `value` is null where there are none."""

    part: int
    of: int
    value: float | None

    @classmethod
    def of_(cls, one: Share) -> Self:
        """Return the body of a share."""
        return cls(part=one.part, of=one.of, value=one.value)


class TookBody(BaseModel):
    """The median days from opened to settled, and over how many."""

    median_days: float | None
    number: NumberBody


class MeanBody(BaseModel):
    """A mean rating (1 to 5), and over how many."""

    mean: float | None
    n: int


class SpanBody(BaseModel):
    """Both days included, by the station's clocks."""

    since: date
    until: date


class SpanFiguresBody(BaseModel):
    """What is told of one span; `recorded` is false where nothing is on record as far back."""

    span: SpanBody
    recorded: bool
    taken_in: NumberBody
    settled: Annotated[NumberBody, Field(description="Of those taken in, settled before the end of the span.")]
    closed: Annotated[NumberBody, Field(description="Of those taken in, closed before the end of the span.")]
    withdrawn: NumberBody
    not_ours: NumberBody
    escalated: NumberBody
    reopened: NumberBody
    share_settled: ShareBody
    share_closed: ShareBody
    took: TookBody
    followed_up: NumberBody
    ratings: Annotated[list[NumberBody], Field(description="Of those settled in the span, rated 1, 2, 3, 4, 5.")]
    satisfaction: MeanBody
    satisfaction_with_reports: MeanBody
    dispute_calls: int
    calls_without_place: int
    households: int
    calls_per_1000_households: float | None


class PartBody(BaseModel):
    """A tier, a kind or a source."""

    key: str
    taken_in: NumberBody
    settled: NumberBody
    took: TookBody
    took_before: Annotated[TookBody | None, Field(description="Null where that span has no record.")]
    took_year_ago: Annotated[TookBody | None, Field(description="Null where that span has no record.")]
    open: NumberBody
    overdue: NumberBody


class LoadBody(BaseModel):
    """What a person or a body holds, and who could take something, to share the work; every matter counts."""

    code: str
    is_body: bool
    name_zh: str
    name_en: str
    role: Annotated[str, Field(description="What a person is posted as today; empty of a body.")]
    can_take: Annotated[bool, Field(description="Could be given something: a person posted today, an active body.")]
    away: Annotated[bool, Field(description="On leave today; of a body: nobody of it is there.")]
    back: Annotated[date | None, Field(description="The first day back, where it is known.")]
    open: NumberBody
    overdue: NumberBody
    settled: Annotated[NumberBody | None, Field(description="In the span, of a body; null of a person.")]


class SharedBody(BaseModel):
    """How the work is shared; nobody is named."""

    people: Annotated[int, Field(description="Who could be given something today.")]
    people_on_leave: int
    held_by_people: Annotated[int, Field(description="Open now, every matter.")]
    held_by_bodies: int
    held_for_each_there: float | None

    @classmethod
    def of_(cls, one: Shared) -> Self:
        """Return the body of how work is shared."""
        return cls(
            people=one.people, people_on_leave=one.away, held_by_people=one.held, held_by_bodies=one.bodies_hold,
            held_for_each_there=one.each,
        )  # fmt: skip


class QuietBody(BaseModel):
    """A cell or village without a case; `last` is null where there never was one."""

    code: str
    name_zh: str
    name_en: str
    last: date | None
    days: int | None


class DisputeFigures(BaseModel):
    """The figures of a station."""

    station: str
    at: datetime
    recorded_since: date | None
    now: SpanFiguresBody
    before: SpanFiguresBody
    year_ago: SpanFiguresBody
    open: NumberBody
    overdue: NumberBody
    tiers: list[PartBody]
    kinds: list[PartBody]
    sources: list[PartBody]
    load: list[LoadBody]
    quiet_days: int
    quiet_cells: list[QuietBody]
    quiet_villages: list[QuietBody]
    lost: Annotated[int, Field(description="Open disputes nobody would see again; it must be 0.")]


class StationRowBody(BaseModel):
    """A station among all in scope."""

    station: str
    name_zh: str
    name_en: str
    synthetic: bool
    taken_in: NumberBody
    taken_in_before: int | None
    taken_in_year_ago: int | None
    settled: NumberBody
    closed: NumberBody
    withdrawn_or_not_ours: int
    share_settled: ShareBody
    share_closed: ShareBody
    took: TookBody
    open: NumberBody
    overdue: NumberBody
    dispute_calls: int
    households: int
    calls_per_1000_households: float | None
    now: SpanFiguresBody
    before: SpanFiguresBody
    year_ago: SpanFiguresBody
    cells: int
    cells_without_case: int
    shared: SharedBody
    lost: int


class DisputeFiguresOfAll(BaseModel):
    """The figures of all stations in scope, and of all together: medians are of all disputes, not of the stations' medians."""

    at: datetime
    span: SpanBody
    quiet_days: int
    stations: list[StationRowBody]
    total: StationRowBody
    tiers: list[PartBody]
    kinds: list[PartBody]
    sources: list[PartBody]


def station_body(found: StationFigures) -> DisputeFigures:
    """Return the body of a station's figures."""
    listed = _listed(found.station)
    return DisputeFigures(
        station=found.station, at=found.at, recorded_since=found.since, now=_span_figures(found.now, listed),
        before=_span_figures(found.before, listed), year_ago=_span_figures(found.year, listed), open=listed(found.open),
        overdue=listed(found.overdue), tiers=[_part(one, listed) for one in found.tiers],
        kinds=[_part(one, listed) for one in found.kinds], sources=[_part(one, listed) for one in found.sources],
        load=[_load(one, listed) for one in found.load], quiet_days=found.quiet_days,
        quiet_cells=[_quiet(one) for one in found.cells], quiet_villages=[_quiet(one) for one in found.villages],
        lost=found.lost,
    )  # fmt: skip


def city_body(found: CityFigures) -> DisputeFiguresOfAll:
    """Return the body of the figures of all stations."""
    listed = _listed("")
    return DisputeFiguresOfAll(
        at=found.at, span=_span(found.span), quiet_days=found.quiet_days, stations=[_row(one) for one in found.rows],
        total=_row(found.total), tiers=[_part(one, listed) for one in found.tiers],
        kinds=[_part(one, listed) for one in found.kinds], sources=[_part(one, listed) for one in found.sources],
    )  # fmt: skip


def _listed(station: str) -> _ListOf:
    return lambda one: NumberBody(value=one.value, list=one.wanted.query(station=station) if station else "")


def _span(one: Span) -> SpanBody:
    return SpanBody(since=one.first, until=one.last)


def _took(one: Took, listed: _ListOf) -> TookBody:
    return TookBody(median_days=one.days, number=listed(one.number))


def _mean(told: tuple[float | None, int]) -> MeanBody:
    return MeanBody(mean=told[0], n=told[1])


def _span_figures(one: SpanFigures, listed: _ListOf) -> SpanFiguresBody:
    return SpanFiguresBody(
        span=_span(one.span), recorded=one.recorded, taken_in=listed(one.taken), settled=listed(one.settled_of),
        closed=listed(one.closed_of), withdrawn=listed(one.withdrawn), not_ours=listed(one.not_ours),
        escalated=listed(one.escalated), reopened=listed(one.reopened), share_settled=ShareBody.of_(one.share_settled),
        share_closed=ShareBody.of_(one.share_closed), took=_took(one.took, listed), followed_up=listed(one.followed),
        ratings=[listed(each) for each in one.ratings], satisfaction=_mean(one.satisfaction),
        satisfaction_with_reports=_mean(one.report_satisfaction), dispute_calls=one.calls, calls_without_place=one.unplaced,
        households=one.households, calls_per_1000_households=one.per_thousand,
    )  # fmt: skip


def _part(one: Part, listed: _ListOf) -> PartBody:
    return PartBody(
        key=one.key, taken_in=listed(one.taken), settled=listed(one.settled_of), took=_took(one.took, listed),
        took_before=None if one.before is None else _took(one.before, listed),
        took_year_ago=None if one.year is None else _took(one.year, listed), open=listed(one.open), overdue=listed(one.overdue),
    )  # fmt: skip


def _load(one: Load, listed: _ListOf) -> LoadBody:
    return LoadBody(
        code=one.code, is_body=one.body, name_zh=one.name_zh, name_en=one.name_en, role=one.role, can_take=one.posted,
        away=one.away, back=one.back, open=listed(one.open), overdue=listed(one.overdue),
        settled=None if one.settled is None else listed(one.settled),
    )  # fmt: skip


def _quiet(one: Quiet) -> QuietBody:
    return QuietBody(code=one.code, name_zh=one.name_zh, name_en=one.name_en, last=one.last, days=one.days)


def _row(one: StationRow) -> StationRowBody:
    listed, now = _listed(one.code), one.now
    return StationRowBody(
        station=one.code, name_zh=one.name_zh, name_en=one.name_en, synthetic=one.synthetic, taken_in=listed(now.taken),
        taken_in_before=one.before.taken.value if one.before.recorded else None,
        taken_in_year_ago=one.year.taken.value if one.year.recorded else None, settled=listed(now.settled_of),
        closed=listed(now.closed_of), withdrawn_or_not_ours=now.withdrawn.value + now.not_ours.value,
        share_settled=ShareBody.of_(now.share_settled), share_closed=ShareBody.of_(now.share_closed), took=_took(now.took, listed),
        open=listed(one.open), overdue=listed(one.overdue), dispute_calls=now.calls, households=now.households,
        calls_per_1000_households=now.per_thousand, now=_span_figures(now, listed), before=_span_figures(one.before, listed),
        year_ago=_span_figures(one.year, listed), cells=one.cells_of, cells_without_case=one.quiet,
        shared=SharedBody.of_(one.shared), lost=one.lost,
    )  # fmt: skip
