"""A door at a moment as the API tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ZoneThen(BaseModel):
    """A beat or grid cell under the names it had in that edition."""

    model_config = ConfigDict(from_attributes=True)

    code: Annotated[str, Field(examples=["J13"])]
    name_zh: str
    name_en: str


class PersonThen(BaseModel):
    """Somebody who answered then, or the duty desk."""

    model_config = ConfigDict(from_attributes=True)

    rank: Annotated[int, Field(description="1 posted or standing in, 2 the beat's auxiliary, 9 the duty desk.")]
    role: Literal["officer", "auxiliary", "grid_member", "duty_desk"]
    name: str
    name_en: str
    phone: Annotated[
        str | None, Field(description="Only for roles that may read telephone numbers; the desk's always.")
    ]
    office: str
    via: Literal["posting", "substitute", "desk"]


class DoorThen(BaseModel):
    """Which edition, zones and people answered for a door at a moment."""

    model_config = ConfigDict(from_attributes=True)

    at: Annotated[datetime, Field(description="The moment asked for, in the station's time.")]
    address_id: int
    address: Annotated[str, Field(description="Code of the address.")]
    full: Annotated[str, Field(examples=["南城街道东村府前街12号"])]
    plate: Annotated[str | None, Field(description="The plate whose recorded zones these are.")]
    edition: Annotated[int, Field(description="The edition in force then.")]
    in_force_since: datetime
    beat: ZoneThen | None
    grid_cell: ZoneThen | None
    recorded: Annotated[
        bool, Field(description="Written down when the edition was published; else computed now from its borders.")
    ]
    people: list[PersonThen]
