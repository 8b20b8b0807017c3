"""How many disputes of a list lie at each tier."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.dispute_filter import Filter
from gridmap.store.dispute_lists import where
from gridmap.store.dispute_rows import Sight


def by_tier(
    session: Session, station: str, sight: Sight, wanted: Filter, *, now: datetime, zone: str
) -> list[tuple[int, int]]:
    """Return how many disputes of a list lie at each tier that has any, the lowest first; one query."""
    condition, facts = where(station, sight, wanted, now=now, zone=zone)
    query = f"SELECT d.tier, count(*) FROM dispute d WHERE {condition} GROUP BY 1 ORDER BY 1"
    return [(int(tier), int(count)) for tier, count in session.execute(text(query), facts)]
