"""What is published singles out nobody: by the numbers, by subtraction, by what a stranger's request can reach."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import numpy as np
import orjson
import pytest
import shapely
from fastapi.testclient import TestClient
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sqlalchemy import text

from gridmap.app import create_app
from gridmap.geo.privacy import MIN_EVENTS, MIN_HOUSEHOLDS
from gridmap.http.limits import Buckets
from gridmap.services.public_view import NoPublicView, Quarter, closed_quarters, make_due, masked, view
from gridmap.settings import Settings
from gridmap.store import analyses
from gridmap.store import public_view as store
from gridmap.store.engine import enter_scope
from gridmap.store.tables import Analysis, IncidentCategory
from tests import makers
from tests.queries import queries
from tests.scanned import own_folder

__all__ = ["queries"]

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SUMMER = Quarter(2026, 3)
SIDE = 5  # squares of a made-up town, each way


def town():
    """Return the squares of a town, no two of them alike."""
    column, row = (each.ravel() for each in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    column, row = column + 1_000, row + 8_000
    shapes = shapely.box(column * 500.0, row * 500.0, column * 500.0 + 500, row * 500.0 + 500)
    return gpd.GeoDataFrame({"column": column, "row": row}, geometry=shapes, crs=4547)


CELLS = town()
MIDDLES = CELLS.geometry.centroid.to_crs(4326)


@st.composite
def events(draw):
    """Return households (25,) and events (25, 3 months) of a town."""
    households = draw(arrays.arrays(np.int64, SIDE**2, elements=st.sampled_from([0, 0, 1, 3, 8, 20, 90])))
    counts = draw(arrays.arrays(np.int64, (SIDE**2, 3), elements=st.sampled_from([0, 0, 0, 1, 2, 5, 12])))
    return households, counts


def publish(households, counts):
    square, month = np.nonzero(counts)
    times = counts[square, month]
    return masked(CELLS, households, np.repeat(square, times), np.repeat(month, times))


def sets_of(told):
    """Return what each published number counts: (numbers, 25 squares x 3 months) of 0 and 1, and the numbers."""
    rows, numbers = [], []
    for area in told["areas"]["features"]:
        shape = shapely.from_geojson(orjson.dumps(area["geometry"]))
        rows.append(np.repeat(shapely.contains(shape, np.asarray(MIDDLES.array)), 3))
        numbers.append(area["properties"]["count"])
    for part in told["months"]:
        rows.append(np.tile(np.isin([1, 2, 3], part["months"]), SIDE**2))
        numbers.append(part["count"])
    return np.array(rows, dtype=float).reshape(len(rows), SIDE**2 * 3), np.array(numbers)


@settings(max_examples=30)
@given(events())
def test_every_number_published_keeps_the_minimum_and_is_right(case):
    households, counts = case
    sets, numbers = sets_of(publish(households, counts))
    for held, number in zip(sets.astype(bool), numbers, strict=True):
        # ground where nobody lives and nothing happens is in no area; it adds nothing
        assert counts.ravel()[held].sum() == number >= MIN_EVENTS
        lived_in = held.reshape(-1, 3).any(axis=1)
        assert households[lived_in].sum() >= MIN_HOUSEHOLDS


@settings(max_examples=30)
@given(events())
def test_nothing_smaller_can_be_had_by_adding_and_subtracting(case):
    households, counts = case
    sets, _ = sets_of(publish(households, counts))
    assume(len(sets))
    rank = np.linalg.matrix_rank(sets)

    def can_be_had(wanted):
        return np.linalg.matrix_rank(np.vstack([sets, wanted.ravel()])) == rank

    for square in range(SIDE**2):
        if not counts[square].sum() and not households[square]:
            continue
        whole = np.zeros((SIDE**2, 3))
        whole[square] = 1
        if counts[square].sum() < MIN_EVENTS or households[square] < MIN_HOUSEHOLDS:
            assert not can_be_had(whole), square
        for month in range(3):
            one = np.zeros((SIDE**2, 3))
            one[square, month] = 1
            assert not can_be_had(one), (square, month)  # places and times are never crossed
    for month in range(3):
        whole = np.zeros((SIDE**2, 3))
        whole[:, month] = 1
        if counts[:, month].sum() < MIN_EVENTS:
            assert not can_be_had(whole), month


@settings(max_examples=30)
@given(events())
def test_both_tables_are_of_the_same_events(case):
    told = publish(*case)
    areas = sum(one["properties"]["count"] for one in told["areas"]["features"])
    months = sum(one["count"] for one in told["months"])
    assert areas == months
    assert areas in {0, case[1].sum()}


def test_a_quarter_waits_for_late_reports_and_quarters_share_no_day():
    assert closed_quarters(date(2026, 1, 29))[0].key == "2025-Q3"
    assert closed_quarters(date(2026, 1, 30))[0].key == "2025-Q4"
    days = [day for one in closed_quarters(date(2026, 11, 22)) for day in (one.since, one.until)]
    assert sorted(days, reverse=True) == [day for pair in zip(days[1::2], days[::2], strict=True) for day in pair]
    assert SUMMER.until + timedelta(days=1) == Quarter(2026, 4).since


@pytest.fixture
def published(sessions, app_sessions):
    """Fill a station from April to October 2026 and publish what is due, as the service's clock does."""
    with sessions.begin() as session:
        makers.make_station(session)
        session.add(IncidentCategory(code="quarrel", name_zh="纠纷", name_en="Quarrel", is_dispute=True))
        session.flush()
        for n in range(6):
            makers.make_door(session, 0.2 + n / 10, 0.5).households = 5
        for n in range(120):
            at = datetime(2026, 3, 31, 20, tzinfo=UTC) + timedelta(hours=44 * n)
            kind = "quarrel" if n % 2 else "noise"
            makers.make_incident(session, 0.2 + n % 6 / 10, 0.5, at, category=kind)
    return make_due(app_sessions, NOW)


