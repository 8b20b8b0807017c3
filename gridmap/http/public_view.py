"""Answer a stranger who asks what is published of a station: only where it is switched on, and not too often."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from gridmap.http.limits import Buckets
from gridmap.services import public_view
from gridmap.services.public_view import NoPublicView


def published(request: Request, session: Session, station: str) -> dict[str, Any]:
    """Return what is published of a station; every request uses one try of the caller's address.

    Raises
    ------
    NoPublicView
        If `GRIDMAP_PUBLIC_VIEW` is off, or nothing is published of the station, or there is none: told alike.
    TooManyTries
    """
    if not request.app.state.public_view:
        raise NoPublicView(f"nothing is published of station {station[:16]}")
    tries: Buckets = request.app.state.public_by_address
    tries.take(request.client.host if request.client else "")
    return public_view.body_of(public_view.view(session, station))
