"""Fixtures of benchmarks that more than one module asks for: cities of plates, made once a run."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import make_url

from gridmap.store import databases
from tests.benchmarks.scan import folder, load, town

MILLION, TEN_MILLION = 1_000_000, 10_000_000


@dataclass(frozen=True)
class City:
    """A made-up city: its database ("" where it has none), its data folder, and its plates as wrk asks for them."""

    url: str
    data: Path
    asked: load.Asked
    made_s: float = 0
    made_cpu: float = 0

    @property
    def name(self) -> str:
        """The name of its database."""
        return make_url(self.url).database or "" if self.url else ""

    @property
    def some(self) -> list[str]:
        """The codes of 1,000 of its plates."""
        with self.asked.file.open() as lines:
            return [next(lines).strip() for _ in range(1_000)]


@pytest.fixture(scope="session")
def million(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Return a city of a million plates in a database of its own."""
    template = template_database.rsplit("/", 1)[-1].split("?", 1)[0]
    url = databases.create(server_url, f"gridmap_scan_{secrets.token_hex(6)}", template)
    place = tmp_path_factory.mktemp("million")
    yield City(url, place, load.write(place / "codes.txt", town.fill(url, MILLION)))
    databases.drop(url)


@pytest.fixture(scope="session")
def ten_million(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return a city of ten million plates as a snapshot, written from arrays; it has no database."""
    place = tmp_path_factory.mktemp("ten_million")
    (place / "scan").mkdir()
    began, own = time.perf_counter(), time.process_time()
    codes = folder.write(place / "scan", TEN_MILLION)
    took = time.perf_counter() - began, time.process_time() - own
    return City("", place, load.write(place / "codes.txt", codes), *took)
