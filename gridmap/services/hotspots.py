"""Hotspots of a station in a period: read the incidents, hand them to the statistic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from gridmap.services import analyses, figures
from gridmap.services.analyses import Hotspots
from gridmap.store import editions, frames


def hotspots(
    session: Session,
    station: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    categories: Sequence[str] | None = None,
) -> tuple[Hotspots, datetime, datetime]:
    """Return where incidents gather, and the period: the last year on record where none is given.

    Raises
    ------
    StationNotFound
    """
    place = editions.find_station(session, station)
    first, last = figures.year_of_incidents(session, station, datetime.now(UTC))
    since, until = since or first, until or last
    events = frames.incidents(session, station, since, until, categories)
    return analyses.hotspots(place, frames.jurisdiction(session, station), events), since, until
