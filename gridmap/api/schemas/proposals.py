"""Proposals as the API takes and tells them: wishes, options with their figures, and where posts go."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gridmap.api.page import Paged
from gridmap.services.proposals.keep import Kept
from gridmap.services.proposals.posts import PostsWishes, Sites
from gridmap.services.proposals.wishes import USUAL, PlanWishes, UnitKind, Villages

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Weight = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class WishesBody(BaseModel):
    """What is wished of a proposal; only the number of beats must be said."""

    model_config = ConfigDict(extra="forbid")

    beats: Annotated[int, Field(ge=1, le=1_000, description="How many beats.", examples=[22])]
    units: Annotated[UnitKind, Field(description="What beats are made of; none of it is ever cut.")] = "cells"
    base: Annotated[
        Number | None, Field(description="Edition to start from; the one in force where none is given.")
    ] = None
    tolerance: Annotated[
        float, Field(ge=0.001, le=1, description="Largest deviation of a beat's load from its target.", examples=[0.05])
    ] = 0.05
    weights: Annotated[
        dict[Name, Weight],
        Field(
            max_length=60,
            description="Part of the work -> weight: households, doors, calls, disputes, area, call:<category>, tier:<n>.",
            examples=[{"households": 1, "calls": 1}],
        ),
    ] = dict(USUAL)
    special: Annotated[
        dict[Name, Weight],
        Field(
            max_length=500,
            description="Door (address code, plate code or full address) -> households it counts for besides.",
            examples=[{}],
        ),
    ] = {}
    villages: Annotated[Villages, Field(description="Villages may be split, should not be, or must not be.")] = "prefer"
    cross: Annotated[bool, Field(description="A beat may lie on both sides of a river or railway.")] = True
    change: Annotated[Share, Field(description="How much it counts that few doors change their beat.")] = 0.5
    compact: Annotated[Share, Field(description="How much it counts that beats are round.")] = 1.0
    travel: Annotated[Share, Field(description="How much it counts that ways are short.")] = 0.0
    locked: Annotated[
        list[Name], Field(max_length=1_000, description="Beats that stay as they are.", examples=[[]])
    ] = []
    capacity: Annotated[
        dict[Name, Annotated[float, Field(ge=0.01, le=10, allow_inf_nan=False)]],
        Field(
            max_length=1_000,
            description="Beat, or the officer posted to it -> the share of a full beat it takes.",
            examples=[{}],
        ),
    ] = {}
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="The same seed gives the same proposal.")] = 0
    thorough: Annotated[bool, Field(description="Search for half a minute or more instead of seconds.")] = False

    def wishes(self) -> PlanWishes:
        """Return the wishes as the service takes them."""
        return PlanWishes(**{**self.model_dump(), "locked": tuple(self.locked)})


class BeatFigures(BaseModel):
    """What one beat would carry."""

    model_config = ConfigDict(extra="ignore")

    code: Annotated[str, Field(examples=["J01"])]
    name_zh: str
    name_en: str
    is_new: bool
    locked: bool
    load: Annotated[float, Field(description="100 is the mean beat.")]
    deviation: Annotated[float, Field(description="Of the load from its target, as a share of it.")]
    households: int
    doors: int
    calls: Annotated[int, Field(description="In the year, disputes among them.")]
    disputes: int
    area_km2: float
    compactness: Annotated[float, Field(description="Polsby-Popper, 0 to 1.")]
    response_min: Annotated[float | None, Field(description="Expected minutes from call to arrival, busiest hour.")]
    came: Annotated[int, Field(description="Doors that were in another beat.")]
    left: Annotated[int, Field(description="Doors that go to another beat.")]
    officer: Annotated[str | None, Field(description="Code of the person it would be given to.")] = None


class Figures(BaseModel):
    """What a whole division would mean."""

    model_config = ConfigDict(extra="ignore")

    beats_n: int
    deviation: Annotated[float, Field(description="Largest deviation of a load from its target.")]
    within: Annotated[bool | None, Field(description="Whether that is within the tolerance.")] = None
    cv: Annotated[float, Field(description="Standard deviation of the loads over their mean.")]
    compactness: float
    compactness_least: float
    changed_doors: Annotated[int, Field(description="Doors whose beat has another code.")]
    changed_share: float
    officer_doors: Annotated[int | None, Field(description="Doors that get another officer.")] = None
    officer_share: float | None = None
    villages_split: int
    crossings: Annotated[int | None, Field(description="Beats on both sides of a river or railway.")] = None
    response_min: float | None
    response_most: Annotated[float | None, Field(description="In the beat where it is longest.")]
    elsewhere: Annotated[float | None, Field(description="Share of calls that an officer of another beat answers.")]
    best: Annotated[list[str], Field(description="What it is best in: balance, compact, change.")] = []
    new: Annotated[list[str], Field(description="Codes of beats that are new.")] = []
    gone: Annotated[list[str], Field(description="Codes of beats that would be gone.")] = []
    beats: list[BeatFigures]


class OptionBody(BaseModel):
    """One answer to the wishes."""

    n: Annotated[int, Field(examples=[1])]
    opened_as: Annotated[int | None, Field(description="Edition that was opened from it last.")]
    figures: Figures
    beats: Annotated[dict[str, list[str]], Field(description="Code of each beat -> codes of the units in it.")]


class ProposalHead(BaseModel):
    """A proposal without its options."""

    model_config = ConfigDict(from_attributes=True)

    id: Annotated[int, Field(examples=[1])]
    station: str
    at: datetime
    by: str
    base: Annotated[int | None, Field(description="Edition it starts from.")]
    synthetic: bool


class ProposalBody(ProposalHead):
    """A proposal: what was wished, the edition it is compared with, and the options."""

    wishes: WishesBody
    present: Annotated[Figures | None, Field(description="The figures of the edition it starts from.")]
    options: list[OptionBody]


class Proposals(Paged):
    """A page of proposals, newest first."""

    items: list[ProposalHead]


class PostsBody(BaseModel):
    """What is wished of the station's police posts."""

    model_config = ConfigDict(extra="forbid")

    posts: Annotated[
        int, Field(ge=1, le=200, description="How many, those that are there already included.", examples=[6])
    ]
    reach_m: Annotated[float, Field(ge=50, le=50_000, description="How far a post reaches [m].", examples=[800])] = 800
    backup: Annotated[bool, Field(description="A second post within reach is worth half of the first.")] = False
    sites: Annotated[Sites, Field(description="At doors all over the station, or in the middle of villages.")] = "doors"
    at: Annotated[list[Name], Field(max_length=200, description="Doors that have a post already.", examples=[[]])] = []

    def wishes(self) -> PostsWishes:
        """Return the wishes as the service takes them."""
        return PostsWishes(self.posts, self.reach_m, self.backup, self.sites, tuple(self.at))


