"""Who answers: microseconds for a pair that is known and for one that is new, and the memory of what is kept."""

from __future__ import annotations

import gc
import json
import time
import tracemalloc

import pytest

from gridmap.domain.duty import Duty, DutyShelf
from gridmap.domain.team import Team

pytestmark = pytest.mark.benchmark

#: Midnight of Monday, 2 November 2026, in Shanghai [epoch s].
MONDAY = 1793548800
HOUR, DAY = 3_600, 86_400
BEATS, CELLS, NIGHTS = 400, 1_200, 14


def large_station():
    """Return a station of 400 beats: days on one's own beat, nights by sector of five, 6,080 shifts in a fortnight."""
    beats = [f"J{n:03}" for n in range(BEATS)]
    people = {f"P{n:04}": {"name": f"警{n}", "phone": None} for n in range(BEATS)}
    people |= {f"G{n:04}": {"name": f"格{n}", "phone": f"0000-{n:07}"} for n in range(CELLS)}
    posts = [
        [f"P{n:04}", "officer" if n % 4 else "auxiliary", beats[n], None, "2025-01-01", None] for n in range(BEATS)
    ]
    posts += [[f"G{n:04}", "grid_member", None, f"C{n:04}", None, None] for n in range(CELLS)]
    shifts = []
    for day in range(NIGHTS):
        start = MONDAY + day * DAY
        for n in range(BEATS):
            if (n + day) % 5:
                shifts.append([f"P{n:04}", start + 8 * HOUR, start + 18 * HOUR, None])
            else:
                sector = beats[n // 5 * 5 : n // 5 * 5 + 5]
                shifts.append([f"P{n:04}", start + 18 * HOUR, start + 32 * HOUR, sector])
        shifts += [[f"P{n:04}", start + 7 * HOUR, start + 8 * HOUR, None] for n in range(0, BEATS, 12)]
    leave = [[f"P{n:04}", "2026-11-01", "2026-11-20", f"P{n + 1:04}"] for n in range(0, BEATS, 20)]
    return Team.from_json(json.loads(json.dumps({
        "station": {"code": "990001000000", "name_zh": "站", "desk_phone": "0000-110", "timezone": "Asia/Shanghai"},
        "since": MONDAY, "until": MONDAY + NIGHTS * DAY, "zones": {}, "people": people, "posts": posts, "shifts": shifts,
        "leave": leave, "rostered": True, "notices": [],
        "neighbours": {one: beats[max(0, n - 4) : n] + beats[n + 1 : n + 5] for n, one in enumerate(beats)},
    })))  # fmt: skip


def pairs():
    return [(f"J{n * BEATS // CELLS:03}", f"C{n:04}") for n in range(CELLS)]


def test_a_known_pair_takes_a_microsecond_and_a_new_one_two_hundred():
    team = large_station()
    start = time.process_time()
    duty = Duty(team)
    index = time.process_time() - start
    wanted, at = pairs(), MONDAY + 3 * DAY + 17 * HOUR
    cold = []
    began = time.process_time()
    for beat, cell in wanted:
        start = time.perf_counter()
        duty.answer(beat, cell, at)
        cold.append(time.perf_counter() - start)
    mean = (time.process_time() - began) / len(wanted)
    start = time.process_time()
    for _ in range(50):
        for beat, cell in wanted:
            duty.answer(beat, cell, at)
    warm = (time.process_time() - start) / 50 / len(wanted)
    start = time.process_time()
    for beat, cell in wanted:
        duty.following(beat, cell, at)
    first = (time.process_time() - start) / len(wanted)
    start = time.process_time()
    for beat, cell in wanted:
        duty.following(beat, cell, at)
    again = (time.process_time() - start) / len(wanted)
    cold.sort()
    print(f"\n{len(team.shifts)} shifts, {BEATS} beats, {CELLS} pairs: index {index * 1e3:.1f} ms")
    print(f"  new pair: median {cold[len(cold) // 2] * 1e6:.0f} us, 99 % {cold[len(cold) * 99 // 100] * 1e6:.0f} us, "
          f"mean {mean * 1e6:.0f} us of CPU")  # fmt: skip
    print(f"  known pair: {warm * 1e6:.2f} us; who is next: first {first * 1e6:.0f} us, again {again * 1e6:.2f} us")
    assert mean < 200e-6
    assert warm < 2e-6


def test_a_thousand_pairs_are_small_and_a_shelf_is_bounded():
    team = large_station()
    at = MONDAY + 3 * DAY + 17 * HOUR
    gc.collect()
    tracemalloc.start()
    again = large_station()
    gc.collect()
    read = tracemalloc.get_traced_memory()[0]
    duty = Duty(again, DutyShelf(4096))
    indexed = tracemalloc.get_traced_memory()[0]
    for beat, cell in pairs()[:1_000]:
        duty.answer(beat, cell, at)
        duty.following(beat, cell, at)
    kept = tracemalloc.get_traced_memory()[0] - indexed
    tracemalloc.stop()
    print(
        f"\nteam {read / 1e6:.2f} MB, its index {(indexed - read) / 1e6:.2f} MB; 1,000 pairs with who is next {kept / 1e6:.2f} MB"
    )
    assert kept < 2e6

    gc.collect()
    tracemalloc.start()
    shelf = DutyShelf(4096)
    stations = [Duty(team, shelf) for _ in range(20)]
    before = tracemalloc.get_traced_memory()[0]
    for one in stations:
        for beat, cell in pairs():
            one.answer(beat, cell, at)
            one.following(beat, cell, at)
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    print(f"20 stations, {20 * CELLS} pairs, one shelf of 4,096 and as many before: {kept / 1e6:.1f} MB")
    assert kept < 20e6
