"""Months, seasons and festivals: each count beside its days, and no alarm from weekends or winters alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gridmap.domain.festivals import festivals
from gridmap.geo.calendar import CalendarWrong, around_festivals, by_month, by_season
from gridmap.geo.timeline import TimesWithoutZone

SINCE, UNTIL = datetime(2022, 12, 31, 16, tzinfo=UTC), datetime(2025, 12, 31, 16, tzinfo=UTC)  # three years in Beijing


def at(*times):
    return pd.Series(times, dtype="datetime64[us, UTC]")


@settings(max_examples=30)
@given(
    days=st.lists(st.floats(0, 1_000), max_size=30),
    length=st.floats(0.5, 1_000),
    zone=st.sampled_from(["Asia/Shanghai", "America/New_York"]),
)
def test_every_event_and_every_day_of_the_period_is_in_one_month(days, length, zone):
    since = datetime(2023, 1, 13, 5, tzinfo=UTC)
    times = at(*[since + timedelta(days=day) for day in days])
    months = by_month(times, since, since + timedelta(days=length), zone)
    assert months["events"].sum() == sum(timedelta(days=day) < timedelta(days=length) for day in days)
    assert months["days"].sum() == pytest.approx(length, abs=1e-4)
    local = times[times < since + timedelta(days=length)].dt.tz_convert(zone)
    expected = local.groupby([local.dt.year, local.dt.month]).size().to_dict()
    found = {(row.year, row.month): row.events for row in months.itertuples() if row.events}
    assert found == expected


def test_a_month_half_observed_is_no_quiet_month():
    since, until = datetime(2024, 1, 16, 16, tzinfo=UTC), datetime(2024, 2, 29, 16, tzinfo=UTC)
    months = by_month(at(*[since + timedelta(days=day) for day in range(44)]), since, until)
    assert months[["year", "month"]].to_numpy().tolist() == [[2024, 1], [2024, 2]]
    assert months["days"].tolist() == [15, 29]
    assert months["per_day"].tolist() == [1, 1]


def test_the_interval_of_a_rate_is_garwoods():
    months = by_month(at(*[SINCE] * 7), SINCE, SINCE + timedelta(days=31))
    assert months.loc[0, "low"] == pytest.approx(stats.chi2.ppf(0.025, 14) / 2 / 31)
    assert months.loc[0, "high"] == pytest.approx(stats.chi2.ppf(0.975, 16) / 2 / 31)


def test_seasons_join_the_months_of_all_years_and_december_is_winter():
    times = at(datetime(2023, 12, 5, tzinfo=UTC), datetime(2024, 2, 5, tzinfo=UTC), datetime(2024, 7, 5, tzinfo=UTC))
    seasons = by_season(times, SINCE, UNTIL).set_index("season")
    assert seasons["events"].to_dict() == {"winter": 2, "spring": 0, "summer": 1, "autumn": 0}
    assert seasons["days"].to_dict() == {"winter": 90 * 3 + 1, "spring": 92 * 3, "summer": 92 * 3, "autumn": 91 * 3}
    assert np.isnan(by_season(times, SINCE, SINCE + timedelta(days=30)).set_index("season").loc["summer", "per_day"])


@pytest.fixture(scope="module")
def table():
    return pd.DataFrame(festivals(date(2023, 1, 1), date(2025, 12, 31)))


def days_of_events(rng, rate):
    """Return instants at noon in Beijing, Poisson of `rate(day)` a day over three years."""
    days = pd.date_range("2023-01-01T04:00Z", "2025-12-31T04:00Z", freq="D")
    return pd.Series(days.repeat(rng.poisson([rate(day) for day in days])))


def test_a_festival_with_more_events_is_found_in_its_phase(table):
    new_year = {(2023, 1), (2024, 2), (2025, 1)}
    eves = {
        day
        for one in table.itertuples()
        if one.festival == "spring_festival"
        for day in pd.date_range(one.first, one.last)
    }
    assert {(day.year, day.month) for day in eves} >= new_year
    times = days_of_events(np.random.default_rng(1), lambda day: 12 if day.tz_localize(None).normalize() in eves else 4)
    found = around_festivals(times, table, SINCE, UNTIL).set_index(["festival", "phase"])
    during = found.loc[("spring_festival", "during")]
    assert during["q"] < 0.001
    assert during["days"] == 12
    assert during["expected"] == pytest.approx(48, rel=0.2)
    assert during["low"] < 3 < during["high"]
    assert (found["q"] < 0.05).sum() == 1


def test_weekends_and_winters_alone_make_no_festival_remarkable(table):
    def rate(day):
        return (9 if day.day_of_week >= 5 else 3) * (1 + np.cos(2 * np.pi * (day.day_of_year - 15) / 365) / 3)

    alarms = low = 0
    for seed in range(20):
        found = around_festivals(days_of_events(np.random.default_rng(seed), rate), table, SINCE, UNTIL)
        assert len(found) == 18
        alarms += (found["q"] <= 0.05).any()
        low += (found["p"] <= 0.05).sum()
    assert alarms <= 4
    assert low <= 0.1 * 20 * 18


def test_same_weekdays_are_compared():
    monday = pd.DataFrame({"festival": ["fair"], "first": [date(2024, 5, 6)], "last": [date(2024, 5, 6)]})
    days = pd.date_range("2024-04-01T04:00Z", "2024-06-30T04:00Z", freq="D")
    times = pd.Series(days.repeat(np.where(days.day_of_week == 0, 5, 1)))
    found = around_festivals(times, monday, days[0] - timedelta(hours=12), days[-1] + timedelta(hours=12)).set_index(
        "phase"
    )
    assert found.loc["during", ["events", "expected"]].tolist() == [5, 5]
    assert found.loc["before", ["days", "events", "expected"]].tolist() == [7, 11, 11]
    assert found.loc["after", "ratio"] == pytest.approx(1)


def test_what_was_not_observed_is_not_compared(table):
    since = datetime(2024, 3, 1, tzinfo=UTC)
    found = around_festivals(at(since), table, since, since + timedelta(days=20)).set_index(["festival", "phase"])
    assert found.loc[("spring_festival", "during"), "days"] == 0
    assert found["p"].isna().sum() == found["q"].isna().sum() > 10
    assert len(around_festivals(at(since), table.iloc[:0], SINCE, UNTIL)) == 0


def test_no_event_at_all_is_no_alarm(table):
    found = around_festivals(at(), table, SINCE, UNTIL)
    assert (found["p"] == 1).all()
    assert (found["events"] == 0).all()


def test_a_period_without_length_or_zone_is_refused(table):
    with pytest.raises(CalendarWrong):
        by_month(at(), UNTIL, SINCE)
    with pytest.raises(TimesWithoutZone):
        by_season(at(), datetime(2024, 1, 1), UNTIL)  # noqa: DTZ001
    with pytest.raises(CalendarWrong):
        around_festivals(at(), table.rename(columns={"first": "last", "last": "first"}), SINCE, UNTIL)
