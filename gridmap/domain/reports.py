"""What residents report (报事) at a door: the kinds, where each goes, its states and steps, and its clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from gridmap.errors import Conflict

Kind = Literal["visit", "dispute", "hazard", "other"]
#: 预约走访, 纠纷, 隐患, 其他, in the order of the form.
KINDS: Final[tuple[Kind, ...]] = ("visit", "dispute", "hazard", "other")

#: The longest text a report, an addition or a note may have [characters].
LONGEST: Final = 2_000
#: How many pictures a report may have.
MOST_PHOTOS: Final = 3
#: Reports of one kind at one address that say alike are one matter for so long.
SAME_MATTER: Final = timedelta(hours=24)
#: ... and from another phone even if they say it otherwise.
SAME_MOMENT: Final = timedelta(minutes=30)

#: step -> the states it may be taken from, and the state it leads to; the database's trigger holds the same table.
_MOVES: Final[dict[str, tuple[frozenset[str], str]]] = {
    "accepted": (frozenset({"received"}), "accepted"),
    "in_hand": (frozenset({"received", "accepted"}), "in_hand"),
    "settled": (frozenset({"received", "accepted", "in_hand"}), "settled"),
    "not_ours": (frozenset({"received", "accepted", "in_hand"}), "not_ours"),
    "withdrawn": (frozenset({"received", "accepted", "in_hand"}), "withdrawn"),
    "closed": (frozenset({"settled", "not_ours"}), "closed"),
    "reopened": (frozenset({"settled", "not_ours", "closed"}), "in_hand"),
}
STATES: Final = ("received", "accepted", "in_hand", "settled", "not_ours", "withdrawn", "closed")
#: Steps that leave the state as it is.
KEEPING: Final = ("note", "added", "rated", "call_back", "called_back", "joined", "released")
STEPS: Final = ("received", *_MOVES, *KEEPING)
#: States in which somebody still has to do something.
OPEN: Final = frozenset({"received", "accepted", "in_hand"})
#: States after which the reporter may say how it went.
DONE: Final = frozenset({"settled", "not_ours", "closed"})
#: What staff may do by themselves; the others are the reporter's or the program's.
STAFF: Final = ("accepted", "in_hand", "settled", "not_ours", "closed", "reopened", "note", "called_back")
#: Steps whose note is an answer to the reporter; other notes stay inside.
TOLD: Final = frozenset({"settled", "not_ours", "called_back", "reopened"})
#: Steps that need a note: whose matter it is instead, or how it was settled.
NEEDS_NOTE: Final = frozenset({"settled", "not_ours", "note"})


class ReportStepNotPossible(Conflict):
    """The report's state does not allow this step."""

    slug, title = "report-step-not-possible", "The report cannot take this step"


def next_state(state: str, step: str) -> str:
    """Return the state after `step`.

    Raises
    ------
    ReportStepNotPossible
        If the step cannot be taken from `state`; the detail names the ones that can.

    Examples
    --------
    >>> next_state("received", "accepted"), next_state("closed", "reopened"), next_state("in_hand", "note")
    ('accepted', 'in_hand', 'in_hand')
    """
    if step in KEEPING and state in STATES:
        return state
    before, after = _MOVES.get(step, (frozenset(), ""))
    if state not in before:
        can = ", ".join(possible(state)) or "nothing further"
        raise ReportStepNotPossible(
            f"the report is {state.replace('_', ' ')}: it can be {can}, not {step}", state=state, step=step
        )
    return after


def possible(state: str) -> tuple[str, ...]:
    """Return the steps that change `state`, in the order of a report's life.

    >>> possible("settled")
    ('closed', 'reopened')
    """
    return tuple(step for step, (before, _) in _MOVES.items() if state in before)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a kind of report goes.

    `queue`: who sees it first: the beat's officer, the grid member, or the duty desk. `categories`: categories of an
    incident in order of preference, the first one that the database knows is taken; none: it becomes no incident.
    `tier`: the tier a dispute begins at, None for what is no dispute. `acknowledge`, `handle`: how long until somebody has
    taken it up, and until it is done.
    """

    queue: str
    categories: tuple[str, ...]
    tier: int | None
    acknowledge: timedelta
    handle: timedelta


#: A wish for a visit is an appointment, not an incident: on the map it would look like trouble at that door.
ROUTES: Final[dict[str, Route]] = {
    "visit": Route("officer", (), None, timedelta(hours=24), timedelta(days=7)),
    "dispute": Route("grid", ("other_dispute", "neighbours"), 1, timedelta(hours=4), timedelta(days=30)),
    "hazard": Route("grid", ("hazard", "help", "other_call"), None, timedelta(minutes=30), timedelta(days=3)),
    "other": Route("desk", ("other_call", "help"), None, timedelta(hours=24), timedelta(days=7)),
}
#: Urgent reports go to the duty desk whatever their kind.
URGENT_QUEUE: Final = "desk"
URGENT_ACKNOWLEDGE: Final = timedelta(minutes=10)
#: Nobody has taken up an urgent report: when its substitute, the desk and the supervisor are told after all.
UNANSWERED: Final = {
    "backup": timedelta(minutes=10),
    "desk": timedelta(minutes=20),
    "supervisor": timedelta(minutes=30),
}


def queue_of(kind: str, *, urgent: bool) -> str:
    """Return who sees a report first: "officer", "grid" or "desk"."""
    return URGENT_QUEUE if urgent else ROUTES[kind].queue


def due(kind: str, state: str, received: datetime, *, urgent: bool) -> datetime | None:
    """Return until when the next step is due, None when nothing is.

    The clock runs from the moment it was received and no transfer stops it.

    >>> from datetime import UTC
    >>> due("visit", "received", datetime(2025, 6, 1, 8, tzinfo=UTC), urgent=True).strftime("%H:%M")
    '08:10'
    """
    if state == "received":
        return received + (URGENT_ACKNOWLEDGE if urgent else ROUTES[kind].acknowledge)
    return received + ROUTES[kind].handle if state in OPEN else None


@dataclass(frozen=True, slots=True)
class Limits:
    """How many reports are taken without a look (`held` above) and at all (refused above), an hour or a day.

    A block is an IPv4 /24 or IPv6 /56: a whole building, or a mobile carrier's customers, may share one. So a block
    may send many before any is held, and a flood from one plate or phone is stopped long before.
    """

    plate_hour: int = 3
    device_day: int = 5
    block_hour: int = 30
    plate_hour_most: int = 30
    block_hour_most: int = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """How many reports came before this one: from its plate and its block within the hour, its device within the day."""

    plate_hour: int
    device_day: int
    block_hour: int


def verdict(before: Sent, limits: Limits) -> Literal["take", "hold", "refuse"]:
    """Return what to do with one report more.

    >>> verdict(Sent(plate_hour=2, device_day=0, block_hour=29), Limits()), verdict(Sent(3, 0, 0), Limits())
    ('take', 'hold')
    """
    if before.plate_hour >= limits.plate_hour_most or before.block_hour >= limits.block_hour_most:
        return "refuse"
    over = (
        before.plate_hour >= limits.plate_hour,
        before.device_day >= limits.device_day,
        before.block_hour >= limits.block_hour,
    )
    return "hold" if any(over) else "take"
