"""Where and when a person's data lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor
from gridmap.store import ogc

EARTH: Final = (-180.0, -90.0, 180.0, 90.0)
DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Extent:
    """`box`: west, south, east, north [degrees]; `incidents`: first and last time on record (None, None without any)."""

    box: tuple[float, ...]
    incidents: tuple[datetime | None, datetime | None]


def of_scope(session: Session, actor: Actor) -> Extent:
    """Return the extent of the stations in scope; two queries that read no row of any layer but the two ends of an index."""
    box = ogc.box_of(session, actor.stations) or EARTH
    span = ogc.span_of_incidents(session, actor.stations) if actor.may(Action.READ_ANALYSES) else None
    return Extent(tuple(round(number, DECIMALS) for number in box), span or (None, None))
