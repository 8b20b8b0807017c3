"""The planner's page: an edition on the map, its zones in figures, its faults, and the steps it may take."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import geopandas as gpd
import pandas as pd
from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.editions import UNPUBLISHED
from gridmap.errors import GridmapError
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import editions as service
from gridmap.services import figures
from gridmap.store import editions, frames
from gridmap.store.frames import ZoneKind
from gridmap.store.tables import Edition, Station
from gridmap.web import shell
from gridmap.web.entry import choose_station
from gridmap.web.maps import base, features, ground
from gridmap.web.words import TAGS, Language, kind_name, say

router = APIRouter(include_in_schema=False)
DraftReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DRAFTS))]
Figure = Literal["load", "area", "doors", "households", "incidents", "compactness"]
#: A list of faults longer than this helps nobody; the rest is counted.
MOST_FAULTS = 200
#: Words the browser's modules say.
TOLD = ("not_loaded", "zoom_in", "zoom_out", "map_label", "loading")


@router.get("/plan")
def plan(
    request: Request,
    session: SessionDep,
    actor: DraftReaderDep,
    *,
    station: str | None = None,
    edition: int | None = None,
    kind: ZoneKind = "beat",
    by: Figure = "load",
    check: bool = False,
    done: str = "",
) -> Response:
    """Show one edition of a station: the one asked for, else the one in force, else the newest."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    listed = editions.list_page(session, here.code)
    in_force = next((one for one in listed if one.status == "published"), None)
    shown = editions.find(session, here.code, edition) if edition else in_force or next(iter(listed), None)
    if shown is None:
        return shell.page(request, "plan_empty.html", actor=actor, station=here, may_draw=actor.may(Action.DRAW_DRAFT))
    language = shell.language_of(request)
    told = figures.zone_figures(session, here, shown, kind)
    checked = check or shown.status in UNPUBLISHED
    faults = service.check(session, here.code, shown.number) if checked else None
    pins = _pins(faults, language) if faults is not None else []
    urls = _urls(here, shown, in_force)
    return shell.page(
        request,
        "plan.html",
        actor=actor,
        station=here,
        editions=listed,
        shown=shown,
        in_force=in_force,
        kind_shown=kind,
        by=by,
        checked=checked,
        figures=told.zones.to_dict("records"),
        totals=_totals(told.zones),
        year=[shell.local_time(at, here).date() for at in (told.since, told.until - timedelta(seconds=1))],
        pins=pins,
        faults_left=0 if faults is None else len(faults) - len(pins),
        stops=faults is not None and not set(faults["kind"]) <= service.HARMLESS,
        change=_change(session, here, in_force, shown),
        unpublished=shown.status in UNPUBLISHED,
        compared_with=_compared_with(listed, shown, in_force),
        may_draw=actor.may(Action.DRAW_DRAFT),
        may_publish=actor.may(Action.PUBLISH) and (shown.status == "approved" or not here.two_person),
        may_withdraw=actor.may(Action.WITHDRAW),
        done=_done(done, shown, language),
        map=base.build("plan", base.base_map_of(request)),
        urls=urls,
        facts=shell.in_script(_facts(session, here, urls, kind=kind, pins=pins, language=language)),
    )


@router.post("/plan/publish")
def publish(
    request: Request,
    session: SessionDep,
    actor: DraftReaderDep,
    station: Annotated[str, Form()],
    edition: Annotated[int, Form()],
) -> Response:
    """Publish a draft and show it; what stops it is shown on the same page."""
    require_action(actor, Action.PUBLISH)
    code = require_station(actor, station)
    settings = request.app.state.settings
    service.publish(session, code, edition, by=actor.login, sliver_m=settings.sliver_m, tie_m=settings.tie_m)
    return _back(code, edition, "published")


