"""Servers in processes of their own: start them, and read from /proc what they and PostgreSQL used and hold."""

from __future__ import annotations

import os
import re
import secrets
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
_AREA = re.compile(rb"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$")


@dataclass(frozen=True)
class Server:
    """A server that runs: its address and the process that started it."""

    root: str
    pid: int


@dataclass(frozen=True)
class Memory:
    """What one process holds [MB]: for itself alone, and of the files it shares with its like."""

    private: float
    mapped: float = 0


def free_port() -> int:
    """Return a port nobody listens on, of those the system gives to nobody: no call of another process takes it first."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as seat, suppress(OSError):
            seat.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(command: Sequence[str], path: str, *, patience_s: float = 180, **environment: str) -> Iterator[Server]:
    """Run a server until the block ends; `{port}` in its words is a free one, and `path` must answer."""
    port = free_port()
    words = [word.replace("{port}", str(port)) for word in command]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            words, env={**os.environ, "PYTHONPATH": "", **environment}, stdout=complaints, stderr=complaints,
            start_new_session=True,
        )  # fmt: skip
        server = Server(f"http://127.0.0.1:{port}", process.pid)
        try:
            give_up = time.monotonic() + patience_s
            while not _answers(server.root + path):
                if process.poll() is not None or time.monotonic() > give_up:
                    complaints.seek(0)
                    pytest.fail(
                        f"{words[:6]} did not answer {path}: {complaints.read()[-2000:].decode(errors='replace')}"
                    )
                time.sleep(0.1)
            yield server
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server with all it started."""
    family = tree(process.pid)
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in family[1:]:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10):  # noqa: S310 -- our own server
            return True
    except urllib.error.HTTPError as told:
        return told.code < 500
    except OSError:
        return False


def tree(pid: int) -> list[int]:
    """Return a process and all that it started, itself first."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int(_stat(int(folder.name))[1])
            children.setdefault(parent, []).append(int(folder.name))
    family = [pid]
    for one in family:
        family.extend(children.get(one, []))
    return family


def workers(server: Server) -> list[int]:
    """Return the processes of a server that answer: those that listen and have no child that does."""
    port = int(server.root.rpartition(":")[2])
    listening = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if parts[3] == "0A" and int(parts[1][9:], 16) == port:
            listening.add(f"socket:[{parts[9]}]")
    family = [pid for pid in tree(server.pid) if listening & open_files(pid)]
    parents = {int(_stat(pid)[1]) for pid in family}
    return [pid for pid in family if pid not in parents]


def open_files(pid: int) -> set[str]:
    """Return what a process has open, as /proc writes it."""
    found = set()
    with suppress(OSError):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(os.readlink(one))  # noqa: PTH115 -- what it says is no path
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the name: state, parent and so on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def used_us(pid: int) -> float:
    """Return the processor time of a process and of all it started, so far [µs]."""
    total = 0
    for one in tree(pid):
        with suppress(OSError):
            parts = _stat(one)
            total += int(parts[11]) + int(parts[12])
    return total * TICK_US


def postgres_us(database: str) -> float:
    """Return the processor time of PostgreSQL's connections to a database, so far [µs]; 0 for none."""
    if not database:
        return 0
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            title = (folder / "cmdline").read_bytes()
            if title.startswith(b"postgres") and database.encode() in title:
                parts = _stat(int(folder.name))
                total += int(parts[11]) + int(parts[12])
    return total * TICK_US


def memory(pid: int, folder: Path | None = None) -> Memory:
    """Return what a process holds; pages of files in `folder` count as mapped, though one process alone has them."""
    private = mapped = 0
    inside = False
    for line in Path(f"/proc/{pid}/smaps").read_bytes().splitlines():
        area = _AREA.match(line)
        if area:
            inside = folder is not None and area.group(1).startswith(os.fsencode(folder))
        elif inside and line.startswith(b"Rss:"):
            mapped += int(line.split()[1])
        elif not inside and line.startswith(b"Private_"):
            private += int(line.split()[1])
    return Memory(private / 1024, mapped / 1024)
