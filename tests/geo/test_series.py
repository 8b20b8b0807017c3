"""Series: found where they were planted, never a chain across the town, and rarely where chance alone was at work."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo import series_kernels
from gridmap.geo.chance import shuffle_part
from gridmap.geo.pairs import PairsTooMany
from gridmap.geo.series import SeriesWrong, find_series

START = pd.Timestamp("2024-01-01T00:00Z")


def town(seed, n=300, days=180):
    """Return incidents of three kinds, without any series, in a town of 4 km with a busy centre."""
    rng = np.random.default_rng(seed)
    busy = rng.random(n) < 0.3
    xy = np.where(busy[:, None], rng.normal(2_000, 150, (n, 2)), rng.uniform(0, 4_000, (n, 2)))
    return pd.DataFrame(
        {
            "x": xy[:, 0],
            "y": xy[:, 1],
            "at": START + pd.to_timedelta(rng.integers(0, days * 86_400, n), unit="s"),
            "category": rng.choice(["battery", "quarrel", "burglary"], n, p=[0.3, 0.5, 0.2]),
        },
        index=[f"i{number}" for number in range(n)],
    )


def planted(seed=1, size=5):
    rng = np.random.default_rng(seed)
    series = pd.DataFrame(
        {
            "x": 700 + rng.uniform(0, 150, size),
            "y": 900 + rng.uniform(0, 150, size),
            "at": START + pd.to_timedelta(60 * 86_400 + np.arange(size)[::-1] * 50_000, unit="s"),
            "category": "battery",
        },
        index=[f"s{number}" for number in range(size)],
    )
    return pd.concat([town(seed), series])


def test_a_planted_series_is_raised_with_its_members_in_order():
    incidents = planted().assign(place=lambda frame: frame.index.str[:2])
    (found,) = find_series(incidents).to_dict("records")
    assert found["members"] == ["s4", "s3", "s2", "s1", "s0"]
    assert (found["category"], found["n"], found["places"]) == ("battery", 5, ["s4", "s3", "s2", "s1", "s0"])
    assert (found["first"], found["last"]) == (incidents.loc["s4", "at"], incidents.loc["s0", "at"])
    assert found["days"] == pytest.approx(200_000 / 86_400)
    assert 700 < found["x"] < 850
    assert 900 < found["y"] < 1_050
    assert found["extent_m"] < 150 * np.sqrt(2)
    assert found["observed"] >= 5
    assert found["expected"] < 1
    assert found["p"] <= 0.01


def test_without_series_one_map_in_twenty_raises_one():
    found = [find_series(town(seed, 150), permutations=99, seed=seed, level=1) for seed in range(120)]
    p = np.array([each["p"].min() if len(each) else 1.0 for each in found])
    assert 1 <= (p <= 0.05).sum() <= 13
    assert 0.4 < p.mean() < 0.65


def test_a_chain_across_the_town_is_cut_and_its_groups_stay_within_their_limits():
    chain = pd.DataFrame({"x": np.arange(60) * 100.0, "y": 0.0, "at": np.arange(60) * 1.0, "category": "battery"})
    found = find_series(chain, most_extent_m=900, most_days=30, level=1)
    assert len(found) >= 6
    assert found["extent_m"].max() <= 900
    assert found["days"].max() <= 30
    assert find_series(chain, most_extent_m=1e6, most_days=1e3, level=1)["n"].tolist() == [60]


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), n=st.integers(0, 40), least=st.integers(2, 4))
def test_without_limits_groups_are_the_connected_components(seed, n, least):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.integers(0, 20, n) * 50.0, "y": 0.0, "at": rng.integers(0, 60, n) * 1.0})
    frame["category"] = rng.choice(["a", "b"], n)
    found = find_series(
        frame, reach_m=120, reach_days=4, most_extent_m=1e6, most_days=1e4, least=least, level=1, permutations=1
    )
    groups = [{one} for one in range(n)]
    for i in range(n):
        for j in range(i):
            one, other = frame.iloc[i], frame.iloc[j]
            if one.category == other.category and abs(one.x - other.x) < 120 and abs(one["at"] - other["at"]) < 4:
                a, b = (next(group for group in groups if each in group) for each in (i, j))
                if a is not b:
                    groups.remove(b)
                    a |= b
    expected = sorted(sorted(group) for group in groups if len(group) >= least)
    assert sorted(sorted(members) for members in found["members"]) == expected


def test_other_categories_neither_join_a_series_nor_break_it():
    incidents = planted()
    battery = incidents[incidents["category"] == "battery"]
    assert find_series(incidents)["members"].tolist() == find_series(battery)["members"].tolist()


def test_a_busy_corner_alone_is_no_series():
    rng = np.random.default_rng(3)
    corner = pd.DataFrame({"x": 0.0, "y": 0.0, "at": rng.uniform(0, 365, 200), "category": "quarrel"})
    everywhere = find_series(corner, level=1, permutations=199)
    assert len(everywhere) > 0  # groups there are,
    assert find_series(corner, permutations=199).empty  # but none that chance does not make


def test_the_seed_decides():
    incidents = planted()
    one, same, other = (find_series(incidents, level=1, permutations=199, seed=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(one, same)
    assert not one["p"].equals(other["p"])
    assert one["llr"].equals(other["llr"])


def test_rows_without_place_time_or_kind_are_left_out():
    incidents = planted()
    incidents.loc["s0", "category"] = None
    incidents.loc["s1", "x"] = np.nan
    incidents.loc["s2", "at"] = pd.NaT
    assert not {"s0", "s1", "s2"} & set(find_series(incidents, level=1)["members"].sum())
    assert find_series(incidents.iloc[:0]).empty


def test_what_cannot_be_looked_for_is_refused():
    with pytest.raises(SeriesWrong, match="category"):
        find_series(planted().drop(columns="category"))
    for wrong in ({"reach_m": 0}, {"most_days": np.inf}, {"least": 1}):
        with pytest.raises(SeriesWrong):
            find_series(planted(), **wrong)
    crowd = pd.DataFrame({"x": np.zeros(1_000), "y": 0.0, "at": np.arange(1_000.0), "category": "a"})
    with pytest.raises(PairsTooMany, match="fewer"):
        find_series(crowd, permutations=99_999)


def _link_plainly(task, when):
    """Link by the definition: every distance measured, every link in its place, every group with all its members."""
    x, y, first, second, limits = task.x, task.y, task.first, task.second, task.limits
    far = np.hypot(x[first] - x[second], y[first] - y[second]) / limits[0]
    apart = np.abs(when[first] - when[second])
    gap = np.maximum(far, apart / limits[1])
    parent, members = np.arange(len(x)), {one: [one] for one in range(len(x))}
    for n in np.lexsort((far, gap)):
        if apart[n] >= limits[1]:
            continue
        a, b = sorted((int(parent[first[n]]), int(parent[second[n]])))
        both = members[a] + members[b]
        if a != b and np.hypot(np.ptp(x[both]), np.ptp(y[both])) <= limits[2] and np.ptp(when[both]) <= limits[3]:
            members[a] = both
            parent[both] = a
    box = np.zeros((len(x), 6))
    for root in np.unique(parent):
        box[root, 4], box[root, 5] = when[parent == root].min(), when[parent == root].max()
    return parent, box


def _chance_plainly(task, state, best, _unusual, _allowed):
    """Make every map there is to make, however many were as unusual."""
    block, when = task.block, task.times.copy()
    for permutation in range(len(best)):
        for kind in range(len(block) - 1):
            shuffle_part(when, block[kind], block[kind + 1], block[kind + 1] - block[kind], state)
        best[permutation] = series_kernels.groups(task, when)[1][:, 4].max(initial=0.0)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("level", [0.05, 1.0])
def test_series_are_the_same_as_when_every_map_is_made_and_every_distance_measured_again(seed, level, monkeypatch):
    rng = np.random.default_rng(seed)
    incidents = planted(seed) if seed % 2 else town(seed)
    incidents = incidents.iloc[-70:].assign(
        category=lambda frame: frame["category"].where(frame["category"] == "battery", "quarrel")
    )
    doors = rng.integers(0, 12, len(incidents))  # matters at one door: many links are of one length
    some = rng.random(len(incidents)) < 0.5
    incidents.loc[some, ["x", "y"]] = rng.uniform(0, 900, (12, 2))[doors][some]
    facts = {"reach_days": 20.0, "most_days": 40.0, "level": level, "permutations": 19}
    now = find_series(incidents, **facts)
    monkeypatch.setattr(series_kernels, "_link", _link_plainly)
    monkeypatch.setattr(series_kernels, "groups", series_kernels.groups.py_func)
    monkeypatch.setattr(series_kernels, "best_by_chance", _chance_plainly)
    pd.testing.assert_frame_equal(now, find_series(incidents, **facts))
    assert level < 1 or len(now) > 0


@settings(max_examples=60)
@given(st.lists(st.integers(0, 2**40), max_size=50))
def test_numbers_are_sorted_with_what_goes_with_them(numbers):
    keys, things = np.array(numbers, dtype=np.int64), np.arange(len(numbers))
    series_kernels._by_number(keys, things)
    assert things.tolist() == sorted(range(len(numbers)), key=lambda one: numbers[one])
    assert keys.tolist() == sorted(numbers)
