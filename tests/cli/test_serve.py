"""`gridmap serve --public` in processes of its own: lean, without a database, with a keeper that always comes back."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest

from gridmap.cli.console import Console
from gridmap.public_app import KNOWN
from gridmap.residents import create_residents_app
from gridmap.scan_desk import make_desk
from gridmap.services.sealing import SealKeyNotValid
from gridmap.services.snapshot_keeper import Keeper
from gridmap.settings import Settings
from gridmap.store import cluster as clusters
from gridmap.store import databases
from gridmap.store.engine import APP_ROLE, make_engine
from gridmap.store.snapshot import folder as folders
from gridmap.worker import Beside
from tests.benchmarks.scan import ours, processes
from tests.served import OWN, SECRET, Standing, filled_template  # noqa: F401 -- a fixture
from tests.web.reporting import code_of, fields

#: A process that only answers scans holds less [MB].
LEAN_MB = 60
WORDS = "楼道堆满杂物 <b>"


@dataclass
class Away:
    """A data folder with a snapshot alone, whose database is away until it is made again from `template`."""

    data: Path
    url: str
    server_url: str
    template: str
    plate: str

    def come_back(self) -> None:
        databases.create(self.server_url, _name(self.url), _name(self.template))


@pytest.fixture(scope="module")
def away(
    server_url: str, filled_template: tuple[str, dict[str, Standing]], tmp_path_factory: pytest.TempPathFactory  # noqa: F811
) -> Iterator[Away]:  # fmt: skip
    template, held = filled_template
    data = tmp_path_factory.mktemp("public")
    engine = make_engine(template, pool_size=2)
    Keeper(engine, data / "scan").once()
    engine.dispose()  # nobody may be connected to what is copied
    url = databases.on_server(server_url, f"gridmap_away_{uuid.uuid4().hex[:12]}")
    yield Away(data, url, server_url, template, held[OWN].plate)
    databases.drop(url)


@pytest.fixture(scope="module")
def served(away: Away) -> Iterator[processes.Server]:
    how = ours.public(away.url, away.data)
    with processes.running(how.pop("command"), ours.JSON + away.plate, **how) as server:
        yield server


@pytest.fixture
def phone(served: processes.Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.root, timeout=60) as client:
        yield client


def _name(url: str) -> str:
    return url.rsplit("/", 1)[-1].split("?", 1)[0]


def keepers(pid: int) -> list[int]:
    """Return the keepers that a process started and that run, no zombies."""
    return [one for one in processes.tree(pid) if b"keep" in _words(one).split(b"\0")]


def alive(pid: int) -> bool:
    """Return whether a process is there and no zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def within(seconds: float, true: Callable[[], bool]) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if true():
            return True
        time.sleep(0.05)
    return False


def test_a_worker_stays_lean_whatever_is_asked_for_in_vain(served, phone, away):
    for _ in range(100):
        assert phone.get(ours.PAGE + away.plate).status_code == 200
        assert phone.get(ours.JSON + away.plate).json()["plate"] == away.plate
    for path in (
        "/",
        "/favicon.ico",
        "/wp-login.php",
        "/p/",
        "/p/a/b",
        "/p/%2e%2e%2fx/report/y",
        "/api/v1/stations",
        "/ogc",
    ):
        assert phone.get(path).status_code == 404
        assert phone.post(path).status_code == 404
    (worker,) = processes.workers(served)
    assert processes.memory(worker).private < LEAN_MB


def test_reports_wait_for_the_database_and_scans_for_nothing(phone, away, served):
    slowest, stop = [0.0], threading.Event()

    def scan() -> None:
        with httpx2.Client(base_url=served.root, timeout=60) as other:
            while not stop.is_set():
                began = time.monotonic()
                assert other.get(ours.PAGE + away.plate).status_code == 200
                slowest.append(time.monotonic() - began)

    scans = threading.Thread(target=scan)
    scans.start()
    began = time.monotonic()
    form = phone.get(f"/p/{away.plate}/report")  # the first of its kind loads what is no scan
    loading = time.monotonic() - began
    stop.set()
    scans.join()
    assert form.status_code == 200
    assert len(slowest) > 20
    assert max(slowest) < max(1.0, loading / 2)

    typed = {"kind": "hazard", "words": WORDS, **fields(form.text)}
    kept = phone.post(f"/p/{away.plate}/report", data=typed)
    assert kept.status_code == 503
    assert "楼道堆满杂物 &lt;b&gt;</textarea>" in kept.text
    assert phone.get(ours.PAGE + away.plate).status_code == 200

    manifest = folders.read_manifest(away.data / "scan").serial
    away.come_back()
    sent = phone.post(f"/p/{away.plate}/report", data=typed)
    assert (sent.status_code, len(code_of(sent.text))) == (200, 14)
    # The keeper, which has waited as well, makes the snapshot of the database that is there now.
    assert within(60, lambda: folders.read_manifest(away.data / "scan").serial > manifest)


