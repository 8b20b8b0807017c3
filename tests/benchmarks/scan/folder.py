"""The same made-up city as a snapshot, straight from arrays: ten million plates need no rows in a database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridmap.domain.plates import PLATE_STATES
from gridmap.services.laid_out import lay_out
from gridmap.services.scan import AHEAD_DAYS
from gridmap.store.snapshot.segment import SegmentRows
from gridmap.store.snapshot.write import StationUpdate, put_many
from tests.benchmarks.scan.town import BEATS, CELLS_A_BEAT, PER_STATION, codes, numbers

HOUR = 3_600


def write(folder: Path, plates: int) -> NDArray[np.bytes_]:
    """Write a snapshot of stations of 50,000 plates each; return the codes, in no order."""
    drawn = np.random.default_rng(6).permutation(numbers(plates))
    put_many(folder, _stations(drawn))
    return codes(drawn)


def _stations(drawn: NDArray[np.uint64]) -> Iterator[StationUpdate]:
    door = np.arange(PER_STATION)
    zone = door % (BEATS * CELLS_A_BEAT)
    present, place = np.unique(zone * 4 + door // (BEATS * CELLS_A_BEAT) % 4, return_inverse=True)
    tails = [f"{number + 1}号" for number in range(1_000)]
    tail = door // (BEATS * CELLS_A_BEAT) * 5 + zone % 5
    status = np.full(PER_STATION, PLATE_STATES.index("installed"), dtype=np.uint8)
    for k in range(len(drawn) // PER_STATION):
        name = f"S{k + 1:03}"
        places = []
        for one in present.tolist():
            cell, street = divmod(one, 4)
            c, b = divmod(cell, BEATS)
            beat = f"{name}B{b:02}"
            places.append((f"合成路{cell // 5 * 4 + street}", f"{b // 5}村", beat, f"{beat}C{c}"))
        mine = drawn[k * PER_STATION : (k + 1) * PER_STATION]
        people = team(name, k + 1)
        hours = lay_out(people, {(named[2], named[3]) for named in places}, time.time())
        yield StationUpdate(name, SegmentRows(mine, place, tail, status, places, tails, {}), people, hours, "bench")


def team(name: str, number: int, *, edition: int = 1, mark: str = "") -> dict[str, Any]:
    """Return what residents may know of a station; `mark` goes into every beat's name, to know editions apart by."""
    now = int(time.time())
    day = now - now % (24 * HOUR) - 24 * HOUR  # as much as the keeper reads ahead, and the night before
    beats = [f"{name}B{b:02}" for b in range(BEATS)]
    cells = [f"{one}C{c}" for one in beats for c in range(CELLS_A_BEAT)]
    people, posts, shifts = {}, [], []
    for one in beats:
        for suffix, role, begin in (("P0", "officer", 0), ("P1", "officer", 12), ("X", "auxiliary", 0)):
            who = one + suffix
            people[who] = _person(f"合成{one[4:]}{suffix}", f"Made-up {who}", f"000-{len(people):04}")
            posts.append([who, role, one, None, "2020-01-01", None])
            starts = range(day + begin * HOUR, day + (AHEAD_DAYS + 1) * 24 * HOUR, 24 * HOUR)
            shifts.extend([who, start, start + 12 * HOUR, None] for start in starts)
    for one in cells:
        people[one + "M"] = _person(f"合成网格员{one[4:]}", f"Made-up member {one}", f"001-{len(people):04}")
        posts.append([one + "M", "grid_member", None, one, "2020-01-01", None])
    return {
        "station": {
            "code": name, "name_zh": f"合成{number}派出所", "name_en": f"Made-up station {number}",
            "desk_phone": f"0000-{1000 + number}", "timezone": "Asia/Shanghai", "synthetic": True,
            "published": ["names"], "languages": ["zh", "en"],
        },
        "edition": edition, "published_at": "2026-01-01T00:00:00+00:00", "since": day, "until": day + (AHEAD_DAYS + 1) * 24 * HOUR,
        "zones": {
            "beat": {one: [f"{int(one[-2:])}号警格{mark}", f"Beat {int(one[-2:])}{mark}"] for one in beats},
            "grid_cell": {one: [f"{one[-4:]}网格{mark}", f"Cell {one[-4:]}{mark}"] for one in cells},
        },
        "neighbours": {one: [beats[k] for k in (i - 1, i + 1) if 0 <= k < BEATS] for i, one in enumerate(beats)},
        "people": people, "posts": posts, "shifts": shifts, "leave": [], "rostered": True, "notices": [],
    }  # fmt: skip


def _person(name: str, name_en: str, phone: str) -> dict[str, Any]:
    return {"name": name, "name_en": name_en, "badge": "", "phone": phone, "office": "警务室", "photo": ""}
