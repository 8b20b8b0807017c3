"""What several routes take: an edition of the path, a bounding box, and a person for each action."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from gridmap.api.geojson import read_bbox
from gridmap.domain.access import Action, Actor
from gridmap.errors import Invalid
from gridmap.http.person import StationDep, allowed
from gridmap.http.session_dep import SessionDep
from gridmap.services import lists
from gridmap.store.geojson import Bbox
from gridmap.store.tables import Edition


class BadBbox(Invalid):
    """The bounding box is not four numbers on Earth."""

    slug, title = "bad-bbox", "The bounding box is not valid"


Number = Annotated[
    str,
    Path(
        pattern="^(current|[1-9][0-9]{0,8})$",
        description="Number of an edition, or `current` for the one in force.",
        examples=["current"],
    ),
]
ReaderDep = Annotated[Actor, Depends(allowed(Action.READ_ZONES))]
DrawerDep = Annotated[Actor, Depends(allowed(Action.DRAW_DRAFT))]


def edition_of_path(session: SessionDep, actor: ReaderDep, station: StationDep, edition: Number) -> Edition:
    """Return the edition of the path; a draft only to those who may read drafts (else 404)."""
    return lists.edition(session, actor, station, None if edition == "current" else int(edition))


EditionDep = Annotated[Edition, Depends(edition_of_path)]


def bbox_of_query(
    bbox: Annotated[
        str | None,
        Query(
            max_length=120,
            description="Only what touches west,south,east,north [degrees].",
            examples=["112.9,35.8,112.95,35.85"],
        ),
    ] = None,
) -> Bbox | None:
    """Return the box, or None where none is given.

    Raises
    ------
    BadBbox
        If it is not four numbers on Earth.
    """
    try:
        return None if bbox is None else read_bbox(bbox)
    except ValueError as error:
        sentence = str(error) if str(error).startswith("bbox") else "bbox is four numbers: west,south,east,north"
        raise BadBbox(sentence) from None


BboxDep = Annotated[Bbox | None, Depends(bbox_of_query)]


async def raw_body(request: Request) -> bytes:
    """Return the body as it came, for what has its own reader."""
    return await request.body()


BodyDep = Annotated[bytes, Depends(raw_body)]
