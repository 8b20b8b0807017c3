"""What each of the five stations' files, and the standard loop, says of time: nobody does anything here but the clock.

The expected hours stand here in full, not read from the files: what is changed there must be changed here.
"""

from __future__ import annotations

import pytest

from gridmap.domain.dispute_words import Holder
from gridmap.domain.disputes import DisputeStepNotPossible
from tests.looped import LOOPS, Walk, loop_house, walked

__all__ = ["loop_house"]

DAY = 24
#: A quarrel nobody accepts: each tier's time to accept it, who has it then; at the last its holder is reminded, every day.
UNTOUCHED = {
    "nancheng": [("escalated", 4, "court"), ("escalated", 28, "joint_table"), ("reminded", 52, "joint_table")],
    "pingchuan": [("escalated", 12, "village_a"), ("escalated", 36, "town_centre"), ("reminded", 60, "town_centre")],
    "beijie": [
        ("escalated", 2, "team_a"), ("escalated", 6, "officer"), ("escalated", 14, "governance_centre"),
        ("reminded", 38, "governance_centre"),
    ],
    "jinhua": [("escalated", 4, "officer"), ("escalated", 16, "county_centre"), ("reminded", 40, "county_centre")],
    "shanxi": [("escalated", 4, "officer"), ("escalated", 16, "case_team"), ("reminded", 40, "case_team")],
    "standard": [("escalated", 4, "officer"), ("escalated", 28, "desk"), ("reminded", 52, "desk")],
}  # fmt: skip
#: A quarrel that is accepted at each tier, and no more: days to settle it at each.
LEFT = {
    "nancheng": (7, 15, 30), "pingchuan": (7, 15, 30), "beijie": (5, 10, 15, 30), "jinhua": (10, 20, 30),
    "shanxi": (7, 15, 60), "standard": (30, 30, 30),
}  # fmt: skip
#: Hours an offer stands.
OFFERED = {"nancheng": 12, "pingchuan": 24, "beijie": 4, "jinhua": 12, "shanxi": 8, "standard": 24}
#: The review of what was settled at the first tier, in days, and to whom it goes while nobody does it.
REVIEWED = {"pingchuan": (7, ("village_a", "town_centre", "desk"))}
#: Days after it was settled somebody is to visit, and after which visit the clock closes it (None: a person does).
VISITED = {
    "nancheng": ((30, 90, 365), 1), "pingchuan": ((15, 90, 365), 1), "beijie": ((7, 30, 90), None), "jinhua": ((30, 90, 365), 1),
    "shanxi": ((30, 180), 1), "standard": ((30, 90, 365), 1),
}  # fmt: skip


@pytest.fixture(params=LOOPS)
def walk(request, loop_house):
    for made in walked(loop_house, request.param):
        yield made, request.param


def left_alone(walk: Walk, name: str) -> None:
    """Leave it unaccepted: it goes up on the hour, and stays at the top with somebody who is told every day."""
    trail = UNTOUCHED[name]
    done = walk.open()
    assert (done.standing.tier, done.standing.holder) == (1, Holder(person=walk.town.grid.person_id))
    last = trail[-1][1]
    assert walk.wait(hours=last) == trail
    assert walk.row().tier == len(trail)
    assert walk.wait(days=2, hours=1) == [("reminded", DAY, trail[-1][2]), ("reminded", 2 * DAY, trail[-1][2])]


def accepted_and_left(walk: Walk, name: str) -> None:
    """Let each holder accept it and do nothing: it goes up on the day, not an hour before; its holder was warned."""
    walk.open()
    for tier, days in enumerate(LEFT[name], 1):
        assert walk.step(walk.town.officer, "accepted").standing.tier == tier
        soon = walk.wait(days=days, hours=-DAY - 1)
        assert {(what, holder) for what, _, holder in soon} <= {("warned", "officer")}
        assert days < 7 or soon, "in the last sixth of its time its holder is told that it is soon due"
        assert walk.wait(hours=DAY) == [], "it has an hour left"
        found = walk.wait(hours=1)
        assert [what for what, _, _ in found] == ["escalated" if tier < len(LEFT[name]) else "reminded"]
        assert found[0][1] == 1


def offered_and_not_answered(walk: Walk, name: str) -> None:
    """Let an offer stand: so long and no longer; the giver has it all the while."""
    walk.open()
    walk.step(walk.town.grid, "accepted")
    walk.step(walk.town.grid, "passed_on", "请接手", to=Holder(body="desk"))
    assert walk.wait(hours=OFFERED[name]) == [("lapsed", OFFERED[name], "grid")]


def settled_and_visited(walk: Walk, name: str) -> None:
    """Review it where that is asked for, visit on each day as somebody else; the clock closes it when it may."""
    days, closes = VISITED[name]
    walk.open()
    walk.step(walk.town.grid, "accepted")
    walk.step(walk.town.grid, "settled", "说和了")
    settled, gone = walk.now, 0
    if name in REVIEWED:
        review, chain = REVIEWED[name]
        assert walk.wait(days=review) == [("reminded", review * DAY, "grid")]
        given = walk.wait(days=len(chain), seconds=len(chain))
        assert given == [("reassigned", pytest.approx(n * DAY, abs=0.01), who) for n, who in enumerate(chain, 1)]
        walk.step(walk.town.commander, "reviewed", "评晒")
        gone = review + len(chain)
    for visit, day in enumerate(days, 1):
        assert (walk.row().due_at - settled).days == day
        if closes is None or visit <= closes:
            with pytest.raises(DisputeStepNotPossible, match="follow-up visit"):
                walk.step(walk.town.commander, "closed")
        told = walk.wait(days=day - gone, minutes=-1)
        assert [what for what, _, _ in told] == (["closed"] if closes is not None and visit == closes + 1 else [])
        assert [what for what, _, _ in walk.wait(minutes=1)] == ["reminded"], "on its day it is told of"
        assert walk.wait(hours=12) == [], "and once"
        done = walk.step(walk.town.officer, "followed_up", outcome=5)
        assert done.standing.followed == visit
        gone = day + 0.5
    walk.wait(days=2)
    assert walk.row().state == ("closed" if closes is not None else "settled")
    assert walk.row().due_at is None, "nothing is to come"


#: What the clock is to do, whoever's file it is.
STORIES = (left_alone, accepted_and_left, offered_and_not_answered, settled_and_visited)


@pytest.mark.parametrize("story", STORIES)
def test_the_clock_does_what_the_file_says_and_when(walk, story):
    story(*walk)
