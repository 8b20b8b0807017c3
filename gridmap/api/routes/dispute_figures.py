"""The commander's figures of disputes: of one station, and of all in scope."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends

from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas.dispute_figures import DisputeFigures, DisputeFiguresOfAll, city_body, station_body
from gridmap.domain.access import Action, Actor, NobodyLoggedIn, RoleMayNot
from gridmap.domain.figure_spans import SpanWrong
from gridmap.http.figures import QUIET_DAYS, AskedSpanDep, FigureShelfDep, QuietDays
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes.figure_asking import ask_city, ask_station

router = APIRouter(tags=["disputes"])
CommanderDep = Annotated[Actor, Depends(allowed(Action.READ_FIGURES))]


@router.get(
    "/stations/{station}/dispute-figures",
    summary="What a station took in, settled and closed, and how long it took",
    responses=problems(*IN_STATION, SpanWrong),
)
def station_figures(
    session: SessionDep,
    actor: CommanderDep,
    station: StationDep,
    shelf: FigureShelfDep,
    asked: AskedSpanDep,
    quiet_days: QuietDays = QUIET_DAYS,
) -> DisputeFigures:
    """Return the figures of a week, month, quarter, year or of your own days, beside the span before and a year ago.

    Counted are disputes; tips, hazards and fresh cases only in the load. A share says of how many. Each number names the
    list that holds its disputes. Figures are at most a minute old: `at` says of which moment they are.
    """
    found, _, _ = ask_station(session, actor, shelf, station, asked, now=datetime.now(UTC), quiet_days=quiet_days)
    return station_body(found)


@router.get(
    "/dispute-figures",
    summary="The same of every station in your scope",
    responses=problems(NobodyLoggedIn, RoleMayNot, SpanWrong),
)
def city_figures(
    session: SessionDep,
    actor: CommanderDep,
    shelf: FigureShelfDep,
    asked: AskedSpanDep,
    quiet_days: QuietDays = QUIET_DAYS,
) -> DisputeFiguresOfAll:
    """Return the figures of each station in your scope and of all together; at most a minute old.

    Each stands beside those of the span before and of a year ago. Medians of all are those of all disputes.
    """
    found, _, _ = ask_city(session, actor, shelf, asked, now=datetime.now(UTC), quiet_days=quiet_days)
    return city_body(found)
