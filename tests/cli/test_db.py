"""`gridmap db`, on a cluster of its own and on a server that is given."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gridmap.cli import group
from gridmap.cli.console import Console
from gridmap.cli.db import NotOurServer
from gridmap.settings import Settings
from gridmap.store import cluster as clusters
from gridmap.store import databases, migrate

ROOT = Path(__file__).parents[2]
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Return the data folder of these tests: one cluster, made by the first that starts it."""
    above = Path(tempfile.mkdtemp(prefix="gridmap-test-"))
    above.chmod(0o755)
    (above / "pytest.pid").write_text(str(os.getpid()))
    yield above / "db"
    clusters.stop(clusters.describe(above / "db"))
    shutil.rmtree(above)


@pytest.fixture
def db(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs `gridmap db` on the cluster in `folder`."""
    monkeypatch.delenv("GRIDMAP_DATABASE_URL", raising=False)

    def run(*words: str, **settings: object) -> Result:
        console = Console(Settings(data=folder, **settings))  # type: ignore[arg-type]
        return CliRunner().invoke(group, ["db", *words], obj=console)

    return run


def test_start_makes_it_status_tells_it_and_stop_ends_it(db, folder):
    absent = db("status")
    assert (absent.exit_code, absent.output.split(":")[0]) == (3, "absent")
    started = db("start")
    assert started.exit_code == 0, started.output
    assert started.output.startswith("running: PostgreSQL ")
    assert str(folder) in started.output
    assert db("status").exit_code == 0
    assert db("stop").output == "stopped\n"
    stopped = db("status")
    assert (stopped.exit_code, stopped.output.split(":")[0]) == (3, "stopped")
    assert db("stop").output == "was not running\n"


def test_upgrade_starts_the_server_and_brings_the_tables_up_once(db):
    first = db("upgrade")
    assert first.exit_code == 0, first.output
    assert first.output == f"revision none -> {migrate.head()}\n"
    assert db("upgrade").output == f"already at revision {migrate.head()}\n"
    assert db("check").output == f"at revision {migrate.head()}, 0 differences\n"


def test_check_names_what_differs_and_fails(db, folder):
    db("upgrade")
    url = clusters.url(clusters.describe(folder))
    with databases.connect(url) as session:
        session.execute("CREATE TABLE stray (id int)")
    try:
        found = db("check")
    finally:
        with databases.connect(url) as session:
            session.execute("DROP TABLE stray")
    assert found.exit_code == 1
    assert "stray" in found.output


def test_check_on_older_tables_says_upgrade(db, folder):
    db("upgrade")
    url = clusters.url(clusters.describe(folder))
    migrate.downgrade(url, "base")
    found = db("check")
    db("upgrade")
    assert found.exit_code == 1
    assert "run `gridmap db upgrade`" in found.output


def test_shell_is_psql_as_the_owner(db, folder):
    db("start")
    words = ["db", "shell", "-Atc", "SELECT current_user, current_database()"]
    code = "import sys; from gridmap.cli import main; main(sys.argv[1:])"
    environment = {name: value for name, value in os.environ.items() if name != "GRIDMAP_DATABASE_URL"}
    answer = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env=environment | {"GRIDMAP_DATA": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.stdout, answer.returncode) == ("gridmap_owner|gridmap\n", 0), answer.stderr


def test_another_server_is_told_of_but_neither_started_nor_stopped(db, database_url):
    assert db("status", database_url=database_url).output.startswith("running: PostgreSQL ")
    for word in ("start", "stop"):
        refused = db(word, database_url=database_url)
        assert isinstance(refused.exception, NotOurServer)
        assert "gridmap starts and stops only its own database; unset it" in refused.exception.detail
    assert db("check", database_url=database_url).exit_code == 0
