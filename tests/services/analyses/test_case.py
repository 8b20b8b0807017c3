"""A case: whose incidents, of when, and what they are compared with."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tests.cases import Event, make_case, scattered


def days_of(case):
    first, until = case.span_before()
    return first.date(), until.date()


def test_the_span_before_is_as_long_and_ends_where_the_period_begins():
    case = make_case([], start=59, length=31)
    assert days_of(case) == (date(2025, 1, 29), date(2025, 3, 1))


@pytest.mark.parametrize(
    ("start", "length", "span"),
    [
        (0, 31, (date(2024, 1, 1), date(2024, 2, 1))),
        (1153, 1, (date(2027, 2, 28), date(2027, 3, 1))),  # 28 February of a leap year is a day long a year before too
        (1154, 1, (date(2027, 2, 28), date(2027, 3, 1))),  # of the 29th, the 28th
        (1152, 3, (date(2027, 2, 27), date(2027, 3, 1))),
    ],
)
def test_a_year_ago_is_the_same_days_and_never_none(start, length, span):
    assert days_of(make_case([], start=start, length=length, against="year")) == span


def test_events_keep_their_columns_together_and_their_times():
    case = make_case([Event(1, 2, 3.5, kind="noise", door=7, span_h=2), Event(3, 4, -1)])
    assert (len(case.events), len(case.history), len(case.before())) == (1, 2, 1)
    one = case.events
    assert (one.x[0] - case.ground.bounds[0], one.address[0], one.category[0]) == (1, 7, 1)
    assert str(one.times()[0]) == "2025-01-04 04:00:00+00:00"  # noon at the town
    assert str(one.ends()[0]) == "2025-01-04 06:00:00+00:00"
    assert case.history.ends().isna().tolist() == [True, False]


def test_the_period_counts_as_far_as_there_are_records_and_never_less_than_a_day():
    assert make_case([], length=30).days_recorded == 30
    assert make_case([], length=30, recorded_days=12).days_recorded == 12
    assert make_case([], length=30, recorded_days=-5).days_recorded == 1


def test_other_options_leave_the_case_alone():
    case = make_case(scattered(3, seed=1))
    assert (case.of(size_m=500).options.size_m, case.options.size_m) == (500, 300)
    assert np.array_equal(case.of(size_m=500).events.id, case.events.id)
