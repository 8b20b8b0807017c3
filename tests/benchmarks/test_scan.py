"""What one scan costs: our page and our JSON beside a bare server, and beside what others would answer it with.

Each run asks only for plates that were not asked for before. GRIDMAP_BENCH_SECONDS shortens the runs.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gridmap.services.snapshot_keeper import Keeper
from gridmap.store import databases
from gridmap.store.engine import APP_ROLE, make_engine
from tests.benchmarks.conftest import City
from tests.benchmarks.scan import load, ours, peers, processes
from tests.benchmarks.scan.asking import Phone

pytestmark = pytest.mark.benchmark
SECONDS = float(os.environ.get("GRIDMAP_BENCH_SECONDS", "8"))
RUNS = 3
#: What a worker that answers residents may hold for itself [MB].
PRIVATE_MB = 60


@dataclass(frozen=True)
class Row:
    """One line of the table: a name, what wrk found, each worker's memory, and the private memory of all processes [MB]."""

    name: str
    load: load.Load
    memory: list[processes.Memory]
    all_mb: float

    @property
    def us(self) -> float:
        """Processor time of a request, the database's with it [µs]."""
        return self.load.server_us + self.load.postgres_us


def measured(
    name: str, how: dict[str, Any], probe: str, before: str, asked: load.Asked, *, city: City | None = None
) -> Row:
    """Start a server, ask it, stop it; `probe` is a path that must answer before."""
    database, folder = ("", None) if city is None else (city.name, city.data)
    with processes.running(how.pop("command"), probe, patience_s=180, **how) as server:
        found = load.measure(server, before, asked, database=database, seconds=SECONDS, runs=RUNS)
        memory = [processes.memory(pid, folder) for pid in processes.workers(server)]
        whole = sum(processes.memory(pid, folder).private for pid in processes.tree(server.pid))
    print(f"  {name}: {found.per_s:,.0f}/s", flush=True)
    return Row(name, found, memory, whole)


@pytest.fixture(scope="module")
def with_peers(million: City) -> City:
    """Return the city with the peers' flat tables and our snapshot."""
    peers.fill(million.url)
    engine = make_engine(million.url, role=APP_ROLE)
    Keeper(engine, million.data / "scan").once()
    engine.dispose()
    return million


@pytest.fixture(scope="module")
def mapit(server_url: str, with_peers: City) -> Iterator[str]:
    """Return a database in which MapIt knows the city's cells."""
    url = databases.create(server_url, f"gridmap_mapit_{secrets.token_hex(6)}")
    peers.fill_mapit(url, with_peers.url)
    yield url
    databases.drop(url)


def of_one_station(city: City, file: Path) -> load.Asked:
    """Return the plates of one station alone."""
    with databases.connect(city.url) as session:
        found = session.execute("SELECT code FROM plate WHERE station = 'S003'").fetchall()
    return load.write(file, np.array([code for (code,) in found], dtype="S12"))


def body_of(city: City) -> int:
    """Return how long our page is, headers aside [bytes]; its plate stands on it."""
    how, code = ours.public(city.url, city.data), city.some[0]
    with processes.running(how.pop("command"), ours.PAGE + code, **how) as server, Phone(server.root) as phone:
        body = phone.ask(ours.PAGE + code).body
        assert "号警格".encode() in body
        assert code[:4].encode() in body
    return len(body)


NAMES = (
    "requests/s", "of ceiling", "p50 ms", "p99 ms", "server µs", "postgres µs", "of ceiling", "private MB", "all MB", "mapped MB", "bytes",
)  # fmt: skip


