"""One door for staff: all that is on record of it, and what they record there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, status

from gridmap.api.routes.stations import IN_STATION
from gridmap.api.schemas.plate_doors import (
    DoorLookBody,
    Flagged,
    FlaggedBody,
    NewNote,
    NewStep,
    NewVisit,
    RecordedBody,
    VisitedBody,
)
from gridmap.domain.access import Action, Actor
from gridmap.domain.codes import PlateCodeNotValid
from gridmap.domain.plate_life import PlateStepNotAllowed
from gridmap.http.csrf import ForeignPage, NoCsrfToken
from gridmap.http.person import StationDep, allowed
from gridmap.http.plate_limits import LimitsDep
from gridmap.http.problems import problems
from gridmap.http.session_dep import SessionDep
from gridmap.services import door_work, doors, plate_life
from gridmap.services.door_work import NoteNotValid, PlateFarAway, PositionNotValid
from gridmap.services.scan import PlateNotFound

router = APIRouter(prefix="/stations/{station}/plates/{code}", tags=["doors"])
flagged = APIRouter(prefix="/stations/{station}/flagged-plates", tags=["doors"])
PlateReaderDep = Annotated[Actor, Depends(allowed(Action.READ_PLATES))]
DoorReaderDep = Annotated[Actor, Depends(allowed(Action.READ_DOORS))]
InstallerDep = Annotated[Actor, Depends(allowed(Action.INSTALL_PLATES))]
VisitorDep = Annotated[Actor, Depends(allowed(Action.RECORD_VISITS))]
NoterDep = Annotated[Actor, Depends(allowed(Action.WRITE_NOTES))]
Code = Annotated[str, Path(max_length=40, description="The code on the plate, as typed.", examples=["0123-4567-89AB"])]
AT_DOOR = (*IN_STATION, PlateNotFound, PlateCodeNotValid)
RECORDING = (*AT_DOOR, ForeignPage, NoCsrfToken)


@router.get("", summary="A door", responses=problems(*AT_DOOR))
def get_door(session: SessionDep, actor: DoorReaderDep, station: StationDep, code: Code) -> DoorLookBody:
    """Return the address, zones, plates, visits and notes of a door, and what the role may see besides; on record."""
    return DoorLookBody.model_validate(doors.look(session, actor, code, station))


@router.post(
    "/steps",
    status_code=status.HTTP_201_CREATED,
    summary="Record that a plate was installed, or is damaged, lost or elsewhere",
    responses=problems(*RECORDING, PlateStepNotAllowed, PlateFarAway, PositionNotValid, NoteNotValid),
)
def add_step(
    session: SessionDep, actor: InstallerDep, station: StationDep, code: Code, body: NewStep, limits: LimitsDep
) -> RecordedBody:
    """Record a step; installed over 500 m from its door, say in `elsewhere` whether the plate hangs at another one."""
    told = body.position
    spot = None if told is None else door_work.read_position(told.lon, told.lat, told.accuracy_m, told.datum)
    done = door_work.step(
        session,
        actor,
        code,
        body.step,
        station=station,
        text=body.note,
        position=spot,
        elsewhere=body.elsewhere,
        limits=limits,
    )
    return RecordedBody.model_validate(done)


@router.post(
    "/visits", status_code=status.HTTP_201_CREATED, summary="Record a visit now", responses=problems(*RECORDING)
)
def add_visit(session: SessionDep, actor: VisitorDep, station: StationDep, code: Code, body: NewVisit) -> VisitedBody:
    """Record a visit to the door; the same one within two minutes is one."""
    door, at, fresh = door_work.visit(session, actor, code, body.purpose, station)
    return VisitedBody(plate=door.code, at=at, purpose=body.purpose, fresh=fresh)


@router.post(
    "/notes", status_code=status.HTTP_204_NO_CONTENT, summary="Add a note", responses=problems(*RECORDING, NoteNotValid)
)
def add_note(session: SessionDep, actor: NoterDep, station: StationDep, code: Code, body: NewNote) -> None:
    """Add a note about the door; notes are never changed."""
    door_work.note(session, actor, code, body.note, station)


@flagged.get("", summary="Plates to look at", responses=problems(*IN_STATION))
def list_flagged(session: SessionDep, actor: PlateReaderDep, station: StationDep, limits: LimitsDep) -> Flagged:
    """Return the living plates that are damaged, lost, at another door, or were installed far from their own; on record."""
    rows = plate_life.look_at_flagged(session, actor, station, limits)
    return Flagged(items=[FlaggedBody.model_validate(row) for row in rows])
