"""Whether the rules of a loop hold: no dispute can be lost with them, and no step leads where the machine cannot follow.

The machine (`gridmap.domain.disputes`) and the database know some steps by name: `passed_on` makes an offer, `settled` notes
the day. A loop may say who takes them, when and at which tier; it may not give them another meaning.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from gridmap.domain.dispute_words import BEFORE, ENDED, MARKS, MATTERS, NEEDS, OPEN, OVER, SAME, STATES, STEPS
from gridmap.domain.loops import MOST_TIERS, PLACEHOLDERS, ROLES, WORKERS, Loop, LoopNotValid, Move, Rules
from gridmap.domain.papers import KINDS as PAPERS

#: Where an offer or a pause may begin: a state one can go back to.
_HELD: Final = tuple(state for state in OPEN if state not in {"handed", "paused"})
#: step -> states it may be taken in.
_FROM: Final = {
    "passed_on": _HELD, "paused": _HELD, "taken": ("handed",), "refused": ("handed",), "lapsed": ("handed",),
    "resumed": ("paused",), "settled": OPEN, "escalated": OPEN, "reopened": OVER, "followed_up": ENDED, "reviewed": STATES,
}  # fmt: skip
#: step -> states it may lead to; `SAME` and `BEFORE` are asked by name.
_TO: Final = {
    "passed_on": ("handed",), "paused": ("paused",), "taken": (*_HELD, BEFORE), "refused": (*_HELD, BEFORE),
    "lapsed": (*_HELD, BEFORE), "resumed": (*_HELD, BEFORE), "settled": ENDED, "escalated": (*_HELD, SAME),
    "reopened": _HELD, "followed_up": (*ENDED, SAME), "closed": ("closed",), "withdrawn": ("withdrawn",),
    "not_ours": ("not_ours",),
}  # fmt: skip
#: step -> what it cannot do without.
_NEEDS: Final = {"passed_on": "to", "reassigned": "to", "paused": "until", "marked": "marks"}


def check(loop: Loop) -> None:
    """Refuse rules with which a dispute could be lost.

    Tiers count from 1 without a hole; the top one cannot escalate. From every open state that can be reached a way leads
    out at every tier, somebody may take or give back what is offered, and the clock ends every offer and pause and
    escalates or reminds everything else.

    Raises
    ------
    LoopNotValid
        With every fault found, in `faults` too.
    """
    faults = faults_of(loop)
    if faults:
        raise LoopNotValid(f"loop {loop.code}: " + "; ".join(faults), faults=faults)


def faults_of(loop: Loop) -> list[str]:
    """Return every fault of a loop, each a sentence; none if it holds."""
    faults = [*_tier_faults(loop), *_move_faults(loop), *_rule_faults(loop), *_text_faults(loop.rules)]
    return faults or _lost(loop)


def _tier_faults(loop: Loop) -> list[str]:
    faults = []
    if list(loop.tiers) != list(range(1, len(loop.tiers) + 1)) or not 1 <= len(loop.tiers) <= MOST_TIERS:
        return [f"tiers are numbered 1 to at most {MOST_TIERS} without a hole, these are {list(loop.tiers)}"]
    for tier in loop.tiers.values():
        if min(tier.accept, tier.settle) <= timedelta(0) or tier.accept > tier.settle:
            faults.append(f"tier {tier.number}: 0 < accept <= settle")
        if tier.on_late not in {"escalate", "remind"}:
            faults.append(f"tier {tier.number}: on_late is escalate or remind")
    if loop.tiers[loop.top].on_late == "escalate":
        faults.append(f"tier {loop.top} is the highest: its on_late is remind")
    return faults


def _move_faults(loop: Loop) -> list[str]:
    return [fault for move in loop.moves.values() for fault in (*_word_faults(loop, move), *_shape_faults(move))]


def _word_faults(loop: Loop, move: Move) -> list[str]:
    """Return what in a move is no word of gridmap's."""
    faults = []
    if move.step not in STEPS or move.step == "opened":
        faults.append(f"there is no step {move.step!r}; there are {', '.join(STEPS[1:])}")
    for state, more in ((move.state, ()), (move.after, (SAME, BEFORE))):
        if state not in {*STATES, *more}:
            faults.append(f"{move.step}: there is no state {state!r}; there are {', '.join(STATES)}")
    if strange := set(move.roles) - set(ROLES):
        faults.append(f"{move.step}: no role {', '.join(sorted(strange))}; there are {', '.join(ROLES)}")
    if not move.roles:
        faults.append(f"{move.step}: no role may take it from {move.state}")
    if strange := set(move.needs) - set(NEEDS):
        faults.append(
            f"{move.step}: nothing is called {', '.join(sorted(strange))}; a step may need {', '.join(NEEDS)}"
        )
    if move.tiers is not None and (not move.tiers or set(move.tiers) - set(loop.tiers)):
        faults.append(f"{move.step}: its tiers are of {list(loop.tiers)}, not {list(move.tiers)}")
    return faults


