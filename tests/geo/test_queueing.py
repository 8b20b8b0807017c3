"""Expected response: against Markov chains solved here, Erlang's formulas, and the approximation against the exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.geo.queueing import (
    BadCalls,
    TooManyCalls,
    busy_officers,
    expected_response,
    response_of_plan,
    travel_minutes,
)
from gridmap.geo.units import units_of
from tests.geo.tilings import tiling


def town(beats, busy, *, seed, service_min=30.0):
    """Return calls an hour and minutes of travel of beats scattered over 5 km, so busy in the mean."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(0, 5_000, (2, beats))
    calls = random.lognormal(0, 0.5, beats)
    minutes = travel_minutes(x, y, np.full(beats, 2e6), speed_kmh=25)
    return calls * busy * beats / (calls.sum() * service_min / 60), minutes


def solved_here(calls, service_min, minutes, home, *, waiting, queue=400):
    """Return (busy, travel of all calls, share by officer) from the chain's balance equations, the queue cut off late."""
    n, m = len(calls), len(home)
    full, arrivals = 2**m - 1, calls * service_min / 60
    states = 2**m + (queue if waiting else 0)
    rate = np.zeros((states, states))
    sent = np.zeros((n, m))
    first = np.zeros((2**m, n), dtype=int)
    for state in range(2**m):
        for officer in range(m):
            if state >> officer & 1:
                rate[state, state ^ 1 << officer] += 1.0
        if state < full:
            for beat in range(n):
                free = [officer for officer in range(m) if not state >> officer & 1]
                first[state, beat] = min(free, key=lambda o: (home[o] != beat, minutes[home[o], beat], o))
                rate[state, state | 1 << first[state, beat]] += arrivals[beat]
    for state in range(full, states - 1):
        rate[state, state + 1] += arrivals.sum()
        rate[state + 1, state] += m
    balance = rate.T - np.diag(rate.sum(axis=1))
    balance[-1] = 1.0
    p = np.linalg.solve(balance, np.eye(states)[-1])
    for state in range(full):
        for beat in range(n):
            sent[beat, first[state, beat]] += p[state]
    late = p[full:].sum()
    busy = np.array([sum(p[s] for s in range(2**m) if s >> k & 1) for k in range(m)]) + p[2**m :].sum()
    part = calls / calls.sum()
    travel = (part[:, None] * sent * minutes[home].T).sum()
    if waiting:
        return busy, travel + late * part @ minutes @ part, sent + late / m
    return busy, travel / (1 - late), sent


@pytest.mark.parametrize("waiting", [True, False])
@pytest.mark.parametrize(("beats", "home"), [(2, [0, 1]), (3, [0, 1, 2]), (5, [0, 1, 2, 3, 4]), (6, [4, 1, 1])])
def test_exact_is_the_solution_of_the_markov_chain(beats, home, waiting):
    calls, minutes = town(beats, 0.6 * len(home) / beats, seed=beats)
    busy, travel, share = solved_here(calls, 30.0, minutes, home, waiting=waiting)

    answer = expected_response(calls, 30.0, minutes, home=home, waiting=waiting)
    assert answer.exact
    np.testing.assert_allclose(answer.busy, busy, rtol=1e-9)
    np.testing.assert_allclose(answer.share, share, atol=1e-10)
    assert answer.overall_travel_min == pytest.approx(travel, rel=1e-9)


def test_two_officers_by_hand():
    # Calls 1 and 2 per service time, lost if both are busy. Cut equations: p0 = 1 / (1 + 3 + 9/2), and for "only the
    # first is busy" (3 + 1) p1 = 1 p0 + p12.
    p0 = 1 / 8.5
    p12 = 4.5 * p0
    p1 = (p0 + p12) / 4
    p2 = 1 - p0 - p1 - p12

    answer = expected_response([1.0, 2.0], 60.0, [[1.0, 9.0], [9.0, 1.0]], waiting=False)
    np.testing.assert_allclose(answer.busy, [p1 + p12, p2 + p12], rtol=1e-10)
    assert answer.lost == pytest.approx(p12)
    np.testing.assert_allclose(answer.elsewhere, np.array([p1, p2]) / (1 - p12), rtol=1e-10)
    np.testing.assert_allclose(answer.travel_min, 1 + 8 * np.array([p1, p2]) / (1 - p12), rtol=1e-10)


@pytest.mark.parametrize(("officers", "offered", "table"), [(2, 1.0, 0.2), (5, 3.0, 0.1101), (10, 5.0, 0.0184)])
def test_lost_calls_are_erlang_b(officers, offered, table):
    assert busy_officers(officers, offered, waiting=False)[-1] == pytest.approx(table, abs=5e-5)
    calls = np.full(officers, offered / officers)
    answer = expected_response(calls, 60.0, np.ones((officers, officers)), waiting=False)
    assert answer.lost == pytest.approx(table, abs=5e-5)


@pytest.mark.parametrize(("officers", "offered", "waits"), [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (3, 2.0, 4 / 9)])
def test_waiting_calls_are_erlang_c(officers, offered, waits):
    answer = expected_response(np.full(officers, offered / officers), 60.0, np.ones((officers, officers)))
    assert answer.all_busy == pytest.approx(waits)
    assert answer.wait_min == pytest.approx(60 * waits / (officers - offered))
    assert answer.overall_response_min == pytest.approx(1 + answer.wait_min)


