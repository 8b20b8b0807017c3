"""The loop a station follows, read once and kept until it is loaded anew; and what somebody may see of its disputes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from gridmap.domain.access import Action, Actor, require_action, require_station
from gridmap.domain.loop_rules import from_json
from gridmap.domain.loops import Loop
from gridmap.errors import NotFound
from gridmap.store import dispute_rows, loops
from gridmap.store.dispute_rows import Sight

_KEPT: Final[OrderedDict[tuple[str, datetime], Loop]] = OrderedDict()
_MOST_KEPT: Final = 64
_LOCK: Final = threading.Lock()


class LoopNotFound(NotFound):
    """There is no such loop, or the station is outside the scope."""

    slug, title = "loop-not-found", "No such loop"


def loop_of(session: Session, station: str) -> Loop:
    """Return the loop of a station; one small query, three more after it was loaded anew.

    Raises
    ------
    LoopNotFound
        If the station is outside the scope of the transaction.
    """
    version = loops.version(session, station)
    if version is None:
        raise LoopNotFound(f"no station {station} in your scope", station=station)
    with _LOCK:
        kept = _KEPT.get(version)
    if kept is not None:
        return kept
    found = loops.read(session, version[0])
    if found is None:
        raise LoopNotFound(f"there is no loop {version[0]}", loop=version[0])
    name_zh, name_en, tiers, moves, rules = found
    made = Loop(version[0], name_zh, name_en, tiers, moves, from_json(rules))
    with _LOCK:
        _KEPT[version] = made
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.popitem(last=False)
    return made


def sight_of(session: Session, actor: Actor, station: str, action: Action = Action.USE_DESK) -> Sight:
    """Return what `actor` may see of a station's disputes, after asking for `action`; two queries at most.

    Officers and commanders see the whole station; a grid member what is in their cells; a mediator what was given to
    them; everybody what they hold, what is offered to them or their body, and what they opened.

    Raises
    ------
    RoleMayNot, StationNotInScope
    """
    require_action(actor, action)
    require_station(actor, station)
    if actor.may(Action.READ_DISPUTES):
        bodies = dispute_rows.bodies_of(session, station, actor.person_id)
        return Sight(whole=True, login=actor.login, person=actor.person_id, bodies=("desk", *bodies))
    cells: tuple[str, ...] = ()
    if actor.person_id is not None and not actor.may(Action.READ_INCIDENTS):
        # Loaded where staff ask: the process for residents opens disputes too, and stays without pandas.
        from gridmap.store.postings import cells_of  # noqa: PLC0415

        cells = tuple(cells_of(session, station, actor.person_id, datetime.now(UTC)))
    bodies = dispute_rows.bodies_of(session, station, actor.person_id)
    return Sight(whole=False, login=actor.login, person=actor.person_id, bodies=bodies, cells=cells)
