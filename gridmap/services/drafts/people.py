"""Two planners on one draft: who is there, and which zones somebody holds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from gridmap.domain.editions import EditionStepNotAllowed
from gridmap.errors import NotFound
from gridmap.services.drafts.record import ZoneLocked, lock
from gridmap.store import draft_people, drafts, geojson
from gridmap.store.tables import Edition, Presence, ZoneLock


class NoSuchZone(NotFound):
    """The draft has no zone of that kind and code to lock."""

    slug, title = "no-such-zone", "The draft has no such zone"


@dataclass(frozen=True, slots=True)
class Company:
    """Who has a draft open (and how many seconds ago they were heard of), what is locked, and the draft's version."""

    version: int
    present: list[tuple[Presence, float]]
    locks: list[ZoneLock]


def keep_presence(
    session: Session, edition: Edition, *, login: str, name: str, kind: str | None = None, code: str | None = None
) -> Company:
    """Note that somebody has the draft open, and return who else has."""
    draft_people.see(session, edition, login=login, name=name, kind=kind, code=code)
    return company(session, edition)


def company(session: Session, edition: Edition) -> Company:
    """Return who has a draft open and what is locked; three queries."""
    return Company(
        drafts.head(session, edition.id).version,
        draft_people.present(session, edition.id),
        draft_people.locks(session, edition.id),
    )


def lock_zone(session: Session, edition: Edition, kind: str, code: str, *, by: str) -> None:
    """Let nobody but `by` change a zone of a draft; doing it twice is doing it once.

    Raises
    ------
    EditionStepNotAllowed
        If the edition is no draft.
    NoSuchZone
    ZoneLocked
        If somebody else holds it.
    """
    lock(session, edition)
    if edition.status != "draft":
        raise EditionStepNotAllowed(f"edition {edition.number} is {edition.status}; only a draft's zones are locked")
    if not geojson.zones(session, edition.id, (kind,), code):
        raise NoSuchZone(f"edition {edition.number} has no {kind} {code}", kind=kind, code=code)
    held = draft_people.find_lock(session, edition.id, kind, code)
    if held is not None and held.by != by:
        raise ZoneLocked(f"{held.by} has locked {code} already", locks=[{"kind": kind, "code": code, "by": held.by}])
    draft_people.add_lock(session, edition, kind, code, by=by)


def unlock_zone(session: Session, edition: Edition, kind: str, code: str, *, by: str, force: bool = False) -> None:
    """Let a zone go; only who holds it may, unless `force` (who may publish decides in a dispute).

    Raises
    ------
    ZoneLocked
        If somebody else holds it.
    """
    lock(session, edition)
    held = draft_people.find_lock(session, edition.id, kind, code)
    if held is not None and held.by != by and not force:
        raise ZoneLocked(f"{held.by} has locked {code}", locks=[{"kind": kind, "code": code, "by": held.by}])
    draft_people.drop_lock(session, edition.id, kind, code)
