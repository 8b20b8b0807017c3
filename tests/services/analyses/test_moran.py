"""Places like their neighbours, and places that stand out."""

from __future__ import annotations

import pytest

from gridmap.services.analyses import moran
from tests.cases import Event, body_of, gathered, inside, make_case, scattered


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_a_busy_quarter_is_high_among_high(shape):
    quarter = gathered(300, 900, 900, seed=1, wide=450)
    answer = moran.compute(make_case([*scattered(100, seed=2), *quarter], shape=shape))
    assert set(inside(answer.cells, 900, 910)["class"]) == {"hh"}
    assert answer.facts["global_i"] > 0.3
    assert sum(answer.facts["tally"].values()) >= 80
    assert (answer.facts["draws"], answer.facts["counted"]) == (9_999, 400)


def test_chance_shows_little():
    assert len(moran.compute(make_case(scattered(300, seed=3))).cells) <= 2


@pytest.mark.parametrize("events", [[], [Event(1500, 1500, 5)], [Event(1500, 1500, 5)] * 80])
@pytest.mark.parametrize("size_m", [300, 5000])
def test_nothing_one_one_point_and_one_square_are_answered(events, size_m):
    told = body_of(moran.compute(make_case(events, size_m=size_m)))
    assert told["facts"]["counted"] == len(events)
