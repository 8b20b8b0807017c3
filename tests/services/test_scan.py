"""Scans are answered from the snapshot, the keeper makes it what the database holds, and both say the same."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.codes import new_plate_code
from gridmap.services import editions, look_up
from gridmap.services.scan import PlateNotFound, Scans, part_of
from gridmap.services.snapshot_keeper import Keeper, Mark, OtherDatabaseEmpty
from gridmap.store.engine import APP_ROLE, make_engine
from gridmap.store.snapshot.faults import SnapshotLocked, SnapshotMissing
from tests import makers


@pytest.fixture
def engine(database_url):
    """Return the engine of a keeper: it connects as the service does."""
    made = make_engine(database_url, role=APP_ROLE, pool_size=2)
    yield made
    made.dispose()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "scan"


@pytest.fixture
def plate(sessions):
    """Return a plate in A1, whose officer is 王警官 and whose grid member is 李网格; B's officer is 赵警官."""
    code = new_plate_code()
    with sessions.begin() as session:
        makers.make_station(session)
        makers.make_draft(session)
        makers.make_plate(session, code, makers.make_door(session, 0.4, 0.2))
        makers.make_person(session, "王警官", beat="A")
        makers.make_person(session, "赵警官", beat="B")
        makers.make_person(session, "李网格", "grid_member", cell="A1")
        editions.publish(session, "S001", 1, by="test")
    return code


def scans_of(engine, folder) -> Scans:
    """Return scans whose snapshot is as the database now."""
    Keeper(engine, folder).once()
    scans = Scans(folder)
    assert scans.refresh()
    return scans


def test_a_scan_says_what_the_database_holds(engine, folder, sessions, plate):
    answer = scans_of(engine, folder).answer(plate)
    assert [one.name for one in answer.officers] == ["王警官"]
    assert [one.name for one in answer.grid_members] == ["李网格"]
    assert (answer.beat.code, answer.grid_cell.code, answer.edition) == ("A", "A1", 1)
    assert (answer.officers[0].phone, answer.desk_phone) == ("000-5678", "0000-110")
    assert "000-1234" not in repr(answer)  # a person's own number
    with sessions.begin() as session:
        looked = look_up.look(session, plate, answer.at)
    same = (
        "plate",
        "status",
        "street",
        "number_tail",
        "village",
        "people",
        "following",
        "beat",
        "edition",
        "published_at",
    )
    assert [getattr(looked, name) for name in same] == [getattr(answer, name) for name in same]


def test_a_code_that_no_plate_bears_is_refused(engine, folder, plate):
    scans = scans_of(engine, folder)
    with pytest.raises(PlateNotFound):
        scans.answer(new_plate_code())


def test_without_a_snapshot_it_says_so(folder):
    with pytest.raises(SnapshotMissing):
        Scans(folder).answer(new_plate_code())


def test_who_began_before_the_first_snapshot_answers_from_it_as_soon_as_it_is_there(engine, folder, plate, monkeypatch):
    """Of two workers one may see it first: the other must not say that there is none."""
    monkeypatch.setattr("gridmap.services.scan.LOOK_AGAIN_S", 3600.0)
    scans = Scans(folder)
    with pytest.raises(SnapshotMissing):
        scans.answer(plate)
    Keeper(engine, folder).once()
    assert scans.answer(plate).plate == plate


def test_a_change_of_posting_leave_notice_plate_or_edition_is_in_the_next_answer(engine, folder, sessions, plate):
    scans, keeper = scans_of(engine, folder), Keeper(engine, folder)

    def after(*statements: str) -> object:
        with sessions.begin() as session:
            for statement in statements:
                session.execute(text(statement))
        keeper.once()
        scans.refresh()
        return scans.answer(plate)

    assert after("UPDATE person SET service_phone = '000-9' WHERE name = '王警官'").officers[0].phone == "000-9"
    assert after("UPDATE station SET published = '{}'").officers[0].name == ""
    after("UPDATE station SET published = '{names}'")
    told = after(
        "INSERT INTO notice (station, grid_cell, text_zh, during, by) VALUES ('S001', 'A1', '停水', tstzrange(now(), NULL), 't')"
    )
    assert [one.text_zh for one in told.notices] == ["停水"]
    with sessions.begin() as session:
        person = session.execute(text("SELECT id, station FROM person WHERE name = '王警官'")).one()
        makers.make_leave(
            session, person._mapping and _Person(person.id, person.station), date(2020, 1, 1), date(2100, 1, 1)
        )
    keeper.once()
    scans.refresh()
    # Nobody stands in: the neighbouring beat's officer is reached.
    assert [(one.name, one.via) for one in scans.answer(plate).officers] == [("赵警官", "neighbour")]
    assert (
        after("INSERT INTO plate_step (station, plate, by, step) SELECT 'S001', code, 't', 'retired' FROM plate").status
        == "retired"
    )
    assert [one.role for one in scans.answer(plate).people] == ["duty_desk"]


