"""Coming in and going out, the station's page, and what a browser sees when something fails."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Form, Request
from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from gridmap.domain.access import Action, Actor, Role, require_station
from gridmap.http import log_in as door
from gridmap.http.csrf import csrf_token
from gridmap.http.limits import TooManyTries
from gridmap.http.person import MaybePersonDep, PersonDep
from gridmap.http.problems import Problem
from gridmap.http.session_dep import SessionDep
from gridmap.services.accounts import WrongLogIn
from gridmap.store import editions
from gridmap.store.tables import Station
from gridmap.web.shell import page

router = APIRouter(include_in_schema=False)
#: Roles whose day begins at the desk of disputes, where they ask for no other page.
AT_DESK: Final = frozenset({Role.OFFICER, Role.GRID_MEMBER, Role.MEDIATOR})


@router.get("/log-in")
def log_in_page(request: Request, actor: MaybePersonDep, next: str = "/") -> Response:  # noqa: A002 -- the address has it
    """Show the form, or go on where somebody is logged in already."""
    if actor is not None:
        return RedirectResponse(_inside(next), 303)
    return _form(request, next)


@router.post("/log-in")
def log_in(
    request: Request,
    session: SessionDep,
    login: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1_000)] = "",
    next: Annotated[str, Form(max_length=2_000)] = "/",  # noqa: A002
) -> Response:
    """Log in and go on to where the person was going; the same words for a wrong login and a wrong password."""
    try:
        actor = door.log_in(request, session, login, password).actor
    except WrongLogIn:
        return _form(request, next, failed="wrong_log_in", login=login, status=401)
    except TooManyTries as error:
        reply = _form(request, next, failed="too_many_tries", login=login, status=429)
        reply.headers["Retry-After"] = str(error.facts.get("retry_after", 60))
        return reply
    target = _inside(next)
    return RedirectResponse("/desk" if target == "/" and actor.role in AT_DESK else target, 303)


@router.post("/log-out")
def log_out(request: Request, session: SessionDep) -> Response:
    """Log out; the log-in page follows."""
    door.log_out(request, session)
    return RedirectResponse("/log-in", 303)


@router.get("/")
def station_page(request: Request, session: SessionDep, actor: PersonDep, station: str | None = None) -> Response:
    """Show what this person can open at their station."""
    everyone = editions.stations(session)
    here = choose_station(session, actor, station)
    in_force = editions.in_force(session, here.code) if here else None
    drafts = editions.drafts(session, here.code) if here else []
    return page(
        request, "station.html", actor=actor, station=here, stations=everyone, in_force=in_force, drafts=drafts,
        may_notices=actor.may(Action.MANAGE_NOTICES),
    )  # fmt: skip


def choose_station(session: SessionDep, actor: Actor, code: str | None) -> Station | None:
    """Return the station asked for, else the first in the person's scope, else None.

    Raises
    ------
    StationNotFound
        If the one asked for is not in their scope.
    """
    if code is not None:
        return editions.find_station(session, require_station(actor, code))
    return session.scalars(select(Station).order_by(Station.code).limit(1)).one_or_none()


def error_page(request: Request, problem: Problem) -> Response:
    """Draw a problem as a page."""
    actor = getattr(request.state, "actor", None)
    return page(request, "error.html", actor=actor, status=problem.status, problem=problem)


def _form(request: Request, target: str, *, failed: str | None = None, login: str = "", status: int = 200) -> Response:
    return page(
        request,
        "log_in.html",
        actor=None,
        status=status,
        target=_inside(target),
        failed=failed,
        login=login,
        token=csrf_token(request),
        demo=_demo_log_ins(request),
    )


def _demo_log_ins(request: Request) -> list[tuple[str, str]]:
    return list(getattr(request.app.state, "demo_log_ins", []))


def _inside(target: str) -> str:
    """Return `target` if it is a path of this site, else the station's page: a log-in leads nowhere else."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("//") or "\\" in target:
        return "/"
    return quote(parts.path) + (f"?{parts.query}" if parts.query else "")
