"""The steps an edition may take."""

from __future__ import annotations

import pytest

from gridmap.domain.editions import STEPS, EditionStepNotAllowed, require_step

ALLOWED = {("draft", "published"), ("published", "superseded"), ("published", "withdrawn"), ("superseded", "published")}


@pytest.mark.parametrize("present", STEPS)
@pytest.mark.parametrize("wanted", STEPS)
def test_an_edition_takes_its_steps_and_no_others(present, wanted):
    if (present, wanted) in ALLOWED:
        require_step("S1", 1, present, wanted)
    else:
        with pytest.raises(EditionStepNotAllowed, match=f"is {present}"):
            require_step("S1", 1, present, wanted)