@pytest.mark.parametrize("waiting", [True, False])
@pytest.mark.parametrize("busy", [0.05, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("beats", [4, 8, 12])
def test_approximation_stays_near_the_exact_solution(beats, busy, waiting):
    worst = []
    for seed in range(4):
        calls, minutes = town(beats, busy, seed=seed)
        exact = expected_response(calls, 30.0, minutes, waiting=waiting)
        near = expected_response(calls, 30.0, minutes, waiting=waiting, method="approximate")
        assert exact.exact
        assert not near.exact
        assert near.all_busy == exact.all_busy
        worst.append([
            np.abs(near.busy / exact.busy - 1).max(),
            np.abs(near.travel_min / exact.travel_min - 1).mean(),
            abs(near.overall_travel_min / exact.overall_travel_min - 1),
            np.abs(near.elsewhere - exact.elsewhere).max(),
        ])  # fmt: skip
    assert (np.max(worst, axis=0) < [0.10, 0.08, 0.07, 0.06]).all()
    assert (np.mean(worst, axis=0) < [0.06, 0.05, 0.05, 0.04]).all()


def test_seldom_calls_are_answered_by_the_own_officer():
    calls, minutes = town(30, 1e-4, seed=1)
    answer = expected_response(calls, 30.0, minutes)
    assert answer.overall_elsewhere < 1e-3
    np.testing.assert_allclose(answer.travel_min, minutes.diagonal(), rtol=5e-3)


@given(
    st.integers(1, 40),
    st.floats(0.001, 0.97),
    st.booleans(),
    st.integers(0, 99),
    st.sampled_from(["auto", "approximate"]),
)
def test_all_work_is_done_by_somebody(beats, busy, waiting, seed, method):
    calls, minutes = town(beats, busy, seed=seed)
    answer = expected_response(calls, 30.0, minutes, waiting=waiting, method=method)
    np.testing.assert_allclose(answer.share.sum(axis=1), 1 - answer.lost, rtol=1e-7)
    assert answer.busy.sum() == pytest.approx(calls.sum() / 2 * (1 - answer.lost), rel=1e-7)
    assert (answer.busy > 0).all()
    assert (answer.elsewhere > -1e-9).all()
    assert (answer.response_min >= answer.travel_min).all()


def test_more_officers_in_one_beat_bring_help_sooner():
    calls, minutes = town(6, 0.5, seed=3)
    lone = expected_response(calls, 30.0, minutes)
    helped = expected_response(calls, 30.0, minutes, home=[0, 1, 2, 3, 4, 5, 0])
    assert helped.response_min[0] < lone.response_min[0]
    assert helped.all_busy < lone.all_busy


def test_minutes_follow_distance_and_speed():
    minutes = travel_minutes([0, 3_000], [0, 4_000], [1e6, 4e6], speed_kmh=30, detour=1.2)
    assert minutes[0, 1] == minutes[1, 0]
    assert minutes[1, 1] == pytest.approx(2 * minutes[0, 0]) == pytest.approx(2 * 0.5214 * 1.2 / 30 * 60)
    assert 5 * 1.2 * 2 < minutes[0, 1] < 5.1 * 1.2 * 2


def test_minutes_are_those_between_random_points_of_two_squares():
    random = np.random.default_rng(0)
    one, other = random.uniform(0, 1_000, (2, 200_000, 2)) + np.array([[[0, 0]], [[1_000, 500]]])
    mean = np.hypot(*(one - other).T).mean()
    minutes = travel_minutes([500, 1_500], [500, 1_000], [1e6, 1e6], speed_kmh=6, detour=1)
    assert minutes[0, 1] == pytest.approx(mean / 100, rel=0.02)


def test_too_many_calls_are_told_with_both_figures():
    with pytest.raises(TooManyCalls) as caught:
        expected_response([2.0, 3.0], 30.0, np.ones((2, 2)))
    assert caught.value.facts == {"offered": 2.5, "officers": 2}
    assert expected_response([2.0, 3.0], 30.0, np.ones((2, 2)), waiting=False).lost > 0.3


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls_per_hour": [1.0, -1.0]},
        {"calls_per_hour": [0.0, 0.0]},
        {"travel_min": np.ones((2, 3))},
        {"travel_min": [[1.0, np.nan], [1.0, 1.0]]},
        {"service_min": 0.0},
        {"home": []},
        {"home": [0, 2]},
    ],
)
def test_what_cannot_be_queued_is_refused(wrong):
    with pytest.raises(BadCalls):
        expected_response(**{"calls_per_hour": [0.1, 0.1], "service_min": 30.0, "travel_min": np.ones((2, 2))} | wrong)


def test_exact_with_too_many_officers_is_refused():
    calls, minutes = town(17, 0.5, seed=0)
    with pytest.raises(BadCalls):
        expected_response(calls, 30.0, minutes, method="exact")
    with pytest.raises(BadCalls):
        travel_minutes([0], [0], [1], speed_kmh=0)


def test_an_even_plan_answers_sooner_than_an_uneven_one():
    zones = tiling(8, 8, seed=2, size=500.0)
    units = units_of(zones, np.ones(64))
    row, column = np.divmod(np.arange(64), 8)
    calls = np.full(64, 0.06)
    even = response_of_plan(units, row // 4 * 2 + column // 4, calls, 30.0, zones=4, speed_kmh=25)
    uneven = response_of_plan(units, (row > 0) * 1 + (row > 1) * 1 + (row > 2) * 1, calls, 30.0, zones=4, speed_kmh=25)
    assert even.overall_response_min < uneven.overall_response_min
    assert even.busy.max() < uneven.busy.max()
    assert even.busy.sum() == pytest.approx(64 * 0.06 / 2)
    silent = response_of_plan(units, row // 4 * 2 + column // 4, calls * (row > 3), 30.0, zones=4, speed_kmh=25)
    assert np.isfinite(silent.response_min).all()
    with pytest.raises(BadCalls):
        response_of_plan(units, row, calls[:3], 30.0, zones=8, speed_kmh=25)
