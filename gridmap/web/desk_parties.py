"""The page of a dispute's parties: references for everybody; who they are on this page alone, with a reason on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from gridmap.domain.access import Actor, require_station
from gridmap.domain.parties import LONGEST_NOTE, PartyNotValid, Personal
from gridmap.http.sealed import sealer_of
from gridmap.http.session_dep import SessionDep
from gridmap.services.disputes import parties
from gridmap.services.disputes.matching import LANGUAGES
from gridmap.services.disputes.parties import PartyNeedsReason
from gridmap.web import shell
from gridmap.web.desk_case import (
    LARGEST,
    DisputePath,
    LineField,
    PartyDep,
    Place,
    StationField,
    WorkerDep,
    back,
    case_of,
    case_page,
    clean,
)

router = APIRouter(prefix="/desk", include_in_schema=False)
PartyField = Annotated[int, Form(ge=1, le=LARGEST)]
NoteField = Annotated[str, Form(max_length=LONGEST_NOTE)]


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form of a party holds."""

    side: int
    reference: str
    personal: Personal


def typed_of(
    *,
    side: Annotated[int, Form(ge=0, le=99)] = 1,
    reference: LineField = "",
    name: LineField = "",
    phone: LineField = "",
    id_number: LineField = "",
    language: Annotated[str, Form(max_length=20)] = "zh",
    note: NoteField = "",
) -> Typed:
    """Return what was typed of a party; a language nobody knows is Chinese."""
    told = (clean(one).strip() for one in (name, phone, id_number, language if language in LANGUAGES else "zh", note))
    return Typed(side, clean(reference), Personal(*told))


TypedDep = Annotated[Typed, Depends(typed_of)]


@router.get("/{dispute}/parties")
def parties_page(
    request: Request, session: SessionDep, actor: WorkerDep, dispute: DisputePath, station: Place
) -> Response:
    """Show the parties by their references."""
    links = [int(one) for one in request.query_params.get("links", "").split("-") if one.isdigit() and len(one) < 10]
    done = request.query_params.get("done", "") == "1"
    return _page(request, session, actor, station, dispute, done=done, links=links)


@router.post("/{dispute}/parties/add")
def add(
    request: Request, session: SessionDep, actor: WorkerDep, dispute: DisputePath, typed: TypedDep, station: StationField
) -> Response:  # fmt: skip
    """Enter a party; disputes of the same number are linked and told."""
    code = require_station(actor, station)
    try:
        _, links = parties.add(
            session, actor, code, dispute, sealer_of(request.app), side=typed.side, reference=typed.reference,
            personal=typed.personal,
        )  # fmt: skip
    except PartyNotValid as error:
        return _page(request, session, actor, code, dispute, wrong=_word(error), typed=typed, status=422)
    return _back(code, dispute, links)


@router.post("/{dispute}/parties/change")
def change(
    request: Request,
    session: SessionDep,
    actor: WorkerDep,
    dispute: DisputePath,
    typed: TypedDep,
    *,
    station: StationField,
    party: PartyField,
) -> Response:
    """Correct a party; who it is is replaced only where something of it was typed."""
    code = require_station(actor, station)
    try:
        links = parties.change(
            session, actor, code, dispute, party, sealer_of(request.app), side=typed.side, reference=typed.reference,
            personal=typed.personal or None,
        )  # fmt: skip
    except PartyNotValid as error:
        return _page(request, session, actor, code, dispute, wrong=_word(error), status=422)
    return _back(code, dispute, links)


@router.post("/{dispute}/parties/open")
def open_party(
    request: Request,
    session: SessionDep,
    actor: PartyDep,
    dispute: DisputePath,
    *,
    station: StationField,
    party: PartyField,
    reason: LineField = "",
) -> Response:
    """Show who a party is on this one page, with the reason on record."""
    code = require_station(actor, station)
    try:
        found = parties.open_party(session, actor, code, dispute, party, sealer_of(request.app), reason=clean(reason))
    except PartyNeedsReason:
        return _page(request, session, actor, code, dispute, wrong="party_reason_short", status=422)
    return _page(request, session, actor, code, dispute, opened=party, personal=found)


def _word(error: PartyNotValid) -> str:
    """Return the sentence for what is wrong with a party."""
    return f"party_wrong_{error.facts['reason']}"


def _back(station: str, dispute: int, links: list[int]) -> Response:
    told = {"links": "-".join(str(one) for one in links)} if links else {}
    return back(f"/desk/{dispute}/parties", station, done=1, **told)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    *,
    wrong: str = "",
    status: int = 200,
    **facts: Any,
) -> Response:
    case = case_of(session, actor, station, dispute)
    place = 0 if shell.language_of(request) == "zh" else 1
    told: dict[str, Any] = {"typed": None, "opened": None, "personal": None, "done": False, "links": []}
    return case_page(
        request, actor, case, "desk_parties.html", status=status, wrong=wrong,
        rows=parties.listing(session, actor, case.here.code, dispute),
        languages=[(code, names[place]) for code, names in LANGUAGES.items()], **(told | facts),
    )  # fmt: skip
