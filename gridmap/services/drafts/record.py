"""Putting a change of a draft on record: one person at a time, on the version they saw, past nobody's lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from gridmap.domain.editions import EditionStepNotAllowed
from gridmap.errors import Conflict, Stale
from gridmap.store import draft_people, drafts, editions
from gridmap.store.drafts import Change, Head, Step
from gridmap.store.tables import DraftEvent, Edition


class DraftMoved(Stale):
    """Somebody else changed the draft since it was read."""

    slug, title = "draft-moved", "The draft has changed since you read it"


class ZoneLocked(Conflict):
    """Somebody else has locked a zone that the change would touch."""

    slug, title = "zone-locked", "A zone is locked"


def lock(session: Session, edition: Edition) -> None:
    """Hold the station's editions until the transaction ends, so that what is compared is still so when changed."""
    editions.lock_station(session, edition.station)
    session.refresh(edition)


def begin(session: Session, edition: Edition, version: int | None) -> Head:
    """Hold the draft and return where it stands; `version` is the one the person saw, None for whatever it is.

    Raises
    ------
    EditionStepNotAllowed
        If the edition is no draft.
    DraftMoved
        If the draft has another version; the facts tell both and what happened between them.
    """
    lock(session, edition)
    if edition.status != "draft":
        raise EditionStepNotAllowed(
            f"edition {edition.number} of station {edition.station} is {edition.status}; open a draft to change zones",
            state=edition.status,
        )
    head = drafts.head(session, edition.id)
    if version is not None and version != head.version:
        since = drafts.events_since(session, edition.id, version)
        who = ", ".join(dict.fromkeys(one.by for one in since)) or "somebody"
        raise DraftMoved(
            f"{who} changed the draft since you read it: yours is version {version}, now it is {head.version}; "
            "look at both and make your change again",
            yours=version,
            present=head.version,
            events=[told(one) for one in since],
        )
    return head


def told(event: DraftEvent) -> dict[str, Any]:
    """Return an event as a plain row."""
    return {
        "seq": event.seq, "at": event.at.isoformat(), "by": event.by, "action": event.action,
        "zones": list(event.zones), "state": event.state, "note": event.note,
    }  # fmt: skip


def require_unlocked(session: Session, edition: Edition, by: str, zones: Sequence[tuple[str, str]]) -> None:
    """Check that nobody else holds any of `zones` (kind, code).

    Raises
    ------
    ZoneLocked
        If somebody does; the facts name each.
    """
    held = draft_people.locked_by_others(session, edition.id, by, zones)
    if held:
        names = ", ".join(f"{one.code} (by {one.by})" for one in held)
        raise ZoneLocked(
            f"locked: {names}; ask them to let go, or leave these zones as they are",
            locks=[{"kind": one.kind, "code": one.code, "by": one.by} for one in held],
        )


def put(
    session: Session, edition: Edition, head: Head, changes: Sequence[Change], *, by: str, action: str, note: str = ""
) -> DraftEvent | None:
    """Put `changes` on record as the next event and apply them; None where there is nothing to change.

    Raises
    ------
    ZoneLocked
    """
    if not changes:
        return None
    require_unlocked(session, edition, by, [(kind, code) for kind, code, _, _ in changes])
    names = sorted({code for _, code, _, _ in changes})
    event = drafts.add_event(session, edition, head, by=by, action=action, zones=names[:200], note=note)
    drafts.add_changes(session, edition, event.seq, changes)
    drafts.walk(session, edition.id, [Step(event.seq, back=False)])
    return event
