"""A door as staff see it and what they record there: scope, role, own cells, told twice, two at once, near and far."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import event, text

from gridmap.domain.access import Actor, Role
from gridmap.domain.codes import new_plate_code
from gridmap.domain.plate_life import Limits, PlateStepNotAllowed
from gridmap.geo.datum import Datum, from_wgs84
from gridmap.services import door_work, doors, editions, plate_life
from gridmap.services.door_work import NoteNotValid, PlateFarAway, PositionNotValid
from gridmap.services.scan import PlateNotFound
from gridmap.store.plate_steps import Spot
from gridmap.store.tables import Dispute, Incident, Report
from tests import makers

WHEN = datetime(2025, 6, 1, 12, tzinfo=UTC)
LAT_M = 110_950.0  # metres a degree of latitude at 35.8 degrees north


@pytest.fixture
def code(session):
    """Return the plate of a door in cell A1 of S001, with something of everything at it; S002 has one too."""
    makers.make_station(session, "S002")
    makers.make_station(session)
    draft = makers.make_draft(session)
    door = makers.make_door(session, 0.5, 0.25)
    plate = makers.make_plate(session, new_plate_code(), door).code
    editions.publish(session, "S001", draft.number, by="test")
    incident = makers.make_incident(session, 0.5, 0.25, WHEN)
    session.get_one(Incident, incident.id).address_id = door.id
    facts = {"station": "S001", "kind": "noise", "opened_at": WHEN}
    session.add(Dispute(**facts, number="own", matter="hazard", address_id=door.id))
    session.add(Dispute(**facts, number="by incident", incident_id=incident.id))
    session.add(Dispute(**facts, number="elsewhere"))
    seen = {
        "station": "S001",
        "plate": plate,
        "address_id": door.id,
        "words": "a secret",
        "send_key": "k",
        "kind": "hazard",
    }
    session.add(Report(**seen, tracking=b"t" * 32))
    session.commit()
    return plate


@pytest.fixture
def somebody(session, code):
    """Return the function that gives somebody of a role, posted as that where a cell is named."""

    def made(role, cell=None, *, stations=("S001",), login="wang"):
        posted = "grid_member" if role is Role.GRID_MEMBER else "officer"
        person = makers.make_person(session, login, posted, cell=cell)
        session.commit()
        return Actor(1, login, login, role, stations, person.id)

    return made


@pytest.fixture
def officer(somebody):
    return somebody(Role.OFFICER)


def away(metres, accuracy=5.0):
    """Return a position so far north of the door."""
    place = makers.spot(0.5, 0.25)
    return Spot(place.x, place.y + metres / LAT_M, accuracy)


def test_an_officer_sees_everything_of_the_door_in_eleven_queries_and_is_on_record(session, code, officer):
    said = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *facts: said.append(facts[2]))
    look = doors.look(session, officer, code)
    assert len(said) == 11  # the door, the audit, whom the reader works for, and eight parts
    assert (look.door.full, look.door.beat, look.door.grid_cell, look.door.status) == (
        "试验路D0.5-0.25号",
        "A",
        "A1",
        "issued",
    )
    assert [(row.number, row.matter) for row in look.disputes] == [("by incident", "dispute"), ("own", "hazard")]
    assert [row.category for row in look.incidents] == ["noise"]
    assert [row.kind for row in look.reports] == ["hazard"]
    assert "a secret" not in str(look)
    told = session.execute(text("SELECT by, action, thing FROM audit ORDER BY id DESC LIMIT 1")).one()
    assert tuple(told) == ("wang", "look", f"door {code}")


def test_each_role_sees_what_it_may(session, code, somebody):
    member = doors.look(session, somebody(Role.GRID_MEMBER, "A1"), code)
    assert member.incidents is None
    assert list(member.disputes) == []  # on their day there was no edition, so they lie in nobody's cell
    assert len(member.reports) == 1
    with pytest.raises(PlateNotFound):  # nothing there was given to them
        doors.disputes_only(session, Actor(1, "m", "m", Role.MEDIATOR, ("S001",)), code)


@pytest.mark.parametrize(
    ("role", "cell", "stations"),
    [(Role.GRID_MEMBER, "A2", ("S001",)), (Role.GRID_MEMBER, None, ("S001",)), (Role.OFFICER, None, ("S002",))],
)
def test_a_foreign_door_is_told_as_one_that_does_not_exist(session, code, somebody, role, cell, stations):
    actor = somebody(role, cell, stations=stations)
    nowhere = new_plate_code()
    for act in (
        doors.look,
        partial(door_work.visit, purpose="other"),
        partial(door_work.note, text="x"),
        partial(door_work.step, wanted="lost"),
    ):
        told = []
        for one in (code, nowhere):
            with pytest.raises(PlateNotFound) as error:
                act(session, actor, one)
            told.append(str(error.value))
        assert told[0] == told[1]
    assert session.scalar(text("SELECT count(*) FROM audit WHERE by = 'wang'")) == 0


def test_a_station_of_the_path_that_is_not_the_doors_is_not_found(session, code, somebody):
    with pytest.raises(PlateNotFound):
        doors.find(session, somebody(Role.OFFICER, stations=("S001", "S002")), code, "S002")


def test_the_old_plate_shows_the_door_with_its_zones(session, code, officer):
    new = plate_life.replace(session, code, by="test")
    look = doors.look(session, officer, code)
    assert (look.door.status, look.door.replaced_by, look.door.grid_cell) == ("replaced", new, "A1")
    assert [row.code for row in look.plates] == [new, code]


def test_a_visit_told_twice_is_one_and_another_purpose_is_another(session, code, officer):
    _, at, fresh = door_work.visit(session, officer, code, "household")
    assert door_work.visit(session, officer, code, "household")[1:] == (at, False)
    assert door_work.visit(session, officer, code, "safety")[2]
    assert fresh
    session.execute(text("UPDATE visit SET at = at - interval '3 minutes'"))
    assert door_work.visit(session, officer, code, "household")[2]
    newest = doors.look(session, officer, code).visits[0]
    assert (newest.purpose, newest.person) == ("household", "wang")


def test_nobody_visits_in_another_stations_name(session, code, somebody):
    theirs = makers.make_person(session, "theirs", station="S002")
    actor = Actor(1, "li", "li", Role.OFFICER, ("S001", "S002"), theirs.id)
    assert door_work.visit(session, actor, code, "other")[2]
    assert door_work.visit(session, actor, code, "other")[2] is False
    assert session.scalar(text("SELECT person_id FROM visit")) is None


def at_once(sessions, *acts):
    """Run each act in a transaction of its own, all at the same moment; return what each gave."""
    start, given = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        start.wait()
        try:
            with sessions.begin() as session:
                given[place] = act(session)
        except PlateStepNotAllowed as error:
            given[place] = error

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return given


def test_of_many_taps_at_once_one_counts_and_two_officers_count_twice(sessions, code, somebody):
    one, two = somebody(Role.OFFICER), somebody(Role.OFFICER, login="li")
    visits = [lambda s, who=who: door_work.visit(s, who, code, "household")[2] for who in (one, one, one, two)]
    given = at_once(sessions, *visits)
    assert (sum(given[:3]), given[3]) == (1, True)
    notes = [lambda s, who=who: door_work.note(s, who, code, "a dog") for who in (one, one, two)]
    at_once(sessions, *notes)
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM door_note")) == 2


def test_of_two_who_report_the_same_plate_one_is_told_how_it_stands(sessions, code, somebody):
    two = [somebody(Role.OFFICER), somebody(Role.OFFICER, login="li")]
    given = at_once(sessions, *(lambda s, who=who: door_work.step(s, who, code, "lost") for who in two))
    assert sorted(type(one).__name__ for one in given) == ["PlateStepNotAllowed", "Recorded"]
    with sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM plate_step WHERE step = 'lost'")) == 1


@pytest.mark.parametrize("words", ["", " \r\n ", "x" * 2_001, "a\x00b"])
def test_a_note_says_something(session, code, officer, words):
    with pytest.raises(NoteNotValid):
        door_work.note(session, officer, code, words)


def test_a_note_keeps_its_lines(session, code, officer):
    door_work.note(session, officer, code, " first\r\nsecond ")
    (note,) = doors.look(session, officer, code).notes
    assert (note.note, note.by) == ("first\nsecond", "wang")


@pytest.mark.parametrize(("metres", "near"), [(5, "near"), (150, "off")])
def test_a_plate_is_installed_where_it_should_be(session, code, officer, metres, near):
    done = door_work.step(session, officer, code, "installed", position=away(metres))
    assert (done.status, done.near, done.fresh) == ("installed", near, True)
    assert done.distance_m == pytest.approx(metres, rel=0.01)
    assert not door_work.step(session, officer, code, "installed", position=away(metres)).fresh
    row = session.execute(text("SELECT ST_Y(geom) AS lat, accuracy_m, distance_m FROM plate_step")).one()
    assert tuple(row) == (away(metres).lat, 5.0, pytest.approx(metres, rel=0.01))
    assert doors.flagged(session, "S001") == []


def test_far_from_its_door_it_is_asked_and_recorded_as_answered(session, code, officer):
    far = away(650)
    with pytest.raises(PlateFarAway) as asked:
        door_work.step(session, officer, code, "installed", position=far)
    assert asked.value.facts["distance_m"] == pytest.approx(650, abs=5)
    assert session.scalar(text("SELECT count(*) FROM plate_step")) == 0

    assert door_work.step(session, officer, code, "installed", position=far, elsewhere=False).status == "installed"
    assert [row.status for row in doors.flagged(session, "S001")] == ["installed"]  # until somebody has looked
    done = door_work.step(session, officer, code, "installed", position=away(640), elsewhere=True)
    assert done.status == "moved"
    assert [row.status for row in doors.flagged(session, "S001")] == ["moved"]
    assert door_work.step(session, officer, code, "installed", position=away(3)).status == "installed"
    assert doors.flagged(session, "S001") == []


def test_a_fresh_plate_at_another_door_was_hung_up_there_first(session, code, officer):
    for _ in range(2):  # sent twice
        assert door_work.step(session, officer, code, "installed", position=away(650), elsewhere=True).status == "moved"
    assert list(session.scalars(text("SELECT step FROM plate_step ORDER BY id"))) == ["installed", "moved"]


def test_a_phone_that_does_not_know_where_it_is_asks_nothing(session, code, officer):
    done = door_work.step(session, officer, code, "installed", position=away(2_000, accuracy=1_500))
    assert (done.status, done.near) == ("installed", "rough")
    assert doors.flagged(session, "S001") == []
    plain = door_work.step(session, officer, code, "damaged")
    assert (plain.distance_m, plain.near) == (None, "rough")


def test_a_dead_plate_takes_no_step(session, code, officer):
    plate_life.replace(session, code, by="test")
    with pytest.raises(PlateStepNotAllowed, match="its life has ended"):
        door_work.step(session, officer, code, "installed", position=away(650))


def test_a_position_of_another_datum_is_brought_to_ours():
    place = makers.spot(0.5, 0.25)
    x, y = from_wgs84([place.x], [place.y], Datum.GCJ02)
    read = door_work.read_position(float(x[0]), float(y[0]), 8.0, Datum.GCJ02)
    assert (read.lon, read.lat) == (pytest.approx(place.x, abs=1e-8), pytest.approx(place.y, abs=1e-8))
    assert abs(float(x[0]) - place.x) > 1e-3
    assert door_work.read_position(None, None) is None


@pytest.mark.parametrize(
    "facts", [(1, None), (None, 1), (181, 0), (0, 91), (float("nan"), 0), (0, 0, -1), (0, 0, float("inf"))]
)
def test_what_is_no_position_is_refused(facts):
    with pytest.raises(PositionNotValid):
        door_work.read_position(*facts)


def test_the_limits_can_be_set(session, code, officer):
    with pytest.raises(PlateFarAway):
        door_work.step(session, officer, code, "installed", position=away(60), limits=Limits(10, 50))
    assert door_work.step(session, officer, code, "installed", position=away(60), limits=Limits(10, 56)).near == "off"
    assert [row.code for row in plate_life.flagged(session, "S001", Limits(10, 50))] == [code]
