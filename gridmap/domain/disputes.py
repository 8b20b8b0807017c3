"""The one machine of disputes (纠纷), and of what runs the same loop in short: what a step leads to.

The machine knows no station: which steps there are, who may take them and how long they may last are rows of a
`gridmap.domain.loops.Loop`. The database holds the same rows and refuses what this refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from gridmap.domain.dispute_words import (
    BEFORE,
    BY_PROGRAM,
    DESK,
    ENDED,
    NOBODY,
    OVER,
    SAME,
    STEPS,
    Holder,
    Standing,
    Taker,
    Wish,
)
from gridmap.domain.loops import Loop, Move
from gridmap.errors import Conflict, Forbidden, Invalid

#: Steps to which somebody new must be found who holds the dispute.
MOVING: Final = ("escalated", "reopened")
#: What falls due after a dispute was settled: its review (评晒), a follow-up visit (回访).
REVIEW, VISIT = "review", "visit"
LONGEST_PAUSE: Final = timedelta(days=180)
#: So long before its day a visit counts as the one that is due; where it is due soon, from half its time.
EARLY: Final = timedelta(days=7)


class DisputeStepNotPossible(Conflict):
    """The dispute's state or tier does not allow this step."""

    slug, title = "dispute-step-not-possible", "The dispute cannot take this step"


class DisputeStepNotYours(Forbidden):
    """The step is there, and somebody else's to take."""

    slug, title = "dispute-step-not-yours", "This step is somebody else's"


class DisputeStepNeeds(Invalid):
    """The step needs something besides: a sentence, somebody to hand it to, a day."""

    slug, title = "dispute-step-needs", "Something is missing for this step"


def next_step(loop: Loop, now_is: Standing, wish: Wish, taker: Taker, now: datetime) -> Standing:
    """Return how the dispute stands after a step.

    Parameters
    ----------
    loop
        The rules of the dispute's station.
    now_is
        How it stands.
    wish
        The step; for `MOVING` steps `to` is who holds it at `target_tier`.
    taker
        Who takes it.
    now
        The moment (UTC).

    Raises
    ------
    DisputeStepNotPossible
        If the state or tier does not allow it, or it is too early to close; the detail names what can be done. If the
        clock would take up what is neither late nor graver than what begins at its tier.
    DisputeStepNotYours
        If the role may not, or it was offered to somebody else.
    DisputeStepNeeds
        If something is missing.
    """
    move = _move(loop, now_is, wish, taker)
    if wish.step == "escalated" and taker.role == "clock" and not _rises(loop, now_is, now):
        raise DisputeStepNotPossible("the clock takes up what is late, and this is not", step=wish.step)
    state = {SAME: now_is.state, BEFORE: now_is.resume or now_is.state}.get(move.after, move.after)
    after = replace(now_is, state=state, offered=NOBODY if state != "handed" else now_is.offered)
    if state not in {"handed", "paused"}:
        after = replace(after, resume=None)
    return _clocks(loop, now_is, after, wish, taker, now)


def possible(loop: Loop, now_is: Standing, role: str, now: datetime | None = None) -> tuple[str, ...]:
    """Return the steps a role may take, in the order of a dispute's life; of the clock's at `now`, where it is given."""
    return tuple(
        step for step in STEPS
        if (move := loop.move(step, now_is.state)) is not None and role in move.roles and _fits(loop, now_is, move)
        and (now is None or role != "clock" or step != "escalated" or _rises(loop, now_is, now))
    )  # fmt: skip


def awaits(loop: Loop, now_is: Standing) -> str | None:
    """Return what a dispute that was settled waits for: `REVIEW`, `VISIT`, or nothing more; None for one that was not."""
    if now_is.state not in ENDED or now_is.settled_at is None:
        return None
    if now_is.state == "settled" and loop.reviewed_at(now_is.tier):
        return REVIEW
    return VISIT if now_is.followed < len(loop.follow_ups(now_is.matter)) else None


def visit_counts(loop: Loop, now_is: Standing, now: datetime) -> bool:
    """Return whether a visit at `now` is the follow-up visit that is due next: one long before its day is told, not counted."""
    begins = visit_from(loop, now_is)
    return begins is not None and now >= begins


def visit_from(loop: Loop, now_is: Standing) -> datetime | None:
    """Return from when a visit counts as the one that is due next; None where no visit is."""
    days = loop.follow_ups(now_is.matter)
    if now_is.settled_at is None or now_is.followed >= len(days):
        return None
    gap = timedelta(days=days[now_is.followed])
    return now_is.settled_at + gap - min(EARLY, gap / 2)


def pause_left(loop: Loop, now_is: Standing) -> timedelta:
    """Return how long a dispute may still be paused; `now_is.paused` must have been looked up."""
    return loop.rules.pauses - now_is.paused


