"""Who stands on a board: who is posted to the cell or its beat today, and of them what the station publishes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gridmap.services import editions, plate_boards
from gridmap.services.resolve import NothingInForce
from gridmap.store.tables import Station
from tests import makers

TODAY = date.today()  # noqa: DTZ011  (a posting of yesterday and one of tomorrow hold in every zone)


@pytest.fixture
def station(session):
    """Fill S001 with an officer of each beat, grid members, a manager, a volunteer, one gone and one to come."""
    made = makers.make_station(session)
    makers.make_draft(session)
    editions.publish(session, "S001", 1, by="test")
    for name, role, beat, cell in (("甲", "officer", "A", None), ("乙", "officer", "B", None), ("丙", "grid_member", None, "A1"),
                                   ("丁", "grid_member", None, "A2"), ("戊", "property_manager", None, "A1"), ("己", "volunteer", None, "A1")):  # fmt: skip
        makers.make_person(session, name, role, beat=beat, cell=cell).service_phone = (
            f"1-{ord(name)}" if name == "甲" else None
        )
    makers.make_person(session, "庚", "grid_member", cell="A1", until=TODAY - timedelta(days=3))
    makers.make_person(session, "辛", "grid_member", cell="A1", since=TODAY + timedelta(days=3))
    session.flush()
    return made


def board(session, *published, cell="A1"):
    session.get_one(Station, "S001").published = list(published)
    session.flush()
    return plate_boards.boards(session, "S001", [cell], by="test").boards[0]


def test_names_stand_there_only_if_the_station_publishes_them(session, station):
    bare = board(session)
    assert [(one.role, one.name, one.phone, one.own_phone) for one in bare.members] == [
        ("officer", "", f"1-{ord('甲')}", True), ("grid_member", "", "0000-110", False),
    ]  # fmt: skip
    assert not any(name in repr(bare) for name in "甲乙丙丁戊己庚辛")
    named = board(session, "names")
    assert [one.name for one in named.members] == ["甲", "丙"]
    whole = board(session, "names", "managers", "volunteers")
    assert [(one.role, one.name) for one in whole.members] == [
        ("officer", "甲"), ("grid_member", "丙"), ("property_manager", "戊"), ("volunteer", "己"),
    ]  # fmt: skip
    assert [one.role for one in board(session, "volunteers").members] == ["officer", "grid_member", "volunteer"]


def test_a_board_has_its_cell_its_beat_and_the_edition(session, station):
    run = plate_boards.boards(session, "S001", by="test")
    assert [one.cell for one in run.boards] == [
        (code, f"{code}格", f"Zone {code}") for code in ("A1", "A2", "B1", "B2")
    ]
    assert [one.beat for one in run.boards] == [("A", "A格", "Zone A")] * 2 + [("B", "B格", "Zone B")] * 2
    assert run.edition == 1
    assert run.station.synthetic


def test_an_unknown_cell_and_a_station_without_an_edition_are_told(session, station):
    with pytest.raises(plate_boards.CellNotFound, match="no grid cell Z9"):
        plate_boards.boards(session, "S001", ["A1", "Z9"], by="test")
    makers.make_station(session, "S002", x=5)
    with pytest.raises(NothingInForce):
        plate_boards.boards(session, "S002", by="test")
