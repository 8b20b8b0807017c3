"""Mediators proposed, and like matters looked for, at a station of 200,000 disputes in a city of a million: time and CPU.

A hundred people of the station mediate. GRIDMAP_BENCH_SHARE makes a smaller city for trying.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from sqlalchemy import text

from gridmap.domain.access import Actor, Role
from gridmap.domain.parties import Personal
from gridmap.services.disputes import matching, parties, series
from gridmap.services.sealing import Sealer
from gridmap.store import databases
from gridmap.store.engine import APP_ROLE, enter_scope, make_engine, make_sessions
from tests.benchmarks import desk_city
from tests.benchmarks.desk_city import BIG

pytestmark = pytest.mark.benchmark
SHARE = float(os.environ.get("GRIDMAP_BENCH_SHARE", "1"))
TIMES = 20
OFFICER = Actor(1, "bench", "bench", Role.OFFICER, (BIG,))


@pytest.fixture(scope="module")
def city(server_url: str, template_database: str) -> Iterator[str]:
    """Return a city of a million disputes whose people mediate, and took on what was settled."""
    template = template_database.rsplit("/", 1)[-1].split("?", 1)[0]
    url = databases.create(server_url, f"gridmap_match_{secrets.token_hex(6)}", template)
    engine = make_engine(url)
    with make_sessions(engine).begin() as session:
        desk_city.build(session, share=SHARE)
        session.execute(text("INSERT INTO mediator (person_id, station, most) SELECT id, station, 2000 FROM person"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
    yield url
    databases.drop(url)


def took(name: str, act: Callable[[], object], times: int = TIMES) -> float:
    """Return the 95th percentile of how long something takes [ms], and print it."""
    act()
    spent, own = [], time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        act()
        spent.append(1e3 * (time.perf_counter() - began))
    cpu = 1e3 * (time.process_time() - own) / times
    p50, p95 = np.percentile(spent, [50, 95])
    print(f"  {name:34} p50 {p50:7.1f}  p95 {p95:7.1f} ms, {cpu:6.1f} ms CPU of our own")
    return float(p95)


def test_the_proposals_of_a_large_station_come_at_once(city):
    engine = make_engine(city, role=APP_ROLE, statement_timeout_ms=5_000)
    sealer = Sealer(bytes(32))
    with make_sessions(engine)() as session, session.begin():
        enter_scope(session, [BIG])
        numbers = session.execute(
            text("SELECT id FROM dispute WHERE station = :s AND state = 'open' LIMIT 40"), {"s": BIG}
        ).scalars().all()  # fmt: skip
        ask = iter(numbers * TIMES)
        total = session.scalar(text("SELECT count(*) FROM dispute"))
        print(f"\n{total:,} disputes at the station, 100 mediators")
        match = took("mediators proposed", lambda: matching.propose(session, OFFICER, BIG, next(ask)))
        who = Personal("张三", "13800000000")
        took(
            "a party entered, sealed and linked",
            lambda: parties.add(session, OFFICER, BIG, next(ask), sealer, side=1, personal=who),
        )
        took("series looked for", lambda: series.proposals(session, OFFICER, BIG), 5)
    engine.dispose()
    assert match < 200
