"""How much of a station somebody's analyses may show: all of it, or the grid cells they are posted to today."""

from __future__ import annotations

from datetime import UTC, datetime

import shapely
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor
from gridmap.errors import Forbidden
from gridmap.store import editions, frames
from gridmap.store.postings import cells_of


class NoCells(Forbidden):
    """The person may see their own grid cells only, and is posted to none."""

    slug, title = "no-cells", "You are posted to no grid cell"


def own_ground(session: Session, actor: Actor, station: str) -> shapely.Geometry | None:
    """Return the ground (EPSG:4326) that analyses may show to `actor`, None for the whole station; two queries at most.

    Raises
    ------
    NoCells
        If they may see no more than their own grid cells and are posted to none today.
    """
    if actor.may(Action.READ_ANALYSES):
        return None
    now = datetime.now(UTC)
    edition = editions.in_force(session, station, now)
    codes = [] if actor.person_id is None else cells_of(session, station, actor.person_id, now)
    if edition is None or not codes:
        raise NoCells("you may see your own grid cells, and are posted to none today; ask who keeps the roster")
    shapes = frames.zones(session, edition.id, "grid_cell", codes=codes).geometry
    if shapes.empty:
        raise NoCells(
            f"none of your grid cells ({', '.join(codes)}) is in the edition in force; ask who keeps the roster"
        )
    return shapely.union_all(shapes.to_numpy())
