"""The page of balanced proposals: wishes, options side by side, each beat by beat; and where to put police posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.errors import GridmapError, Invalid, TooLarge
from gridmap.geo.propose import NotFeasible
from gridmap.http.person import allowed
from gridmap.http.session_dep import SessionDep
from gridmap.http.spells import SpellsDep
from gridmap.services import proposals as service
from gridmap.services.proposals import PlanWishes
from gridmap.services.proposals.response import SERVICE_MIN, SPEED_KMH
from gridmap.store import editions, frames
from gridmap.store import proposals as store
from gridmap.store.tables import Edition, Station
from gridmap.web import posts, shell
from gridmap.web import proposals_chart as chart
from gridmap.web.entry import choose_station
from gridmap.web.proposals_form import values_of, values_sent, wishes_sent

router = APIRouter(include_in_schema=False)
router.include_router(posts.router)
DraftReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DRAFTS))]
DrawerDep = Annotated[Actor, Depends(allowed(Action.DRAW_DRAFT))]
#: Earlier proposals shown beside the form.
EARLIER: Final = 12


async def form_of(request: Request) -> FormData:
    """Return the form of a request, whatever fields it has."""
    return await request.form()


FormDep = Annotated[FormData, Depends(form_of)]


@router.get("/plan/proposals")
def proposals(
    request: Request,
    session: SessionDep,
    actor: DraftReaderDep,
    *,
    station: str | None = None,
    proposal: int | None = None,
    option: int | None = None,
) -> Response:
    """Show the form of wishes, and one proposal: the one asked for, else the newest."""
    here = choose_station(session, actor, station)
    if here is None:
        return shell.page(request, "station.html", actor=actor, stations=[])
    earlier = store.list_page(session, here.code, limit=EARLIER)
    number = proposal or (earlier[0].id if earlier else None)
    kept = service.find(session, here.code, number) if number else None
    wishes = kept.wishes if kept else None
    return _page(request, session, actor, here, kept=kept, chosen=option, wishes=wishes)


@router.post("/plan/proposals")
def propose(request: Request, spells: SpellsDep, form: FormDep) -> Response:
    """Work out what the form wishes and show it; what cannot be is told at its field."""
    asked = form.get("station")
    code = asked if isinstance(asked, str) else ""
    with spells.open(Action.DRAW_DRAFT) as (_, actor):
        require_station(actor, code)
    try:
        wishes = service.check(wishes_sent(form))
        with spells.open(Action.DRAW_DRAFT) as (session, _):
            ground = service.read(session, code, wishes)
        made = service.make(ground, wishes, most=service.MOST_UNITS)
    except (Invalid, TooLarge) as error:
        with spells.open(Action.DRAW_DRAFT) as (session, actor):
            here = editions.find_station(session, code)
            return _page(request, session, actor, here, values=values_sent(form), error=error)
    with spells.open(Action.DRAW_DRAFT) as (session, actor):
        number = service.keep(session, made, by=actor.login).id
    return RedirectResponse("/plan/proposals?" + urlencode({"station": code, "proposal": number}), 303)


@router.post("/plan/proposals/open")
def open_option(
    session: SessionDep,
    actor: DraftReaderDep,
    station: Annotated[str, Form()],
    proposal: Annotated[int, Form(ge=1, le=2**31 - 1)],
    option: Annotated[int, Form(ge=1, le=1_000)],
) -> Response:
    """Open an option as a draft and go on to draw."""
    require_action(actor, Action.DRAW_DRAFT)
    code = require_station(actor, station)
    draft = service.open_option(session, code, proposal, option, by=actor.login)
    return RedirectResponse("/plan/draw?" + urlencode({"station": code, "edition": draft.number}), 303)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    here: Station,
    *,
    kept: service.Kept | None = None,
    chosen: int | None = None,
    wishes: PlanWishes | None = None,
    values: dict[str, Any] | None = None,
    error: GridmapError | None = None,
) -> Response:
    listed = [one for one in editions.list_page(session, here.code) if one.status != "withdrawn"]
    in_force = next((one for one in listed if one.status == "published"), None)
    values = values or values_of(wishes or PlanWishes(_usual_beats(session, in_force)))
    base = _shown_base(session, here, values.get("base"), in_force)
    beats = frames.zones(session, -1 if base is None else base.id, "beat")[["code", "name_zh", "name_en"]]
    people = _people(session, here, kept)
    language = shell.language_of(request)
    option = None if kept is None else kept.option(chosen or 1)
    return shell.page(
        request,
        "proposals.html",
        actor=actor,
        station=here,
        status=200 if error is None else 422,
        may_draw=actor.may(Action.DRAW_DRAFT),
        editions=listed,
        in_force=in_force,
        values=values | {"more": any(":" in part and weight != "0" for part, weight in values["weights"].items())},
        problem=_problem(error),
        beats=beats.to_dict("records"),
        categories=store.categories(session, here.code),
        tiers=store.tiers(session, here.code),
        earlier=[(one, shell.local_time(one.at, here)) for one in store.list_page(session, here.code, limit=EARLIER)],
        kept=kept,
        columns=[] if kept is None else chart.columns(kept),
        rows=[] if kept is None else chart.rows(kept),
        none_within=None if kept is None else chart.none_within(kept),
        scatter=None if kept is None else chart.scatter(kept),
        option=option,
        was=_was(kept),
        at=None if kept is None else shell.local_time(kept.proposal.at, here),
        people=lambda code: _name(people, code, language),
        service_min=f"{SERVICE_MIN:g}",
        speed_kmh=f"{SPEED_KMH:g}",
    )


def _was(kept: service.Kept | None) -> dict[str, dict[str, Any]]:
    """Return the figures of the beats a proposal starts from, by code."""
    return {row["code"]: row for row in kept.present["beats"]} if kept and kept.present else {}


def _usual_beats(session: Session, in_force: Edition | None) -> int:
    """Return how many beats are wished at first: as many as there are."""
    return max(len(frames.zones(session, in_force.id, "beat")), 1) if in_force else 10


def _shown_base(session: Session, here: Station, number: object, in_force: Edition | None) -> Edition | None:
    """Return the edition whose beats can be locked; the one in force where the form names none or none that is there."""
    try:
        return editions.find(session, here.code, int(str(number))) if number else in_force
    except (GridmapError, ValueError):
        return in_force


def _people(session: Session, here: Station, kept: service.Kept | None) -> Mapping[str, tuple[str, str]]:
    """Return the names of the officers a proposal names, by code."""
    if kept is None:
        return {}
    told = [kept.present, *(one.figures for one in kept.options)]
    codes = {row["officer"] for one in told if one for row in one["beats"] if row.get("officer")}
    return store.people(session, here.code, sorted(codes))


def _name(people: Mapping[str, tuple[str, str]], code: str | None, language: str) -> str:
    zh, en = people.get(code or "", ("", ""))
    return (en or zh) if language == "en" else zh


def _problem(error: GridmapError | None) -> dict[str, str] | None:
    """Return what was wrong: `field` ("" for the whole) and `detail`."""
    if error is None:
        return None
    field = str(error.facts.get("field", "units" if isinstance(error, TooLarge) else ""))
    lead = "pr_wrong" if isinstance(error, NotFeasible) else "pr_field_wrong"
    return {"field": field, "detail": error.detail, "lead": lead}
