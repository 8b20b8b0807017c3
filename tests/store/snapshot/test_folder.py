"""The folder: manifests are whole or refused, files go only when nobody needs them, and a person can go back."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest

from gridmap.store.snapshot.faults import (
    NoEarlierSnapshot,
    SnapshotBroken,
    SnapshotHeld,
    SnapshotLocked,
    SnapshotMissing,
    SnapshotNotWritable,
)
from gridmap.store.snapshot.folder import lock, next_serial, prune, read_manifest, release, roll_back
from gridmap.store.snapshot.state import Snapshot
from gridmap.store.snapshot.write import StationUpdate, put_many, put_station
from tests.store.snapshot.small import rows


@pytest.fixture
def folder(tmp_path):
    """Return a folder in its third state: station A has team 1, 2, 3; station B stayed."""
    put_many(tmp_path / "scan", [StationUpdate("A", rows(1), {"state": 1}), StationUpdate("乙/B", rows(2), {})])
    put_station(tmp_path / "scan", "A", rows(1), {"state": 2}, mark="12-345")
    put_station(tmp_path / "scan", "A", rows(1), {"state": 3}, mark="12-346")
    return tmp_path / "scan"


def named(folder):
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def test_a_manifest_comes_back_as_it_was_written(folder):
    manifest = read_manifest(folder)
    assert manifest == read_manifest(folder, "manifest-3.json")
    assert (manifest.serial, manifest.held, manifest.restored) == (3, False, None)
    assert {code: (each.number, each.plates, each.mark) for code, each in manifest.stations.items()} == {
        "A": (0, 1, "12-346"),
        "乙/B": (1, 1, ""),
    }
    assert manifest.made_at.utcoffset().total_seconds() == 0


def test_the_files_of_the_last_two_states_are_kept_and_no_others(folder):
    two_states = {
        file.name for name in ("manifest-2.json", "manifest-3.json") for file in read_manifest(folder, name).files()
    }
    assert named(folder) == two_states | {"manifest.json", "manifest-2.json", "manifest-3.json"}
    assert {"0-2.team", "0-3.team", "0-1.seg", "codes-1.idx"} <= two_states


def test_pruning_takes_what_a_killed_writer_left_and_leaves_what_is_not_ours(folder):
    before = named(folder)
    for name in (".aside-99-codes-9.idx", "7-9.seg", "codes-9.idx", "manifest-9.json"):
        (folder / name).write_bytes(b"half")
    (folder / "notes.txt").write_text("mine")
    assert prune(folder) == [".aside-99-codes-9.idx", "7-9.seg", "codes-9.idx", "manifest-9.json"]
    assert named(folder) == before | {"notes.txt"}


def test_nothing_is_pruned_where_no_manifest_can_be_read(folder):
    for path in folder.glob("manifest*.json"):
        path.write_bytes(b"{}")
    before = named(folder)
    with pytest.raises(SnapshotBroken):
        prune(folder)
    assert named(folder) == before


def test_a_serial_is_never_used_again(folder):
    (folder / "manifest-41.json").write_bytes(b"half")
    assert next_serial(folder) == 42


def test_rolling_back_restores_the_state_of_before_and_holds_it(folder):
    open_before = Snapshot.open(folder)
    back = roll_back(folder)
    assert (back.serial, back.held, back.restored) == (4, True, 2)
    assert Snapshot.open(folder, verify=True).team("A") == {"state": 2}
    assert open_before.team("A") == {"state": 3}, "who has the old one open goes on"

    with pytest.raises(SnapshotHeld, match="release"):
        put_station(folder, "A", rows(1), {"state": 4})
    with pytest.raises(NoEarlierSnapshot, match="release it first"):
        roll_back(folder)
    assert read_manifest(folder) == back

    assert release(folder).held is False
    assert put_station(folder, "A", rows(1), {"state": 4}).serial == 6
    assert Snapshot.open(folder, verify=True).team("A") == {"state": 4}


def test_release_of_what_is_not_held_changes_nothing(folder):
    assert release(folder) == read_manifest(folder)
    assert read_manifest(folder).serial == 3


def test_there_is_no_way_back_from_the_first_state(tmp_path):
    put_station(tmp_path, "A", rows(1), {})
    with pytest.raises(NoEarlierSnapshot, match="nothing was changed"):
        roll_back(tmp_path)
    assert read_manifest(tmp_path).serial == 1


def test_rolling_back_never_leads_to_a_damaged_state(folder):
    (folder / "0-2.team").unlink()
    with pytest.raises(NoEarlierSnapshot):
        roll_back(folder)
    assert Snapshot.open(folder).team("A") == {"state": 3}


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"format": 1}\n# sha256 00\n'])
def test_a_damaged_manifest_is_refused(folder, damage):
    (folder / "manifest.json").write_bytes(damage)
    with pytest.raises(SnapshotBroken, match=r"manifest\.json is damaged: its checksum"):
        read_manifest(folder)


def test_every_changed_byte_of_a_manifest_is_noticed(folder):
    whole = (folder / "manifest.json").read_bytes()
    for at in range(0, len(whole), 7):
        (folder / "manifest.json").write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(SnapshotBroken):
            read_manifest(folder)


def test_a_manifest_is_json_that_a_person_can_read(folder):
    body, check = (folder / "manifest.json").read_text("utf-8").splitlines()
    assert json.loads(body)["stations"]["乙/B"]["segment"]["name"] == "1-1.seg"
    assert check.startswith("# sha256 ")


def test_no_folder_is_told(tmp_path):
    with pytest.raises(SnapshotMissing, match="no snapshot has been made yet"):
        read_manifest(tmp_path / "scan")
    (tmp_path / "file").write_text("")
    with pytest.raises(SnapshotNotWritable, match="cannot be used"), lock(tmp_path / "file" / "scan"):
        pass


def test_a_lock_keeps_threads_and_processes_out_and_dies_with_its_holder(tmp_path):
    holder = """if True:
        import sys, time
        from pathlib import Path
        from gridmap.store.snapshot.folder import lock
        with lock(Path(sys.argv[1])):
            print("held", flush=True)
            time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", holder, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(SnapshotLocked, match="another process holds the lock write"), lock(tmp_path, wait=False):
            pass
        with lock(tmp_path, wait=False, name="keeper"):
            pass
        other.kill()
    with lock(tmp_path, wait=False):
        refused = []

        def try_it():
            try:
                with lock(tmp_path, wait=False):
                    pass
            except SnapshotLocked as error:
                refused.append(error)

        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
        assert len(refused) == 1
