"""The mediators of a station for a dispute, with the work in their hands as the database tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain import loops
from gridmap.domain.dispute_words import Holder
from gridmap.domain.loop_rules import to_json
from gridmap.domain.loops import KindRule, Named, Rules
from gridmap.services.disputes import matching
from gridmap.services.disputes.acting import DisputeNotFound
from gridmap.store import loops as kept_loops
from gridmap.store.tables import Mediator, Person
from tests import makers
from tests.disputes import make_town, person
from tests.queries import queries

__all__ = ["queries"]
NOW = datetime.now(UTC)


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        town = make_town(session)
        rules = Rules(
            kinds=(KindRule("labour", trades=("union",)),),
            trades=(Named("union", "工会", "Trade union"),),
            languages=("ru",),
        )
        loop = loops.Loop("town", "试", "Try", loops.STANDARD.tiers.values(), loops.STANDARD.moves.values(), rules)
        kept_loops.put(session, loop, to_json(rules), by="test")
        kept_loops.follow(session, town.station, "town")
        for name, facts in (("near", {"cell": "A1"}), ("far", {"cell": "B1"}), ("gone", {})):
            one = makers.make_person(session, name, "mediator", **facts)
            trades = ["union"] if name == "far" else []
            languages = ["zh", "ru"] if name == "far" else ["zh"]
            session.add(Mediator(person_id=one.id, station=town.station, trades=trades, languages=languages, most=2))
            if name == "gone":
                makers.make_leave(session, one, NOW.date() - timedelta(days=2), NOW.date() + timedelta(days=5))
        session.flush()
        return town


def names(proposal) -> list[str]:
    return [match.who.name for match in proposal.matches]


def ask(town, session, dispute: int, **facts: object):
    return matching.propose(session, town.officer, town.station, dispute, **facts)


def test_the_nearest_comes_first_and_who_is_away_last(town, served, queries):
    dispute = town.open(served).dispute
    queries.clear()
    found = ask(town, served, dispute)
    assert len(queries) <= 10
    assert names(found) == ["near", "mediator", "far", "gone"]
    assert [match.ready for match in found.matches] == [True, True, True, False]
    said = [words for _, words in matching.told(found.matches[0], found.trades, "zh")]
    assert any("本网格 A1" in words for words in said)
    assert any("休假" in words for good, words in matching.told(found.matches[-1], found.trades, "zh") if not good)


def test_the_trade_of_the_kind_and_the_language_go_before_the_place(town, served):
    assert names(ask(town, served, town.open(served, kind="labour").dispute))[0] == "far"
    found = ask(town, served, town.open(served, language="ru").dispute)
    assert names(found)[0] == "far"
    assert (True, "speaks Russian") in matching.told(found.matches[0], found.trades, "en")
    assert (False, "不会说俄语") in matching.told(found.matches[1], found.trades, "zh")


def test_what_is_held_and_offered_is_load_and_a_full_desk_waits(town, served):
    near = served.scalar(text("SELECT id FROM person WHERE name = 'near'"))
    for _ in range(2):
        town.step(served, town.officer, town.open(served), "passed_on", "请接手", to=Holder(person=near))
    found = ask(town, served, town.open(served).dispute)
    match = next(match for match in found.matches if match.who.name == "near")
    assert (match.who.open, match.ready) == (2, False)
    assert names(found)[-2:] == ["near", "gone"]


def settle(town, session, opened: datetime, days: int, *, away: bool = False):
    done = town.open(session, opened_at=opened)
    done = town.step(session, town.officer, done, "passed_on", "请接手", to=person(town.mediator))
    done = town.step(session, town.mediator, done, "taken")
    if away:
        return town.step(session, town.mediator, done, "escalated", "谈不拢")
    return town.step(session, town.mediator, done, "settled", "握手言和")


def test_the_past_is_what_was_settled_of_what_came_into_somebodys_hands(town, served):
    for n in range(7):
        settle(town, served, NOW - timedelta(days=10), 10, away=n == 0)
    settle(town, served, NOW - timedelta(days=400), 10)  # too long ago
    town.open(served, kind="family")
    found = ask(town, served, town.open(served).dispute)
    who = next(match.who for match in found.matches if match.who.name == "mediator")
    assert (who.cases, who.settled) == (7, 6)
    assert who.days == pytest.approx(10, abs=0.1)
    assert who.open == 0
    other = ask(town, served, town.open(served, kind="family").dispute)
    assert next(match.who for match in other.matches if match.who.name == "mediator").cases == 0


def test_who_holds_it_is_not_proposed_and_who_does_not_see_it_is_told_nothing(town, served):
    done = town.open(served)
    done = town.step(served, town.officer, done, "passed_on", "请接手", to=person(town.mediator))
    assert ask(town, served, done.dispute).may is False  # it is offered already
    town.step(served, town.mediator, done, "taken")
    assert "mediator" not in names(ask(town, served, done.dispute))
    other = town.open(served).dispute
    with pytest.raises(DisputeNotFound):
        matching.propose(served, town.mediator, town.station, other)


def test_on_duty_counts_where_there_is_a_roster(town, served, sessions):
    with sessions.begin() as session:
        makers.make_shift(
            session,
            session.get_one(Person, town.mediator.person_id),
            NOW - timedelta(hours=12),
            NOW + timedelta(hours=12),
        )
    found = ask(town, served, town.open(served).dispute)
    shifts = {match.who.name: match.who.on_shift for match in found.matches}
    assert shifts == {"mediator": True, "near": False, "far": False, "gone": False}
