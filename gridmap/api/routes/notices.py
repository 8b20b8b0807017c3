"""Notices that residents read: list, post, end."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gridmap.api import page
from gridmap.api.moments import Moment
from gridmap.api.page import After, Limit, Paged
from gridmap.api.routes.stations import IN_STATION
from gridmap.domain.access import Action, Actor
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import notices
from gridmap.services.notices import LONGEST_EN, LONGEST_ZH, NoticeNotFound, NoticeNotValid, Wish

router = APIRouter(prefix="/stations/{station}/notices", tags=["notices"])
ReaderDep = Annotated[Actor, Depends(allowed(Action.READ_ZONES))]
PosterDep = Annotated[Actor, Depends(allowed(Action.MANAGE_NOTICES))]
Kind = Literal["info", "warning"]


class NewNotice(BaseModel):
    """A notice as it is posted; without a zone it is for the whole station, without times from now on until it is ended."""

    model_config = ConfigDict(extra="forbid")

    text_zh: str = Field(min_length=1, max_length=LONGEST_ZH, description="In Chinese.", examples=["今晚八点停水"])
    text_en: str = Field("", max_length=LONGEST_EN, description="In English.", examples=["No water after 8 pm tonight"])
    kind: Kind = Field("info", description="A notice or a warning.")
    zone: str = Field("", max_length=64, description="Code of a beat or grid cell.", examples=["J01"])
    since: Moment | None = Field(None, description="From when on.")
    until: Moment | None = Field(None, description="Until when.")


class NoticeBody(BaseModel):
    """One notice."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="Number of the notice.", examples=[1])
    beat: str | None = Field(description="The beat it is for.", examples=["J01"])
    grid_cell: str | None = Field(description="The grid cell it is for.", examples=[None])
    kind: Kind = Field(description="A notice or a warning.")
    text_zh: str = Field(description="In Chinese.", examples=["今晚八点停水"])
    text_en: str = Field(description="In English.", examples=["No water after 8 pm tonight"])
    since: Moment = Field(description="From when on.")
    until: Moment | None = Field(description="Until when; null: until it is ended.")
    by: str = Field(description="Who posted it.", examples=["li"])


class Notices(Paged):
    """A page of notices."""

    items: list[NoticeBody] = Field(description="Newest first.")


@router.get("", summary="Notices to residents, newest first", responses=problems(*IN_STATION))
def list_notices(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: ReaderDep,  # noqa: ARG001
    station: StationDep,
    *,
    past: Annotated[bool, Query(description="Those that have ended too.")] = False,
    after: After = None,
    limit: Limit = 100,
) -> Notices:
    """Return the notices of a station that hold or will."""
    rows, more = page.cut(notices.listing(session, station, past=past, before_id=after, limit=limit + 1), limit)
    items = [NoticeBody.model_validate(row) for row in rows]
    return Notices(items=items, next=page.link_next(request, response, rows[-1].id) if more else None)


@router.post("", summary="Post a notice", status_code=201, responses=problems(*IN_STATION, NoticeNotValid))
def post_notice(session: SessionDep, actor: PosterDep, station: StationDep, body: NewNotice) -> NoticeBody:
    """Post a notice; residents of the zone read it from their next scan on."""
    made = notices.add(session, station, Wish(**body.model_dump()), by=actor.login)
    return NoticeBody.model_validate(made)


@router.post("/{notice}/end", summary="End a notice", status_code=204, responses=problems(*IN_STATION, NoticeNotFound))
def end_notice(
    session: SessionDep,
    actor: PosterDep,
    station: StationDep,
    notice: Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of a notice.", examples=[1])],
) -> None:
    """End a notice now; one that has not begun is taken back."""
    notices.end(session, station, notice, by=actor.login)
