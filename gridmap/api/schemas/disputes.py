"""Disputes as the API takes and tells them; nobody's name but those who work on them is in it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridmap.api.moments import Moment
from gridmap.api.page import LARGEST, Paged
from gridmap.services.disputes.acting import LONGEST_NOTE

Matter = Literal["dispute", "tip", "hazard", "case"]
State = Literal[
    "open", "accepted", "in_hand", "handed", "joint", "paused", "settled", "reviewed", "closed", "withdrawn", "not_ours"
]
Source = Literal["visit", "call", "plate", "patrol", "import", "tip", "open311"]
Mark = Literal["returning", "worse", "threats"]
Step = Literal[
    "accepted", "begun", "passed_on", "taken", "refused", "lapsed", "convened", "visited", "mediated", "paused", "resumed",
    "escalated", "settled", "reviewed", "followed_up", "closed", "reopened", "withdrawn", "not_ours", "reassigned", "marked",
    "linked", "warned", "reminded", "told", "paper", "added", "note",
]  # fmt: skip
Code = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{1,39}$", examples=["court"])]
To = Annotated[
    str,
    Field(
        pattern="^(|(person|body):[^\\x00-\\x20]{1,40})$",
        description="A person or a body: `person:<code>`, `body:<code>`.",
        examples=["body:desk"],
    ),
]


class Row(BaseModel):
    """What is read from a row."""

    model_config = ConfigDict(from_attributes=True)


class HolderBody(Row):
    """Who holds a dispute, or is offered it: a person or a body."""

    kind: Literal["person", "body"]
    code: str
    name_zh: str | None = Field(None, description="Null where only the code is told.")
    name_en: str | None = None


class DisputeBody(Row):
    """A matter on its way through the loop."""

    id: int
    number: str
    version: int = Field(description="How many steps it has taken; send it with the next one.")
    matter: Matter
    kind: str
    words: str = Field(description="What it is about; numbers of people are masked.")
    source: str
    opened_at: datetime
    tier: int
    grade: int | None
    state: State
    marks: list[Mark]
    settled_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None = Field(description="When the next thing must have happened.")
    settle_by: datetime | None = Field(description="When it is to be settled.")
    late: bool = Field(description="What is due has not happened in time.")
    beat: str | None = Field(description="As of the day it was opened.")
    grid_cell: str | None
    address_id: int | None
    address: str | None
    lon: float | None
    lat: float | None
    holder: HolderBody | None
    offered: HolderBody | None = Field(description="Whom it was handed to, who has not taken it yet.")
    rating: int | None
    followed: int = Field(description="Follow-up visits since it was settled.")
    reopened: int
    series_id: int | None
    opened_by: str


class Disputes(Paged):
    """A page of disputes."""

    items: list[DisputeBody]


class EventBody(Row):
    """One step: who took it in which role, and how the dispute stood afterwards."""

    id: int
    at: datetime
    step: str
    by: str
    role: str
    note: str
    facts: dict[str, Any]
    tier: int | None
    state: str | None
    due_at: datetime | None


class PartyBody(Row):
    """A party by its reference, never by its name."""

    side: int
    reference: str


class LinkBody(Row):
    """An earlier or later dispute at the same door, with the same party, or named by somebody."""

    id: int
    number: str
    state: str
    why: str


class AskedBody(Row):
    """A body asked to a joint mediation, and its answer."""

    code: str
    name_zh: str
    name_en: str
    answer: str


class WholeDispute(Row):
    """One dispute with its steps, oldest first, and what hangs on it; `can`: the steps you may take now."""

    id: int
    number: str
    version: int
    matter: Matter
    kind: str
    kind_zh: str
    kind_en: str
    words: str
    language: str
    source: str
    opened_at: datetime
    opened_by: str
    tier: int
    grade: int | None
    state: State
    marks: list[Mark]
    settled_at: datetime | None
    closed_at: datetime | None
    due_at: datetime | None
    settle_by: datetime | None
    beat: str | None
    grid_cell: str | None
    address_id: int | None
    address: str | None
    lon: float | None
    lat: float | None
    holder: HolderBody | None
    offered: HolderBody | None
    rating: int | None
    followed: int
    reopened: int
    series_id: int | None
    bodies: list[AskedBody]
    links: list[LinkBody]
    parties: list[PartyBody]
    can: list[str]
    events: list[EventBody]


class DisputeQuery(BaseModel):
    """What a list of disputes is narrowed to; the words of the desk's own lists."""

    state: Literal["any", "unsettled", "over"] | State = Field(
        "any", description="`any` all; `unsettled` whatever is open; `over` whatever is not; or one state."
    )
    matter: Matter | None = Field(None, description="Only these.")
    kind: str = Field("", max_length=64, description="Code of a kind.", examples=["neighbours"])
    tier: int | None = Field(None, ge=1, le=9, description="Only of this tier.")
    grade: int | None = Field(None, ge=1, le=9, description="Only of this grade.")
    beat: str = Field("", max_length=64, description="Code of a beat, as of the dispute's day.")
    cell: str = Field("", max_length=64, description="Code of a grid cell, as of the dispute's day.")
    holder: str = Field(
        "",
        pattern="^(|me|mine|(person|body):[^\\x00-\\x20]{1,40})$",
        description="`me`; `mine`: me or my bodies; `person:<code>`; `body:<code>`.",
    )
    mark: Mark | None = Field(None, description="Only with this mark.")
    source: Source | None = Field(None, description="Only from there.")
    series: int | None = Field(None, ge=1, le=2**31 - 1, description="Number of a series.")
    due: Literal["overdue", "today", "week", "new", "waiting", "follow"] | None = Field(
        None, description="What has to happen: past its clock, today, within a week; `new` not accepted; `waiting` offered to "
        "me; `follow` a visit is due."
    )  # fmt: skip
    opened_from: date | None = Field(None, description="First day, by the station's clocks.", examples=["2025-01-01"])
    opened_to: date | None = Field(None, description="Last day, included.")
    since: Moment | None = Field(None, description="Opened from this time on.", examples=["2025-01-01T00:00:00Z"])
    until: Moment | None = Field(None, description="Opened before this time.", examples=["2025-04-01T00:00:00Z"])
    settled_from: date | None = Field(None, description="First day it was settled on.")
    settled_to: date | None = Field(None, description="Last day it was settled on.")
    closed_from: date | None = Field(None, description="First day it was closed on.")
    closed_to: date | None = Field(None, description="Last day it was closed on.")
    number: str = Field("", max_length=64, description="The beginning of its number.")
    opened_by: str = Field("", max_length=64, description="Login of whoever opened it.")
    rating: int | None = Field(None, ge=1, le=5, description="As the last follow-up visit found it.")
    step: Literal["escalated", "reopened", "followed_up"] | None = Field(
        None, description="Only those that took this step."
    )
    after: str = Field("", max_length=40, description="Begin after this place; from `next`.")
    limit: int = Field(100, ge=1, le=LARGEST, description="At most this many.", examples=[100])

    def words(self) -> dict[str, str]:
        """Return what narrows the list as words of the desk's own addresses."""
        told = self.model_dump(mode="json", exclude={"after", "limit", "since", "until"}, exclude_none=True)
        told["state"] = "" if self.state == "unsettled" else self.state
        return {name: str(value) for name, value in told.items()}


