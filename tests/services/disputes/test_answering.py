"""Bodies asked to a joint mediation answer: once, by their own people or the station's officers, and the holder is told."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible, DisputeStepNotYours
from gridmap.services import report_feed
from gridmap.services.disputes.acting import DisputeNotFound, HolderUnknown, KeyUsed
from gridmap.services.disputes.answering import answer, require_bodies
from gridmap.store import dispute_events
from tests.disputes import actor_of


@pytest.fixture
def joint(town, served):
    done = town.step(served, town.officer, town.open(served), "begun")
    return town.step(served, town.officer, done, "convened", bodies=("court", "desk"))


def say(served, town, who, done, body="court", said="joined", **more):
    return answer(served, who, town.station, done.dispute, body, said, **more)


def answers(served, done):
    rows = served.execute(
        text("SELECT body, answer, by FROM dispute_body WHERE dispute_id = :id ORDER BY body"), {"id": done.dispute}
    )
    return [tuple(row) for row in rows]  # fmt: skip


def test_a_mediator_answers_for_their_body_and_an_officer_for_any(town, served, joint):
    say(served, town, town.mediator, joint)
    done = say(served, town, town.officer, joint, "desk", "declined", note="值班台走不开")
    assert answers(served, joint) == [("court", "joined", "mediator"), ("desk", "declined", "officer")]
    told = served.execute(text("SELECT note, facts FROM dispute_event WHERE what = 'note' ORDER BY id")).all()
    assert [row.note for row in told] == ["小法庭参加联合调解", "值班台不参加联合调解：值班台走不开"]
    assert [(row.facts["body"], row.facts["answer"]) for row in told] == [("court", "joined"), ("desk", "declined")]
    assert (done.version, done.standing.state) == (joint.version + 2, "joint")


def test_one_request_sent_twice_is_one_answer_and_a_later_one_counts(town, served, joint):
    first = say(served, town, town.mediator, joint, key="one answer")
    no = say(served, town, town.mediator, joint, said="declined", note="走不开", key="another answer")
    assert (first.left, no.left) == (False, True)
    for key, before, facts in (
        ("one answer", first, {}),
        ("another answer", no, {"said": "declined", "note": "走不开"}),
    ):
        again = say(served, town, town.mediator, joint, key=key, **facts)
        assert (again.again, again.event, again.left) == (True, before.event, True)
    assert answers(served, joint)[0] == ("court", "declined", "mediator")
    with pytest.raises(KeyUsed):
        say(served, town, town.mediator, joint, said="declined", note="走不开", key="one answer")
    with pytest.raises(DisputeNotFound):
        say(served, town, town.mediator, joint, key="a third answer")
    say(served, town, town.officer, joint)
    assert answers(served, joint)[0] == ("court", "joined", "officer")


def test_who_declines_hears_that_the_dispute_is_gone_and_of_nothing_after_it(town, served, joint):
    begin = {town.station: joint.event}
    watcher = report_feed.watcher_of(served, town.mediator, town.station)
    done = say(served, town, town.mediator, joint, said="declined", note="走不开")
    heard = [watcher.told(step) for step in dispute_events.since(served, begin)]
    assert [(one[1], one[2]["what"], one[2]["gone"], len(one[2])) for one in heard] == [("dispute", "note", True, 5)]
    town.step(served, town.officer, done, "note", "后来")
    assert [watcher.told(step) is None for step in dispute_events.since(served, begin)] == [False, True]


def test_who_is_not_asked_or_not_of_the_body_or_says_no_why_is_refused(town, served, joint):
    with pytest.raises(HolderUnknown, match=r"no body police was asked .* asked were: court, desk"):
        say(served, town, town.officer, joint, "police")
    with pytest.raises(DisputeStepNotYours):
        say(served, town, town.grid, joint)
    with pytest.raises(DisputeStepNotYours):
        say(served, town, town.mediator, joint, "desk")
    with pytest.raises(DisputeStepNeeds):
        say(served, town, town.mediator, joint, said="declined", note="  ")
    with pytest.raises(DisputeStepNeeds):
        say(served, town, town.mediator, joint, said="perhaps")
    with pytest.raises(DisputeNotFound):
        say(served, town, actor_of(None, Role.MEDIATOR, "stranger"), joint)
    town.step(served, town.officer, joint, "settled", "谈妥了")
    with pytest.raises(DisputeStepNotPossible):
        say(served, town, town.mediator, joint)
    assert {one[1] for one in answers(served, joint)} == {"asked"}


@pytest.mark.parametrize("strange", ["nobody", "court"])
def test_a_body_that_is_gone_or_unknown_is_named(town, sessions, strange):
    with sessions.begin() as session:
        require_bodies(session, town.station, ("desk", "court"))
        session.execute(text("UPDATE body SET active = false WHERE code = 'court'"))
        with pytest.raises(HolderUnknown, match=f"station S001 has no body {strange} that works now"):
            require_bodies(session, town.station, ("desk", strange))
