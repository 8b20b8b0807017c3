"""A year of visits: by the member of the door's cell, while posted, and to whom nobody goes is told."""

from __future__ import annotations

import pandas as pd

from gridmap.synthetic.plan import Plan
from gridmap.synthetic.station import make_station
from tests.synthetic.nancheng import nancheng, told


def cell_of_visit(made) -> pd.Series:
    """Return the grid cell of whoever made each visit."""
    members = made.people[made.people["role"] == "grid_member"].set_index("code")["grid_cell"]
    return made.visits["person"].map(members)


def test_the_year_has_as_many_visits_as_a_station_makes():
    made = nancheng()
    visits = made.visits
    assert 11_000 <= len(visits) <= 13_000
    assert not visits.duplicated(["address", "at", "purpose"]).any()
    assert visits["at"].is_monotonic_increasing
    assert "2025-11-01" <= visits["at"].min() < "2025-11-03"
    assert "2026-10-29" < visits["at"].max() < "2026-11-01"
    hour = visits["at"].str.slice(11, 13).astype(int)
    assert hour.between(8, 20).all()


def test_two_cells_are_never_visited_and_all_others_are():
    made = nancheng()
    cells = set(made.zones.loc[made.zones["kind"] == "grid_cell", "code"])
    visited = set(cell_of_visit(made))
    assert sorted(cells - visited) == sorted(told(made)["cells_never_visited"])
    assert len(cells - visited) == 2


def test_a_member_goes_to_the_doors_of_one_cell_and_only_while_posted():
    made = nancheng()
    assert not cell_of_visit(made).isna().any()
    assert made.visits.groupby("address")["person"].nunique().max() == 1
    (ended,) = told(made)["ended_posting"]
    person, until = made.people.loc[made.people["grid_cell"] == ended, ["code", "to"]].iloc[0]
    days = made.visits.loc[made.visits["person"] == person, "at"].str.slice(0, 10)
    assert len(days) > 20
    assert days.max() <= until


def test_homes_are_visited_some_never_and_shops_for_safety():
    made = nancheng()
    doors = made.addresses.set_index("code")["households"]
    homes = doors.index[doors > 0]
    assert 0.3 < homes.isin(made.visits["address"]).mean() < 0.6
    at = doors[made.visits["address"]].to_numpy()
    assert (at[made.visits["purpose"] == "household"] > 0).all()
    assert (at[made.visits["purpose"] == "safety"] == 0).all()


def test_after_most_settled_disputes_somebody_asks_how_it_went():
    made = nancheng()
    asked = made.visits[made.visits["purpose"] == "dispute"]
    last = made.disputes[(made.disputes["settled_at"] >= "2025-12-01") & (made.disputes["settled_at"] < "2026-10-01")]
    last = last[last["address"] != ""].drop_duplicates("address")
    pairs = last.merge(asked, on="address")
    days = (pd.to_datetime(pairs["at"].str.slice(0, 10)) - pd.to_datetime(pairs["settled_at"].str.slice(0, 10))).dt.days
    after = pairs.loc[days.between(7, 21), "number"]
    assert 0.6 < last["number"].isin(after).mean() < 0.9


def test_where_there_is_nobody_there_are_no_visits():
    made = make_station(3, 0, (0, 0), Plan(cells=12, beats=4, places=5, doors=1_500, calls_last_year=0, people=False))
    assert made.visits.empty
    assert made.shifts.empty
    assert "cells_never_visited" not in told(made)
