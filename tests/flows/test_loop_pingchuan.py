"""Pingchuan: group, village, town; five grades, five types of mediator; reviewed in public before it is visited again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gridmap.domain.disputes import DisputeStepNotPossible
from gridmap.services.disputes import matching
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.store import dispute_rows
from tests import makers
from tests.looped import loop_house, walked

__all__ = ["loop_house"]


#: kind -> the types of mediator that mediate it.
KINDS = {
    "neighbours": {"elder", "people"}, "family": {"elder", "people"}, "labour": {"administrative"}, "debt": {"judicial"},
    "land": {"administrative", "judicial"}, "housing": {"trade"}, "traffic_dispute": {"trade"}, "consumer": {"trade"},
    "school": {"administrative"}, "other_dispute": {"people"}, "water": {"elder", "administrative"},
}  # fmt: skip


@pytest.fixture
def walk(loop_house):
    yield from walked(loop_house, "pingchuan")


def test_find_step_in_mediate_jointly_review_in_public_visit_again(walk):
    names = walk.loop.rules.steps
    assert [names[step][0] for step in ("opened", "accepted", "convened", "reviewed", "followed_up")] == [
        "排查", "介入", "联调", "评晒", "回访",
    ]  # fmt: skip
    town, village = walk.town, walk.mediator("PC-P1")
    done = walk.open(actor=town.grid, kind="water", source="patrol", grade=3)
    assert (done.standing.tier, done.standing.holder.body) == (2, "village_a")
    walk.step(village, "accepted")
    assert walk.who("convened", bodies=("justice_office",)) == {"officer", "mediator", "commander"}
    assert walk.needs("mediator", "convened", bodies=("justice_office",)) == {"bodies"}
    walk.step(village, "convened", bodies=("group_heads", "justice_office"))
    assert walk.wait(days=2) == []
    done = walk.step(village, "settled", "轮灌，隔日放水")
    assert done.standing.due_at == walk.after(days=7), "the review is due first"
    with pytest.raises(DisputeStepNotPossible):
        walk.step(village, "followed_up", outcome=5)
    assert walk.who("closed") == set()
    assert walk.who("reviewed", "评晒") == {"officer", "mediator", "commander"}
    assert walk.needs("mediator", "reviewed", note="评晒") == {"note"}
    settled = walk.now
    assert walk.wait(days=6) == []
    done = walk.step(village, "reviewed", "村务公开栏评晒三日，无异议")
    assert (done.standing.state, done.standing.due_at) == ("reviewed", settled + timedelta(days=15))
    assert walk.wait(days=9, hours=12) == [("reminded", 9 * 24, "PC-P1")], (
        "it is due, and not closed before it was made"
    )
    assert walk.who("closed") == set()
    assert walk.who("followed_up", outcome=4) == {"officer", "grid_member", "mediator", "commander"}
    assert walk.needs("officer", "followed_up", outcome=4) == {"outcome"}
    done = walk.step(town.officer, "followed_up", outcome=4)
    assert done.standing.due_at == settled + timedelta(days=90)
    assert walk.who("closed") == {"officer", "grid_member", "mediator", "commander", "clock"}
    assert walk.wait(minutes=10) == [("closed", 0.17, "PC-P1")]
    assert walk.wait(days=75) == [("reminded", pytest.approx(74.5 * 24, abs=1), "PC-P1")]
    assert walk.who("followed_up", outcome=4) == {"officer", "grid_member", "mediator", "commander"}
    assert walk.needs("officer", "followed_up", outcome=4) == {"outcome"}
    done = walk.step("resident", "reopened", "又断水了")
    assert (done.standing.tier, done.standing.holder.body, done.standing.settled_at) == (3, "town_centre", None)


def test_a_quarrel_goes_from_the_group_to_the_village_to_the_town(walk):
    assert [tier.name_zh for tier in walk.loop.tiers.values()] == ["社级", "村级", "镇级"]
    done = walk.open()
    assert done.standing.holder.person == walk.town.grid.person_id
    walk.step(walk.town.grid, "accepted")
    assert walk.who("convened", bodies=("group_heads",)) == set(), "no joint table below the village"
    assert walk.wait(days=5, hours=23) == [("warned", 143, "grid")]
    assert walk.wait(days=1, hours=1) == [("escalated", 25, "village_a")]
    walk.step(walk.mediator("PC-P1"), "accepted")
    assert walk.wait(days=13) == [("warned", 13 * 24, "PC-P1")]
    assert walk.wait(days=2) == [("escalated", 48, "town_centre")]
    assert walk.wait(days=2) == [("reminded", 24, "town_centre")], "and nobody is above the town"


@pytest.mark.parametrize(("grade", "tier", "days"), [(1, 1, 3), (2, 1, 7), (3, 2, 10), (4, 3, 15), (5, 3, 20)])
def test_each_of_the_five_grades_has_its_tier_and_its_clock(walk, grade, tier, days):
    done = walk.open(grade=grade)
    assert done.standing.tier == tier
    assert done.standing.settle_by == walk.after(days=days)
    walk.step(walk.town.officer, "accepted")
    told = walk.wait(days=days)
    assert told[-1][:2] == ("escalated" if tier < 3 else "reminded", days * 24), "on its own day"


@pytest.mark.parametrize(("mark", "tier", "holder"), [("worse", 2, "village_a"), ("threats", 3, "town_centre")])
def test_what_grows_worse_begins_at_the_village_and_threats_at_the_town(walk, mark, tier, holder):
    standing = walk.open(grade=1, marks=(mark,)).standing
    assert (standing.tier, standing.holder.body) == (tier, holder)
    assert walk.open(kind="family", grade=2).standing.tier == 1
    assert walk.wait(hours=1) == []
    standing = walk.step(walk.town.officer, "marked", marks=(mark,)).standing
    assert (standing.tier, standing.holder.body) == (tier, holder), "what is found to be graver goes up at once"


def test_the_type_of_mediator_follows_the_kind(walk):
    types = {one.code for one in walk.loop.rules.types}
    assert types == {"people", "administrative", "judicial", "trade", "elder"}
    seen = set()
    for kind, types_of in KINDS.items():
        done = walk.open(kind=kind)
        best = matching.propose(walk.session, walk.town.officer, walk.town.station, done.dispute).matches[0]
        assert (done.standing.tier, set(walk.loop.kind(kind).trades)) == (1, types_of)
        assert best.who.type in types_of
        assert kind != "neighbours" or best.who.code == "PC-E2", "the elder of the cell itself"
        seen.add(best.who.type)
    assert seen == types


@pytest.mark.parametrize(
    ("x", "y", "village", "elder"), [(0.5, 0.25, "village_a", "PC-E2"), (1.5, 0.25, "village_b", "PC-E3")]
)
def test_each_village_has_its_own_committee_and_its_own_elder(walk, x, y, village, elder):
    """Where it happened decides who holds it and who is proposed; what is outside every village stays with the common body."""
    town, place = walk.town, makers.spot(x, y)
    done = walk.open(kind="neighbours", grade=3, address_id=None, lon=place.x, lat=place.y)
    assert (done.standing.tier, done.standing.holder.body) == (2, village)
    matches = matching.propose(walk.session, town.officer, town.station, done.dispute).matches
    assert matches[0].who.code == elder
    assert {match.who.body for match in matches if "body" in {one.word for one in match.reasons}} == {village}
    own = {"village_a": "PC-P1", "village_b": "PC-P2"}
    other = walk.mediator(own[village.replace("_a", "_x").replace("_b", "_a").replace("_x", "_b")])
    with pytest.raises(DisputeNotFound):
        walk.step(other, "accepted")
    done = walk.step(walk.mediator(own[village]), "accepted")
    assert done.standing.holder.person == walk.mediator(own[village]).person_id
    nowhere = dispute_rows.holder_at(walk.session, town.station, "village_committee", beat=None, cell=None, at=walk.now)
    assert nowhere.body == "village_committee"


def test_bodies_mediate_jointly_at_village_and_town_alone(walk):
    table = {"note": "请到场", "bodies": ("justice_office",)}
    walk.open(grade=1)
    for step in ("accepted", "begun"):
        walk.step(walk.town.officer, step)
        assert walk.who("convened", **table) == set()
    for grade, tier in ((3, 2), (5, 3)):
        assert walk.open(kind="debt", grade=grade).standing.tier == tier
        for _state in walk.worked(walk.town.officer):
            assert walk.who("convened", **table) == {"officer", "mediator", "commander"}
            assert walk.needs("officer", "convened", **table) == {"bodies"}


def test_patrols_and_schools_are_told_of_what_concerns_them(walk):
    assert walk.groups_told("neighbours", "water", "school", "debt") == {
        "neighbours": {"volunteers"}, "water": {"volunteers"}, "school": {"schools"}, "debt": set(),
    }  # fmt: skip
