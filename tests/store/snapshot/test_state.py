"""A whole state: immutable, shared with the next where nothing changed, and the one before where a file is damaged."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref

import pytest

from gridmap.store.snapshot.faults import SnapshotMissing
from gridmap.store.snapshot.state import Snapshot
from gridmap.store.snapshot.write import StationUpdate, put_many, put_station, remove_station
from tests.store.snapshot.small import rows


@pytest.fixture
def folder(tmp_path):
    """Return a folder in its second state, in which only station A is another."""
    put_many(tmp_path, [StationUpdate("A", rows(1, 3), {"a": 1}), StationUpdate("B", rows(2), {"b": 1})])
    put_station(tmp_path, "A", rows(1, 3, 5), {"a": 2})
    return tmp_path


def test_a_plate_leads_to_its_station_and_its_row(folder):
    snapshot = Snapshot.open(folder, verify=True)
    found = snapshot.find(3)
    assert (found.station, found.row.street, found.row.beat, found.row.grid_cell) == ("A", "东街", "B1", None)
    assert snapshot.find(2).station == "B"
    assert snapshot.find(4) is None
    assert (len(snapshot), snapshot.serial, snapshot.trouble, sorted(snapshot.stations())) == (4, 2, None, ["A", "B"])
    assert snapshot.team("B") == {"b": 1}
    with pytest.raises(KeyError):
        snapshot.team("C")


def test_the_next_state_shares_what_did_not_change_and_the_old_one_stays_as_it_was(folder):
    old = Snapshot.open(folder)
    assert old.is_current()
    put_station(folder, "A", rows(1, 3, 5, tail=1), {"a": 3})
    assert not old.is_current()
    new = old.reopen()
    assert new.is_current()
    assert new._files()[new.manifest.stations["B"].segment] is old._files()[old.manifest.stations["B"].segment]
    assert new._teams["B"] is old._teams["B"]
    assert new._codes is old._codes
    assert (new.find(5).row.tail, new.team("A")) == ("2号院3栋", {"a": 3})
    assert (old.find(5).row.tail, old.team("A")) == ("1号", {"a": 2})


def test_an_old_state_answers_after_its_files_are_gone_and_closes_when_nobody_refers_to_it(folder):
    old = Snapshot.open(folder)
    for tail in (1, 2, 0):
        put_station(folder, "A", rows(1, 5, tail=tail), {"a": tail})
    remove_station(folder, "B")
    assert not (folder / old.manifest.codes.name).exists()
    assert (old.find(3).station, old.find(2).station, old.team("B")) == ("A", "B", {"b": 1})

    codes = weakref.ref(old._codes._low.obj)
    assert codes() is not None
    new = old.reopen()
    del old
    gc.disable()
    try:
        assert codes() is None, "the map outlived its state"
    finally:
        gc.enable()
    assert new.find(3) is None


@pytest.mark.parametrize("name", ["codes-2.idx", "0-2.seg", "0-2.team", "manifest.json"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_file_leads_to_a_state_that_is_whole(folder, name, damage):
    path = folder / name
    path.write_bytes(path.read_bytes()[:-1]) if damage == "cut" else path.unlink()
    snapshot = Snapshot.open(folder)
    assert name in snapshot.trouble.detail
    expected = 2 if name == "manifest.json" else 1
    assert (snapshot.serial, snapshot.find(5) is None) == (expected, expected == 1)
    assert snapshot.is_current(), "it is not tried again until the manifest changes"

    put_station(folder, "A", rows(1, 3, 5, 7), {"a": 4})
    mended = snapshot.reopen(verify=True)
    assert (mended.trouble, mended.find(7).station, mended.find(2).station) == (None, "A", "B")


@pytest.mark.parametrize("name", ["codes-2.idx", "0-2.seg", "0-2.team"])
def test_a_changed_byte_anywhere_is_found_by_verifying(folder, name):
    path = folder / name
    whole = path.read_bytes()
    for at in range(0, len(whole), max(len(whole) // 40, 1)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        snapshot = Snapshot.open(folder, verify=True)
        assert snapshot.serial == 1
        assert name in snapshot.trouble.detail


def test_damage_in_the_index_is_mended_from_the_segments_and_never_sealed(folder):
    codes = folder / "codes-2.idx"
    whole = bytearray(codes.read_bytes())
    whole[-40:] = bytes(40)
    codes.write_bytes(whole)
    put_station(folder, "A", rows(1, 3, 5, 9), {})
    snapshot = Snapshot.open(folder, verify=True)
    assert {number for number in range(20) if snapshot.find(number)} == {1, 2, 3, 5, 9}


def test_no_state_at_all_is_told(tmp_path, folder):
    with pytest.raises(SnapshotMissing, match="no snapshot has been made yet"):
        Snapshot.open(tmp_path / "elsewhere")
    for path in folder.glob("codes-*"):
        path.unlink()
    with pytest.raises(SnapshotMissing, match=r"codes-2\.idx is gone"):
        Snapshot.open(folder)


def test_an_index_that_does_not_fit_the_segments_is_refused(folder):
    (folder / "0-2.seg").write_bytes((folder / "0-1.seg").read_bytes())
    assert Snapshot.open(folder).serial == 1


def test_readers_see_whole_states_while_a_writer_publishes(folder):
    put_station(folder, "A", rows(1, 3, 5, tail=0), {"tail": "1号"})
    stop, wrong, seen = threading.Event(), [], set()

    def read():
        snapshot = Snapshot.open(folder)
        while not stop.is_set():
            if not snapshot.is_current():
                snapshot = snapshot.reopen()
            row, team = snapshot.find(5).row, snapshot.team("A")
            seen.add(snapshot.serial)
            if row.tail != team["tail"] or snapshot.trouble:
                wrong.append((snapshot.serial, row, team, snapshot.trouble))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(40):
            put_station(
                folder,
                "A",
                rows(1, 3, 5, *range(10, 10 + turn % 3), tail=turn % 2),
                {"tail": ["1号", "2号院3栋"][turn % 2]},
            )
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(seen) > 3


def test_a_reader_imports_neither_numpy_nor_a_database(folder):
    script = (
        "import sys; from pathlib import Path; from gridmap.store.snapshot.state import Snapshot\n"
        "snapshot = Snapshot.open(Path(sys.argv[1]), verify=True)\n"
        "assert snapshot.find(3).station == 'A' and snapshot.team('B') and snapshot.reopen().find(8) is None\n"
        "heavy = {'numpy', 'pandas', 'shapely', 'sqlalchemy', 'geoalchemy2', 'psycopg', 'PIL', 'folium'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True)


def test_a_file_of_a_broken_state_that_is_put_again_is_written_again(folder):
    (folder / "0-2.seg").write_bytes(b"")
    assert Snapshot.open(folder).trouble is not None
    put_station(folder, "A", rows(1, 3, 5), {"a": 2})
    whole = Snapshot.open(folder, verify=True)
    assert (whole.trouble, whole.find(5).station) == (None, "A")
