"""Disputes: list them, look at one, open one, take a step; what is sent twice is done once."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response, status

from gridmap.api import page
from gridmap.api.dispute_reply import line_body, taken_body, whole_body
from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas.disputes import (
    DisputeQuery,
    Disputes,
    DisputeToOpen,
    PossibleStep,
    PossibleSteps,
    StepTaken,
    StepToTake,
    WholeDispute,
)
from gridmap.domain.access import Action, Actor
from gridmap.domain.dispute_filter import filter_of
from gridmap.domain.dispute_words import Wish
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible, DisputeStepNotYours
from gridmap.domain.step_names import step_name
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import desk, lists, look, places
from gridmap.services.disputes.acting import DisputeMoved, DisputeNotFound, HolderUnknown, KeyUsed
from gridmap.services.disputes.opening import DisputeNotValid, Intake
from gridmap.services.disputes.rules import LoopNotFound
from gridmap.store.dispute_desk import Taken
from gridmap.store.dispute_lists import timezone

router = APIRouter(prefix="/stations/{station}", tags=["disputes"])
UserDep = Annotated[Actor, Depends(allowed(Action.USE_DESK))]
OpenerDep = Annotated[Actor, Depends(allowed(Action.OPEN_DISPUTES))]
WorkerDep = Annotated[Actor, Depends(allowed(Action.WORK_DISPUTES))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of a dispute.", examples=[1])]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=100,
        description="Random, a new one for each request; sent again with the same key, it is done once and told alike.",
    ),
]
Match = Annotated[
    str | None,
    Header(alias="If-Match", max_length=200, description="`ETag` of the dispute as you read it; `*` or none: any."),
]
REPLAYED: Final = "Idempotency-Replayed"
HEADERS = {
    "ETag": {"description": "The dispute's version, for `If-Match`.", "schema": {"type": "string"}},
    REPLAYED: {"description": "`true`: it had been done before with this key.", "schema": {"type": "string"}},
}
THERE = (*IN_STATION, DisputeNotFound, RequestNotValid)
WRITING = (ForeignPage, NoCsrfToken, KeyUsed, HolderUnknown, LoopNotFound, RequestNotValid)
_TAG: Final = re.compile(r'(?:W/)?"(\d{1,10})\.(\d{1,10})(?:-gz)?"', re.ASCII)


@router.get(
    "/disputes", summary="Disputes, narrowed as the desk's lists are", responses=problems(*IN_STATION, RequestNotValid)
)
def list_disputes(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: UserDep,
    station: StationDep,
    asked: Annotated[DisputeQuery, Query()],
) -> Disputes:
    """Return a page of the disputes you may see; the look is on record.

    Newest first; by the time of what is asked for (due, settled, closed) where something is. Officers and commanders see the
    whole station, grid members their cells, mediators what was given to them, everybody what they hold or opened.
    """
    wanted = filter_of(asked.words())
    found = lists.page(
        session, actor, station, wanted, after=asked.after, limit=asked.limit + 1, between=(asked.since, asked.until)
    )
    rows, more = page.cut(found, asked.limit)
    following = page.link_next(request, response, lists.cursor_of(wanted, rows[-1])) if more else None
    return Disputes(items=[line_body(row) for row in rows], next=following)


@router.post(
    "/disputes", summary="Open a dispute, a tip, a hazard or a fresh case", status_code=status.HTTP_201_CREATED,
    responses={201: {"headers": HEADERS}, **problems(*IN_STATION, *WRITING, DisputeNotValid)},
)  # fmt: skip
def open_dispute(
    response: Response, session: SessionDep, actor: OpenerDep, station: StationDep, body: DisputeToOpen, key: Key = None
) -> StepTaken:  # fmt: skip
    """Open it at its tier, held by who holds that tier at its place, with its clocks, linked to earlier ones at its door."""
    intake = Intake(**body.model_dump(exclude={"to", "marks"}), marks=tuple(body.marks))
    at = None if body.lon is None or body.lat is None else (body.lon, body.lat)
    places.require_known(session, actor, station, body.address_id, at)
    taken, again = desk.open_one(session, actor, station, intake, to=body.to, key=key)
    return _told(response, taken, again=again)


@router.get(
    "/disputes/{dispute}", summary="One dispute with its steps",
    responses={200: {"headers": {"ETag": HEADERS["ETag"]}}, **problems(*THERE, LoopNotFound)},
)  # fmt: skip
def get_dispute(
    response: Response, session: SessionDep, actor: UserDep, station: StationDep, dispute: Number
) -> WholeDispute:  # fmt: skip
    """Return how it stands, its steps, and what hangs on it; parties by their references. The look is on record."""
    found = look.look(session, actor, station, dispute, zone=timezone(session, station))
    response.headers["ETag"] = tag_of(dispute, found.row.version)
    response.headers["Cache-Control"] = "no-store"
    return whole_body(found)


@router.get(
    "/disputes/{dispute}/possible-steps", summary="The steps you may take now", responses=problems(*THERE, LoopNotFound)
)  # fmt: skip
def list_possible_steps(
    response: Response, session: SessionDep, actor: WorkerDep, station: StationDep, dispute: Number
) -> PossibleSteps:  # fmt: skip
    """Return the steps your role and place allow at its present state and tier, as the station calls them."""
    found = look.look(session, actor, station, dispute, zone=timezone(session, station))
    response.headers["ETag"] = tag_of(dispute, found.row.version)
    names = {step: step_name(found.loop, step) for step in found.can}
    items = [
        PossibleStep(step=step, name_zh=names[step][0], name_en=names[step][1], needs=list(found.needs(step)))
        for step in found.can
    ]
    return PossibleSteps(version=found.row.version, items=items)


@router.post(
    "/disputes/{dispute}/steps", summary="Take a step",
    responses={
        200: {"headers": HEADERS},
        **problems(
            *THERE, *WRITING, DisputeMoved, DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds,
        ),
    },
)  # fmt: skip
def take_step(
    response: Response,
    session: SessionDep,
    actor: WorkerDep,
    station: StationDep,
    dispute: Number,
    body: StepToTake,
    *,
    key: Key = None,
    match: Match = None,
) -> StepTaken:
    """Take a step as the station's loop allows; one somebody else has taken since you read it is never overwritten (412)."""
    wish = Wish(
        body.step, body.note, bodies=tuple(dict.fromkeys(body.bodies)), until=body.until, outcome=body.outcome,
        marks=None if body.marks is None else tuple(body.marks), kind=body.kind, grade=body.grade,
        off=tuple(body.off),
    )  # fmt: skip
    version = version_of(dispute, match, body.version)
    taken, again = desk.take_one(session, actor, station, dispute, wish, to=body.to, version=version, key=key)
    return _told(response, taken, again=again)


