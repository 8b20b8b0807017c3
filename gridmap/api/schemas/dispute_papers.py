"""A dispute's proposed mediators, parties and papers as the API takes and tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridmap.api.schemas.disputes import Row
from gridmap.domain.papers import LONGEST
from gridmap.domain.parties import LONGEST as LONGEST_NAME
from gridmap.domain.parties import LONGEST_NOTE, LONGEST_REFERENCE
from gridmap.services.disputes.parties import LONGEST_REASON, SHORTEST_REASON

PaperKind = Literal["accounts", "agreement", "record"]
Tongue = Annotated[str, Field(pattern="^[a-z]{2,8}$", description="A language (ISO 639).", examples=["zh"])]
Reason = Annotated[
    str,
    Field(
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        description="Why; the audit keeps it.",
        examples=["约双方到所"],
    ),
]


class ReasonBody(Row):
    """What speaks for (`good`) or against a mediator, in words."""

    word: str = Field(examples=["cell"])
    good: bool
    zh: str
    en: str


class MatchBody(Row):
    """A mediator in a proposal. It is work in hand and cases of a kind: no grade of a person."""

    person_id: int
    code: str
    name: str
    name_en: str
    body: str | None
    type: str
    ready: bool = Field(description="Neither away nor with full hands.")
    open: int = Field(description="Disputes held and offered now.")
    most: int
    reasons: list[ReasonBody]


class MatchesBody(Row):
    """The station's mediators in the order in which they fit a dispute; a person picks one."""

    dispute: int
    version: int = Field(description="Send it with the step that hands it over.")
    language: str
    trades: list[str]
    may_hand_over: bool
    items: list[MatchBody]


class PartyRow(Row):
    """A party by its reference. `kept`: who it is, is kept sealed; `others`: disputes with a party of the same number."""

    id: int
    side: int
    reference: str
    kept: bool
    others: int


class PartiesBody(Row):
    """The parties of a dispute."""

    items: list[PartyRow]


class NewParty(BaseModel):
    """A party; without a reference its initials are made from the name. Name, numbers and note are kept sealed."""

    model_config = ConfigDict(extra="forbid")

    side: int = Field(ge=1, le=9, examples=[1])
    reference: str = Field("", max_length=LONGEST_REFERENCE, examples=["张某"])
    name: str = Field("", max_length=LONGEST_NAME)
    phone: str = Field("", max_length=LONGEST_NAME)
    id_number: str = Field("", max_length=LONGEST_NAME)
    language: Tongue = "zh"
    note: str = Field("", max_length=LONGEST_NOTE)


class PartyAdded(Row):
    """A party was added; `linked`: disputes that have a party with the same number."""

    id: int
    linked: list[int]


class WhyBody(BaseModel):
    """Why somebody opens who a party is."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class PersonalBody(Row):
    """Who a party is; all empty where nothing was told."""

    name: str
    phone: str
    id_number: str
    language: str
    note: str


class PaperVersion(Row):
    """A version of a paper, without its text."""

    id: int
    kind: PaperKind
    number: int = Field(description="Counts the versions of this kind from 1.")
    at: datetime
    by: str


class PapersBody(Row):
    """The papers of a dispute, newest first."""

    items: list[PaperVersion]


class PaperBody(Row):
    """A paper with its text; `id` is null for one that is begun and not kept."""

    id: int | None
    kind: PaperKind
    language: str
    text: str
    accounts: dict[str, str]
    at: datetime | None


class NewPaper(BaseModel):
    """A paper to keep. Of the four accounts, `accounts` are `heart`, `ties`, `consequences`, `interests`; the text may be left out."""

    model_config = ConfigDict(extra="forbid")

    kind: PaperKind
    language: Tongue = "zh"
    text: str = Field("", max_length=LONGEST)
    accounts: dict[
        Literal["heart", "ties", "consequences", "interests"], Annotated[str, Field(max_length=LONGEST // 4)]
    ] = {}


class PaperKept(Row):
    """The version that was kept; null where the request's key was used for it before."""

    id: int | None
