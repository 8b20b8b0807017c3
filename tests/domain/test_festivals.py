"""The table of festivals is what sun and moon say, computed here from the astronomical series.

References
----------
Meeus (1998), "Astronomical Algorithms", 2nd ed.: chapters 25 (the sun's place) and 49 (new moons), main terms; good to
a minute or two, which decides every date of the table (the nearest to midnight is checked to be far enough).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import floor, radians, sin

import pytest

from gridmap.domain.festivals import FIRST_YEAR, LAST_YEAR, festivals

J2000 = datetime(2000, 1, 1, 12)  # noqa: DTZ001  dynamical time
BEIJING = timedelta(hours=8, seconds=-72)  # dynamical time runs some 72 s ahead of universal time in these years


def sun(day):
    """Return the sun's apparent longitude [degrees] at `day` days of dynamical time after J2000."""
    t = day / 36_525
    mean = 280.46646 + 36_000.76983 * t + 0.0003032 * t * t
    m = radians(357.52911 + 35_999.05029 * t - 0.0001537 * t * t)
    centre = (1.914602 - 0.004817 * t) * sin(m) + (0.019993 - 0.000101 * t) * sin(2 * m) + 0.000289 * sin(3 * m)
    return (mean + centre - 0.00569 - 0.00478 * sin(radians(125.04 - 1_934.136 * t))) % 360


def new_moon(k):
    """Return the k-th new moon after January 2000, in days of dynamical time after J2000."""
    t = k / 1_236.85
    day = 2_451_550.09766 + 29.530588861 * k + 0.00015437 * t * t - 2_451_545.0
    e = 1 - 0.002516 * t
    m = radians(2.5534 + 29.1053567 * k)
    n = radians(201.5643 + 385.81693528 * k + 0.0107582 * t * t)
    f = radians(160.7108 + 390.67050284 * k - 0.0016118 * t * t)
    o = radians(124.7746 - 1.56375588 * k)
    return day + (
        -0.40720 * sin(n) + 0.17241 * e * sin(m) + 0.01608 * sin(2 * n) + 0.01039 * sin(2 * f)
        + 0.00739 * e * sin(n - m) - 0.00514 * e * sin(n + m) + 0.00208 * e * e * sin(2 * m) - 0.00111 * sin(n - 2 * f)
        - 0.00057 * sin(n + 2 * f) + 0.00056 * e * sin(2 * n + m) - 0.00042 * sin(3 * n) + 0.00042 * e * sin(m + 2 * f)
        + 0.00038 * e * sin(m - 2 * f) - 0.00024 * e * sin(2 * n - m) - 0.00017 * sin(o)
    )  # fmt: skip


def sun_reaches(longitude, year):
    """Return when in `year` the sun reaches a longitude [days of dynamical time after J2000]."""
    day = (datetime(year, 1, 1) - J2000).days + ((longitude - 280) % 360) / 360 * 365.2422  # noqa: DTZ001
    for _ in range(8):
        day += ((longitude - sun(day) + 180) % 360 - 180) / 360 * 365.2422
    return day


def in_beijing(day):
    return (J2000 + timedelta(days=day) + BEIJING).date()


def clear_of_midnight(day):
    """Return whether a moment is more than three minutes from midnight in Beijing."""
    moment = J2000 + timedelta(days=day) + BEIJING
    return 180 < (moment - datetime.combine(moment.date(), datetime.min.time())).seconds < 86_220


def months(year):
    """Return the first days of the months 1 to 12 of a Chinese year, by GB/T 33661: month 11 holds the winter solstice."""

    def starts_of_month_11(of):
        solstice = in_beijing(sun_reaches(270, of))
        k = floor((solstice - date(2000, 1, 6)).days / 29.530588861) + 2
        while in_beijing(new_moon(k)) > solstice:
            k -= 1
        return k

    first, last = starts_of_month_11(year - 1), starts_of_month_11(year)
    named, number, leap_due = {}, 11, last - first == 13
    for k in range(first, last):
        begin, end = in_beijing(new_moon(k)), in_beijing(new_moon(k + 1))
        terms = [in_beijing(sun_reaches(30 * step, each)) for step in range(12) for each in (year - 1, year)]
        if leap_due and k > first and not any(begin <= term < end for term in terms):
            leap_due = False
            continue
        named[number] = begin
        number = number % 12 + 1
    return named


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR + 1))
def test_the_table_is_what_sun_and_moon_say(year):
    month = months(year)
    days = {one.festival: one for one in festivals(date(year, 1, 1), date(year, 12, 31))}
    assert days["spring_festival"].first == month[1] - timedelta(days=1)
    assert days["qingming"].first == in_beijing(sun_reaches(15, year))
    assert days["dragon_boat"].first == month[5] + timedelta(days=4)
    assert days["mid_autumn"].first == month[8] + timedelta(days=14)


def test_no_moment_is_so_near_midnight_that_the_short_series_could_be_wrong():
    moons = [new_moon(k) for k in range(240, 455)]
    kept = {in_beijing(day): day for day in moons}
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        month = months(year)
        assert all(clear_of_midnight(kept[month[number]]) for number in (1, 5, 8))
        assert clear_of_midnight(sun_reaches(15, year))


def test_known_new_years_and_moon_festivals():
    known = {one.first for one in festivals(date(2023, 1, 1), date(2025, 12, 31))}
    assert {date(2023, 1, 21), date(2024, 2, 9), date(2025, 1, 28), date(2023, 9, 29), date(2025, 10, 6)} <= known


def test_a_year_has_six_festivals_in_order_with_both_names():
    found = festivals(date(2024, 1, 1), date(2024, 12, 31))
    assert [one.zh for one in found] == ["春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"]
    assert [(one.last - one.first).days for one in found] == [3, 0, 1, 0, 0, 2]
    assert len({one.en for one in found}) == 6


def test_a_festival_counts_when_any_of_its_days_is_in_the_period():
    assert [one.festival for one in festivals(date(2024, 2, 12), date(2024, 2, 12))] == ["spring_festival"]
    assert festivals(date(2024, 2, 13), date(2024, 4, 3)) == []
    assert festivals(date(2040, 1, 1), date(2041, 1, 1)) == []
