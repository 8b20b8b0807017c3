"""Log in and out as the request does it: how often one may try, and the cookie; shared by the page and the API."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request
from sqlalchemy.orm import Session

from gridmap.http.csrf import csrf_token
from gridmap.http.limits import Buckets
from gridmap.http.session_dep import TOKEN
from gridmap.services import accounts
from gridmap.services.accounts import LoggedIn


def log_in(request: Request, session: Session, login: str, password: str) -> LoggedIn:
    """Check the password, start a session and put its token into the cookie, with a fresh CSRF token.

    Raises
    ------
    WrongLogIn
        If the login or the password is wrong.
    TooManyTries
        If this login or this address has tried too often: 10 tries at once for a login, then one a minute; 30 for an
        address, then one every 10 s. A right one gives the login its tries back, not the address.
    """
    by_login: Buckets = request.app.state.tries_by_login
    by_address: Buckets = request.app.state.tries_by_address
    key = login.strip().lower()[:64]
    by_address.take(request.client.host if request.client else "")
    by_login.take(key)
    hours: float = request.app.state.session_hours
    logged_in = accounts.log_in(session, login, password, lasts=timedelta(hours=hours))
    by_login.forgive(key)
    request.session.clear()
    request.session[TOKEN] = logged_in.token
    csrf_token(request)
    return logged_in


def log_out(request: Request, session: Session) -> None:
    """End the session on the server and forget the cookie; without one nothing happens."""
    token = request.session.get(TOKEN)
    if isinstance(token, str):
        accounts.log_out(session, token)
    request.session.clear()
