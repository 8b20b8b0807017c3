"""The resolution snapshot beside LMDB, SQLite and a dict: time to make, bytes, microseconds a look-up, memory a process.

Each store is read in two processes of its own at the same time: what both map is shared, and what is left is private to
each. `layouts` compares other forms of the index alone.
"""

from __future__ import annotations

import contextlib
import json
import pickle
import random
import sqlite3
import subprocess
import sys
import time
from bisect import bisect_left

import numpy as np
import pytest

from gridmap.domain.plates import PLATE_STATES
from gridmap.store.snapshot.codes import Codes
from gridmap.store.snapshot.codes_merge import merge_codes
from gridmap.store.snapshot.state import Snapshot
from gridmap.store.snapshot.write import StationUpdate, put_many, put_station
from tests.benchmarks.scan_city import make_numbers, make_plates, make_rows

pytestmark = pytest.mark.benchmark

STATIONS = 400
LOOK_UPS = 200_000


def table(title, rows):
    print(f"\n{title}")
    for name, *values in rows:
        print(f"  {name:<44}" + "".join(f"{value:>13}" for value in values))


def flat(city):
    """Yield number, station, slot, status, place index and tail of every plate of a city."""
    for at, (_, rows, _) in enumerate(city):
        columns = (rows.numbers, rows.status, rows.place, rows.tail)
        for slot, (number, status, place, tail) in enumerate(zip(*(each.tolist() for each in columns), strict=True)):
            yield number, at, slot, status, place, tail


def make_sqlite(folder, city):
    with contextlib.closing(sqlite3.connect(folder / "plates.sqlite")) as base:
        base.execute("PRAGMA journal_mode = OFF")
        base.execute("CREATE TABLE plate (number INTEGER PRIMARY KEY, station, status, place, tail)")
        base.execute(
            "CREATE TABLE place (station, place, street, village, beat, cell, PRIMARY KEY (station, place)) WITHOUT ROWID"
        )
        base.executemany(
            "INSERT INTO plate VALUES (?, ?, ?, ?, ?)", ((n, s, st, p, t) for n, s, _, st, p, t in sorted(flat(city)))
        )
        base.executemany(
            "INSERT INTO place VALUES (?, ?, ?, ?, ?, ?)",
            ((s, p, *place) for s, (_, rows, _) in enumerate(city) for p, place in enumerate(rows.places)),
        )
        base.commit()  # fmt: skip
        base.execute("VACUUM")


def make_lmdb(folder, city):
    lmdb = pytest.importorskip("lmdb")
    with lmdb.open(str(folder / "lmdb"), map_size=1 << 33, max_dbs=2, sync=False) as env:
        plates, places = env.open_db(b"plates"), env.open_db(b"places")
        with env.begin(write=True) as write:
            for n, s, _, status, place, tail in sorted(flat(city)):
                value = s.to_bytes(2, "big") + bytes([status]) + place.to_bytes(3, "big") + tail.to_bytes(2, "big")
                write.put(n.to_bytes(7, "big"), value, append=True, db=plates)
            for s, (_, rows, _) in enumerate(city):
                for p, place in enumerate(rows.places):
                    write.put(
                        s.to_bytes(2, "big") + p.to_bytes(3, "big"), "\0".join(place).encode(), append=True, db=places
                    )
        env.sync(True)


def make_dict(folder, city):
    with (folder / "plates.pickle").open("wb") as file:
        places = [rows.places for _, rows, _ in city]
        pickle.dump(({n: (s, status, place, tail) for n, s, _, status, place, tail in flat(city)}, places), file, -1)


def make_ours(folder, city):
    put_many(folder / "scan", (StationUpdate(*each) for each in city))


#: The reader of each store: opens it, then answers number -> (station, status, street, village, beat, cell, tail).
READERS = {
    "gridmap": """
from gridmap.store.snapshot.state import Snapshot
find = Snapshot.open(folder / "scan").find
""",
    "LMDB": """
import lmdb
env = lmdb.open(str(folder / "lmdb"), readonly=True, lock=False, max_dbs=2)
plates, places = env.open_db(b"plates", create=False), env.open_db(b"places", create=False)
read = env.begin(buffers=False)
def find(n):
    got = read.get(n.to_bytes(7, "big"), db=plates)
    if got is None:
        return None
    street, village, beat, cell = read.get(got[:2] + got[3:6], db=places).decode().split("\\0")
    return int.from_bytes(got[:2], "big"), got[2], street, village, beat, cell, int.from_bytes(got[6:], "big")
""",
    "SQLite, immutable": """
import sqlite3
base = sqlite3.connect(f"file:{folder}/plates.sqlite?immutable=1", uri=True)
base.execute("PRAGMA mmap_size = 4000000000")
ask = "SELECT station, status, street, village, beat, cell, tail FROM plate JOIN place USING (station, place) WHERE number = ?"
def find(n):
    return base.execute(ask, (n,)).fetchone()
""",
    "dict": """
import gc, pickle
gc.disable()
plates, places = pickle.load(open(folder / "plates.pickle", "rb"))
def find(n):
    got = plates.get(n)
    return got and (got[0], got[1], *places[got[0]][got[2]], got[3])
""",
}
MAKERS = {"gridmap": make_ours, "LMDB": make_lmdb, "SQLite, immutable": make_sqlite, "dict": make_dict}

