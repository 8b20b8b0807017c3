"""Beijie: nothing is begun unsigned, every hand-over is taken or comes back, every matter is visited; seven groups; tips."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Holder
from gridmap.domain.disputes import DisputeStepNotPossible, DisputeStepNotYours
from gridmap.services.disputes import matching
from gridmap.services.disputes.acting import DisputeNotFound
from tests import makers
from tests.looped import loop_house, walked

__all__ = ["loop_house"]

SEVEN = ["网格员群", "志愿者群", "物业群", "学校群", "夜市摊主群", "快递外卖群", "旅馆群"]


@pytest.fixture
def walk(loop_house):
    yield from walked(loop_house, "beijie")


def test_every_hand_over_is_signed_for_or_comes_back_and_every_matter_is_visited_three_times(walk):
    town, manager = walk.town, walk.mediator("BJ-P1")
    walk.open(kind="housing")
    with pytest.raises(DisputeStepNotPossible):
        walk.step(town.grid, "begun")
    with pytest.raises(DisputeStepNotPossible):
        walk.step(town.grid, "passed_on", "请物业接手", to=Holder(body="property_union"))
    walk.step(town.grid, "accepted")
    everybody = {"officer", "grid_member", "mediator", "commander"}
    assert walk.who("begun") == walk.who("passed_on", "请接手", to=Holder(body="desk")) == everybody
    assert walk.needs("grid_member", "passed_on", note="请接手", to=Holder(body="desk")) == {"note", "to"}
    offered = walk.step(town.grid, "passed_on", "请物业接手", to=Holder(body="property_union"))
    assert offered.standing.holder.person == town.grid.person_id, "who gives it keeps it until it is taken"
    assert offered.standing.due_at == walk.after(hours=4)
    back = walk.step(manager, "refused", "不归我们管")
    assert (back.standing.state, back.standing.holder.person) == ("accepted", town.grid.person_id)
    walk.step(town.grid, "passed_on", "请再看一下", to=Holder(body="property_union"))
    assert walk.wait(hours=5) == [("lapsed", 4, "grid")]
    assert walk.row().state == "accepted"
    walk.step(town.grid, "passed_on", "第三次", to=Holder(person=manager.person_id))
    with pytest.raises(DisputeStepNotYours):
        walk.step(town.grid, "taken")
    taken = walk.step(manager, "taken")
    assert (taken.standing.state, taken.standing.holder.person) == ("accepted", manager.person_id)
    walk.step(manager, "begun")
    done = walk.step(manager, "settled", "修好了")
    for days, visits in ((7, 1), (23, 2), (60, 3)):
        assert done.standing.due_at == walk.after(days=days)
        assert walk.who("closed") == set(), "every visit comes first"
        assert walk.wait(days=days) == [("reminded", days * 24, "BJ-P1")]
        done = walk.step(town.officer, "followed_up", outcome=5)
        assert done.standing.followed == visits
    assert walk.wait(days=7) == [], "and then a person closes it, not the clock"
    assert walk.who("closed") == {"officer", "grid_member", "commander"}
    assert walk.step(town.officer, "closed").standing.state == "closed"


def test_a_volunteers_tip_runs_the_loop_in_short_and_a_hazard_is_looked_at_once_more(walk):
    town = walk.town
    tip = walk.open(matter="tip", source="tip", kind="noise", words="合成：夜市音响")
    assert tip.standing.due_at == walk.after(hours=2)
    assert tip.standing.settle_by == walk.after(days=1), "the clock of its kind goes first"
    walk.step(town.grid, "accepted")
    done = walk.step(town.grid, "settled", "已提醒摊主")
    assert done.standing.due_at is None
    assert walk.wait(days=30) == []
    walk.step(town.grid, "closed")
    tip = walk.open(matter="tip", source="tip", kind="other_dispute", words="合成：夜里有人")
    assert tip.standing.settle_by == walk.after(days=3)
    hazard = walk.open(matter="hazard", source="patrol", kind="other_dispute", words="合成：占用消防通道")
    assert (hazard.standing.due_at, hazard.standing.settle_by) == (walk.after(hours=1), walk.after(days=2))
    walk.step(town.grid, "accepted")
    done = walk.step(town.grid, "settled", "已清理")
    assert done.standing.due_at == walk.after(days=7)
    assert walk.wait(days=7) == [("reminded", 7 * 24, "grid")]
    walk.step(town.officer, "followed_up", outcome=5)
    walk.step(town.grid, "closed")


def test_each_of_the_seven_groups_is_told_what_concerns_it(walk):
    groups = [group.code for group in walk.loop.rules.groups]
    assert [group.name_zh for group in walk.loop.rules.groups] == SEVEN
    with walk.owner() as session:
        session.execute(
            text("""INSERT INTO web_hook (station, url, sealed_secret, events, groups, by)
                    SELECT 'S001', 'http://127.0.0.1:9/' || g, '', '{dispute_opened}', ARRAY[g], 'test'
                    FROM unnest(CAST(:groups AS text[])) AS g"""),
            {"groups": groups},
        )
    walk.open(matter="tip", kind="noise")
    for kind in ("delivery", "stall"):
        standing = walk.open(kind=kind).standing
        assert (standing.tier, standing.settle_by) == (1, walk.after(days=3))
    for kind in ("school", "neighbours", "family", "housing", "consumer", "traffic_dispute", "labour"):
        walk.open(kind=kind)
    told = walk.session.execute(
        text("""SELECT h.groups[1] AS who, d.body ->> 'kind' AS kind FROM web_hook_delivery d
                JOIN web_hook h ON h.id = d.hook_id ORDER BY d.id""")
    ).all()
    heard = {kind: {row.who for row in told if row.kind == kind} for kind in {row.kind for row in told}}
    assert heard == {
        "noise": {"volunteers", "property", "night_stalls"}, "delivery": {"couriers"}, "school": {"schools"},
        "stall": {"night_stalls"}, "neighbours": {"grid_members", "volunteers"}, "family": {"grid_members"},
        "housing": {"grid_members", "property"}, "consumer": {"night_stalls", "hotels"}, "traffic_dispute": {"couriers"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("x", "team", "own", "other"), [(0.5, "team_a", "BJ-TA1", "BJ-TB1"), (1.5, "team_b", "BJ-TB1", "BJ-TA1")]
)
def test_every_community_has_a_team_and_it_alone_takes_what_happens_there(walk, x, team, own, other):
    town, place = walk.town, makers.spot(x, 0.25)
    walk.open(kind="family", address_id=None, lon=place.x, lat=place.y)
    held = {"team_a": "grid", "team_b": "desk"}
    assert walk.wait(hours=1, minutes=59) == [], f"it is with {held[team]}"
    assert walk.wait(minutes=1) == [("escalated", 0.02, team)]
    assert (walk.row().tier, walk.loop.tiers[2].name_zh) == (2, "社区警务团队")
    done = walk.done
    with pytest.raises(DisputeNotFound):
        walk.step(walk.mediator(other), "accepted")
    nearest = matching.propose(walk.session, town.officer, town.station, done.dispute).matches[0]
    assert (nearest.who.body, nearest.who.code) == (team, {"team_a": "BJ-TA2", "team_b": "BJ-TB1"}[team])
    done = walk.step(walk.mediator(own), "accepted")
    assert done.standing.holder.person == walk.mediator(own).person_id
    assert walk.wait(days=10) == [("escalated", 240, "officer" if team == "team_a" else "desk")]
    assert walk.wait(hours=8) == [("escalated", 8, "governance_centre")]


def test_what_is_worked_is_handed_over_with_a_reason_and_begun_by_who_has_accepted_it(walk):
    everybody, offer = (
        {"officer", "grid_member", "mediator", "commander"},
        {"note": "请接手", "to": Holder(body="desk")},
    )
    walk.open()
    assert walk.who("passed_on", **offer) == walk.who("begun") == set(), "nothing moves that nobody has signed for"
    for state in walk.worked(walk.town.officer):
        assert walk.who("passed_on", **offer) == everybody
        assert walk.needs("officer", "passed_on", **offer) == {"note", "to"}
        assert walk.who("begun") == (everybody if state == "accepted" else set())
    walk.step(walk.town.officer, "passed_on", **offer)
    assert walk.who("taken") == everybody
    assert walk.step(walk.town.officer, "taken").standing.state == "accepted", "who takes it over has signed for it"
