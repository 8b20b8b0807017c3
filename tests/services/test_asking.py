"""Analyses are asked about a view, answered once, and asked anew when the data change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import numpy as np
import orjson
import pytest

from gridmap.services import analyses, editions, views
from gridmap.services.analyses import Options, asking, found, reading
from gridmap.services.analyses.asking import Analysis
from gridmap.services.analyses.found import Found
from gridmap.services.views import Asked
from gridmap.store import analyses as kept
from gridmap.store.tables import Analysis as Row
from gridmap.store.tables import Dispute
from tests import makers

#: 01:00 on Monday 2 June 2025 at the station.
NIGHT = datetime(2025, 6, 1, 17, tzinfo=UTC)
JUNE = Asked(date(2025, 6, 1), date(2025, 6, 30))


@pytest.fixture
def place(session):
    station = makers.make_station(session)
    draft = makers.make_draft(session)
    editions.publish(session, station.code, draft.number, by="test")
    for n in range(8):
        makers.make_incident(session, 0.25 + n / 100, 0.25, NIGHT + timedelta(hours=3 * n))
    fought = makers.make_incident(session, 1.5, 0.5, NIGHT + timedelta(days=2), category="quarrel")
    session.add(
        Dispute(station=station.code, number="D1", kind="quarrel", opened_at=NIGHT, tier=3, incident_id=fought.id)
    )
    patrol = makers.make_incident(session, 1.5, 0.25, NIGHT + timedelta(days=3))
    patrol.source = "patrol"
    makers.make_incident(session, 0.5, 0.5, NIGHT - timedelta(days=40))
    session.flush()
    return station


def read(session, place, asked=JUNE, **options):
    return reading.read_case(session, place, views.settle(session, place, asked), Options(**options))


def test_a_case_holds_the_period_its_history_and_the_doors_in_metres(session, place):
    makers.make_door(session, 0.5, 0.5).residents = 7
    session.flush()
    case = read(session, place)
    assert (len(case.events), len(case.history)) == (10, 11)
    assert np.all(np.diff(case.history.at.astype("int64")) >= 0)
    assert case.events.tier.tolist().count(3) == 1
    assert case.doors.residents.tolist() == [7.0]
    west = gpd.GeoSeries([makers.spot(0.25, 0.25)], crs=4326).to_crs(4547).iloc[0]
    assert np.hypot(case.events.x[0] - west.x, case.events.y[0] - west.y) < 1e-3
    assert {kind: len(frame) for kind, frame in case.zones.items()} == {"beat": 2, "grid_cell": 4, "village": 0}


@pytest.mark.parametrize(
    ("narrow", "left"),
    [
        ({"category": ("quarrel",)}, 1),
        ({"tier": (3,)}, 1),
        ({"tier": (1,)}, 0),
        ({"zone": ("A",)}, 8),
        ({"zone": ("B2",)}, 1),
        ({"hours": "0-2"}, 3),  # 01:00 of the 2nd, the 4th and the 5th
        ({"hours": "23-2"}, 3),
        ({"weekday": (1,)}, 8),
        ({"origin": "started"}, 1),
        ({"origin": "reported"}, 9),
    ],
)
def test_each_part_of_a_view_narrows_it(session, place, narrow, left):
    asked = Asked(JUNE.since, JUNE.until, **narrow)
    assert len(read(session, place, asked).events) == left


def test_a_view_of_zones_looks_at_no_other_ground(session, place):
    whole, one = read(session, place), read(session, place, Asked(JUNE.since, JUNE.until, zone=("A1",)))
    assert one.ground.area == pytest.approx(whole.ground.area / 4, rel=1e-3)
    assert one.grid(100).share.sum() == pytest.approx(one.ground.area / 1e4)


def test_a_view_of_zones_that_are_nowhere_is_named(session, place):
    with pytest.raises(reading.NoGround, match="Z9"):
        read(session, place, Asked(JUNE.since, JUNE.until, zone=("Z9",)))


def test_the_reader_s_own_ground_hides_what_lies_beyond(session, place):
    view = views.settle(session, place, JUNE)
    own = reading.read_case(session, place, view, Options(), only=makers.square(0, 0, 1, 0.5))
    assert len(own.events) == 8


def test_the_span_before_is_as_long_or_the_same_days_a_year_ago(session, place):
    case = read(session, place)
    first, last = case.span_before()
    assert (last, (last - first).days) == (case.since, 30)
    assert len(case.before()) == 0  # forty days before the second of June is April
    year = case.of(against="year").span_before()
    assert [moment.date() for moment in year] == [date(2024, 6, 1), date(2024, 7, 1)]


def counting(calls):
    def compute(case):
        calls.append(len(case.events))
        return Found({"n": len(case.events)})

    return Analysis("hotspots", 1, compute)


def ask(session, place, analysis, options=None, asked=JUNE):
    looked = asking.look(session, place, analysis, views.settle(session, place, asked), options or Options())
    body, took = asking.work(looked)
    if looked.body is None:
        asking.keep(session, looked, body, took)
    return looked, orjson.loads(body)


def test_the_same_question_is_answered_once_until_the_data_change(session, place):
    calls = []
    counter = counting(calls)
    first, told = ask(session, place, counter)
    again, same = ask(session, place, counter)
    assert (calls, told["facts"], same) == ([10], {"n": 10}, told)
    assert first.etag == again.etag
    makers.make_incident(session, 0.5, 0.5, NIGHT)
    third, fresh = ask(session, place, counter)
    assert (calls, fresh["facts"]) == ([10, 11], {"n": 11})
    assert third.etag != first.etag
    assert session.query(Row).count() == 1, "the new answer stands in place of the old one"


def test_another_question_is_another_answer(session, place):
    calls = []
    counter = counting(calls)
    etags = {
        ask(session, place, counter, options)[0].etag for options in (None, Options(size_m=500), Options(per="km2"))
    }
    etags.add(ask(session, place, counter, asked=Asked(JUNE.since, JUNE.until, zone=("A",)))[0].etag)
    assert len(etags) == len(calls) == 4


def test_an_answer_says_of_whom_when_and_that_it_is_made_up(session, place):
    _, told = ask(session, place, counting([]))
    assert {name: told[name] for name in ("station", "synthetic", "since", "until", "origin", "events")} == {
        "station": "S001", "synthetic": True, "since": "2025-06-01", "until": "2025-06-30", "origin": "all", "events": 10,
    }  # fmt: skip


def test_the_oldest_answers_make_room(session, place, monkeypatch):
    monkeypatch.setattr(kept, "MOST_KEPT", 3)
    for size in range(100, 900, 100):
        ask(session, place, counting([]), Options(size_m=size))
    assert session.query(Row).count() == 3


def test_an_unknown_analysis_is_named_with_those_there_are(session):
    with pytest.raises(analyses.AnalysisNotFound, match="hotspots"):
        analyses.find("horoscope")


def test_what_is_missing_or_endless_is_null_and_shapes_are_degrees():
    cells = gpd.GeoDataFrame(
        {"p": [np.nan, 0.5], "n": np.array([1, 2]), "at": [np.datetime64("2025-06-01"), np.datetime64("NaT")]},
        geometry=[makers.spot(0, 0), makers.spot(1, 1)], crs=4326,
    )  # fmt: skip
    body = orjson.loads(found.to_body(Found({"half_life": np.inf, "day": date(2025, 6, 1)}, cells), {}))
    assert body["facts"] == {"half_life": None, "day": "2025-06-01"}
    assert [one["properties"] for one in body["cells"]["features"]] == [
        {"p": None, "n": 1, "at": "2025-06-01T00:00:00"}, {"p": 0.5, "n": 2, "at": None},
    ]  # fmt: skip
