"""Read a request's body once, within its limits, before anything parses it."""

from __future__ import annotations

import re
from itertools import accumulate

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridmap.errors import Invalid, TooLarge

DEEPEST = 20
"""Levels of lists and objects a JSON body may nest; GeoJSON needs nine."""

#: Paths that take whole files.
FILES = re.compile(r"/editions/\d+/import$")
#: A resident's report with its pictures: one of 12 MB, or three as phones take them.
PHOTOS = re.compile(r"/p/[^/]+/report")
PHOTOS_LIMIT = 13_000_000
#: A JSON string, the last one perhaps unfinished; possessive, so that no body makes it go back.
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+\\?(?:"|\Z)', re.DOTALL)
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class BodyTooLarge(TooLarge):
    """The body is larger than the service reads."""

    slug, title = "body-too-large", "The body is too large"


class BodyTooDeep(Invalid):
    """The body nests deeper than anything gridmap reads."""

    slug, title = "body-too-deep", "The body is nested too deeply"


class BodyLimit:
    """Refuse a body that is too large or too deep, without keeping or parsing it."""

    def __init__(self, app: ASGIApp, *, limit: int, file_limit: int | None = None) -> None:
        self.app, self.limit, self.file_limit = app, limit, file_limit or limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, check it, and hand it on.

        Raises
        ------
        BodyTooLarge, BodyTooDeep
            Before the application sees anything.
        """
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared[:20]) > limit:
            raise BodyTooLarge(f"the body may have {limit} bytes", limit=limit)
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > limit:
                raise BodyTooLarge(f"the body may have {limit} bytes", limit=limit)
            if not message.get("more_body", False):
                break
        if b"json" in headers.get(b"content-type", b"") and depth(bytes(body)) > DEEPEST:
            raise BodyTooDeep(f"the body nests deeper than {DEEPEST} levels", limit=DEEPEST)
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self.app(scope, replay, send)

    def _limit(self, path: str) -> int:
        if FILES.search(path):
            return self.file_limit
        return max(PHOTOS_LIMIT, self.limit) if PHOTOS.fullmatch(path) else self.limit


def depth(json: bytes) -> int:
    r"""Return how deep the brackets of `json` nest, in time linear in its size.

    Examples
    --------
    >>> depth(b'{"a": [1, "[[[", [2]]}')
    3
    """
    brackets = STRING.sub(b"", json).translate(None, NOT_BRACKETS)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)
