"""Clusters nobody asked about: a planted outbreak is found, shuffled days have none."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.services.analyses import scan
from tests.cases import RNG, Event, body_of, gathered, inside, make_case, scattered

TOWN = scattered(300, seed=1)


def clusters(answer, kind):
    table = answer.tables["clusters"]
    return table[table["kind"] == kind].reset_index(drop=True)


def test_a_planted_outbreak_is_found_where_and_when_it_was():
    answer = scan.compute(make_case([*TOWN, *gathered(15, 1250, 1250, seed=2, first=100, last=110)]))
    first = clusters(answer, "space_time").iloc[0]
    assert answer.facts["said"] == "cluster"
    assert first["p"] <= 0.01
    assert str(first["first"])[:7] == "2025-04"
    assert str(first["last"])[:7] == "2025-04"
    assert first["observed"] >= 15
    assert 1 in inside(answer.cells, 1250, 1250)["n"].tolist()


def test_the_same_events_with_their_days_dealt_anew_are_none():
    events = [*TOWN, *gathered(15, 1250, 1250, seed=2, first=100, last=110)]
    days = RNG(3).permutation([one.day for one in events])
    shuffled = [Event(one.x, one.y, day) for one, day in zip(events, days.tolist(), strict=True)]
    assert scan.compute(make_case(shuffled)).facts["said"] == "none"


def test_what_goes_on_now_is_told_with_how_often_chance_would_say_so():
    answer = scan.compute(make_case([*TOWN, *gathered(12, 1250, 1250, seed=2, first=355, last=365)]))
    now = clusters(answer, "now").iloc[0]
    assert now["p"] <= 0.01
    assert now["recurrence_days"] == pytest.approx(1 / now["p"])
    assert str(now["last"]) == "2025-12-31"


def test_now_is_the_last_day_on_record():
    events = [*scattered(300, seed=1, last=180), *gathered(12, 1250, 1250, seed=2, first=170, last=180)]
    answer = scan.compute(make_case(events, recorded_days=180))
    now = clusters(answer, "now").iloc[0]
    assert (str(now["last"]), now["p"] <= 0.01) == ("2025-06-29", True)


def test_a_place_busy_all_year_is_a_cluster_against_households_alone():
    answer = scan.compute(make_case([*TOWN, *gathered(80, 1250, 1250, seed=2)]))
    assert answer.facts["said"] == "none"
    assert answer.facts["p_space"] <= 0.01
    assert clusters(answer, "space")["first"].isna().all()


def test_without_households_space_is_not_asked():
    answer = scan.compute(make_case(TOWN, households=0))
    assert answer.facts["p_space"] is None
    assert answer.facts["without_denominator"] == 300


def test_the_same_question_has_the_same_answer():
    one, other = (body_of(scan.compute(make_case(TOWN))) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("events", [[], [Event(10, 10, 0.5)], [Event(10, 10, 0.5)] * 50], ids=["none", "one", "point"])
@pytest.mark.parametrize(
    "facts", [{}, {"length": 1}, {"doors": False}, {"size_m": 5000}, {"distance_m": 1.0, "days": 0.5}]
)
def test_nothing_one_and_all_at_one_point_are_answered(events, facts):
    told = body_of(scan.compute(make_case(events, **facts)))
    assert (told["facts"]["counted"], told["facts"]["said"]) == (len(events), "none")
    assert told["cells"]["features"] is not None
    assert np.all([row["observed"] <= len(events) for row in told["tables"]["clusters"]])
