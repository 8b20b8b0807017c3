"""A loop (闭环): the rules of a station's disputes — tiers, steps, who may take them, clocks — as data.

Whether the rules hold says `gridmap.domain.loop_check`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gridmap.domain.dispute_words import ENDED, OPEN, OVER, STATES, Standing
from gridmap.errors import Invalid

#: Roles that work disputes; "clock" and "resident" take steps too.
WORKERS: Final = ("officer", "grid_member", "mediator", "commander")
ROLES: Final = (*WORKERS, "clock", "resident")
#: Who may hold what comes to a tier, besides bodies: the cell's grid member, the beat's officer, the desk.
TIER_HOLDERS: Final = ("cell", "beat", "desk")
MOST_TIERS: Final = 9
#: A late review goes to who holds the next tier, to the desk, or stays where it is; who has it is told every day.
REVIEWS_LATE: Final = ("escalate", "desk", "remind")
#: What may stand in a loop's own text for a paper, in {braces}.
PLACEHOLDERS: Final = (
    "number", "station", "kind", "opened", "place", "parties", "holder", "bodies", "terms", "accounts", "today",
)  # fmt: skip


class LoopNotValid(Invalid):
    """The rules of a loop contradict themselves, or would lose a dispute."""

    slug, title = "loop-not-valid", "The loop's rules do not hold"


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier (层级). `holder`: one of `TIER_HOLDERS` or the code of a body; `on_late`: escalate or remind."""

    number: int
    name_zh: str
    name_en: str
    holder: str
    accept: timedelta
    settle: timedelta
    on_late: str


@dataclass(frozen=True, slots=True)
class Move:
    """A step that may be taken in a state; `tiers` None: at all. `after`: "=" the same state, "<" the one before."""

    step: str
    state: str
    after: str
    roles: tuple[str, ...]
    needs: tuple[str, ...] = ()
    tiers: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """How long until somebody has accepted, and until it is settled."""

    accept: timedelta
    settle: timedelta


@dataclass(frozen=True, slots=True)
class KindRule:
    """What holds for a kind: the tier it begins at, the trades (or types) of who mediates it, clocks of its own."""

    kind: str
    tier: int | None = None
    trades: tuple[str, ...] = ()
    accept: timedelta | None = None
    settle: timedelta | None = None


@dataclass(frozen=True, slots=True)
class MatterRule:
    """How a tip, a hazard or a fresh case runs the loop in short: clocks of its own, other follow-up visits (None: all)."""

    matter: str
    accept: timedelta | None = None
    settle: timedelta | None = None
    follow_ups: tuple[int, ...] | None = None


