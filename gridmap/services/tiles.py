"""Vector tiles of a station, compressed and kept: beats and cells of an edition, incidents of a view.

Who asks is checked here, so that every door to the tiles (the map, OGC API) has the same lock. Looking at incidents goes
on record once for each person and view, not once for each of its tiles.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.editions import UNPUBLISHED
from gridmap.domain.incidents import Origin
from gridmap.errors import NotFound
from gridmap.services import shape_queue
from gridmap.services.tile_shelf import shelf_of
from gridmap.services.views import View
from gridmap.store import audit, data_version, editions, shapes, tiles
from gridmap.store.editions import EditionNotFound
from gridmap.store.frames import ZoneKind
from gridmap.store.tables import Station
from gridmap.store.tiles import Spot

Layer = Literal["beats", "cells", "incidents"]
ZoneLayer = Literal["beats", "cells"]
DEEPEST: Final = 22
#: A tile larger than this [bytes, compressed] counts its cells instead of drawing them.
LARGEST: Final = 500_000
#: gzip's effort: 4 costs a third of 6 and gives away 3 % of the size.
EFFORT: Final = 4
#: Raise it when the content of tiles changes, so that no browser keeps old ones.
FORMAT: Final = 1
#: For how long looking at the same view again is the same look [s], and how many looks one process remembers.
ONE_LOOK_S: Final = 600.0
MOST_LOOKS: Final = 10_000


class TileNotFound(NotFound):
    """There is no such tile in the division of the world into tiles."""

    slug, title = "tile-not-found", "No such tile"


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile as it is sent: compressed bytes (None: the asker holds it already) and the strong tag that stands for them."""

    body: bytes | None
    etag: str


def spot(z: int, x: int, y: int) -> Spot:
    """Return the place of a tile.

    Raises
    ------
    TileNotFound
        If zoom `z` has no column `x` or row `y`, or is deeper than 22.
    """
    if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise TileNotFound(f"there is no tile {z}/{x}/{y}: zooms are 0 to {DEEPEST}, columns and rows 0 to 2^zoom - 1")
    return Spot(z, x, y)


def zone_tile(
    session: Session,
    actor: Actor,
    station: str,
    layer: ZoneLayer,
    place: Spot,
    *,
    number: int | None = None,
    held: Callable[[str], bool] = lambda _: False,
) -> Tile:
    """Return beats or cells of an edition; one query where the tile is kept, one or two more where it is cut.

    Cells are counted in squares instead (layer `cells_counted`) below zoom 11, and where they would make the tile larger than
    500 kB.

    Parameters
    ----------
    number
        Of the edition; the one in force where None.
    held
        Whether the asker holds the tile of a tag already.

    Raises
    ------
    NobodyLoggedIn, RoleMayNot, StationNotInScope
    EditionNotFound
        If there is none, or it is a draft: drafts have no tiles.
    """
    require_action(actor, Action.READ_ZONES)
    found = shapes.edition(session, require_station(actor, station), number)
    if found is None or found[1] in UNPUBLISHED:
        wanted = "edition in force" if number is None else f"published edition {number}"
        raise EditionNotFound(
            f"station {station} has no {wanted}, and drafts have no tiles", station=station, number=number
        )
    edition_id, _, shaped = found
    if not shaped:
        shape_queue.ask(session, station, edition_id)
    kind: ZoneKind = "beat" if layer == "beats" else "grid_cell"
    make = partial(_cut_zones, session, station, edition_id, kind, place, shaped=shaped)
    return _kept(session, (layer, edition_id, shaped, station, place), make, held)


def incident_tile(
    session: Session,
    actor: Actor,
    station: Station,
    view: View,
    place: Spot,
    *,
    held: Callable[[str], bool] = lambda _: False,
) -> Tile:
    """Return the incidents of a view, each or counted in squares; one query where the tile is kept.

    Parameters
    ----------
    held
        Whether the asker holds the tile of a tag already.

    Raises
    ------
    NobodyLoggedIn, RoleMayNot, StationNotInScope
    """
    require_action(actor, Action.READ_INCIDENTS)
    require_station(actor, station.code)
    _look(session, actor, station.code, view)
    # Which zones there are, and how far a dispute was taken, decides only where a view is narrowed to some.
    what = ("incident", *(("edition", "ground") if view.zones else ()), *(("dispute",) if view.tiers else ()))
    version = data_version.data_version(session, station.code, *what)
    make = partial(_cut_incidents, session, station, view, place)
    return _kept(session, ("incidents", version, station.code, view, place), make, held)


def _cut_zones(session: Session, station: str, edition_id: int, kind: ZoneKind, place: Spot, *, shaped: bool) -> bytes:
    if kind == "beat" or place.z >= tiles.CELLS_FROM:
        body = _packed(tiles.zones(session, station, edition_id, kind, place, shaped=shaped))
        if kind == "beat" or len(body) <= LARGEST:
            return body
    return _packed(tiles.zones_counted(session, station, edition_id, kind, place, shaped=shaped))


def _cut_incidents(session: Session, station: Station, view: View, place: Spot) -> bytes:
    since, until = view.moments(station.timezone)
    edition = editions.in_force(session, station.code) if view.zones else None
    sought = tiles.Sought(
        since=since, until=until, categories=view.categories, tiers=view.tiers, hours=view.hours, weekdays=view.weekdays,
        sources=() if view.origin is Origin.ALL else view.sources, zones=view.zones,
        edition_id=None if edition is None else edition.id,
    )  # fmt: skip
    return _packed(tiles.incidents(session, station.code, station.timezone, sought, place))


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, EFFORT, mtime=0)


def _kept(session: Session, key: tuple[Hashable, ...], make: Callable[[], bytes], held: Callable[[str], bool]) -> Tile:
    """Return the tile of a key: nothing of it where the asker holds it, else as kept or made."""
    text = "\x1f".join(map(repr, (FORMAT, *key)))
    etag = f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'
    return Tile(None if held(etag) else shelf_of(session).get(key, make), etag)


class _Looks:
    """Who looked at which incidents a short while ago, in this process."""

    def __init__(self) -> None:
        self._seen: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def first(self, key: Hashable) -> bool:
        """Return whether this look is the first of its kind for a while; from then on it is not."""
        now = time.monotonic()
        with self._lock:
            last = self._seen.get(key)
            if last is not None and now - last < ONE_LOOK_S:
                return False
            self._seen[key] = now
            self._seen.move_to_end(key)
            while len(self._seen) > MOST_LOOKS:
                self._seen.popitem(last=False)
            return True

    def forget(self, key: Hashable) -> None:
        """Let the next look be the first again."""
        with self._lock:
            self._seen.pop(key, None)


_looks: WeakKeyDictionary[Engine, _Looks] = WeakKeyDictionary()
_guard = threading.Lock()


def _look(session: Session, actor: Actor, station: str, view: View) -> None:
    """Put the first look at a view on record; a look whose transaction fails is none."""
    with _guard:
        looks = _looks.setdefault(session.get_bind().engine, _Looks())
    key = (actor.account_id, station, view)
    if not looks.first(key):
        return
    event.listen(session, "after_rollback", lambda _: looks.forget(key), once=True)
    after = {"map": True, **view.query()}
    audit.write(session, [station], by=actor.login, action="look", thing="incidents", after=after)
