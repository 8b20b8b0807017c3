"""What one process keeps of a database for a short while, so that work on a draft need not read it again.

Nothing is ever changed in place for readers: a new version of a draft has a new key. Whatever may grow stale (doors,
postings) is read anew after `FRESH_S`.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

#: How old a kept thing may be [s]: doors and people change under a planner's hands, but slowly.
FRESH_S = 120.0
#: Things kept for one database; a station's zones are a megabyte or two, its points 24 bytes a door.
KEPT = 48
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept:
    thing: Any
    made: float = field(default_factory=time.monotonic)


_shelves: WeakKeyDictionary[Engine, OrderedDict[Hashable, _Kept]] = WeakKeyDictionary()
_guard = threading.Lock()


def kept(session: Session, key: Hashable, make: Callable[[], T]) -> T:
    """Return what `make` returns, or what it returned for this key a short while ago; the longest unused goes first."""
    bind = session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    with _guard:
        shelf = _shelves.setdefault(engine, OrderedDict())
        found = shelf.get(key)
        if found is not None and time.monotonic() - found.made < FRESH_S:
            shelf.move_to_end(key)
            thing: T = found.thing
            return thing
    made = make()
    with _guard:
        shelf[key] = _Kept(made)
        shelf.move_to_end(key)
        while len(shelf) > KEPT:
            shelf.popitem(last=False)
    return made
