"""How often one may try."""

from __future__ import annotations

import threading

import pytest

from gridmap.http.limits import Buckets, TooManyTries


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_let_through_then_one_at_a_time_and_the_wait_told_is_enough():
    clock = Clock()
    buckets = Buckets(burst=3, every=60, clock=clock)
    for _ in range(3):
        buckets.take("a")
    with pytest.raises(TooManyTries) as told:
        buckets.take("a")
    buckets.take("b")

    clock.now += told.value.facts["retry_after"]  # type: ignore[operator]
    buckets.take("a")
    with pytest.raises(TooManyTries):
        buckets.take("a")


def test_asking_in_vain_does_not_lengthen_the_wait():
    clock = Clock()
    buckets = Buckets(burst=1, every=10, clock=clock)
    buckets.take("a")
    for _ in range(9):
        clock.now += 1
        with pytest.raises(TooManyTries):
            buckets.take("a")
    clock.now += 1
    buckets.take("a")


def test_a_right_try_gives_the_others_back_and_looking_uses_none():
    buckets = Buckets(burst=2, every=60, clock=Clock())
    buckets.take("a")
    buckets.take("a")
    with pytest.raises(TooManyTries):
        buckets.require("a")
    buckets.forgive("a")
    for _ in range(5):
        buckets.require("a")


def test_memory_is_bounded_and_the_oldest_is_forgotten():
    buckets = Buckets(burst=1, every=60, keys=10, clock=Clock())
    for number in range(1_000):
        buckets.take(str(number))
    assert len(buckets._left) == 10
    buckets.take("0")
    with pytest.raises(TooManyTries):
        buckets.take("999")


def test_threads_together_get_no_more_than_the_burst():
    buckets = Buckets(burst=50, every=1e9)
    passed = []

    def many() -> None:
        for _ in range(50):
            try:
                buckets.take("a")
            except TooManyTries:
                continue
            passed.append(1)

    threads = [threading.Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 50
