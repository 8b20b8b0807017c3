"""A made-up city of door-plates, as the resolution snapshot takes it: any number of plates over any number of stations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gridmap.domain.plates import PLATE_STATES
from gridmap.store.snapshot.segment import SegmentRows

DOORS_A_PLACE = 20  # a side of a street within a grid cell
CELLS_A_BEAT = 8
PLACES_A_CELL = 8
START = 1_767_196_800  # 2026-01-01 00:00 in China


def make_numbers(n: int, seed: int = 1) -> np.ndarray:
    """Return (n,) different 50-bit numbers in random order."""
    rng = np.random.default_rng(seed)
    numbers = np.sort(rng.integers(0, 1 << 50, n + n // 1_000 + 16, dtype=np.uint64))
    return rng.permutation(numbers[np.append(True, numbers[1:] != numbers[:-1])])[:n]


def make_plates(n: int, stations: int = 400, seed: int = 1) -> Iterator[tuple[str, SegmentRows, dict]]:
    """Yield station code, plates and team of each station; `n` plates altogether, spread evenly.

    Every hundredth plate is replaced by the one after it; every place has a beat, every fiftieth no grid cell.
    """
    for index, numbers in enumerate(np.array_split(make_numbers(n, seed), stations)):
        code = f"S{index + 1:04}"
        yield code, make_rows(numbers, seed + index), make_team(code, len(numbers), seed + index)


def make_rows(numbers: np.ndarray, seed: int) -> SegmentRows:
    """Return the rows of one station with these plates."""
    rng = np.random.default_rng(seed)
    n = len(numbers)
    count = max(n // DOORS_A_PLACE, 1)
    places = [
        (
            f"合成路{place // 40 + 1}号街",
            f"合成{place // 120 + 1}村",
            f"B{place // (PLACES_A_CELL * CELLS_A_BEAT) + 1:02}",
            "" if place % 50 == 49 else f"C{place // PLACES_A_CELL + 1:03}",
        )
        for place in range(count)
    ]
    replaced = np.arange(0, n - 1, 100)
    status = np.full(n, PLATE_STATES.index("installed"), dtype=np.uint8)
    status[replaced] = PLATE_STATES.index("replaced")
    return SegmentRows(
        numbers,
        rng.integers(0, count, n),
        rng.integers(0, 600, n),
        status,
        places,
        [f"{number}号" for number in range(1, 601)],
        {int(numbers[slot]): int(numbers[slot + 1]) for slot in replaced},
    )


def make_team(code: str, plates: int, seed: int) -> dict:
    """Return the team of one station: an officer and two others a beat, day and night shifts for a fortnight."""
    beats = [f"B{beat + 1:02}" for beat in range(max(plates // (DOORS_A_PLACE * PLACES_A_CELL * CELLS_A_BEAT), 1) + 1)]
    cells = [f"C{cell + 1:03}" for cell in range(max(plates // (DOORS_A_PLACE * PLACES_A_CELL), 1) + 1)]
    people = [f"P{person + 1:03}" for person in range(2 * len(beats))]
    members = [f"W{person + 1:03}" for person in range(len(cells))]
    posts = [[person, "officer", beats[at % len(beats)], None, None, None] for at, person in enumerate(people)]
    posts += [[person, "grid_member", None, cell, None, None] for person, cell in zip(members, cells, strict=True)]
    shifts = [
        [person, START + day * 86_400 + half * 43_200, START + day * 86_400 + (half + 1) * 43_200, None]
        for day in range(14)
        for at, person in enumerate(people)
        for half in [(at // len(beats) + day + seed) % 2]
    ]
    return {
        "station": {
            "code": code, "name_zh": f"合成{code}派出所", "name_en": f"Synthetic station {code}", "desk_phone": "0000-0110",
            "timezone": "Asia/Shanghai", "synthetic": True, "published": ["names"], "languages": ["zh", "en"],
        },
        "edition": 1, "published_at": "2026-01-01T00:00:00+00:00", "since": START, "until": START + 14 * 86_400,
        "zones": {
            "beat": {beat: [f"合成{beat}警格", f"Beat {beat}"] for beat in beats},
            "grid_cell": {cell: [f"合成{cell}网格", f"Grid cell {cell}"] for cell in cells},
        },
        "neighbours": {beat: [other for other in beats if other != beat][:3] for beat in beats},
        "people": {
            person: {"name": f"合成{person}", "name_en": f"Synthetic {person}", "badge": person, "phone": None, "office": "", "photo": ""}
            for person in people + members
        },
        "posts": posts, "shifts": shifts, "leave": [], "rostered": True, "notices": [],
    }  # fmt: skip
