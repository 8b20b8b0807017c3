"""Audit and accounts as the API tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gridmap.api.page import Paged
from gridmap.domain.access import Actor, Role

StationCode = Annotated[str, Field(pattern="^[0-9A-Z]{4,16}$", examples=["990000000000"])]
Scope = Annotated[list[StationCode], Field(max_length=2000, description="Stations the account may read.")]


class AuditBody(BaseModel):
    """Who did or looked at what, when."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    by: Annotated[str, Field(examples=["planner"])]
    action: Annotated[str, Field(examples=["publish"])]
    thing: Annotated[str, Field(examples=["edition 3"])]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditPage(Paged):
    """A page of the audit, newest first."""

    items: list[AuditBody]


class AccountBody(BaseModel):
    """Somebody who can log in; never the password's hash."""

    login: str
    display_name: str
    role: Role
    stations: list[str]
    active: bool
    demo: bool


class Accounts(BaseModel):
    """The accounts that share a station with you."""

    items: list[AccountBody]


class NewAccount(BaseModel):
    """An account to add."""

    model_config = ConfigDict(extra="forbid")

    login: Annotated[str, Field(pattern="^[A-Za-z0-9_.@-]{2,64}$", examples=["wang.li"])]
    display_name: Annotated[str, Field(max_length=100, examples=["王丽"])] = ""
    role: Role
    password: Annotated[str, Field(min_length=1, max_length=256, examples=["correct horse battery staple"])]
    stations: Annotated[Scope, Field(min_length=1)]


class NewScope(BaseModel):
    """The whole scope an account shall have."""

    model_config = ConfigDict(extra="forbid")

    stations: Scope


def account(actor: Actor, *, active: bool = True) -> AccountBody:
    """Return an account as a reply."""
    return AccountBody(
        login=actor.login,
        display_name=actor.display_name,
        role=actor.role,
        stations=list(actor.stations),
        active=active,
        demo=actor.demo,
    )
