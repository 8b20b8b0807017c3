"""The resident's fast path: a scan is answered before any other part of the service sees it.

`GET /p/{code}` and `GET /api/v1/plates/{code}` of somebody without a log-in end here: no route is looked for, no session
opened, no query made. Somebody with a log-in is passed on; the routes then ask the same `PlateDesk`.

No line is logged and no address kept for a right code: a plate, a time and an address are a trace of a person. Outcomes
are counted, nothing else. An unknown code whose check symbols are right costs its address block a try: people who scan or
mistype never send one. A block without tries left is answered in turns, twice a second, right codes and wrong ones alike:
whole towns share an address behind a carrier and must not be locked out, and a guesser needs decades for one hit.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import parse_qs, quote

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridmap.domain.codes import PlateCodeNotValid
from gridmap.domain.plates import PlateAnswer
from gridmap.domain.quick_codes import read_code
from gridmap.errors import GridmapError, Unavailable
from gridmap.http.limits import Buckets, TooManyTries, block_of
from gridmap.http.turns import Turns
from gridmap.services.scan import Found, PlateNotFound

#: How long a phone may show an answer again without asking [s]; short, because a shift may end.
FRESH_S: Final = 30
API: Final = "/api/v1/plates/"
#: The longest text that is still read as a code.
LONGEST: Final = 40
_STATUS: Final = {"mistyped": 404, "unknown": 404, "refused": 429, "missing": 503}
_KIND: Final = {"mistyped": "unknown", "unknown": "unknown", "refused": "wait", "missing": "missing"}
_KEPT: Final = [(b"cache-control", b"private, max-age=%d" % seconds) for seconds in range(FRESH_S + 1)]
_LONGEST_KEPT: Final = _KEPT[-1]
_NOT_KEPT: Final = (b"cache-control", b"no-store")
_JSON: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]

Headers = list[tuple[bytes, bytes]]


class Answers(Protocol):
    """What answers a code as issued: `gridmap.services.scan.Scans`."""

    def find(self, code: str, at: float | None = None) -> Found:
        """Return what is known of a plate."""


class Drawn(Protocol):
    """A page to send: a tuple of what stands here, in this order."""

    @property
    def body(self) -> bytes:
        """The page."""

    @property
    def headers(self) -> Headers:
        """The headers that all pages in its language share."""

    @property
    def etag(self) -> bytes:
        """Its weak entity tag."""

    @property
    def until(self) -> float:
        """When what it says ends [epoch s]."""

    def __iter__(self) -> Iterator[Any]:
        """Give the four in turn."""


class Pages(Protocol):
    """What draws pages: `gridmap.web.resident_page.ResidentPages`."""

    def answer(self, found: Found, wish: str | None = None) -> Drawn:
        """Return the page that tells an answer."""

    def wrong(self, kind: str, wish: str | None = None, typed: str = "", suggestion: str | None = None) -> Drawn:
        """Return the page for a scan without an answer."""


class Reply(NamedTuple):  # made in half the time of a frozen dataclass
    """A reply to send."""

    status: int
    headers: Headers
    body: bytes


class PlateDesk:
    """Answers scans for everybody alike; one in each process.

    Parameters
    ----------
    counts
        Where outcomes are counted; those of `Metrics` are shown at /metrics.
    secure
        Whether the service is reached over HTTPS.
    """

    def __init__(
        self,
        scans: Answers,
        pages: Pages,
        *,
        counts: Counter[str] | None = None,
        secure: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.scans, self.pages = scans, pages
        self.counts: Counter[str] = Counter() if counts is None else counts
        self.unknown = Buckets(burst=20, every=3, clock=clock)
        self.mistyped = Buckets(burst=300, every=0.2, clock=clock)
        self.turns = Turns(clock=clock)
        self._json = [*_JSON, (b"strict-transport-security", b"max-age=31536000")] if secure else _JSON

    def page(self, typed: str, address: str = "", wish: str | None = None, known: bytes | None = None) -> Reply:
        """Return the page for a code as somebody typed it; `known`: the entity tags the caller holds."""
        try:
            found = self.scans.find(read_code(typed[: LONGEST + 1]))
            page = self.pages.answer(found, wish)
        except GridmapError as error:
            return self._wrong_page(error, typed, address, wish)
        body, shared, etag, until = page
        headers = [*shared, (b"etag", etag), _kept(until - found.at)]
        if known is not None and etag in known:
            self.counts["unchanged"] += 1
            return Reply(304, headers, b"")
        self.counts["answered"] += 1
        headers.append((b"content-length", b"%d" % len(body)))
        return Reply(200, headers, body)

    def json(self, typed: str, address: str = "") -> Reply:
        """Return the answer, or the problem, as JSON."""
        try:
            found = self.scans.find(read_code(typed[: LONGEST + 1]))
            answer = found.answer()
        except GridmapError as wrong:
            return self._problem(wrong, typed, address)
        self.counts["answered"] += 1
        body = orjson.dumps(answer, option=orjson.OPT_UTC_Z)  # as the route writes it
        headers = [
            *self._json,
            (b"content-type", b"application/json"),
            _kept(answer.valid_until.timestamp() - found.at),
            (b"content-length", b"%d" % len(body)),
        ]
        return Reply(200, headers, body)

    def answer(self, typed: str, address: str) -> PlateAnswer:
        """Return the answer for a code as typed, counted and limited as the page is.

        Raises
        ------
        PlateCodeNotValid, PlateNotFound, SnapshotMissing, TooManyTries
        """
        try:
            if self.turns:
                time.sleep(self.turns.take(block_of(address)))  # called in a worker's thread, never in the loop
            found = self.scans.find(read_code(typed[: LONGEST + 1])).answer()
        except GridmapError as wrong:
            raise self._counted(wrong, address)[1] from None
        self.counts["answered"] += 1
        return found

    def refused(self, error: TooManyTries, typed: str, address: str, *, page: bool, wish: str | None) -> Reply:
        """Return the reply to a request of a block that has too many waiting."""
        return self._wrong_page(error, typed, address, wish) if page else self._problem(error, typed, address)

    def _counted(self, error: GridmapError, address: str) -> tuple[str, GridmapError]:
        """Count a scan without an answer; return its outcome and its error, which may be that it was one too many."""
        outcome = "missing"
        try:
            if isinstance(error, PlateCodeNotValid):
                outcome = "mistyped"
                self.mistyped.take(block_of(address))
            elif isinstance(error, PlateNotFound):
                outcome = "unknown"
                self.unknown.take(block_of(address))
            elif isinstance(error, TooManyTries):
                outcome = "refused"
        except TooManyTries as refusal:
            if outcome == "unknown":
                self.turns.begin(block_of(address))
            outcome, error = "refused", refusal
        self.counts[outcome] += 1
        return outcome, error

    def _wrong_page(self, error: GridmapError, typed: str, address: str, wish: str | None) -> Reply:
        outcome, error = self._counted(error, address)
        suggestion = error.facts.get("suggestion")
        page = self.pages.wrong(_KIND[outcome], wish, typed, suggestion if isinstance(suggestion, str) else None)
        headers = [*page.headers, _NOT_KEPT]
        return Reply(_STATUS[outcome], _finished(headers, error, page.body), page.body)

    def _problem(self, error: GridmapError, typed: str, address: str) -> Reply:
        outcome, error = self._counted(error, address)
        status = 422 if outcome == "mistyped" else _STATUS[outcome]
        told = {"type": f"/problems/{error.slug}", "title": error.title, "status": status, "detail": error.detail}
        body = orjson.dumps(
            {**error.facts, **told, "instance": API + quote(typed[:LONGEST], safe="", errors="replace")}, default=str
        )
        headers = [*self._json, (b"content-type", b"application/problem+json"), _NOT_KEPT]
        return Reply(status, _finished(headers, error, body), body)


class ScanPath:
    """The outermost layer of the service: answers scans of people without a log-in, and passes all else on.

    Where the service cannot answer somebody with a log-in, because the database is away, they see what everybody sees.
    """

    def __init__(self, app: ASGIApp, *, desk: PlateDesk) -> None:
        self.app, self.desk = app, desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a scan, or pass the request on."""
        typed = _scanned(scope) if scope["type"] == "http" else None
        if typed is None:
            await self.app(scope, receive, send)
            return
        known, cookies = None, False
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                known = value
            elif name == b"cookie" and b"gridmap" in value:
                cookies = cookies or _has_session(value)
        if cookies and await self._passed_on(scope, receive, send):
            return
        status, headers, body = await self._in_turn(scope, typed) or self._reply(scope, typed, known)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _in_turn(self, scope: Scope, typed: str) -> Reply | None:
        """Wait for the turn of a block that has guessed; return what it is told where too many wait already."""
        if not self.desk.turns:
            return None
        client, query = scope["client"], scope["query_string"]
        address = client[0] if client else ""
        try:
            wait = self.desk.turns.take(block_of(address))
        except TooManyTries as error:
            page = scope["path"][2] == "/"
            return self.desk.refused(error, typed, address, page=page, wish=_wish(query) if query else None)
        if wait:
            await asyncio.sleep(wait)
        return None

    def _reply(self, scope: Scope, typed: str, known: bytes | None) -> Reply:
        client, query = scope["client"], scope["query_string"]
        address = client[0] if client else ""
        if scope["path"][2] != "/":
            return self.desk.json(typed, address)
        return self.desk.page(typed, address, _wish(query) if query else None, known)

    async def _passed_on(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Pass a request on; return whether it was answered, else nothing has been sent."""
        answered = True

        async def send_unless_away(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"] != _AWAY
            if answered:
                await send(message)

        await self.app(scope, receive, send_unless_away)
        return answered


def _scanned(scope: Scope) -> str | None:
    """Return the code that a request scans, as typed; None for any other request."""
    path: str = scope["path"]
    start = path[:3]
    if start not in _STARTS or scope["method"] not in _READ:
        return None
    if start == "/ap":
        if not path.startswith(API):
            return None
        typed, longer = path[len(API) :], "reports"
    else:
        typed, longer = path[3:], "report"
    if "/" not in typed:
        return typed or None
    code, _, more = typed.partition("/")
    if not more:
        return code or typed
    # All else is no address of anything: it is told so here, where that costs nothing.
    known = more in {longer, longer + "/"} and 0 < len(code) <= LONGEST and code.isprintable()
    return None if known else typed


_STARTS: Final = frozenset({"/p/", "/P/", "/ap"})
_READ: Final = frozenset({"GET", "HEAD"})
_AWAY: Final = 503
_SESSIONS: Final = frozenset({"gridmap", "__Host-gridmap"})


def _has_session(cookie: bytes) -> bool:
    """Return whether a cookie header holds a log-in's cookie."""
    return any(part.partition(b"=")[0].strip().decode("latin-1") in _SESSIONS for part in cookie.split(b";"))


def _wish(query: bytes) -> str | None:
    """Return the language that a query asks for."""
    found = parse_qs(query.decode("latin-1"), max_num_fields=20).get("lang")
    return found[-1] if found else None


def _kept(left: float) -> tuple[bytes, bytes]:
    """Return how long an answer may be kept that ends in `left` seconds: half a minute, and never past its end."""
    return _LONGEST_KEPT if left >= FRESH_S else _KEPT[max(0, int(left))]


def _finished(headers: Headers, error: GridmapError, body: bytes) -> Headers:
    """Return the headers with the length of the body and, where one is to wait, for how long."""
    wait = error.facts.get("retry_after") if isinstance(error, TooManyTries) else None
    if wait is not None:
        headers.append((b"retry-after", b"%d" % int(str(wait))))
    elif isinstance(error, Unavailable):
        headers.append((b"retry-after", b"5"))
    headers.append((b"content-length", b"%d" % len(body)))
    return headers
