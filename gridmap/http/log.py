"""One line of JSON a request, without anything of a person: the route's template, never the path or the query.

Here, too, ends every error that nobody foresaw: it is logged with its trace under the request's id and answered as
a problem, so that nothing of it leaves the house.
"""

from __future__ import annotations

import logging
import secrets
import sys
import time
import traceback
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridmap.errors import GridmapError
from gridmap.http import problems
from gridmap.http.metrics import Metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "(none)"
log = structlog.stdlib.get_logger("gridmap.http")


def configure(level: str) -> None:
    """Write every log line, ours and the libraries', as one JSON object on standard error, from `level` upwards."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _tell_trace,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    ours = logging.getLogger("gridmap")
    ours.handlers = [handler]
    ours.propagate = False
    ours.setLevel(level.upper())


class RequestLog:
    """Give each request an id, log and count it, and turn what nobody foresaw into a problem."""

    def __init__(self, app: ASGIApp, *, owner: FastAPI, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics
        self.route_of = _templates(owner)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and write its line."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        request_id = scope["request_id"] = secrets.token_hex(8)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except GridmapError as error:  # raised by a middleware, before the application
            await problems.on_error(Request(scope, receive), error)(scope, receive, send_with_id)
        except Exception:  # the last place that can keep it in the house
            log.exception("defect", request_id=request_id, route=self.route_of(scope))
            self.metrics.defects.labels(self.route_of(scope)).inc()
            if status:
                raise  # half the reply is gone: the connection must be seen to break
            await problems.on_defect(Request(scope, receive))(scope, receive, send_with_id)
        finally:
            self._done(scope, request_id, status, time.perf_counter() - began)

    def _done(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        route = self.route_of(scope)
        self.metrics.observe(method, route, status, seconds)
        log.info(
            "request",
            request_id=request_id,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
        )


def _templates(app: FastAPI) -> Callable[[Scope], str]:
    """Return the function that tells the template of the route a request went to."""
    known: dict[Any, str] = {}

    def route_of(scope: Scope) -> str:
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return UNMATCHED
        if endpoint not in known:
            known.update(
                {
                    context.endpoint: context.path or UNMATCHED
                    for context in iter_route_contexts(app.routes)
                    if context.endpoint
                }
            )
        return known.setdefault(endpoint, getattr(scope.get("route"), "path", UNMATCHED))

    return route_of


def _tell_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by where it came from, file by file, without its message: messages hold what people typed."""
    info = event.pop("exc_info", None)
    kind, _, frame = sys.exc_info() if info is True else info if isinstance(info, tuple) else (None, None, None)
    if kind is not None:
        places = [
            f"{place.filename.rpartition('site-packages/')[2]}:{place.lineno} {place.name}"
            for place in traceback.extract_tb(frame)
        ]
        event["exception"] = f"{kind.__module__}.{kind.__qualname__}"
        event["at"] = places[-12:]
    return event
