"""Take a step of a dispute: once, however often it is asked for, and never over somebody else's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from gridmap.domain import disputes as rules
from gridmap.domain.access import Action, Actor
from gridmap.domain.dispute_clock import CLOCK
from gridmap.domain.dispute_words import Holder, Standing, Taker, Wish
from gridmap.domain.disputes import (
    MOVING,
    DisputeStepNeeds,
    DisputeStepNotPossible,
    DisputeStepNotYours,
    is_offered,
    next_step,
    possible,
    target_tier,
)
from gridmap.domain.loops import Loop
from gridmap.domain.report_words import redact
from gridmap.errors import Conflict, Invalid, NotFound, Stale
from gridmap.services.disputes import reported, telling
from gridmap.services.disputes.rules import loop_of, sight_of
from gridmap.store import dispute_desk, dispute_rows, open311
from gridmap.store.dispute_rows import Done, Row, Sight

EVERYTHING: Final = Sight(whole=True)
#: Steps anybody who sees a dispute may take; the others are for who holds it, is offered it, and for the station's officers.
FOR_ALL: Final = frozenset({"note", "visited", "marked", "linked", "paper"})
#: Steps that are entered with something that was done, never by themselves: step -> the fact that tells of it.
OF_SOMETHING: Final = {"linked": "links", "paper": "paper"}
#: Steps with which somebody gives a dispute to whom they name.
GIVING: Final = ("passed_on", "reassigned")
_ABSENT: Final = {
    "gone": "{who} is not of this station any more", "empty": "nobody works in {who} now",
    "away": "{who} is away for longer than it may wait, and nobody stands in",
}  # fmt: skip
LONGEST_NOTE: Final = 4_000
#: Who takes the steps that follow from another.
PROGRAM: Final = "gridmap"


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
    """What a step did.

    `event`: the step's own; `again`: the request had been done before, and nothing was done now; `left`: who took it
    does not see the dispute any more.
    """

    dispute: int
    version: int
    standing: Standing
    event: int
    again: bool = False
    left: bool = False


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
        Of this request, 8 to 100 characters, and `actor`'s alone: sent twice, it is done once, also where they no longer
        see the dispute after it, and the second reply tells what stands now.
    facts
        What the event keeps besides: the `groups` that are told, the `paper` that was written.

    Raises
    ------
    RoleMayNot, StationNotInScope, DisputeNotFound
    DisputeMoved
        If the dispute has taken another step since.
    KeyUsed
        If the actor used the key for another step, or for this one with other content.
    HolderUnknown
    DisputeStepNotPossible, DisputeStepNotYours, DisputeStepNeeds
    """
    # Numbers of people are masked first: no digest of the request may tell them either.
    wish = replace(wish, note=redact(wish.note, offices=wish.step == "told"))
    sight = sight_of(session, actor, station, Action.WORK_DISPUTES)
    row = dispute_rows.get(session, station, dispute, sight, lock=True)
    asked = digest(wish, facts, *([wish.off] if wish.off else []))
    own = None if key is None else own_key(actor.login, key)
    if own is not None and (done := dispute_rows.of_key(session, station, own)) is not None:
        require_same(done, dispute, wish.step, asked)
        stands = row or dispute_rows.get(session, station, dispute, EVERYTHING)
        if stands is not None:
            return Acted(dispute, stands.version, stands.standing, done.event, again=True, left=row is None)
    if row is None:
        raise DisputeNotFound(f"there is no dispute {dispute} here for you", dispute=dispute)
    if (fact := OF_SOMETHING.get(wish.step)) is not None and not (facts or {}).get(fact):
        raise DisputeStepNeeds(f"the step {wish.step} is entered with its {fact}, never by itself", step=wish.step)
    if version is not None and row.version != version:
        raise DisputeMoved(
            f"dispute {row.number} is {row.standing.state.replace('_', ' ')} by now: read it again",
            dispute=dispute, state=row.standing.state, version=row.version,
        )  # fmt: skip
    taker = Taker(str(actor.role), actor.person_id, sight.bodies)
    if wish.step not in FOR_ALL and not sight.whole and not _is_theirs(row.standing, taker):
        raise DisputeStepNotYours("the step is for who holds the dispute; leave a note for them", step=wish.step)
    kept = {**(facts or {}), **({} if own is None else {"asked": asked})}
    done_now = take(session, row, wish, taker, by=actor.login, key=own, now=now, facts=kept)
    gone = not sight.whole and dispute_rows.get(session, station, dispute, sight) is None
    return replace(done_now, left=gone)


