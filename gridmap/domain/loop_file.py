"""A loop as its station's clerk writes it: a TOML file with tiers, clocks, steps, texts, bodies and mediators.

docs/loops.md tells every key. What is wrong is told all at once, with the table, the key and what to do.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from gridmap.domain.dispute_words import KINDS, MARKS, MATTERS
from gridmap.domain.loop_check import faults_of
from gridmap.domain.loop_steps import read_steps
from gridmap.domain.loop_tables import LANGUAGE, Table, tables
from gridmap.domain.loops import (
    IN_SHORT,
    REVIEWS_LATE,
    STANDARD,
    TIER_HOLDERS,
    Grade,
    Ground,
    KindRule,
    Loop,
    LoopNotValid,
    MatterRule,
    Named,
    Rules,
    SeriesRule,
    Tier,
)
from gridmap.domain.papers import KINDS as PAPERS

DESK: Final = "desk"
_TABLES: Final = (
    "loop", "tier", "grade", "kind", "matter", "trade", "type", "body", "mediator", "step", "group", "mark", "series",
    "template",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BodyGiven:
    """A body (调解组织, 联动单位) of the station; one with `of` stands for that body in its beats and cells."""

    code: str
    name_zh: str
    name_en: str
    trades: tuple[str, ...] = ()
    phone: str | None = None
    of: str = ""
    beats: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MediatorGiven:
    """A mediator (调解员) of the station; with a beat or a cell they are posted there, else to the whole station."""

    code: str
    name: str
    name_en: str
    body: str | None = None
    type: str = ""
    trades: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("zh",)
    beat: str | None = None
    cell: str | None = None
    most: int = 10
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A kind the ten do not have; `dispute` False: it is an incident's category, as theft."""

    code: str
    name_zh: str
    name_en: str
    dispute: bool


@dataclass(frozen=True, slots=True)
class LoopFile:
    """What a file says: the loop, new kinds, and the bodies and mediators of the station that follows it.

    `kinds`: every kind the file names; those that are neither of the ten nor in `categories` the database must know.
    """

    loop: Loop
    categories: tuple[Category, ...] = ()
    bodies: tuple[BodyGiven, ...] = ()
    mediators: tuple[MediatorGiven, ...] = ()
    kinds: tuple[str, ...] = ()


