"""The commander's page: a station's figures of disputes, or all stations'; to be read, printed and taken along as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.figure_spans import PERIODS
from gridmap.http.figures import QUIET_DAYS, AskedSpanDep, FigureShelfDep, QuietDays
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import figure_files
from gridmap.services.disputes.city_figures import SORTS, sorted_rows
from gridmap.services.disputes.figure_asking import Days, ask_city, ask_station
from gridmap.services.disputes.figures import Number, Part
from gridmap.services.disputes.rules import loop_of
from gridmap.services.views import DISPUTES
from gridmap.store import editions
from gridmap.store import figures as counts
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.desk_figures_rows import comparisons, percent, rounded
from gridmap.web.entry import choose_station
from gridmap.web.words import say

router = APIRouter(prefix="/desk/figures", include_in_schema=False)
CommanderDep = Annotated[Actor, Depends(allowed(Action.READ_FIGURES))]
Place = Annotated[str | None, Query(max_length=16)]
Sort = Annotated[Literal["overdue", "share_overdue", "open", "share_settled", "days", "taken", "per_thousand"], Query()]
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a page of figures: of which days, and with what else."""

    path: str
    days: Days
    more: tuple[tuple[str, object], ...]

    def url(
        self, *, path: str | None = None, period: str | None = None, day: date | None = None, **more: object
    ) -> str:
        """Return the address with some of it changed."""
        days = self.days
        facts: dict[str, object] = dict(self.more) | more
        if (period or days.period) == "own":
            facts |= {"since": days.span.first, "until": days.span.last}
        else:
            facts |= {"period": period or days.period, "day": day or days.span.last}
        return (
            f"{path or self.path}?{urlencode({key: value for key, value in facts.items() if value not in (None, '')})}"
        )

    def earlier(self) -> str:
        """Return the address of the period before."""
        return self.url(day=self.days.span.first - _DAY)

    def later(self) -> str:
        """Return the address of the period after, "" where that has not begun."""
        after = self.days.span.last + _DAY
        return "" if after > self.days.last else self.url(day=after)


@router.get("")
def figures_page(
    request: Request, session: SessionDep, actor: CommanderDep, shelf: FigureShelfDep, asked: AskedSpanDep, *,
    station: Place = None, quiet_days: QuietDays = QUIET_DAYS,
) -> Response:  # fmt: skip
    """Show the figures of a station beside the span before and a year ago."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    found, changes, days = ask_station(
        session, actor, shelf, here.code, asked, now=datetime.now(UTC), quiet_days=quiet_days
    )
    language = shell.language_of(request)
    loop = loop_of(session, here.code)
    tiers = {str(n): shell.name_of(one, language) for n, one in loop.tiers.items()}
    kinds = {one.code: shell.name_of(one, language) for one in counts.categories(session)}

    def listed(number: Number) -> str:
        return f"/desk/list?{number.wanted.query(station=here.code)}"

    def part_name(by: str, part: Part) -> str:
        if by == "tier":
            return f"{say('dfig_tier_n', language, n=part.key)} {tiers.get(part.key, '')}"
        return kinds.get(part.key, part.key) if by == "kind" else say(f"dfig_source_{part.key}", language)

    quiet = () if quiet_days == QUIET_DAYS else (("quiet_days", quiet_days),)
    return shell.page(
        request, "desk_figures.html", actor=actor, station=here, found=found, days=days, periods=PERIODS[:-1],
        address=Address("/desk/figures", days, (("station", here.code), *quiet)), listed=listed, part_name=part_name,
        compared=comparisons(found, changes, language, listed, lambda span: _map_url(here.code, span.first, span.last)),
        parts=(("tier", found.tiers), ("kind", found.kinds), ("source", found.sources)), percent=percent, rounded=rounded,
        at=shell.local_time(found.at, here), may_city=len(actor.stations) > 1, today=shell.local_time(datetime.now(UTC), here).date(),
        village_url=lambda code: f"/map?{urlencode([('station', here.code), ('category', DISPUTES), ('zone', code)])}",
    )  # fmt: skip


@router.get(".csv")
def figures_csv(
    session: SessionDep, actor: CommanderDep, shelf: FigureShelfDep, asked: AskedSpanDep, station: str,
    quiet_days: QuietDays = QUIET_DAYS,
) -> Response:  # fmt: skip
    """Return the figures of a station as a table for a spreadsheet."""
    here = editions.find_station(session, require_station(actor, station))
    found, _, days = ask_station(
        session, actor, shelf, here.code, asked, now=datetime.now(UTC), quiet_days=quiet_days
    )  # fmt: skip
    return _file(figure_files.station_csv(found), f"figures-{here.code}-{days.span.first}-{days.span.last}.csv")


@router.get("/city")
def city_page(
    request: Request, session: SessionDep, actor: CommanderDep, shelf: FigureShelfDep, asked: AskedSpanDep,
    sort: Sort = "overdue",
) -> Response:  # fmt: skip
    """Show a row of figures for every station in scope, what needs help first."""
    here = _first(session, actor)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    found, days = ask_city(session, actor, shelf, asked, now=datetime.now(UTC))
    address = Address("/desk/figures/city", days, (("sort", sort),))
    return shell.page(
        request, "desk_figures_city.html", actor=actor, found=found, days=days, periods=PERIODS[:-1], address=address,
        rows=sorted_rows(found.rows, sort), sort=sort, sorts=tuple(SORTS), percent=percent, rounded=rounded,
        most=max((row.overdue.value for row in found.rows), default=0) or 1,
        listed=lambda row, number: f"/desk/list?{number.wanted.query(station=row.code)}",
        map_url=lambda row: _map_url(row.code, days.span.first, days.span.last),
        synthetic=any(row.synthetic for row in found.rows), at=shell.local_time(found.at, here),
    )  # fmt: skip


@router.get("/city.csv")
def city_csv(
    session: SessionDep, actor: CommanderDep, shelf: FigureShelfDep, asked: AskedSpanDep, sort: Sort = "overdue"
) -> Response:
    """Return the table of all stations for a spreadsheet."""
    found, days = ask_city(session, actor, shelf, asked, now=datetime.now(UTC))
    rows = sorted_rows(found.rows, sort)
    return _file(figure_files.city_csv(found, rows), f"figures-{days.span.first}-{days.span.last}.csv")


def _first(session: Session, actor: Actor) -> Station | None:
    return choose_station(session, actor, min(actor.stations, default=None))


def _map_url(station: str, first: date, last: date) -> str:
    return f"/map?{urlencode([('station', station), ('since', first), ('until', last), ('category', DISPUTES)])}"


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