def _shape_faults(move: Move) -> list[str]:
    """Return where a move leads whither the machine cannot follow."""
    step, before, after = move.step, move.state, move.after
    way = f"{step} from {before} to {after}"
    faults = []
    if step in _FROM and before not in _FROM[step]:
        faults.append(f"{way}: it may be taken in {', '.join(_FROM[step])} only")
    if step in _TO and after not in _TO[step]:
        faults.append(f"{way}: it leads to {', '.join(_TO[step])} only")
    if after == BEFORE and before not in {"handed", "paused"}:
        faults.append(f"{way}: only from handed or paused a dispute goes back to where it was")
    for state, only in (("handed", "passed_on"), ("paused", "paused"), ("withdrawn", "withdrawn"), ("not_ours", "not_ours")):  # fmt: skip
        if after == state and before != state and step != only:
            faults.append(f"{way}: only {only} leads there")
    if after in ENDED and before not in ENDED and step != "settled":
        faults.append(f"{way}: only settled leads there, as it notes the day")
    if before in OVER and after in OPEN and step != "reopened":
        faults.append(f"{way}: only reopened leads back, as it finds a holder")
    if before in OVER and after in {"withdrawn", "not_ours"} and after != before:
        faults.append(f"{way}: what is over is reopened first")
    if step in _NEEDS and _NEEDS[step] not in move.needs:
        faults.append(f"{way}: it cannot do without {_NEEDS[step]!r} in needs")
    return faults


def _rule_faults(loop: Loop) -> list[str]:
    rules = loop.rules
    faults = [
        f"follow_ups are days, each later than the one before, not {list(days)}"
        for days in (rules.follow_ups, *(rule.follow_ups or () for rule in rules.matters))
        if list(days) != sorted(set(days)) or any(day <= 0 for day in days)
    ]
    if not 0 <= rules.close_after <= len(rules.follow_ups):
        faults.append(f"close_after is 0 to {len(rules.follow_ups)}")
    if rules.hand_over <= timedelta(0) or (rules.review is not None and rules.review <= timedelta(0)):
        faults.append("hand_over and review are longer than nothing")
    if rules.pauses <= timedelta(0):
        faults.append("pauses are longer than nothing: leave the step paused out where there are to be none")
    tiers = [rule.tier for rule in rules.kinds] + [one.tier for one in rules.grades] + list(rules.mark_tiers.values())
    faults += [f"no tier {tier} to begin at" for tier in tiers if tier is not None and tier not in loop.tiers]
    if [grade.number for grade in rules.grades] != list(range(1, len(rules.grades) + 1)):
        faults.append("grades are numbered from 1 without a hole")
    known = {one.code for one in (*rules.trades, *rules.types)}
    for rule in rules.kinds:
        if known and (strange := set(rule.trades) - known):
            faults.append(f"kind {rule.kind}: no trade or type {', '.join(sorted(strange))}")
        faults += _span_faults(f"kind {rule.kind}", rule.accept, rule.settle)
    for of_matter in rules.matters:
        faults += _span_faults(f"matter {of_matter.matter}", of_matter.accept, of_matter.settle)
    faults += [f"there is no matter {rule.matter}" for rule in rules.matters if rule.matter not in MATTERS]
    faults += [
        f"there is no mark {mark}; there are {', '.join(MARKS)}" for mark in rules.mark_tiers if mark not in MARKS
    ]
    if rules.series.within_m <= 0 or rules.series.within_days <= 0 or rules.series.least < 2:
        faults.append("a series is of at least 2 matters, within more than 0 m and 0 days")
    return faults


def _span_faults(what: str, accept: timedelta | None, settle: timedelta | None) -> list[str]:
    given = [span for span in (accept, settle) if span is not None]
    if any(span <= timedelta(0) for span in given) or (len(given) == 2 and given[0] > given[1]):
        return [f"{what}: 0 < accept <= settle"]
    return []


