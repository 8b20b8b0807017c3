"""Versions of a reply: what a client holds already is not sent again, what it changed unseen is not overwritten.

References
----------
RFC 9110, sections 8.8.3 (ETag), 13.1.1 (If-Match) and 13.1.2 (If-None-Match).
"""

from __future__ import annotations

import hashlib

from fastapi import Request

from gridmap.services.drafts import DraftMoved

#: Raise it when the form of a reply changes, so that no client keeps an old one.
FORMAT = "1"


def tag(*parts: object) -> str:
    """Return the strong tag that stands for `parts`.

    Examples
    --------
    >>> tag("zones", 7) == tag("zones", 7) != tag("zones", 8)
    True
    """
    text = "\x1f".join(map(str, (FORMAT, *parts)))
    return f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'


def same(header: str | None, present: str) -> bool:
    """Return whether a list of tags from a client names `present`; the tag of its compressed form counts too."""
    if header is None:
        return False
    tags = {part.strip().removeprefix("W/").replace('-gz"', '"') for part in header.split(",")}
    return "*" in tags or present in tags


def seen(request: Request, present: str) -> bool:
    """Return whether the client holds `present` already (If-None-Match)."""
    return same(request.headers.get("if-none-match"), present)


def require_match(request: Request, present: str) -> None:
    """Check If-Match, where it is given.

    Raises
    ------
    DraftMoved
        If the client's version is not the present one.
    """
    wanted = request.headers.get("if-match")
    if wanted is not None and not same(wanted, present):
        raise DraftMoved(
            "somebody changed the draft since you read it; read it again and redo the change", etag=present
        )
