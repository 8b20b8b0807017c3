"""The table of a plate's life, by itself; that the database holds the same is tested with the service."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.domain.plate_life import (
    FAR_M,
    NEAR_M,
    STEPS,
    WORDS,
    PlateStepNotAllowed,
    nearness,
    require_step,
    state_after,
)
from gridmap.domain.plates import DEAD, PLATE_STATES


def test_every_state_has_steps_and_words_and_only_the_dead_have_none():
    assert set(STEPS) == set(WORDS) == set(PLATE_STATES)
    assert {state for state, steps in STEPS.items() if not steps} == DEAD
    assert set().union(*STEPS.values()) == set(PLATE_STATES)


def test_a_refusal_says_what_the_plate_may_do():
    with pytest.raises(PlateStepNotAllowed, match="is lost: it can become installed, replaced, retired, not moved"):
        require_step("P", "lost", "moved")
    with pytest.raises(PlateStepNotAllowed, match="its life has ended"):
        require_step("P", "retired", "installed")


@given(st.lists(st.sampled_from(PLATE_STATES)))
def test_a_life_ends_once(steps):
    for end in range(len(steps)):
        before, after = state_after(steps[:end]), state_after(steps[: end + 1])
        assert after == (steps[end] if steps[end] in STEPS[before] else before)
        if before in DEAD:
            assert after == before


@given(st.floats(0, 20_000), st.floats(0, 2_000))
def test_a_rough_position_accuses_nobody(distance, accuracy):
    told = nearness(distance, accuracy)
    assert (told == "rough") == (accuracy > FAR_M)
    if told == "far":
        assert distance - accuracy > FAR_M
    if told == "near":
        assert distance - accuracy <= NEAR_M
