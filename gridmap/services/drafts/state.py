"""A draft as it stands: its zones, kept between requests by version, and what a change hands back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from gridmap.geo.edit import Layers
from gridmap.services.drafts.kept import kept
from gridmap.store import drafts, frames
from gridmap.store.drafts import Head
from gridmap.store.tables import DraftEvent, Edition


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
    return kept(session, ("zones", edition.id, head), lambda: _read(session, edition))


def _read(session: Session, edition: Edition) -> Layers:
    session.flush()
    return Layers(frames.zones(session, edition.id, "beat"), frames.zones(session, edition.id, "grid_cell"))
