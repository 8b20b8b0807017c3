"""Bodies of logging in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gridmap.domain.access import PERMISSIONS, Actor


class LogInBody(BaseModel):
    """A login and its password."""

    model_config = ConfigDict(extra="forbid")

    login: Annotated[str, Field(max_length=64, examples=["planner"])]
    password: Annotated[str, Field(max_length=256, examples=["correct horse battery staple"])]


class Who(BaseModel):
    """Who is logged in, what they may do and where."""

    login: Annotated[str, Field(examples=["planner"])]
    display_name: Annotated[str, Field(examples=["规划员"])]
    role: Annotated[str, Field(examples=["planner"])]
    stations: Annotated[list[str], Field(description="The scope: codes of stations.", examples=[["990000000000"]])]
    actions: Annotated[list[str], Field(description="What the role includes.", examples=[["read zones"]])]
    demo: Annotated[bool, Field(description="A log-in that exists only in the demo.")]
    csrf_token: Annotated[str, Field(description="Send it as X-CSRF-Token with every request that changes something.")]
    expires_at: Annotated[datetime | None, Field(description="When the session runs out; told when it starts.")] = None


def who(actor: Actor, csrf_token: str, expires_at: datetime | None = None) -> Who:
    """Return the reply that tells a person who they are."""
    return Who(
        login=actor.login,
        display_name=actor.display_name,
        role=str(actor.role),
        stations=list(actor.stations),
        actions=sorted(str(action) for action in PERMISSIONS[actor.role]),
        demo=actor.demo,
        csrf_token=csrf_token,
        expires_at=expires_at,
    )
