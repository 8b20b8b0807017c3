"""People of a station and what they are posted to."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator

from gridmap.api import page
from gridmap.api.page import After, Limit
from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas.doors import People, PersonBody, PostingRole
from gridmap.domain.access import Action, Actor
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import lists

router = APIRouter(prefix="/stations/{station}/people", tags=["people"])
PeopleReaderDep = Annotated[Actor, Depends(allowed(Action.READ_PEOPLE))]


def _within(day: date) -> date:
    """Keep to days that a calendar of people needs."""
    if not 1970 <= day.year < 2200:
        raise ValueError("a day from 1970 up to 2200")
    return day


Day = Annotated[
    Annotated[date, AfterValidator(_within)] | None,
    Query(description="Postings of this day; today in the station's time zone.", examples=["2025-06-01"]),
]


@router.get("", summary="People and their postings", responses=problems(*IN_STATION))
def list_people(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: PeopleReaderDep,
    station: StationDep,
    on: Day = None,
    role: Annotated[PostingRole | None, Query(description="Only people posted in this role.")] = None,
    after: After = None,
    limit: Limit = 100,
) -> People:
    """Return a page of people; telephone numbers only to roles that may read them. The look is on record."""
    rows = lists.people(session, actor, station, on=on, role=role, after=after, limit=limit + 1)
    shown, more = page.cut(rows, limit)
    following = page.link_next(request, response, shown[-1].id) if more else None
    return People(items=[PersonBody.model_validate(row) for row in shown], next=following)