def show(rows: list[Row], ceiling: Row) -> None:
    """Print the table; the ceiling is the bare Starlette route in one worker."""
    print(f"\n  {'A scan, each plate asked once, 32 connections':<54}" + "".join(f"{name:>13}" for name in NAMES))
    for row in rows:
        one = row.load
        values = (
            f"{one.per_s:,.0f}", f"{one.per_s / ceiling.load.per_s:.2f}", f"{one.p50:.2f}", f"{one.p99:.2f}",
            f"{one.server_us:.0f}", f"{one.postgres_us:.0f}", f"{row.us / ceiling.us:.1f} x",
            " + ".join(f"{each.private:.0f}" for each in row.memory), f"{row.all_mb:.0f}",
            f"{max(each.mapped for each in row.memory):.0f}", f"{one.bytes_each:,.0f}",
        )  # fmt: skip
        print(f"  {row.name:<54}" + "".join(f"{value:>13}" for value in values))


def compare(mine: list[Row], theirs: list[Row]) -> None:
    """Print how many times the processor time of ours each peer takes."""
    print(f"\n  {'Processor time of a scan, times that of':<54}" + "".join(f"{row.name[8:]:>28}" for row in mine))
    for other in theirs:
        print(f"  {other.name:<54}" + "".join(f"{other.us / row.us:>28.1f}" for row in mine))


def test_a_scan_beside_a_bare_server_and_peers(with_peers: City, ten_million: City, mapit: str, tmp_path: Path):
    city, large, asked = with_peers, ten_million, with_peers.asked
    size, code = body_of(city), city.some[0]
    station = of_one_station(city, tmp_path / "station.txt")
    points = load.write(tmp_path / "points.txt", peers.points(city.url))
    places = City(mapit, city.data, points)
    joined, within, item = f"/joined/{code}", f"/within/{code}", "/collections/peer.plate/items/"
    ceiling = measured("bare Starlette, 1 worker", peers.bare("starlette", 1, size), "/p/x", "/p/", asked)
    bare = [
        measured("raw ASGI, 1 worker", peers.bare("raw", 1, size), "/p/x", "/p/", asked),
        ceiling,
        measured("bare Starlette, 2 workers", peers.bare("starlette", 2, size), "/p/x", "/p/", asked),
    ]
    mine = [our_row(city, "1 M, page", ours.PAGE, 1), our_row(city, "1 M, page", ours.PAGE, 2)]
    mine += [our_row(city, "1 M, page, one station", ours.PAGE, 1, station), our_row(city, "1 M, JSON", ours.JSON, 1)]
    with ours.confirmed(large.data):
        mine += [our_row(large, "10 M, page", ours.PAGE, 1), our_row(large, "10 M, page", ours.PAGE, 2)]
        mine += [our_row(large, "10 M, JSON", ours.JSON, 1)]
    theirs = [
        measured("FastAPI + asyncpg, one join, 1 worker", peers.queried(city.url), joined, "/joined/", asked, city=city),
        measured("FastAPI + asyncpg, one join, 2 workers", peers.queried(city.url, 2), joined, "/joined/", asked, city=city),
        measured("FastAPI + asyncpg, ST_Contains, 1 worker", peers.queried(city.url), within, "/within/", asked, city=city),
        measured("tipg, item by code, 1 worker", peers.tipg(city.url), item + code, item, asked, city=city),
        measured("MapIt, areas of a point (no officer), 1 worker", peers.mapit(mapit), "/generations", "/point/4326/", points, city=places),
    ]  # fmt: skip
    rows = [*bare, *mine, *theirs]
    show(rows, ceiling)
    compare([mine[0], mine[3], mine[4]], [ceiling, *theirs])
    # A station has 50,000 plates: the last of a run may be asked for a second time.
    wrong = [row for row in rows if row.load.failed or row.load.repeated > row.load.requests / 1_000]
    assert [(row.name, row.load.failed, row.load.repeated) for row in wrong] == []
    assert all(row.us < other.us for row in mine for other in theirs)
    assert max(one.private for row in mine for one in row.memory) < PRIVATE_MB


def our_row(city: City, what: str, start: str, workers: int, asked: load.Asked | None = None) -> Row:
    """Measure our service for residents."""
    how = ours.public(city.url, city.data, workers)
    name = f"gridmap {what}, {workers} worker{'s' * (workers > 1)}"
    return measured(name, how, start + city.some[0], start, asked or city.asked, city=city)
