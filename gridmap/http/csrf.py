"""No foreign page changes anything: a token of the session, and where the browser says the request comes from.

asgi-csrf was tried first and left out: its token is not bound to the log-in, it answers its own text instead of a
problem, and a non-ASCII header, a multipart body without boundary or a body that is not UTF-8 makes it raise (500).
Here the token lives in the signed, HttpOnly session cookie and is compared with a form field or header.
"""

from __future__ import annotations

import hmac
import re
import secrets
from urllib.parse import urlsplit

from fastapi import Request

from gridmap.errors import Forbidden

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MEMBER = "csrf"
FIELD = "csrf_token"
HEADER = "x-csrf-token"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
#: Forms of residents, who have no session: their routes check a token of the form itself (`Keys.check_form`); and of
#: neighbours' applications, which send a key of their own.
RESIDENTS = re.compile(r"/p/[^/]+/report|/r/[^/]+|/open311/v2/requests\.[^/]+")


class ForeignPage(Forbidden):
    """A request that changes something came from another site."""

    slug, title = "foreign-page", "This request came from another site"


class NoCsrfToken(Forbidden):
    """A request that changes something lacks the token of this session."""

    slug, title = "no-csrf-token", "The form's token is missing or old"


def csrf_token(request: Request) -> str:
    """Return the token of this session, made when first asked for; forms send it as `csrf_token`."""
    token = request.session.get(MEMBER)
    if not isinstance(token, str):
        token = request.session[MEMBER] = secrets.token_urlsafe(32)
    return token


async def check_csrf(request: Request) -> None:
    """Let pass what changes nothing, and what this site's own pages or a program with the token sent.

    A program without any session cookie has nothing that could be abused and needs no token, except for forms. What
    residents send (`RESIDENTS`) uses no session: it passes here, and its routes want the form's own token.

    Raises
    ------
    ForeignPage
        If the browser names another site as the origin.
    NoCsrfToken
        If the token is missing or is not this session's.
    """
    if request.method in SAFE:
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise ForeignPage("the browser says that another site sent this request")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise ForeignPage("the browser says that another site sent this request")
    if RESIDENTS.fullmatch(request.url.path):
        return
    is_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() in FORMS
    if not request.session and not is_form:
        return
    given = request.headers.get(HEADER)
    if given is None and is_form:
        field = (await request.form()).get(FIELD)
        given = field if isinstance(field, str) else None
    wanted = request.session.get(MEMBER)
    if not isinstance(wanted, str) or given is None or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise NoCsrfToken("open the page again and send the form once more; programs send the header X-CSRF-Token")
