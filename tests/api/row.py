"""What one row of the matrix of endpoints holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from gridmap.domain.access import Action

Anyone = Literal["anybody", "somebody"]


@dataclass(frozen=True)
class Row:
    """One endpoint.

    `who`: an action that the role must include, "somebody" who is logged in, or "anybody". `url` and `send` may hold
    {station}, {plate}, {draft}, {zone} and {login}. `scoped`: it belongs to a station, so that a foreign one is 404.
    `done`: the status when all is well; `logged_in`: the one for somebody logged in, where it differs.
    """

    method: str
    route: str
    who: Action | Anyone
    url: str = ""
    send: dict[str, Any] = field(default_factory=dict)
    scoped: bool = True
    done: int = 200
    logged_in: int | None = None

    @property
    def name(self) -> str:
        """Return method and route."""
        return f"{self.method} {self.route}"
