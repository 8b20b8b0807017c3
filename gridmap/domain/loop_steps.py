"""The [[step]] tables of a loop's file: which steps there are, what they lead to, and how the station calls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from gridmap.domain.dispute_words import BEFORE, ENDED, NEEDS, OPEN, OVER, SAME, STATES, STEPS
from gridmap.domain.loop_tables import Table
from gridmap.domain.loops import ROLES, WORKED, WORKERS, Move

#: Words for several states at once.
STATE_SETS: Final[Mapping[str, tuple[str, ...]]] = {
    "worked": WORKED, "held": OPEN, "ended": ENDED, "over": OVER, "all": STATES,
}  # fmt: skip
#: Words for several roles at once.
ROLE_SETS: Final[Mapping[str, tuple[str, ...]]] = {"workers": WORKERS}
#: How a clerk writes what the machine calls "=" and "<".
AFTER: Final[Mapping[str, str]] = {"same": SAME, "before": BEFORE}


def read_steps(
    base: Iterable[Move], without: tuple[str, ...], tables: Iterable[Table]
) -> tuple[list[Move], dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """Return the moves of a loop, and step -> (Chinese, English): its names, and what the reporter reads.

    A table with `from` takes the place of all the base's moves of its step, several tables of one step together; one
    without changes roles, needs, tiers or `to` of the base's moves. What it leaves out is as in the base.
    """
    moves = {(move.step, move.state): move for move in base if move.step not in without}
    plain, began = dict(moves), set[str]()
    names: dict[str, tuple[str, str]] = {}
    told: dict[str, tuple[str, str]] = {}
    for table in tables:
        step = table.one_of("step", STEPS)
        for words, of in ((names, "name"), (told, "told")):
            _pair(table, step, of, words)
        states = _states(table)
        changes = {key for key in ("to", "roles", "needs", "tiers") if key in table}
        of_base = [move for move in plain.values() if move.step == step]
        if states and step not in began:
            began.add(step)
            for move in of_base:
                moves.pop((step, move.state), None)
        if not states and changes and not of_base and step in STEPS:
            table.fault(f"the base has no step {step}: say from which states it may be taken, as from = [...]")
        for move in _moves(table, step, states or tuple(move.state for move in of_base if changes), of_base):
            key = (move.step, move.state)
            if states and key in moves:
                table.fault(f"{step} from {move.state} stands here twice")
            moves[key] = move
        table.end()
    return list(moves.values()), names, told


def _moves(table: Table, step: str, states: tuple[str, ...], of_base: list[Move]) -> list[Move]:
    """Return the moves a table stands for; what it leaves out is as in the base."""
    to = AFTER.get(after := table.one_of("to", (*AFTER, *STATES), ""), after)
    roles = _sets(table, "roles", ROLES, ROLE_SETS)
    needs = _sets(table, "needs", NEEDS, {})
    tiers = table.wholes("tiers", ())
    made = []
    for state in states:
        like = next((move for move in of_base if move.state == state), of_base[0] if of_base else None)
        if like is None and (not to or not roles):
            table.fault(f"the step {step} is new: say to which state it leads (to) and who takes it (roles)")
            return []
        if like is None:
            made.append(Move(step, state, to, roles, needs, tiers or None))
            continue
        made.append(Move(
            step, state, to or like.after, roles or like.roles, needs if "needs" in table else like.needs,
            tiers or like.tiers,
        ))  # fmt: skip
    return made


def _states(table: Table) -> tuple[str, ...]:
    return _sets(table, "from", STATES, STATE_SETS)


def _sets(
    table: Table, key: str, known: tuple[str, ...], sets: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:  # fmt: skip
    """Return a list of words, with each word for several of them spelt out."""
    found: list[str] = []
    for word in table.words(key):
        if word not in known and word not in sets:
            table.fault(f"{key}: there is no {word!r}; there are {', '.join((*sets, *known))}")
        found += sets.get(word, (word,))
    return tuple(dict.fromkeys(found))


def _pair(table: Table, step: str, of: str, words: dict[str, tuple[str, str]]) -> None:
    zh, en = table.word(f"{of}_zh", ""), table.word(f"{of}_en", "")
    if bool(zh) != bool(en):
        table.fault(f"give both {of}_zh and {of}_en, or neither")
    if zh and en:
        if step in words:
            table.fault(f"{step} has {of}_zh and {of}_en twice")
        words[step] = (zh, en)
