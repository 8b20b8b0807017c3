"""Errors as RFC 9457 problem details: the one place that knows status codes.

The kind of an error (its base class in `gridmap.errors`) decides the status, so a new error needs no edit here.

References
----------
RFC 9457, "Problem Details for HTTP APIs".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from gridmap.errors import (
    Conflict,
    Forbidden,
    GridmapError,
    Invalid,
    NotFound,
    NotLoggedIn,
    Stale,
    TooLarge,
    Unavailable,
)
from gridmap.http.limits import TooManyTries

MEDIA_TYPE = "application/problem+json"
log = structlog.stdlib.get_logger("gridmap.http")
#: What a client is told to wait before it asks again, where the error does not say [s].
RETRY_AFTER = {503: "5", 429: "60"}
#: Paths that programs of others read, which send a log-in's name and password (RFC 7617).
FOR_PROGRAMS = "/ogc"
CHALLENGE = 'Basic realm="gridmap", charset="UTF-8"'
#: Facts are for programs; these names belong to the problem itself.
RESERVED = frozenset({"type", "title", "status", "detail", "instance"})


class RequestNotValid(Invalid):
    """The request does not have the form the endpoint asks for."""

    slug, title = "request-not-valid", "The request is not valid"


class ParameterNotValid(Invalid):
    """A parameter of the query is unknown or cannot be read; OGC's standards want 400 for it."""

    slug, title = "parameter-not-valid", "A parameter is not valid"


STATUS: dict[type[GridmapError], int] = {
    ParameterNotValid: 400,
    Invalid: 422,
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    NotLoggedIn: 401,
    TooLarge: 413,
    Unavailable: 503,
    TooManyTries: 429,
    Stale: 412,
}


class Defect(GridmapError):
    """Something broke that gridmap did not foresee; the log has it under the request's id."""

    slug, title = "defect", "Something broke on our side"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem, ready to be shown as JSON or as a page."""

    status: int
    slug: str
    title: str
    detail: str
    instance: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the members of the problem; facts never hide one of the five standard ones."""
        facts = {name: value for name, value in self.facts.items() if name not in RESERVED}
        return {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": self.instance,
            **facts,
        }


#: Draws a problem as a page; the web floor gives one to `install`.
ErrorPage = Callable[[Request, Problem], Response]


def status_of(error: type[GridmapError]) -> int:
    """Return the HTTP status of an error by its nearest kind; 500 where it has none."""
    return next((STATUS[base] for base in error.__mro__ if base in STATUS), 500)


def problem_of(request: Request, error: GridmapError) -> Problem:
    """Return the problem that tells `error` to whoever made `request`."""
    status = status_of(type(error))
    headers = {"Retry-After": str(error.facts.get("retry_after", RETRY_AFTER[status]))} if status in RETRY_AFTER else {}
    if status == 401 and request.url.path.startswith(FOR_PROGRAMS):
        headers["WWW-Authenticate"] = CHALLENGE
    return Problem(status, error.slug, error.title, error.detail, request.url.path, error.facts, headers)


def answer(request: Request, problem: Problem) -> Response:
    """Return `problem` as JSON, or as a page to a browser that is not asking the API.

    Somebody not logged in who opens a page is sent to the log-in page, and back afterwards.
    """
    if wants_page(request):
        if problem.status == 401 and request.method in {"GET", "HEAD"}:
            back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/log-in?next={quote(back, safe='/')}", 303, headers={"Cache-Control": "no-store"})
        page = _page(request, problem)
        if page is not None:
            return page
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(orjson.dumps(problem.body(), default=str), problem.status, headers, MEDIA_TYPE)


def _page(request: Request, problem: Problem) -> Response | None:
    """Return the page that shows `problem`, or None where there is none or it breaks: the problem matters more."""
    draw: ErrorPage | None = getattr(request.app.state, "error_page", None)
    if draw is None:
        return None
    try:
        reply = draw(request, problem)
    except Exception:
        log.exception("error page broke", request_id=request.scope.get("request_id", ""))
        return None
    reply.status_code = problem.status
    reply.headers.update({"Cache-Control": "no-store", **problem.headers})
    return reply


def wants_page(request: Request) -> bool:
    """Return whether a page is a better answer than JSON: a browser, outside what programs read."""
    return not request.url.path.startswith(("/api", FOR_PROGRAMS)) and "text/html" in request.headers.get("accept", "")


def install(app: FastAPI, error_page: ErrorPage | None) -> None:
    """Let `app` answer every error as a problem; `error_page` draws it for browsers."""
    app.state.error_page = error_page
    app.add_exception_handler(GridmapError, on_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RecursionError, on_recursion)


def on_error(request: Request, error: Exception) -> Response:
    """Answer one of gridmap's own errors."""
    if not isinstance(error, GridmapError):
        return on_defect(request)
    return answer(request, problem_of(request, error))


def on_validation_error(request: Request, error: Exception) -> Response:
    """Answer a request that does not fit its endpoint: every fault with its place, never the value sent."""
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    found = [{"where": _where(fault.get("loc", ())), "what": str(fault.get("msg", ""))} for fault in faults[:20]]
    sentence = "; ".join(f"{fault['where']}: {fault['what']}" for fault in found[:3])
    return on_error(request, RequestNotValid(sentence or "the request is not valid", faults=found))


def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses by itself: no such path, method not allowed, a broken body."""
    if not isinstance(error, HTTPException):
        return on_defect(request)
    phrase = HTTPStatus(error.status_code).phrase
    problem = Problem(
        error.status_code,
        phrase.lower().replace(" ", "-"),
        phrase,
        str(error.detail) if error.detail else phrase,
        request.url.path,
        headers=dict(error.headers or {}),
    )
    return answer(request, problem)


def on_recursion(request: Request, _error: Exception) -> Response:
    """Answer input that is nested too deeply to be read."""
    return on_error(request, RequestNotValid("the body is nested too deeply"))


def on_defect(request: Request) -> Response:
    """Answer what nobody foresaw: nothing of it leaves the house."""
    request_id = request.scope.get("request_id", "")
    detail = f"the log has it under {request_id}" if request_id else "the log has it"
    return answer(request, Problem(500, Defect.slug, Defect.title, detail, request.url.path))


def problems(*errors: type[GridmapError]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route that may raise `errors`, each with an example, for OpenAPI."""
    by_status: dict[int, list[type[GridmapError]]] = {}
    for error in errors:
        by_status.setdefault(status_of(error), []).append(error)
    return {status: _response(status, kinds) for status, kinds in sorted(by_status.items())}


def _response(status: int, errors: Sequence[type[GridmapError]]) -> dict[str, Any]:
    examples = {
        error.slug: {
            "summary": error.title,
            "value": Problem(status, error.slug, error.title, (error.__doc__ or "").strip(), "/api/v1/…").body(),
        }
        for error in errors
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": "; ".join(error.title for error in errors),
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }


def _where(loc: Sequence[Any]) -> str:
    return ".".join(str(part) for part in loc) or "request"
