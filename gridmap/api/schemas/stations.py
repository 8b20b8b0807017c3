"""Stations and editions as the API tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridmap.api.page import Paged

Status = Literal["draft", "in_review", "approved", "published", "superseded", "withdrawn"]


class StationBody(BaseModel):
    """A police station."""

    model_config = ConfigDict(from_attributes=True)

    code: Annotated[str, Field(examples=["990000000000"])]
    name_zh: Annotated[str, Field(examples=["试验派出所"])]
    name_en: Annotated[str, Field(examples=["Test station"])]
    metric_epsg: Annotated[int, Field(description="CRS in which lengths and areas are measured.", examples=[4547])]
    timezone: Annotated[str, Field(examples=["Asia/Shanghai"])]
    desk_phone: Annotated[str, Field(description="The duty desk.", examples=["0356-110"])]
    synthetic: Annotated[bool, Field(description="Made up, not a real station.")]


class Stations(BaseModel):
    """The stations in your scope."""

    items: list[StationBody]


class EditionBody(BaseModel):
    """One dated snapshot of a station's zones."""

    model_config = ConfigDict(from_attributes=True)

    station: Annotated[str, Field(examples=["990000000000"])]
    number: Annotated[int, Field(examples=[3])]
    status: Status
    base: Annotated[int | None, Field(description="The edition this one was drawn from.", examples=[2])]
    note: str
    synthetic: bool
    created_at: datetime
    created_by: str
    submitted_at: Annotated[datetime | None, Field(description="When it was handed in for review.")]
    submitted_by: str | None
    approved_at: datetime | None
    approved_by: str | None
    publish_at: Annotated[datetime | None, Field(description="When it is, or was, set to be published.")]
    publish_accept: Annotated[list[str], Field(description="Kinds of fault it is published with at that time.")]
    publish_problem: Annotated[str, Field(description="Why it could not be published at its time; else empty.")]
    published_at: datetime | None
    published_by: str | None


class Editions(Paged):
    """A page of editions, newest first."""

    items: list[EditionBody]


class DraftBody(BaseModel):
    """What a draft is opened with."""

    model_config = ConfigDict(extra="forbid")

    base: Annotated[
        int | None,
        Field(ge=1, le=2**31 - 1, description="Edition to start from; the one in force where none is given."),
    ] = None
    note: Annotated[str, Field(max_length=2000, examples=["Move the market to beat 3"])] = ""


class PublishBody(BaseModel):
    """How a draft is published."""

    model_config = ConfigDict(extra="forbid")

    accept: Annotated[
        set[Annotated[str, Field(max_length=32)]],
        Field(max_length=20, description="Kinds of fault to publish with; they go on record.", examples=[[]]),
    ] = set()


class PublishedBody(BaseModel):
    """What publishing did."""

    model_config = ConfigDict(from_attributes=True)

    station: str
    number: int
    plates: Annotated[int, Field(description="Plates that now have an answer in this edition.")]
    without_beat: Annotated[int, Field(description="Plates that stand in no beat.")]
    without_cell: Annotated[int, Field(description="Plates that stand in no grid cell.")]
    ties: Annotated[int, Field(description="Plates within the tie distance of a second zone.")]
    moved: Annotated[int, Field(description="Plates whose beat has changed.")]
    seconds: float


class WithdrawBody(BaseModel):
    """Why an edition is withdrawn."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=3, max_length=2000, examples=["The market lies in beat 3 after all"])]


class Withdrawn(BaseModel):
    """What is in force after a withdrawal."""

    in_force: EditionBody | None


class PutZones(BaseModel):
    """What replacing the zones of a draft did."""

    beats: int
    grid_cells: int


class Change(BaseModel):
    """What became of one beat between two editions."""

    model_config = ConfigDict(extra="allow")


class Comparison(BaseModel):
    """Two editions compared, beat by beat."""

    station: str
    before: int
    after: int
    items: list[Change]
