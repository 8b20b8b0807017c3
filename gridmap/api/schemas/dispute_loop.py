"""The loop of a station as the API tells it, and whom its desk can turn to. Times are in seconds."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Row(BaseModel):
    """What is read from a row."""

    model_config = ConfigDict(from_attributes=True)


class TierBody(Row):
    """A tier: who holds what comes to it, and its clocks."""

    number: int
    name_zh: str
    name_en: str
    holder: str = Field(description="`cell`, `beat`, `desk`, or the code of a body.")
    accept_s: int = Field(description="Within this it is accepted [s].")
    settle_s: int = Field(description="Within this it is settled [s].")
    on_late: str = Field(description="What the clock does then: escalate or remind.")


class GradeBody(Row):
    """A grade; its tier and clock where they differ from the tiers' own."""

    number: int
    name_zh: str
    name_en: str
    tier: int | None
    settle_s: int | None


class LoopKindBody(Row):
    """A kind of dispute, and what holds for it."""

    code: str
    name_zh: str
    name_en: str
    tier: int = Field(description="The tier it begins at.")
    trades: list[str]
    accept_s: int | None
    settle_s: int | None


class MoveBody(Row):
    """In which state a step may be taken, by whom, and what it needs; `tiers` null: at all."""

    state: str
    after: str = Field(description="The state after it; `=` the same, `<` the one before the pause or hand-over.")
    roles: list[str]
    needs: list[str]
    tiers: list[int] | None


class LoopStepBody(Row):
    """A step as the station calls it."""

    step: str
    name_zh: str
    name_en: str
    told_zh: str | None = Field(description="What the reporter reads of it; null: nothing, or a plain sentence.")
    told_en: str | None
    moves: list[MoveBody]


class NamedBody(Row):
    """A code with its names."""

    code: str
    name_zh: str
    name_en: str


class LoopBody(Row):
    """The rules of a station's disputes."""

    code: str
    name_zh: str
    name_en: str
    tiers: list[TierBody]
    grades: list[GradeBody]
    kinds: list[LoopKindBody]
    steps: list[LoopStepBody]
    trades: list[NamedBody]
    groups: list[NamedBody]
    languages: list[str]
    mark_tiers: dict[str, int] = Field(description="Mark -> the lowest tier to begin at.")
    follow_ups: list[int] = Field(description="Days after it was settled.")
    close_after: int = Field(description="How many follow-up visits come before it may be closed.")
    hand_over_s: int = Field(description="How long an offer stands [s].")


class BodyBody(Row):
    """A body that mediates or takes over."""

    code: str
    name_zh: str
    name_en: str
    trades: list[str]
    phone: str | None


class Bodies(Row):
    """The bodies of a station, its desk first."""

    items: list[BodyBody]


class MediatorBody(Row):
    """A mediator; `holding`: disputes in their hands now, at most `most`."""

    code: str
    name: str
    name_en: str
    body: str | None
    type: str
    trades: list[str]
    languages: list[str]
    most: int
    holding: int


class Mediators(Row):
    """The mediators of a station, by code."""

    items: list[MediatorBody]


class LostBody(Row):
    """An open dispute nobody would see again."""

    dispute: int
    why: str


class Lost(Row):
    """Open disputes without a holder who is there, or without a due time: empty, or somebody must look."""

    items: list[LostBody]
