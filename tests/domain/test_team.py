"""What residents may know of a station, read from JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings

from gridmap.domain.team import Team, TeamNotReadable, told_at
from tests.domain.rosters import team, teams

START = 1_792_000_000


def test_a_team_is_read_with_its_station_people_and_zones():
    raw = team(
        posts=[["P0", "officer", "A", None, "2026-01-01", None]],
        shifts=[["P0", START + 0.0, START + 60.5, ["A", "B"]]],
        leave=[["P0", "2026-01-01", "2026-01-05", "P1"]],
    )
    raw["people"]["P1"] = {"name": None, "phone": "0000-5550001"}
    found = Team.from_json(json.loads(json.dumps(raw)))
    assert found.station.languages == ("zh", "en")
    assert found.station.published == {"names"}
    assert found.published_at == datetime(2026, 10, 1, tzinfo=UTC)
    assert found.zones["beat"]["A"] == ("A", "A")
    assert found.neighbours["A"] == ("B", "C")
    assert found.posts[0].since == date(2026, 1, 1)
    assert (found.shifts[0].start, found.shifts[0].end, found.shifts[0].beats) == (START, START + 60, ("A", "B"))
    assert found.leave[0].substitute == "P1"
    assert found.people["P1"].name == ""
    assert (found.phone_of("P1"), found.phone_of("P0"), found.phone_of(None)) == (
        "0000-5550001", "0000-5550000", "0000-5550000",
    )  # fmt: skip


def test_days_end_before_their_last():
    raw = team(
        posts=[["P0", "officer", "A", None, "2026-01-02", "2026-01-04"]],
        leave=[["P0", None, "2026-01-03", None]],
    )
    found = Team.from_json(raw)
    assert [found.posts[0].on(date(2026, 1, day)) for day in (1, 2, 3, 4)] == [False, True, True, False]
    assert [found.leave[0].on(date(2026, 1, day)) for day in (1, 2, 3, 4)] == [True, True, False, False]


def test_what_has_no_end_counts_for_as_long_as_is_known():
    raw = team(
        posts=[["P0", "officer", "A", None, "-infinity", "infinity"]], shifts=[["P0", None, None, None]],
        leave=[["P1", None, None, None]],
    )  # fmt: skip
    found = Team.from_json(raw)
    assert (found.posts[0].since, found.posts[0].until) == (None, None)
    assert (found.shifts[0].start, found.shifts[0].end) == (raw["since"], raw["until"])
    assert found.leave[0].on(date(1900, 1, 1))


@settings(max_examples=50, deadline=None)
@given(raw=teams())
def test_keys_that_came_later_are_passed_over(raw):
    more = json.loads(json.dumps(raw)) | {"weather": "fine"}
    more["zones"]["sector"] = "?"
    more["station"]["motto"] = more["people"]["P0"]["shoe_size"] = 1
    for kind in ("posts", "shifts", "leave"):
        more[kind] = [[*row, "more"] for row in more[kind]]
    assert Team.from_json(more) == Team.from_json(raw)


def test_shifts_and_leave_of_people_who_answer_for_nothing_are_left_out():
    found = Team.from_json(team(shifts=[["X", START, START + 60, None]], leave=[["X", None, None, "Y"]]))
    assert (found.shifts, found.leave) == ((), ())


def wrong():
    """Yield teams that cannot be read, each with the reason."""
    for key in ("station", "since", "until", "zones", "people", "posts", "shifts", "leave", "rostered", "neighbours"):
        yield key, {one: value for one, value in team().items() if one != key}
    for zone in ("Mars/Base", "", "Asia", None):
        yield f"zone {zone}", team() | {"station": team()["station"] | {"timezone": zone}}
    yield "no desk", team() | {"station": team()["station"] | {"desk_phone": None}}
    yield "a list", []
    yield "nothing", None
    yield "a stranger posted", team(posts=[["X", "officer", "A", None, None, None]])
    yield "a stranger stands in", team(leave=[["P0", None, None, "X"]])
    yield "not a day", team(posts=[["P0", "officer", "A", None, "soon", None]])
    yield "a short row", team(posts=[["P0", "officer"]])
    yield "a number for a beat", team(posts=[["P0", "officer", 7, None, None, None]])
    yield "not a moment", team(shifts=[["P0", "08:00", "18:00", None]])
    yield "person is a list", team(shifts=[[["P0"], 0, 1, None]])
    yield "people is a list", team(people=["P0"])


@pytest.mark.parametrize(("what", "raw"), [pytest.param(what, raw, id=what) for what, raw in wrong()])
def test_a_team_that_lacks_something_is_refused_by_name(what, raw):
    with pytest.raises(TeamNotReadable, match="publish it anew") as told:
        Team.from_json(raw)
    if isinstance(raw, dict) and "station" in raw:
        assert "990001000000" in told.value.detail


NOTICES = [
    [1, None, None, "info", "全所", "all", START, None], [2, "A", None, "warning", "甲", "A", START - 5, START + 10],
    [3, None, "A1", "info", "格", "cell", START + 5, START + 10], [4, "A", "A1", "info", "两", "both", START, START + 10],
]  # fmt: skip


@pytest.mark.parametrize(
    ("beat", "cell", "moment", "told"),
    [
        ("A", "A1", START + 5, [2, 3, 1, 4]),
        ("A", "A1", START, [2, 1, 4]),
        ("A", "A1", START - 1, [2]),
        ("A", "A1", START + 10, [1]),
        ("A", "B1", START + 5, [2, 1]),
        ("B", "A1", START + 5, [3, 1]),
        (None, None, START + 5, [1]),
    ],
)
def test_notices_are_those_of_the_zones_at_the_moment(beat, cell, moment, told):
    known = Team.from_json(team(notices=NOTICES)).notices
    assert [one.id for one in told_at(known, beat, cell, moment)[0]] == told
