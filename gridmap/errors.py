"""Every way gridmap can fail, by name.

An error has a *kind* (its base class), a stable `slug`, a `title`, one sentence of `detail` that says what
is wrong, where, and what to do, and the `facts` a program needs. Only `gridmap.http.problems` turns a kind
into an HTTP status; only `gridmap.cli` turns one into an exit code.
"""

from __future__ import annotations

from typing import ClassVar


class GridmapError(Exception):
    """The root of all errors gridmap raises on purpose."""

    slug: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts


class Invalid(GridmapError):
    """What was given is not what it should be; the giver can mend it."""

    slug, title = "invalid", "The input is not valid"


class NotFound(GridmapError):
    """What was asked for does not exist, or not for this person."""

    slug, title = "not-found", "Not found"


class Conflict(GridmapError):
    """The request is sound but the present state does not allow it."""

    slug, title = "conflict", "The present state does not allow this"


class Forbidden(GridmapError):
    """The person is known and may not do this."""

    slug, title = "forbidden", "Not allowed"


class NotLoggedIn(GridmapError):
    """Nobody is logged in, and the request needs somebody."""

    slug, title = "not-logged-in", "Log in first"


class TooLarge(GridmapError):
    """The request is larger than gridmap will read."""

    slug, title = "too-large", "The request is too large"


class Unavailable(GridmapError):
    """Something gridmap stands on (the database, a program, a file) is not there now."""

    slug, title = "unavailable", "Not available now"


class Stale(GridmapError):
    """The thing has changed since the person read it; nothing was overwritten."""

    slug, title = "stale", "It has changed since you read it"
