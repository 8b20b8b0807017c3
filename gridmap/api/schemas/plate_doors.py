"""A door as the API tells it to staff, and what they record there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from gridmap.api.schemas.doors import Lat, Lon, PlateState, Row
from gridmap.domain.plate_life import Nearness
from gridmap.geo.datum import Datum
from gridmap.services.door_work import LONGEST_NOTE, DoorStep, Purpose


class DoorBody(Row):
    """A plate, its standard address, and its zones in the edition in force."""

    code: Annotated[str, Field(examples=["0123456789AB"])]
    status: PlateState
    issued_at: datetime
    retired_at: datetime | None
    replaced_by: str | None
    address: Annotated[str, Field(description="Code of the address.")]
    full: Annotated[str, Field(examples=["南城街道东村府前街12号"])]
    town: str
    village: str
    group: str
    street: str
    number: str
    households: int
    lon: float
    lat: float
    edition: int | None
    beat: str | None
    grid_cell: str | None


class StepBody(Row):
    """A step in a plate's life; the distance is from its door to where a phone said it was."""

    at: datetime
    by: str
    step: PlateState
    replaced_by: str | None
    note: str
    accuracy_m: float | None
    distance_m: float | None


class OtherPlateBody(Row):
    """A plate that the door has or had."""

    code: str
    status: PlateState
    issued_at: datetime
    retired_at: datetime | None


class VisitBody(Row):
    """A visit; `person` is empty where nobody known made it."""

    at: datetime
    purpose: Purpose
    person: str


class NoteBody(Row):
    """A note of the staff."""

    at: datetime
    by: str
    note: str


class DoorIncidentBody(Row):
    """An incident at the door."""

    number: str
    category: str
    at: datetime


class DoorDisputeBody(Row):
    """A dispute at the door, or a tip, a hazard, a fresh case that runs the same loop."""

    number: str
    matter: str
    kind: str
    state: str
    tier: int
    opened_at: datetime
    due_at: datetime | None


class DoorReportBody(Row):
    """What a resident reported at the door; its words are read with the report itself."""

    id: int
    kind: str
    state: str
    at: datetime
    due_at: datetime | None
    held: bool
    urgent: bool


class DoorLookBody(Row):
    """All that somebody may know of a door; a list is null where their role does not include it; each has 20 rows at most."""

    door: DoorBody
    steps: list[StepBody]
    plates: list[OtherPlateBody]
    visits: list[VisitBody]
    notes: list[NoteBody]
    incidents: list[DoorIncidentBody] | None
    disputes: list[DoorDisputeBody] | None
    reports: list[DoorReportBody] | None


class PositionBody(BaseModel):
    """Where a phone says it is."""

    model_config = ConfigDict(extra="forbid")

    lon: Lon
    lat: Lat
    accuracy_m: Annotated[FiniteFloat | None, Field(ge=0, le=1e7, description="How good that is [m].")] = None
    datum: Annotated[Datum, Field(description="What the phone tells; browsers tell WGS 84.")] = Datum.WGS84


class NewStep(BaseModel):
    """That a plate was installed, or is damaged, lost or at another door."""

    model_config = ConfigDict(extra="forbid")

    step: Annotated[DoorStep, Field(examples=["installed"])]
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    position: PositionBody | None = None
    elsewhere: Annotated[
        bool | None,
        Field(description="Asked where a plate is installed far from its door: does it hang at another one?"),
    ] = None


class RecordedBody(Row):
    """What a step did; `fresh` is false where the same had just been recorded."""

    plate: str
    status: PlateState
    distance_m: float | None
    near: Annotated[
        Nearness,
        Field(
            description="near; off: over 100 m from the door; far: over 500 m; rough: no position, or one too rough."
        ),
    ]
    fresh: bool


class NewVisit(BaseModel):
    """What a visit was for."""

    model_config = ConfigDict(extra="forbid")

    purpose: Annotated[Purpose, Field(examples=["household"])] = "household"


class VisitedBody(BaseModel):
    """When the visit was; `fresh` is false where the same had just been recorded."""

    plate: str
    at: datetime
    purpose: Purpose
    fresh: bool


class NewNote(BaseModel):
    """A note about a door."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE, pattern=r"\S", examples=["The bell is broken"])]


class FlaggedBody(Row):
    """A living plate somebody should look at; the distance is that of its last step in this state."""

    code: str
    status: PlateState
    full: str
    lon: float
    lat: float
    beat: str | None
    grid_cell: str | None
    at: datetime | None
    by: str | None
    distance_m: float | None
    accuracy_m: float | None


class Flagged(BaseModel):
    """All plates of a station that somebody should look at."""

    items: list[FlaggedBody]
