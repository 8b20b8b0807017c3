"""Balanced proposals: asked for, compared, opened as drafts; and where to put police posts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status

from gridmap.api import page
from gridmap.api.deps import DrawerDep
from gridmap.api.page import Limit
from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas.proposals import (
    PostsBody,
    PostsFoundBody,
    ProposalBody,
    ProposalHead,
    Proposals,
    WishesBody,
    told,
)
from gridmap.api.schemas.stations import EditionBody
from gridmap.domain.access import Action, Actor, require_station
from gridmap.geo.propose import NotFeasible
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.http.spells import SpellsDep
from gridmap.services import proposals as service
from gridmap.services.proposals import MOST_UNITS, GroundMoved, TooManyUnits, WishNotPossible, posts
from gridmap.store import proposals as store
from gridmap.store.driver_errors import Busy
from gridmap.store.editions import EditionNotFound
from gridmap.store.proposals import ProposalNotFound

router = APIRouter(prefix="/stations/{station}", tags=["proposals"])
DraftReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DRAFTS))]
ASKING = (*IN_STATION, ForeignPage, NoCsrfToken, RequestNotValid, WishNotPossible)
Code = Annotated[str, Path(description="Code of a station in your scope.", examples=["990000000000"], max_length=16)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the proposal.", examples=[1])]
OptionNumber = Annotated[int, Path(ge=1, le=1_000, description="Number of the option.", examples=[1])]


@router.post(
    "/proposals",
    summary="Propose balanced beats",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*ASKING, EditionNotFound, NotFeasible, TooManyUnits),
)
def propose(response: Response, spells: SpellsDep, station: Code, body: WishesBody) -> ProposalBody:
    """Return several plans on the trade-off between balance, compactness and change; takes seconds at 2,000 units.

    What cannot be is told with the wish it belongs to in `field`. No connection is held while plans are looked for.
    """
    wishes = service.check(body.wishes())
    with spells.open(Action.DRAW_DRAFT) as (session, actor):
        code = require_station(actor, station)
        ground = service.read(session, code, wishes)
    made = service.make(ground, wishes, most=MOST_UNITS)
    with spells.open(Action.DRAW_DRAFT) as (session, actor):
        proposal = service.keep(session, made, by=actor.login)
        response.headers["Location"] = f"/api/v1/stations/{code}/proposals/{proposal.id}"
        return told(service.find(session, code, proposal.id))


@router.get("/proposals", summary="Proposals, newest first", responses=problems(*IN_STATION))
def list_proposals(
    request: Request,
    response: Response,
    session: SessionDep,
    _actor: DraftReaderDep,
    station: StationDep,
    after: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only numbers below this; from `next`.")] = None,
    limit: Limit = 100,
) -> Proposals:
    """Return a page of proposals."""
    rows = store.list_page(session, station, after=after, limit=limit + 1)
    shown, more = page.cut(rows, limit)
    following = page.link_next(request, response, shown[-1].id) if more else None
    return Proposals(items=[ProposalHead.model_validate(row) for row in shown], next=following)


@router.get("/proposals/{proposal}", summary="One proposal", responses=problems(*IN_STATION, ProposalNotFound))
def get_proposal(session: SessionDep, _actor: DraftReaderDep, station: StationDep, proposal: Number) -> ProposalBody:
    """Return what was wished, the figures of each option, and which unit would be in which beat."""
    return told(service.find(session, station, proposal))


@router.post(
    "/proposals/{proposal}/options/{option}/draft",
    summary="Open an option as a draft",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*IN_STATION, ProposalNotFound, GroundMoved, ForeignPage, NoCsrfToken, Busy),
)
def open_option(
    response: Response,
    session: SessionDep,
    actor: DrawerDep,
    station: StationDep,
    proposal: Number,
    option: OptionNumber,
) -> EditionBody:
    """Open the next edition as a draft whose beats are exact unions of the option's units; it can be undone there."""
    draft = service.open_option(session, station, proposal, option, by=actor.login)
    response.headers["Location"] = f"/api/v1/stations/{station}/editions/{draft.number}"
    return EditionBody.model_validate(draft)


@router.post("/posts", summary="Where to put police posts", responses=problems(*ASKING))
def place_posts(spells: SpellsDep, station: Code, body: PostsBody) -> PostsFoundBody:
    """Return the places from which the most households lie within reach, with proof or the distance to the best."""
    wishes = body.wishes()
    with spells.open(Action.DRAW_DRAFT) as (session, actor):
        code = require_station(actor, station)
        ground = posts.read(session, code, wishes)
    found = posts.place(ground, wishes)
    with spells.open(Action.DRAW_DRAFT) as (session, _):
        named = posts.named(session, code, found)
    return PostsFoundBody.model_validate({
        "posts": named, "left": found.left, "households": found.households, "share": found.share,
        "share_backed_up": found.share_backed_up, "gap": found.gap, "proved": found.proved,
    })  # fmt: skip
