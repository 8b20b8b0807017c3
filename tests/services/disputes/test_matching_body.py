"""A mediator's body in the proposal: its trades are theirs, and the tier's own body comes first among equals."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.matching import Asked, Candidate, propose
from gridmap.services.disputes import configure, matching
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Mediator
from tests import makers
from tests.disputes import make_town
from tests.looped import file_of


def test_of_two_alike_the_one_of_the_tier_s_body_comes_first():
    other, meant = (Candidate(person, f"M{person}", "x", body) for person, body in ((1, "lawyers"), (2, "court")))
    found = propose(Asked(body="court"), [other, meant])
    assert [match.who.body for match in found] == ["court", "lawyers"]
    assert [match.who.body for match in propose(Asked(), [other, meant])] == ["lawyers", "court"], "else by their codes"


@pytest.mark.parametrize("active", [True, False])
def test_the_trades_of_a_body_are_those_of_its_mediators_while_it_is_there(sessions, app_sessions, active):
    with sessions.begin() as session:
        town = make_town(session)
        configure.load(session, file_of("nancheng"), [town.station], by="test")
        session.execute(text("DELETE FROM mediator"))
        newcomer = makers.make_person(session, "newcomer", "mediator", station=town.station)
        session.add(Mediator(person_id=newcomer.id, station=town.station, body="housing_bureau"))
        session.execute(text("UPDATE body SET active = :active WHERE code = 'housing_bureau'"), {"active": active})
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        done = town.open(session, kind="housing")
        (match,) = matching.propose(session, town.officer, town.station, done.dispute).matches
    assert {reason.word for reason in match.reasons} & {"trade", "no_trade"} == {"trade" if active else "no_trade"}
