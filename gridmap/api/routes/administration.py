"""The audit of a station, and accounts within an admin's own scope."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response, status

from gridmap.api import page
from gridmap.api.page import After, Limit
from gridmap.api.routes.stations import IN_STATION, READING
from gridmap.api.schemas.administration import (
    AccountBody,
    Accounts,
    AuditBody,
    AuditPage,
    NewAccount,
    NewScope,
    account,
)
from gridmap.domain.access import Action, Actor
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import accounts, lists
from gridmap.services.accounts import AccountNotFound, LoginTaken, WeakPassword

router = APIRouter(tags=["administration"])
AuditReaderDep = Annotated[Actor, Depends(allowed(Action.READ_AUDIT))]
AdminDep = Annotated[Actor, Depends(allowed(Action.MANAGE_ACCOUNTS))]
Login = Annotated[
    str, Path(pattern="^[A-Za-z0-9_.@-]{2,64}$", description="Login of an account.", examples=["wang.li"])
]
CHANGING = (*READING, ForeignPage, NoCsrfToken, RequestNotValid)


@router.get("/stations/{station}/audit", summary="The audit, newest first", responses=problems(*IN_STATION))
def list_audit(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: AuditReaderDep,
    station: StationDep,
    after: After = None,
    limit: Limit = 100,
) -> AuditPage:
    """Return a page of who did or looked at what; reading it is itself on record."""
    rows = lists.audit_log(session, actor, station, after=after, limit=limit + 1)
    shown, more = page.cut(rows, limit)
    following = page.link_next(request, response, shown[-1].id) if more else None
    return AuditPage(items=[AuditBody.model_validate(row) for row in shown], next=following)


@router.get("/accounts", summary="Accounts in your scope", responses=problems(*READING))
def list_accounts(session: SessionDep, actor: AdminDep) -> Accounts:
    """Return the accounts that share a station with you, by login."""
    return Accounts(items=[account(one, active=active) for one, active in accounts.listing(session, within=actor)])


@router.post(
    "/accounts",
    summary="Add an account",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*CHANGING, LoginTaken, WeakPassword),
)
def add_account(session: SessionDep, actor: AdminDep, body: NewAccount) -> AccountBody:
    """Add an account whose scope lies within yours."""
    added = accounts.add(
        session,
        login=body.login,
        display_name=body.display_name,
        role=body.role,
        password=body.password,
        stations=tuple(body.stations),
        by=actor.login,
        within=actor,
    )
    return account(added)


@router.post(
    "/accounts/{login}/disable",
    summary="Disable an account",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(*CHANGING, AccountNotFound),
)
def disable_account(session: SessionDep, actor: AdminDep, login: Login) -> Response:
    """Let the account log in no more and end its sessions at once."""
    accounts.disable(session, login, by=actor.login, within=actor)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.put(
    "/accounts/{login}/stations", summary="Set an account's scope", responses=problems(*CHANGING, AccountNotFound)
)
def set_scope(session: SessionDep, actor: AdminDep, login: Login, body: NewScope) -> AccountBody:
    """Make these stations the whole scope of the account; it holds from its next request."""
    return account(accounts.set_scope(session, login, tuple(body.stations), by=actor.login, within=actor))
