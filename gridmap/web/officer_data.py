"""What the modules of the officer's page read beside the analyses: incidents, months on record, one zone, the gaps."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Annotated, Any

import geopandas as gpd
import shapely
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.http.views import AskedDep
from gridmap.services import analyses, map_page, views
from gridmap.services.analyses.case import Against
from gridmap.services.map_page import Pair, ZoneStory
from gridmap.store import audit, editions, map_view
from gridmap.store import figures as counts
from gridmap.store.data_version import data_version
from gridmap.store.map_view import ZoneKind
from gridmap.store.tables import Station
from gridmap.web import desk_open, map_gaps, shell
from gridmap.web.maps import features
from gridmap.web.officer import AnalystDep, ground_of

router = APIRouter(include_in_schema=False)
AllDep = Annotated[Actor, Depends(allowed(Action.READ_ANALYSES))]
ReaderDep = Annotated[Actor, Depends(allowed(Action.READ_INCIDENTS))]
Code = Annotated[str, Query(max_length=64)]


@router.get("/map/incidents.json")
def incidents(request: Request, session: SessionDep, actor: ReaderDep, asked: AskedDep, station: Code) -> Response:
    """Return the incidents of a view as columns, or as counts on a lattice where there are too many; on record."""
    here = editions.find_station(session, require_station(actor, station))
    known = counts.categories(session)
    view = views.settle(session, here, asked, known)
    events = map_page.incidents(session, here, view, ground_of(session, actor, here))
    audit.write(session, [here.code], by=actor.login, action="look", thing="incidents", after={"map": True})
    if len(events) > features.MOST_POINTS:
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(events["lon"], events["lat"]), crs="EPSG:4326")
        cells = analyses.counted(here, points)
        rows: Any = zip(cells.geometry, cells["count"], strict=True)
        squares = [[features.ring(shape), int(n)] for shape, n in rows]
        return shell.data(request, {"cells": squares, "most": int(cells["count"].max())})
    names = {one.code: n for n, one in enumerate(known)}
    columns = (
        events["lon"].round(features.DECIMALS), events["lat"].round(features.DECIMALS), events["category"].map(names),
        events["local"], events["number"],
    )  # fmt: skip
    content = {
        "categories": [
            {"name_zh": one.name_zh, "name_en": one.name_en, "code": one.code, "is_dispute": one.is_dispute}
            for one in known
        ],
        "points": [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)],
    }
    return shell.data(request, content)


@router.get("/map/held.json")
def held(request: Request, session: SessionDep, actor: AnalystDep, asked: AskedDep, station: Code) -> Response:
    """Return how many incidents and disputes a view holds."""
    here = editions.find_station(session, require_station(actor, station))
    found = map_page.held(session, here, views.settle(session, here, asked), ground_of(session, actor, here))
    return shell.data(request, {"incidents": found[0], "disputes": found[1]})


@router.get("/map/months.json")
def months(request: Request, session: SessionDep, actor: AnalystDep, station: Code) -> Response:
    """Return incidents and disputes of every month on record; read again only after a change."""
    here = editions.find_station(session, require_station(actor, station))
    only = ground_of(session, actor, here)
    own = "all" if only is None else hashlib.sha256(shapely.to_wkb(only)).hexdigest()[:16]
    version = f"months-2-{here.code}-{own}-{data_version(session, here.code, 'incident')}"
    if request.headers.get("if-none-match") == f'W/"{version}"':
        return shell.data(request, {}, etag=version)
    return shell.data(request, {"months": map_view.months(session, here.code, here.timezone, only)}, etag=version)


@router.get("/map/zone.json")
def zone(
    request: Request,
    session: SessionDep,
    actor: AnalystDep,
    asked: AskedDep,
    *,
    station: Code,
    kind: ZoneKind,
    code: Code,
    against: Against = "before",
) -> Response:
    """Return one zone's figures in a view: who answers for it, what stands in it, incidents and disputes now and before."""
    here = editions.find_station(session, require_station(actor, station))
    known = counts.categories(session)
    view = views.settle(session, here, asked, known)
    story = map_page.zone_story(
        session, here, view, kind, code, known=known, against=against, only=ground_of(session, actor, here)
    )
    open_ = desk_open.open_in_zone(session, actor, here, kind, code)
    return shell.data(request, {**_told(story, here), "open": open_})


@router.get("/map/gaps.json")
def gaps(request: Request, session: SessionDep, actor: AllDep, station: Code) -> Response:
    """Return the largest coverage gaps of each kind, as numbered places."""
    here = editions.find_station(session, require_station(actor, station))
    return shell.data(request, map_gaps.pins(request, session, here))


def _told(story: ZoneStory, here: Station) -> dict[str, Any]:
    first, last = (shell.local_time(moment, here) for moment in story.span_before)
    return {
        "kind": story.kind, "code": story.code, "name_zh": story.name_zh, "name_en": story.name_en,
        "area_m2": round(story.area_m2), "doors": story.doors, "households": story.households, "people": story.people,
        "incidents": _pair(story.incidents), "disputes": _pair(story.disputes), "categories": story.categories,
        "before": [str(first.date()), str((last - timedelta(seconds=1)).date())],
    }  # fmt: skip


def _pair(pair: Pair) -> dict[str, float | int | None]:
    rounded = {
        name: None if value is None else round(value, 4) for name, value in (("ratio", pair.ratio), ("p", pair.p))
    }
    return {"now": pair.now, "before": pair.before, **rounded}
