"""The commander's page: a station's figures of disputes, or all stations'; to be read, printed and taken along as CSV."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.domain.dispute_words import SOURCES
from gridmap.domain.figure_spans import PERIODS, Span
from gridmap.http.figures import QUIET_DAYS, AskedSpanDep, FigureShelfDep, QuietDays
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import figure_files
from gridmap.services.disputes.city_figures import SORTS, sorted_rows
from gridmap.services.disputes.figure_asking import Days, ask_city, ask_station
from gridmap.services.disputes.figure_parts import BYS, Part
from gridmap.services.disputes.figure_span import Number
from gridmap.services.disputes.rules import loop_of
from gridmap.services.views import DISPUTES
from gridmap.store import editions
from gridmap.store import figures as counts
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.desk_figures_rows import FIGURES, Opens, comparisons, percent, rounded
from gridmap.web.entry import choose_station
from gridmap.web.words import Language, say

router = APIRouter(prefix="/desk/figures", include_in_schema=False)
CommanderDep = Annotated[Actor, Depends(allowed(Action.READ_FIGURES))]
Place = Annotated[str | None, Query(max_length=16)]
Sort = Annotated[Literal["overdue", "share_overdue", "open", "share_settled", "days", "taken", "per_thousand"], Query()]
#: What the stations of a city are told by: one of `FIGURES`, or a tier, kind or source: "tier-2", "kind-debt".
Figure = Annotated[str, Query(max_length=80)]
_PART: Final = re.compile(rf"(?:tier-(?=[1-9]$)|(?:{'|'.join(BYS[1:])})-(?=[^\x00-\x20]{{1,64}}$)).*")
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
    tiers = {str(n): shell.name_of(one, language) for n, one in loop_of(session, here.code).tiers.items()}

    def listed(number: Number) -> str:
        return f"/desk/list?{number.wanted.query(station=here.code)}"

    quiet = () if quiet_days == QUIET_DAYS else (("quiet_days", quiet_days),)
    return shell.page(
        request, "desk_figures.html", actor=actor, station=here, found=found, days=days, periods=PERIODS[:-1],
        address=Address("/desk/figures", days, (("station", here.code), *quiet)), listed=listed,
        part_name=_part_names(_kinds(session, language), tiers, language),
        compared=comparisons(found, changes, language, _opens(here.code, "")),
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
    request: Request, session: SessionDep, actor: CommanderDep, shelf: FigureShelfDep, asked: AskedSpanDep, *,
    sort: Sort = "overdue", figure: Figure = "taken", quiet_days: QuietDays = QUIET_DAYS,
) -> Response:  # fmt: skip
    """Show the figures of all stations in scope together and each, what needs help first; `figure`: by station, in three spans."""
    here = _first(session, actor)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    part = _part_of(figure)
    figure = figure if part or figure in FIGURES else "taken"
    found, changes, days = ask_city(
        session, actor, shelf, asked, now=datetime.now(UTC), quiet_days=quiet_days, part=part
    )
    language = shell.language_of(request)
    quiet = () if quiet_days == QUIET_DAYS else (("quiet_days", quiet_days),)
    address = Address("/desk/figures/city", days, (("sort", sort), ("figure", figure), *quiet))

    def station_url(code: str) -> str:
        return address.url(path="/desk/figures", sort="", figure="", station=code)

    rows = sorted_rows(found.rows, sort)
    lines = [
        (row, comparisons(row, {}, language, _opens(row.code, station_url(row.code)), only=figure)[0]["cells"])
        for row in rows if part is None
    ]  # fmt: skip
    return shell.page(
        request, "desk_figures_city.html", actor=actor, found=found, days=days, periods=PERIODS[:-1], address=address,
        rows=rows, lines=lines, sort=sort, sorts=tuple(SORTS), figure=figure, figures=FIGURES, part=part, percent=percent,
        compared=comparisons(found.total, changes, language, lambda key, *_: f"{address.url(figure=key)}#by-station"),
        parts=(("tier", found.tiers), ("kind", found.kinds), ("source", found.sources)), rounded=rounded,
        part_name=_part_names(_kinds(session, language), {}, language),
        most=max((row.overdue.value for row in found.rows), default=0) or 1, station_url=station_url,
        listed=lambda row, number: f"/desk/list?{number.wanted.query(station=row.code)}",
        opens_of=lambda row: lambda number: f"/desk/list?{number.wanted.query(station=row.code)}",
        part_url=lambda by, one: lambda _: f"{address.url(figure=f'{by}-{one.key}')}#by-station",
        map_url=lambda row: _map_url(row.code, days.span),
        synthetic=any(row.synthetic for row in found.rows), at=shell.local_time(found.at, here),
        today=shell.local_time(datetime.now(UTC), here).date(),
    )  # fmt: skip


@router.get("/city.csv")
def city_csv(
    session: SessionDep, actor: CommanderDep, shelf: FigureShelfDep, asked: AskedSpanDep, *, sort: Sort = "overdue",
    quiet_days: QuietDays = QUIET_DAYS,
) -> Response:  # fmt: skip
    """Return the table of all stations for a spreadsheet."""
    found, _, days = ask_city(session, actor, shelf, asked, now=datetime.now(UTC), quiet_days=quiet_days)
    rows = sorted_rows(found.rows, sort)
    return _file(figure_files.city_csv(found, rows), f"figures-{days.span.first}-{days.span.last}.csv")


def _first(session: Session, actor: Actor) -> Station | None:
    return choose_station(session, actor, min(actor.stations, default=None))


def _part_of(figure: str) -> tuple[str, str] | None:
    """Return which tier, kind or source a figure is of, None where it is of all."""
    by, _, key = figure.partition("-")
    return (by, key) if _PART.fullmatch(figure) else None


def _kinds(session: Session, language: Language) -> dict[str, str]:
    return {one.code: shell.name_of(one, language) for one in counts.categories(session)}


def _part_names(kinds: Mapping[str, str], tiers: Mapping[str, str], language: Language) -> Callable[[str, Part], str]:
    """Return the function that names a tier, kind or source; `tiers` of one station, for each may call its own as it likes."""

    def name(by: str, part: Part) -> str:
        if by == "tier":
            return f"{say('dfig_tier_n', language, n=part.key)} {tiers.get(part.key, '')}".strip()
        if by == "kind":
            return kinds.get(part.key, part.key)
        return say(f"dfig_source_{part.key}", language) if part.key in SOURCES else part.key

    return name


def _opens(station: str, page: str) -> Opens:
    """Return what a station's figures open: the list, the map of calls, the reports, or the stars on its page."""

    def opens(key: str, span: Span, number: Number | None) -> str:
        if number is not None:
            return f"/desk/list?{number.wanted.query(station=station)}"
        if key == "report_ratings":
            return f"/reports?{urlencode([('station', station)])}"
        return f"{page}#satisfaction" if key == "ratings" else _map_url(station, span)

    return opens


def _map_url(station: str, span: Span) -> str:
    return (
        f"/map?{urlencode([('station', station), ('since', span.first), ('until', span.last), ('category', DISPUTES)])}"
    )


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
