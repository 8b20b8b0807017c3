"""Which plates are printed, in which order, with what on them, and what is recorded of it."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from gridmap.domain.codes import new_plate_code, spaced
from gridmap.services import editions, plate_print, plates
from gridmap.services.plate_print import NothingToPrint, PlateListNotValid, read_list
from gridmap.services.resolve import NothingInForce
from gridmap.store import plate_rows
from gridmap.store.plate_rows import PlateChoice
from gridmap.store.tables import Edition, Plate
from tests import makers

ISSUED = PlateChoice(("issued",))
DOORS = [
    ("b路", "10", 0.2),
    ("b路", "9", 0.3),
    ("b路", "9-2", 0.4),
    ("a路", "100", 1.2),
    ("a路", "20", 1.4),
    ("a路", "", 0.6),
]


@pytest.fixture
def street(session):
    """Fill S001 with two streets across beats A and B, plates issued in the edition in force; return codes by door."""
    makers.make_station(session)
    makers.make_draft(session)
    for street, number, x in DOORS:
        door = makers.make_door(session, x, 0.2, code=f"{street}{number}")
        door.street, door.number, door.full, door.county = street, number, f"{street}{number}号", "某县"
    editions.publish(session, "S001", 1, by="test")
    plates.issue(session, "S001", by="test")
    session.flush()
    rows = session.query(Plate).all()
    return {one.code: one for one in rows}


def names(run):
    return [(one.name, "".join(a for a, _ in one.number)) for one in run.faces]


def test_plates_come_in_the_order_of_their_doors_with_the_zones_in_force(session, street):
    run = plate_print.choose(session, "S001", ISSUED)
    assert names(run) == [("a路", ""), ("a路", "20"), ("a路", "100"), ("b路", "9"), ("b路", "9-2"), ("b路", "10")]
    assert [(one.beat, one.grid_cell) for one in run.faces][:2] == [("A", "A1"), ("B", "B1")]
    assert run.edition == 1
    assert run.synthetic
    assert {one.area for one in run.faces} == {"某县"}


@pytest.mark.parametrize("page", [1, 2, 5, 6, 7])
def test_many_plates_come_page_by_page_each_once(session, street, monkeypatch, page):
    whole = [one.code for one in plate_print.choose(session, "S001", ISSUED).faces]
    monkeypatch.setattr(plate_rows, "PAGE", page)
    edition = session.query(Edition).one().id
    sent = []
    event.listen(session.connection(), "before_cursor_execute", lambda *told: sent.append(told[2]))
    assert [one.code for one in plate_rows.plate_rows(session, "S001", edition, ISSUED)] == whole
    assert len(sent) == len(whole) // page + 1


@pytest.mark.parametrize(("choice", "count"), [
    ({"beats": ["A"]}, 4), ({"beats": ["A", "B"]}, 6), ({"cells": ["B1"]}, 2), ({"streets": ["a路"]}, 3),
    ({"streets": ["a路"], "beats": ["B"]}, 2),
])  # fmt: skip
def test_plates_are_chosen_by_beat_cell_and_street(session, street, choice, count):
    assert len(plate_print.choose(session, "S001", PlateChoice(("issued",), **choice)).faces) == count


def test_only_the_state_that_is_asked_for_and_no_dead_plate_is_printed(session, street):
    codes = list(street)
    for code, state in zip(codes, ("installed", "printed", "lost"), strict=False):
        street[code].status = state
    dead = street[codes[3]]
    dead.status, dead.retired_at = "retired", dead.issued_at
    session.flush()
    assert len(plate_print.choose(session, "S001", ISSUED).faces) == 2
    run = plate_print.choose(session, "S001", PlateChoice(plate_print.PRINTABLE))
    assert len(run.faces) == 5
    assert set(run.to_mark) == {*codes[4:], codes[1]}
    with pytest.raises(NothingToPrint, match="1 installed, 2 issued, 1 lost, 1 printed"):
        plate_print.choose(session, "S001", PlateChoice(("damaged",)))


def test_a_list_prints_what_it_names_and_nothing_if_one_is_wrong(session, street):
    two = list(street)[:2]
    run = plate_print.choose(session, "S001", PlateChoice(("issued",), codes=two))
    assert {one.code for one in run.faces} == set(two)
    with pytest.raises(PlateListNotValid, match=f"1 of 3 .*{'0' * 12}"):
        plate_print.choose(session, "S001", PlateChoice(("issued",), codes=[*two, "0" * 12]))


def test_without_an_edition_in_force_nothing_is_printed(session):
    makers.make_station(session)
    makers.make_plate(session, "0" * 12, makers.make_door(session, 0.2, 0.2))
    with pytest.raises(NothingInForce):
        plate_print.choose(session, "S001", ISSUED)


def test_printing_is_recorded_and_a_plate_at_a_door_stays_installed(session, street):
    codes = list(street)
    street[codes[0]].status = "installed"
    session.flush()
    run = plate_print.choose(session, "S001", PlateChoice(("issued", "installed")))
    assert plate_print.put_on_record(session, run, what="print plates", batch="ABCD1234", by="test", mark=False) == 0
    assert plate_print.put_on_record(session, run, what="print plates", batch="ABCD1234", by="test", mark=True) == 5
    session.expire_all()
    assert {one.status for one in street.values()} == {"installed", "printed"}
    with pytest.raises(NothingToPrint):
        plate_print.choose(session, "S001", ISSUED)


def test_no_person_stands_on_a_plate(session, street):
    makers.make_person(session, "王警官", beat="A")
    makers.make_person(session, "李网格", "grid_member", cell="A1")
    told = repr(plate_print.choose(session, "S001", ISSUED))
    assert "王警官" not in told
    assert "李网格" not in told


def test_a_list_says_which_of_its_lines_is_wrong():
    code = new_plate_code()
    assert read_list([f"\ufeff{spaced(code)}\r\n", "\n", f"{code.lower()} # twice\n"]) == [code]
    with pytest.raises(PlateListNotValid, match="line 2"):
        read_list([code, "not a code"])
    with pytest.raises(PlateListNotValid, match="no code"):
        read_list(["# nothing"])