def tag_of(dispute: int, version: int) -> str:
    """Return the tag of a dispute at a version.

    >>> tag_of(12, 3)
    '"12.3"'
    """
    return f'"{dispute}.{version}"'


def version_of(dispute: int, match: str | None, version: int | None) -> int | None:
    """Return the version a request says it has read: the tag's where there is one, else the body's.

    >>> version_of(12, '"12.3"', None), version_of(12, None, 4), version_of(12, "*", None)
    (3, 4, None)

    Raises
    ------
    DisputeMoved
        If the tags are another dispute's, or none, or say otherwise than the body: no version fits them.
    """
    if match is None or match.strip() == "*":
        return version
    tags = {(int(found[1]), int(found[2])) for found in _TAG.finditer(match)}
    versions = {number for which, number in tags if which == dispute}
    if len(versions) != 1 or version not in {None, *versions}:
        raise DisputeMoved(
            "If-Match names no version of this dispute: read it again and send its ETag", dispute=dispute
        )
    return versions.pop()


def _told(response: Response, taken: Taken, *, again: bool) -> StepTaken:
    response.headers["ETag"] = tag_of(taken.dispute, taken.version)
    response.headers["Cache-Control"] = "no-store"
    if again:
        response.headers[REPLAYED] = "true"
    return taken_body(taken)