@router.post("/plan/withdraw")
def withdraw(
    session: SessionDep,
    actor: DraftReaderDep,
    station: Annotated[str, Form()],
    edition: Annotated[int, Form()],
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Withdraw the edition in force; the one before answers again."""
    require_action(actor, Action.WITHDRAW)
    code = require_station(actor, station)
    service.withdraw(session, code, edition, by=actor.login, reason=reason)
    return _back(code, edition, "withdrawn")


def _back(station: str, edition: int, done: str) -> Response:
    return RedirectResponse("/plan?" + urlencode({"station": station, "edition": edition, "done": done}), 303)


def _done(done: str, shown: Edition, language: Language) -> str:
    """Return what was just done, if the edition's state agrees: an address alone must not claim it."""
    if done not in {"published", "withdrawn"} or shown.status != done:
        return ""
    return say("did_publish" if done == "published" else "did_withdraw", language, n=shown.number)


def _compared_with(listed: list[Edition], shown: Edition, in_force: Edition | None) -> tuple[int, int] | None:
    """Return the two editions a planner would lay side by side: the one in force and this, or this and its base."""
    if in_force is not None and in_force.id != shown.id:
        return (in_force.number, shown.number)
    older = [one.number for one in listed if one.number < shown.number and one.status != "draft"]
    before = shown.base if shown.base is not None else next(iter(older), None)
    return None if before is None else (before, shown.number)


def _urls(here: Station, shown: Edition, in_force: Edition | None) -> list[str]:
    urls = [ground.zones_url(shown), ground.ground_url(here.code)]
    if in_force is not None and in_force.id != shown.id:
        urls.append(ground.zones_url(in_force))
    return urls


def _facts(
    session: Session, here: Station, urls: list[str], *, kind: ZoneKind, pins: list[dict[str, Any]], language: Language
) -> dict[str, Any]:
    """Return what the page's module needs to know."""
    return {
        "lang": language,
        "tag": TAGS[language],
        "bbox": features.box(frames.jurisdiction(session, here.code)),
        "kind": kind,
        "zones": urls[0],
        "ground": urls[1],
        "before": urls[2] if len(urls) > 2 else None,
        "pins": pins,
        "words": {key: say(key, language) for key in TOLD},
    }


def _pins(faults: gpd.GeoDataFrame, language: Language) -> list[dict[str, Any]]:
    """Return the faults as numbered places for map and list."""
    shown = faults[faults.geometry.notna() & ~faults.geometry.is_empty].head(MOST_FAULTS)
    spots = shown.geometry.representative_point()
    shapes = features.geometries(shown.geometry.to_numpy())
    rows: Any = zip(shown.itertuples(), spots, shapes, strict=True)
    return [
        {
            "n": n,
            "title": kind_name(row.kind, language),
            "zones": ", ".join(row.zones),
            "layer": say(row.layer, language),
            "size": f"{row.area_m2:,.0f} m²" if row.area_m2 >= 1 else f"{row.length_m:,.1f} m" if row.length_m else "",
            "detail": row.detail,
            "pairs": [
                [say("zones", language), ", ".join(row.zones)],
                [say("area", language), f"{row.area_m2:,.1f} m²"],
            ],
            "lon": round(spot.x, 6),
            "lat": round(spot.y, 6),
            "geometry": shape,
        }
        for n, (row, spot, shape) in enumerate(rows, start=1)
    ]


def _totals(zones: pd.DataFrame) -> dict[str, Any]:
    sums: dict[str, Any] = {name: zones[name].sum() for name in ("area_km2", "doors", "households", "incidents")}
    return {
        **sums,
        "zones": len(zones),
        "load": float(zones["load"].max()) if len(zones) else float("nan"),
        "compactness": float(zones["compactness"].mean()) if len(zones) else float("nan"),
    }


def _change(session: Session, here: Station, in_force: Edition | None, shown: Edition) -> list[dict[str, Any]] | None:
    """Return what a draft changes against the edition in force, or None where there is nothing to compare."""
    if in_force is None or shown.status not in UNPUBLISHED:
        return None
    try:
        rows = service.compare(session, here.code, in_force.number, shown.number).rename_axis("code").reset_index()
    except GridmapError:  # a draft may be too broken to be compared; its faults are listed anyway
        return None
    changed: Any = rows[rows["kind"] != "kept"].to_dict("records")
    return list(changed)
