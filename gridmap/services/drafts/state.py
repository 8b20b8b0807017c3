"""A draft as it stands: its zones, kept between requests by version, and what a change hands back."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gridmap.geo.edit import Layers
from gridmap.store import drafts, frames
from gridmap.store.drafts import Head
from gridmap.store.tables import DraftEvent, Edition

#: Drafts whose zones one process keeps parsed; a station's are a megabyte or two.
KEPT = 16


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft at one version: where it stands, whether there is a state to redo, and its zones in EPSG:4326."""

    edition: Edition
    head: Head
    can_redo: bool
    layers: Layers

    @property
    def can_undo(self) -> bool:
        """Whether there is a state before this one."""
        return self.head.state > 0


@dataclass(frozen=True, slots=True)
class Done:
    """What a change did: the event (None: nothing had to change), and kind and code of the zones changed and gone."""

    event: DraftEvent | None
    changed: tuple[tuple[str, str], ...]
    gone: tuple[tuple[str, str], ...]


_kept: WeakKeyDictionary[Engine, OrderedDict[tuple[int, Head], Layers]] = WeakKeyDictionary()
_guard = threading.Lock()


def open_state(session: Session, edition: Edition) -> Draft:
    """Return a draft as it stands; its zones are read and parsed once a version."""
    head = drafts.head(session, edition.id)
    return Draft(
        edition, head, drafts.redo_of(session, edition.id, head) is not None, layers_of(session, edition, head)
    )


def layers_of(session: Session, edition: Edition, head: Head) -> Layers:
    """Return the zones of a draft at its present version; the frames are shared: never change them.

    A draft without events may still be filled from a file (state 0), so only later versions are kept; the moment of the
    event is part of the key, so that what a failed transaction left is never taken for what the next one made.
    """
    if head.version == 0:
        return _read(session, edition)
    bind = session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    key = (edition.id, head)
    with _guard:
        shelf = _kept.setdefault(engine, OrderedDict())
        found = shelf.get(key)
        if found is not None:
            shelf.move_to_end(key)
            return found
    made = _read(session, edition)
    keep(engine, key, made)
    return made


def keep(engine: Engine, key: tuple[int, Head], layers: Layers) -> None:
    """Keep the zones of a draft (its id and where it stands); the ones longest unused are let go."""
    with _guard:
        shelf = _kept.setdefault(engine, OrderedDict())
        shelf[key] = layers
        shelf.move_to_end(key)
        while len(shelf) > KEPT:
            shelf.popitem(last=False)


def _read(session: Session, edition: Edition) -> Layers:
    session.flush()
    return Layers(frames.zones(session, edition.id, "beat"), frames.zones(session, edition.id, "grid_cell"))
