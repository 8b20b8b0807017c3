"""Steps at their edges: what a reopened dispute forgets, who may give an offer back, clocks that cross one another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gridmap.domain.dispute_words import DESK, Holder, Standing, Taker, Wish
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotYours, next_step
from gridmap.domain.loops import DAY, HOUR, STANDARD, Loop, Move, Tier

NOW = datetime(2025, 6, 1, 8, tzinfo=UTC)
OFFICER = Taker("officer", 1, ("desk",))
OPEN = Standing("open", 1, Holder(person=2), NOW - DAY, NOW + HOUR, NOW + 30 * DAY)


def test_a_reopened_dispute_has_had_no_visit_and_was_not_settled():
    ended = replace(
        OPEN, state="closed", due_at=NOW + 60 * DAY, settled_at=NOW - 40 * DAY, followed=2, holder=Holder(person=2)
    )
    again = next_step(STANDARD, ended, Wish("reopened", "又吵了", to=DESK), OFFICER, NOW)
    assert (again.state, again.tier, again.followed, again.settled_at) == ("open", 2, 0, None)
    assert again.due_at == NOW + STANDARD.tiers[2].accept


@pytest.mark.parametrize("step", ["taken", "refused"])
@pytest.mark.parametrize("offered", [Holder(person=7), Holder(body="court")])
def test_only_whom_it_was_offered_to_takes_an_offer_or_gives_it_back(step, offered):
    handed = replace(OPEN, state="handed", offered=offered, resume="open", due_at=NOW + DAY)
    with pytest.raises(DisputeStepNotYours):
        next_step(STANDARD, handed, Wish(step, "不行"), OFFICER, NOW)
    whose = Taker("mediator", 7, ("court",))
    assert next_step(STANDARD, handed, Wish(step, "不行"), whose, NOW).offered == Holder()


def test_a_tier_that_settles_sooner_than_it_accepts_is_due_when_it_is_to_be_settled():
    tiers = (Tier(1, "一", "One", "cell", HOUR, DAY, "escalate"), Tier(2, "二", "Two", "desk", 2 * DAY, DAY, "remind"))
    loop = Loop("x", "x", "x", tiers, [Move("escalated", "open", "open", ("officer",))])
    up = next_step(loop, OPEN, Wish("escalated", to=DESK), OFFICER, NOW)
    assert (up.due_at, up.settle_by) == (NOW + DAY, NOW + DAY)


def test_what_was_opened_after_the_clock_of_who_settles_it_is_not_settled_before_it_was_opened():
    ahead = replace(OPEN, state="in_hand", opened_at=NOW + timedelta(seconds=3))
    done = next_step(STANDARD, ahead, Wish("settled", "好了"), OFFICER, NOW)
    assert done.settled_at == ahead.opened_at


def test_marks_are_set_as_they_are_told_and_may_be_taken_off():
    marked = replace(OPEN, marks=("returning", "threats"))
    done = next_step(STANDARD, marked, Wish("marked", marks=("worse", "returning", "worse")), OFFICER, NOW)
    assert done.marks == ("returning", "worse")


def test_the_mark_gridmap_set_stays_when_another_is_taken_off():
    marked = replace(OPEN, marks=("returning", "worse"))
    for told in ((), ("threats",), ("returning",)):
        done = next_step(STANDARD, marked, Wish("marked", marks=told), OFFICER, NOW)
        assert done.marks == tuple(sorted({"returning", *told}))
    assert next_step(STANDARD, marked, Wish("marked", kind="debt"), OFFICER, NOW).marks == marked.marks


@pytest.mark.parametrize("marks", [None, ("worse",), ("returning", "worse")])
def test_the_mark_gridmap_set_is_taken_off_by_a_step_that_names_it(marks):
    marked = replace(OPEN, marks=("returning", "worse"))
    wish = Wish("marked", "两户不同，不是反复", marks=marks, off=("returning",))
    assert next_step(STANDARD, marked, wish, OFFICER, NOW).marks == ("worse",)


@pytest.mark.parametrize(
    "wish",
    [
        Wish("marked", off=("returning",)),
        Wish("marked", "不是反复", off=("worse",)),
        Wish("marked", "不是反复", marks=(), off=("returning",)),
        Wish("marked", "不是反复", marks=("worse", "threats"), off=("returning",)),
        Wish("marked", "不是反复", kind="debt", off=("returning",)),
    ],
    ids=["no note", "not gridmap's", "takes off more", "sets more", "sets a kind"],
)
def test_taking_off_the_mark_gridmap_set_is_a_step_of_its_own(wish):
    with pytest.raises(DisputeStepNeeds):
        next_step(STANDARD, replace(OPEN, marks=("returning", "worse")), wish, OFFICER, NOW)


def test_nothing_is_taken_off_that_is_not_there():
    with pytest.raises(DisputeStepNeeds, match="none of it"):
        next_step(
            STANDARD, replace(OPEN, marks=("worse",)), Wish("marked", "不是反复", off=("returning",)), OFFICER, NOW
        )
