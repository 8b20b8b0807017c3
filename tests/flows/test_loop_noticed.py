"""The stories of the clock can fail: a file that says something else of time, or of who is next, is noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gridmap.domain.loops import Loop, Tier
from gridmap.services.disputes.configure import LoopFile
from tests.flows import test_loop_clocks as clocks
from tests.looped import LOOPS, file_of, loop_house, walked

__all__ = ["loop_house"]


def with_tiers(file: LoopFile, **change: Any) -> LoopFile:
    """Return a file whose tiers differ: `change` is a function of a tier for each of its fields."""

    def changed(tier: Tier) -> Tier:
        return replace(tier, **{name: new(tier) for name, new in change.items()})

    was = file.loop
    tiers = [changed(tier) for tier in was.tiers.values()]
    return replace(file, loop=Loop(was.code, was.name_zh, was.name_en, tiers, was.moves.values(), was.rules))


def with_rules(file: LoopFile, **change: Any) -> LoopFile:
    """Return a file whose other rules differ."""
    was = file.loop
    rules = replace(was.rules, **{name: new(was.rules) for name, new in change.items()})
    return replace(file, loop=Loop(was.code, was.name_zh, was.name_en, was.tiers.values(), was.moves.values(), rules))


HOUR = timedelta(hours=1)
#: What is written otherwise, and the story that must fail of it.
OTHERWISE = {
    "nobody takes it up": (clocks.left_alone, lambda file: with_tiers(file, on_late=lambda _: "remind")),
    "an hour more to accept": (clocks.left_alone, lambda file: with_tiers(file, accept=lambda tier: tier.accept + HOUR)),
    "the desk has it above": (
        clocks.left_alone, lambda file: with_tiers(file, holder=lambda tier: tier.holder if tier.number == 1 else "desk"),
    ),
    "an hour less to settle": (clocks.accepted_and_left, lambda file: with_tiers(file, settle=lambda tier: tier.settle - HOUR)),
    "offers stand longer": (
        clocks.offered_and_not_answered, lambda file: with_rules(file, hand_over=lambda rules: rules.hand_over + HOUR),
    ),
    "visits come later": (
        clocks.settled_and_visited,
        lambda file: with_rules(file, follow_ups=lambda rules: tuple(day + 1 for day in rules.follow_ups)),
    ),
    "one visit less": (
        clocks.settled_and_visited, lambda file: with_rules(file, follow_ups=lambda rules: rules.follow_ups[:-1]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in LOOPS if name != "standard"])
@pytest.mark.parametrize("otherwise", OTHERWISE)
def test_a_file_that_says_otherwise_fails_its_story(loop_house, name, otherwise):
    story, written = OTHERWISE[otherwise]
    for walk in walked(loop_house, name, written(file_of(name))):
        with pytest.raises((AssertionError, TypeError)):
            story(walk, name)
