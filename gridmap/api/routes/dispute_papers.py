"""A dispute's proposed mediators, its parties and its papers; who somebody is, is told with a reason on record alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status

from gridmap.api.routes.disputes import WRITING, Key, Number
from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas.dispute_papers import (
    MatchBody,
    MatchesBody,
    NewPaper,
    NewParty,
    PaperBody,
    PaperKept,
    PaperKind,
    PapersBody,
    PaperVersion,
    PartiesBody,
    PartyAdded,
    PartyRow,
    PersonalBody,
    ReasonBody,
    WhyBody,
)
from gridmap.domain.access import Action, Actor
from gridmap.domain.disputes import DisputeStepNotPossible, DisputeStepNotYours
from gridmap.domain.matching import Match
from gridmap.domain.papers import PaperNotValid
from gridmap.domain.parties import PartyNotValid, Personal
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.sealed import NoSealKey, sealer_of
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import matching, papers, parties
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.services.disputes.papers import PaperNotFound
from gridmap.services.disputes.parties import PartyNeedsReason, PartyNotFound
from gridmap.services.disputes.rules import LoopNotFound
from gridmap.services.sealing import SealBroken

router = APIRouter(prefix="/stations/{station}/disputes/{dispute}", tags=["disputes"])
UserDep = Annotated[Actor, Depends(allowed(Action.USE_DESK))]
WorkerDep = Annotated[Actor, Depends(allowed(Action.WORK_DISPUTES))]
PartyDep = Annotated[Actor, Depends(allowed(Action.READ_PARTIES))]
Party = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of a party.", examples=[1])]
Paper = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of a version of a paper.", examples=[1])]
THERE = (*IN_STATION, DisputeNotFound, RequestNotValid)
SEALED = (NoSealKey, SealBroken)


@router.get("/matches", summary="Mediators that fit, with reasons", responses=problems(*THERE, LoopNotFound))
def list_matches(session: SessionDep, actor: WorkerDep, station: StationDep, dispute: Number) -> MatchesBody:
    """Return the station's mediators in the order in which they fit, each with what speaks for and against.

    It is a proposal: a person picks one and takes the step `passed_on`. gridmap scores no person.
    """
    found = matching.propose(session, actor, station, dispute)
    return MatchesBody(
        dispute=dispute, version=found.row.version, language=found.asked.language, trades=list(found.asked.trades),
        may_hand_over=found.may, items=[_match(one, found.trades) for one in found.matches],
    )  # fmt: skip


@router.get("/parties", summary="Parties, by their references", responses=problems(*THERE))
def list_parties(session: SessionDep, actor: UserDep, station: StationDep, dispute: Number) -> PartiesBody:
    """Return the parties of a dispute; nobody's name is in it."""
    rows = parties.listing(session, actor, station, dispute)
    return PartiesBody(items=[PartyRow.model_validate(row) for row in rows])


@router.post(
    "/parties", summary="Add a party", status_code=status.HTTP_201_CREATED,
    responses=problems(*THERE, *WRITING, *SEALED, PartyNotValid),
)  # fmt: skip
def add_party(
    request: Request, session: SessionDep, actor: WorkerDep, station: StationDep, dispute: Number, body: NewParty
) -> PartyAdded:  # fmt: skip
    """Add a party; who it is, is sealed, and disputes of the station with a party of the same number are linked."""
    personal = Personal(**body.model_dump(exclude={"side", "reference"}))
    party, links = parties.add(
        session,
        actor,
        station,
        dispute,
        sealer_of(request.app),
        side=body.side,
        reference=body.reference,
        personal=personal,
    )
    return PartyAdded(id=party, linked=links)


@router.post(
    "/parties/{party}/open",
    summary="Who a party is",
    responses=problems(*THERE, *SEALED, PartyNotFound, PartyNeedsReason),
)
def open_party(  # one argument a part of the request
    request: Request,
    response: Response,
    session: SessionDep,
    actor: PartyDep,
    station: StationDep,
    dispute: Number,
    *,
    party: Party,
    body: WhyBody,
) -> PersonalBody:
    """Return who a party is; the audit keeps who asked and why."""
    found = parties.open_party(session, actor, station, dispute, party, sealer_of(request.app), reason=body.reason)
    response.headers["Cache-Control"] = "no-store"
    return PersonalBody.model_validate(found or Personal())


@router.get("/papers", summary="Papers, without their texts", responses=problems(*THERE))
def list_papers(session: SessionDep, actor: UserDep, station: StationDep, dispute: Number) -> PapersBody:
    """Return the versions of the four accounts, agreements and records of a dispute, newest first."""
    rows = papers.versions(session, actor, station, dispute)
    return PapersBody(items=[PaperVersion.model_validate(row) for row in rows])


@router.post(
    "/papers", summary="Keep a version of a paper", status_code=status.HTTP_201_CREATED,
    responses=problems(*THERE, *WRITING, *SEALED, PaperNotValid, DisputeStepNotPossible, DisputeStepNotYours),
)  # fmt: skip
def add_paper(
    request: Request,
    session: SessionDep,
    actor: PartyDep,
    station: StationDep,
    dispute: Number,
    body: NewPaper,
    key: Key = None,
) -> PaperKept:  # fmt: skip
    """Keep a version, sealed; it is a step of the dispute. None is ever changed."""
    made = papers.write(
        session, actor, station, dispute, sealer_of(request.app), kind=body.kind, language=body.language, text=body.text,
        accounts={str(name): told for name, told in body.accounts.items()}, key=key,
    )  # fmt: skip
    return PaperKept(id=made)


@router.get(
    "/papers/begin", summary="A paper begun from the station's text",
    responses=problems(*THERE, *SEALED, LoopNotFound, PaperNotValid),
)  # fmt: skip
def begin_paper(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: PartyDep,
    station: StationDep,
    dispute: Number,
    *,
    kind: Annotated[PaperKind, Query(description="Which paper.")],
    language: Annotated[str, Query(pattern="^[a-z]{2,8}$", description="In which language.")] = "zh",
) -> PaperBody:
    """Return the station's text with what is known of the dispute filled in; parties stand in it by their references."""
    found = papers.begin(session, actor, station, dispute, sealer_of(request.app), kind=kind, language=language)
    response.headers["Cache-Control"] = "no-store"
    return PaperBody.model_validate(found)


@router.get("/papers/{paper}", summary="A version of a paper", responses=problems(*THERE, *SEALED, PaperNotFound))
def get_paper(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: PartyDep,
    station: StationDep,
    dispute: Number,
    *,
    paper: Paper,
) -> PaperBody:
    """Return a paper with its text; the audit keeps who read it."""
    found = papers.open_paper(session, actor, station, dispute, paper, sealer_of(request.app))
    response.headers["Cache-Control"] = "no-store"
    return PaperBody.model_validate(found)


def _match(match: Match, trades: dict[str, tuple[str, str]]) -> MatchBody:
    who = match.who
    said = zip(match.reasons, matching.told(match, trades, "zh"), matching.told(match, trades, "en"), strict=True)
    return MatchBody(
        person_id=who.person, code=who.code, name=who.name, name_en=who.name_en, body=who.body, type=who.type,
        ready=match.ready, open=who.open, most=who.most,
        reasons=[ReasonBody(word=reason.word, good=reason.good, zh=zh[1], en=en[1]) for reason, zh, en in said],
    )  # fmt: skip
