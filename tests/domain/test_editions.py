"""The steps an edition may take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gridmap.domain.editions import (
    FARTHEST,
    STEPS,
    UNPUBLISHED,
    EditionStepNotAllowed,
    TimeNotPossible,
    require_step,
    require_time,
)

ALLOWED = {
    ("draft", "in_review"), ("draft", "published"), ("in_review", "draft"), ("in_review", "approved"),
    ("approved", "draft"), ("approved", "published"), ("published", "superseded"), ("published", "withdrawn"),
    ("superseded", "published"),
}  # fmt: skip
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("present", STEPS)
@pytest.mark.parametrize("wanted", STEPS)
def test_an_edition_takes_its_steps_and_no_others(present, wanted):
    if (present, wanted) in ALLOWED:
        require_step("S1", 1, present, wanted)
    else:
        with pytest.raises(EditionStepNotAllowed, match=f"is {present}"):
            require_step("S1", 1, present, wanted)


def test_what_was_published_once_never_becomes_a_draft_again():
    reached, waiting = set(), ["published"]
    while waiting:
        state = waiting.pop()
        reached.add(state)
        waiting += STEPS[state] - reached
    assert not reached & UNPUBLISHED
    assert reached | UNPUBLISHED == set(STEPS)


@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(days=30), FARTHEST])
def test_an_edition_is_set_to_a_moment_within_a_year(after):
    require_time(NOW + after, NOW)


@pytest.mark.parametrize("after", [timedelta(0), -timedelta(days=1), FARTHEST + timedelta(seconds=1)])
def test_a_moment_that_is_past_or_too_far_is_refused(after):
    with pytest.raises(TimeNotPossible, match="after now"):
        require_time(NOW + after, NOW)
