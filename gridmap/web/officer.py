"""The officer's page: incidents, hotspots and coverage gaps over the beats, filtered by the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
from fastapi import APIRouter, Depends, Request
from numpy.typing import NDArray
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import analyses, coverage, figures
from gridmap.services.views import PeriodWrong
from gridmap.store import audit, editions, frames
from gridmap.store import figures as counts
from gridmap.store.tables import Edition, IncidentCategory, Station
from gridmap.web import shell
from gridmap.web.entry import choose_station
from gridmap.web.maps import base, features, ground
from gridmap.web.words import TAGS, WEEKDAYS, Language, kind_name, say

router = APIRouter(include_in_schema=False)
AnalystDep = Annotated[Actor, Depends(allowed(Action.READ_ANALYSES))]
ReaderDep = Annotated[Actor, Depends(allowed(Action.READ_INCIDENTS))]
DISPUTES = "disputes"
#: Gaps listed with their place; more are counted.
MOST_GAPS = 300
TOLD = (
    "not_loaded", "zoom_in", "zoom_out", "map_label", "loading", "events", "cell", "time", "number", "aggregated", "officer",
    "nobody", "code",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address asks for: whole days in the station's zone, and a category ("" all, "disputes", or a code)."""

    since: date
    until: date
    category: str

    def moments(self, place: Station) -> tuple[datetime, datetime]:
        """Return the first moment of `since` and the one after `until`."""
        zone = ZoneInfo(place.timezone)
        return datetime.combine(self.since, time(), zone), datetime.combine(
            self.until + timedelta(days=1), time(), zone
        )

    def codes(self, known: list[IncidentCategory]) -> list[str] | None:
        """Return the categories meant, None for all."""
        if self.category == DISPUTES:
            return [one.code for one in known if one.is_dispute]
        return [self.category] if self.category else None


