"""The words of disputes (纠纷): matters, kinds, states, steps, marks; who holds one, and how one stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

#: 纠纷, 线索, 隐患, 现案 (a fresh case with a clock in hours).
MATTERS: Final = ("dispute", "tip", "hazard", "case")
SOURCES: Final = ("visit", "call", "plate", "patrol", "import", "tip", "open311")
#: 反复, 激化, 扬言威胁.
MARKS: Final = ("returning", "worse", "threats")
#: Set by gridmap, from the disputes there were at a door: no list of marks takes them off, only a step that names them.
BY_PROGRAM: Final = ("returning",)
#: Kinds of dispute every station knows: code -> Chinese, English.
KINDS: Final = {
    "neighbours": ("邻里纠纷", "Neighbours"), "family": ("家庭纠纷", "Family"), "labour": ("劳资纠纷", "Labour"),
    "debt": ("债务纠纷", "Debt"), "land": ("土地纠纷", "Land"), "housing": ("房屋物业纠纷", "Housing and property"),
    "traffic_dispute": ("交通事故纠纷", "Traffic dispute"), "consumer": ("消费纠纷", "Consumer"),
    "school": ("校园纠纷", "School"), "other_dispute": ("其他纠纷", "Other dispute"),
}  # fmt: skip

#: Somebody holds it, until a day.
OPEN: Final = ("open", "accepted", "in_hand", "handed", "joint", "paused")
#: It was settled; somebody may still ask how it goes.
ENDED: Final = ("settled", "reviewed", "closed")
#: Nobody has to settle it any more.
OVER: Final = (*ENDED, "withdrawn", "not_ours")
STATES: Final = (*OPEN, *OVER)
STEPS: Final = (
    "opened", "accepted", "begun", "passed_on", "taken", "refused", "lapsed", "convened", "visited", "mediated", "paused",
    "resumed", "escalated", "settled", "reviewed", "followed_up", "closed", "reopened", "withdrawn", "not_ours", "reassigned",
    "marked", "linked", "warned", "reminded", "told", "paper", "added", "note",
)  # fmt: skip
#: What a step may need besides.
NEEDS: Final = ("note", "to", "bodies", "until", "outcome", "marks")
SAME: Final = "="
BEFORE: Final = "<"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a dispute: a person by id, or a body by code; never both."""

    person: int | None = None
    body: str | None = None

    def __bool__(self) -> bool:
        """Return whether there is one."""
        return self.person is not None or self.body is not None


NOBODY: Final = Holder()
DESK: Final = Holder(body="desk")


@dataclass(frozen=True, slots=True)
class Standing:
    """How a dispute stands: what a step reads and what it leaves behind.

    `settle_by`: when it is to be settled; `due_at`: when the next thing must have happened; `resume`: the state it goes
    back to from a pause or a hand-over; `followed`: follow-up visits made since it was settled; `paused`: for how long it
    stood still until now, looked up where somebody pauses it.
    """

    state: str
    tier: int
    holder: Holder
    opened_at: datetime
    due_at: datetime | None
    settle_by: datetime | None
    matter: str = "dispute"
    kind: str = "other_dispute"
    grade: int | None = None
    offered: Holder = NOBODY
    resume: str | None = None
    settled_at: datetime | None = None
    followed: int = 0
    marks: tuple[str, ...] = ()
    paused: timedelta = field(default=timedelta(0), compare=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """A step somebody wants to take, with what belongs to it.

    `to`: whom it is handed to, or who holds it at the new tier; `outcome`: 1 (bad) to 5 (good), how a follow-up found it;
    `marks`, `kind`, `grade`: what it is now known to be; `off`: marks of `BY_PROGRAM` that a step of its own takes off.
    """

    step: str
    note: str = ""
    to: Holder = NOBODY
    bodies: tuple[str, ...] = ()
    until: datetime | None = None
    outcome: int | None = None
    marks: tuple[str, ...] | None = None
    kind: str | None = None
    grade: int | None = None
    off: tuple[str, ...] = field(default=(), repr=False)  # a key's digest is of what is told: older ones stay good


@dataclass(frozen=True, slots=True)
class Taker:
    """Who takes a step: in which role ("clock" and "resident" too), as which person, for which bodies."""

    role: str
    person: int | None = None
    bodies: tuple[str, ...] = ()

    @property
    def holder(self) -> Holder:
        """The person as somebody who may hold a dispute; nobody where there is none."""
        return Holder(person=self.person)
