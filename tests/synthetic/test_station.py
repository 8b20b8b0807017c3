"""A made-up station keeps the laws of a real one, has the figures of Nancheng, and only the faults it tells."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.geo import crs, topology
from gridmap.geo.assign import assign
from gridmap.synthetic.plan import Plan, UnknownSize, find_size
from gridmap.synthetic.station import make_station
from tests.synthetic.nancheng import nancheng

SMALL = Plan(cells=20, beats=6, places=9, doors=3_000, calls_last_year=600)


def faults_of(made, zones):
    """Return the kinds of fault in a frame of zones: beats, then cells."""
    plane = crs.straight_plane(112.9, 35.8)
    ground = made.station.to_crs(plane).geometry.iloc[0]
    flat = zones.to_crs(plane)
    beats = flat[flat["kind"] == "beat"].reset_index(drop=True)
    cells = flat[flat["kind"] == "grid_cell"].reset_index(drop=True)
    found = [topology.find_issues(beats, ground), topology.find_issues(cells, ground, beats=beats)]
    return [sorted(part["kind"]) for part in found]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), column=st.integers(0, 5), row=st.integers(0, 5))
def test_cells_and_beats_tile_the_jurisdiction_whatever_the_seed(seed, column, row):
    made = make_station(seed, 3, (column, row), SMALL)
    assert faults_of(made, made.zones) == [[], []]
    assert (made.zones["kind"] == "grid_cell").sum() == 20
    assert (made.zones["kind"] == "beat").sum() == 6


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_door_is_in_one_cell_but_for_those_that_are_told(seed):
    made = make_station(seed, 0, (0, 0), SMALL)
    cells = made.zones[made.zones["kind"] == "grid_cell"].reset_index(drop=True)
    doors = gpd.GeoDataFrame(
        {"id": made.addresses["code"]},
        geometry=gpd.points_from_xy(made.addresses["lon"], made.addresses["lat"]),
        crs=4326,
    )
    at = assign(doors, cells)
    told = next(one["what"] for one in made.faults if one["id"] == "doors_outside")
    assert sorted(doors["id"][at.isna()]) == sorted(told)


def test_the_figures_are_nanchengs():
    made = nancheng()
    zones = made.zones["kind"].value_counts()
    assert (zones["beat"], zones["grid_cell"]) == (22, 72)
    assert (made.places["kind"] == "village").sum() == 28
    assert 24_500 <= len(made.addresses) <= 27_500
    assert 80_000 / 3.2 <= made.addresses["households"].sum() <= 80_000 / 2.5
    homes, people = made.addresses["households"], made.addresses["residents"]
    assert 2.75 <= people.sum() / homes.sum() <= 2.9
    assert ((people >= homes) & (people <= 6 * homes)).all()  # nobody lives where there is no household
    at = pd.to_datetime(made.incidents["at"])
    last = made.incidents[at >= pd.Timestamp("2025-11-01T00:00:00+08:00")]
    assert 5_700 <= len(last) <= 6_300
    quarrels = {
        "neighbours",
        "family",
        "labour",
        "debt",
        "land",
        "housing",
        "traffic_dispute",
        "consumer",
        "school",
        "other_dispute",
    }
    assert 0.37 <= last["category"].isin(quarrels).mean() <= 0.43
    entered = made.disputes[pd.to_datetime(made.disputes["opened_at"]) >= pd.Timestamp("2025-11-01T00:00:00+08:00")]
    assert len(entered) == 1_989
    assert (entered["state"] == "closed").mean() == pytest.approx(0.9973, abs=0.0005)


def test_the_draft_has_the_faults_it_tells_and_no_others():
    made = nancheng()
    assert faults_of(made, made.zones) == [[], []]
    beats, cells = faults_of(made, made.zones_draft)
    assert beats == ["gap"]
    assert cells == ["gap", "overlap", "sliver_overlap"]
    assert {one["kind"] for one in made.faults if str(one["id"]).startswith("draft_")} == {
        "gap",
        "overlap",
        "sliver_overlap",
    }


def test_people_leave_exactly_the_gaps_that_are_told():
    made = nancheng()
    told = {one["id"]: one["what"] for one in made.faults}
    posted = set(made.people.loc[made.people["role"] == "officer", "beat"])
    beats = set(made.zones.loc[made.zones["kind"] == "beat", "code"])
    assert sorted(beats - posted) == told["beat_without_officer"]
    members = made.people[made.people["role"] == "grid_member"]
    assert list(members.loc[members["to"] != "", "grid_cell"]) == told["ended_posting"]
    away = made.leave[(made.leave["substitute"] == "") & (made.leave["to"] > "2026-11")]
    beat_of = made.people.set_index("code")["beat"]
    assert [beat_of[person] for person in away["person"]] == told["leave_without_substitute"]


def test_calls_have_the_structure_that_is_built_in():
    calls = nancheng().incidents
    at = pd.to_datetime(calls["at"])
    noise = calls["category"] == "noise"
    nights = (at.dt.hour >= 20) & at.dt.day_of_week.isin([4, 5])
    assert nights[noise].mean() > 3 * nights[~noise].mean()
    spot = np.round(calls.loc[noise, ["lon", "lat"]].dropna().to_numpy() / 0.001).astype(int)
    _, counts = np.unique(spot, axis=0, return_counts=True)
    assert counts.max() > 10 * np.median(counts)
    labour = at[calls["category"] == "labour"]
    before = (pd.Timestamp("2026-02-17", tz="UTC+08:00") - labour).dt.days
    assert before.between(0, 35).sum() > 2 * before.between(60, 95).sum()


def test_a_fault_of_the_draft_lies_where_it_is_told():
    made = nancheng()
    draft = made.zones_draft.set_index("code").geometry
    told = {one["kind"]: one for one in made.faults if str(one["id"]).startswith("draft_")}
    hole, overlap, sliver = (told[kind] for kind in ("gap", "overlap", "sliver_overlap"))
    assert not draft.intersects(shapely.Point(hole["at"])).any()
    for one, widest in ((overlap, 100.0), (sliver, 0.5)):
        both = shapely.intersection(*draft[one["what"]])
        assert shapely.distance(both, shapely.Point(one["at"])) < 1e-6
        assert 0 < 2 * both.area / both.length * 111_000 < widest


def test_calls_lie_in_the_jurisdiction_and_name_the_door_they_came_from():
    made = nancheng()
    calls, doors = made.incidents, made.addresses.set_index("code")
    placed = calls.dropna(subset=["lon"])
    assert shapely.contains_xy(made.station.geometry.iloc[0], placed["lon"], placed["lat"]).all()
    assert (calls.loc[calls["lon"].isna(), "address"] != "").all()
    at_door = placed[placed["address"] != ""]
    told = {code for one in made.faults if one["id"] == "one_point" for code in one["what"]}
    at_door = at_door[~at_door["address"].isin(told)]  # these doors were moved
    np.testing.assert_allclose(at_door[["lon", "lat"]], doors.loc[at_door["address"], ["lon", "lat"]], atol=1e-9)
    assert 0.5 < len(at_door) / len(calls) < 0.9


def test_the_recorded_beat_is_the_beat_of_the_place_but_for_slips():
    made = nancheng()
    calls = made.incidents.dropna(subset=["lon"]).reset_index(drop=True)
    beats = made.zones[made.zones["kind"] == "beat"].reset_index(drop=True)
    places = gpd.GeoDataFrame(
        {"id": calls["number"]}, geometry=gpd.points_from_xy(calls["lon"], calls["lat"]), crs=4326
    )
    agree = (assign(places, beats).to_numpy() == calls["recorded_zone"].to_numpy()).mean()
    assert 0.97 < agree < 0.995


def test_cells_carry_loads_like_nanchengs():
    cells = nancheng().zones.query("kind == 'grid_cell'")["households"]
    assert cells.quantile(0.1) > 100
    assert cells.quantile(0.9) < 700
    assert cells.max() < 1_200


def test_a_station_has_as_many_officers_and_auxiliaries_as_nancheng():
    people = nancheng().people
    assert people.loc[people["role"].isin(["officer", "auxiliary"]), "code"].nunique() == 22
    assert people.loc[people["role"] == "grid_member", "code"].nunique() == 72
    tellings = people[["code", "name", "phone", "office"]].drop_duplicates()
    assert tellings["code"].is_unique


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_neighbouring_stations_share_their_border_vertex_by_vertex(seed):
    west, east = (make_station(seed, i, (i, 0), SMALL).station.geometry.iloc[0] for i in (0, 1))
    shared = {tuple(xy) for xy in west.exterior.coords} & {tuple(xy) for xy in east.exterior.coords}
    assert len(shared) > 40
    assert shapely.intersection(west, east).area == 0
    both = shapely.union(west, east)
    assert both.geom_type == "Polygon"
    assert len(both.interiors) == 0


def test_a_seed_gives_the_same_station_again_and_another_seed_another():
    first, again, other = (
        make_station(5, 0, (0, 0), SMALL),
        make_station(5, 0, (0, 0), SMALL),
        make_station(6, 0, (0, 0), SMALL),
    )
    for name in ("addresses", "people", "leave", "incidents", "disputes", "shifts", "visits", "facilities"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    for name in ("zones", "places", "roads", "zones_draft"):
        assert shapely.equals_exact(
            getattr(first, name).geometry.to_numpy(), getattr(again, name).geometry.to_numpy()
        ).all()
    assert len(first.addresses) != len(other.addresses) or not first.addresses["lon"].equals(other.addresses["lon"])


def test_everything_says_that_it_is_synthetic():
    made = nancheng()
    for name in (
        "station",
        "places",
        "zones",
        "zones_draft",
        "roads",
        "addresses",
        "people",
        "leave",
        "incidents",
        "disputes",
        "shifts",
        "visits",
        "facilities",
    ):
        assert getattr(made, name)["synthetic"].all(), name


@pytest.mark.parametrize("size", ["", "huge", "3", "-5", "1e9"])
def test_an_unknown_size_says_which_there_are(size):
    with pytest.raises(UnknownSize, match="station, county, province"):
        find_size(size)


def test_the_province_is_as_large_as_asked():
    size = find_size("province")
    assert size.stations * size.plan.cells == 70_000
    assert size.stations * size.plan.doors == pytest.approx(12_000_000, rel=0.001)
