"""Take a step of a dispute: once, however often it is asked for, and never over somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from gridmap.domain import disputes as rules
from gridmap.domain.access import Action, Actor
from gridmap.domain.dispute_words import Holder, Standing, Taker, Wish
from gridmap.domain.disputes import MOVING, DisputeStepNotYours, next_step, target_tier
from gridmap.domain.loops import Loop
from gridmap.errors import Conflict, Invalid, NotFound, Stale
from gridmap.services.disputes import reported, telling
from gridmap.services.disputes.rules import loop_of, sight_of
from gridmap.store import dispute_rows
from gridmap.store.dispute_rows import Row, Sight

EVERYTHING: Final = Sight(whole=True)
#: Steps anybody who sees a dispute may take; the others are for who holds it, is offered it, and for the station's officers.
FOR_ALL: Final = frozenset({"note", "visited", "marked", "linked", "paper"})
LONGEST_NOTE: Final = 4_000


class DisputeNotFound(NotFound):
    """There is no such dispute, or it is outside what the person may see; which of the two is not told."""

    slug, title = "dispute-not-found", "No such dispute"


class DisputeMoved(Stale):
    """Somebody else has taken a step since the person read the dispute; nothing was changed."""

    slug, title = "dispute-moved", "The dispute has moved on since you read it"


class KeyUsed(Conflict):
    """The key of this request was used for something else."""

    slug, title = "key-used", "This request's key was used for something else"


class HolderUnknown(Invalid):
    """Whom it is to be handed to is not posted at this station, or no body of it."""

    slug, title = "holder-unknown", "Nobody here is called that"


@dataclass(frozen=True, slots=True)
class Acted:
    """What a step did. `again`: the request had been done before, and nothing was done now."""

    dispute: int
    version: int
    standing: Standing
    event: int | None
    again: bool = False


def act(
    session: Session,
    actor: Actor,
    station: str,
    dispute: int,
    wish: Wish,
    *,
    version: int | None,
    key: str | None = None,
    now: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Acted:
    """Take a step as `actor`; about six small statements in the caller's transaction.

    Parameters
    ----------
    version
        The number of steps the actor has read; None for a step that may follow any other (a note, a visit).
    key
        Of this request, 8 to 100 characters: sent twice, it is done once, and the second reply tells what stands now.
    facts
        What the event keeps besides: the `groups` that are told, the `paper` that was written.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound
    DisputeMoved
        If the dispute has taken another step since.
    KeyUsed, HolderUnknown
    DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds
    """
    sight = sight_of(session, actor, station, Action.WORK_DISPUTES)
    row = dispute_rows.get(session, station, dispute, sight, lock=True)
    if row is None:
        raise DisputeNotFound(f"there is no dispute {dispute} here for you", dispute=dispute)
    if key is not None and (done := dispute_rows.of_key(session, station, key)) is not None:
        if done != (dispute, wish.step):
            raise KeyUsed(f"the key was used for the step {done[1]} of dispute {done[0]}: take a new one", key=key)
        return Acted(row.id, row.version, row.standing, None, again=True)
    if version is not None and row.version != version:
        raise DisputeMoved(
            f"dispute {row.number} is {row.standing.state.replace('_', ' ')} by now: read it again",
            dispute=dispute, state=row.standing.state, version=row.version,
        )  # fmt: skip
    taker = Taker(str(actor.role), actor.person_id, sight.bodies)
    if wish.step not in FOR_ALL and not sight.whole and not _is_theirs(row.standing, taker):
        raise DisputeStepNotYours("the step is for who holds the dispute; leave a note for them", step=wish.step)
    return take(session, row, wish, taker, by=actor.login, key=key, now=now, facts=facts)


def take(
    session: Session,
    row: Row,
    wish: Wish,
    taker: Taker,
    *,
    by: str,
    key: str | None = None,
    now: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Acted:
    """Take a step of a dispute that is locked, whoever asks: a person, the clock, a resident; then tell who must know.

    Raises
    ------
    HolderUnknown, DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds
    ReportCannotFollow
        If whoever reported it would read another story.
    """
    at = now or datetime.now(UTC)
    if len(wish.note) > LONGEST_NOTE:
        raise Invalid(f"a note has at most {LONGEST_NOTE:,} letters", letters=len(wish.note))
    loop = loop_of(session, row.station)
    if wish.to and not dispute_rows.known_holder(session, row.station, wish.to):
        raise HolderUnknown("nobody posted here, and no body of this station, is called that", step=wish.step)
    if wish.step in MOVING and not wish.to:
        wish = replace(wish, to=_holder(session, loop, row, target_tier(loop, row.standing, wish.step), at))
    after = next_step(loop, row.standing, wish, taker, at)
    shown = reported.show(session, row, wish.step, after) if row.source == "plate" else []
    kept = {**(facts or {}), **_facts(wish, after)}
    event = dispute_rows.add_step(
        session, row, wish.step, after, by=by, role=taker.role, note=wish.note.strip(), key=key, facts=kept, now=at
    )
    if wish.bodies:
        dispute_rows.ask_bodies(session, row, wish.bodies, by=by)
    reported.tell(session, loop, shown, wish.step, by=by, role=taker.role, note=wish.note)
    telling.note(session, loop, row, wish.step, after, event, why=str(kept.get("why", "")))
    return Acted(row.id, row.version + 1, after, event)


def can(session: Session, actor: Actor, row: Row, sight: Sight) -> tuple[str, ...]:
    """Return the steps `actor` may take of a dispute now."""
    steps = rules.possible(loop_of(session, row.station), row.standing, str(actor.role))
    taker = Taker(str(actor.role), actor.person_id, sight.bodies)
    if not sight.whole and not _is_theirs(row.standing, taker):
        steps = tuple(step for step in steps if step in FOR_ALL)
    if row.standing.state == "handed" and not _is_offered(row.standing, taker):
        steps = tuple(step for step in steps if step not in {"taken", "refused"})
    return steps


def _is_offered(standing: Standing, taker: Taker) -> bool:
    offered = standing.offered
    return (offered.person is not None and offered.person == taker.person) or offered.body in taker.bodies


def _is_theirs(standing: Standing, taker: Taker) -> bool:
    holder = standing.holder
    held = (holder.person is not None and holder.person == taker.person) or holder.body in taker.bodies
    return held or _is_offered(standing, taker)


def _holder(session: Session, loop: Loop, row: Row, tier: int, at: datetime) -> Holder:
    return dispute_rows.holder_at(
        session, row.station, loop.tiers[tier].holder, beat=row.beat, cell=row.grid_cell, at=at
    )


def _facts(wish: Wish, after: Standing) -> dict[str, Any]:
    """Return what the event keeps besides its columns."""
    facts: dict[str, Any] = {}
    if wish.outcome is not None:
        facts["rating"] = wish.outcome
    if wish.marks is not None:
        facts["marks"] = list(after.marks)
    if wish.bodies:
        facts["bodies"] = list(wish.bodies)
    if wish.until is not None:
        facts["until"] = wish.until.isoformat()
    return facts