READ = """
import json, sys, time
from array import array
from pathlib import Path
folder = Path(sys.argv[1])
hits, misses = (array("Q", (folder / name).read_bytes()) for name in ("hits", "misses"))
def memory():
    rows = dict(line.split(":") for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    return (int(rows["Private_Clean"].split()[0]) + int(rows["Private_Dirty"].split()[0])) / 1024
before, start = memory(), time.process_time()
{open}
opened = time.process_time() - start
def time_of(numbers, wanted):
    best = 9.0
    for _ in range(3):
        start = time.process_time()
        for number in numbers:
            if (find(number) is not None) is not wanted:
                raise SystemExit("a wrong answer")
        best = min(best, time.process_time() - start)
    return 1e6 * best / len(numbers)
hit, miss = time_of(hits, True), time_of(misses, False)
print("read", flush=True)
sys.stdin.readline()  # until the other has read as well
print(json.dumps([opened, hit, miss, memory() - before]), flush=True)
sys.stdin.readline()  # and has looked at its memory
"""


def read(folder, name):
    """Return CPU-s to open, microseconds a hit and a miss, and private MB of the first of two readers."""
    script = READ.replace("{open}", READERS[name])
    command = [sys.executable, "-c", script, str(folder)]
    readers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for each in readers:
        assert each.stdout.readline() == "read\n"
    said = []
    for each in readers:
        each.stdin.write("\n")
        each.stdin.flush()
        said.append(json.loads(each.stdout.readline()))
    for each in readers:
        each.communicate("\n")
    return [min(values) for values in zip(*said, strict=True)]


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture(params=[1_000_000, 10_000_000], ids=["1M", "10M"], scope="module")
def city(request):
    return list(make_plates(request.param, STATIONS))


def ask_for(folder, city):
    """Write the numbers that the readers ask for: plates by chance, and numbers that no plate has."""
    rng = np.random.default_rng(3)
    numbers = np.sort(np.concatenate([rows.numbers for _, rows, _ in city]))
    rng.choice(numbers, LOOK_UPS).tofile(folder / "hits")
    missing = rng.integers(0, 1 << 50, LOOK_UPS + 1_000, dtype=np.uint64)
    found = numbers[np.minimum(np.searchsorted(numbers, missing), len(numbers) - 1)] == missing
    missing[~found][:LOOK_UPS].tofile(folder / "misses")
    return len(numbers)


def test_look_ups_beside_other_stores(tmp_path, city):
    plates = ask_for(tmp_path, city)
    rows, figures = [("", "make CPU-s", "MB on disk", "open CPU-s", "us a hit", "us a miss", "private MB")], {}
    for name, make in MAKERS.items():
        before, start = size(tmp_path), time.process_time()
        make(tmp_path, city)
        made, there = time.process_time() - start, (size(tmp_path) - before) / 1e6
        opened, hit, miss, private = figures[name] = read(tmp_path, name)
        rows.append(
            (name, f"{made:.1f}", f"{there:.0f}", f"{opened:.2f}", f"{hit:.1f}", f"{miss:.1f}", f"{private:.1f}")
        )
        if name == "gridmap":
            assert there < 200 * plates / 1e7 + 10
    table(f"Stores of {plates:,} plates of {STATIONS} stations; a hit with place, tail and status; two readers", rows)
    assert figures["gridmap"][3] < 16
    assert figures["gridmap"][1] < 2 * figures["SQLite, immutable"][1]
    assert figures["gridmap"][2] < figures["LMDB"][2]


