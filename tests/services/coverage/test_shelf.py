"""Lists of gaps are kept while their data are unchanged, and no longer."""

from __future__ import annotations

from datetime import timedelta

from gridmap.services.coverage import Limits, Shelf
from tests import makers


def test_a_list_is_kept_until_the_data_change(session, station):
    shelf, limits = Shelf(), Limits()
    first = shelf.look(session, "S001", limits, disputes=True)
    assert shelf.look(session, "S001", limits, disputes=True) is first
    assert shelf.look(session, "S001", limits, disputes=False) is not first
    assert shelf.look(session, "S001", Limits(visit_days=9), disputes=True) is not first
    makers.make_door(session, 0.3, 0.3)
    now = shelf.look(session, "S001", limits, disputes=True)
    assert now.gaps["kind"].tolist() == ["door_no_plate"]


def test_a_list_of_now_grows_old_and_the_shelf_stays_short(session, station):
    limits = Limits()
    old = Shelf(fresh=timedelta(0))
    assert old.look(session, "S001", limits, disputes=True) is not old.look(session, "S001", limits, disputes=True)
    short = Shelf(most=1)
    first = short.look(session, "S001", limits, disputes=True)
    short.look(session, "S001", limits, disputes=False)
    assert short.look(session, "S001", limits, disputes=True) is not first