@router.get("/map")
def officer_map(
    request: Request,
    session: SessionDep,
    actor: AnalystDep,
    *,
    station: str | None = None,
    since: date | None = None,
    until: date | None = None,
    category: str = "",
) -> Response:
    """Show where incidents and disputes gather and where nobody is responsible, in a period and category."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    language = shell.language_of(request)
    known = counts.categories(session)
    wanted = _filter(session, here, since, until, category)
    events = analyses.incidents(session, here.code, *wanted.moments(here), wanted.codes(known))
    counted = events if wanted.category else events[events["is_dispute"].astype(bool)]
    land = frames.jurisdiction(session, here.code)
    hot = analyses.hotspots(here, land, counted)
    in_force = editions.in_force(session, here.code)
    pins, left = _pins(coverage.gaps(session, here.code), language)
    may_read = actor.may(Action.READ_INCIDENTS)
    urls = [ground.ground_url(here.code)]
    if in_force is not None:
        urls.insert(0, ground.zones_url(in_force))
    return shell.page(
        request,
        "map.html",
        actor=actor,
        station=here,
        wanted=wanted,
        categories=known,
        latest=_latest(session, here),
        periods=_periods(wanted),
        in_force=in_force,
        events=len(events),
        disputes=int(events["is_dispute"].sum()),
        hot=hot,
        pins=pins,
        gaps_left=left,
        kinds=_tally(pins),
        chart=_chart(analyses.rhythm(counted, here.timezone), language),
        may_read=may_read,
        map=base.build("map", base.base_map_of(request)),
        urls=urls,
        facts=shell.in_script(
            {
                "lang": language,
                "tag": TAGS[language],
                "bbox": features.box(land),
                "zones": urls[0] if in_force is not None else None,
                "ground": ground.ground_url(here.code),
                "incidents": incidents_url(here, wanted) if may_read else None,
                "heat": _heat(hot, language),
                "pins": pins,
                "officers": _officers(session, here, in_force, language),
                "words": {key: say(key, language) for key in TOLD},
            }
        ),
    )


def incidents_url(here: Station, wanted: Filter) -> str:
    """Return where the incidents of a filter are read."""
    return (
        f"/map/incidents.json?station={here.code}&since={wanted.since}&until={wanted.until}&category={wanted.category}"
    )


@router.get("/map/incidents.json")
def incidents(
    request: Request,
    session: SessionDep,
    actor: ReaderDep,
    *,
    station: str,
    since: date,
    until: date,
    category: str = "",
) -> Response:
    """Return the incidents of a filter as columns, or as counts on a lattice where there are too many; on record."""
    here = editions.find_station(session, require_station(actor, station))
    known = counts.categories(session)
    wanted = _filter(session, here, since, until, category)
    events = analyses.incidents(session, here.code, *wanted.moments(here), wanted.codes(known))
    audit.write(session, [here.code], by=actor.login, action="look", thing="incidents", after={"map": True})
    if len(events) > features.MOST_POINTS:
        cells = analyses.counted(here, events)
        rows: Any = zip(cells.geometry, cells["count"], strict=True)
        squares = [[features.ring(shape), int(n)] for shape, n in rows]
        return shell.data(request, {"cells": squares, "most": int(cells["count"].max())})
    names = {one.code: n for n, one in enumerate(known)}
    at = events["at"].dt.tz_convert(here.timezone).dt.strftime("%Y-%m-%d %H:%M")
    columns = (
        events.geometry.x.round(features.DECIMALS), events.geometry.y.round(features.DECIMALS),
        events["category"].map(names), at, events["number"],
    )  # fmt: skip
    content = {
        "categories": [
            {"name_zh": one.name_zh, "name_en": one.name_en, "code": one.code, "is_dispute": one.is_dispute}
            for one in known
        ],
        "points": [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)],
    }
    return shell.data(request, content)


def _filter(session: Session, here: Station, since: date | None, until: date | None, category: str) -> Filter:
    """Return the period and category of an address; without one, the newest year with records."""
    start, end = (
        shell.local_time(at, here).date() for at in figures.year_of_incidents(session, here.code, datetime.now(UTC))
    )
    last = until or end
    first = since or (start + timedelta(days=1) if until is None else last - timedelta(days=364))
    if first > last:
        raise PeriodWrong(f"the period begins on {first} and ends on {last}; put the earlier day first")
    return Filter(first, last, category[:64])


def _latest(session: Session, here: Station) -> date | None:
    span = counts.span_of_incidents(session, here.code)
    return None if span is None else shell.local_time(span[1], here).date()


def _periods(wanted: Filter) -> list[tuple[int, date]]:
    """Return spans to choose from: days, and the first day of each."""
    return [(days, wanted.until - timedelta(days=days - 1)) for days in (30, 90, 365, 1095)]


def _heat(hot: analyses.Hotspots, language: Language) -> dict[str, Any] | None:
    """Return the squares worth drawing, or None where there are too few events to say anything."""
    if not hot.enough:
        return None
    names = {name: say(name, language) for name in hot.tally}
    rows: Any = zip(
        hot.cells.geometry, hot.cells["class"], hot.cells["count"], hot.cells["z"], hot.cells["p"], strict=True
    )
    cells = [
        [features.ring(shape), name, [int(count), round(float(z), 2), f"{p:.2g}"]] for shape, name, count, z, p in rows
    ]
    return {"names": names, "cells": cells}


def _pins(gaps: gpd.GeoDataFrame, language: Language) -> tuple[list[dict[str, Any]], int]:
    """Return the gaps as numbered places for map and list, and how many more there are."""
    shown = gaps.head(MOST_GAPS)
    spots = shown.geometry.representative_point()
    shapes = features.geometries(shown.geometry.to_numpy())
    rows: Any = zip(shown.itertuples(), spots, shapes, strict=True)
    pins = []
    for n, (row, spot, shape) in enumerate(rows, start=1):
        where = shell.name_of({"name_zh": row.name_zh, "name_en": row.name_en, "code": row.code}, language)
        # `until` is the first day after: whoever is away is back then; a posting held to the day before.
        away = row.kind == "leave_no_substitute"
        told, day = ("on_leave_until", row.until) if away else ("posted_until", _day_before(row.until))
        why = say(told, language, who=row.who, until=day) if row.who else ""
        pins.append(
            {
                "n": n,
                "kind": row.kind,
                "title": kind_name(row.kind, language),
                "where": where,
                "why": why,
                "doors": int(row.doors),
                "households": int(row.households),
                "area": "" if row.area_m2 is None or np.isnan(row.area_m2) else f"{row.area_m2:,.0f} m²",
                "pairs": [
                    [say("zone", language), where],
                    [say("doors", language), int(row.doors)],
                    [say("households", language), int(row.households)],
                ],
                "lon": round(spot.x, features.DECIMALS),
                "lat": round(spot.y, features.DECIMALS),
                "geometry": shape,
            }
        )
    return pins, len(gaps) - len(pins)


def _tally(pins: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the gaps by kind, in the order of the list."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for pin in pins:
        kinds.setdefault(pin["title"], []).append(pin)
    return list(kinds.items())


def _officers(session: Session, here: Station, in_force: Edition | None, language: Language) -> dict[str, str]:
    """Return who answers for each beat today."""
    if in_force is None:
        return {}
    posted = counts.posted(session, here.code, in_force.id, "beat", datetime.now(UTC))
    officers = posted[posted["role"] == "officer"]
    told = (
        officers["name_en"].where(officers["name_en"] != "", officers["name"]) if language == "en" else officers["name"]
    )
    return {str(code): "、".join(names) for code, names in told.groupby(officers["code"])}


def _chart(table: NDArray[np.int64], language: Language) -> dict[str, Any]:
    """Return the hours and weekdays as cells of a small chart, in six classes."""
    most = int(table.max()) or 1
    classes = np.where(table == 0, 0, np.ceil(5 * table / most)).astype(int)
    place = 0 if language == "zh" else 1
    return {
        "days": [names[place] for names in WEEKDAYS],
        "rows": [[(hour, int(classes[day, hour]), int(table[day, hour])) for hour in range(24)] for day in range(7)],
        "most": most,
        "peak": np.unravel_index(int(table.argmax()), table.shape) if table.any() else None,
    }


def _day_before(day: date | None) -> date | None:
    return None if day is None else day - timedelta(days=1)
