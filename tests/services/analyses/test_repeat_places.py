"""Doors that incidents return to, and those where it grows worse."""

from __future__ import annotations

import pytest
import shapely

from gridmap.services.analyses import repeat_places
from tests.cases import SOUTH, WEST, Event, body_of, make_case, scattered


def at(door, days, **facts):
    """Return events at a door of the town (every 100 m, thirty a row, from 1)."""
    x, y = 50 + 100 * ((door - 1) % 30), 50 + 100 * ((door - 1) // 30)
    return [Event(x, y, day, door=door, **facts) for day in days]


BACKGROUND = [event for door in range(100, 400) for event in at(door, [door * 0.8 + 10])]


def test_the_busiest_door_tops_the_list_by_name():
    case = make_case([*at(7, range(5, 355, 25)), *at(8, [3, 300]), *BACKGROUND], names={7: "试验路7号"})
    answer = repeat_places.compute(case)
    first = answer.tables["places"].iloc[0]
    assert (first["address"], first["full"], first["events"]) == (7, "试验路7号", 14)
    assert first["q"] < 0.001
    assert first["worse"] == ""
    assert answer.facts["places"] == 2  # 7 and 8; one event is no return
    assert answer.facts["events_at_doors"] == 316
    assert answer.cells.geometry.iloc[0].x - case.ground.bounds[0] == pytest.approx(650)


def test_more_and_more_often_is_rising_and_ever_more_severe_is_worse_by_tier():
    rising = at(7, [20, *range(200, 360, 12)])
    severe = [
        event for n, day in enumerate(range(10, 360, 25)) for event in at(9, [day], tier=1 + n // 5, kind="quarrel")
    ]
    places = repeat_places.compute(make_case([*rising, *severe, *BACKGROUND])).tables["places"].set_index("address")
    assert (places.loc[7, "worse"], places.loc[9, "worse"]) == ("rising", "tier")
    assert (places.loc[7, "earlier"], places.loc[7, "later"]) == (1, 14)
    assert places.loc[9, "p_worse"] < 0.01


def test_a_year_that_is_worse_everywhere_makes_no_single_door_rising():
    doors = [event for door in range(1, 60) for event in at(door, [20, 200 + door, 220 + door, 240 + door, 280 + door])]
    assert repeat_places.compute(make_case(doors)).facts["worse"] == 0


def test_a_house_of_many_households_may_have_more():
    events = [*at(7, range(0, 360, 60)), *BACKGROUND]
    few, many = (repeat_places.compute(make_case(events, households=n)).tables["places"].iloc[0] for n in (1, 50))
    assert few["expected"] == pytest.approx(many["expected"])  # all doors alike, so their number is no matter
    assert few["expected"] == pytest.approx(306 / 900)


def test_who_grows_worse_is_shown_however_far_down(monkeypatch):
    monkeypatch.setattr(repeat_places, "MOST", 3)
    crowd = [event for door in range(20, 40) for event in at(door, range(4, 364, 18))]
    answer = repeat_places.compute(make_case([*crowd, *at(7, [20, *range(200, 360, 8)])]))
    assert 7 in answer.tables["places"]["address"].tolist()
    assert (len(answer.cells), answer.facts["places"]) == (3, 21)


def test_names_are_empty_for_who_may_not_read_them():
    assert repeat_places.compute(make_case(at(7, [1, 2]))).tables["places"]["full"].tolist() == [""]


@pytest.mark.parametrize("events", [[], at(7, [0.5]), at(7, [0.1 + n / 100 for n in range(50)]), scattered(40, seed=1)])
@pytest.mark.parametrize("facts", [{}, {"length": 1}, {"doors": False}, {"households": 0}])
def test_nothing_one_one_door_and_no_door_at_all_are_answered(events, facts):
    told = body_of(repeat_places.compute(make_case(events, **facts)))
    assert told["facts"]["places"] == len(told["tables"]["places"]) == len(told["cells"]["features"])


def test_a_view_of_one_quarter_compares_its_doors_with_one_another_only():
    quarter = shapely.box(WEST, SOUTH, WEST + 1500, SOUTH + 1500)
    even = [event for door in (*range(1, 16), *range(31, 46)) for event in at(door, [10 + door, 200 + door])]
    places = repeat_places.compute(make_case(even, ground=quarter)).tables["places"]
    assert places["expected"].iloc[0] == pytest.approx(60 / 225)


def test_addresses_are_whole_numbers():
    told = body_of(repeat_places.compute(make_case(at(7, [1, 2]))))
    assert repr(told["tables"]["places"][0]["address"]) == "7"
