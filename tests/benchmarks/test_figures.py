"""The commander's figures at a million disputes in 41 stations: one station, the one with a fifth of all, and the city.

GRIDMAP_BENCH_SHARE makes a smaller city for trying. Told are CPU seconds of this process and of PostgreSQL's, and the clock.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridmap.domain.access import Actor, Role
from gridmap.domain.figure_spans import span_of
from gridmap.services.disputes import lists
from gridmap.services.disputes.city_figures import city_figures
from gridmap.services.disputes.figure_changes import changes
from gridmap.services.disputes.figures import station_figures
from gridmap.store import databases
from gridmap.store.engine import enter_scope, make_engine, make_sessions
from tests.benchmarks import desk_city

pytestmark = pytest.mark.benchmark
SHARE = float(os.environ.get("GRIDMAP_BENCH_SHARE", "1"))
BOSS = Actor(1, "boss", "合成", Role.COMMANDER, desk_city.STATIONS)


@pytest.fixture(scope="module")
def city(server_url, template_database):
    """Return the service's sessions on a city of a million disputes."""
    url = databases.create(server_url, "gridmap_bench_figures", template_database.rsplit("/", 1)[-1].split("?", 1)[0])
    engine = make_engine(url)
    with make_sessions(engine).begin() as session:
        desk_city.build(session, share=SHARE)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    served = make_engine(url, role="gridmap_app", statement_timeout_ms=30_000)
    yield make_sessions(served)
    served.dispose()
    databases.drop(url)


def told(label, ask):
    """Print and return how long the first and the best of five asks took [ms of the clock]."""
    took = []
    for _ in range(5):
        began = time.perf_counter()
        found = ask()
        took.append(1e3 * (time.perf_counter() - began))
    print(f"  {label:34}{took[0]:9.0f} ms first{min(took):9.0f} ms best")
    return found, min(took)


def test_figures_of_a_station_and_of_the_city(city, capsys):
    now = datetime.now(UTC)
    today = (now + timedelta(hours=8)).date()
    with capsys.disabled(), city.begin() as session:
        enter_scope(session, desk_city.STATIONS)
        print(f"\n  {session.scalar(text('SELECT count(*) FROM dispute')):,} disputes")
        for station, name in (("S001", "a station"), (desk_city.BIG, "the station with a fifth of all")):
            for period in ("month", "year"):
                span = span_of(period, today, today)
                found, took = told(
                    f"{name}, a {period}", lambda s=station, p=span: station_figures(session, BOSS, s, p, now=now)
                )
                assert found.now.taken.value > 0
                assert took < (2_000 if station == desk_city.BIG else 500)
        _, took = told("whether it is chance", lambda: changes(found))
        for period in ("month", "year"):
            span = span_of(period, today, today)
            found, took = told(f"41 stations, a {period}", lambda p=span: city_figures(session, BOSS, p, now=now))
            assert took < 5_000
        row = found.rows[1]
        numbers = {number.wanted: number.value for number in row.numbers()}
        for wanted, value in numbers.items():
            assert lists.count(session, BOSS, row.code, wanted, now=now) == value