class PostBody(BaseModel):
    """One post."""

    model_config = ConfigDict(extra="ignore")

    n: int
    lon: float
    lat: float
    households: Annotated[int, Field(description="Within its reach.")]
    doors: int
    code: Annotated[str, Field(description="Of the address it would be at; empty in the middle of a village.")]
    address: str
    village_zh: str
    village_en: str
    kept: Annotated[bool, Field(description="It is there already.")]


class LeftBody(BaseModel):
    """Households of a village that no post reaches."""

    village_zh: str
    village_en: str
    households: int
    of: Annotated[int, Field(description="All households of the village.")]


class PostsFoundBody(BaseModel):
    """Where the posts go, and what they reach."""

    posts: list[PostBody]
    left: list[LeftBody]
    households: int
    share: Annotated[float, Field(description="Share of households within reach of a post.")]
    share_backed_up: Annotated[float, Field(description="Share within reach of two.")]
    gap: Annotated[float, Field(description="What the plan may lack of the best possible one, as a share of it.")]
    proved: Annotated[bool, Field(description="No plan reaches more.")]


def told(kept: Kept) -> ProposalBody:
    """Return a proposal as the API tells it."""
    options = [
        OptionBody(
            n=one.n,
            opened_as=one.opened_as,
            figures=Figures.model_validate(one.figures),
            beats=one.plan["beats"],
        )
        for one in kept.options
    ]
    head: dict[str, Any] = ProposalHead.model_validate(kept.proposal).model_dump()
    present = None if kept.present is None else Figures.model_validate(kept.present)
    return ProposalBody(**head, wishes=WishesBody(**kept.wishes.kept()), present=present, options=options)