def target_tier(loop: Loop, now_is: Standing, step: str) -> int:
    """Return the tier a dispute is at after `step`: one up for `MOVING` steps, where there is one."""
    # One that is older than its loop may stand above the highest tier there is; it never goes down.
    return max(now_is.tier, min(now_is.tier + 1, loop.top)) if step in MOVING else now_is.tier


def _rises(loop: Loop, now_is: Standing, now: datetime) -> bool:
    """Return whether it is for the clock to take a dispute up: it is late, or graver than what begins at its tier."""
    late = now_is.due_at is not None and now_is.due_at <= now
    return late or now_is.tier < loop.entry(now_is.kind, now_is.grade, now_is.marks)


def _fits(loop: Loop, now_is: Standing, move: Move) -> bool:
    if move.tiers is not None and now_is.tier not in move.tiers:
        return False
    if move.step == "escalated":
        return now_is.tier < loop.top
    if move.step == "followed_up":
        return now_is.followed < len(loop.follow_ups(now_is.matter))
    if move.step == "closed":
        return now_is.followed >= min(loop.rules.close_after, len(loop.follow_ups(now_is.matter)))
    return True


def _move(loop: Loop, now_is: Standing, wish: Wish, taker: Taker) -> Move:
    """Return the row of the loop that allows the step."""
    move = loop.move(wish.step, now_is.state)
    if move is None or not _fits(loop, now_is, move):
        can = ", ".join(possible(loop, now_is, taker.role)) or "nothing further"
        early = wish.step == "closed" and move is not None
        why = "a follow-up visit on its day comes first; " if early else ""
        raise DisputeStepNotPossible(
            f"{why}the dispute is {now_is.state.replace('_', ' ')} at tier {now_is.tier}: it can be {can}, not {wish.step}",
            state=now_is.state, tier=now_is.tier, step=wish.step,
        )  # fmt: skip
    if taker.role not in move.roles:
        raise DisputeStepNotYours(f"{wish.step} is for {', '.join(move.roles)}, not for {taker.role}", step=wish.step)
    offered = now_is.offered
    if wish.step in {"taken", "refused"} and not is_offered(offered, taker):
        raise DisputeStepNotYours("it was offered to somebody else; they take it or give it back", step=wish.step)
    given = {
        "note": bool(wish.note.strip()), "to": bool(wish.to), "bodies": bool(wish.bodies), "until": wish.until is not None,
        "outcome": wish.outcome is not None,
        "marks": wish.marks is not None or wish.kind is not None or wish.grade is not None or bool(wish.off),
    }  # fmt: skip
    missing = [need for need in move.needs if not given[need] and not (need == "note" and taker.role == "clock")]
    if missing:
        raise DisputeStepNeeds(f"the step {wish.step} needs: {', '.join(missing)}", step=wish.step, needs=missing)
    return move


def _clocks(loop: Loop, before: Standing, after: Standing, wish: Wish, taker: Taker, now: datetime) -> Standing:
    """Return `after` with holder, tier and clocks as the step sets them."""
    step = wish.step
    if step in {"refused", "lapsed", "resumed", "convened"}:
        after = _back(loop, before, after, now)
    elif step in MOVING:
        after = _moved(loop, before, after, wish, now)
    elif step in _SETS:
        after = replace(after, **_SETS[step](loop, before, wish, taker, now))
    return replace(after, due_at=_follow_up(loop, after)) if after.state in OVER else after


def is_offered(offered: Holder, taker: Taker) -> bool:
    """Return whether what is offered is offered to `taker`: to them by name, or to a body they work for."""
    return (offered.person is not None and offered.person == taker.person) or (
        offered.body is not None and offered.body in taker.bodies
    )


def _takes(before: Standing, taker: Taker) -> Holder:
    if before.offered.person is not None:
        return before.offered
    return taker.holder or before.offered


def _back(loop: Loop, before: Standing, after: Standing, now: datetime) -> Standing:
    """Return a dispute that goes on where it was: what is left of a pause is given back."""
    settle_by = before.settle_by
    if before.state == "paused" and settle_by is not None and before.due_at is not None:
        settle_by -= max(before.due_at - now, timedelta(0))
    due = settle_by
    if after.state == "open":  # time to accept it anew, within the time to settle it
        due = now + loop.clock(after).accept
        due = due if settle_by is None else min(due, settle_by)
    return replace(after, settle_by=settle_by, due_at=due)


def _offer(loop: Loop, before: Standing, wish: Wish, taker: Taker, now: datetime) -> dict[str, Any]:
    """Return what an offer sets: it stands no longer than there is time to settle the dispute, unless that is over."""
    del taker
    until = now + loop.rules.hand_over
    if before.settle_by is not None and before.settle_by > now:
        until = min(until, before.settle_by)
    return {"offered": wish.to, "resume": before.state, "due_at": until}


