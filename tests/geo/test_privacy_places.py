"""Where events may be shown: on no place that fewer than eight households share, and in the square they lie in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo.columns import OutOfCrs
from gridmap.geo.privacy import MIN_HOUSEHOLDS, PublicWrong
from gridmap.geo.privacy_places import publish_points, shared_squares, shared_streets


@st.composite
def villages(draw):
    """Return doors, some on one spot, their households and streets."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    number = draw(st.integers(0, 120))
    clumps = rng.uniform(-8_000, 8_000, (draw(st.integers(1, 8)), 2))
    xy = np.round(
        clumps[rng.integers(0, len(clumps), number)]
        + rng.normal(0, draw(st.sampled_from([30, 200, 900])), (number, 2)),
        -1,
    )
    households = rng.choice([0, 1, 1, 1, 2, 30], number)
    street = rng.choice(["East", "West", "River", "", "Mill"], number, p=[0.4, 0.3, 0.1, 0.15, 0.05])
    return xy[:, 0], xy[:, 1], households, [name or None for name in street]


def made(village, kind):
    x, y, households, street = village
    return shared_squares(x, y, households) if kind == "squares" else shared_streets(x, y, street, households)


@settings(max_examples=60, deadline=None)
@given(village=villages(), kind=st.sampled_from(["squares", "streets"]))
def test_every_place_stands_for_the_minimum_of_households(village, kind):
    x, y, households, _ = village
    places = made(village, kind)
    lived_in = households > 0
    assert len(places.place_of) == lived_in.sum()
    held = places.place_of >= 0
    counted = np.bincount(places.place_of[held], weights=households[lived_in][held], minlength=len(places.table))
    assert (counted >= MIN_HOUSEHOLDS).all()
    assert counted.tolist() == places.table["households"].tolist()
    assert np.isfinite(places.table[["x", "y"]].to_numpy(float)).all()
    if kind == "squares":  # withheld only where the widest square has fewer
        column, row = np.floor(x[lived_in] / 5_000), np.floor(y[lived_in] / 5_000)
        around = pd.Series(households[lived_in]).groupby([column, row]).transform("sum")
        assert ((around.to_numpy() >= MIN_HOUSEHOLDS) == held).all()


@settings(max_examples=60, deadline=None)
@given(village=villages(), kind=st.sampled_from(["squares", "streets"]), seed=st.integers(0, 999))
def test_events_are_shown_on_places_only_and_doors_on_their_own(village, kind, seed):
    places = made(village, kind)
    rng = np.random.default_rng(seed)
    x, y = (
        np.concatenate([places.door_x, rng.uniform(-9e3, 9e3, 20)]),
        np.concatenate([places.door_y, rng.uniform(-9e3, 9e3, 20)]),
    )
    shown = publish_points(x, y, places)
    held = shown.place >= 0
    assert shown.loc[~held, ["x", "y"]].isna().all(axis=None)
    expected = places.table[["x", "y"]].to_numpy(float)[shown.place[held]]
    np.testing.assert_array_equal(shown.loc[held, ["x", "y"]].to_numpy(float), expected)
    if kind == "squares":
        np.testing.assert_array_equal(shown.place[: len(places.place_of)], places.place_of)
        own = publish_points(shown.x[held], shown.y[held], places)  # shown twice is shown once, where a square is
        square = (places.table["kind"] == "square").to_numpy()[shown.place[held]] & (
            places.table["size_m"].to_numpy()[shown.place[held]] == 100
        )
        assert (own.place.to_numpy()[square] == shown.place[held].to_numpy()[square]).all()


