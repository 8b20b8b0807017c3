"""Ask for figures: the days are settled, who asks is looked at, and what was counted within the minute is not counted again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.figure_spans import PERIODS, Span, SpanWrong, own_span, span_of
from gridmap.services.disputes.city_figures import CityFigures, city_figures
from gridmap.services.disputes.figure_changes import Change, changes
from gridmap.services.disputes.figure_shelf import FigureShelf
from gridmap.services.disputes.figure_span import day_of
from gridmap.services.disputes.figures import QUIET, StationFigures, station_figures
from gridmap.store import dispute_figures as store

#: Where nothing was recorded for so long, records end with the last thing that was [days].
SILENT: Final = 7
Changes = dict[str, tuple[Change | None, Change | None]]


@dataclass(frozen=True, slots=True)
class AskedSpan:
    """Which days are asked for: the `period` that holds `day` (None: the newest on record), or from `since` to `until`."""

    period: str = "month"
    day: date | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """The days that were settled on: which period they are, and the last one that is on record, mostly today."""

    period: str
    span: Span
    last: date


def settle(session: Session, stations: tuple[str, ...], asked: AskedSpan, now: datetime) -> Days:
    """Return the days an address means; one query.

    Without a day the period is meant that holds today. Records that end a week ago or more end the period that still runs:
    it is compared with as many days, not with days nobody recorded.

    Raises
    ------
    SpanWrong
    """
    zone, newest = store.clock(session, stations)
    today = day_of(now, zone)
    last = today if newest is None else min(day_of(newest, zone), today)
    if (today - last).days < SILENT:
        last = today
    if asked.since is not None or asked.until is not None or asked.period == "own":
        if asked.since is None or asked.until is None:
            raise SpanWrong("own days need a first and a last one", since=str(asked.since), until=str(asked.until))
        return Days("own", own_span(asked.since, asked.until, today), last)
    if asked.period not in PERIODS:
        raise SpanWrong(f"there is no period {asked.period!r}; there are {', '.join(PERIODS)}", period=asked.period)
    return Days(asked.period, span_of(asked.period, asked.day or last, last), last)


def ask_station(
    session: Session, actor: Actor, shelf: FigureShelf, station: str, asked: AskedSpan, *, now: datetime,
    quiet_days: int = QUIET,
) -> tuple[StationFigures, Changes, Days]:  # fmt: skip
    """Return a station's figures, how they changed, and of which days; of up to a minute ago.

    Raises
    ------
    RoleMayNot, StationNotInScope, SpanWrong
    """
    require_action(actor, Action.READ_FIGURES)
    require_station(actor, station)
    days = settle(session, (station,), asked, now)

    def make() -> tuple[StationFigures, Changes]:
        found = station_figures(session, actor, station, days.span, now=now, quiet_days=quiet_days)
        return found, changes(found)

    found, told = shelf.get((station, days.span, quiet_days), make)
    return found, told, days


def ask_city(
    session: Session, actor: Actor, shelf: FigureShelf, asked: AskedSpan, *, now: datetime, quiet_days: int = QUIET,
    part: tuple[str, str] | None = None,
) -> tuple[CityFigures, Changes, Days]:  # fmt: skip
    """Return the figures of all stations in the scope of `actor`, how they changed together, and of which days.

    They are of up to a minute ago. `part`: as `city_figures` has it.

    Raises
    ------
    RoleMayNot, SpanWrong
    """
    require_action(actor, Action.READ_FIGURES)
    stations = tuple(sorted(actor.stations))
    days = settle(session, stations, asked, now)

    def make() -> tuple[CityFigures, Changes]:
        found = city_figures(session, actor, days.span, now=now, quiet_days=quiet_days, part=part)
        return found, changes(found.total)

    found, told = shelf.get((stations, days.span, quiet_days, part), make)
    return found, told, days
