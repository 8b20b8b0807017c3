"""Near repeats: the table counts what a plain count does, and cries only when there is something."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from gridmap.geo.near_repeat import TimesWrong, calendar_blocks, near_repeat
from gridmap.geo.pairs import PairsTooMany
from gridmap.geo.timeline import TimesWithoutZone

SPACE, DAYS = (0, 1, 100, 250), (0, 2, 7, 30)


def plain(x, y, day, space, days):
    """Return the table of pairs by comparing each incident with each."""
    one, other = np.triu_indices(len(x), 1)
    far, apart = np.hypot(x[one] - x[other], y[one] - y[other]), np.abs(day[one] - day[other])
    return np.array(
        [
            ((far >= a) & (far < b) & (apart >= s) & (apart < t)).sum()
            for a, b in pairwise(space)
            for s, t in pairwise(days)
        ]
    )


@pytest.fixture(scope="module")
def town():
    """Return x, y [m] and day of 400 incidents at 150 doors."""
    rng = np.random.default_rng(4)
    door = rng.integers(0, 150, 400)
    return *rng.integers(0, 1_500, (2, 150)).astype(float)[:, door], rng.integers(0, 365, 400).astype(float)


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), n=st.integers(0, 40), from_m=st.sampled_from([(0, 1, 50), (20, 60)]))
def test_the_pairs_are_those_of_a_plain_count(seed, n, from_m):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 12, (2, n)) * 10.0
    day = rng.integers(0, 20, n).astype(float)
    found = near_repeat(x, y, day, space_m=from_m, days=(0, 3, 9), permutations=3).bands
    assert found["pairs"].tolist() == plain(x, y, day, from_m, (0, 3, 9)).tolist()


def test_permuted_maps_have_the_mean_and_the_median_of_a_plain_shuffle(town):
    x, y, day = town
    found = near_repeat(x, y, day, space_m=SPACE, days=DAYS, permutations=1_999, seed=1).bands
    rng = np.random.default_rng(2)
    drawn = np.array([plain(x, y, rng.permutation(day), SPACE, DAYS) for _ in range(400)])
    assert np.allclose(found["mean"], drawn.mean(axis=0), atol=5 * drawn.std(axis=0).max() / 20)
    assert np.abs(found["median"] - np.median(drawn, axis=0)).max() <= drawn.std(axis=0).max() / 2
    assert found["ratio_mean"].equals(found["pairs"] / found["mean"])


def test_the_same_seed_gives_the_same_table_and_another_does_not(town):
    one, same, other = (near_repeat(*town, space_m=SPACE, days=DAYS, seed=seed).bands for seed in (7, 7, 8))
    assert one.equals(same)
    assert not one.equals(other)
    assert one["pairs"].equals(other["pairs"])


def test_the_p_follows_the_rule_of_one_more(town):
    found = near_repeat(*town, space_m=SPACE, days=DAYS, permutations=99)
    assert np.allclose(found.bands["p"] * 100, (found.bands["p"] * 100).round())
    assert found.bands["p"].min() >= 0.01
    none = near_repeat(*town, space_m=SPACE, days=DAYS, permutations=0).bands
    assert (none["p"] == 1).all()
    assert none["mean"].isna().all()


def test_planted_repeats_are_found_in_their_band_and_not_in_the_others(town):
    x, y, day = town
    x, y, day = np.append(x, x[:40]), np.append(y, y[:40]), np.append(day, day[:40] + 1)
    found = near_repeat(x, y, day, space_m=SPACE, days=DAYS).bands.set_index(["from_m", "from_days"])
    assert found.loc[(0, 0), "p"] == 0.001
    assert found.loc[(0, 0), "ratio_mean"] > 3
    assert found.loc[(100, 7), "p"] > 0.01


def test_without_near_repeats_five_per_cent_of_maps_are_called():
    rng = np.random.default_rng(9)
    p = []
    for _ in range(200):
        x, y, day = *rng.uniform(0, 1_000, (2, 150)), rng.uniform(0, 300, 150)
        p.append(near_repeat(x, y, day, space_m=(0, 80), days=(0, 10), permutations=99).bands["p"].iloc[0])
    assert 2 <= (np.array(p) <= 0.05).sum() <= 20
    assert 0.4 < np.mean(p) < 0.6


def test_a_season_two_quarters_share_is_no_near_repeat_once_times_stay_in_their_season():
    rng = np.random.default_rng(3)
    called = {"all": 0, "season": 0}
    for _ in range(20):
        west = rng.random(300) < 0.5  # the west has its incidents in winter, the east in summer
        x, y = np.where(west, 0, 5_000) + rng.uniform(0, 500, 300), rng.uniform(0, 500, 300)
        at = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(
            np.where(west, 0, 182) + rng.integers(0, 58, 300), unit="D"
        )
        for within in called:
            blocks = calendar_blocks(pd.Series(at), within)
            found = near_repeat(x, y, at, space_m=(0, 200), days=(0, 14), blocks=blocks, permutations=199)
            called[within] += found.bands["p"].iloc[0] <= 0.05
    assert called["all"] == 20
    assert called["season"] <= 4


def test_times_stay_in_their_block():
    x, day = np.zeros(6), np.array([0.0, 1, 2, 100, 101, 102])
    found = near_repeat(x, x, day, space_m=(0, 1), days=(0, 50), blocks=list("aaabbb"), permutations=50)
    assert found.bands.loc[0, ["pairs", "mean", "median"]].tolist() == [6, 6, 6]
    assert found.blocks == 2


def test_blocks_follow_the_calendar_of_the_place():
    at = pd.DatetimeIndex(["2023-11-30T15:59Z", "2023-11-30T16:00Z", "2024-02-29T15:59Z", "2024-02-29T16:00Z"])
    seasons = calendar_blocks(at, "season")
    assert (np.diff(seasons) > 0).tolist() == [True, False, True]
    assert (np.diff(calendar_blocks(at, "year")) > 0).tolist() == [False, True, False]
    assert len(set(calendar_blocks(at, "month").tolist())) == 4
    assert set(calendar_blocks(at, "all").tolist()) == {0}
    assert calendar_blocks(at.append(pd.DatetimeIndex([pd.NaT], tz="UTC")), "year").tolist() == [
        2023,
        2023,
        2024,
        2024,
        -1,
    ]
    with pytest.raises(TimesWithoutZone):
        calendar_blocks(at.tz_localize(None), "month")


def test_incidents_without_place_or_time_are_left_out_and_counted():
    at = pd.Series(pd.to_datetime(["2024-01-01T00:00Z", None, "2024-01-02T00:00Z", "2024-01-02T00:00Z"]))
    blocks = calendar_blocks(at, "month")
    found = near_repeat(
        [0, 0, 0, np.nan], [0, 0, 0, 0], at, space_m=(0, 1), days=(0, 1, 2), blocks=blocks, permutations=9
    )
    assert (found.incidents, found.left_out) == (2, 2)
    assert near_repeat([0, 0], [0, 0], [0, 0], blocks=["a", None], permutations=9).left_out == 1
    assert found.bands["pairs"].tolist() == [0, 1]


def test_no_incidents_make_a_table_of_nothing():
    found = near_repeat([], [], [], permutations=9)
    assert (found.bands["pairs"] == 0).all()
    assert (found.bands["p"] == 1).all()


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(TimesWrong, match="as many"):
        near_repeat([0, 1], [0, 1], [1.0])
    with pytest.raises(TimesWrong, match="68 years"):
        near_repeat([0, 1], [0, 1], [0.0, 40_000.0])
    with pytest.raises(PairsTooMany, match="fewer permutations"):
        near_repeat(np.zeros(1_500), np.zeros(1_500), np.arange(1_500.0), permutations=99_999)


def test_the_statistic_is_that_of_pointpats_and_its_documented_example():
    spacetime = pytest.importorskip("pointpats.spacetime")
    examples, gpd = pytest.importorskip("libpysal.examples"), pytest.importorskip("geopandas")
    burkitt = gpd.read_file(examples.get_path("burkitt.shp"))
    theirs = spacetime.Knox(burkitt[["X", "Y"]], burkitt[["T"]], delta=20, tau=5, permutations=0)
    inclusive = {"space_m": (0, np.nextafter(20, 21)), "days": (0, 5 + 1 / 86_400)}  # its limits are inclusive
    ours = near_repeat(burkitt["X"], burkitt["Y"], burkitt["T"], **inclusive, permutations=9_999).bands.iloc[0]
    assert ours["pairs"] == theirs.statistic_ == 13
    assert ours["p"] == pytest.approx(0.21, abs=0.06)  # documented from 99 permutations
    assert ours["mean"] == pytest.approx(theirs.expected[0, 0], abs=0.1)


@pytest.mark.agency
def test_memphis_has_the_near_repeats_two_other_programs_found(agency_data):
    robberies = pd.read_csv(agency_data / "hotspot_memphis" / "robberies_2019.csv.gz")
    to_metres = Transformer.from_crs(4326, 32615, always_xy=True)
    x, y = to_metres.transform(robberies["lon"].to_numpy(), robberies["lat"].to_numpy())
    day = pd.to_datetime(robberies["time"]).dt.normalize()  # they count whole days, and 14 among them
    found = near_repeat(x, y, day, space_m=(0, 200), days=(0, 15)).bands.iloc[0]
    assert found["pairs"] == 255
    assert found["mean"] == pytest.approx(200.56, abs=2)
    assert found["p"] == 0.001
