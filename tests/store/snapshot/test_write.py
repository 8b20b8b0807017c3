"""Publishing: only what changed is written, two writers never undo each other, and a kill leaves one of two states."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gridmap.store.snapshot.faults import PlateTwice, SnapshotBroken, SnapshotNotWritable, SnapshotRowsNotValid
from gridmap.store.snapshot.folder import FileMark, StationFiles, read_manifest, swap
from gridmap.store.snapshot.state import Snapshot
from gridmap.store.snapshot.write import StationUpdate, put_many, put_station, remove_station
from tests.store.snapshot.small import TAILS, rows


def test_only_what_changed_is_written(tmp_path):
    first = put_many(tmp_path, [StationUpdate("A", rows(1, 3), {"a": 1}), StationUpdate("B", rows(2), {"b": 1})])

    people = put_many(tmp_path, [StationUpdate("A", team={"a": 2}, mark="7")])
    assert people.codes == first.codes
    assert people.stations["B"] == first.stations["B"]
    assert people.stations["A"].segment == first.stations["A"].segment
    assert (people.stations["A"].team.name, people.stations["A"].mark) == ("0-2.team", "7")

    places = put_station(tmp_path, "A", rows(3, 1, tail=1), {"a": 2}, mark="7")
    assert places.codes == first.codes
    assert places.stations["A"].segment.name == "0-3.seg"
    assert places.stations["A"].team == people.stations["A"].team

    plates = put_station(tmp_path, "A", rows(1, 3, 4, tail=1), {"a": 2})
    assert plates.codes.name == "codes-4.idx"
    assert plates.stations["B"] == first.stations["B"]


def test_publishing_the_same_again_changes_nothing(tmp_path):
    first = put_station(tmp_path, "A", rows(1, 3), {"a": 1}, mark="x")
    touched = (tmp_path / "manifest.json").stat()
    assert put_station(tmp_path, "A", rows(3, 1), {"a": 1}, mark="x") != first, "another place a plate"
    second = put_station(tmp_path, "A", rows(1, 3), {"a": 1}, mark="x")
    touched = (tmp_path / "manifest.json").stat()
    assert put_station(tmp_path, "A", rows(1, 3), {"a": 1}, mark="x") == second
    assert (tmp_path / "manifest.json").stat() == touched
    assert not list(tmp_path.glob("*-4.*"))


def test_a_number_stands_for_its_station_as_long_as_it_is_there(tmp_path):
    put_many(tmp_path, [StationUpdate(code, rows(at), {}) for at, code in enumerate("ABC")])
    remove_station(tmp_path, "B")
    manifest = put_station(tmp_path, "D", rows(9), {})
    assert {code: each.number for code, each in manifest.stations.items()} == {"A": 0, "C": 2, "D": 1}
    snapshot = Snapshot.open(tmp_path, verify=True)
    assert [snapshot.find(number) and snapshot.find(number).station for number in (0, 1, 2, 9)] == ["A", None, "C", "D"]
    assert remove_station(tmp_path, "B") == manifest


def test_a_plate_moves_from_one_station_to_another_in_one_step(tmp_path):
    put_many(tmp_path, [StationUpdate("A", rows(1, 2), {}), StationUpdate("B", rows(3), {})])
    put_many(tmp_path, [StationUpdate("A", rows(1)), StationUpdate("B", rows(2, 3))])
    assert Snapshot.open(tmp_path, verify=True).find(2).station == "B"


@pytest.mark.parametrize(
    ("updates", "error"),
    [
        ([StationUpdate("B", rows(2), {})], PlateTwice),
        ([StationUpdate("B", rows(9))], SnapshotRowsNotValid),
        ([StationUpdate("B", team={})], SnapshotRowsNotValid),
        ([StationUpdate("A", rows(9)), StationUpdate("A", rows(8))], SnapshotRowsNotValid),
    ],
)
def test_what_cannot_be_published_changes_nothing(tmp_path, updates, error):
    before = put_station(tmp_path, "A", rows(1, 2), {})
    with pytest.raises(error):
        put_many(tmp_path, [StationUpdate("C", rows(5), {}), *updates])
    assert read_manifest(tmp_path) == before
    assert Snapshot.open(tmp_path, verify=True).find(5) is None
    put_station(tmp_path, "C", rows(5, 6), {})
    assert Snapshot.open(tmp_path, verify=True).find(6).station == "C"


@pytest.mark.parametrize("damaged", ["manifest*.json", "*.seg", "codes-*.idx"])
def test_files_of_another_version_are_never_lost_in_silence_and_publishing_anew_mends_them(tmp_path, damaged):
    both = [StationUpdate("A", rows(1, 2), {"a": 1}), StationUpdate("B", rows(3), {"b": 1})]
    put_many(tmp_path, both)
    for path in tmp_path.glob(damaged):
        whole = path.read_bytes()
        other = whole[:12] + bytes([whole[12] ^ 64]) + whole[13:]  # where binary files hold their version
        path.write_bytes(other)
        if not damaged.startswith("manifest"):  # the manifest agrees with them: not damage, but another version
            manifest = read_manifest(tmp_path)
            text = json.dumps(asdict(manifest), default=str).replace(
                hashlib.sha256(whole).hexdigest(), hashlib.sha256(other).hexdigest()
            )
            found = json.loads(text)
            stations = {
                code: StationFiles(**each | {"segment": FileMark(**each["segment"]), "team": FileMark(**each["team"])})
                for code, each in found["stations"].items()
            }
            swap(tmp_path, replace(manifest, codes=FileMark(**found["codes"]), stations=stations))

    if damaged == "codes-*.idx":  # can be had from the segments
        put_station(tmp_path, "A", rows(1, 2, 4), {})
    else:
        with suppress(SnapshotBroken):
            put_station(tmp_path, "A", rows(1, 2, 4), {})
            assert damaged == "*.seg"
        with pytest.raises(SnapshotBroken):
            Snapshot.open(tmp_path, verify=True)
        put_many(tmp_path, [*both[1:], StationUpdate("A", rows(1, 2, 4), {})], anew=True)
    snapshot = Snapshot.open(tmp_path, verify=True)
    assert snapshot.trouble is None
    assert [snapshot.find(number).station for number in (1, 2, 3, 4)] == ["A", "A", "B", "A"]


def test_publishing_anew_leaves_out_what_is_not_among_the_updates(tmp_path):
    put_many(tmp_path, [StationUpdate("A", rows(1), {}), StationUpdate("B", rows(2), {})])
    put_many(tmp_path, [StationUpdate("B", rows(2), {})], anew=True)
    snapshot = Snapshot.open(tmp_path, verify=True)
    assert (snapshot.stations(), snapshot.serial, snapshot.find(1)) == (["B"], 2, None)


def test_a_folder_that_takes_no_file_is_told(tmp_path):
    put_station(tmp_path, "A", rows(1), {})
    (tmp_path / f".aside-{os.getpid()}-0-2.seg").mkdir()  # also root cannot write there
    with pytest.raises(SnapshotNotWritable, match="make room"):
        put_station(tmp_path, "A", rows(1, 2), {})
    assert Snapshot.open(tmp_path, verify=True).find(1).station == "A"


def test_a_snapshot_without_plates_answers(tmp_path):
    put_station(tmp_path, "A", rows(), {"a": 1})
    snapshot = Snapshot.open(tmp_path, verify=True)
    assert (len(snapshot), snapshot.find(0), snapshot.team("A")) == (0, None, {"a": 1})
    remove_station(tmp_path, "A")
    assert Snapshot.open(tmp_path, verify=True).stations() == []


def test_two_writers_at_once_lose_nothing_of_each_other(tmp_path):
    def write(station):
        for turn in range(12):
            put_station(
                tmp_path, f"S{station}", rows(*(100 * station + plate for plate in range(turn + 1))), {"turn": turn}
            )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    snapshot = Snapshot.open(tmp_path, verify=True)
    assert snapshot.serial == 48
    for station in range(4):
        assert snapshot.team(f"S{station}") == {"turn": 11}
        assert all(snapshot.find(100 * station + plate).station == f"S{station}" for plate in range(12))


class Publishing(RuleBasedStateMachine):
    """Any sequence of steps leads to what a dict would hold."""

    @initialize()
    def begin(self):
        self.folder = self.tmp.mktemp("machine")
        self.stations = {}
        self.snapshot = None

    @rule(
        updates=st.dictionaries(
            st.sampled_from("ABC"), st.tuples(st.sets(st.integers(0, 30), max_size=8), st.integers(0, 2)), max_size=3
        ),
        remove=st.sets(st.sampled_from("ABC"), max_size=1),
    )
    def publish(self, updates, remove):
        after = {code: each for code, each in (self.stations | updates).items() if code not in remove}
        numbers = [number for each, _ in after.values() for number in each]
        many = [
            StationUpdate(code, rows(*sorted(each), tail=tail), {"tail": tail})
            for code, (each, tail) in updates.items()
        ]
        if len(numbers) > len(set(numbers)):
            with pytest.raises(PlateTwice):
                put_many(self.folder, many, remove=remove)
        else:
            put_many(self.folder, many, remove=remove)
            self.stations = after

    @invariant()
    def the_snapshot_is_the_dict(self):
        if not (self.folder / "manifest.json").exists():
            return
        self.snapshot = self.snapshot.reopen(verify=True) if self.snapshot else Snapshot.open(self.folder, verify=True)
        assert self.snapshot.trouble is None
        assert sorted(self.snapshot.stations()) == sorted(self.stations)
        expected = {
            number: (code, TAILS[tail]) for code, (numbers, tail) in self.stations.items() for number in numbers
        }
        found = {number: self.snapshot.find(number) for number in range(31)}
        assert {number: (each.station, each.row.tail) for number, each in found.items() if each} == expected
        assert {code: self.snapshot.team(code) for code in self.stations} == {
            code: {"tail": tail} for code, (_, tail) in self.stations.items()
        }


def test_any_sequence_of_steps_leads_to_what_a_dict_would_hold(tmp_path_factory):
    Publishing.tmp = tmp_path_factory
    case = Publishing.TestCase
    case.settings = settings(max_examples=25, stateful_step_count=8, deadline=None)
    case().runTest()


#: A process that forks writers. Each writer dies by SIGKILL: at the k-th time that it opens, renames or deletes a file,
#: for every k there is; then at moments of chance. After each death the folder must hold the state of before or the
#: next, every byte of it, and take another.
KILLER = """if True:
    import os, random, signal, sys, time
    from pathlib import Path
    import numpy
    from gridmap.store.snapshot.state import Snapshot
    from gridmap.store.snapshot.write import StationUpdate, put_many
    from tests.store.snapshot.small import TAILS, rows

    folder, chances = Path(sys.argv[1]), int(sys.argv[2])

    def publish(turn):
        plates = [1, 5, *range(10, 12 + turn % 4)]
        put_many(folder, [
            StationUpdate("A", rows(*plates, tail=turn % 3), {"turn": turn}), StationUpdate("B", rows(100 + turn), {"turn": turn}),
        ])

    def check(*turns):
        snapshot = Snapshot.open(folder, verify=True)
        turn = snapshot.team("A")["turn"]
        assert snapshot.trouble is None, snapshot.trouble
        assert turn in turns and snapshot.team("B") == {"turn": turn}, (turn, turns)
        assert len(snapshot) == 4 + turn % 4 + 1
        assert snapshot.find(5).row.tail == TAILS[turn % 3]
        assert [number for number in range(100, 100 + turn + 9) if snapshot.find(number)] == [100 + turn]
        return turn

    def writer(turn, die_at, ready):
        steps = [0]
        def step(event, arguments):
            if event in {"open", "os.rename", "os.remove", "os.listdir", "os.scandir", "mmap.__new__"}:
                steps[0] += 1
                if steps[0] == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)
        if die_at:
            sys.addaudithook(step)
        os.write(ready, b"r")
        while True:
            publish(turn)
            if die_at:
                os._exit(0)
            os.write(ready, turn.to_bytes(4, "big"))
            turn += 1

    def forked(turn, die_at):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            writer(turn, die_at, write)
        os.close(write)
        os.read(read, 1)
        return child, read

    publish(0)
    turn, deaths, died_at = 0, 0, 0
    while True:
        died_at += 1
        child, read = forked(turn + 1, died_at)
        status = os.waitpid(child, 0)[1]
        os.close(read)
        turn = check(turn, turn + 1)
        if status == 0:
            break
        assert os.WIFSIGNALED(status), "a writer failed by itself"
        deaths += 1
        turn += 1
        publish(turn)  # as the next writer does; what the dead one left is pruned
        check(turn)
    assert deaths > 15, deaths
    dice = random.Random(5)
    for _ in range(chances):
        child, read = forked(turn + 1, 0)
        time.sleep(dice.uniform(0, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said = b"".join(iter(lambda: os.read(read, 4096), b""))
        os.close(read)
        last = int.from_bytes(said[-4:], "big") if said else turn
        turn = check(last, last + 1)
    publish(turn + 1)
    check(turn + 1)
    left = [path.name for path in folder.iterdir() if path.name.startswith(".aside")]
    assert not left, left
    print(deaths)
"""


def test_a_writer_killed_at_any_moment_leaves_the_state_of_before_or_the_next(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path), "12"], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
