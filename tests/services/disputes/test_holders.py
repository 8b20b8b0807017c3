"""Who is given a dispute: who stands in, a body that is there; never somebody who is away or a body that is gone."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from gridmap.domain.dispute_words import DESK, Holder
from gridmap.services.disputes.acting import HolderUnknown
from gridmap.store import dispute_rows
from gridmap.store.engine import enter_scope
from tests import makers
from tests.disputes import WHEN, make_town, person

AWAY = text("""INSERT INTO leave (station, person_id, substitute_id, during)
               VALUES ('S001', :who, :instead, daterange(current_date - 1, current_date + 30))""")


@pytest.fixture
def town(sessions):
    with sessions.begin() as session:
        return make_town(session)


def away(sessions, who, instead=None):
    with sessions.begin() as session:
        session.execute(AWAY, {"who": who, "instead": instead})


def opened(app_sessions, town):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        return town.open(session).standing.holder


def test_who_is_away_is_stood_in_for(town, sessions, app_sessions):
    with sessions.begin() as session:
        other = makers.make_person(session, "other", "grid_member", station=town.station, cell="A2").id
    away(sessions, town.grid.person_id, other)
    assert opened(app_sessions, town) == Holder(person=other)


def test_where_who_stands_in_is_away_too_the_beat_s_officer_holds_it_and_at_last_the_desk(town, sessions, app_sessions):
    with sessions.begin() as session:
        other = makers.make_person(session, "other", "grid_member", station=town.station, cell="A2").id
    away(sessions, town.grid.person_id, other)
    away(sessions, other)
    assert opened(app_sessions, town) == person(town.officer)
    away(sessions, town.officer.person_id, other)
    assert opened(app_sessions, town) == DESK


def test_a_body_that_is_gone_is_given_nothing(town, sessions, app_sessions):
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        done = town.open(session)
        assert dispute_rows.holder_at(session, "S001", "court", beat=None, cell=None, at=WHEN) == Holder(body="court")
    with sessions.begin() as session:
        session.execute(text("UPDATE body SET active = false WHERE code = 'court'"))
    with app_sessions.begin() as session:
        enter_scope(session, [town.station])
        assert dispute_rows.holder_at(session, "S001", "court", beat=None, cell=None, at=WHEN) == DESK
        with pytest.raises(HolderUnknown):
            town.step(session, town.grid, done, "passed_on", "请接手", to=Holder(body="court"))
