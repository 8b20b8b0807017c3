"""Addresses, plates, points and people as the API tells them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from gridmap.api.moments import Moment
from gridmap.api.page import Paged

PlateState = Literal["issued", "printed", "installed", "damaged", "lost", "replaced", "moved", "retired"]
PostingRole = Literal["officer", "auxiliary", "grid_member", "property_manager", "volunteer", "mediator", "duty_desk"]
Lon = Annotated[FiniteFloat, Field(ge=-180, le=180, description="Longitude, EPSG:4326.", examples=[112.931])]
Lat = Annotated[FiniteFloat, Field(ge=-90, le=90, description="Latitude, EPSG:4326.", examples=[35.804])]


class Row(BaseModel):
    """Anything that is read from a row."""

    model_config = ConfigDict(from_attributes=True)


class AddressBody(Row):
    """A standard address and its door."""

    id: int
    code: Annotated[str, Field(examples=["A000123"])]
    full: Annotated[str, Field(examples=["南城街道东村府前街12号"])]
    town: str
    village: str
    group: str
    street: str
    number: str
    households: int
    lon: float
    lat: float


class Addresses(Paged):
    """A page of addresses."""

    items: list[AddressBody]


class PlateBody(Row):
    """A plate, its address, and the zones it stands in now."""

    code: Annotated[str, Field(examples=["0123456789AB"])]
    status: PlateState
    issued_at: datetime
    retired_at: datetime | None
    replaced_by: str | None
    address: Annotated[str, Field(description="Code of the address.")]
    full: str
    beat: str | None
    grid_cell: str | None
    tie: Annotated[bool | None, Field(description="Within the tie distance of a second zone.")]


class Plates(Paged):
    """A page of plates."""

    items: list[PlateBody]


class Issued(BaseModel):
    """How many plates were issued."""

    issued: int


class PointBody(BaseModel):
    """A point to resolve."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[int | Annotated[str, Field(max_length=64)] | None, Field(examples=["door 1"])] = None
    lon: Lon
    lat: Lat


class Points(BaseModel):
    """Points, and the moment they are asked for."""

    model_config = ConfigDict(extra="forbid")

    points: Annotated[list[PointBody], Field(min_length=1, max_length=10_000)]
    at: Annotated[Moment | None, Field(description="As it was at this moment; now where none is given.")] = None


class ResolvedBody(BaseModel):
    """Which zones a point falls in, and who answers there."""

    id: int | str | None
    beat: str | None
    grid_cell: str | None
    responsible: str | None
    phone: Annotated[str | None, Field(description="Only for roles that may read telephone numbers.")]
    via: Annotated[str | None, Field(description="posting, substitute or desk", examples=["posting"])]
    grid_member: str | None
    tie: Annotated[list[str], Field(description="The beats within the tie distance, the chosen one first.")]


class Resolved(BaseModel):
    """The answer for each point, in the order they were sent."""

    edition: int
    items: list[ResolvedBody]


class PostingBody(BaseModel):
    """A role of a person for a zone or the whole station, for a span of days."""

    role: PostingRole
    beat: str | None
    grid_cell: str | None
    trade: str | None
    since: date | None
    until: Annotated[date | None, Field(description="The day after the last.")]


class PersonBody(Row):
    """A person and their postings of the day asked for."""

    id: int
    code: str
    name: str
    name_en: str
    phone: Annotated[str | None, Field(description="Null for roles that may not read telephone numbers.")]
    office: str
    postings: list[PostingBody]


class People(Paged):
    """A page of people."""

    items: list[PersonBody]
