"""What one scan costs: our page and our JSON beside a bare server, and beside what others would answer it with.

Each run asks only for plates that were not asked for before. GRIDMAP_BENCH_SECONDS shortens the runs.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from gridmap.store import databases
from tests.benchmarks.conftest import City
from tests.benchmarks.scan import load, peers, processes

pytestmark = pytest.mark.benchmark
SECONDS = float(os.environ.get("GRIDMAP_BENCH_SECONDS", "8"))
RUNS = 3


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    load: load.Load
    memory: list[processes.Memory]


def measured(
    name: str,
    how: dict[str, Any],
    probe: str,
    before: str,
    asked: load.Asked,
    *,
    city: City | None = None,
    after: str = "",
) -> Row:
    """Start a server, ask it, stop it; `probe` is a path that must answer before."""
    database = peers.environment(city.url)["PGDATABASE"] if city is not None and city.url else ""
    with processes.running(how.pop("command"), probe, **how) as server:
        found = load.measure(server, before, asked, database=database, seconds=SECONDS, runs=RUNS, after=after)
        folder = None if city is None else city.data
        memory = [processes.memory(pid, folder) for pid in processes.workers(server)]
    assert found.failed == 0, (name, found)
    assert found.repeated == 0, (name, found)
    return Row(name, found, memory)


@pytest.fixture(scope="module")
def with_peers(million: City) -> City:
    """Return the city with the peers' flat tables."""
    peers.fill(million.url)
    return million


@pytest.fixture(scope="module")
def mapit(server_url: str, with_peers: City) -> Iterator[str]:
    """Return a database in which MapIt knows the city's cells."""
    url = databases.create(server_url, f"gridmap_mapit_{secrets.token_hex(6)}")
    peers.fill_mapit(url, with_peers.url)
    yield url
    databases.drop(url)


def show(rows: list[Row], ceiling: Row) -> None:
    """Print the table; the ceiling is the bare Starlette route in one worker."""
    names = (
        "requests/s",
        "of ceiling",
        "p50 ms",
        "p99 ms",
        "server µs",
        "postgres µs",
        "times ceiling",
        "private MB",
        "mapped MB",
        "bytes",
    )
    print(f"\n  {'A scan, each plate asked once, 32 connections':<52}" + "".join(f"{name:>14}" for name in names))
    bare = ceiling.load.server_us
    for row in rows:
        one = row.load
        values = (
            f"{one.per_s:,.0f}", f"{one.per_s / ceiling.load.per_s:.2f}", f"{one.p50:.2f}", f"{one.p99:.2f}",
            f"{one.server_us:.0f}", f"{one.postgres_us:.0f}", f"{(one.server_us + one.postgres_us) / bare:.1f}",
            " + ".join(f"{each.private:.0f}" for each in row.memory), f"{max(each.mapped for each in row.memory):.0f}",
            f"{one.bytes_each:,.0f}",
        )  # fmt: skip
        print(f"  {row.name:<52}" + "".join(f"{value:>14}" for value in values))


def test_a_scan_beside_a_bare_server_and_peers(with_peers: City, mapit: str, tmp_path):
    city, asked = with_peers, with_peers.asked
    size = 4_000
    points = load.write(tmp_path / "points.txt", peers.points(city.url))
    one = asked.file.read_bytes()[:12].decode()
    ceiling = measured("bare Starlette, 1 worker", peers.bare("starlette", 1, size), "/p/x", "/p/", asked)
    rows = [
        measured("raw ASGI, 1 worker", peers.bare("raw", 1, size), "/p/x", "/p/", asked),
        ceiling,
        measured("bare Starlette, 2 workers", peers.bare("starlette", 2, size), "/p/x", "/p/", asked),
        measured("FastAPI + asyncpg, one join, 1 worker", peers.queried(city.url), f"/joined/{one}", "/joined/", asked, city=city),
        measured("FastAPI + asyncpg, one join, 2 workers", peers.queried(city.url, 2), f"/joined/{one}", "/joined/", asked, city=city),
        measured("FastAPI + asyncpg, ST_Contains", peers.queried(city.url), f"/within/{one}", "/within/", asked, city=city),
        measured("tipg, item by code", peers.tipg(city.url), "/collections", "/collections/peer.plate/items/", asked, city=city),
        measured("MapIt, areas of a point (no officer)", peers.mapit(mapit), "/generations", "/point/4326/", points, city=City(mapit, city.data, points)),
    ]  # fmt: skip
    show(rows, ceiling)