def test_a_shown_square_keeps_its_events_in_it_so_counts_do_not_change():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 3_000, (2, 20_000))
    places = shared_squares(x, y)
    assert (places.table["size_m"] == 100).mean() > 0.9
    at_x, at_y = rng.uniform(0, 3_000, (2, 5_000))
    shown = publish_points(at_x, at_y, places)
    hundred = (places.table["size_m"] == 100).to_numpy()[shown.place]
    for size in (100, 200, 500):
        assert (np.floor(shown.x / size) == np.floor(at_x / size))[hundred].all()
        assert (np.floor(shown.y / size) == np.floor(at_y / size))[hundred].all()


def test_an_event_where_nobody_lives_stays_in_the_wider_square_that_has_doors():
    x, y = [*[450.0] * 8, *[510.0] * 8], [50.0] * 16
    places = shared_squares(x, y)
    shown = publish_points([495.0, 501.0, 640.0, 9_999.0], [50.0, 450.0, 50.0, 50.0], places)
    assert shown.x.tolist() == [450, 550, 550, 550]
    assert shown.y.tolist() == [50, 50, 50, 50]
    nearer = publish_points([490.0], [250.0], shared_squares([*[60.0] * 8, *[510.0] * 8], y))
    assert nearer.x.tolist() == [50]  # of its own 500 m, though the other door is nearer


def test_doors_a_square_cannot_hold_make_up_a_place_of_their_own():
    dense = np.full(8, 50.0), np.full(8, 50.0)
    places = shared_squares([*dense[0], *np.arange(150.0, 450, 100)], [*dense[1], 50, 50, 50], [1] * 8 + [1, 2, 3])
    assert places.table[["households", "kind", "size_m"]].to_numpy().tolist() == [
        [14, "square", 500]
    ]  # 6 alone are too few
    places = shared_squares([*dense[0], *np.arange(150.0, 450, 100)], [*dense[1], 50, 50, 50], [1] * 8 + [3, 3, 3])
    assert sorted(places.table[["households", "kind", "size_m"]].to_numpy().tolist()) == [
        [8, "square", 100],
        [9, "rest", 500],
    ]
    assert places.table.set_index("kind").loc["rest", ["x", "y"]].tolist() == [250, 250]


def test_streets_are_cut_into_the_shortest_stretches_that_may_be_shown():
    x = np.arange(20.0) * 15
    places = shared_streets(x[::-1], np.zeros(20), ["East"] * 20)
    assert places.table["kind"].tolist() == ["street", "street"]
    assert sorted(places.table["households"]) == [8, 12]
    shown = publish_points([0.0, 285.0], [4.0, -4.0], places)
    assert shown.y.tolist() == [0, 0]
    assert abs(shown.x[0] - shown.x[1]) > 100
    tower = shared_streets([5.0, 50.0], [0.0, 0.0], ["East", "East"], [40, 8])
    assert tower.table["x"].tolist() == [5, 50]


def test_a_short_street_goes_to_squares_shared_with_others_like_it():
    x = np.concatenate([np.arange(8) * 10.0, np.arange(12) * 8.0])
    places = shared_streets(x, np.full(20, 50.0), ["East"] * 8 + ["Mill"] * 4 + [None] * 4 + [""] * 4)
    assert sorted(places.table[["kind", "households"]].to_numpy().tolist()) == [["square", 12], ["street", 8]]


def test_faults_are_named():
    with pytest.raises(PublicWrong, match="at least 8"):
        shared_squares([1.0], [1.0], min_households=7)
    with pytest.raises(PublicWrong, match="whole number"):
        shared_squares([1.0], [1.0], [1.5])
    with pytest.raises(PublicWrong, match="whole number"):
        shared_squares([1.0], [1.0], [1, 2])
    with pytest.raises(PublicWrong, match="do not nest"):
        shared_squares([1.0], [1.0], sizes_m=[100, 250])
    with pytest.raises(PublicWrong, match="street names"):
        shared_streets([1.0], [1.0], [])
    with pytest.raises(OutOfCrs):
        shared_squares([np.nan], [1.0])
    with pytest.raises(OutOfCrs):
        publish_points([np.inf], [1.0], shared_squares([1.0], [1.0]))
