"""Who was responsible for a door is answered for any day as it was on that day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gridmap.domain.access import Actor, Role
from gridmap.domain.codes import PlateCodeNotValid, new_plate_code
from gridmap.services import editions, history
from gridmap.services.history import DoorNotFound, MomentNotValid, moment_of
from gridmap.services.resolve import NothingInForce
from gridmap.store import audit
from tests import makers

CHINA = ZoneInfo("Asia/Shanghai")
OFFICER = Actor(1, "officer", "民警", Role.OFFICER, ("S001",))
PLANNER = Actor(2, "planner", "规划", Role.PLANNER, ("S001",))


@pytest.fixture
def door(session):
    """Return a door that was in beat A until 1 June 2025 and in beat B since, with its plate, and a door without one."""
    makers.make_station(session)
    first = makers.make_draft(session)
    plated, bare = makers.make_door(session, 0.5, 0.25), makers.make_door(session, 1.5, 0.75)
    plate = makers.make_plate(session, new_plate_code(), plated)
    zhang = makers.make_person(session, "zhang", beat="A", until=date(2025, 6, 1))
    li = makers.make_person(session, "li", beat="B")
    wang = makers.make_person(session, "wang", role=None)
    makers.make_person(session, "zhao", role="grid_member", cell="A1")
    makers.make_leave(session, li, date(2025, 7, 1), date(2025, 7, 8), wang)
    makers.make_leave(session, zhang, date(2025, 2, 1), date(2025, 2, 3))
    editions.publish(session, "S001", first.number, by="test", since=datetime(2025, 1, 1, tzinfo=CHINA))
    beats, cells = makers.two_squares()
    beats["code"], cells["beat"] = ["B", "A"], ["B", "B", "A", "A"]
    second = makers.make_draft(session, beats=beats.sort_values("code"), cells=cells)
    editions.publish(session, "S001", second.number, by="test", since=datetime(2025, 6, 1, tzinfo=CHINA))
    return {"id": str(plated.id), "plate": plate.code, "bare": str(bare.id)}


def asked(session, which: str, at: str | None, actor: Actor = OFFICER) -> history.DoorAt:
    return history.door_at(session, actor, "S001", which, at, tie_m=1.0)


@pytest.mark.parametrize(
    ("at", "edition", "beat", "first"),
    [
        ("2025-01-01", 1, "A", "zhang"),
        ("2025-05-31T23:59", 1, "A", "zhang"),
        ("2025-06-01", 2, "B", "li"),
        ("2025-07-01", 2, "B", "wang"),  # stands in
        ("2025-07-08T08:00", 2, "B", "li"),
        (None, 2, "B", "li"),
    ],
)
def test_a_door_has_the_beat_and_the_officer_of_the_day(session, door, at, edition, beat, first):
    for which in (door["id"], door["plate"]):
        found = asked(session, which, at)
        assert (found.edition, found.beat.code, found.recorded) == (edition, beat, True)
        assert next(person.name for person in found.people if person.role == "officer") == first
        assert found.people[-1].role == "duty_desk"
        assert found.plate == door["plate"]
        assert found.grid_cell.code == "A1"
        assert "zhao" in {person.name for person in found.people}


def test_on_leave_without_a_substitute_the_desk_answers(session, door):
    found = asked(session, door["id"], "2025-02-02")
    assert [person.role for person in found.people if person.role != "grid_member"] == ["duty_desk"]


def test_a_door_that_had_no_plate_is_found_by_the_borders_of_that_edition(session, door):
    then, now = asked(session, door["bare"], "2025-03-01"), asked(session, door["bare"], None)
    assert (then.recorded, then.plate, then.beat.code, then.grid_cell.code) == (False, None, "B", "B2")
    assert now.beat.code == "A"


def test_before_the_first_edition_nothing_was_in_force(session, door):
    with pytest.raises(NothingInForce):
        asked(session, door["id"], "2024-12-31")


def test_who_may_read_no_telephone_numbers_gets_the_desks_alone(session, door):
    phones = {person.role: person.phone for person in asked(session, door["id"], None, PLANNER).people}
    assert phones == {"officer": None, "grid_member": None, "duty_desk": "0000-110"}
    assert asked(session, door["id"], None).people[0].phone is not None


def test_an_unknown_door_and_a_mistyped_plate_are_told_apart(session, door):
    with pytest.raises(DoorNotFound):
        asked(session, "99999999999", None)
    with pytest.raises(DoorNotFound):
        asked(session, new_plate_code(), None)
    with pytest.raises(PlateCodeNotValid):
        asked(session, "府前街12号", None)


def test_a_door_of_another_station_is_none_of_this_one(session, door):
    makers.make_station(session, "S002", x=5)
    makers.make_draft(session, "S002")
    foreign = makers.make_door(session, 5.5, 0.5, station="S002")
    with pytest.raises(DoorNotFound):
        asked(session, str(foreign.id), None)


def test_each_look_is_on_record_without_the_door(session, door):
    asked(session, door["id"], "2025-03-01")
    newest = audit.list_page(session, "S001", before_id=None, limit=1)[0]
    assert (newest.by, newest.action, newest.thing, newest.after) == (
        "officer",
        "look",
        "responsible",
        {"day": "2025-03-01"},
    )


def test_a_moment_is_a_day_or_a_time_of_the_station_or_of_the_zone_it_names():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert moment_of(None, "Asia/Shanghai", now) == now
    assert moment_of("2025-06-01", "Asia/Shanghai", now) == datetime(2025, 5, 31, 16, tzinfo=UTC)
    assert moment_of("2025-06-01T08:30", "Asia/Shanghai", now) == datetime(2025, 6, 1, 0, 30, tzinfo=UTC)
    assert moment_of("2025-06-01T08:30Z", "Asia/Shanghai", now) == datetime(2025, 6, 1, 8, 30, tzinfo=UTC)
    assert moment_of("2025-06-01T08:30 02:00", "Asia/Shanghai", now).utcoffset() == timedelta(hours=2)
    for wrong in ("", "yesterday", "2025-13-01", "0001-01-01", "9999-12-31T23:59:59Z", "2025-01-01T00:00:00+99:99"):
        with pytest.raises(MomentNotValid):
            moment_of(wrong, "Asia/Shanghai", now)
