"""Make the shapes tiles are cut from, for an edition that has none yet; outside any request.

Simplifying the borders of 70,000 cells takes half a minute, so publishing does not wait for it: until the shapes are
there tiles are cut from the zones themselves, which costs more for each tile and shows the same.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.domain.editions import UNPUBLISHED
from gridmap.geo.simplify import simplify_zones
from gridmap.store import editions, frames, shapes
from gridmap.store.tables import Edition

#: level -> about the square root of the smallest triangle kept [m]: a pixel of the closest zoom the level is drawn at.
TOLERANCES_M: Final = {1: 8.0, 2: 30.0, 3: 120.0}
#: Cells are not drawn at the zooms of the last level, only counted.
LEVELS: Final[dict[frames.ZoneKind, tuple[int, ...]]] = {"beat": (1, 2, 3), "grid_cell": (1, 2)}


def fill(session: Session, edition_id: int) -> int:
    """Write the shapes of a published edition, unless they are there or being made; return how many zones got some.

    All or nothing: readers see the shapes when the transaction ends. Drafts change and get none.
    """
    edition = session.get(Edition, edition_id)
    if edition is None or edition.status in UNPUBLISHED:
        return 0
    if not shapes.take(session, edition_id) or shapes.has(session, edition_id):
        return 0
    session.execute(text("SET LOCAL statement_timeout = '15min'"))
    place = editions.find_station(session, edition.station)
    count = 0
    for kind, levels in LEVELS.items():
        written = shapes.put_full(session, edition, kind)
        count += written
        if not written:
            continue
        zones = frames.zones(session, edition_id, kind).to_crs(place.metric_epsg)
        for level in levels:
            zones = simplify_zones(zones, TOLERANCES_M[level])
            shapes.put(session, edition, kind, level, zones.to_crs(3857))
    return count
