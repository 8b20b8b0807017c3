"""Reports of residents as the API takes and tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridmap.api.moments import Moment
from gridmap.domain.reports import LONGEST
from gridmap.services.reports.sending import CONTACT_LONGEST, LONGEST_KEY, SHORTEST_KEY

ReportKind = Literal["visit", "dispute", "hazard", "other"]
ReportState = Literal["received", "accepted", "in_hand", "settled", "not_ours", "withdrawn", "closed"]
Short = Annotated[str, Field(max_length=CONTACT_LONGEST)]


class ContactBody(BaseModel):
    """How to reach the reporter; sealed before it is stored."""

    model_config = ConfigDict(extra="forbid")

    name: Short = ""
    phone: Short = ""
    when: Annotated[Short, Field(description="When to call, in the reporter's words.")] = ""


class ReportToSend(BaseModel):
    """What a resident reports at a door."""

    model_config = ConfigDict(extra="forbid")

    kind: ReportKind
    words: Annotated[str, Field(max_length=LONGEST, examples=["楼道堆满杂物，挡住了消防通道"])] = ""
    send_key: Annotated[
        str,
        Field(
            min_length=SHORTEST_KEY,
            max_length=LONGEST_KEY,
            description="Random, a new one for each report; sent again with the same key, the same receipt comes back.",
            examples=["pZ2mX1r8Qf5Vt0aLkC9d"],
        ),
    ]
    happened_at: Annotated[Moment | None, Field(description="When it happened; for a visit, when it would suit.")] = (
        None
    )
    contact: ContactBody = ContactBody()
    confirmed: Annotated[
        bool,
        Field(description="The reporter has called already, or it can wait; wanted where the text names an emergency."),
    ] = False
    language: Literal["zh", "en"] = "zh"


class ReceiptBody(BaseModel):
    """What the reporter takes away."""

    code: Annotated[
        str, Field(description="Leads to the report; whoever has it can see it.", examples=["0123456789AB"])
    ]
    held: Annotated[bool, Field(description="Somebody looks at it before it counts, because many came at once.")]
    urgent: bool
    again: Annotated[bool, Field(description="It was there already; nothing was entered twice.")]
    desk_phone: str


class StepBody(BaseModel):
    """One step of a report; `role` is who took it, empty for the reporter."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    what: str
    role: str
    note: str


class TrackedBody(BaseModel):
    """How a report stands, as its reporter sees it: numbers in its words are masked."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    kind: ReportKind
    words: str
    at: datetime
    happened_at: datetime | None
    state: ReportState
    held: bool
    urgent: bool
    queue: Literal["officer", "grid", "desk"]
    due_at: Annotated[datetime | None, Field(description="Until when the next step is due.")]
    call_back: bool
    rating: int | None
    photos: int
    steps: list[StepBody]
    can: Annotated[list[str], Field(description="What the reporter can still do, on the page /r/{code}.")]