def test_a_keeper_that_is_killed_is_started_again(served):
    (first,) = keepers(served.pid)
    os.kill(first, signal.SIGKILL)
    assert within(60, lambda: keepers(served.pid) not in ([], [first]))
    assert not Path(f"/proc/{first}").exists()


def test_all_end_with_a_parent_that_is_killed(away, tmp_path):
    how = ours.public(ours.NO_DATABASE, away.data, workers=2)
    with processes.running(how.pop("command"), ours.JSON + away.plate, **how) as server:
        assert within(60, lambda: len(processes.workers(server)) == 2 and len(keepers(server.pid)) == 1)
        family = [*processes.workers(server), *keepers(server.pid)]
        os.kill(server.pid, signal.SIGKILL)
        assert within(60, lambda: not any(map(alive, family)))


def test_what_runs_beside_is_started_later_each_time_and_ended(tmp_path):
    told = tmp_path / "told"
    end = "import sys, time; open(sys.argv[1], 'a').write(f'{time.monotonic()}\\n'); sys.exit(3)"
    beside = Beside([sys.executable, "-S", "-c", end, str(told)], pauses_s=(0.1, 0.4))
    beside.start()
    assert within(60, lambda: told.exists() and told.read_text().count("\n") >= 5)
    beside.stop()
    starts = [float(line) for line in told.read_text().split()]
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert all(pause >= least for pause, least in zip(pauses, (0.09, 0.19, 0.39, 0.39), strict=False))
    time.sleep(0.5)
    assert len(told.read_text().split()) == len(starts)


def test_what_does_not_want_to_end_is_ended(tmp_path):
    ready = tmp_path / "ready"
    deaf = "import signal, sys, time; signal.signal(15, signal.SIG_IGN); open(sys.argv[1], 'w').close(); time.sleep(60)"
    beside = Beside([sys.executable, "-S", "-c", deaf, str(ready)])
    beside.start()
    assert within(60, ready.exists)
    assert _child_named(str(ready))
    beside.stop(patience_s=0.2)
    assert within(60, lambda: not _child_named(str(ready)))


def _child_named(word: str) -> bool:
    return any(alive(pid) and _words(pid).find(word.encode()) >= 0 for pid in processes.tree(os.getpid()))


def _words(pid: int) -> bytes:
    """Return a process's command line, empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_the_address_and_the_keys_of_the_service_need_no_database(tmp_path):
    console = Console(Settings(data=tmp_path, database_url=None, secret=None, seal_key=None))
    assert console.service_address == clusters.url(clusters.describe(tmp_path), APP_ROLE)
    first = {name: key.get_secret_value() for name, key in console.keys.items()}
    assert set(first) == {"secret", "seal_key"}
    assert {name: key.get_secret_value() for name, key in console.keys.items()} == first
    assert sorted(one.name for one in tmp_path.iterdir()) == ["seal-key", "secret"]
    given = Settings(data=tmp_path, database_url=ours.NO_DATABASE, secret=SECRET, seal_key="short")
    assert Console(given).service_address == ours.NO_DATABASE
    with pytest.raises(SealKeyNotValid):
        _ = Console(given).keys


def test_every_address_of_residents_is_known_before_they_are_loaded(tmp_path):
    settings = Settings(database_url=ours.NO_DATABASE, data=tmp_path, secret=SECRET)
    app = create_residents_app(settings, make_desk(settings))
    paths = {
        getattr(getattr(part, "include_context", None), "prefix", "") + route.path
        for part in app.routes
        for route in getattr(getattr(part, "original_router", None), "routes", [])
    }
    assert {"/p/{code}", "/r/{tracking}", "/api/v1/locate", "/health/live"} <= paths
    assert [path for path in paths if not KNOWN.fullmatch(path)] == []