def _text_faults(rules: Rules) -> list[str]:
    """Return what is wrong with the texts: steps there are not, placeholders nobody fills."""
    faults = [
        f"there is no step {step!r} to give words to" for step in sorted({*rules.steps, *rules.told} - set(STEPS))
    ]
    for paper, texts in rules.templates.items():
        if paper not in PAPERS:
            faults.append(f"template {paper}: papers are {', '.join(PAPERS)}")
        faults += [f"template {paper}, {language}: {fault}" for language, of in texts.items() for fault in _braces(of)]
    return faults


def _braces(template: str) -> Iterable[str]:
    try:
        parts = [(name, bool(spec or conversion)) for _, name, spec, conversion in string.Formatter().parse(template)]
    except ValueError as error:
        return [f"braces do not close ({error})"]
    strange = sorted({name for name, more in parts if name is not None and (more or name not in PLACEHOLDERS)})
    return [f"nothing is called {{{name}}}; there are {', '.join(PLACEHOLDERS)}" for name in strange]


def _lost(loop: Loop) -> list[str]:
    """Return the ways in which a dispute could be lost: states without a way out, without a hand or a clock."""
    reached = reached_states(loop)
    open_ones = [state for state in OPEN if state in reached]
    faults = [
        f"no one may lead a dispute out of {state} at tier {tier}" for state in open_ones for tier in loop.tiers
        if not leads_out(loop, state, tier)
    ]  # fmt: skip
    faults += [
        f"the clock must be able to end what is {state} ({step})" for state, step in (("handed", "lapsed"), ("paused", "resumed"))
        if state in reached and not all(_clock_may(loop, step, state, tier) for tier in loop.tiers)
    ]  # fmt: skip
    for state in (one for one in open_ones if one in _HELD):
        for tier in loop.tiers.values():
            steps = ("escalated", "reminded") if tier.number < loop.top else ("reminded",)
            if not any(_clock_may(loop, step, state, tier.number) for step in steps):
                faults.append(f"the clock must be able to escalate or remind what is {state} at tier {tier.number}")
            elif tier.on_late == "escalate" and not _clock_may(loop, "escalated", state, tier.number):
                faults.append(
                    f"tier {tier.number} says on_late = escalate: the clock must be able to escalate what is {state}"
                )
    faults += [
        f"the clock must be able to give what is {state} to somebody else when its holder leaves (reassigned)"
        for state in open_ones
        if state != "handed" and not all(_clock_may(loop, "reassigned", state, tier) for tier in loop.tiers)
    ]
    faults += [
        f"the clock must be able to take the step {step} of what is {state}: a review or a visit may fall due with nobody there"
        for state in ENDED if state in reached and (loop.rules.review is not None or _visits(loop))
        for step in ("reminded", "reassigned") if not all(_clock_may(loop, step, state, tier) for tier in loop.tiers)
    ]  # fmt: skip
    faults += [f"no way leads to {state}" for state in ("settled", "closed") if state not in reached]
    return faults + [
        f"no way leads on from {state} to closed" for state in ("settled", "reviewed")
        if state in reached and "closed" in reached and "closed" not in reached_states(loop, state)
    ]  # fmt: skip


def reached_states(loop: Loop, begin: str = "open") -> set[str]:
    """Return the states a dispute can come to from `begin`, itself among them; as if never reopened from what is over."""
    reached, ahead = {begin}, [begin]
    while ahead:
        here = ahead.pop()
        for move in loop.moves.values():
            passes = move.state == here and (move.step != "reopened" or begin == "open")
            if passes and move.after in STATES and move.after not in reached:
                reached.add(move.after)
                ahead.append(move.after)
    return reached


def leads_out(loop: Loop, state: str, tier: int) -> bool:
    """Return whether somebody may lead a dispute out of a state at a tier, to what is not the same again."""
    return any(
        move.state == state
        and move.after not in {SAME, state}
        and (move.tiers is None or tier in move.tiers)
        and not (move.step == "escalated" and tier >= loop.top)
        and set(WORKERS) & set(move.roles)
        for move in loop.moves.values()
    )


def _visits(loop: Loop) -> bool:
    return any(loop.follow_ups(matter) for matter in MATTERS)


def _clock_may(loop: Loop, step: str, state: str, tier: int) -> bool:
    move = loop.move(step, state)
    return move is not None and "clock" in move.roles and (move.tiers is None or tier in move.tiers)
