"""Editions of a station: list, open a draft, check, compare, publish, withdraw."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status

from gridmap.api import geojson, page
from gridmap.api.deps import DrawerDep, EditionDep, ReaderDep
from gridmap.api.page import Limit
from gridmap.api.routes.stations import IN_STATION, SQUARE
from gridmap.api.schemas.stations import (
    Change,
    Comparison,
    DraftBody,
    EditionBody,
    Editions,
    PublishBody,
    PublishedBody,
    Status,
    WithdrawBody,
    Withdrawn,
)
from gridmap.domain.access import Action, Actor
from gridmap.domain.editions import EditionStepNotAllowed
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import editions, lists
from gridmap.services.comparisons import ZonesNotComparable
from gridmap.services.editions import DraftNotValid, FaultNotAcceptable
from gridmap.store.driver_errors import Busy, EditionNotComplete, NeedsSecondPerson
from gridmap.store.editions import EditionNotFound

router = APIRouter(prefix="/stations/{station}/editions", tags=["editions"])
DraftReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DRAFTS))]
PublisherDep = Annotated[Actor, Depends(allowed(Action.PUBLISH))]
WithdrawerDep = Annotated[Actor, Depends(allowed(Action.WITHDRAW))]
CHANGING = (*IN_STATION, ForeignPage, NoCsrfToken, RequestNotValid, Busy)
Before = Annotated[int, Path(ge=1, le=2**31 - 1, description="The edition to compare with.", examples=[2])]
ISSUE = {
    "id": 0,
    "geometry": SQUARE,
    "properties": {"kind": "gap", "layer": "beat", "zones": ["J01", "J02"], "area_m2": 812.4, "detail": "…"},
}


@router.get("", summary="Editions, newest first", responses=problems(*IN_STATION))
def list_editions(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: ReaderDep,
    station: StationDep,
    status: Annotated[Status | None, Query(description="Only editions in this state.")] = None,
    after: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only numbers below this; from `next`.")] = None,
    limit: Limit = 100,
) -> Editions:
    """Return a page of editions; drafts only to those who may read them."""
    rows = lists.editions(session, actor, station, status=status, after=after, limit=limit + 1)
    shown, more = page.cut(rows, limit)
    following = page.link_next(request, response, shown[-1].number) if more else None
    return Editions(items=[EditionBody.model_validate(row) for row in shown], next=following)


@router.post(
    "",
    summary="Open a draft",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*CHANGING, EditionNotFound),
)
def open_draft(
    response: Response, session: SessionDep, actor: DrawerDep, station: StationDep, body: DraftBody
) -> EditionBody:
    """Open the next edition as a draft that holds the zones of another."""
    draft = editions.open_draft(session, station, by=actor.login, base=body.base, note=body.note)
    response.headers["Location"] = f"/api/v1/stations/{station}/editions/{draft.number}"
    return EditionBody.model_validate(draft)


@router.get("/{edition}", summary="One edition", responses=problems(*IN_STATION, EditionNotFound))
def get_edition(edition: EditionDep) -> EditionBody:
    """Return the state of an edition, and who made and published it when."""
    return EditionBody.model_validate(edition)


@router.get(
    "/{edition}/issues",
    summary="Check an edition",
    response_class=Response,
    responses={
        200: geojson.describe("Every topology fault with its place.", ISSUE),
        **problems(*IN_STATION, EditionNotFound),
    },
)
def check_edition(
    request: Request, session: SessionDep, _actor: DraftReaderDep, station: StationDep, edition: EditionDep
) -> Response:
    """Return the overlaps, gaps, slivers and other faults of an edition as GeoJSON, sizes in metres."""
    sliver_m = request.app.state.settings.sliver_m
    faults = editions.check(session, station, edition.number, sliver_m=sliver_m)
    return geojson.reply(request, geojson.of_frame(faults, members={"station": station, "edition": edition.number}))


@router.get(
    "/{edition}/changes-since/{before}",
    summary="Compare two editions",
    responses=problems(*IN_STATION, EditionNotFound, ZonesNotComparable),
)
def compare_editions(
    session: SessionDep, actor: ReaderDep, station: StationDep, edition: EditionDep, before: Before
) -> Comparison:
    """Return what became of each beat since an earlier edition."""
    lists.edition(session, actor, station, before)  # a draft is hidden from those who may not read it
    frame = editions.compare(session, station, before, edition.number)
    columns = [name for name in frame.columns if name != "geometry"]
    rows = [
        dict(zip(columns, map(geojson.plain, row), strict=True))
        for row in frame[columns].itertuples(index=False, name=None)
    ]
    items = [Change.model_validate(row) for row in rows]
    return Comparison(station=station, before=before, after=edition.number, items=items)


@router.post(
    "/{edition}/publish",
    summary="Publish a draft",
    responses=problems(
        *CHANGING,
        EditionNotFound,
        EditionStepNotAllowed,
        DraftNotValid,
        FaultNotAcceptable,
        EditionNotComplete,
        NeedsSecondPerson,
    ),
)
def publish_edition(
    request: Request,
    session: SessionDep,
    actor: PublisherDep,
    station: StationDep,
    edition: EditionDep,
    body: PublishBody,
) -> PublishedBody:
    """Check the draft or approved edition, resolve every plate and put it in force, all or nothing; takes a minute for a million plates.

    A draft with faults is refused with the list of them, each with its place.
    """
    settings = request.app.state.settings
    done = editions.publish(
        session,
        station,
        edition.number,
        by=actor.login,
        sliver_m=settings.sliver_m,
        tie_m=settings.tie_m,
        accept=frozenset(body.accept),
    )
    return PublishedBody.model_validate(done)


@router.post(
    "/{edition}/withdraw",
    summary="Withdraw the edition in force",
    responses=problems(*CHANGING, EditionNotFound, EditionStepNotAllowed),
)
def withdraw_edition(
    session: SessionDep, actor: WithdrawerDep, station: StationDep, edition: EditionDep, body: WithdrawBody
) -> Withdrawn:
    """Take the edition out of force; the one before it comes back."""
    again = editions.withdraw(session, station, edition.number, by=actor.login, reason=body.reason)
    return Withdrawn(in_force=None if again is None else EditionBody.model_validate(again))
