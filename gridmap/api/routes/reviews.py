"""Review of a draft: hand in, approve, return, comment, publish at a set time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response, status

from gridmap.api import geojson, page
from gridmap.api.deps import DrawerDep, EditionDep, ReaderDep
from gridmap.api.page import After, Limit
from gridmap.api.routes.editions import CHANGING, Before
from gridmap.api.routes.stations import IN_STATION, SQUARE
from gridmap.api.schemas.reviews import (
    ApproveBody,
    CommentBody,
    Comments,
    GiveBackBody,
    NewComment,
    ResolveBody,
    ScheduleBody,
)
from gridmap.api.schemas.stations import EditionBody
from gridmap.domain.access import Action, Actor
from gridmap.domain.editions import EditionStepNotAllowed, TimeNotPossible
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import comments, comparisons, lists, reviews
from gridmap.services.comments import CommentNotFound, CommentNotPossible, CommentNotValid
from gridmap.services.comparisons import ZonesNotComparable
from gridmap.services.editions import DraftNotValid, FaultNotAcceptable
from gridmap.services.reviews import HandedInAgain
from gridmap.store.driver_errors import NeedsSecondPerson
from gridmap.store.editions import EditionNotFound
from gridmap.store.frames import ZoneKind

router = APIRouter(prefix="/stations/{station}/editions/{edition}", tags=["reviews"])
ReviewerDep = Annotated[Actor, Depends(allowed(Action.REVIEW))]
PublisherDep = Annotated[Actor, Depends(allowed(Action.PUBLISH))]
CommenterDep = Annotated[Actor, Depends(allowed(Action.COMMENT))]
DraftReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DRAFTS))]
CommentId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Id of a comment.", examples=[1])]
STEPPING = (*CHANGING, EditionNotFound, EditionStepNotAllowed)
PIECE = {
    "id": 0,
    "geometry": SQUARE,
    "properties": {"n": 1, "from_code": "J01", "to_code": "J02", "area_m2": 812.4, "doors": 12, "households": 40},
}


@router.post("/hand-in", summary="Hand a draft in for review", responses=problems(*STEPPING, DraftNotValid))
def hand_in(
    request: Request, session: SessionDep, actor: DrawerDep, station: StationDep, edition: EditionDep
) -> EditionBody:
    """Hand a draft in; its zones stand still until it is given back. Faults that can never be published stop it."""
    sliver_m = request.app.state.settings.sliver_m
    done = reviews.hand_in(session, station, edition.number, by=actor.login, sliver_m=sliver_m)
    return EditionBody.model_validate(done)


@router.post(
    "/approve",
    summary="Approve an edition in review",
    responses=problems(*STEPPING, NeedsSecondPerson, HandedInAgain),
)
def approve(
    session: SessionDep, actor: ReviewerDep, station: StationDep, edition: EditionDep, body: ApproveBody
) -> EditionBody:
    """Approve what was handed in; where the station wants two people, nobody approves their own work."""
    done = reviews.approve(session, station, edition.number, by=actor.login, seen=body.submitted_at)
    return EditionBody.model_validate(done)


@router.post("/give-back", summary="Give an edition back to be drawn on", responses=problems(*STEPPING))
def give_back(
    session: SessionDep, actor: ReviewerDep, station: StationDep, edition: EditionDep, body: GiveBackBody
) -> EditionBody:
    """Make an edition in review, or an approved one, a draft again; the reason goes on record."""
    done = reviews.give_back(session, station, edition.number, by=actor.login, reason=body.reason)
    return EditionBody.model_validate(done)


@router.post(
    "/schedule",
    summary="Publish an approved edition at a set time",
    responses=problems(*STEPPING, TimeNotPossible, FaultNotAcceptable, DraftNotValid),
)
def schedule(
    request: Request,
    session: SessionDep,
    actor: PublisherDep,
    station: StationDep,
    edition: EditionDep,
    body: ScheduleBody,
) -> EditionBody:
    """Set the moment; the service publishes within half a minute after it, or tells in `publish_problem` why not."""
    done = reviews.schedule(
        session,
        station,
        edition.number,
        by=actor.login,
        at=body.at,
        accept=frozenset(body.accept),
        sliver_m=request.app.state.settings.sliver_m,
    )
    return EditionBody.model_validate(done)


@router.delete("/schedule", summary="Take an edition off the schedule", responses=problems(*STEPPING))
def unschedule(session: SessionDep, actor: PublisherDep, station: StationDep, edition: EditionDep) -> EditionBody:
    """Leave the edition approved and publish it at no set time."""
    return EditionBody.model_validate(reviews.unschedule(session, station, edition.number, by=actor.login))


@router.get("/comments", summary="What was said of an edition", responses=problems(*IN_STATION, EditionNotFound))
def list_comments(
    request: Request,
    response: Response,
    session: SessionDep,
    _actor: DraftReaderDep,
    station: StationDep,  # noqa: ARG001  # checks the scope
    edition: EditionDep,
    after: After = None,
    limit: Limit = 100,
) -> Comments:
    """Return a page of comments and answers, oldest first."""
    rows = comments.list_page(session, edition, after=after, limit=limit + 1)
    shown, more = page.cut(rows, limit)
    following = page.link_next(request, response, shown[-1].id) if more else None
    return Comments(items=[CommentBody.model_validate(row) for row in shown], next=following)


@router.post(
    "/comments",
    summary="Say something of an edition",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*CHANGING, EditionNotFound, CommentNotFound, CommentNotPossible, CommentNotValid),
)
def add_comment(
    session: SessionDep,
    actor: CommenterDep,
    station: StationDep,  # noqa: ARG001  # checks the scope
    edition: EditionDep,
    body: NewComment,
) -> CommentBody:
    """Pin a comment to a place, to the whole edition, or under another comment; it is never rewritten."""
    place = None if body.lon is None or body.lat is None else (body.lon, body.lat)
    said = comments.add(session, edition, by=actor.login, text=body.text, place=place, reply_to=body.reply_to)
    return CommentBody.model_validate(comments.find(session, edition, said.id))


@router.post(
    "/comments/{comment}/resolve",
    summary="Resolve a comment, or open it again",
    responses=problems(*CHANGING, EditionNotFound, CommentNotFound, CommentNotPossible),
)
def resolve_comment(
    session: SessionDep,
    actor: CommenterDep,
    station: StationDep,  # noqa: ARG001  # checks the scope
    edition: EditionDep,
    comment: CommentId,
    body: ResolveBody,
) -> CommentBody:
    """Mark a comment as dealt with, or as still open."""
    done = comments.resolve(session, edition, comment, by=actor.login, resolved=body.resolved)
    return CommentBody.model_validate(comments.find(session, edition, done.id))


@router.get(
    "/changes-since/{before}/ground",
    summary="The ground that changes hands",
    response_class=Response,
    responses={
        200: geojson.describe("Pieces of ground, largest first.", PIECE),
        **problems(*IN_STATION, EditionNotFound, ZonesNotComparable),
    },
)
def changed_ground(
    request: Request,
    session: SessionDep,
    actor: ReaderDep,
    station: StationDep,
    edition: EditionDep,
    before: Before,
    kind: ZoneKind = "beat",
) -> Response:
    """Return each piece of ground that goes from one zone to another, with its doors and households, as GeoJSON."""
    lists.edition(session, actor, station, before)  # a draft is hidden from those who may not read it
    told = comparisons.compare(session, station, before, edition.number, kind=kind)
    members = {"station": station, "before": before, "after": edition.number}
    return geojson.reply(request, geojson.of_frame(told.pieces, members=members))
