"""Fixtures every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.orm import Session, sessionmaker

from gridmap.store.engine import APP_ROLE, make_engine, make_sessions

pytest_plugins = ["tests.postgis"]

#: How long a case takes says more about the machine than about the code; benchmarks measure that.
settings.register_profile("gridmap", deadline=None)
settings.load_profile("gridmap")

#: As many threads as a test has at once: on a busy machine one may wait for a connection of another longer than 3 s.
AT_ONCE = 8
ROOT = Path(__file__).parent.parent
#: Files of few tests that take long, besides those that drive a browser.
LONG = {"test_warm.py", "test_matrix.py", "test_proposals.py", "test_edit_laws.py"}


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker of tests that run the programs of others."""
    config.addinivalue_line("markers", "ogc: runs the programs of others (ogctests, GDAL, OWSLib, QGIS) on /ogc")


@pytest.hookimpl(trylast=True)  # of those that are left
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin each long file before two thirds of the others are done, and never all of them at once.

    A long file at the end leaves the other processor idle; two browsers at once want more than two processors have.
    The tests of a file stay together and in order. Only with xdist's --no-loadscope-reorder is the order kept.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    long = [path for path in files if path.name in LONG or path.parent.name == "browser"]
    short = [path for path in files if path not in set(long)]
    step = max(1, 2 * len(short) // (3 * max(1, len(long))))
    ordered: list[Path] = []
    while long or short:
        ordered += [*long[:1], *short[:step]]
        del long[:1], short[:step]
    items[:] = [item for path in ordered for item in files[path]]


@pytest.fixture(scope="session")
def agency_data() -> Path:
    """Return the folder of real data sets beside the repository, or skip."""
    folder = Path(os.environ.get("GRIDMAP_AGENCY_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data sets at {folder}; set GRIDMAP_AGENCY_DATA")
    return folder


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker[Session]]:
    """Return the owner's session factory on a fresh database: no row-level security."""
    engine = make_engine(database_url, pool_size=AT_ONCE)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture
def app_sessions(database_url: str) -> Iterator[sessionmaker[Session]]:
    """Return the service's session factory on the same database: it sees what `enter_scope` lets it see."""
    engine = make_engine(database_url, role=APP_ROLE, statement_timeout_ms=30_000, pool_size=AT_ONCE)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """Return one open session of the owner; what the test leaves is thrown away with the database."""
    with sessions() as opened:
        yield opened
