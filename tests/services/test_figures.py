"""What each zone carries, counted against a map small enough to count by eye."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from gridmap.services import figures
from gridmap.services.figures import load
from gridmap.store import editions
from tests import makers

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def station(session):
    """Two beats of two cells: three doors in A1, one in B2, one on the line of A1 and B1, one outside; four calls."""
    place = makers.make_station(session)
    edition = makers.make_draft(session)
    for n, (x, y) in enumerate([(0.2, 0.2), (0.4, 0.2), (0.6, 0.2), (1.6, 0.8), (1.0, 0.25), (2.5, 0.5)]):
        makers.make_door(session, x, y, code=f"D{n}").households = 2
    for days, x in ((1, 0.2), (300, 0.2), (2, 1.6), (400, 0.2)):
        makers.make_incident(session, x, 0.2, NOW - timedelta(days=days))
    makers.make_person(session, "张", beat="A")
    makers.make_person(session, "网", "grid_member", cell="B2")
    session.flush()
    return place, edition


def read(session, station, kind):
    return figures.zone_figures(session, *station, kind, at=NOW).zones.set_index("code")


def test_doors_households_and_incidents_of_the_year_are_counted_once(session, station):
    beats = read(session, station, "beat")
    assert beats["doors"].to_dict() == {"A": 4, "B": 1}  # the door on the line goes to the lower code
    assert beats["households"].to_dict() == {"A": 8, "B": 2}
    assert beats["incidents"].to_dict() == {"A": 2, "B": 1}  # the one of 400 days ago is of another year


def test_a_square_of_a_hundredth_of_a_degree_has_its_area_and_compactness(session, station):
    beats = read(session, station, "beat")
    assert beats["area_km2"].to_numpy() == pytest.approx([1.0, 1.0], rel=0.01)
    assert beats["compactness"].to_numpy() == pytest.approx([np.pi / 4] * 2, abs=0.02)


def test_who_answers_stands_beside_the_zone(session, station):
    beats, cells = read(session, station, "beat"), read(session, station, "grid_cell")
    assert beats["officer"].to_dict() == {"A": "张", "B": ""}
    assert cells["officer"].to_dict() == {"A1": "张", "A2": "张", "B1": "", "B2": ""}
    assert cells["grid_member"].to_dict() == {"A1": "", "A2": "", "B1": "", "B2": "网"}


def test_a_substitute_is_called_one(session, station):
    other = makers.make_person(session, "代", beat=None, role=None)
    absent = makers.make_person(session, "走", beat="B")
    makers.make_leave(session, absent, date(2026, 5, 1), date(2026, 7, 1), other)
    beats = read(session, station, "beat")
    assert (beats.loc["B", "officer"], beats.loc["B", "officer_via"]) == ("代", "substitute")


def test_load_is_a_hundred_on_the_average_and_counts_people_and_calls_alike(session, station):
    assert load(pd.Series([1, 3]), pd.Series([30, 10])).tolist() == [100.0, 100.0]
    assert read(session, station, "beat")["load"].mean() == pytest.approx(100)
    assert load(pd.Series([0, 0]), pd.Series([0, 0])).isna().all()


def test_the_year_ends_with_the_records_where_they_are_old(session, station):
    late = NOW + timedelta(days=900)
    since, until = figures.year_of_incidents(session, "S001", late)
    assert NOW - timedelta(days=1) < until < NOW
    assert until - since == figures.YEAR
    assert figures.year_of_incidents(session, "S001", NOW)[1] == NOW
    assert figures.year_of_incidents(session, "S404", NOW)[1] == NOW


def test_figures_are_the_same_under_row_level_security(session, station, app_sessions):
    from gridmap.store.engine import enter_scope

    session.commit()
    with app_sessions.begin() as scoped:
        enter_scope(scoped, ["S001"])
        place, edition = editions.find_station(scoped, "S001"), editions.find(scoped, "S001", 1)
        assert figures.zone_figures(scoped, place, edition, "beat", at=NOW).zones["doors"].tolist() == [4, 1]
    with app_sessions.begin() as scoped:
        enter_scope(scoped, ["S002"])
        assert figures.zone_figures(scoped, place, edition, "beat", at=NOW).zones.empty
