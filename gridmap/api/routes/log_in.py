"""Log in, see who is logged in, log out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response, status

from gridmap.api.schemas.log_in import LogInBody, Who, who
from gridmap.domain.access import NobodyLoggedIn
from gridmap.http import log_in as requests
from gridmap.http.csrf import ForeignPage, NoCsrfToken, csrf_token
from gridmap.http.limits import TooManyTries
from gridmap.http.person import PersonDep
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services.accounts import WrongLogIn
from gridmap.store.driver_errors import DatabaseAway

router = APIRouter(prefix="/session", tags=["session"])


@router.post(
    "",
    summary="Log in",
    responses=problems(WrongLogIn, TooManyTries, ForeignPage, NoCsrfToken, RequestNotValid, DatabaseAway),
    status_code=status.HTTP_201_CREATED,
)
def log_in(request: Request, body: LogInBody, session: SessionDep) -> Who:
    """Check login and password and set the session cookie; the reply holds the token for later changes."""
    logged_in = requests.log_in(request, session, body.login, body.password)
    return who(logged_in.actor, csrf_token(request), logged_in.expires_at)


@router.get("", summary="Who is logged in", responses=problems(NobodyLoggedIn, DatabaseAway))
def session(request: Request, actor: PersonDep) -> Who:
    """Return who is logged in, what they may do and in which stations."""
    return who(actor, csrf_token(request))


@router.delete(
    "",
    summary="Log out",
    responses=problems(ForeignPage, NoCsrfToken, DatabaseAway),
    status_code=status.HTTP_204_NO_CONTENT,
)
def log_out(request: Request, session: SessionDep) -> Response:
    """End the session on the server and delete its cookie; doing it twice is no error."""
    requests.log_out(request, session)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