def test_the_clock_publishes_whole_quarters_once_and_never_again(published, sessions, app_sessions):
    assert published == [("S001", "2026-Q3"), ("S001", "2026-Q2")]  # of earlier ones there are no whole records
    with app_sessions() as session:
        before = [one.body for one in view(session, "S001")]
    with sessions.begin() as session:
        makers.make_incident(session, 0.5, 0.5, datetime(2026, 8, 1, tzinfo=UTC))
        store.keep(session, "S001", SUMMER.key, b"{}", 0)
    assert make_due(app_sessions, NOW) == []
    with app_sessions() as session:
        assert [one.body for one in view(session, "S001")] == before


def test_what_is_published_is_what_happened(published, app_sessions, sessions):
    with app_sessions() as session:
        told = orjson.loads(view(session, "S001")[0].body)
    with sessions() as session:
        query = """SELECT count(*) FROM incident WHERE category = :kind AND at >= '2026-07-01 00:00+08' AND at < '2026-10-01 00:00+08'"""
        wanted = {kind: session.scalar(text(query), {"kind": kind}) for kind in ("quarrel", "noise")}
    found = {
        one["group"]: sum(area["properties"]["count"] for area in one["areas"]["features"]) for one in told["groups"]
    }
    assert found == {"disputes": wanted["quarrel"], "others": wanted["noise"]}
    assert all(sum(part["count"] for part in one["months"]) == found[one["group"]] for one in told["groups"])


def test_a_stranger_reaches_what_is_published_and_not_one_row_behind_it(published, app_sessions):
    with app_sessions() as session:
        assert view(session, "S001")
        for table in ("incident", "dispute", "address", "analysis", "station"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
        with pytest.raises(NoPublicView):
            view(session, "S009")


def test_kept_answers_make_room_but_never_of_what_is_published(published, app_sessions, monkeypatch):
    monkeypatch.setattr(analyses, "MOST_KEPT", 2)
    with app_sessions.begin() as session:
        enter_scope(session, ["S001"])
        for n in range(5):
            analyses.keep(session, "S001", "when", 1, f"q{n}", data_version="1", took_ms=1, body=b"{}")
    with app_sessions() as session:
        enter_scope(session, ["S001"])
        names = sorted(session.query(Analysis.name).filter_by(station="S001").all())
    assert [name for (name,) in names] == ["public", "public", "when", "when"]


def client_of(app_sessions, **settings_):
    return TestClient(
        create_app(Settings(_env_file=None, scan=own_folder(), **settings_), app_sessions),
        base_url="https://gridmap.test",
    )


URLS = ("/api/v1/public/stations/{}/incidents", "/public?station={}")


def test_it_is_off_until_switched_on_and_then_tells_nobody_which_stations_there_are(published, app_sessions):
    off, on = client_of(app_sessions), client_of(app_sessions, public_view=True)
    for url in URLS:
        replies = [off.get(url.format("S001")), off.get(url.format("S999")), on.get(url.format("S999"))]
        assert {one.status_code for one in replies} == {404}
        assert (
            len(
                {
                    one.json()["detail"].replace("S001", "S999")
                    for one in replies
                    if "json" in one.headers["content-type"]
                }
            )
            <= 1
        )
        assert on.get(url.format("S001")).status_code == 200


def test_a_request_asks_the_one_function_and_nothing_else(published, app_sessions, queries):
    on = client_of(app_sessions, public_view=True)
    for url in URLS:
        queries.clear()
        reply = on.get(url.format("S001"))
        assert [one for one in queries.beyond_scope if "public_counts" not in one] == []
        assert reply.status_code == 200
    page = reply.text
    assert "<script" not in page
    assert page.count('class="small-map"') == 4  # two quarters, two groups


def test_who_asks_too_often_waits(published, app_sessions):
    on = client_of(app_sessions, public_view=True)
    on.app.state.public_by_address = Buckets(burst=3, every=1e6)
    codes = [on.get(URLS[0].format("S001")).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]


def test_few_households_are_never_counted_three_times_over_three_months():
    households, counts = np.zeros(SIDE**2, dtype=np.int64), np.ones((SIDE**2, 3), dtype=np.int64)
    households[3] = MIN_HOUSEHOLDS - 1
    assert publish(households, counts) == {"areas": {"type": "FeatureCollection", "features": []}, "months": []}
    households[4] = 1
    assert publish(households, counts)["months"]