class _Person:
    """What makers.make_leave wants to know of somebody."""

    def __init__(self, number: int, station: str) -> None:
        self.id, self.station = number, station


def test_a_published_edition_changes_the_answer_and_a_withdrawn_one_changes_it_back(engine, folder, sessions, plate):
    scans, keeper = scans_of(engine, folder), Keeper(engine, folder)
    with sessions.begin() as session:
        swapped = makers.zones({"A": makers.square(1, 0), "B": makers.square(0, 0)})
        cells = makers.zones({"A1": makers.square(1, 0), "B1": makers.square(0, 0)}, beat=["A", "B"])
        makers.make_draft(session, beats=swapped, cells=cells)
        editions.publish(session, "S001", 2, by="test")
    keeper.once()
    scans.refresh()
    assert (scans.answer(plate).beat.code, scans.answer(plate).edition) == ("B", 2)
    with sessions.begin() as session:
        editions.withdraw(session, "S001", 2, by="test", reason="test")
    keeper.once()
    scans.refresh()
    assert (scans.answer(plate).beat.code, scans.answer(plate).edition) == ("A", 1)


def test_what_commits_late_is_not_missed(engine, folder, sessions, plate):
    """A transaction that began before others and commits after them has the lowest numbers."""
    scans, keeper = scans_of(engine, folder), Keeper(engine, folder)
    late = sessions()
    late.execute(text("UPDATE person SET badge = '777' WHERE name = '王警官'"))
    with sessions.begin() as session:
        session.execute(text("UPDATE person SET badge = '888' WHERE name = '李网格'"))
    keeper.once()
    keeper._look()  # the poll that would pass over it
    late.commit()
    late.close()
    keeper._look()
    scans.refresh()
    assert scans.answer(plate).officers[0].badge == "777"
    keeper = Keeper(engine, folder)  # and so it is after a start
    with sessions.begin() as session:
        session.execute(text("UPDATE person SET badge = '999' WHERE name = '王警官'"))
    keeper.once()
    scans.refresh()
    assert scans.answer(plate).officers[0].badge == "999"


def test_a_station_without_a_plate_holds_up_no_other(engine, folder, sessions, plate):
    """As every station is on its first day, with doors and without."""
    with sessions.begin() as session:
        for new in ("S000", "S002"):
            makers.make_station(session, new)
        makers.make_door(session, 0.4, 0.2, station="S002")
    scans = scans_of(engine, folder)
    assert scans.answer(plate).beat.code == "A"
    assert set(scans.state.snapshot.manifest.stations) == {"S000", "S001", "S002"}
    first = new_plate_code()
    with sessions.begin() as session:
        makers.make_plate(session, first, makers.make_door(session, 0.4, 0.3, station="S000"))
    Keeper(engine, folder).once()
    scans.refresh()
    assert scans.answer(first).beat is None
    assert scans.answer(plate).beat.code == "A"


def test_nothing_changed_writes_nothing(engine, folder, plate):
    scans = scans_of(engine, folder)
    serial = scans.state.serial
    Keeper(engine, folder).once()
    scans.refresh()
    assert scans.state.serial == serial


def test_the_files_of_another_database_are_made_anew(engine, folder, plate):
    scans = scans_of(engine, folder)
    mark = Mark.read(scans.state.snapshot.manifest.stations["S001"].mark)
    assert mark is not None
    keeper = Keeper(engine, folder)
    keeper._begin()
    assert keeper._due == {}
    from gridmap.store.snapshot.write import StationUpdate, put_many

    put_many(folder, [StationUpdate("S001", mark="elsewhere-1 5 5")])
    keeper._begin()
    assert keeper._due == {"S001": True}


def test_a_running_keeper_has_a_change_in_the_answers_within_two_seconds(engine, folder, sessions, plate):
    scans, stop = scans_of(engine, folder), threading.Event()
    thread = threading.Thread(target=Keeper(engine, folder).run, args=(stop,))
    thread.start()
    took = []
    try:
        until_kept(engine, folder)
        for badge in ("666", "667", "668"):  # a busy machine is late now and then, not each time
            with sessions.begin() as session:
                session.execute(text("UPDATE person SET badge = :badge WHERE name = '王警官'"), {"badge": badge})
            began = time.monotonic()
            while scans.answer(plate).officers[0].badge != badge:
                scans.refresh()
                assert time.monotonic() - began < 60
                time.sleep(0.02)
            took.append(time.monotonic() - began)
        assert not scans.stale
    finally:
        stop.set()
        thread.join(60)
    assert min(took) < 2


