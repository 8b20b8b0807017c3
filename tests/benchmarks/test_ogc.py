"""A page of 5,000 cells as OGC API Features, beside tipg on the same rows: processor time and bytes.

Both run in processes of their own with one worker, on the same database; counted is what the server and PostgreSQL used.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from gridmap.domain.access import Role
from gridmap.services import accounts
from gridmap.store import databases
from gridmap.store.engine import make_engine, make_sessions
from tests.api.ogc.clients import locked_python
from tests.api.ogc.conftest import LOGIN, PASSWORD, header
from tests.benchmarks import city
from tests.served import SECRET

pytestmark = pytest.mark.benchmark
CELLS, TIMES = 5_000, 20
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def filled(server_url: str, template_database: str) -> Iterator[str]:
    """Return the URL of a database with a made-up city of 5,000 cells."""
    template = template_database.rsplit("/", 1)[-1].split("?", 1)[0]
    url = databases.create(server_url, f"gridmap_ogc_{secrets.token_hex(6)}", template)
    engine = make_engine(url)
    with make_sessions(engine).begin() as session:
        city.build(session, CELLS, 100_000)
        accounts.add(
            session, login=LOGIN, display_name="x", role=Role.COMMANDER, password=PASSWORD, stations=(city.STATION,), by="bench"
        )  # fmt: skip
    engine.dispose()
    yield url
    databases.drop(url)


@contextmanager
def running(command: list[str], port: int, path: str, **environment: str) -> Iterator[int]:
    """Run a server until the block ends; give its process id."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": "", **environment}, stdout=subprocess.DEVNULL, stderr=complaints
        )
        try:
            while not _listens(port):
                if process.poll() is not None:
                    complaints.seek(0)
                    pytest.skip(f"the server ended: {complaints.read()[-400:]!r}")
                time.sleep(0.1)
            fetch(f"http://127.0.0.1:{port}{path}")
            yield process.pid
        finally:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as seat:
        return seat.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def by_port(url: str) -> Iterator[str]:
    """Give an address with a port for a database behind a socket in a folder: tipg's settings know no folders."""
    parts = urlsplit(url.replace("+psycopg", ""))
    told = parse_qs(parts.query)
    if not told.get("host"):
        yield url.replace("+psycopg", "")
        return
    behind = f"{told['host'][0]}/.s.PGSQL.{told.get('port', ['5432'])[0]}"
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_let_in, args=(door, behind), daemon=True).start()
        yield f"postgresql://{parts.username}@127.0.0.1:{door.getsockname()[1]}{parts.path}"


def _let_in(door: socket.socket, behind: str) -> None:
    with suppress(OSError):
        while True:
            outside, _ = door.accept()
            inside = socket.socket(socket.AF_UNIX)
            inside.connect(behind)
            for source, target in ((outside, inside), (inside, outside)):
                threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError), source, target:
        while chunk := source.recv(1 << 16):
            target.sendall(chunk)


def fetch(url: str, *, packed: bool = False) -> bytes:
    """Return what an address answers."""
    headers = {"Authorization": header(), **({"Accept-Encoding": "gzip"} if packed else {})}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as reply:  # noqa: S310
        told: bytes = reply.read()
    return told


def used_ms(pid: int | None, database: str) -> float:
    """Return the processor time of a process, or of PostgreSQL's connections to a database, so far [ms]."""
    total = 0
    for folder in [Path(f"/proc/{pid}")] if pid is not None else Path("/proc").glob("[0-9]*"):
        try:
            title = (folder / "cmdline").read_bytes()
            if pid is None and not (title.startswith(b"postgres") and database.encode() in title):
                continue
            parts = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(parts[11]) + int(parts[12])
    return total * TICK_MS


