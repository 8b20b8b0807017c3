"""After a block of addresses has guessed, its requests wait for one another; everybody else notices nothing."""

from __future__ import annotations

import pytest

from gridmap.http.limits import TooManyTries
from gridmap.http.turns import Turns


class Clock:
    """A clock that stands still until it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_block_in_trouble_is_answered_twice_a_second(clock):
    turns = Turns(clock=clock)
    assert not turns
    assert turns.take("192.0.2.0/24") == 0
    turns.begin("192.0.2.0/24")
    assert turns
    assert [turns.take("192.0.2.0/24") for _ in range(4)] == [0, 0.5, 1.0, 1.5]
    assert turns.take("198.51.100.0/24") == 0
    clock.now += 10
    assert [turns.take("192.0.2.0/24") for _ in range(2)] == [0, 0.5]


def test_who_would_wait_too_long_is_told_to_come_again(clock):
    turns = Turns(clock=clock)
    turns.begin("a")
    waits = [turns.take("a") for _ in range(31)]
    assert max(waits) == 15
    with pytest.raises(TooManyTries) as told:
        turns.take("a")
    assert told.value.facts["retry_after"] == 16
    clock.now += 1
    assert turns.take("a") == 14.5  # being refused uses no turn


def test_trouble_ends_five_minutes_after_the_last_guess(clock):
    turns = Turns(clock=clock)
    turns.begin("a")
    clock.now += 299
    turns.begin("a")
    clock.now += 299
    assert turns
    turns.take("a")
    clock.now += 2
    assert turns.take("a") == 0
    assert not turns


def test_it_remembers_so_many_blocks_and_no_more(clock):
    turns = Turns(clock=clock, keys=3)
    for block in "abcd":
        turns.begin(block)
    turns.take("a")
    assert turns.take("a") == 0  # forgiven
    assert [turns.take("d"), turns.take("d")] == [0, 0.5]
