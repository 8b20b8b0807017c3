"""Reviews as the API tells them: an edition's steps, its schedule, and what was said of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridmap.api.moments import Moment
from gridmap.api.page import Paged

Text = Annotated[str, Field(min_length=1, max_length=2000, examples=["The market belongs to beat 3"])]


class ApproveBody(BaseModel):
    """What the person who approves has looked at."""

    model_config = ConfigDict(extra="forbid")

    submitted_at: Annotated[
        Moment | None,
        Field(description="The edition's `submitted_at` when you looked; another one is refused.", examples=[None]),
    ] = None


class GiveBackBody(BaseModel):
    """Why an edition is given back."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[
        str, Field(min_length=3, max_length=2000, pattern=r"\S", examples=["The market belongs to beat 3"])
    ]


class ScheduleBody(BaseModel):
    """When an approved edition is published."""

    model_config = ConfigDict(extra="forbid")

    at: Annotated[Moment, Field(description="A moment to come, within a year.", examples=["2027-01-01T00:00:00+08:00"])]
    accept: Annotated[
        set[Annotated[str, Field(max_length=32)]],
        Field(max_length=20, description="Kinds of fault to publish with; they go on record.", examples=[[]]),
    ] = set()


class NewComment(BaseModel):
    """Something to say of an edition: of a place, of the whole, or under another comment."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    lon: Annotated[float | None, Field(ge=-180, le=180, allow_inf_nan=False, examples=[112.931])] = None
    lat: Annotated[float | None, Field(ge=-90, le=90, allow_inf_nan=False, examples=[35.804])] = None
    reply_to: Annotated[
        int | None, Field(ge=1, le=2**31 - 1, description="The comment it answers.", examples=[None])
    ] = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("lon and lat come together")
        return self


class ResolveBody(BaseModel):
    """Whether a comment is resolved."""

    model_config = ConfigDict(extra="forbid")

    resolved: Annotated[bool, Field(description="false opens it again.")] = True


class CommentBody(BaseModel):
    """Something said of an edition."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    by: Annotated[str, Field(description="Login of who said it.")]
    text: str
    lon: Annotated[float | None, Field(description="Where it is pinned; null for the whole edition.")]
    lat: float | None
    reply_to: int | None
    resolved_at: datetime | None
    resolved_by: str | None


class Comments(Paged):
    """A page of comments, oldest first."""

    items: list[CommentBody]
