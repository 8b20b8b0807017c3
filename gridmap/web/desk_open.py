"""How many disputes are open, on pages of maps: each number leads to the desk's list of just these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor
from gridmap.domain.dispute_filter import Filter
from gridmap.services.disputes import lists
from gridmap.services.disputes.rules import sight_of
from gridmap.store.dispute_tiers import by_tier
from gridmap.store.tables import Station

#: A tip, a hazard and a fresh case are no disputes.
DISPUTES = "dispute"


@dataclass(frozen=True, slots=True)
class Told:
    """A number, the address of the list behind it, and the tier it is of; 0 for all of them."""

    count: int
    url: str
    tier: int = 0


def list_url(station: str, wanted: Filter) -> str:
    """Return the address of the desk's list of a filter."""
    return f"/desk/list?{wanted.query(station=station)}"


def open_tiers(session: Session, actor: Actor, here: Station) -> list[Told]:
    """Return how many disputes are open, all of them first, then by tier, as far as `actor` may see them.

    Nothing for whoever does not use the desk. Three small queries on what is open.
    """
    if not actor.may(Action.USE_DESK):
        return []
    wanted = Filter(matter=DISPUTES)
    sight = sight_of(session, actor, here.code)
    found = by_tier(session, here.code, sight, wanted, now=datetime.now(UTC), zone=here.timezone)
    tiers = [Told(count, list_url(here.code, Filter(matter=DISPUTES, tier=tier)), tier) for tier, count in found]
    return [Told(sum(count for _, count in found), list_url(here.code, wanted)), *tiers]


def open_in_zone(session: Session, actor: Actor, here: Station, kind: str, code: str) -> dict[str, Any] | None:
    """Return `count` and `url` of the open disputes of a beat or a grid cell, None for other zones and without the desk.

    A dispute lies in the beat and cell of its day.
    """
    if not actor.may(Action.USE_DESK) or kind not in {"beat", "grid_cell"}:
        return None
    wanted = Filter(matter=DISPUTES, beat=code) if kind == "beat" else Filter(matter=DISPUTES, cell=code)
    return {
        "count": lists.count(session, actor, here.code, wanted, zone=here.timezone),
        "url": list_url(here.code, wanted),
    }
