"""Pingchuan: group, village, town; five grades, five types of mediator; reviewed in public before it is visited again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gridmap.domain.disputes import DisputeStepNotPossible, DisputeStepNotYours
from gridmap.services.disputes import matching
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.store import dispute_rows
from tests import makers
from tests.looped import walked


@pytest.fixture
def walk(sessions, app_sessions):
    yield from walked(sessions, app_sessions, "pingchuan")


def test_find_step_in_mediate_jointly_review_in_public_visit_again(walk):
    names = walk.loop.rules.steps
    assert [names[step][0] for step in ("opened", "accepted", "convened", "reviewed", "followed_up")] == [
        "排查", "介入", "联调", "评晒", "回访",
    ]  # fmt: skip
    town, village = walk.town, walk.mediator("PC-P1")
    done = walk.open(actor=town.grid, kind="water", source="patrol", grade=3)
    assert (done.standing.tier, done.standing.holder.body) == (2, "village_a")
    walk.step(village, "accepted")
    walk.step(village, "convened", bodies=("group_heads", "justice_office"))
    walk.wait(days=2)
    done = walk.step(village, "settled", "轮灌，隔日放水")
    assert done.standing.due_at == walk.after(days=7), "the review is due first"
    with pytest.raises(DisputeStepNotPossible):
        walk.step(village, "followed_up", outcome=5)
    with pytest.raises(DisputeStepNotPossible):
        walk.step("clock", "closed")
    with pytest.raises(DisputeStepNotYours):
        walk.step(town.grid, "reviewed", "评晒")
    settled = walk.now
    walk.wait(days=6)
    done = walk.step(village, "reviewed", "村务公开栏评晒三日，无异议")
    assert (done.standing.state, done.standing.due_at) == ("reviewed", settled + timedelta(days=15))
    walk.wait(days=10)
    with pytest.raises(DisputeStepNotPossible, match="follow-up visit comes first"):
        walk.step("clock", "closed")
    done = walk.step(village, "followed_up", outcome=4)
    assert done.standing.due_at == settled + timedelta(days=90)
    walk.step("clock", "closed")
    done = walk.step("resident", "reopened", "又断水了")
    assert (done.standing.tier, done.standing.holder.body, done.standing.settled_at) == (3, "town_centre", None)


def test_a_quarrel_goes_from_the_group_to_the_village_to_the_town(walk):
    assert [tier.name_zh for tier in walk.loop.tiers.values()] == ["社级", "村级", "镇级"]
    done = walk.open()
    held = [done.standing.holder]
    for _ in range(2):
        walk.wait(days=31)
        held.append(walk.step("clock", "escalated").standing.holder)
    assert [one.person or one.body for one in held] == [walk.town.grid.person_id, "village_a", "town_centre"]
    with pytest.raises(DisputeStepNotPossible):
        walk.step("clock", "escalated")
    walk.step("clock", "reminded")


@pytest.mark.parametrize(("grade", "tier", "days"), [(1, 1, 3), (2, 1, 7), (3, 2, 10), (4, 3, 15), (5, 3, 20)])
def test_each_of_the_five_grades_has_its_tier_and_its_clock(grade, tier, days):
    from datetime import UTC, datetime

    from gridmap.domain.dispute_words import NOBODY, Standing
    from tests.looped import file_of

    loop, now = file_of("pingchuan").loop, datetime.now(UTC)
    assert loop.entry("neighbours", grade) == tier
    standing = Standing("open", tier, NOBODY, now, None, None, kind="neighbours", grade=grade)
    assert loop.opening(standing, now)[1] == now + timedelta(days=days)


def test_the_type_of_mediator_follows_the_kind(walk):
    types = {one.code for one in walk.loop.rules.types}
    assert types == {"people", "administrative", "judicial", "trade", "elder"}
    seen = set()
    for kind in ("neighbours", "labour", "debt", "traffic_dispute", "other_dispute"):
        done = walk.open(kind=kind)
        best = matching.propose(walk.session, walk.town.officer, walk.town.station, done.dispute).matches[0]
        assert best.who.type in walk.loop.kind(kind).trades
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
