"""Disputes that are open now, by tier: how many, how many past their day, since when, and in which beats."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from gridmap.store import brief as store
from gridmap.store import editions
from gridmap.store.tables import Station


@dataclass(frozen=True, slots=True)
class Tier:
    """The open disputes of a tier; `no_deadline` of them have no day by which they are due; `oldest` was opened then."""

    tier: int
    count: int
    overdue: int
    no_deadline: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class OpenDisputes:
    """`tiers` from the lowest; `beats`: code -> open disputes in it, of the edition in force; `at`: the moment."""

    at: datetime
    tiers: list[Tier]
    beats: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """All of them."""
        return sum(one.count for one in self.tiers)


def open_disputes(session: Session, place: Station, now: datetime) -> OpenDisputes:
    """Return the disputes of a station that are open at this moment; three queries."""
    tiers = [Tier(*row) for row in store.open_by_tier(session, place.code, now)]
    edition = editions.in_force(session, place.code)
    beats = {} if edition is None else store.open_in_beats(session, place.code, edition.id)
    return OpenDisputes(now, tiers, beats)
