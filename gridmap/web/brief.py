"""The page of the joint meeting: one period in figures, places and small maps; to be read, and to be printed.

What takes long (hotspots, change, repeat places) comes through the kept answers of the analyses: whoever opens the page first
waits some seconds, everybody after them does not, until something of the station changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import geopandas as gpd
from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor
from gridmap.errors import Invalid
from gridmap.http.answers import answer
from gridmap.http.spells import Spells, SpellsDep
from gridmap.http.views import AskedDep
from gridmap.services import brief, coverage, views
from gridmap.services.analyses import Options
from gridmap.services.brief import Spans
from gridmap.services.coverage import Limits
from gridmap.services.views import DISPUTES, Asked
from gridmap.store import audit, editions, frames
from gridmap.store import figures as counts
from gridmap.store.tables import IncidentCategory, Station
from gridmap.web import brief_maps, shell
from gridmap.web.brief_rows import Links, category_rows, change_rows, festival_rows, figure_rows
from gridmap.web.entry import choose_station
from gridmap.web.gaps_rows import pins, summary
from gridmap.web.officer import wanted

router = APIRouter(include_in_schema=False)
#: Gaps told one by one: those with most households.
MOST_GAPS: Final = 6


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground of a station in its metric CRS: jurisdiction, and "beat" and "village" -> frame."""

    outline: Any
    zones: dict[str, gpd.GeoDataFrame]


@router.get("/brief")
def brief_page(request: Request, spells: SpellsDep, asked: AskedDep, station: str | None = None) -> Response:
    """Show the briefing of a period: the last whole month on record where the address names none."""
    now = datetime.now(UTC)
    with spells.open(Action.READ_ANALYSES) as (session, actor):
        here = choose_station(session, actor, station)
        if here is None:
            return shell.page(request, "station.html", actor=actor, stations=[])
        since, until = brief.period_of(session, here, now, asked.since, asked.until)
        meant = Asked(since, until, wanted(request, asked).category)
        known = counts.categories(session)
        spans = brief.settle_spans(session, here, views.settle(session, here, meant, known), now)
        session.expunge_all()
    bodies = ask_all(spells, here.code, meant, spans)
    with spells.open(Action.READ_ANALYSES) as (session, actor):
        limits: Limits = request.app.state.gap_limits
        shelf: coverage.Shelf = request.app.state.gap_shelf
        gaps = shelf.look(session, here.code, limits, disputes=False)
        told = _read(session, actor, here, spans, bodies, known=known, now=now)
    language = shell.language_of(request)
    links = Links(here.code, since, until, meant.category, desk=actor.may(Action.USE_DESK))
    largest = gaps.gaps[gaps.gaps["group"] != "time"].sort_values(
        ["households", "doors"], ascending=False, kind="stable"
    )
    shown = pins(largest.head(MOST_GAPS), here, language, first=1, now=gaps.at)
    today = now.astimezone(ZoneInfo(here.timezone)).date()
    figures: brief.Figures = told["figures"]
    return shell.page(
        request, "brief.html", actor=actor, station=here, since=since, until=until, links=links,
        meant="disputes" if meant.category == (DISPUTES,) else "all" if not meant.category else "chosen",
        chosen=[one for one in known if one.code in meant.category],
        choices=_choices(here, spans, today), spans=[spans.dates(one) for one in spans.all],
        days=figures.days, made=shell.local_time(now, here), today=today,
        figures=figure_rows(figures, links, spans, language), categories=category_rows(figures, links, spans, language),
        change=change_rows(bodies["change"], language), hot=told["hot"], again=told["again"], open=told["open"],
        oldest={one.tier: shell.local_time(one.oldest, here).date() for one in told["open"].tiers},
        ahead=festival_rows(brief.festivals_ahead(bodies["when"], today), language),
        groups=summary(gaps.gaps), gaps_in_all=len(gaps.gaps), gaps_at=shell.local_time(gaps.at, here), pins=shown,
        may_name=actor.may(Action.READ_ADDRESSES),
        maps=brief_maps.maps_of(
            told["ground"].outline, told["ground"].zones, here.metric_epsg, change=bodies["change"], hot=told["hot"],
            again=told["again"], gaps=largest.head(MOST_GAPS), pins=shown, open_=told["open"], language=language,
        ),
    )  # fmt: skip


def ask_all(spells: Spells, station: str, meant: Asked, spans: Spans) -> dict[str, bytes | None]:
    """Return the answers the page is made of, by name; None where one cannot be given, for example for too short a past."""
    first, last = spans.dates(spans.before)
    before = Asked(first, last, meant.category)
    questions: dict[str, tuple[str, Asked, Options]] = {
        "emerging": ("emerging", meant, Options()),
        "hotspots": ("hotspots", meant, Options()),
        "hotspots_before": ("hotspots", before, Options()),
        "repeat_places": ("repeat_places", meant, Options()),
        "when": ("when", Asked(meant.since, meant.until), Options()),
        "change": ("change", meant, Options(shape="beat")),
    }
    if not _whole(spans, spans.before):  # half a span without records would look like a rise
        del questions["change"], questions["hotspots_before"]
    found: dict[str, bytes | None] = dict.fromkeys(("change", "hotspots_before"))
    for key, (name, asked, options) in questions.items():
        try:
            found[key] = answer(spells, station, name, asked, options).body
        except Invalid:  # too short a past, no zone to count on: the page says so
            found[key] = None
    return found


def _whole(spans: Spans, span: tuple[datetime, datetime]) -> bool:
    return spans.days(span, spans.records.incident) >= (span[1] - span[0]).total_seconds() / 86_400 - 1


def _read(
    session: Session, actor: Actor, here: Station, spans: Spans, bodies: dict[str, bytes | None],
    *, known: list[IncidentCategory], now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """Return what is read in the page's second transaction; a look at addresses is on record."""
    ground = _ground(session, here)
    named = actor.may(Action.READ_ADDRESSES)
    again = brief.again_of(bodies["repeat_places"], named=named)
    if named and again.doors:
        audit.write(session, [here.code], by=actor.login, action="look", thing="addresses", after={"brief": True})
    hot = brief.hot_of(
        bodies["emerging"], bodies["hotspots"], bodies["hotspots_before"], ground.zones, here.metric_epsg
    )
    return {
        "ground": ground, "again": again, "hot": hot, "figures": brief.figures(session, here, spans, known),
        "open": brief.open_disputes(session, here, now),
    }  # fmt: skip


def _ground(session: Session, here: Station) -> Ground:
    edition = editions.in_force(session, here.code)
    places = frames.places(session, here.code)
    villages = places[places["kind"] == "village"]
    beats = villages.iloc[:0] if edition is None else frames.zones(session, edition.id, "beat")
    outline = gpd.GeoSeries([frames.jurisdiction(session, here.code)], crs=frames.STORAGE_CRS).to_crs(here.metric_epsg)
    zones = {"beat": beats.to_crs(here.metric_epsg), "village": villages.to_crs(here.metric_epsg)}
    return Ground(outline.iloc[0], zones)


def _choices(here: Station, spans: Spans, today: date) -> list[tuple[str, date, date]]:
    newest = spans.records.newest
    return brief.choices(today if newest is None else min(shell.local_time(newest, here).date(), today))
