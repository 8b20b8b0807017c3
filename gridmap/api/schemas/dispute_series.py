"""Series of like matters as the API takes and tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridmap.api.schemas.disputes import Row
from gridmap.services.disputes.series import LONGEST_NAME, LONGEST_NOTE, MOST_MEMBERS

Member = Annotated[
    str, Field(pattern="^[di][0-9]{1,9}$", description="`d12`: dispute 12; `i34`: incident 34.", examples=["d12"])
]
Members = Annotated[list[Member], Field(max_length=MOST_MEMBERS)]


class MemberBody(Row):
    """A dispute or an incident as a member; `state` is empty for an incident."""

    key: str = Field(examples=["d12"])
    number: str
    kind: str
    at: datetime
    place: str
    beat: str | None
    grid_cell: str | None
    state: str
    matter: str


class SeriesBody(Row):
    """A series, with how many disputes and incidents belong to it."""

    id: int
    kind: str
    name: str
    state: Literal["open", "solved", "dissolved"]
    at: datetime
    by: str
    solved_at: datetime | None
    note: str
    disputes: int
    incidents: int


class SeriesList(Row):
    """The station's series, open ones first."""

    items: list[SeriesBody]


class WholeSeries(SeriesBody):
    """A series with its members in order of time."""

    members: list[MemberBody]


class SeriesProposal(Row):
    """Like matters that may belong together, and why: see the fields. It says nothing of who did it."""

    kind: str
    members: list[MemberBody]
    places: int = Field(description="Different addresses.")
    extent_m: float = Field(description="Diagonal of their bounding box [m].")
    days: float = Field(description="From the first to the last.")
    around: int = Field(description="Of this kind within reach in all days looked at.")
    expected: float = Field(description="As many would fall into these days by chance.")
    p: float = Field(description="Share of maps by chance with any group as unusual.")


class SeriesProposals(Row):
    """Groups by the station's rule, the most unusual first."""

    items: list[SeriesProposal]


class NewSeries(BaseModel):
    """A series of members."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=64, examples=["theft"])
    name: str = Field(min_length=1, max_length=LONGEST_NAME, examples=["电瓶车被盗串案"])
    members: Members
    note: str = Field("", max_length=LONGEST_NOTE)


class SeriesChange(BaseModel):
    """Members to put in and to take out."""

    model_config = ConfigDict(extra="forbid")

    add: Members = []
    remove: Members = []


class Sentence(BaseModel):
    """How a series was solved: the sentence every member is settled with."""

    model_config = ConfigDict(extra="forbid")

    sentence: str = Field(min_length=1, max_length=LONGEST_NOTE, examples=["抓获一人，五车追回"])


class DissolveNote(BaseModel):
    """Why a series was none."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=LONGEST_NOTE)


class SeriesSolved(Row):
    """How many disputes were settled, and how many were over already."""

    settled: int
    over: int
