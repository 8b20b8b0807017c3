"""A loop as text: its clocks, a table of its steps, and the same as a chart for Graphviz (DOT) or Mermaid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from gridmap.domain.dispute_words import BEFORE, SAME, STATES, STEPS
from gridmap.domain.loop_steps import STATE_SETS
from gridmap.domain.loops import WORKERS, KindRule, Loop, MatterRule, Move

#: A dispute comes from here, as every chart shows.
BEGIN: Final = "opened"


def span(length: timedelta | None) -> str:
    """Return a length of time in words.

    >>> span(timedelta(hours=36)), span(timedelta(days=7)), span(timedelta(minutes=15)), span(None)
    ('36 h', '7 d', '15 min', '-')
    """
    if length is None:
        return "-"
    seconds = round(length.total_seconds())
    for unit, of, from_ in (("d", 86_400, 172_800), ("h", 3_600, 3_600)):
        if seconds >= from_ and seconds % of == 0:
            return f"{seconds // of} {unit}"
    return f"{seconds / 60:g} min"


def clocks(loop: Loop) -> list[str]:
    """Return the tiers and the clocks of a loop, a line each."""
    rules = loop.rules
    lines = [f"{loop.code}  {loop.name_zh}  {loop.name_en}{'  (synthetic)' if rules.synthetic else ''}"]
    lines += [
        f"  tier {tier.number}  {tier.name_zh} / {tier.name_en}: held by {tier.holder}, accepted within {span(tier.accept)}, "
        f"settled within {span(tier.settle)}, else {tier.on_late}"
        for tier in loop.tiers.values()
    ]
    lines += [
        f"  grade {grade.number}  {grade.name_zh} / {grade.name_en}: tier {grade.tier or 1}, settled within {span(grade.settle)}"
        for grade in rules.grades
    ]
    lines += [
        f"  kind {rule.kind}: tier {rule.tier or 1}{_own(rule)}, by {', '.join(rule.trades) or 'anybody'}"
        for rule in rules.kinds
    ]
    lines += [
        f"  {rule.matter}{_own(rule)}, visited after {_days(loop.follow_ups(rule.matter))}" for rule in rules.matters
    ]
    lines += [f"  marked {mark}: begins at tier {tier}" for mark, tier in rules.mark_tiers.items()]
    series = rules.series
    if series.kinds:
        lines.append(
            f"  series of {', '.join(series.kinds)}: {series.least} within {series.within_m:g} m and {series.within_days} days"
        )
    lines.append(
        f"  visited after {_days(rules.follow_ups)}; closed after {rules.close_after}; an offer stands {span(rules.hand_over)}; paused for {span(rules.pauses)} in all"
    )
    return (
        lines if rules.review is None else [*lines, f"  reviewed within {span(rules.review)}, else {rules.review_late}"]
    )


def table(loop: Loop) -> list[str]:
    """Return the steps of a loop, a line for each step, its states before and after, its roles and needs."""
    rows = [("step", "from", "to", "tiers", "roles", "needs")]
    for move, states in _grouped(loop):
        name = loop.rules.steps.get(move.step, ("", ""))[0]
        tiers = "all" if move.tiers is None else ",".join(map(str, move.tiers))
        rows.append((
            f"{move.step} {name}".rstrip(), ", ".join(_in_words(states)), _after(move.after), tiers, _roles(move.roles), ", ".join(move.needs),
        ))  # fmt: skip
    widths = [max(_width(row[place]) for row in rows) for place in range(5)]
    return [
        "  ".join((*(_pad(cell, width) for cell, width in zip(row, widths, strict=False)), row[5])).rstrip()
        for row in rows
    ]


def dot(loop: Loop) -> str:
    """Return the states and the steps between them for Graphviz; steps that stay in their state are left out."""
    edges = [
        f'  {before} -> {after} [label="{_label(loop, moves)}"];' for before, after, moves in _edges(loop)
    ]  # fmt: skip
    nodes = [f"  {state} [shape={'doublecircle' if state == 'closed' else 'box'}];" for state in _states(loop)]
    head = [f'digraph "{loop.code}" {{', "  rankdir=LR;", f"  {BEGIN} [shape=point];", *nodes, f"  {BEGIN} -> open;"]
    return "\n".join([*head, *edges, "}"])


def mermaid(loop: Loop) -> str:
    """Return the same chart for Mermaid."""
    edges = [f"  {before} --> {after}: {_label(loop, moves)}" for before, after, moves in _edges(loop)]
    return "\n".join(["stateDiagram-v2", "  [*] --> open", *edges, "  closed --> [*]"])


def _grouped(loop: Loop) -> list[tuple[Move, list[str]]]:
    """Return the moves in the order of a dispute's life, those that are alike but for their state as one."""
    found: dict[tuple[object, ...], tuple[Move, list[str]]] = {}
    order = {state: number for number, state in enumerate(STATES)}
    for move in sorted(loop.moves.values(), key=lambda one: (STEPS.index(one.step), order[one.state])):
        like = (move.step, move.after, move.roles, move.needs, move.tiers)
        found.setdefault(like, (move, []))[1].append(move.state)
    return list(found.values())


def _edges(loop: Loop) -> list[tuple[str, str, list[Move]]]:
    """Return the ways between two different states, with the moves that take them; back to `BEFORE` is to "in_hand"."""
    found: dict[tuple[str, str], list[Move]] = {}
    for move, states in _grouped(loop):
        for state in states:
            after = "in_hand" if move.after == BEFORE else move.after
            if after not in {SAME, state}:
                found.setdefault((state, after), []).append(move)
    return [(before, after, moves) for (before, after), moves in found.items()]


def _own(rule: KindRule | MatterRule) -> str:
    """Return the clocks a kind or a matter has of its own."""
    given = (("accepted", rule.accept), ("settled", rule.settle))
    return "".join(f", {what} within {span(length)}" for what, length in given if length is not None)


def _in_words(states: Iterable[str]) -> list[str]:
    """Return states, those that have a word together by their word."""
    words, rest = [], list(states)
    for word in ("all", "held", "over", "ended", "worked"):
        if set(STATE_SETS[word]) <= set(rest):
            words.append(word)
            rest = [state for state in rest if state not in STATE_SETS[word]]
    return [*words, *rest]


def _states(loop: Loop) -> list[str]:
    seen = {"open"} | {state for before, after, _ in _edges(loop) for state in (before, after)}
    return [state for state in STATES if state in seen]


def _label(loop: Loop, moves: Iterable[Move]) -> str:
    return "; ".join(f"{loop.rules.steps.get(one.step, (one.step,))[0]} ({_roles(one.roles)})" for one in moves)


def _roles(roles: tuple[str, ...]) -> str:
    rest = [role for role in roles if role not in WORKERS]
    return ", ".join(["workers", *rest] if set(WORKERS) <= set(roles) else roles)


def _after(after: str) -> str:
    return {SAME: "same", BEFORE: "before"}.get(after, after)


def _days(days: tuple[int, ...]) -> str:
    return f"{', '.join(map(str, days))} days" if days else "no day"


def _width(cell: str) -> int:
    """Return how wide a cell is on a terminal: a Chinese sign takes two places."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in cell)


def _pad(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))
