"""Lists of gaps are kept while their data are unchanged, and no longer."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from gridmap.services.coverage import Limits, Shelf
from gridmap.store.tables import Dispute, IncidentCategory
from tests import makers
from tests.services.coverage.conftest import NOW


def test_a_list_is_kept_until_the_data_change(session, station):
    shelf, limits = Shelf(), Limits()
    first = shelf.look(session, "S001", limits, disputes=True)
    assert shelf.look(session, "S001", limits, disputes=True) is first
    assert shelf.look(session, "S001", limits, disputes=False) is not first
    assert shelf.look(session, "S001", Limits(visit_days=9), disputes=True) is not first
    makers.make_door(session, 0.3, 0.3)
    now = shelf.look(session, "S001", limits, disputes=True)
    assert now.gaps["kind"].tolist() == ["door_no_plate"]


def test_a_step_of_a_dispute_is_told_a_minute_later_and_a_new_dispute_at_once(session, station):
    session.add(IncidentCategory(code="quarrel", name_zh="争吵", name_en="Quarrel", is_dispute=True))
    session.flush()
    patient, hasty, limits = Shelf(), Shelf(steps=timedelta(0)), Limits()
    shelves = (patient, hasty)
    empty = [one.look(session, "S001", limits, disputes=True) for one in shelves]
    session.add(Dispute(station="S001", number="D1", kind="quarrel", opened_at=NOW))
    session.flush()
    kept = [one.look(session, "S001", limits, disputes=True) for one in shelves]
    assert not any(now is then for now, then in zip(kept, empty, strict=True))
    session.execute(update(Dispute).values(words="spoken to"))
    now = [one.look(session, "S001", limits, disputes=True) for one in shelves]
    assert [one is then for one, then in zip(now, kept, strict=True)] == [True, False]
    assert hasty.look(session, "S001", limits, disputes=True) is now[1]


def test_a_list_of_now_grows_old_and_the_shelf_stays_short(session, station):
    limits = Limits()
    old = Shelf(fresh=timedelta(0))
    assert old.look(session, "S001", limits, disputes=True) is not old.look(session, "S001", limits, disputes=True)
    short = Shelf(most=1)
    first = short.look(session, "S001", limits, disputes=True)
    short.look(session, "S001", limits, disputes=False)
    assert short.look(session, "S001", limits, disputes=True) is not first
