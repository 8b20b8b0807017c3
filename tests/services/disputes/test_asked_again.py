"""A request that is sent again is done once, whoever else has the same key and whatever its sender may still see."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import Holder, Wish
from gridmap.domain.disputes import DisputeStepNeeds, DisputeStepNotPossible, DisputeStepNotYours
from gridmap.services.disputes import acting
from gridmap.services.disputes.acting import DisputeNotFound, KeyUsed
from tests.disputes import person

KEY = "of-this-request"


def act(session, town, actor, done, wish, key=KEY, **facts):
    return acting.act(session, actor, town.station, done.dispute, wish, version=None, key=key, **facts)


def notes(session):
    return list(session.scalars(text("SELECT note FROM dispute_event WHERE what = 'note' ORDER BY id")))


def test_who_gave_it_back_and_sees_it_no_more_is_told_that_it_was_done(town, served):
    done = town.open(served)
    done = town.step(served, town.officer, done, "passed_on", "x", to=Holder(body="court"))
    wish = Wish("refused", "没空")
    first = act(served, town, town.mediator, done, wish)
    again = act(served, town, town.mediator, done, wish)
    assert (first.again, first.left, again.again, again.left) == (False, True, True, True)
    assert again.event == first.event
    with pytest.raises(DisputeNotFound):
        act(served, town, town.mediator, done, Wish("note", "x"), key="another-key")


def test_a_key_with_another_note_is_refused_and_nothing_is_dropped_in_silence(town, served):
    done = town.open(served)
    act(served, town, town.grid, done, Wish("note", "一"))
    assert act(served, town, town.grid, done, Wish("note", "一")).again
    with pytest.raises(KeyUsed, match="take a new key"):
        act(served, town, town.grid, done, Wish("note", "二"))
    assert notes(served) == ["一"]


def test_two_people_with_one_key_are_two_requests(town, served):
    done = town.open(served)
    act(served, town, town.grid, done, Wish("note", "一"))
    assert not act(served, town, town.officer, done, Wish("note", "一")).again
    assert notes(served) == ["一", "一"]


def test_somebody_without_a_person_takes_no_offer_of_others(town, served):
    """Neither has a number in the roster: that makes them nobody's equal."""
    done = town.open(served)
    done = town.step(served, town.grid, done, "passed_on", "x", to=Holder(body="court"))
    for step in ("taken", "refused"):
        with pytest.raises(DisputeStepNotYours):
            act(served, town, town.commander, done, Wish(step, "x"))
    assert act(served, town, town.mediator, done, Wish("taken")).standing.holder == person(town.mediator)


@pytest.mark.parametrize(("step", "fact"), [("linked", "links"), ("paper", "paper")])
def test_the_history_tells_of_nothing_that_was_not_there(town, served, step, fact):
    done = town.open(served)
    with pytest.raises(DisputeStepNeeds, match=f"with its {fact}"):
        act(served, town, town.officer, done, Wish(step, "x"))


def test_it_is_not_passed_on_to_who_holds_it(town, served):
    done = town.open(served)
    with pytest.raises(DisputeStepNotPossible, match="hold it already"):
        act(served, town, town.officer, done, Wish("passed_on", "x", to=done.standing.holder))
