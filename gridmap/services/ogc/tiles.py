"""Vector tiles of a collection, over all stations in a person's scope: those of each station, joined."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridmap.domain.access import Actor
from gridmap.services import tiles, views
from gridmap.services.ogc.collections import Collection
from gridmap.services.ogc.merge import merged
from gridmap.services.tiles import EFFORT, Tile
from gridmap.store import editions, ogc
from gridmap.store.editions import EditionNotFound
from gridmap.store.tables import Station
from gridmap.store.tiles import Spot


def tile(
    session: Session,
    actor: Actor,
    collection: Collection,
    place: Spot,
    *,
    station: str | None = None,
    span: tuple[datetime | None, datetime | None] = (None, None),
    held: Callable[[str], bool] = lambda _: False,
) -> Tile:
    """Return a tile of a collection; where several stations lie in it their tiles are joined.

    Parameters
    ----------
    station
        Only this one; every station whose jurisdiction lies in the tile where None.
    span
        First and last moment, for incidents: the days they fall on; the newest year on record where both are None.
    held
        Whether the asker holds the tile of a tag already.
    """
    wanted = tuple({station} & set(actor.stations)) if station is not None else actor.stations
    near = ogc.stations_in(session, wanted, place.edges)
    parts = [part for code in near for part in _of_station(session, actor, collection, code, place, span)]
    tags = hashlib.blake2b("\n".join(part.etag for part in parts).encode(), digest_size=12)
    etag = parts[0].etag if len(parts) == 1 else f'"{tags.hexdigest()}"'
    if held(etag):
        return Tile(None, etag)
    if len(parts) == 1:
        return Tile(parts[0].body, etag)
    whole = merged([gzip.decompress(part.body) for part in parts if part.body])
    return Tile(gzip.compress(whole, EFFORT, mtime=0), etag)


def _of_station(
    session: Session,
    actor: Actor,
    collection: Collection,
    code: str,
    place: Spot,
    span: tuple[datetime | None, datetime | None],
) -> Iterator[Tile]:
    """Give the tile of one station; nothing where it has no edition in force."""
    if collection.name == "incidents":
        here = editions.find_station(session, code)
        since, until = (None if moment is None else _day(moment, here) for moment in span)
        view = views.settle(session, here, views.Asked(since=since, until=until))
        yield tiles.incident_tile(session, actor, here, view, place)
        return
    try:
        yield tiles.zone_tile(session, actor, code, "beats" if collection.name == "beats" else "cells", place)
    except EditionNotFound:
        return


def _day(moment: datetime, here: Station) -> date:
    return moment.astimezone(ZoneInfo(here.timezone)).date()
