"""Steps of plates on a real database: what it allows, for many at once, and what a replacement leaves behind."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from gridmap.domain.codes import new_plate_code
from gridmap.domain.plate_life import PlateStepNotAllowed, may_follow, state_after
from gridmap.domain.plates import PLATE_STATES
from gridmap.services import editions, plate_life, plates
from gridmap.services.scan import PlateNotFound
from gridmap.store import plate_steps
from gridmap.store.driver_errors import named_errors
from gridmap.store.plate_steps import Spot
from gridmap.store.tables import Plate
from tests import makers

LAT_M = 111_000.0  # metres a degree of latitude, near enough


@pytest.fixture
def door(session):
    makers.make_station(session)
    return makers.make_door(session, 0.5, 0.25)


def answer(session, code):
    rows = session.execute(text("SELECT beat, grid_cell FROM assignment WHERE plate = :code"), {"code": code}).all()
    return [tuple(row) for row in rows]


def status(session, code):
    return session.scalar(text("SELECT status FROM plate WHERE code = :code"), {"code": code})


@given(steps=st.lists(st.sampled_from(PLATE_STATES), max_size=6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_steps_gives_in_the_database_what_the_table_says(session, door, steps):
    with session.begin_nested() as all_of_it:
        code = makers.make_plate(session, new_plate_code(), door).code
        state, born = "issued", False
        for step in steps:
            if step == "issued" and born:  # a second birth is refused by an index of its own
                continue
            born = born or step == "issued"
            to = new_plate_code() if step == "replaced" else None
            try:
                with named_errors(), session.begin_nested():
                    plate_steps.add(session, "S001", [code], step, by="test", replaced_by=to)
            except PlateStepNotAllowed:
                assert not may_follow(state, step)
            else:
                assert may_follow(state, step)
                state = step
            assert status(session, code) == state
        assert state == state_after(steps)
        all_of_it.rollback()


def test_a_sheet_of_plates_is_recorded_in_three_statements(session):
    makers.make_station(session)
    session.execute(
        text("""INSERT INTO address (station, code, full_text, geom)
                SELECT 'S001', n::text, n::text, ST_SetSRID(ST_MakePoint(112.9, 35.8), 4326) FROM generate_series(1, 10000) n""")
    )
    assert plates.issue(session, "S001", by="test") == 10_000
    codes = list(session.scalars(text("SELECT code FROM plate")))

    said = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *facts: said.append(facts[2]))
    plate_life.record(session, "S001", codes, "printed", by="test", note="sheet 1")
    assert len(said) == 3
    counts = session.execute(text("SELECT step, count(*) FROM plate_step GROUP BY 1 ORDER BY 1")).all()
    assert [tuple(row) for row in counts] == [("issued", 10_000), ("printed", 10_000)]
    assert session.scalar(text("SELECT count(*) FROM plate WHERE status = 'printed'")) == 10_000


def test_all_are_recorded_or_none(session, door):
    one = makers.make_plate(session, new_plate_code(), door).code
    two = makers.make_plate(session, new_plate_code(), makers.make_door(session, 1, 1)).code
    plate_life.record(session, "S001", [one], "retired", by="test")
    with pytest.raises(PlateStepNotAllowed, match=f"1 of 2 plates cannot become printed: {one} is retired"):
        plate_life.record(session, "S001", [one, two], "printed", by="test")
    with pytest.raises(PlateNotFound):
        plate_life.record(session, "S001", [two, new_plate_code()], "printed", by="test")
    assert status(session, two) == "issued"


def test_a_plate_of_another_station_is_not_found(session, door):
    code = makers.make_plate(session, new_plate_code(), door).code
    makers.make_station(session, "S002")
    with pytest.raises(PlateNotFound):
        plate_life.record(session, "S002", [code], "printed", by="test")


def test_the_distance_is_measured_from_the_door(session, door):
    code = makers.make_plate(session, new_plate_code(), door).code
    spot = makers.spot(0.5, 0.25)
    here = Spot(spot.x, spot.y + 600 / LAT_M, 4.0)
    (far,) = plate_life.record(session, "S001", [code], "installed", by="test", position=here)
    assert far == pytest.approx(600, rel=0.01)
    assert [row.code for row in plate_life.flagged(session, "S001")] == [code]
    (near,) = plate_life.record(session, "S001", [code], "installed", by="test", position=Spot(spot.x, spot.y, 4.0))
    assert near == pytest.approx(0, abs=0.1)
    assert plate_life.flagged(session, "S001") == []
    plate_life.record(session, "S001", [code], "lost", by="test")
    assert [(row.code, row.status) for row in plate_life.flagged(session, "S001")] == [(code, "lost")]


def test_a_replacement_answers_at_once_as_the_old_plate_did(session, door):
    draft = makers.make_draft(session)
    plates.issue(session, "S001", by="test")
    old = session.scalar(text("SELECT code FROM plate"))
    editions.publish(session, "S001", draft.number, by="test")
    plate_life.record(session, "S001", [old], "damaged", by="test")

    new = plate_life.replace(session, old.lower(), by="test", reason="burnt")
    session.commit()  # what is checked at the end holds
    assert new != old
    assert answer(session, new) == answer(session, old) == [("A", "A1")]
    gone = session.get_one(Plate, old, populate_existing=True)
    assert (gone.status, gone.replaced_by, gone.retired_at is None) == ("replaced", new, False)
    assert session.get_one(Plate, new).address_id == gone.address_id
    assert [(one.step, one.note) for one in plate_life.history(session, old)] == [
        ("issued", ""), ("damaged", ""), ("replaced", "burnt"),
    ]  # fmt: skip
    assert [one.step for one in plate_life.history(session, new)] == ["issued"]
    with pytest.raises(PlateStepNotAllowed, match="its life has ended"):
        plate_life.replace(session, old, by="test")


def test_a_plate_without_an_answer_is_resolved_when_it_is_replaced(session, door):
    draft = makers.make_draft(session)
    editions.publish(session, "S001", draft.number, by="test")
    old = makers.make_plate(session, new_plate_code(), door).code  # beside the service: it has no answer
    assert answer(session, old) == []
    assert answer(session, plate_life.replace(session, old, by="test")) == [("A", "A1")]


def test_of_two_who_replace_the_same_plate_one_does(sessions):
    with sessions.begin() as session:
        makers.make_station(session)
        code = makers.make_plate(session, new_plate_code(), makers.make_door(session, 0.5, 0.25)).code
    done, start = [], threading.Barrier(2)

    def work():
        start.wait()
        try:
            with named_errors(), sessions.begin() as session:
                done.append(plate_life.replace(session, code, by="test"))
        except PlateStepNotAllowed:
            done.append(None)

    two = [threading.Thread(target=work) for _ in range(2)]
    for one in two:
        one.start()
    for one in two:
        one.join()
    assert sum(new is not None for new in done) == 1
    with sessions() as session:
        assert session.query(Plate).filter(Plate.retired_at.is_(None)).count() == 1
