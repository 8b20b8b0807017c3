"""Expected response: exact and approximate beside a simulation of the same station, call by call."""

from __future__ import annotations

import heapq
import time

import numpy as np
import pytest

from gridmap.geo.queueing import expected_response, travel_minutes

pytestmark = pytest.mark.benchmark

SERVICE_MIN = 30.0


def town(beats, busy, seed):
    random = np.random.default_rng(seed)
    x, y = random.uniform(0, 1_000 * beats**0.5, (2, beats))
    calls = random.lognormal(0, 0.5, beats)
    minutes = travel_minutes(x, y, np.full(beats, 1e6), speed_kmh=25)
    return calls * busy * beats / (calls.sum() * SERVICE_MIN / 60), minutes


def simulated(calls, minutes, number, seed=0):
    """Return (minutes of travel, share answered from elsewhere) of `number` calls, by events."""
    random = np.random.default_rng(seed)
    beats, total = len(calls), calls.sum() / 60
    own = np.eye(beats, dtype=bool)
    order = np.argsort(np.where(own, -1, minutes.T), axis=1, kind="stable")
    place = random.choice(beats, number, p=calls / calls.sum())
    came = np.cumsum(random.exponential(1 / total, number))
    lasts = random.exponential(SERVICE_MIN, number)
    free, last, ends = np.ones(beats, dtype=bool), np.arange(beats), []
    travel, other, waiting = 0.0, 0, []
    for call in range(number):
        while ends and ends[0][0] <= came[call]:
            at, officer = heapq.heappop(ends)
            if waiting:
                late = waiting.pop(0)
                travel += minutes[last[officer], place[late]]
                other += officer != place[late]
                last[officer] = place[late]
                heapq.heappush(ends, (at + lasts[late], officer))
            else:
                free[officer] = True
        ready = order[place[call]][free[order[place[call]]]]
        if not ready.size:
            waiting.append(call)
            continue
        officer = ready[0]
        free[officer], last[officer] = False, place[call]
        travel += minutes[officer, place[call]]
        other += officer != place[call]
        heapq.heappush(ends, (came[call] + lasts[call], officer))
    return travel / number, other / number


def timed(run, *given, **named):
    start = time.process_time()
    return run(*given, **named), time.process_time() - start


def test_response_of_stations_of_every_size():
    expected_response([0.1, 0.1], 10.0, np.ones((2, 2)))
    print(f"\n{'beats':>6} {'busy':>5} {'':<14}{'CPU-s':>9} {'travel min':>11} {'elsewhere':>10}")
    for beats, busy, number in ((12, 0.3, 100_000), (12, 0.6, 100_000), (72, 0.5, 60_000)):
        calls, minutes = town(beats, busy, seed=beats)
        rows = {}
        for method in ("exact", "approximate") if beats <= 12 else ("approximate",):
            answer, spent = timed(expected_response, calls, SERVICE_MIN, minutes, method=method)
            rows[method] = answer.overall_travel_min, answer.overall_elsewhere, spent
        (travel, other), spent = timed(simulated, calls, minutes, number)
        rows["simulation"] = travel, other, spent
        for name, (way, away, cpu) in rows.items():
            print(f"{beats:>6} {busy:>5} {name:<14}{cpu:>9.4f} {way:>11.3f} {away:>10.3f}")
        assert rows["approximate"][2] < 0.2
        assert abs(rows["approximate"][0] / travel - 1) < 0.08
        assert abs(rows["approximate"][1] - other) < 0.06
        if "exact" in rows:
            assert abs(rows["exact"][0] / travel - 1) < 0.02
            assert abs(rows["exact"][1] - other) < 0.01
