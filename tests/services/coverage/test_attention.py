"""Gaps of attention: unvisited doors and cells, disputes nobody came back to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gridmap.services.coverage import Limits
from gridmap.store.tables import Address, Dispute, DisputeEvent, IncidentCategory
from tests import makers
from tests.services.coverage.conftest import NOW

DAY = timedelta(days=1)


@pytest.fixture
def doors(session, station):
    """Return the door of each cell."""
    return {door.code: door for door in session.query(Address)}


@pytest.fixture
def dispute(session, station):
    """Return the function that adds a dispute opened, and settled, some days ago."""
    session.add(IncidentCategory(code="quarrel", name_zh="争吵", name_en="Quarrel", is_dispute=True))
    session.flush()

    def add(number, opened, settled=None, *, state=None, door=None, facts=None, **events):
        one = Dispute(
            station="S001", number=number, kind="quarrel", opened_at=NOW - opened * DAY,
            settled_at=None if settled is None else NOW - settled * DAY,
            state=state or ("open" if settled is None else "settled"),
            address_id=None if door is None else door.id, geom=makers.wkb(makers.spot(0.4, 0.4)), **(facts or {}),
        )  # fmt: skip
        session.add(one)
        session.flush()
        for what, ago in events.items():
            session.add(
                DisputeEvent(station="S001", dispute_id=one.id, at=NOW - ago * DAY, by="test", what=what, role="import")
            )
        return one

    return add


def test_doors_are_unvisited_from_the_day_the_period_is_over(session, told, doors):
    for code, ago in (("A1", 10), ("A2", 190), ("B1", 181), ("B2", 179)):
        makers.make_visit(session, doors[code], NOW - ago * DAY)
    extra = makers.make_plate(session, "F" * 12, makers.make_door(session, 0.2, 0.2))
    found = told(groups=["attention"]).gaps
    assert found[["kind", "code", "doors"]].to_numpy().tolist() == [
        ["door_not_visited", "A1", 1], ["cell_not_visited", "A2", 1], ["cell_not_visited", "B1", 1],
    ]  # fmt: skip
    assert found["since"].isna().tolist() == [True, False, False]
    assert found["since"].tolist()[1:] == [NOW - 10 * DAY, NOW - DAY]
    assert [detail["never"] for detail in found["detail"]] == [1, 0, 0]
    assert found.geometry.geom_type.tolist() == ["MultiPoint", "MultiPolygon", "MultiPolygon"]
    makers.make_visit(session, session.get(Address, extra.address_id), NOW - DAY, purpose="plate")
    longer = told(groups=["attention"], limits=Limits(visit_days=185)).gaps
    assert longer["code"].tolist() == ["A2"]


def test_without_any_visit_on_record_nothing_is_accused(session, told, doors):
    assert told(groups=["attention"]).gaps.empty
    makers.make_visit(session, doors["A1"], NOW + DAY)  # not yet
    found = told(groups=["attention"])
    assert found.gaps.empty
    assert [note.key for note in found.notes] == ["no_visits"]


def test_a_settled_dispute_wants_a_follow_up_or_a_visit(session, told, doors, dispute):
    dispute("bare", 60, 31)
    dispute("fresh", 60, 29)
    dispute("followed", 60, 50, followed_up=20)
    dispute("followed too early", 60, 50, followed_up=55)
    dispute("closed", 60, 45, state="closed", closed=45, door=doors["B1"])
    dispute("visited", 60, 50, door=doors["A1"])
    dispute("visited for something else", 60, 50, door=doors["A2"])
    dispute("withdrawn", 60, state="withdrawn")
    dispute("agreed for later", 60, 45, facts={"due_at": NOW + DAY})
    dispute("hazard", 60, 45, facts={"matter": "hazard"})
    dispute("history", 900, 800)
    makers.make_visit(session, doors["A1"], NOW - 40 * DAY, purpose="dispute")
    makers.make_visit(session, doors["A1"], NOW - 55 * DAY, purpose="dispute")
    makers.make_visit(session, doors["A2"], NOW - 40 * DAY, purpose="household")
    found = told(kinds=["dispute_no_follow_up"]).gaps.set_index("code")
    assert set(found.index) == {"bare", "followed too early", "closed", "visited for something else"}
    assert found.loc["bare", "since"] == NOW - DAY
    assert (found.loc["closed", "doors"], found.loc["bare", "doors"]) == (1, 0)
    assert found["detail"].map(lambda detail: detail["beats"]).tolist() == [["A"]] * 4
    assert found.geometry.iloc[0].distance(makers.spot(0.4, 0.4)) < 1e-9


def test_an_open_dispute_wants_a_word_now_and_then(told, dispute):
    dispute("silent", 40)
    dispute("spoken to", 40, visited=5)
    dispute("spoken to long ago", 80, mediated=35)
    dispute("new", 3)
    dispute("others'", 40, state="not_ours")
    dispute("tip", 40, facts={"matter": "tip"})
    dispute("joint", 36, state="joint")
    for name, until in (("paused", NOW + DAY), ("paused too long", NOW - DAY)):
        dispute(name, 38, state="paused", facts={"resume": "in_hand", "due_at": until})
    found = told(kinds=["dispute_idle"]).gaps
    assert found["code"].tolist() == ["joint", "paused too long", "silent", "spoken to long ago"]
    assert found["since"].tolist() == [NOW - n * DAY for n in (6, 8, 10, 5)]


def test_who_may_not_read_disputes_is_told_how_many_and_nothing_else(told, dispute):
    dispute("secret one", 60, 40)
    dispute("secret two", 70, 50)
    found = told(disputes=False).gaps
    assert found[["kind", "code", "doors"]].to_numpy().tolist() == [["dispute_no_follow_up", "", 0]]
    assert found["detail"].iloc[0]["count"] == 2
    assert found.geometry.iloc[0].geom_type == "MultiPolygon"
    assert "secret" not in str(found.drop(columns="geometry").to_dict())


def test_a_dispute_without_a_place_is_told_all_the_same(session, told, dispute):
    dispute("nowhere", 60, 40).geom = None
    found = told(kinds=["dispute_no_follow_up"]).gaps.iloc[0]
    assert (found["code"], found["detail"]["placed"], found["detail"]["beats"]) == ("nowhere", False, [])
    assert found.geometry.geom_type == "MultiPolygon"
