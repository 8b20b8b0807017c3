"""Rules of loops: what `check` refuses, each broken loop by the sentence that says what is wrong; charts; as JSON and back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain import loop_chart
from gridmap.domain.dispute_words import NOBODY, OPEN, Standing
from gridmap.domain.loop_check import check, faults_of, leads_out, reached_states
from gridmap.domain.loop_rules import from_json, to_json
from gridmap.domain.loops import (
    STANDARD,
    WORKERS,
    Grade,
    KindRule,
    Loop,
    LoopNotValid,
    MatterRule,
    Move,
    Named,
    Rules,
    SeriesRule,
    Tier,
)
from tests.looped import FILES, file_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIVE = ("beijie", "jinhua", "nancheng", "pingchuan", "shanxi")


def loop(*, tiers=None, moves=None, rules=None, without=(), add=()) -> Loop:
    """Return the standard loop with parts in place of its own, without some moves, with some added."""
    kept = [move for key, move in STANDARD.moves.items() if key not in without and move.step not in without]
    return Loop("test", "试", "Test", tiers or STANDARD.tiers.values(), moves or [*kept, *add], rules or Rules())


def tier(number: int, **parts) -> Tier:
    return replace(Tier(number, "级", "Tier", "desk", HOUR, DAY, "remind"), **parts)


def move(step: str, state: str, after: str, roles=WORKERS, needs=(), tiers=None) -> Move:
    return Move(step, state, after, roles, needs, tiers)


def test_the_standard_loop_and_the_five_hold():
    check(STANDARD)
    assert sorted(path.stem for path in FILES.glob("*.toml")) == list(FIVE)
    for name in FIVE:
        given_file = file_of(name)
        check(given_file.loop)
        assert given_file.loop.rules.synthetic
        assert given_file.loop.rules.source
        assert set(OPEN) <= reached_states(given_file.loop)


BROKEN = {
    "a hole in the tiers": (loop(tiers=[tier(1), tier(3)]), "without a hole"),
    "too many tiers": (loop(tiers=[tier(number) for number in range(1, 11)]), "at most 9"),
    "no time to settle": (loop(tiers=[tier(1, accept=2 * DAY)]), "tier 1: 0 < accept <= settle"),
    "no time at all": (loop(tiers=[tier(1, accept=timedelta(0))]), "tier 1: 0 < accept"),
    "late, and then": (loop(tiers=[tier(1, on_late="wait")]), "on_late is escalate or remind"),
    "nowhere to escalate": (loop(tiers=[tier(1, on_late="escalate")]), "is the highest"),
    "a step unheard of": (loop(add=[move("praised", "open", "=")]), "there is no step 'praised'"),
    "a state unheard of": (loop(add=[move("visited", "lost", "=")]), "no state 'lost'"),
    "a role unheard of": (loop(add=[move("visited", "open", "=", ("mayor",))]), "no role mayor"),
    "nobody's step": (loop(add=[move("visited", "open", "=", ())]), "no role may take it"),
    "a need unheard of": (loop(add=[move("visited", "open", "=", needs=("luck",))]), "nothing is called luck"),
    "a tier unheard of": (loop(add=[move("visited", "open", "=", tiers=(7,))]), "its tiers are of"),
    "an offer by another name": (loop(add=[move("visited", "open", "handed")]), "only passed_on leads there"),
    "an offer that is none": (loop(add=[move("passed_on", "open", "in_hand", needs=("to",))]), "leads to handed only"),
    "an offer to nobody": (loop(add=[move("passed_on", "open", "handed")]), "cannot do without 'to'"),
    "an offer of an offer": (loop(add=[move("passed_on", "handed", "handed", needs=("to",))]), "may be taken in open"),
    "an offer that never ends": (loop(add=[move("lapsed", "handed", "=", ("clock",))]), "lapsed from handed"),
    "a pause for ever": (loop(without=("resumed",)), "end what is paused"),
    "a pause without an end": (loop(add=[move("paused", "in_hand", "paused")]), "cannot do without 'until'"),
    "back to nowhere": (loop(add=[move("visited", "open", "<")]), "goes back to where it was"),
    "settled unsaid": (loop(add=[move("closed", "in_hand", "closed")]), "only settled leads there"),
    "settled twice": (loop(add=[move("settled", "closed", "settled")]), "may be taken in open"),
    "undone unsaid": (loop(add=[move("begun", "closed", "in_hand")]), "only reopened leads back"),
    "withdrawn when over": (loop(add=[move("withdrawn", "settled", "withdrawn")]), "reopened first"),
    "withdrawn by another name": (loop(add=[move("visited", "open", "withdrawn")]), "only withdrawn leads there"),
    "visited before it is settled": (loop(add=[move("followed_up", "open", "=")]), "followed_up from open"),
    "given to nobody": (loop(add=[move("reassigned", "open", "=")]), "cannot do without 'to'"),
    "a way out of open for some tiers": (
        loop(
            without=(*(key for key, one in STANDARD.moves.items() if key[1] == "open" and one.after not in {"=", "open"}),),
            add=[move("begun", "open", "in_hand", tiers=(1, 2))],
        ),
        "no one may lead a dispute out of open at tier 3",
    ),
    "an offer nobody may answer": (
        loop(without=("taken", "refused", "withdrawn")), "no one may lead a dispute out of handed",
    ),
    "an offer the clock does not end": (loop(without=("lapsed",)), r"end what is handed \(lapsed\)"),
    "a clock that does not tick": (loop(without=("reminded",)), "escalate or remind what is open at tier 3"),
    "a clock that may not escalate": (
        loop(add=[move("escalated", "open", "open", WORKERS, ("note",))]), "tier 1 says on_late = escalate",
    ),
    "nobody left to give it on": (
        loop(add=[move("reassigned", "accepted", "=", ("commander",), ("to",))]), "what is accepted to somebody else",
    ),
    "no end": (loop(without=("settled",)), "no way leads to settled"),
    "no way to close": (loop(without=("closed",)), "no way leads to closed"),
    "reviewed and forgotten": (
        loop(add=[move("reviewed", "settled", "reviewed")]), "no way leads on from reviewed to closed",
    ),
    "visits out of order": (loop(rules=Rules(follow_ups=(90, 30))), "each later than the one before"),
    "a visit before": (loop(rules=Rules(follow_ups=(0,))), "each later than the one before"),
    "more visits than there are": (loop(rules=Rules(follow_ups=(30,), close_after=2)), "close_after is 0 to 1"),
    "an offer of no time": (loop(rules=Rules(hand_over=timedelta(0))), "longer than nothing"),
    "a kind's tier": (loop(rules=Rules(kinds=(KindRule("debt", tier=5),))), "no tier 5 to begin at"),
    "a kind's trade": (
        loop(rules=Rules(kinds=(KindRule("debt", trades=("law",)),), trades=(Named("art", "艺", "Art"),))),
        "kind debt: no trade or type law",
    ),
    "a kind's clock": (
        loop(rules=Rules(kinds=(KindRule("debt", accept=DAY, settle=HOUR),))), "kind debt: 0 < accept <= settle",
    ),
    "a grade left out": (loop(rules=Rules(grades=(Grade(2, "二", "Two"),))), "grades are numbered from 1"),
    "a mark unheard of": (loop(rules=Rules(mark_tiers={"loud": 2})), "there is no mark loud"),
    "a matter unheard of": (loop(rules=Rules(matters=(MatterRule("wish"),))), "there is no matter wish"),
    "a series of one": (loop(rules=Rules(series=SeriesRule(least=1))), "at least 2"),
    "words for no step": (loop(rules=Rules(told={"praised": ("赞", "Praised")})), "no step 'praised' to give words"),
    "a paper unheard of": (loop(rules=Rules(templates={"poem": {"zh": "诗"}})), "template poem"),
    "a blank nobody fills": (loop(rules=Rules(templates={"record": {"zh": "{secret}"}})), "nothing is called {secret}"),
    "a blank with a trick": (
        loop(rules=Rules(templates={"record": {"en": "{number.__class__}"}})), "nothing is called {number.__class__}",
    ),
    "a brace left open": (loop(rules=Rules(templates={"record": {"en": "{number"}})), "braces do not close"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_loop_that_would_lose_a_dispute_is_refused(case):
    broken, said = BROKEN[case]
    with pytest.raises(LoopNotValid, match=said) as raised:
        check(broken)
    assert raised.value.facts["faults"] == faults_of(broken)


def test_every_fault_is_told_at_once():
    broken = loop(
        tiers=[tier(1, on_late="escalate")], add=[move("praised", "open", "=")], rules=Rules(follow_ups=(3, 1))
    )
    assert len(faults_of(broken)) == 3


@given(st.sampled_from(FIVE))
def test_a_loops_rules_come_back_from_the_database_as_they_went(name):
    rules = file_of(name).loop.rules
    assert from_json(to_json(rules)) == rules
    assert from_json({}) == Rules()


def test_what_the_highest_of_kind_grade_and_marks_asks_for_is_where_a_dispute_begins():
    rules = Rules(kinds=(KindRule("debt", tier=2),), grades=(Grade(1, "一", "One", 1), Grade(2, "二", "Two", 3)),
                  mark_tiers={"worse": 2, "threats": 9})  # fmt: skip
    made = loop(rules=rules)
    assert made.entry("family", None) == 1
    assert made.entry("debt", 1) == 2
    assert made.entry("debt", 2) == 3
    assert made.entry("family", None, ("worse",)) == 2
    assert made.entry("family", None, ("threats",)) == 3, "there is no tier above the highest"


def test_a_kind_is_accepted_no_later_than_it_is_settled():
    made = loop(rules=Rules(kinds=(KindRule("theft", settle=HOUR),)))
    clock = made.clock(Standing("open", 1, NOBODY, *[None] * 3, kind="theft"))  # type: ignore[arg-type]
    assert (clock.accept, clock.settle) == (HOUR, HOUR)


def test_nobody_leads_out_of_the_highest_tier_by_escalating():
    only = loop(
        without=tuple(key for key in STANDARD.moves if key[1] == "open"), add=[move("escalated", "open", "in_hand")]
    )
    assert leads_out(only, "open", 1)
    assert not leads_out(only, "open", 3)


def test_a_loop_is_shown_as_clocks_as_a_table_and_as_charts():
    made = file_of("pingchuan").loop
    lines = loop_chart.clocks(made)
    assert (
        "  tier 2  村级 / Village: held by village_committee, accepted within 24 h, settled within 15 d, else escalate"
        in lines
    )
    assert any(line.startswith("  grade 5") and "settled within 20 d" in line for line in lines)
    rows = loop_chart.table(made)
    assert rows[0].split() == ["step", "from", "to", "tiers", "roles", "needs"]
    row = next(row for row in rows if row.startswith("convened"))
    assert re.sub("  +", "|", row) == "convened 联调|worked|joint|2,3|officer, mediator, commander|bodies"
    assert [row.split("  ")[0] for row in rows].count("visited") == 1
    dot = loop_chart.dot(made)
    assert 'settled -> reviewed [label="评晒 (officer, mediator, commander)"];' in dot
    assert dot.count("{") == dot.count("}")
    assert "  settled --> reviewed: 评晒 (officer, mediator, commander)" in loop_chart.mermaid(made)
    states = {
        state for line in dot.splitlines() if "->" in line for state in (line.split()[0], line.split()[2].strip(";"))
    }
    assert states - {"opened"} <= {line.split()[0] for line in dot.splitlines() if "shape" in line}
