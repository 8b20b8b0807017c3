"""Series of like matters: proposed, made, changed, solved with one sentence, dissolved."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, status

from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas.dispute_series import (
    DissolveNote,
    MemberBody,
    NewSeries,
    Sentence,
    SeriesBody,
    SeriesChange,
    SeriesList,
    SeriesProposal,
    SeriesProposals,
    SeriesSolved,
    WholeSeries,
)
from gridmap.domain.access import Action, Actor
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible, DisputeStepNotYours
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import series
from gridmap.services.disputes.rules import LoopNotFound
from gridmap.services.disputes.series import SeriesEnded, SeriesNotFound, SeriesNotSolvable, SeriesNotValid

router = APIRouter(prefix="/stations/{station}/series", tags=["disputes"])
ReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DISPUTES))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of a series.", examples=[1])]
THERE = (*IN_STATION, SeriesNotFound, RequestNotValid)
WRITING = (ForeignPage, NoCsrfToken, SeriesNotValid, SeriesEnded)


@router.get("", summary="Series of like matters", responses=problems(*IN_STATION))
def list_series(session: SessionDep, actor: ReaderDep, station: StationDep) -> SeriesList:
    """Return the station's series, open ones first, a hundred at most."""
    return SeriesList(items=[SeriesBody.model_validate(one) for one in series.listing(session, actor, station)])


@router.get(
    "/proposals", summary="Like matters that may belong together", responses=problems(*IN_STATION, LoopNotFound)
)
def list_series_proposals(session: SessionDep, actor: ReaderDep, station: StationDep) -> SeriesProposals:
    """Return groups of like disputes, cases and incidents by the station's rule; a person decides."""
    found = series.proposals(session, actor, station)
    items = [
        SeriesProposal(
            kind=one.kind, members=[MemberBody.model_validate(matter) for matter in one.matters], places=one.places,
            extent_m=one.extent_m, days=one.days, around=one.around, expected=one.expected, p=one.p,
        ) for one in found
    ]  # fmt: skip
    return SeriesProposals(items=items)


@router.post(
    "", summary="Make a series", status_code=status.HTTP_201_CREATED,
    responses=problems(*IN_STATION, RequestNotValid, *WRITING, SeriesNotFound),
)  # fmt: skip
def make_series(session: SessionDep, actor: ReaderDep, station: StationDep, body: NewSeries) -> WholeSeries:
    """Make a series of matters that are in none."""
    made = series.make(session, actor, station, kind=body.kind, name=body.name, members=body.members, note=body.note)
    return _whole(session, actor, station, made)


@router.get("/{number}", summary="One series", responses=problems(*THERE))
def get_series(session: SessionDep, actor: ReaderDep, station: StationDep, number: Number) -> WholeSeries:
    """Return a series with its members."""
    return _whole(session, actor, station, number)


@router.post("/{number}/members", summary="Put members in, take members out", responses=problems(*THERE, *WRITING))
def change_series(
    session: SessionDep, actor: ReaderDep, station: StationDep, number: Number, body: SeriesChange
) -> WholeSeries:
    """Put in what is in no series, take out what is in this one."""
    series.change(session, actor, station, number, add=body.add, remove=body.remove)
    return _whole(session, actor, station, number)


@router.post(
    "/{number}/solve", summary="Solve a series",
    responses=problems(
        *THERE, *WRITING, LoopNotFound, SeriesNotSolvable, DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds
    ),
)  # fmt: skip
def solve_series(
    session: SessionDep, actor: ReaderDep, station: StationDep, number: Number, body: Sentence
) -> SeriesSolved:
    """Settle all its disputes with one sentence, each with steps of its own, and close it; all or nothing."""
    done = series.solve(session, actor, station, number, body.sentence)
    return SeriesSolved(settled=done.settled, over=done.over)


@router.post("/{number}/dissolve", summary="Dissolve a series", responses=problems(*THERE, *WRITING))
def dissolve_series(
    session: SessionDep, actor: ReaderDep, station: StationDep, number: Number, body: DissolveNote
) -> SeriesBody:
    """Give its members back, and close it."""
    series.dissolve(session, actor, station, number, note=body.note)
    return SeriesBody.model_validate(series.look(session, actor, station, number)[0])


def _whole(session: SessionDep, actor: Actor, station: str, number: int) -> WholeSeries:
    found, matters = series.look(session, actor, station, number)
    told = SeriesBody.model_validate(found).model_dump()
    return WholeSeries(**told, members=[MemberBody.model_validate(one) for one in matters])