def test_publishing_one_station(tmp_path, city):
    plates = sum(len(rows.numbers) for _, rows, _ in city)
    start = time.process_time(), time.perf_counter()
    make_ours(tmp_path, city)
    rows = [("", "CPU-s", "s"), ("all stations at once", *spent(start))]
    folder = tmp_path / "scan"
    code, mine, team = city[7]
    status = mine.status.copy()
    status[5] = PLATE_STATES.index("damaged")
    mine = make_rows(mine.numbers, 7)
    mine.status = status
    more = make_rows(np.append(mine.numbers, np.uint64(1)), 7)
    snapshot = Snapshot.open(folder)
    for what, do in (
        ("one station: people only", lambda: put_many(folder, [StationUpdate(code, team=team | {"edition": 2})])),
        ("one station: a plate's status, people", lambda: put_station(folder, code, mine, team | {"edition": 3})),
        ("one station: a new plate", lambda: put_station(folder, code, more, team)),
        ("a reader opens what is new", snapshot.reopen),
        ("a reader opens everything", lambda: Snapshot.open(folder)),
        ("a reader opens and verifies everything", lambda: Snapshot.open(folder, verify=True)),
    ):
        start = time.process_time(), time.perf_counter()
        do()
        rows.append((what, *spent(start)))
    before = Codes.open(folder / Snapshot.open(folder).manifest.codes.name)
    start = time.process_time(), time.perf_counter()
    merge_codes(tmp_path / "codes-0.idx", before, {7: np.sort(mine.numbers)})
    rows.append(("the index alone, one station changed", *spent(start)))
    table(f"Publishing into a snapshot of {plates:,} plates", rows)
    assert float(rows[3][1]) < 1


def spent(start):
    return f"{time.process_time() - start[0]:.2f}", f"{time.perf_counter() - start[1]:.2f}"


def test_layouts_of_the_index():
    n = 10_000_000
    numbers = np.sort(make_numbers(n))
    hits = np.random.default_rng(3).choice(numbers, LOOK_UPS).tolist()
    misses = [random.Random(at).getrandbits(50) for at in range(LOOK_UPS)]
    rows = [("", "us a hit", "us a miss", "MB")]
    for bits in (16, 18, 20, 22):
        find, bytes_ = bucketed(numbers, bits)
        rows.append((f"buckets of {bits} bits, low bits bisected", *times(find, hits, misses), f"{bytes_ / 1e6:.0f}"))
    column = memoryview(numbers)

    def plain(number):
        at = bisect_left(column, number)
        return at if at < n and column[at] == number else None

    def interpolated(number):
        low, high = 0, n - 1
        first, last = column[0], column[n - 1]
        while low <= high and first <= number <= last:
            at = low + (high - low) * (number - first) // ((last - first) or 1)
            value = column[at]
            if value == number:
                return at
            if value < number:
                low = at + 1
                first = column[low] if low < n else value
            else:
                high = at - 1
                last = column[high] if high >= 0 else value
        return None

    def guessed(number):
        at = number * n >> 50
        at = bisect_left(column, number, max(at - 4_096, 0), min(at + 4_096, n))
        return at if at < n and column[at] == number else None

    rows.append(("one sorted column, bisected", *times(plain, hits, misses), f"{8 * n / 1e6:.0f}"))
    rows.append(("one sorted column, interpolation search", *times(interpolated, hits, misses), f"{8 * n / 1e6:.0f}"))
    rows.append(("one sorted column, guessed and bisected", *times(guessed, hits, misses), f"{8 * n / 1e6:.0f}"))
    table(f"Layouts of the index of {n:,} plates: the place of a number", rows)


def bucketed(numbers, bits):
    """Return a search by buckets of the top `bits`, and the bytes that it reads in."""
    low_bits = 50 - bits
    first = np.searchsorted(numbers, np.arange((1 << bits) + 1, dtype=np.uint64) << np.uint64(low_bits)).astype("I")
    low = (numbers & np.uint64((1 << low_bits) - 1)).astype("I" if low_bits <= 32 else "Q")
    table_of, column, mask = memoryview(first), memoryview(low), (1 << low_bits) - 1

    def find(number):
        bucket, rest = number >> low_bits, number & mask
        end = table_of[bucket + 1]
        at = bisect_left(column, rest, table_of[bucket], end)
        return at if at < end and column[at] == rest else None

    return find, first.nbytes + low.nbytes


def times(find, hits, misses):
    best = [9.0, 9.0]
    for _ in range(3):
        for which, asked in enumerate((hits, misses)):
            start = time.process_time()
            for number in asked:
                find(number)
            best[which] = min(best[which], time.process_time() - start)
    return [f"{1e6 * each / LOOK_UPS:.2f}" for each in best]
