"""Drafts: changes to their boundaries, undone and done again, who is there, what is locked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Body, Path, Query, Request, Response, status

from gridmap.api import draft_reply as reply
from gridmap.api import page
from gridmap.api.deps import DrawerDep, EditionDep, ReaderDep
from gridmap.api.page import Limit
from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas import drafts as bodies
from gridmap.api.schemas.drafts import (
    EditBody,
    EventBody,
    Events,
    GapAdded,
    GapBody,
    GiveOp,
    Kind,
    PresenceBody,
    RollBackBody,
    VersionBody,
)  # fmt: skip
from gridmap.domain.access import Action
from gridmap.domain.editions import EditionStepNotAllowed
from gridmap.errors import Invalid
from gridmap.geo.edit_ops import EditNotPossible
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.person import StationDep
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import drafts, gaps
from gridmap.services.drafts import Done, DraftMoved, ZoneLocked, people
from gridmap.services.drafts.history import NothingToRedo, NothingToUndo, StateNotFound
from gridmap.services.drafts.make import PlaceNotFound
from gridmap.services.drafts.people import NoSuchZone
from gridmap.services.gaps import GapNotFound
from gridmap.store import drafts as store
from gridmap.store.editions import EditionNotFound
from gridmap.store.tables import Edition

router = APIRouter(prefix="/stations/{station}", tags=["drafts"])
D = "/editions/{edition}/draft"
THERE = (*IN_STATION, EditionNotFound)
CHANGING = (*THERE, EditionStepNotAllowed, DraftMoved, ZoneLocked, ForeignPage, NoCsrfToken, RequestNotValid)
CodePath = Annotated[str, Path(max_length=64, examples=["W001"])]
JSON: dict[int | str, dict[str, Any]] = {
    200: {"description": "The draft, or what changed in it.", "content": {"application/json": {}}}
}


class NothingToGive(Invalid):
    """Giving names neither cells nor a place."""

    slug, title = "nothing-to-give", "Name cells or a place to give"


@router.get(
    D, summary="A draft with its figures and faults", response_class=Response, responses={**JSON, **problems(*THERE)}
)
def get_draft(request: Request, session: SessionDep, _actor: DrawerDep, edition: EditionDep) -> Response:
    """Return zones, figures against the edition in force, faults, locks and who is there: all a drawing page begins with."""
    draft = drafts.open_state(session, edition)
    live = reply.live_of(request, session, edition)
    return reply.send(reply.whole(draft, live, people.company(session, edition)))


@router.get(
    D + "/live",
    summary="Figures and faults of a draft",
    response_class=Response,
    responses={**JSON, **problems(*THERE)},
)
def get_live(request: Request, session: SessionDep, _actor: DrawerDep, edition: EditionDep) -> Response:
    """Return the figures of every zone, with those of the edition in force, and every fault."""
    live = reply.live_of(request, session, edition)
    return reply.send(reply.of_live(live, live.zones))


@router.post(
    D + "/edits",
    summary="Change a draft",
    response_class=Response,
    responses={**JSON, **problems(*CHANGING, EditNotPossible, PlaceNotFound, NothingToGive)},
)
def edit_draft(
    request: Request, session: SessionDep, actor: DrawerDep, edition: EditionDep, body: Annotated[EditBody, Body()]
) -> Response:
    """Make one edit of the coverage; neighbours, and the beats of cells, follow.

    What would open, overlap or detach ground is refused with its place; nothing changes then.
    """

    def make() -> Done:
        by, version = actor.login, body.version
        if isinstance(body, GiveOp) and body.place:
            return drafts.give_place(session, edition, body.place, body.beat, by=by, version=version)
        if isinstance(body, GiveOp) and not body.cells:
            raise NothingToGive("give the codes of cells, or the code of a place whose cells go")
        return drafts.edit(session, edition, body.edit(), by=by, version=version, snap_m=body.snap_m, note=body.note)

    return _changed(request, session, edition, make)


@router.post(
    D + "/undo", summary="Undo", response_class=Response, responses={**JSON, **problems(*CHANGING, NothingToUndo)}
)
def undo(request: Request, session: SessionDep, actor: DrawerDep, edition: EditionDep, body: VersionBody) -> Response:
    """Go back to the state before the present one; whoever made the change."""
    return _changed(
        request, session, edition, lambda: drafts.undo(session, edition, by=actor.login, version=body.version)
    )


@router.post(
    D + "/redo", summary="Redo", response_class=Response, responses={**JSON, **problems(*CHANGING, NothingToRedo)}
)
def redo(request: Request, session: SessionDep, actor: DrawerDep, edition: EditionDep, body: VersionBody) -> Response:
    """Go forth again to the newest state made from the present one."""
    return _changed(
        request, session, edition, lambda: drafts.redo(session, edition, by=actor.login, version=body.version)
    )


@router.post(
    D + "/roll-back",
    summary="Back to any state",
    response_class=Response,
    responses={**JSON, **problems(*CHANGING, StateNotFound)},
)
def roll_back(
    request: Request, session: SessionDep, actor: DrawerDep, edition: EditionDep, body: RollBackBody
) -> Response:
    """Go to any state the draft ever had, also one on a branch left by undo; 0 is as it was opened."""
    return _changed(
        request, session, edition,
        lambda: drafts.roll_back(session, edition, body.to, by=actor.login, version=body.version),
    )  # fmt: skip


@router.get(D + "/events", summary="Changes of a draft, newest first", responses=problems(*THERE))
def list_events(
    request: Request,
    response: Response,
    session: SessionDep,
    _actor: DrawerDep,
    edition: EditionDep,
    after: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only older than this; from `next`.")] = None,
    limit: Limit = 100,
) -> Events:
    """Return who changed what when."""
    rows, more = page.cut(store.events(session, edition.id, before=after, limit=limit + 1), limit)
    lineage = reply.lineage(session, edition)
    items = [EventBody(**drafts.told(one), undone=one.state == one.seq and one.seq not in lineage) for one in rows]
    return Events(items=items, next=page.link_next(request, response, rows[-1].seq) if more else None)


@router.put(
    D + "/locks/{kind}/{code:path}",
    summary="Lock a zone",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(*CHANGING, NoSuchZone),
)
def lock_zone(session: SessionDep, actor: DrawerDep, edition: EditionDep, kind: Kind, code: CodePath) -> None:
    """Let nobody else change a zone until it is let go."""
    drafts.lock_zone(session, edition, kind, code, by=actor.login)


@router.delete(
    D + "/locks/{kind}/{code:path}",
    summary="Let a zone go",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(*THERE, ZoneLocked, ForeignPage, NoCsrfToken),
)
def unlock_zone(session: SessionDep, actor: DrawerDep, edition: EditionDep, kind: Kind, code: CodePath) -> None:
    """Let a zone go; of somebody else's only who may publish."""
    drafts.unlock_zone(session, edition, kind, code, by=actor.login, force=actor.may(Action.PUBLISH))


