"""Every door's responsible person, for any date."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas.history import DoorThen
from gridmap.domain.access import Action, Actor
from gridmap.domain.codes import PlateCodeNotValid
from gridmap.http.person import StationDep, allowed
from gridmap.http.problems import RequestNotValid, problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import history
from gridmap.services.history import DoorNotFound, MomentNotValid
from gridmap.services.resolve import NothingInForce

router = APIRouter(prefix="/stations/{station}/doors", tags=["doors"])
DoorReaderDep = Annotated[Actor, Depends(allowed(Action.READ_ADDRESSES))]


@router.get(
    "/{door}/responsible",
    summary="Who was responsible for a door",
    responses=problems(*IN_STATION, DoorNotFound, NothingInForce, PlateCodeNotValid, MomentNotValid, RequestNotValid),
)
def get_responsible(
    request: Request,
    session: SessionDep,
    actor: DoorReaderDep,
    station: StationDep,
    door: Annotated[
        str, Path(max_length=40, description="Id of an address, or the code of a plate.", examples=["0123-4567-89AB"])
    ],
    at: Annotated[
        str | None,
        Query(
            max_length=40,
            description="A day, from its beginning, or a time; the station's where it names no zone. Now where none is given.",
            examples=["2026-05-03"],
        ),
    ] = None,
) -> DoorThen:
    """Return the edition in force then, the door's beat and grid cell, and everybody who answered; on record."""
    found = history.door_at(session, actor, station, door, at, tie_m=request.app.state.settings.tie_m)
    return DoorThen.model_validate(found)