def own_key(login: str, key: str) -> str:
    """Return the key of a request as it is kept: two people's are never equal."""
    return f"of:{hashlib.sha256(f'{login} {key}'.encode()).hexdigest()[:48]}"


def digest(*asked: object) -> str:
    """Return what tells a request from another one that was sent with the same key."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]


def require_same(done: Done, dispute: int, step: str, asked: str) -> None:
    """Refuse a key that was used for something else.

    Raises
    ------
    KeyUsed
    """
    if (done.dispute, done.what) != (dispute, step) or done.asked not in {None, asked}:
        raise KeyUsed(
            f"the key was used for the step {done.what} of dispute {done.dispute}, with what was said then: nothing was done "
            "now; take a new key",
            dispute=done.dispute, step=done.what,
        )  # fmt: skip


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
    wish = replace(wish, note=redact(wish.note, offices=wish.step == "told"))
    if len(wish.note) > LONGEST_NOTE:
        raise Invalid(f"a note has at most {LONGEST_NOTE:,} letters", letters=len(wish.note))
    loop = loop_of(session, row.station)
    _require_known(session, loop, row.standing.matter, wish)
    if wish.to and not dispute_rows.known_holder(session, row.station, wish.to):
        raise HolderUnknown("nobody posted here, and no body of this station, is called that", step=wish.step)
    if wish.step == "passed_on" and wish.to and wish.to == row.standing.holder:
        raise DisputeStepNotPossible("they hold it already; it is passed on to somebody else", step=wish.step)
    if wish.step in MOVING and not wish.to:
        wish = replace(wish, to=_holder(session, loop, row, target_tier(loop, row.standing, wish.step), at))
    if wish.step == "paused":
        row = replace(row, standing=replace(row.standing, paused=dispute_rows.paused_for(session, row.id)))
    after = next_step(loop, row.standing, wish, taker, at)
    if taker.role != CLOCK:  # what the clock gives, goes to the desk at last
        _require_there(session, row, wish, after)
    shown = reported.show(session, row, wish.step, after) if row.source == "plate" else []
    kept = {
        **(facts or {}),
        **_facts(wish, after, own=taker.person is not None and taker.person == row.standing.holder.person),
    }
    event = dispute_rows.add_step(
        session, row, wish.step, after, by=by, role=taker.role, note=wish.note.strip(), key=key, facts=kept, now=at
    )
    if wish.bodies:
        dispute_rows.ask_bodies(session, row, wish.bodies, by=by)
    reported.tell(session, loop, shown, wish.step, by=by, role=taker.role, note=wish.note)
    telling.note(
        session,
        loop,
        row,
        wish.step,
        after,
        event,
        why=str(kept.get("why", "")),
        by_clock=at if taker.role == CLOCK else None,
    )
    done = Acted(row.id, row.version + 1, after, event)
    return _risen(session, loop, done, row.station, at) if wish.step == "marked" else done


def _risen(session: Session, loop: Loop, done: Acted, station: str, now: datetime) -> Acted:
    """Take a dispute that turned out graver up to the tier where such a one begins, as far as its loop goes up."""
    stands, up = done, Wish("escalated")
    wanted = loop.entry(done.standing.kind, done.standing.grade, done.standing.marks)
    while stands.standing.tier < wanted and "escalated" in possible(loop, stands.standing, CLOCK):
        row = dispute_rows.get(session, station, done.dispute, EVERYTHING)
        if row is None:  # it cannot be: it is locked
            break
        stands = take(session, row, up, Taker(CLOCK), by=PROGRAM, now=now, facts={"why": "graver"})
    return replace(stands, event=done.event)


def _require_there(session: Session, row: Row, wish: Wish, after: Standing) -> None:
    """Refuse what would be given to nobody who can act, and an offer that is taken for a body that is gone."""
    if wish.step in GIVING and wish.to:
        missing = dispute_rows.absence(session, row.station, wish.to, after.due_at)
        if missing:
            raise DisputeStepNotPossible(
                f"{_ABSENT[missing].format(who=wish.to.body or 'whom you name')}: give it to somebody else, or to the desk",
                step=wish.step, why=missing,
            )  # fmt: skip
    if wish.step == "taken" and (missing := _gone(session, row)):
        raise DisputeStepNotPossible(
            f"{_ABSENT[missing].format(who=row.standing.offered.body or 'whom it was offered to')}: give it back, or it goes back "
            "by itself within ten minutes; who gave it holds it",
            step=wish.step, why=missing,
        )  # fmt: skip


def _gone(session: Session, row: Row) -> str:
    """Return why an offer can be taken by nobody any more; "" where it can: who is away may be back for it."""
    missing = dispute_rows.absence(session, row.station, row.standing.offered, row.standing.due_at)
    return "" if missing == "away" else missing


def _require_known(session: Session, loop: Loop, matter: str, wish: Wish) -> None:
    """Refuse a kind or a grade the station does not have, and either with a step that does not set it.

    A dispute is of a kind of dispute, here as when it is taken in: a theft is none.
    """
    if (wish.kind is not None or wish.grade is not None or wish.off) and wish.step != "marked":
        raise DisputeStepNeeds(f"kind, grade and marks are set by the step marked, not by {wish.step}", step=wish.step)
    grades = [one.number for one in loop.rules.grades]
    if wish.grade is not None and wish.grade not in grades:
        raise DisputeStepNeeds(f"the station's grades are {grades or 'none'}", step=wish.step, needs=["grade"])
    there = open311.dispute_kinds if matter == "dispute" else dispute_desk.kinds
    if wish.kind is not None and wish.kind not in there(session, [wish.kind]):
        raise DisputeStepNeeds(f"there is no kind {wish.kind} of {matter}", step=wish.step, needs=["kind"])


def can(session: Session, actor: Actor, row: Row, sight: Sight) -> tuple[str, ...]:
    """Return the steps `actor` may take of a dispute now."""
    loop = loop_of(session, row.station)
    steps = rules.possible(loop, row.standing, str(actor.role))
    taker = Taker(str(actor.role), actor.person_id, sight.bodies)
    if not sight.whole and not _is_theirs(row.standing, taker):
        steps = tuple(step for step in steps if step in FOR_ALL)
    if row.standing.state == "handed" and not is_offered(row.standing.offered, taker):
        steps = tuple(step for step in steps if step not in {"taken", "refused"})
    if "paused" in steps and dispute_rows.paused_for(session, row.id) >= loop.rules.pauses:
        steps = tuple(step for step in steps if step != "paused")
    if "taken" in steps and _gone(session, row):
        steps = tuple(step for step in steps if step != "taken")
    return steps


def _is_theirs(standing: Standing, taker: Taker) -> bool:
    holder = standing.holder
    held = (holder.person is not None and holder.person == taker.person) or holder.body in taker.bodies
    return held or is_offered(standing.offered, taker)


def _holder(session: Session, loop: Loop, row: Row, tier: int, at: datetime) -> Holder:
    return dispute_rows.holder_at(
        session, row.station, loop.tier(tier).holder, beat=row.beat, cell=row.grid_cell, at=at
    )


def _facts(wish: Wish, after: Standing, *, own: bool) -> dict[str, Any]:
    """Return what the event keeps besides its columns. How whoever holds it found it is told; it is no rating: not of one's own work."""
    facts: dict[str, Any] = {}
    if wish.outcome is not None and wish.step == "followed_up":
        facts["outcome" if own else "rating"] = wish.outcome
    if (wish.marks is not None or wish.off) and wish.step == "marked":
        facts["marks"] = list(after.marks)
    if wish.off:
        facts["off"] = list(wish.off)
    if wish.kind is not None:
        facts["kind"] = after.kind
    if wish.grade is not None:
        facts["grade"] = after.grade
    if wish.bodies:
        facts["bodies"] = list(wish.bodies)
    if wish.until is not None:
        facts["until"] = wish.until.isoformat()
    return facts