@router.post(
    D + "/presence", summary="I am here", responses=problems(*THERE, ForeignPage, NoCsrfToken, RequestNotValid)
)
def keep_presence(session: SessionDep, actor: DrawerDep, edition: EditionDep, body: PresenceBody) -> bodies.CompanyBody:
    """Say that you have the draft open, and at which zone; hear who else has, what is locked, and the version."""
    company = drafts.keep_presence(
        session, edition, login=actor.login, name=actor.display_name, kind=body.kind, code=body.code
    )
    return reply.of_company(edition, company)


@router.get(
    "/allowed-gaps",
    summary="Ground that needs no zone",
    response_class=Response,
    responses={**JSON, **problems(*IN_STATION)},
)
def list_allowed_gaps(session: SessionDep, _actor: ReaderDep, station: StationDep) -> Response:
    """Return lakes, barracks and the like as GeoJSON; the check of an edition leaves them out."""
    return reply.send(gaps.collection(session, station))


@router.post(
    "/allowed-gaps",
    summary="Allow a gap",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*IN_STATION, ForeignPage, NoCsrfToken, RequestNotValid, gaps.BadGap),
)
def add_allowed_gap(session: SessionDep, actor: DrawerDep, station: StationDep, body: GapBody) -> GapAdded:
    """Say that ground of the station needs no zone."""
    ring = shapely.Polygon(body.ring)
    return GapAdded(id=gaps.add(session, station, ring, by=actor.login, name_zh=body.name_zh, name_en=body.name_en))


@router.delete(
    "/allowed-gaps/{number}",
    summary="Allow a gap no longer",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(*IN_STATION, ForeignPage, NoCsrfToken, GapNotFound),
)
def drop_allowed_gap(
    session: SessionDep,
    actor: DrawerDep,
    station: StationDep,
    number: Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the allowed gap.")],
) -> None:
    """Take an allowed gap out; the check tells of its ground again."""
    gaps.drop(session, station, number, by=actor.login)


def _changed(request: Request, session: SessionDep, edition: Edition, make: Callable[[], Done]) -> Response:
    then = reply.figures_before(request, session, edition)
    return reply.send(reply.after_change(request, session, edition, make(), then))
