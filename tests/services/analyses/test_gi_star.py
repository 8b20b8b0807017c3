"""Hotspots of a case: a planted crowd is hot, and chance is not."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from gridmap.services.analyses import gi_star
from tests.cases import EPSG, SOUTH, WEST, Event, body_of, gathered, inside, make_case, scattered


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_a_planted_crowd_is_hot_and_only_there(shape):
    answer = gi_star.compute(
        make_case([*scattered(150, seed=1), *gathered(150, 1950, 1050, seed=2, wide=400)], shape=shape)
    )
    hot = answer.cells[answer.cells["class"].isin(["hot95", "hot99"])]
    assert inside(hot, 1950, 1050)["class"].tolist()[:1] == ["hot99"]
    assert (hot.distance(shapely.Point(WEST + 1950, SOUTH + 1050)) < 900).all()
    assert answer.facts["hot"] == len(hot)
    assert sum(answer.facts["tally"].values()) >= 100
    assert (answer.facts["counted"], answer.facts["outside"]) == (300, 0)


def test_every_event_is_in_the_sum_of_the_squares():
    answer = gi_star.compute(make_case(scattered(200, seed=3)))
    assert answer.cells["count"].sum() == answer.facts["counted"] == 200
    assert answer.cells.crs.to_epsg() == EPSG


def test_of_ten_maps_of_chance_few_show_anything():
    shown = [gi_star.compute(make_case(scattered(200, seed=seed))).facts["hot"] > 0 for seed in range(10)]
    assert np.sum(shown) <= 2


def test_twenty_nine_are_too_few_and_are_said_to_be():
    answer = gi_star.compute(make_case(gathered(29, 1500, 1500, seed=4)))
    assert not answer.facts["enough"]
    assert set(answer.cells["class"]) == {"too_few"}
    assert gi_star.compute(make_case(gathered(30, 1500, 1500, seed=4))).facts["enough"]


@pytest.mark.parametrize("events", [[], [Event(10, 10, 5)], [Event(1500, 1500, day) for day in range(100)]])
def test_nothing_one_and_all_at_one_point_are_answered(events):
    told = body_of(gi_star.compute(make_case(events)))
    assert told["facts"]["counted"] == len(events)
    assert sum(one["properties"]["count"] for one in told["cells"]["features"]) == len(events)


def test_grave_disputes_in_one_corner_are_hot_only_when_an_event_counts_its_tier():
    even = [*scattered(300, seed=5), *gathered(8, 1950, 1050, seed=6, wide=300, tier=9)]
    by_count, by_tier = (gi_star.compute(make_case(even, weight=weight)) for weight in ("none", "tier"))
    assert (by_count.facts["method"], by_tier.facts["method"]) == ("gi_star", "gi_star_drawn")
    assert by_tier.facts["hot"] > by_count.facts["hot"]
    assert inside(by_tier.cells, 1950, 1050)["class"].iloc[0] in {"hot95", "hot99"}
    assert by_tier.facts["counted"] == by_count.facts["counted"] == 308, "the floors are on events, not on their weight"
    assert by_tier.facts["draws"] >= 9_999
    again = gi_star.compute(make_case(even, weight="tier"))
    assert again.cells["p"].tolist() == by_tier.cells["p"].tolist(), "the seed makes the same draws"


def test_benjamini_and_yekutieli_call_no_cell_hot_that_benjamini_and_hochberg_do_not():
    crowd = [*scattered(150, seed=7), *gathered(60, 1950, 1050, seed=8, wide=500)]
    loose, strict = (gi_star.compute(make_case(crowd, control=control)) for control in ("bh", "by"))
    assert strict.facts["rule"] == "Benjamini-Yekutieli"
    assert 0 < strict.facts["hot"] <= loose.facts["hot"]
    assert (strict.cells["q"] >= loose.cells["q"] - 1e-12).all()
