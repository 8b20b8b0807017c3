"""The forms of the review page: each takes one step and shows the page again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor, require_station
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import comments, lists, reviews
from gridmap.services import editions as service
from gridmap.store import editions

router = APIRouter(prefix="/plan/review", include_in_schema=False)
DrawerDep = Annotated[Actor, Depends(allowed(Action.DRAW_DRAFT))]
ReviewerDep = Annotated[Actor, Depends(allowed(Action.REVIEW))]
PublisherDep = Annotated[Actor, Depends(allowed(Action.PUBLISH))]
CommenterDep = Annotated[Actor, Depends(allowed(Action.COMMENT))]
StationField = Annotated[str, Form(max_length=16)]
NumberField = Annotated[int, Form(ge=1, le=2**31 - 1)]
KindsField = Annotated[list[str] | None, Form(max_length=20)]
PlaceField = Annotated[float | None, Form(allow_inf_nan=False)]


@router.post("/hand-in")
def hand_in(
    request: Request, session: SessionDep, actor: DrawerDep, station: StationField, edition: NumberField
) -> Response:
    """Hand a draft in for review."""
    code = require_station(actor, station)
    reviews.hand_in(session, code, edition, by=actor.login, sliver_m=request.app.state.settings.sliver_m)
    return _back(code, edition, "in_review")


@router.post("/approve")
def approve(
    session: SessionDep,
    actor: ReviewerDep,
    station: StationField,
    edition: NumberField,
    seen: Annotated[datetime | None, Form()] = None,
) -> Response:
    """Approve the edition as it was seen."""
    code = require_station(actor, station)
    reviews.approve(session, code, edition, by=actor.login, seen=seen)
    return _back(code, edition, "approved")


@router.post("/give-back")
def give_back(
    session: SessionDep,
    actor: ReviewerDep,
    station: StationField,
    edition: NumberField,
    reason: Annotated[str, Form(min_length=1, max_length=2000, pattern=r"\S")],
) -> Response:
    """Make the edition a draft again."""
    code = require_station(actor, station)
    reviews.give_back(session, code, edition, by=actor.login, reason=reason)
    return _back(code, edition, "draft")


@router.post("/schedule")
def schedule(
    request: Request,
    session: SessionDep,
    actor: PublisherDep,
    *,
    station: StationField,
    edition: NumberField,
    at: Annotated[datetime, Form()],
    accept: KindsField = None,
) -> Response:
    """Set when the edition is published, by the station's clocks."""
    code = require_station(actor, station)
    zone = ZoneInfo(editions.find_station(session, code).timezone)
    reviews.schedule(
        session,
        code,
        edition,
        by=actor.login,
        at=at.replace(tzinfo=zone) if at.tzinfo is None else at,
        accept=frozenset(accept or ()),
        sliver_m=request.app.state.settings.sliver_m,
    )
    return _back(code, edition, "scheduled")


@router.post("/unschedule")
def unschedule(session: SessionDep, actor: PublisherDep, station: StationField, edition: NumberField) -> Response:
    """Take the edition off the schedule."""
    code = require_station(actor, station)
    reviews.unschedule(session, code, edition, by=actor.login)
    return _back(code, edition)


@router.post("/publish")
def publish(
    request: Request,
    session: SessionDep,
    actor: PublisherDep,
    station: StationField,
    edition: NumberField,
    accept: KindsField = None,
) -> Response:
    """Publish the edition now, with the kinds of fault that were ticked."""
    code = require_station(actor, station)
    settings = request.app.state.settings
    service.publish(
        session,
        code,
        edition,
        by=actor.login,
        sliver_m=settings.sliver_m,
        tie_m=settings.tie_m,
        accept=frozenset(accept or ()),
    )
    return _back(code, edition, "published")


@router.post("/comment")
def comment(
    session: SessionDep,
    actor: CommenterDep,
    *,
    station: StationField,
    edition: NumberField,
    text: Annotated[str, Form(max_length=2000)],
    lon: PlaceField = None,
    lat: PlaceField = None,
    reply_to: Annotated[int | None, Form(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """Say something of the edition, of a place in it, or under another comment."""
    code = require_station(actor, station)
    place = None if lon is None or lat is None else (lon, lat)
    found = lists.edition(session, actor, code, edition)
    said = comments.add(session, found, by=actor.login, text=text, place=place, reply_to=reply_to)
    return _back(code, edition, anchor=f"#comment-{said.reply_to or said.id}")


@router.post("/resolve")
def resolve(
    session: SessionDep,
    actor: CommenterDep,
    station: StationField,
    edition: NumberField,
    number: Annotated[int, Form(ge=1, le=2**31 - 1, alias="comment")],
    resolved: Annotated[bool, Form()] = True,  # a field of a form
) -> Response:
    """Mark a comment as dealt with, or as still open."""
    code = require_station(actor, station)
    comments.resolve(session, lists.edition(session, actor, code, edition), number, by=actor.login, resolved=resolved)
    return _back(code, edition, anchor="#comments")


def _back(station: str, edition: int, done: str = "", anchor: str = "") -> Response:
    query = {"station": station, "edition": edition, **({"done": done} if done else {})}
    return RedirectResponse(f"/plan/review?{urlencode(query)}{anchor}", 303)
