"""Portraits of officers and grid members, where their station publishes them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from gridmap.errors import NotFound
from gridmap.http.session_dep import SessionDep
from gridmap.store import scan_source

router = APIRouter(include_in_schema=False)


class PhotoNotFound(NotFound):
    """There is no such portrait, or its station publishes none."""

    slug, title = "photo-not-found", "There is no such picture"


@router.get("/photos/{sha256}.jpg")
def photo(session: SessionDep, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    """Return a portrait; a phone may keep it for an hour, so that one that is withdrawn is soon gone."""
    found = scan_source.photo(session, sha256)
    if found is None:
        raise PhotoNotFound("there is no such picture, or its station publishes none")
    return Response(found, media_type="image/jpeg", headers={"Cache-Control": "public, max-age=3600"})