def _known(loop: Loop, before: Standing, wish: Wish, taker: Taker, now: datetime) -> dict[str, Any]:
    """Return a dispute as it is now known to be: what is graver than it was has no more time than its grade gives."""
    del taker
    after = replace(
        before,
        marks=_marks(before, wish),
        kind=wish.kind or before.kind,
        grade=before.grade if wish.grade is None else wish.grade,
    )
    known = {"marks": after.marks, "kind": after.kind, "grade": after.grade}
    if (before.kind, before.grade) == (after.kind, after.grade) or before.settle_by is None or before.due_at is None:
        return known
    settle_by = min(before.settle_by, now + loop.clock(after).settle)
    due_at = before.due_at if before.state == "paused" else min(before.due_at, settle_by)
    return {**known, "settle_by": settle_by, "due_at": due_at}


def _marks(before: Standing, wish: Wish) -> tuple[str, ...]:
    """Return the marks a dispute has from now on; those gridmap set stay, unless the step is there to take them off."""
    had, off = set(before.marks), set(wish.off)
    told = had if wish.marks is None else set(wish.marks)
    if not off:
        return tuple(sorted(told | had & set(BY_PROGRAM)))
    if not off <= had & set(BY_PROGRAM):
        there = ", ".join(sorted(had & set(BY_PROGRAM))) or "none of it"
        raise DisputeStepNeeds(f"taken off is a mark that gridmap set and the dispute has: {there}", step=wish.step)
    if told | off != had or wish.kind is not None or wish.grade is not None or not wish.note.strip():
        raise DisputeStepNeeds(
            f"{', '.join(sorted(off))} is taken off by a step of its own, with a note that says why",
            step=wish.step,
            needs=["note"],
        )
    return tuple(sorted(had - off))


def _pause(loop: Loop, before: Standing, wish: Wish, taker: Taker, now: datetime) -> dict[str, Any]:
    """Return what a pause sets: the clock to settle it stands still until then."""
    del taker
    until, left = wish.until, pause_left(loop, before)
    if left <= timedelta(0):
        raise DisputeStepNotPossible(
            f"it stood still for {before.paused.days} days, and its loop allows {loop.rules.pauses.days} in all: go on with it, "
            "pass it on, or take it one tier up; opened again, it begins anew",
            step="paused", paused_days=before.paused.days,
        )  # fmt: skip
    if until is None or not now < until <= now + min(left, LONGEST_PAUSE):
        raise DisputeStepNeeds(
            f"a pause ends on a day from now, by {now + min(left, LONGEST_PAUSE):%Y-%m-%d %H:%M} UTC: one lasts "
            f"at most {LONGEST_PAUSE.days} days, all together {loop.rules.pauses.days}, of which {before.paused.days} are used",
            step="paused", needs=["until"], latest=(now + min(left, LONGEST_PAUSE)).isoformat(),
        )  # fmt: skip
    settle_by = None if before.settle_by is None else before.settle_by + (until - now)
    return {"resume": before.state, "due_at": until, "settle_by": settle_by}


def _moved(loop: Loop, before: Standing, after: Standing, wish: Wish, now: datetime) -> Standing:
    """Return a dispute that begins anew at its tier, with somebody who has yet to accept it."""
    after = replace(after, tier=target_tier(loop, before, wish.step), settled_at=None, followed=0)
    clock = loop.clock(after)
    return replace(
        after, holder=wish.to or DESK, due_at=now + min(clock.accept, clock.settle), settle_by=now + clock.settle
    )


def _follow_up(loop: Loop, after: Standing) -> datetime | None:
    """Return when the review is due, or the next follow-up visit (回访), counted from the day it was settled."""
    what = awaits(loop, after)
    if what is None or after.settled_at is None:
        return None
    if what == REVIEW:
        return after.settled_at + (loop.rules.review or timedelta(0))
    return after.settled_at + timedelta(days=loop.follow_ups(after.matter)[after.followed])


#: step -> what it sets besides the state.
_SETS: Final[dict[str, Callable[[Loop, Standing, Wish, Taker, datetime], dict[str, Any]]]] = {
    "accepted": lambda _loop, before, _wish, taker, _now: {
        "holder": taker.holder or before.holder, "due_at": before.settle_by,
    },
    # Who has accepted it keeps it, whoever lends a hand: it changes hands by an offer that is taken.
    "begun": lambda _loop, before, _wish, taker, _now: {
        "holder": before.holder if before.state != "open" and before.holder.person is not None else taker.holder or before.holder,
        "due_at": before.settle_by,
    },
    "passed_on": _offer,
    "taken": lambda _loop, before, _wish, taker, _now: {"holder": _takes(before, taker), "due_at": before.settle_by},
    "paused": _pause,
    "reassigned": lambda _loop, _before, wish, _taker, _now: {"holder": wish.to},
    "marked": _known,
    "settled": lambda _loop, before, _wish, _taker, now: {"settled_at": max(now, before.opened_at), "followed": 0},
    "followed_up": lambda loop, before, _wish, _taker, now: {"followed": before.followed + visit_counts(loop, before, now)},
}  # fmt: skip
