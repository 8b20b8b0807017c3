"""Everything else below the base URL: what is not there, and what is asked in another way, told as the standard tells errors."""

from __future__ import annotations

import re
from typing import Final

from fastapi import APIRouter, Request, Response

from gridmap.api.open311.door import tell
from gridmap.api.open311.services import BASE

router = APIRouter(prefix=BASE, include_in_schema=False)
#: What there is, with the methods it takes.
THERE: Final = (
    (re.compile(r"requests\.(json|xml)"), "GET, HEAD, POST"),
    (re.compile(r"(discovery|services|(services|requests|tokens)/[^/]+)\.(json|xml)"), "GET, HEAD"),
)
METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


@router.api_route("", methods=METHODS)
@router.api_route("/{path:path}", methods=METHODS)
def nothing(request: Request, path: str = "") -> Response:
    """Say that there is nothing at a path, or which methods it takes; every route of the standard comes before this one."""
    for known, methods in THERE:
        if known.fullmatch(path):
            return tell(request, 405, f"{request.method} is not for this address: it takes {methods}", Allow=methods)
    return tell(
        request,
        404,
        f"there is nothing at this address: {BASE}/services.json is, and every resource ends in .json or .xml",
    )
