"""Laws of the machine of disputes: whatever is done in whatever order, under any rules that hold, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridmap.domain.dispute_words import DESK, ENDED, NOBODY, OPEN, STEPS, Holder, Standing, Taker, Wish
from gridmap.domain.disputes import (
    LONGEST_PAUSE,
    MOVING,
    DisputeStepNeeds,
    DisputeStepNotPossible,
    DisputeStepNotYours,
    next_step,
    possible,
    target_tier,
    visit_counts,
)
from gridmap.domain.loop_check import faults_of
from gridmap.domain.loops import ROLES, STANDARD, WORKERS, Grade, KindRule, Loop, Move, Rules
from tests.looped import FILES, file_of

BEGIN = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE, BODIES = (1, 2, 3), ("desk", "court")


@cache
def known_loops() -> tuple[Loop, ...]:
    return (STANDARD, *(file_of(path.stem).loop for path in sorted(FILES.glob("*.toml"))))


@st.composite
def loops(draw) -> Loop:
    """Return rules that hold: one of the six loops, with some of its moves taken away or changed."""
    base = draw(st.sampled_from(known_loops()))
    moves = dict(base.moves)
    for key in draw(st.lists(st.sampled_from(sorted(base.moves)), max_size=4, unique=True)):
        change = draw(st.sampled_from(("drop", "tiers", "roles", "needs")))
        if change == "drop":
            del moves[key]
            continue
        tiers = tuple(draw(st.sets(st.sampled_from(sorted(base.tiers)), min_size=1)))
        roles = tuple(draw(st.sets(st.sampled_from(ROLES), min_size=1)))
        parts = {"tiers": {"tiers": tiers}, "roles": {"roles": roles}, "needs": {"needs": (*moves[key].needs, "note")}}
        moves[key] = replace(moves[key], **parts[change])
    made = Loop(base.code, base.name_zh, base.name_en, base.tiers.values(), moves.values(), base.rules)
    assume(not faults_of(made))
    return made


@st.composite
def wishes(draw, step: str, now: datetime) -> Wish:
    """Return a wish with all that any step may need."""
    return Wish(
        step, "合成", draw(st.sampled_from([Holder(person=one) for one in PEOPLE] + [Holder(body=one) for one in BODIES])),
        ("court",), now + draw(st.sampled_from((HOUR, DAY, 40 * DAY, LONGEST_PAUSE))), draw(st.integers(1, 5)),
        tuple(draw(st.sets(st.sampled_from(("returning", "worse", "threats"))))),
    )  # fmt: skip


def opened(loop: Loop, **facts) -> Standing:
    grade = facts.get("grade")
    tier = loop.entry(facts.get("kind", "neighbours"), grade)
    standing = Standing("open", tier, DESK, BEGIN, None, None, **facts)
    accept_by, settle_by = loop.opening(standing, BEGIN)
    return replace(standing, due_at=accept_by, settle_by=settle_by)


def taker_for(standing: Standing, role: str) -> Taker:
    """Return somebody of a role who is offered what is offered."""
    person = None if role in {"clock", "resident"} else standing.offered.person or 2
    return Taker(role, person, (standing.offered.body,) if standing.offered.body else ())


def check_laws(loop: Loop, before: Standing, after: Standing, step: str, now: datetime) -> None:
    if after.state in OPEN:
        assert after.holder
        assert after.due_at is not None
        assert after.settle_by is not None
        assert {"escalated", "reminded", "lapsed", "resumed"} & set(possible(loop, after, "clock")), "no clock sees it"
        ways = {step for role in WORKERS for step in possible(loop, after, role)}
        assert any(loop.moves[way, after.state].after not in {"=", after.state} for way in ways), "nobody leads it out"
    assert before.tier <= after.tier <= loop.top
    assert after.tier == before.tier or step in MOVING
    assert step != "escalated" or after.tier == before.tier + 1
    assert (after.settled_at is not None) == (after.state in ENDED)
    assert (after.state == "handed") == bool(after.offered)
    assert (after.state in {"handed", "paused"}) == (after.resume is not None)
    assert after.resume is None or after.resume in {"open", "accepted", "in_hand", "joint"}
    assert not (after.holder.person is not None and after.holder.body is not None)
    days = loop.follow_ups(after.matter)
    assert 0 <= after.followed <= len(days)
    if after.state in ENDED and after.due_at is not None:
        assert after.settled_at is not None
        review = loop.rules.review
        assert after.due_at - after.settled_at in {*(timedelta(days=day) for day in days[after.followed :]), review}
    if after.state in {"withdrawn", "not_ours"}:
        assert after.due_at is None
    if step in {"refused", "lapsed"} and loop.moves[step, before.state].after == "<":
        assert (after.state, after.holder) == (before.resume, before.holder)


@settings(max_examples=120)
@given(st.data())
def test_whatever_is_done_in_whatever_order_nothing_is_lost(data):
    loop = data.draw(loops())
    kind = data.draw(st.sampled_from([rule.kind for rule in loop.rules.kinds] + ["neighbours"]))
    grade = data.draw(st.sampled_from([one.number for one in loop.rules.grades] + [None]))
    matter = data.draw(st.sampled_from(("dispute", "tip", "hazard", "case")))
    standing, now = opened(loop, kind=kind, grade=grade, matter=matter), BEGIN
    paused_at, settle_before = None, None
    for _ in range(data.draw(st.integers(1, 14))):
        now += data.draw(st.sampled_from((timedelta(0), HOUR, 5 * HOUR, 3 * DAY, 35 * DAY)))
        role = data.draw(st.sampled_from(ROLES))
        steps = possible(loop, standing, role, now)
        if not steps:
            continue
        step = data.draw(st.sampled_from(steps))
        before = standing
        wish = data.draw(wishes(step, now))
        standing = next_step(loop, before, wish, taker_for(before, role), now)
        check_laws(loop, before, standing, step, now)
        if standing.state == "paused" and before.state != "paused":
            paused_at, settle_before, until = now, before.settle_by, standing.due_at
        elif before.state == "paused" and step == "resumed":
            took = min(now, until) - paused_at
            assert standing.settle_by == settle_before + took, "what the pause took is given back, no more, no less"
        if step == "followed_up":
            assert standing.followed == before.followed + visit_counts(loop, before, now)


FULL = Wish("", "合成", Holder(person=3), ("court",), BEGIN + 60 * DAY, 3, ("worse",))


@settings(max_examples=40)
@given(st.data())
def test_what_is_possible_is_what_can_be_done(data):
    loop = data.draw(loops())
    standing, now = opened(loop), BEGIN
    for _ in range(data.draw(st.integers(0, 8))):
        steps = possible(loop, standing, "commander") or possible(loop, standing, "officer")
        role = "commander" if possible(loop, standing, "commander") else "officer"
        if steps:
            step = data.draw(st.sampled_from(steps))
            standing = next_step(loop, standing, data.draw(wishes(step, now)), taker_for(standing, role), now)
        now += DAY
    for role in ROLES:
        can = possible(loop, standing, role, now)
        for step in STEPS:
            try:
                next_step(loop, standing, replace(FULL, step=step), taker_for(standing, role), now)
            except (DisputeStepNotPossible, DisputeStepNotYours):
                assert step not in can
            else:
                assert step in can


def take(
    standing: Standing, step: str, *, loop: Loop = STANDARD, role: str = "officer", now: datetime = BEGIN, **facts
):
    wish = Wish(step, **{"note": "合成", **facts})
    return next_step(loop, standing, wish, taker_for(standing, role), now)


def test_the_follow_up_visits_come_in_order_and_the_first_before_it_is_closed():
    standing = take(take(opened(STANDARD), "begun"), "settled")
    with pytest.raises(DisputeStepNotPossible, match="a follow-up visit on its day comes first"):
        take(standing, "closed")
    for day, visits in ((30, 1), (90, 2), (365, 3)):
        assert standing.due_at == BEGIN + day * DAY
        early = take(standing, "followed_up", outcome=4, now=BEGIN + (day - 7.1) * DAY)
        assert (early.followed, early.due_at) == (visits - 1, standing.due_at), "it is told, and the visit is due still"
        assert take(standing, "followed_up", outcome=4, now=BEGIN + (day - 6.9) * DAY).followed == visits
        standing = take(standing, "followed_up", outcome=4, now=BEGIN + day * DAY)
        assert standing.followed == visits
    assert standing.due_at is None
    with pytest.raises(DisputeStepNotPossible):
        take(standing, "followed_up", outcome=4)
    assert take(standing, "closed").state == "closed"


def test_what_comes_back_begins_one_tier_up_and_anew():
    standing = take(take(opened(STANDARD), "begun"), "settled")
    again = take(standing, "reopened", now=BEGIN + 50 * DAY, to=Holder(person=3))
    assert (again.state, again.tier, again.settled_at, again.followed, again.holder.person) == ("open", 2, None, 0, 3)
    assert again.due_at == BEGIN + 51 * DAY
    assert target_tier(STANDARD, replace(again, tier=3), "reopened") == 3, "there is none above the highest"


def test_a_tip_is_closed_without_a_visit_and_a_dispute_is_not():
    tip = take(take(opened(STANDARD, matter="tip"), "begun"), "settled")
    assert tip.due_at is None
    assert take(tip, "closed", role="clock").state == "closed"


def test_an_offer_is_for_whom_it_was_made_to():
    offered = take(opened(STANDARD), "passed_on", to=Holder(body="court"))
    with pytest.raises(DisputeStepNotYours, match="offered to somebody else"):
        next_step(STANDARD, offered, Wish("taken"), Taker("mediator", 9, ("school",)), BEGIN)
    taken = next_step(STANDARD, offered, Wish("taken"), Taker("mediator", 9, ("court",)), BEGIN)
    assert (taken.state, taken.holder) == ("in_hand", Holder(person=9))
    assert taken.offered == NOBODY


@pytest.mark.parametrize("until", [BEGIN, BEGIN - DAY, BEGIN + LONGEST_PAUSE + DAY])
def test_a_pause_ends_on_a_day_to_come_and_not_too_far_away(until):
    with pytest.raises(DisputeStepNeeds, match="180 days"):
        take(take(opened(STANDARD), "begun"), "paused", until=until)


@pytest.mark.parametrize(("step", "missing"), [
    ("passed_on", {"to": NOBODY}), ("paused", {"until": None}), ("convened", {"bodies": ()}), ("settled", {"note": " "}),
])  # fmt: skip
def test_a_step_says_what_it_lacks(step, missing):
    given = {"to": Holder(person=3), "until": BEGIN + DAY, "bodies": ("court",), "note": "合成", **missing}
    with pytest.raises(DisputeStepNeeds, match=next(iter(missing))):
        take(take(opened(STANDARD), "begun"), step, **given)


def test_the_clock_needs_no_words_and_a_role_only_its_own_steps():
    assert take(opened(STANDARD), "escalated", role="clock", note="", now=BEGIN + DAY).tier == 2
    with pytest.raises(DisputeStepNeeds):
        take(opened(STANDARD), "escalated", note="")
    with pytest.raises(DisputeStepNotYours, match="for officer, commander"):
        take(opened(STANDARD), "not_ours", role="grid_member")


def test_a_kinds_clock_goes_before_its_grades_and_above_its_tier_none_of_them_holds():
    rules = Rules(
        kinds=(KindRule("debt", tier=2, settle=2 * DAY), KindRule("land", tier=1)),
        grades=(Grade(1, "轻", "Slight", 1, 5 * DAY),),
    )
    loop = Loop("x", "x", "x", STANDARD.tiers.values(), STANDARD.moves.values(), rules)
    assert opened(loop, kind="debt", grade=1).settle_by == BEGIN + 2 * DAY
    assert opened(loop, kind="land", grade=1).settle_by == BEGIN + 5 * DAY
    assert opened(loop, kind="land", matter="hazard").settle_by == BEGIN + 3 * DAY
    assert opened(loop, kind="family").settle_by == BEGIN + 30 * DAY
    assert take(opened(loop, kind="debt"), "escalated", loop=loop).settle_by == BEGIN + 30 * DAY
    assert Move("accepted", "open", "accepted", WORKERS) in STANDARD.moves.values()