def read_loop(text: str, name: str = "loop.toml") -> LoopFile:
    """Read a loop's file and check it.

    Parameters
    ----------
    text
        The file, TOML.
    name
        How the file is called, for the errors.

    Raises
    ------
    LoopNotValid
        With every fault found, in `faults` too, each with its table and key.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LoopNotValid(f"{name} is no TOML file: {error}", faults=[str(error)]) from error
    faults: list[str] = []
    found = _read(document, faults)
    if not faults:
        faults += faults_of(found.loop)
    if faults:
        raise LoopNotValid(f"{name}: " + "; ".join(faults), faults=faults, file=name)
    return found


def _read(document: dict[str, Any], faults: list[str]) -> LoopFile:
    faults += [
        f"there is no table [{name}]; there are {', '.join(_TABLES)}" for name in document if name not in _TABLES
    ]
    head = Table("[loop]", document.get("loop", {}), faults)
    if "loop" not in document:
        head.fault("the file begins with it: code, name_zh, name_en")
    code, names = head.code(), head.names()
    base = head.one_of("base", ("standard", "none"), "standard")
    moves, steps, told = read_steps(
        STANDARD.moves.values() if base == "standard" else (),
        head.words("without"),
        tables(document, "step", faults),
    )
    categories, kinds = _kinds(document, faults)
    bodies, mediators = _bodies(document, faults), _mediators(document, faults)
    grounds = tuple(Ground(one.code, one.of, one.beats, one.cells) for one in bodies if one.of)
    rules = replace(_rules(document, head, faults), kinds=kinds, steps=steps, told=told, grounds=grounds)
    tiers = [_tier(table) for table in tables(document, "tier", faults)]
    _twice(faults, "[[tier]] number", [str(tier.number) for tier in tiers])
    head.end()
    loop = Loop(code, *names, tiers or STANDARD.tiers.values(), moves, rules)
    named = list(dict.fromkeys([
        *(rule.kind for rule in kinds), *rules.series.kinds,
        *(one for of in rules.group_kinds.values() for one in of if one not in MARKS),
    ]))  # fmt: skip
    found = LoopFile(loop, categories, bodies, mediators, tuple(named))
    if not faults:
        faults += _cross_faults(found)
    return found


def _rules(document: dict[str, Any], head: Table, faults: list[str]) -> Rules:
    """Return the rules of [loop] and of the small tables."""
    plain = Rules()
    follow_ups = head.wholes("follow_ups_days", plain.follow_ups)
    groups, group_kinds = _groups(document, faults)
    return Rules(
        follow_ups=follow_ups,
        close_after=head.whole("close_after", min(plain.close_after, len(follow_ups))),
        hand_over=head.span("hand_over") or plain.hand_over,
        pauses=head.span("pauses") or plain.pauses,
        review=head.span("review"),
        review_late=head.one_of("on_late_review", REVIEWS_LATE, plain.review_late),
        languages=_languages(head),
        source=head.word("source", ""),
        synthetic=head.flag("synthetic", usual=False),
        grades=_grades(document, faults),
        trades=_named(document, "trade", faults),
        types=_named(document, "type", faults),
        matters=_matters(document, faults),
        groups=groups,
        group_kinds=group_kinds,
        mark_tiers=_marks(document, faults),
        series=_series(document, faults),
        templates=_templates(document, faults),
    )


def _tier(table: Table) -> Tier:
    made = Tier(
        table.whole("number"), *table.names(), table.word("holder"), table.need_span("accept"), table.need_span("settle"),
        table.one_of("on_late", ("escalate", "remind")),
    )  # fmt: skip
    table.end()
    return made


def _grades(document: dict[str, Any], faults: list[str]) -> tuple[Grade, ...]:
    made = []
    for table in tables(document, "grade", faults):
        made.append(Grade(table.whole("number"), *table.names(), table.tier(), table.span("settle")))
        table.end()
    return tuple(made)


def _kinds(document: dict[str, Any], faults: list[str]) -> tuple[tuple[Category, ...], tuple[KindRule, ...]]:
    """Return the kinds that are new, and what holds for each kind the file names."""
    new, rules = [], []
    for table in tables(document, "kind", faults):
        code = table.code()
        rules.append(KindRule(code, table.tier(), table.words("trades"), table.span("accept"), table.span("settle")))
        if "name_zh" in table or "name_en" in table:
            if code in KINDS:
                table.fault("this kind is known to every station: leave its names out")
            new.append(Category(code, *table.names(), table.flag("dispute", usual=True)))
        table.end()
    _twice(faults, "[[kind]] code", [rule.kind for rule in rules])
    return tuple(new), tuple(rules)


def _matters(document: dict[str, Any], faults: list[str]) -> tuple[MatterRule, ...]:
    """Return how what is no dispute runs the loop: as the file says, else in short."""
    made: dict[str, MatterRule] = {}
    for table in tables(document, "matter", faults):
        code = table.one_of("code", MATTERS)
        days = table.wholes("follow_ups_days", ()) if "follow_ups_days" in table else None
        made[code] = MatterRule(code, table.span("accept"), table.span("settle"), days)
        table.end()
    return tuple(({rule.matter: rule for rule in IN_SHORT} | made).values())


def _named(document: dict[str, Any], name: str, faults: list[str]) -> tuple[Named, ...]:
    made = []
    for table in tables(document, name, faults):
        made.append(Named(table.code(), *table.names()))
        table.end()
    _twice(faults, f"[[{name}]] code", [one.code for one in made])
    return tuple(made)


def _groups(document: dict[str, Any], faults: list[str]) -> tuple[tuple[Named, ...], dict[str, tuple[str, ...]]]:
    groups, kinds = [], {}
    for table in tables(document, "group", faults):
        one = Named(table.code(), *table.names())
        groups.append(one)
        marks = table.words("marks")
        for mark in set(marks) - set(MARKS):
            table.fault(f"marks: there is no {mark!r}; there are {', '.join(MARKS)}")
        kinds[one.code] = (*table.words("kinds"), *marks)
        table.end()
    _twice(faults, "[[group]] code", [one.code for one in groups])
    return tuple(groups), kinds


def _marks(document: dict[str, Any], faults: list[str]) -> dict[str, int]:
    made = {}
    for table in tables(document, "mark", faults):
        made[table.one_of("code", MARKS)] = table.whole("tier")
        table.end()
    return made


def _series(document: dict[str, Any], faults: list[str]) -> SeriesRule:
    plain = SeriesRule()
    if "series" not in document:
        return plain
    table = Table("[series]", document["series"], faults)
    made = SeriesRule(
        table.words("kinds"), table.number("within_m", plain.within_m), table.whole("within_days", plain.within_days),
        table.whole("least", plain.least),
    )  # fmt: skip
    table.end()
    return made


def _templates(document: dict[str, Any], faults: list[str]) -> dict[str, dict[str, str]]:
    given = Table("[template]", document.get("template", {}), faults).values
    made = {}
    for paper, texts in given.items():
        table = Table(f"[template.{paper}]", texts, faults)
        if paper not in PAPERS:
            table.fault(f"papers are {', '.join(PAPERS)}")
        made[paper] = {language: table.word(language) for language in table.values}
        faults += [f"[template.{paper}]: {one!r} is no language" for one in made[paper] if not LANGUAGE.fullmatch(one)]
    return made


def _bodies(document: dict[str, Any], faults: list[str]) -> tuple[BodyGiven, ...]:
    made = []
    for table in tables(document, "body", faults):
        one = BodyGiven(
            table.code(), *table.names(), table.words("trades"), table.phone(), table.word("of", ""), table.words("beats"),
            table.words("cells"),
        )  # fmt: skip
        if bool(one.of) != bool(one.beats or one.cells):
            table.fault("of and beats or cells belong together: where this body stands for which other one")
        table.end()
        made.append(one)
    _twice(faults, "[[body]] code", [body.code for body in made])
    return tuple(made)


def _mediators(document: dict[str, Any], faults: list[str]) -> tuple[MediatorGiven, ...]:
    made = []
    for table in tables(document, "mediator", faults):
        one = MediatorGiven(
            table.word("code"), table.word("name"), table.word("name_en"), table.code("body", "") or None, table.word("type", ""),
            table.words("trades"), _languages(table, ("zh",)), table.word("beat", "") or None, table.word("cell", "") or None,
            table.whole("most", 10), table.phone(),
        )  # fmt: skip
        if one.beat and one.cell:
            table.fault("beat or cell, not both: a cell lies in its beat")
        if one.most < 1:
            table.fault("most is at least 1")
        table.end()
        made.append(one)
    _twice(faults, "[[mediator]] code", [one.code for one in made])
    return tuple(made)


def _languages(table: Table, usual: tuple[str, ...] = ()) -> tuple[str, ...]:
    found = table.words("languages", usual)
    for one in found:
        if not LANGUAGE.fullmatch(one):
            table.fault(f"languages: {one!r} is two or three small letters, as in ko, ru, ar")
    return found


def _cross_faults(found: LoopFile) -> list[str]:
    """Return where one table names what no other has."""
    bodies = {body.code for body in found.bodies} | {DESK}
    whole = {body.code for body in found.bodies if not body.of}
    rules = found.loop.rules
    trades, types = {one.code for one in rules.trades}, {one.code for one in rules.types}
    faults = [
        f"[[tier]] {tier.number}: holder = {tier.holder!r} is none of {', '.join(TIER_HOLDERS)} and no [[body]]"
        for tier in found.loop.tiers.values() if tier.holder not in {*TIER_HOLDERS, *bodies}
    ]  # fmt: skip
    for body in found.bodies:
        faults += _unknown(f"[[body]] {body.code}: trades", body.trades, trades | types)
        faults += _unknown(f"[[body]] {body.code}: of", (body.of,) if body.of else (), whole)
    zones = [zone for body in found.bodies for zone in {(body.of, one) for one in (*body.beats, *body.cells)}]
    faults += [
        f"[[body]]: two stand for {of} in {zone}" for of, zone in sorted({one for one in zones if zones.count(one) > 1})
    ]
    for one in found.mediators:
        where = f"[[mediator]] {one.code}"
        faults += _unknown(f"{where}: body", (one.body,) if one.body else (), bodies)
        faults += _unknown(f"{where}: type", (one.type,) if one.type else (), types)
        faults += _unknown(f"{where}: trades", one.trades, trades)
    return faults


def _unknown(where: str, given: Iterable[str], known: set[str]) -> list[str]:
    return [f"{where}: there is no {one!r} in this file" for one in given if one not in known]


def _twice(faults: list[str], where: str, codes: list[str]) -> None:
    faults += [f"{where}: {code} stands twice" for code in sorted({one for one in codes if codes.count(one) > 1})]