#: Nobody is visited again because of a tip or a hazard.
IN_SHORT: Final = (
    MatterRule("tip", settle=timedelta(days=7), follow_ups=()), MatterRule("hazard", settle=timedelta(days=3), follow_ups=()),
    MatterRule("case", settle=timedelta(days=3)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """A code with its names: a trade, a group, a grade."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade (等级) of dispute: the tier it begins at, a clock of its own."""

    number: int
    name_zh: str
    name_en: str
    tier: int | None = None
    settle: timedelta | None = None


@dataclass(frozen=True, slots=True)
class SeriesRule:
    """Which like matters are proposed as a series (串并案): so many, so near one another, within so many days."""

    kinds: tuple[str, ...] = ()
    within_m: float = 500.0
    within_days: int = 14
    least: int = 3


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a body stands for another: in its cells and beats it holds what comes to a tier of the body `of`."""

    body: str
    of: str
    beats: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What a loop says besides its tiers and moves.

    `follow_ups`: days after it was settled; `close_after`: how many of them come before it may be closed; `hand_over`: how
    long an offer stands; `steps`, `told`: step -> (Chinese, English), how the station calls it and what the reporter reads;
    `matters`: how what is no dispute runs the loop in short; `mark_tiers`: mark -> lowest tier to begin at; `templates`:
    paper -> language -> text; `types`: of mediators; `review`: how long until what is settled is reviewed (评晒), where it
    is; `pauses`: how long a dispute is paused in all, since it was taken in or opened again; `review_late`: one of `REVIEWS_LATE`, what becomes of a review a day after its holder was told that it is late;
    `grounds`: bodies that stand for another in their place; `source`: where the rules are from.
    """

    follow_ups: tuple[int, ...] = (30, 90, 365)
    close_after: int = 1
    hand_over: timedelta = timedelta(hours=24)
    matters: tuple[MatterRule, ...] = IN_SHORT
    kinds: tuple[KindRule, ...] = ()
    grades: tuple[Grade, ...] = ()
    trades: tuple[Named, ...] = ()
    groups: tuple[Named, ...] = ()
    languages: tuple[str, ...] = ()
    group_kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    steps: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    told: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    mark_tiers: Mapping[str, int] = field(default_factory=dict)
    series: SeriesRule = field(default_factory=SeriesRule)
    templates: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    types: tuple[Named, ...] = ()
    review: timedelta | None = None
    review_late: str = "escalate"
    pauses: timedelta = timedelta(days=180)
    grounds: tuple[Ground, ...] = ()
    source: str = ""
    synthetic: bool = False


class Loop:
    """The rules of one or many stations; made once, asked at every step."""

    def __init__(
        self, code: str, name_zh: str, name_en: str, tiers: Iterable[Tier], moves: Iterable[Move], rules: Rules = Rules()
    ) -> None:  # fmt: skip
        """Take the rules as they are; `check` says whether they hold."""
        self.code, self.name_zh, self.name_en, self.rules = code, name_zh, name_en, rules
        self.tiers: Mapping[int, Tier] = {tier.number: tier for tier in sorted(tiers, key=lambda tier: tier.number)}
        self.moves: Mapping[tuple[str, str], Move] = {(move.step, move.state): move for move in moves}
        self._kinds = {rule.kind: rule for rule in rules.kinds}
        self._grades = {grade.number: grade for grade in rules.grades}
        self._matters = {rule.matter: rule for rule in rules.matters}

    @property
    def top(self) -> int:
        """The highest tier."""
        return max(self.tiers)

    def tier(self, number: int) -> Tier:
        """Return a tier; the highest for one above it, where disputes stand that are older than the loop."""
        return self.tiers[min(number, self.top)]

    def move(self, step: str, state: str) -> Move | None:
        """Return the row that allows `step` in `state`, if there is one."""
        return self.moves.get((step, state))

    def kind(self, kind: str) -> KindRule:
        """Return what holds for a kind."""
        return self._kinds.get(kind) or KindRule(kind)

    def matter(self, matter: str) -> MatterRule:
        """Return what holds for a matter."""
        return self._matters.get(matter) or MatterRule(matter)

    def reviewed_at(self, tier: int) -> bool:
        """Return whether what is settled at a tier is to be reviewed (评晒) within a time."""
        move = self.move("reviewed", "settled")
        return self.rules.review is not None and move is not None and (move.tiers is None or tier in move.tiers)

    def follow_ups(self, matter: str) -> tuple[int, ...]:
        """Return the follow-up visits a matter gets, in days after it was settled."""
        own = self.matter(matter).follow_ups
        return self.rules.follow_ups if own is None else own

    def clock(self, standing: Standing) -> Clock:
        """Return the clocks of a dispute at its tier: its kind's go before its grade's, its matter's, and the tier's.

        A kind's, a grade's and a matter's clocks are for the tier a dispute begins at; above it the tier's own hold.
        """
        tier = self.tier(standing.tier)
        if standing.tier > self.entry(standing.kind, standing.grade, standing.marks):
            return Clock(tier.accept, tier.settle)
        kind, matter = self.kind(standing.kind), self.matter(standing.matter)
        grade = self._grades.get(standing.grade or 0)
        settle = kind.settle or (grade.settle if grade is not None else None) or matter.settle or tier.settle
        return Clock(min(kind.accept or matter.accept or tier.accept, settle), settle)

    def entry(self, kind: str, grade: int | None, marks: Iterable[str] = ()) -> int:
        """Return the tier a dispute begins at: the highest that its kind, its grade and its marks ask for."""
        of_grade = self._grades.get(grade or 0)
        wanted = [self.kind(kind).tier, of_grade.tier if of_grade is not None else None]
        wanted += [self.rules.mark_tiers.get(mark) for mark in marks]
        return min(max((tier for tier in wanted if tier is not None), default=1), self.top)

    def opening(self, standing: Standing, now: datetime) -> tuple[datetime, datetime]:
        """Return until when a new dispute is to be accepted, and settled."""
        clock = self.clock(standing)
        return now + clock.accept, now + clock.settle


WORKED: Final = ("accepted", "in_hand", "joint")
HELD: Final = OPEN
#: step, states it may be taken in, state after, roles, needs; migrations 0010 and 0014 hold the same rows.
STANDARD_MOVES: Final = (
    ("accepted", ("open",), "accepted", WORKERS, ()),
    ("begun", ("open", "accepted"), "in_hand", WORKERS, ()),
    ("passed_on", ("open", *WORKED), "handed", WORKERS, ("to", "note")),
    ("taken", ("handed",), "in_hand", WORKERS, ()),
    ("refused", ("handed",), "<", WORKERS, ("note",)),
    ("lapsed", ("handed",), "<", ("clock",), ()),
    ("convened", WORKED, "joint", ("officer", "mediator", "commander"), ("bodies",)),
    ("visited", HELD, "=", WORKERS, ()),
    ("mediated", WORKED, "=", WORKERS, ("note",)),
    ("paused", WORKED, "paused", WORKERS, ("note", "until")),
    ("resumed", ("paused",), "<", (*WORKERS, "clock"), ()),
    ("escalated", ("open", *WORKED), "open", (*WORKERS, "clock"), ("note",)),
    ("settled", WORKED, "settled", WORKERS, ("note",)),
    ("followed_up", ENDED, "=", WORKERS, ("outcome",)),
    ("closed", ("settled",), "closed", (*WORKERS, "clock"), ()),
    ("reopened", OVER, "open", ("officer", "mediator", "commander", "resident"), ("note",)),
    ("withdrawn", HELD, "withdrawn", ("officer", "commander", "resident"), ("note",)),
    ("not_ours", ("open", *WORKED), "not_ours", ("officer", "commander"), ("note",)),
    ("reassigned", ("open", *WORKED, "paused"), "=", ("commander", "clock"), ("to",)),
    ("reassigned", ENDED, "=", ("clock",), ("to",)),
    ("marked", HELD, "=", WORKERS, ("marks",)),
    ("linked", STATES, "=", (*WORKERS, "clock"), ()),
    ("warned", HELD, "=", ("clock",), ()),
    ("reminded", (*HELD, *ENDED), "=", ("clock",), ()),
    ("told", HELD, "=", WORKERS, ("note",)),
    ("paper", STATES, "=", WORKERS, ()),
    ("added", STATES, "=", ("resident",), ("note",)),
    ("note", STATES, "=", WORKERS, ("note",)),
)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
#: The loop of a station that has none of its own.
STANDARD: Final = Loop(
    "standard", "标准流程", "Standard loop",
    (
        Tier(1, "就地调解", "On the spot", "cell", 4 * HOUR, 30 * DAY, "escalate"),
        Tier(2, "派出所调解", "At the station", "beat", 24 * HOUR, 30 * DAY, "escalate"),
        Tier(3, "联合调处", "Joint table", "desk", 24 * HOUR, 30 * DAY, "remind"),
    ),
    (Move(step, state, after, roles, needs) for step, states, after, roles, needs in STANDARD_MOVES for state in states),
)  # fmt: skip
