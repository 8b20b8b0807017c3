"""Opening a dispute: once for each key of whoever asks, and without numbers of people in what is kept."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.access import Role
from gridmap.domain.dispute_words import Holder, Wish
from gridmap.services.disputes import acting, opening
from gridmap.services.disputes.acting import KeyUsed
from tests.disputes import actor_of

KEY = "one-request-1"
PHONE, CARD, OFFICE = "138 0013-8000", "11010519491231002X", "0351-1234567"


def count(session):
    return session.scalar(text("SELECT count(*) FROM dispute"))


def test_the_same_request_is_told_again(town, served):
    first, again = (town.open(served, key=KEY) for _ in range(2))
    assert (again.again, again.dispute, again.event, count(served)) == (True, first.dispute, first.event, 1)
    # Also when it lived on since.
    town.step(served, town.grid, first, "accepted")
    assert town.open(served, key=KEY).standing.state == "accepted"


@pytest.mark.parametrize(
    "other", [{"words": "另一件事"}, {"kind": "debt"}, {"marks": ("worse",)}, {"grade": 1}, {"language": "en"},
              {"address_id": None, "lon": 112.9, "lat": 35.8}, {"to": Holder(body="court")}, {"source": "call"}],
)  # fmt: skip
def test_a_key_is_not_used_for_something_else(town, served, other):
    town.open(served, key=KEY)
    with pytest.raises(KeyUsed) as refused:
        town.open(served, key=KEY, **other)
    assert "take a new key" in refused.value.detail
    assert count(served) == 1


def test_what_is_sent_beside_it_belongs_to_the_request(town, served):
    intake = opening.Intake("debt", address_id=town.door)
    for beside, same in ((("张某", ""), True), (("张某", ""), True), (("李某", ""), False)):
        if same:
            opening.open_dispute(served, town.officer, town.station, intake, key=KEY, beside=beside)
        else:
            with pytest.raises(KeyUsed):
                opening.open_dispute(served, town.officer, town.station, intake, key=KEY, beside=beside)
    assert count(served) == 1


def test_two_people_may_have_one_key(town, served):
    first = town.open(served, key=KEY)
    stranger = actor_of(None, Role.MEDIATOR, "stranger")
    other = opening.open_dispute(
        served, stranger, town.station, opening.Intake("debt", "另一件", address_id=town.door), key=KEY
    )
    assert (other.again, count(served)) == (False, 2)
    assert other.dispute != first.dispute


def test_a_key_of_a_step_opens_nothing(town, served):
    done = town.open(served)
    acting.act(served, town.officer, town.station, done.dispute, Wish("note", "看过"), version=None, key=KEY)
    with pytest.raises(KeyUsed):
        town.open(served, key=KEY)
    assert count(served) == 1


def test_numbers_of_people_are_kept_nowhere(town, served):
    said = f"电话{PHONE}，身份证{CARD}，街办 {OFFICE}，2025-06-01 发生"
    done = town.open(served, words=said)
    done = town.step(served, town.grid, done, "note", said)
    done = town.step(served, town.grid, done, "accepted")
    town.step(served, town.officer, done, "escalated", said)
    kept = served.scalars(
        text("SELECT words FROM dispute UNION ALL SELECT note FROM dispute_event WHERE note <> ''")
    ).all()
    assert kept == ["电话***，身份证***，街办 ***，2025-06-01 发生"] * 3
