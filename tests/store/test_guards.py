"""The rules the database keeps itself, whatever the code above it does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from gridmap.store import editions
from gridmap.store.tables import Beat, Dispute, DisputeEvent, Edition, GridCell, IncidentCategory
from tests.makers import (
    make_door,
    make_draft,
    make_leave,
    make_person,
    make_plate,
    make_station,
    square,
    two_squares,
    wkb,
)

PLATE = "0123456789AB"  # shaped like a code; the database does not know check symbols
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def publish(session: Session, edition: Edition, at: datetime = NOW) -> None:
    editions.set_published(session, edition, by="test", at=at)


@pytest.fixture
def published(session: Session) -> Edition:
    make_station(session)
    draft = make_draft(session)
    publish(session, draft)
    return draft


def test_zones_of_a_published_edition_cannot_be_moved_added_or_deleted(session, published):
    for statement in (
        update(Beat).where(Beat.code == "A").values(geom=wkb(square(5, 5))),
        delete(GridCell).where(GridCell.code == "A1"),
        text("INSERT INTO beat SELECT edition_id, 'C', station, '', '', geom FROM beat WHERE code = 'A'"),
    ):
        with pytest.raises(DBAPIError, match="only a draft can be changed"), session.begin_nested():
            session.execute(statement)


def test_only_one_edition_of_a_station_is_published(session, published):
    second = make_draft(session)
    with pytest.raises(IntegrityError, match="uq_edition_one_published"), session.begin_nested():
        session.execute(
            update(Edition)
            .where(Edition.id == second.id)
            .values(status="published", published_at=NOW, published_by="x")
        )


@pytest.mark.parametrize("state", ["draft", "superseded_", "withdrawn_"])
def test_an_edition_never_goes_back_to_a_draft_or_an_unknown_state(session, published, state):
    with pytest.raises(DBAPIError, match=r"cannot go|ck_edition"), session.begin_nested():
        session.execute(update(Edition).where(Edition.id == published.id).values(status=state))


def test_a_published_edition_cannot_be_deleted(session, published):
    with pytest.raises(DBAPIError, match="only a draft can be deleted"), session.begin_nested():
        session.execute(delete(Edition).where(Edition.id == published.id))


def test_a_draft_takes_its_zones_along_when_it_is_deleted(session):
    make_station(session)
    draft = make_draft(session)
    session.execute(delete(Edition).where(Edition.id == draft.id))
    assert session.scalar(text("SELECT count(*) FROM grid_cell")) == 0


def test_an_edition_with_a_cell_in_no_beat_cannot_be_published(session):
    make_station(session)
    beats, cells = two_squares()
    cells.loc[0, "beat"] = None
    draft = make_draft(session, beats=beats, cells=cells)
    with pytest.raises(IntegrityError, match="a grid cell in no beat"):
        publish(session, draft)


def test_an_edition_without_beats_cannot_be_published(session):
    make_station(session)
    beats, cells = two_squares()
    draft = make_draft(session, beats=beats.iloc[:0], cells=cells.iloc[:0])
    with pytest.raises(IntegrityError, match="has no beat"):
        publish(session, draft)


def test_two_editions_are_never_in_force_at_once(session, published):
    with pytest.raises(IntegrityError, match="ex_edition_period"), session.begin_nested():
        session.execute(
            text("INSERT INTO edition_period (station, edition_id, during) VALUES ('S001', :id, tstzrange(:at, NULL))"),
            {"id": published.id, "at": NOW},
        )


def test_what_was_in_force_is_history(session, published):
    publish(session, make_draft(session), datetime(2026, 4, 1, tzinfo=UTC))
    with pytest.raises(DBAPIError, match="can only be closed, once"), session.begin_nested():
        session.execute(text("UPDATE edition_period SET during = tstzrange('2020-01-01', '2021-01-01')"))


def test_an_assignment_must_name_a_plate_and_zones_that_exist(session, published):
    make_plate(session, PLATE, make_door(session, 0.5, 0.5))
    row = (
        "INSERT INTO assignment (edition_id, plate, station, beat, grid_cell) VALUES (:id, :plate, 'S001', :beat, NULL)"
    )
    for values in ({"plate": "ZZZZZZZZZZZZ", "beat": "A"}, {"plate": PLATE, "beat": "NOWHERE"}):
        with pytest.raises(IntegrityError, match="assignment"), session.begin_nested():
            session.execute(text(row), {"id": published.id, **values})
    session.execute(text(row), {"id": published.id, "plate": PLATE, "beat": "A"})


def test_assignments_and_logs_are_added_and_never_changed(session, published):
    make_plate(session, PLATE, make_door(session, 0.5, 0.5))
    session.execute(
        text("INSERT INTO assignment (edition_id, plate, station, beat) VALUES (:id, :plate, 'S001', 'A')"),
        {"id": published.id, "plate": PLATE},
    )
    session.add(IncidentCategory(code="noise", name_zh="噪声", name_en="Noise", is_dispute=True))
    session.flush()
    dispute = Dispute(station="S001", number="1", kind="noise", opened_at=NOW)
    session.add(dispute)
    session.flush()
    session.add(DisputeEvent(station="S001", dispute_id=dispute.id, by="x", what="opened"))
    session.execute(text("INSERT INTO audit (station, by, action, thing) VALUES ('S001', 'x', 'y', 'z')"))
    session.flush()
    for statement in (
        "UPDATE assignment SET beat = 'B'",
        "UPDATE dispute_event SET note = 'x'",
        "DELETE FROM dispute_event",
        "UPDATE audit SET by = 'y'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM plate",
    ):
        with pytest.raises(DBAPIError, match="added, never changed"), session.begin_nested():
            session.execute(text(statement))


def test_an_address_has_one_living_plate(session, published):
    door = make_door(session, 0.5, 0.5)
    make_plate(session, PLATE, door)
    with pytest.raises(IntegrityError, match="uq_plate_one_alive"), session.begin_nested():
        make_plate(session, "BBBBBBBBBBBB", door)


def test_nobody_is_away_twice_or_stands_in_for_themselves(session):
    make_station(session)
    person = make_person(session, "甲", beat="A")
    make_leave(session, person, NOW.date(), datetime(2026, 3, 9, tzinfo=UTC).date())
    with pytest.raises(IntegrityError, match="ex_leave_twice"), session.begin_nested():
        make_leave(session, person, NOW.date(), datetime(2026, 3, 2, tzinfo=UTC).date())
    with pytest.raises(IntegrityError, match="ck_leave_substitute"), session.begin_nested():
        make_leave(
            session, person, datetime(2027, 1, 1, tzinfo=UTC).date(), datetime(2027, 1, 2, tzinfo=UTC).date(), person
        )