def until_kept(engine, folder):
    """Wait until another keeper keeps the folder: only one may."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        try:
            Keeper(engine, folder).once()
        except SnapshotLocked:
            return
        time.sleep(0.05)
    raise AssertionError("nobody keeps the folder")


def test_it_says_as_of_when_it_is(engine, folder, plate):
    scans = scans_of(engine, folder)
    assert not scans.answer(plate).stale
    later = time.time() + 3600
    answer = scans.answer(plate, later)
    assert answer.stale
    assert answer.as_of < datetime.fromtimestamp(later, UTC) - timedelta(minutes=59)


def test_a_position_is_answered_like_the_plate_that_hangs_there(engine, folder, sessions, plate):
    answer = scans_of(engine, folder).answer(plate)
    spot = makers.spot(0.4, 0.2)
    with sessions.begin() as session:
        found = look_up.locate(session, spot.x, spot.y)
        assert (found.beat, found.grid_cell, found.people) == (answer.beat, answer.grid_cell, answer.people)
        border = makers.spot(1, 0.2)
        assert look_up.locate(session, border.x, border.y).beat.code == "A"  # on a border the lowest code
        with pytest.raises(look_up.NoStationThere):
            look_up.locate(session, 0, 0)


@pytest.mark.parametrize("name", ["manifest.json", "codes-1.idx", "0-1.seg"])
def test_a_damaged_snapshot_is_made_anew(engine, folder, plate, name):
    scans_of(engine, folder)
    damaged = folder / name
    damaged.write_bytes(damaged.read_bytes()[:-7])
    Keeper(engine, folder).once()
    scans = Scans(folder)
    assert scans.refresh()
    assert scans.trouble is None
    assert scans.answer(plate).beat.code == "A"


def test_hours_that_are_laid_out_say_what_working_them_out_says(engine, folder, sessions, plate):
    """For every pair of zones, at random moments of the days laid out: the same people, next ones, notices and ends."""
    with sessions.begin() as session:
        for name, first in (("王警官", 0), ("赵警官", 5), ("周辅警", 12)):
            person = session.scalar(text("SELECT id FROM person WHERE name = :name"), {"name": name})
            person = person or makers.make_person(session, name, "auxiliary", beat="A").id
            for day in range(-1, 6):
                session.execute(
                    text("""INSERT INTO shift (station, person_id, during) VALUES ('S001', :person, tstzrange(
                            date_trunc('day', now()) + make_interval(days => :day, hours => :first),
                            date_trunc('day', now()) + make_interval(days => :day, hours => :first + 8)))"""),
                    {"person": person, "day": day, "first": first},
                )
        session.execute(
            text("""INSERT INTO notice (station, beat, text_zh, during, by)
                    VALUES ('S001', 'A', '停水', tstzrange(now() + interval '5 hours', now() + interval '9 hours'), 't')""")
        )
    state = scans_of(engine, folder).require()
    now, seen = time.time(), set()
    for beat, cell in (("A", "A1"), (None, None)):
        for step in range(0, 2 * 24 * 60 - 30, 17):
            at = now + step * 60
            quick, slow = state.part("S001", beat, cell, at), part_of(state.duty("S001"), beat, cell, at)
            shared = ["station", "edition", "published_at", "beat", "grid_cell", "people", "notices", "following"]
            if slow.following:  # else nothing is known to change, and each says how far it looked
                shared.append("valid_until")
            told = [[getattr(part, name) for name in shared] for part in (quick, slow)]
            assert told[0] == told[1], (beat, at)
            seen.add(quick.people)
    assert len(seen) > 2
    beyond = state.part("S001", "A", "A1", now + 5 * 86_400)  # worked out then
    assert beyond.people


def test_an_empty_database_of_another_name_takes_nothing_away(engine, folder, sessions, tmp_path):
    from gridmap.store.snapshot.segment import SegmentRows
    from gridmap.store.snapshot.write import StationUpdate, put_many

    rows = SegmentRows([7], [0], [0], [2], [("试验路", "", "", "")], ["1"], {})
    folder.mkdir()
    put_many(folder, [StationUpdate("S009", rows, {}, mark="elsewhere-1 5 5")])
    with pytest.raises(OtherDatabaseEmpty):
        Keeper(engine, folder).once()
    scans = Scans(folder)
    assert scans.refresh()
    assert scans.state.snapshot.stations() == ["S009"]
