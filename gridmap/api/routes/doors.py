"""Standard addresses, plates on them, and what a plate answers to anybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from gridmap.api import page
from gridmap.api.page import After, Limit
from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas.doors import AddressBody, Addresses, Issued, PlateBody, Plates, PlateState
from gridmap.domain.access import Action, Actor
from gridmap.domain.codes import PlateCodeNotValid
from gridmap.domain.plates import PlateAnswer
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.limits import TooManyTries
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import problems
from gridmap.http.scan import PlateDesk
from gridmap.http.session_dep import SessionDep
from gridmap.services import lists, plates
from gridmap.services.scan import PlateNotFound
from gridmap.store.driver_errors import Busy
from gridmap.store.snapshot.faults import SnapshotMissing

router = APIRouter(prefix="/stations/{station}", tags=["doors"])
public = APIRouter(prefix="/plates", tags=["doors"])
AddressReaderDep = Annotated[Actor, Depends(allowed(Action.READ_ADDRESSES))]
PlateReaderDep = Annotated[Actor, Depends(allowed(Action.READ_PLATES))]
IssuerDep = Annotated[Actor, Depends(allowed(Action.ISSUE_PLATES))]
Search = Annotated[
    str | None, Query(max_length=100, description="Only addresses that hold this text.", examples=["府前街"])
]
AfterCode = Annotated[
    str | None, Query(pattern="^[0-9A-HJKMNP-TV-Z]{12}$", description="Begin after this plate; from `next`.")
]


@router.get("/addresses", summary="Standard addresses", responses=problems(*IN_STATION))
def list_addresses(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: AddressReaderDep,
    station: StationDep,
    q: Search = None,
    after: After = None,
    limit: Limit = 100,
) -> Addresses:
    """Return a page of addresses with their doors; the look is on record."""
    rows = lists.addresses(session, actor, station, q=q, after=after, limit=limit + 1)
    shown, more = page.cut(rows, limit)
    following = page.link_next(request, response, shown[-1].id) if more else None
    return Addresses(items=[AddressBody.model_validate(row) for row in shown], next=following)


@router.get("/plates", summary="Plates", responses=problems(*IN_STATION))
def list_plates(
    request: Request,
    response: Response,
    session: SessionDep,
    actor: PlateReaderDep,
    station: StationDep,
    status: Annotated[PlateState | None, Query(description="Only plates in this state.")] = None,
    after: AfterCode = None,
    limit: Limit = 100,
) -> Plates:
    """Return a page of plates, each with its address and its zones in the edition in force; the look is on record."""
    rows = lists.plates(session, actor, station, status=status, after=after, limit=limit + 1)
    shown, more = page.cut(rows, limit)
    following = page.link_next(request, response, shown[-1].code) if more else None
    return Plates(items=[PlateBody.model_validate(row) for row in shown], next=following)


@router.post("/plates", summary="Issue plates", responses=problems(*IN_STATION, ForeignPage, NoCsrfToken, Busy))
def issue_plates(request: Request, session: SessionDep, actor: IssuerDep, station: StationDep) -> Issued:
    """Issue a plate for every address that has no living one, and resolve it; done twice, the second issues none."""
    count = plates.issue(session, station, by=actor.login, tie_m=request.app.state.settings.tie_m)
    return Issued(issued=count)


@public.get(
    "/{code}",
    summary="Who answers for this door now",
    responses=problems(PlateNotFound, PlateCodeNotValid, TooManyTries, SnapshotMissing),
)
def get_plate(
    request: Request,
    code: Annotated[
        str, Path(max_length=40, description="The code on the plate, as typed.", examples=["0123-4567-89AB"])
    ],
) -> PlateAnswer:
    """Return all that anybody may know of a plate: the street, the zones, the people on duty and how to call them.

    Whoever has no log-in is answered by `gridmap.http.scan.ScanPath` before a request comes here; in the same words.
    """
    desk: PlateDesk = request.app.state.plate_desk
    return desk.answer(code, request.client.host if request.client else "")
