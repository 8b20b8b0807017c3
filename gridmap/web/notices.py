"""The page on which staff post notices to residents: who is told what, until when."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import notices
from gridmap.services.notices import NoticeNotValid, Wish
from gridmap.store import editions, frames
from gridmap.store.notices import Notice
from gridmap.store.tables import Station
from gridmap.web import shell
from gridmap.web.entry import choose_station

router = APIRouter(prefix="/notices", include_in_schema=False)
PosterDep = Annotated[Actor, Depends(allowed(Action.MANAGE_NOTICES))]
StationField = Annotated[str, Form(max_length=16)]
WhenField = Annotated[str, Form(max_length=30)]


@router.get("")
def notices_page(
    request: Request, session: SessionDep, actor: PosterDep, *, station: str | None = None, past: bool = False
) -> Response:
    """Show the notices of a station and the form for a new one."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    return _page(request, session, actor, here, past=past)


@router.post("/add")
def add(
    request: Request,
    session: SessionDep,
    actor: PosterDep,
    *,
    station: StationField,
    text_zh: Annotated[str, Form(max_length=2_000)] = "",
    text_en: Annotated[str, Form(max_length=4_000)] = "",
    kind: Annotated[str, Form(max_length=10)] = "info",
    zone: Annotated[str, Form(max_length=64)] = "",
    since: WhenField = "",
    until: WhenField = "",
) -> Response:
    """Post a notice; where something is wrong with it, show the form as it was."""
    here = editions.find_station(session, require_station(actor, station))
    typed = {"text_zh": text_zh, "text_en": text_en, "kind": kind, "zone": zone, "since": since, "until": until}
    try:
        wish = Wish(text_zh, text_en, kind, zone.replace("\0", ""), _moment(since, here), _moment(until, here))
        notices.add(session, here.code, wish, by=actor.login)
    except (NoticeNotValid, ValueError):
        return _page(request, session, actor, here, typed=typed, status=422)
    return RedirectResponse(f"/notices?station={here.code}", 303)


@router.post("/end")
def end(
    session: SessionDep,
    actor: PosterDep,
    station: StationField,
    notice: Annotated[int, Form(ge=1, le=2**31 - 1)],
) -> Response:
    """End a notice now."""
    code = require_station(actor, station)
    notices.end(session, code, notice, by=actor.login)
    return RedirectResponse(f"/notices?station={code}", 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    here: Station,
    *,
    past: bool = False,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    zones, told = _zones(session, here), notices.told(session, here.code)
    names = {(one["kind"], one["code"]): one for one in zones}
    return shell.page(
        request,
        "notices.html",
        actor=actor,
        station=here,
        status=status,
        past=past,
        typed=typed or {},
        wrong=typed is not None,
        zones=zones,
        told=told,
        rows=[_row(one, here, names, told) for one in notices.listing(session, here.code, past=past)],
    )


def _row(
    notice: Notice, here: Station, names: dict[tuple[str, str], dict[str, Any]], told: dict[str, int]
) -> dict[str, Any]:
    """Return a notice as the page shows it: its times by the station's clocks, its zone, the doors that are told."""
    kind = "beat" if notice.beat else "grid_cell" if notice.grid_cell else ""
    code = notice.beat or notice.grid_cell or ""
    return asdict(notice) | {
        "since": shell.local_time(notice.since, here),
        "until": None if notice.until is None else shell.local_time(notice.until, here),
        "over": notice.until is not None and notice.until <= datetime.now(UTC),
        "zone": names.get((kind, code), {"code": code}) if code else None,
        "doors": told.get({"beat": "b", "grid_cell": "c", "": ""}[kind] + code, 0),
    }


def _zones(session: Session, here: Station) -> list[dict[str, Any]]:
    edition = editions.in_force(session, here.code)
    if edition is None:
        return []
    kinds: tuple[frames.ZoneKind, ...] = ("beat", "grid_cell")
    return [
        {"kind": kind, **{str(name): value for name, value in row.items()}}
        for kind in kinds
        for row in frames.zones(session, edition.id, kind).drop(columns="geometry").to_dict("records")
    ]


def _moment(typed: str, here: Station) -> datetime | None:
    """Return a moment typed by the station's clocks; None for an empty field."""
    if not typed.strip():
        return None
    at = datetime.fromisoformat(typed)
    return at.replace(tzinfo=ZoneInfo(here.timezone)) if at.tzinfo is None else at