class DisputeToOpen(BaseModel):
    """What is taken in. The place is an address, or `lon` and `lat` (EPSG:4326)."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(min_length=1, max_length=64, examples=["neighbours"])]
    words: Annotated[str, Field(max_length=LONGEST_NOTE, description="What it is about, without names.")] = ""
    matter: Matter = "dispute"
    source: Literal["visit", "call", "patrol", "tip"] = "visit"
    grade: Annotated[int | None, Field(ge=1, le=9)] = None
    marks: Annotated[list[Mark], Field(max_length=3)] = []
    address_id: Annotated[int | None, Field(ge=1, le=2**31 - 1, description="Number of an address of the station.")] = (
        None
    )
    lon: Annotated[float | None, Field(ge=-180, le=180)] = None
    lat: Annotated[float | None, Field(ge=-90, le=90)] = None
    language: Annotated[str, Field(pattern="^[a-z]{2,3}$", description="To mediate in.")] = "zh"
    to: To = ""


class StepToTake(BaseModel):
    """A step, with what it needs besides; `possible-steps` tells."""

    model_config = ConfigDict(extra="forbid")

    step: Step
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    to: To = ""
    bodies: Annotated[list[Code], Field(max_length=20, description="Bodies asked to a joint mediation.")] = []
    until: Annotated[Moment | None, Field(description="Until when a pause lasts.")] = None
    outcome: Annotated[int | None, Field(ge=1, le=5, description="How a follow-up visit found it: 1 bad, 5 good.")] = (
        None
    )
    marks: Annotated[
        list[Mark] | None,
        Field(max_length=3, description="The marks it has from now on; `returning`, which gridmap sets, stays."),
    ] = None
    off: Annotated[
        list[Literal["returning"]],
        Field(
            max_length=1, description="With `marked`, alone and with a note: the mark gridmap set that is taken off."
        ),
    ] = []
    kind: Annotated[Code | None, Field(description="With `marked`: the kind it turned out to be.")] = None
    grade: Annotated[int | None, Field(ge=1, le=9, description="With `marked`: the grade it has from now on.")] = None
    version: Annotated[
        int | None,
        Field(
            ge=0,
            le=2**31 - 1,
            description="The version you read; another step since is told (412). `If-Match` says it too.",
        ),
    ] = None


class StepTaken(Row):
    """A step as it was taken, and how the dispute stood then; a request sent again reads the same."""

    dispute: int
    number: str
    version: int
    event: int
    at: datetime
    step: str
    state: State
    tier: int
    holder: HolderBody | None
    offered: HolderBody | None
    due_at: datetime | None
    settle_by: datetime | None


class PossibleStep(Row):
    """A step you may take now, as the station calls it, and what it needs."""

    step: str
    name_zh: str
    name_en: str
    needs: list[Literal["note", "to", "bodies", "until", "outcome", "marks"]]


class PossibleSteps(Row):
    """The steps you may take of a dispute at its present version."""

    version: int
    items: list[PossibleStep]
