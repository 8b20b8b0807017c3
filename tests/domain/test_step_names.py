"""What steps are called: one list for the desk, its history and the API."""

from __future__ import annotations

import pytest

from gridmap.domain.dispute_words import STEPS
from gridmap.domain.loops import STANDARD, Loop, Rules
from gridmap.domain.step_names import STEP_NAMES, step_name
from gridmap.web.words import WORDS


def test_every_step_has_a_name_in_both_languages():
    assert tuple(STEP_NAMES) == STEPS
    assert all(chinese and english for chinese, english in STEP_NAMES.values())


def test_a_station_calls_a_step_as_its_loop_does():
    tiers, moves = STANDARD.tiers.values(), STANDARD.moves.values()
    own = Loop("own", "本", "own", tiers, moves, Rules(steps={"begun": ("介入", "Step in")}))
    assert step_name(own, "begun") == ("介入", "Step in")
    assert step_name(own, "closed") == STEP_NAMES["closed"]


@pytest.mark.parametrize("step", ["begun", "paused", "closed", "reopened", "refused", "resumed"])
def test_the_desk_says_in_its_history_what_its_button_said(step):
    assert WORDS[f"desk_did_{step}"][0] == STEP_NAMES[step][0]


def test_the_desk_has_no_second_list_of_names():
    assert not [key for key in WORDS if key.startswith("desk_do_")]