def measured(name: str, url: str, pid: int, database: str) -> tuple[str, ...]:
    """Return a row of the table: server, PostgreSQL, both [ms], kB plain and packed."""
    body, packed = fetch(url), fetch(url, packed=True)
    before = used_ms(pid, database), used_ms(None, database)
    for _ in range(TIMES):
        fetch(url)
    server, postgres = used_ms(pid, database) - before[0], used_ms(None, database) - before[1]
    return (
        name, f"{server / TIMES:.1f}", f"{postgres / TIMES:.1f}", f"{(server + postgres) / TIMES:.1f}",
        f"{len(body) / 1000:.0f}", f"{len(packed) / 1000:.0f}",
    )  # fmt: skip


def show(rows: list[tuple[str, ...]]) -> None:
    """Print rows of the table."""
    for name, *values in rows:
        print(f"  {name:<44}" + "".join(f"{value:>13}" for value in values))


def box_of(url: str) -> tuple[float, float, float, float]:
    """Return the extent of a collection."""
    west, south, east, north = json.loads(fetch(url))["extent"]["spatial"]["bbox"][0]
    return west, south, east, north


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as seat:
        seat.bind(("127.0.0.1", 0))
        return int(seat.getsockname()[1])


def test_a_page_of_five_thousand_cells_beside_tipg(filled: str, tmp_path: Path):
    database = filled.rsplit("/", 1)[-1].split("?", 1)[0]
    rows: list[tuple[str, ...]] = [
        ("OGC API Features, processor time a request", "server ms", "postgres ms", "both ms", "kB", "kB gzip")
    ]
    port = free_port()
    ours = {
        "GRIDMAP_DATABASE_URL": filled, "GRIDMAP_DATA": str(tmp_path), "GRIDMAP_SECURE_COOKIES": "false",
        "GRIDMAP_SECRET": SECRET,
    }  # fmt: skip
    with running([sys.executable, "-m", "gridmap", "serve", "--port", str(port)], port, "/ogc", **ours) as pid:
        root = f"http://127.0.0.1:{port}/ogc/collections"
        rows.append(measured("gridmap, 5,000 cells", f"{root}/cells/items?limit={CELLS}", pid, database))
        rows.append(measured("gridmap, 10 cells", f"{root}/cells/items?limit=10", pid, database))
        rows.append(measured("gridmap, 5,000 incidents", f"{root}/incidents/items?limit=5000", pid, database))
        rows.append(
            measured(
                "gridmap, 10 incidents of a category", f"{root}/incidents/items?limit=10&category=theft", pid, database
            )
        )
        west, south, east, north = box_of(f"{root}/incidents")
        middle = f"{(west + east) / 2},{(south + north) / 2},{(west + east) / 2 + 0.01},{(south + north) / 2 + 0.01}"
        rows.append(
            measured(
                "gridmap, 10 incidents of 100,000 in a box",
                f"{root}/incidents/items?limit=10&bbox={middle}",
                pid,
                database,
            )
        )
    show(rows)
    port = free_port()
    theirs = {
        "TIPG_MAX_FEATURES_PER_QUERY": "10000", "TIPG_DB_SCHEMAS": '["public"]',
        "TIPG_DB_EXCLUDE_FUNCTION_SCHEMAS": '["public"]',
    }  # fmt: skip
    command = [str(locked_python()), "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--log-level", "error"]
    with by_port(filled) as address, running(command, port, "/collections", DATABASE_URL=address, **theirs) as pid:
        root = f"http://127.0.0.1:{port}/collections"
        plain = f"public.grid_cell/items?limit={CELLS}&properties=code,name_zh,name_en,beat,station,edition_id"
        rows.append(measured("tipg, 5,000 cells", f"{root}/{plain}", pid, database))
        rows.append(measured("tipg, 10 cells", f"{root}/{plain.replace('5000', '10')}", pid, database))
        rows.append(
            measured(
                "tipg, 5,000 incidents", f"{root}/public.incident/items?limit=5000&geom-column=geom", pid, database
            )
        )
    show(rows[6:])
    assert float(rows[1][3]) < float(rows[6][3])
