"""Fixtures of a real PostGIS: a server for the session, a migrated template, a fresh copy for each test.

The server is a throwaway private cluster, or the one GRIDMAP_TEST_DATABASE_URL names (a user there that may make
databases). Each worker of a parallel run has its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from gridmap.errors import GridmapError
from gridmap.store import cluster as clusters
from gridmap.store import databases, migrate
from gridmap.store.engine import make_engine
from tests.houses import copy_of

PREFIX = "gridmap-test-"
#: A folder in memory: a database is copied there in a quarter of the time that a disk takes.
MEMORY = Path("/dev/shm")  # noqa: S108 -- only what is thrown away
#: In place of the guard's own, by which a step is of now.
ANY_DAY = "CREATE OR REPLACE FUNCTION is_of_now(at timestamptz, follows timestamptz) RETURNS boolean LANGUAGE sql AS 'SELECT true'"
ROOM = 2 * 2**30  # bytes; a worker's cluster takes 0.3 GB


@pytest.fixture(scope="session")
def throwaway_folder() -> Iterator[Path]:
    """Return a folder that the cluster's own user may enter too (pytest's are closed), removed at the end."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_place()))
    folder.chmod(0o755)
    (folder / "pytest.pid").write_text(str(os.getpid()))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(throwaway_folder: Path) -> Iterator[clusters.Cluster]:
    """Return a running private cluster of this session's own; it keeps nothing through a crash."""
    mine = clusters.describe(throwaway_folder / "db", durable=False)
    clusters.start(mine)
    yield mine
    clusters.stop(mine)


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database on a server where tests may make databases."""
    given = os.environ.get("GRIDMAP_TEST_DATABASE_URL")
    if given:
        databases.require(given)
        return given
    return clusters.url(request.getfixturevalue("cluster"), database="postgres")


@pytest.fixture(scope="session")
def template_database(server_url: str) -> Iterator[str]:
    """Return the URL of a database with gridmap's tables and no rows; connect to no template, copy it.

    Tests tell the clock of a loop what time it is, so steps may be of a day that has not come.
    """
    url = databases.create(server_url, f"gridmap_template_{uuid.uuid4().hex[:12]}")
    migrate.upgrade(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text(ANY_DAY))
    engine.dispose()
    yield url
    databases.drop(url)


@pytest.fixture
def database_url(server_url: str, template_database: str) -> Iterator[str]:
    """Return the URL of a fresh database with gridmap's tables and no rows."""
    yield from copy_of(server_url, template_database)


def _place() -> Path:
    """Return where the cluster goes: into memory where there is room, else among the files that are thrown away."""
    try:
        roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    except FileNotFoundError:
        roomy = False
    return MEMORY if roomy and _spare_memory() > ROOM else Path(tempfile.gettempdir())


def _spare_memory() -> int:
    """Return how many bytes of memory the machine can spare, 0 where it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 0)


def _sweep() -> None:
    """Stop and remove the throwaway clusters of sessions that were killed."""
    for left in [found for place in {MEMORY, Path(tempfile.gettempdir())} for found in place.glob(f"{PREFIX}*")]:
        try:
            os.kill(int((left / "pytest.pid").read_text()), 0)
        except (FileNotFoundError, ValueError, PermissionError):
            continue
        except ProcessLookupError:
            with suppress(GridmapError, OSError):  # another worker of this run sweeps it in the same moment
                clusters.stop(clusters.describe(left / "db", durable=False))
            shutil.rmtree(left, ignore_errors=True)
