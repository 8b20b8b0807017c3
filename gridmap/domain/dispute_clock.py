"""What happens to a dispute by itself when its time has come, and who is told of a report that nobody takes up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from gridmap.domain.dispute_words import MATTERS, Standing
from gridmap.domain.disputes import possible
from gridmap.domain.loops import Loop
from gridmap.domain.reports import ROUTES, UNANSWERED, URGENT_ACKNOWLEDGE, queue_of

CLOCK: Final = "clock"
#: Whoever settled a dispute, or its parties, may think again for so long before the clock closes it.
SETTLES_FOR: Final = timedelta(days=1)
#: A follow-up visit that found it worse than this leaves the dispute to a person.
POOR: Final = 2
#: What has been due for longer is told of together: a week-end is shorter, so what fell due over one is still told by its
#: number; what is older waits for weeks already (the service was off, or nobody did it), and a hundred mails help nobody.
LONG_DUE: Final = timedelta(days=3)
#: What the report's own record says of it, and whether it was told before.
STAGE_NOTES: Final = {
    "backup": "无人受理，已告知替补人员 / nobody has taken it up: those who stand in were told",
    "desk": "无人受理，已告知值班台 / nobody has taken it up: the duty desk was told",
    "supervisor": "无人受理，已告知指挥员 / nobody has taken it up: the commanders were told",
}  # fmt: skip


def due_step(loop: Loop, standing: Standing, now: datetime) -> str | None:
    """Return the step the clock takes of a dispute whose time has come, None where it has not or there is none.

    An offer lapses, a pause ends. What is late goes one tier up where its tier says so and there is one; else whoever
    holds it is reminded.
    """
    if standing.due_at is None or standing.due_at > now:
        return None
    may = possible(loop, standing, CLOCK)
    tier = loop.tier(standing.tier)
    late = ("escalated", "reminded") if tier.on_late == "escalate" else ("reminded", "escalated")
    wanted = {"handed": ("lapsed",), "paused": ("resumed",)}.get(standing.state, late)
    return next((step for step in wanted if step in may), None)


def long_due(standing: Standing, now: datetime) -> bool:
    """Return whether what a dispute waits for has been due for so long that it is told of together with others."""
    return standing.due_at is not None and now - standing.due_at > LONG_DUE


def needed_visits(loop: Loop) -> dict[str, int]:
    """Return matter -> follow-up visits that come before it may be closed.

    >>> from gridmap.domain.loops import STANDARD
    >>> needed_visits(STANDARD)
    {'dispute': 1, 'tip': 0, 'hazard': 0, 'case': 1}
    """
    return {matter: min(loop.rules.close_after, len(loop.follow_ups(matter))) for matter in MATTERS}


def review_tiers(loop: Loop) -> tuple[int, ...]:
    """Return the tiers at which what is settled is to be reviewed within a time."""
    return tuple(tier for tier in loop.tiers if loop.reviewed_at(tier))


def review_holders(loop: Loop, tier: int) -> tuple[str, ...]:
    """Return who gets a review of a tier that nobody did, one after the other: what is called `holder` of a tier.

    >>> from gridmap.domain.loops import STANDARD
    >>> review_holders(STANDARD, 1)
    ('beat', 'desk')
    """
    if loop.rules.review_late == "remind":
        return ()
    above = [loop.tiers[number].holder for number in loop.tiers if number > tier]
    chain = [*(above if loop.rules.review_late == "escalate" else ()), "desk"]
    return tuple(dict.fromkeys(chain))


def closes_from(loop: Loop) -> tuple[str, ...]:
    """Return the states the clock closes a dispute from; none where the loop leaves it to people."""
    moves = ((state, loop.move("closed", state)) for state in ("settled", "reviewed"))
    return tuple(state for state, move in moves if move is not None and CLOCK in move.roles)


def stages(kind: str, received: datetime, now: datetime, *, urgent: bool) -> tuple[str, ...]:
    """Return who is to know by now that nobody has taken a report up: those who stand in, the desk, the commanders.

    An urgent report's stages come after 10, 20 and 30 minutes; another's after as many times as long as it has to be
    taken up.

    >>> from datetime import UTC
    >>> eight = datetime(2025, 6, 1, 8, tzinfo=UTC)
    >>> stages("hazard", eight, eight + timedelta(minutes=25), urgent=True)
    ('backup', 'desk')
    >>> stages("visit", eight, eight + timedelta(hours=25), urgent=False)
    ('backup',)
    """
    accept = URGENT_ACKNOWLEDGE if urgent else ROUTES[kind].acknowledge
    return tuple(
        stage for stage, after in UNANSWERED.items() if now - received >= accept * (after / URGENT_ACKNOWLEDGE)
    )


def backups(kind: str, *, urgent: bool) -> tuple[str, ...]:
    """Return the roles that stand in for whoever saw a report first.

    >>> backups("hazard", urgent=False), backups("visit", urgent=False), backups("hazard", urgent=True)
    (('officer',), ('grid_member',), ('officer', 'grid_member'))
    """
    return {"grid": ("officer",), "officer": ("grid_member",)}.get(
        queue_of(kind, urgent=urgent), ("officer", "grid_member")
    )
