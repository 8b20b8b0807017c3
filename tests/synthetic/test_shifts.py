"""The roster: nobody twice, nobody on leave, every hour of every beat somebody's but for the holes that are told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gridmap.synthetic import people, shifts
from gridmap.synthetic.plan import Plan
from gridmap.synthetic.station import make_station
from tests.synthetic.nancheng import nancheng, told

WORKDAYS = range(5)
START = pd.Timestamp("2026-10-26T08:30:00+08:00")
HALF_HOURS = int((pd.Timestamp("2028-01-01T08:30:00+08:00") - START) / pd.Timedelta("30min"))


def spans(roster: pd.DataFrame) -> pd.DataFrame:
    """Return the roster with its times read, by person and time."""
    read = roster.assign(since=pd.to_datetime(roster["from"]), until=pd.to_datetime(roster["to"]))
    return read.sort_values(["person", "since"], ignore_index=True)


def crews(made) -> pd.DataFrame:
    """Return for each half hour from `START` and each beat how many are on duty; local time as the index."""
    beats = list(made.zones.loc[made.zones["kind"] == "beat", "code"])
    staff = made.people[made.people["role"].isin(["officer", "auxiliary"])]
    own = staff.groupby("code")["beat"].agg(list)
    count = np.zeros((HALF_HOURS, len(beats)), dtype=int)
    for row in spans(made.shifts).itertuples():
        first, last = (int((one - START) / pd.Timedelta("30min")) for one in (row.since, row.until))
        for beat in row.beats.split() or own[row.person]:
            count[first:last, beats.index(beat)] += 1
    return pd.DataFrame(count, columns=beats, index=pd.date_range(START, periods=HALF_HOURS, freq="30min"))


def test_nobody_is_on_two_shifts_and_after_a_night_comes_no_day():
    roster = spans(nancheng().shifts)
    same = roster["person"].eq(roster["person"].shift())
    rest = (roster["since"] - roster["until"].shift())[same]
    assert (rest >= pd.Timedelta(0)).all()
    night = (roster["until"] - roster["since"]) == pd.Timedelta("14h30min")
    assert (rest[night.shift(fill_value=False)[same]] >= pd.Timedelta("9h30min")).all()
    assert set((roster["until"] - roster["since"]).unique()) == {pd.Timedelta("9h30min"), pd.Timedelta("14h30min")}


def test_the_roster_runs_from_its_first_morning_to_the_night_after_its_last_day():
    roster = nancheng().shifts
    assert (roster["from"].min(), roster["to"].max()) == ("2026-10-26T08:30:00+08:00", "2028-01-01T08:30:00+08:00")
    assert 5_000 < len(roster) < 8_000


def test_nobody_on_leave_has_a_shift_and_who_stands_in_has_their_beat():
    made = nancheng()
    away = made.leave[made.leave["to"] > "2026-11"]
    assert len(away) == 2
    assert not set(away["person"]) & set(made.shifts["person"])
    beat_of = made.people.set_index("code")["beat"]
    person, substitute = away.loc[away["substitute"] != "", ["person", "substitute"]].iloc[0]
    days = made.shifts[made.shifts["person"] == substitute]
    workdays = days[(spans_day(days) < 5) & days["from"].str.contains("T08:30")]
    assert len(workdays) > 100
    assert workdays["beats"].str.split().map(lambda codes: {beat_of[person], beat_of[substitute]} <= set(codes)).all()


def spans_day(roster: pd.DataFrame) -> pd.Series[int]:
    return pd.to_datetime(roster["from"].str.slice(0, 10)).dt.day_of_week


def test_every_hour_of_every_beat_is_somebodys_but_for_the_holes_that_are_told():
    made = nancheng()
    wrong, crew = told(made), crews(made)
    minute = crew.index.hour * 60 + crew.index.minute
    weekday = crew.index.day_of_week
    day = (minute >= 510) & (minute < 1080)
    night_of = (crew.index - pd.Timedelta("8h30min")).day_of_week  # the day on which a night began
    hole = pd.DataFrame(False, index=crew.index, columns=crew.columns)
    for beat in wrong["sector_without_night_shift"]:
        hole[beat] |= ~day & (night_of >= 5)
    for beat in wrong["beat_without_officer"] + wrong["leave_without_substitute"]:
        hole[beat] |= day & (weekday < 5)
    for beat in wrong["officer_half_week"]:
        hole[beat] |= day & (weekday < 3)
    assert 5 <= len(wrong["sector_without_night_shift"]) <= 6
    assert len(wrong["officer_half_week"]) == 1
    pd.testing.assert_frame_equal(crew == 0, hole, check_freq=False)


def test_the_officer_of_the_beat_that_is_told_has_no_shift_before_thursday():
    made = nancheng()
    (beat,) = told(made)["officer_half_week"]
    person = made.people.loc[(made.people["beat"] == beat) & (made.people["role"] == "officer"), "code"].item()
    mine = spans(made.shifts[made.shifts["person"] == person])
    assert (mine["since"].dt.day_of_week >= 3).all()
    assert (
        mine["until"]
        <= (mine["since"].dt.floor("D") - pd.to_timedelta(mine["since"].dt.day_of_week, "D")) + pd.Timedelta("7D")
    ).all()
    assert len(mine) > 100


@pytest.mark.parametrize("plan", [Plan(cells=12, beats=4, places=5, doors=1_500, calls_last_year=60), Plan(cells=20, beats=6, places=9, doors=2_000, calls_last_year=60)])  # fmt: skip
def test_a_small_station_has_a_roster_without_doubles_too(plan):
    roster = spans(make_station(3, 0, (0, 0), plan).shifts)
    later = roster["person"].eq(roster["person"].shift(-1))
    assert (roster["until"] <= roster["since"].shift(-1))[later].all()
    assert len(roster) > 400  # more than a shift a day


def test_a_station_where_all_are_away_has_no_shifts():
    one = people.nobody().assign(code=["P1"], role="officer", beat="J01", to="")
    gone = pd.DataFrame([("P1", "2026-01-01", "2028-12-31", "", "", True)], columns=people.LEAVE_COLUMNS)
    wrong: list[dict[str, object]] = []
    assert shifts.roster(one, gone, ["J01"], wrong).empty
