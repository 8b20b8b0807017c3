"""A loop (闭环): the rules of a station's disputes — tiers, steps, who may take them, clocks — as data, and their check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gridmap.domain.dispute_words import BEFORE, ENDED, NEEDS, OPEN, OVER, SAME, STATES, STEPS, Standing
from gridmap.errors import Invalid

#: Roles that work disputes; "clock" and "resident" take steps too.
WORKERS: Final = ("officer", "grid_member", "mediator", "commander")
ROLES: Final = (*WORKERS, "clock", "resident")
#: Who may hold what comes to a tier, besides bodies: the cell's grid member, the beat's officer, the desk.
TIER_HOLDERS: Final = ("cell", "beat", "desk")
MOST_TIERS: Final = 9


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
    """What holds for a kind: the tier it begins at, the trades of those who mediate it, clocks of its own."""

    kind: str
    tier: int | None = None
    trades: tuple[str, ...] = ()
    accept: timedelta | None = None
    settle: timedelta | None = None


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
class Rules:
    """What a loop says besides its tiers and moves.

    `follow_ups`: days after it was settled; `close_after`: how many of them come before it may be closed; `hand_over`: how
    long an offer stands; `steps`, `told`: step -> (Chinese, English), how the station calls it and what the reporter reads;
    `matters`: how long what is no dispute may take, at the tier it begins at; `mark_tiers`: mark -> lowest tier to begin at; `templates`: paper -> language -> text.
    """

    follow_ups: tuple[int, ...] = (30, 90, 365)
    close_after: int = 1
    hand_over: timedelta = timedelta(hours=24)
    matters: Mapping[str, timedelta] = field(
        default_factory=lambda: {"tip": timedelta(days=7), "hazard": timedelta(days=3), "case": timedelta(days=3)}
    )
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

    @property
    def top(self) -> int:
        """The highest tier."""
        return max(self.tiers)

    def move(self, step: str, state: str) -> Move | None:
        """Return the row that allows `step` in `state`, if there is one."""
        return self.moves.get((step, state))

    def kind(self, kind: str) -> KindRule:
        """Return what holds for a kind."""
        return self._kinds.get(kind) or KindRule(kind)

    def clock(self, standing: Standing) -> Clock:
        """Return the clocks of a dispute at its tier: those of its kind go before its grade's, these before the tier's.

        A kind's and a grade's clocks are for the tier a dispute begins at; above it the tier's own hold.
        """
        tier = self.tiers[min(standing.tier, self.top)]
        kind, grade = self.kind(standing.kind), self._grades.get(standing.grade or 0)
        if standing.tier > self.entry(standing.kind, standing.grade, standing.marks):
            return Clock(tier.accept, tier.settle)
        settle = kind.settle or (grade.settle if grade is not None else None)
        settle = settle or self.rules.matters.get(standing.matter) or tier.settle
        return Clock(min(kind.accept or tier.accept, settle), settle)

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


def check(loop: Loop) -> None:
    """Refuse rules with which a dispute could be lost.

    Tiers count from 1 without a hole; the top one cannot escalate. From every open state that can be reached a way leads
    out, somebody may accept what is open, take or give back what is offered, and the clock ends every offer and pause.

    Raises
    ------
    LoopNotValid
        With every fault found.
    """
    faults = [*_tier_faults(loop), *_move_faults(loop), *_rule_faults(loop)]
    if not faults:
        faults = _lost(loop)
    if faults:
        raise LoopNotValid(f"loop {loop.code}: " + "; ".join(faults), faults=faults)


def _tier_faults(loop: Loop) -> list[str]:
    faults = []
    if list(loop.tiers) != list(range(1, len(loop.tiers) + 1)) or not 1 <= len(loop.tiers) <= MOST_TIERS:
        faults.append(f"tiers are numbered 1 to at most {MOST_TIERS} without a hole, these are {list(loop.tiers)}")
        return faults
    for tier in loop.tiers.values():
        if min(tier.accept, tier.settle) <= timedelta(0) or tier.accept > tier.settle:
            faults.append(f"tier {tier.number}: 0 < accept <= settle")
        if tier.on_late not in {"escalate", "remind"}:
            faults.append(f"tier {tier.number}: on_late is escalate or remind")
    if loop.tiers[loop.top].on_late == "escalate":
        faults.append(f"tier {loop.top} is the highest: its on_late is remind")
    return faults


def _move_faults(loop: Loop) -> list[str]:
    faults = []
    for move in loop.moves.values():
        if move.step not in STEPS or move.step == "opened":
            faults.append(f"there is no step {move.step!r}; there are {', '.join(STEPS[1:])}")
        if move.state not in STATES or move.after not in {*STATES, SAME, BEFORE}:
            faults.append(f"{move.step}: no state {move.state!r} or {move.after!r}")
        if move.after == BEFORE and move.state not in {"handed", "paused"}:
            faults.append(f"{move.step}: only from handed or paused a dispute goes back to where it was")
        if strange := set(move.roles) - set(ROLES):
            faults.append(f"{move.step}: no role {', '.join(sorted(strange))}")
        if strange := set(move.needs) - set(NEEDS):
            faults.append(
                f"{move.step}: nothing is called {', '.join(sorted(strange))}; a step may need {', '.join(NEEDS)}"
            )
        if move.tiers is not None and (strange_tiers := set(move.tiers) - set(loop.tiers)):
            faults.append(f"{move.step}: no tier {sorted(strange_tiers)}")
    return faults


def _rule_faults(loop: Loop) -> list[str]:
    rules, faults = loop.rules, []
    if list(rules.follow_ups) != sorted(set(rules.follow_ups)) or any(days <= 0 for days in rules.follow_ups):
        faults.append("follow_ups are days, each later than the one before")
    if not 0 <= rules.close_after <= len(rules.follow_ups):
        faults.append(f"close_after is 0 to {len(rules.follow_ups)}")
    tiers = (
        [rule.tier for rule in rules.kinds] + [grade.tier for grade in rules.grades] + list(rules.mark_tiers.values())
    )
    faults += [f"no tier {tier} to begin at" for tier in tiers if tier is not None and tier not in loop.tiers]
    known = {trade.code for trade in rules.trades}
    for rule in rules.kinds:
        if known and (strange := set(rule.trades) - known):
            faults.append(f"kind {rule.kind}: no trade {', '.join(sorted(strange))}")
    return faults


def _lost(loop: Loop) -> list[str]:
    """Return the ways in which a dispute could be lost: states without a way out, without a hand or a clock."""
    reached = _reached(loop)
    open_ones = sorted(reached & set(OPEN))
    faults = [
        f"no one may lead a dispute out of {state} at every tier" for state in open_ones if not _leads_out(loop, state)
    ]
    faults += [
        f"the clock must be able to end {state} ({step})" for state, step in (("handed", "lapsed"), ("paused", "resumed"))
        if state in reached and not _may_the_clock(loop, step, state)
    ]  # fmt: skip
    faults += [
        f"the clock must be able to escalate or remind what is {state}" for state in open_ones
        if state not in {"handed", "paused"}
        and not any(_may_the_clock(loop, step, state) for step in ("escalated", "reminded"))
    ]  # fmt: skip
    return faults + [f"no way leads to {state}" for state in ("settled", "closed") if state not in reached]


def _reached(loop: Loop) -> set[str]:
    """Return the states a dispute can come to."""
    reached, ahead = {"open"}, ["open"]
    while ahead:
        here = ahead.pop()
        for move in loop.moves.values():
            if move.state == here and move.after in STATES and move.after not in reached:
                reached.add(move.after)
                ahead.append(move.after)
    return reached


def _leads_out(loop: Loop, state: str) -> bool:
    return any(
        move.state == state
        and move.after not in {SAME, state}
        and move.tiers is None
        and set(WORKERS) & set(move.roles)
        for move in loop.moves.values()
    )


def _may_the_clock(loop: Loop, step: str, state: str) -> bool:
    move = loop.move(step, state)
    return move is not None and "clock" in move.roles


WORKED: Final = ("accepted", "in_hand", "joint")
HELD: Final = OPEN
#: step, states it may be taken in, state after, roles, needs; migration 0010 holds the same rows.
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
    ("marked", HELD, "=", WORKERS, ("marks",)),
    ("linked", STATES, "=", (*WORKERS, "clock"), ()),
    ("warned", HELD, "=", ("clock",), ()),
    ("reminded", HELD, "=", ("clock",), ()),
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
