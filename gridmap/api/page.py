"""Pages of lists by key: `after` names the last thing seen, so that a page is as fast as the first one.

References
----------
RFC 8288, "Web Linking": the `Link` header with `rel="next"`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

LARGEST = 1000
Limit = Annotated[int, Query(ge=1, le=LARGEST, description="At most this many.", examples=[100])]
After = Annotated[int | None, Query(ge=0, le=2**53, description="Begin after the thing of this id; from `next`.")]
Next = Annotated[
    str | None,
    Field(description="Address of the next page, or null at the end.", examples=["/api/v1/…?after=100&limit=100"]),
]
#: Documents the header of every paged reply.
LINK: dict[str, Any] = {
    "Link": {"description": 'The next page: `<…>; rel="next"` (RFC 8288).', "schema": {"type": "string"}}
}
T = TypeVar("T")


class Paged(BaseModel):
    """What every page of a list holds besides its items."""

    next: Next = None


def cut(rows: Sequence[T], limit: int) -> tuple[Sequence[T], bool]:
    """Return the page out of `limit` + 1 rows asked for, and whether there is more."""
    return rows[:limit], len(rows) > limit


def link_next(request: Request, response: Response, after: object) -> str:
    """Return the address of the page after `after`, with every other parameter kept, and put it into `Link`."""
    url = request.url.include_query_params(after=str(after))
    address = f"{url.path}?{url.query}"
    response.headers["Link"] = f'<{address}>; rel="next"'
    return address
