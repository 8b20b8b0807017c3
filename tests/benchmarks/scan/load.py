"""Drive a server with wrk, each address asked once, and say what it cost: requests, times and processor a request.

One thread and 32 connections. The processor time is the server's and PostgreSQL's own, read from /proc: on a machine
whose cores are shared with the driver, that is the figure that stays the same.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.scan import processes

SCRIPT = Path(__file__).with_name("fresh.lua")
CONNECTIONS = 32


@dataclass(frozen=True)
class Asked:
    """Lines that stand in the path of a request, each of the same width, in an order that nobody can guess."""

    file: Path
    width: int
    count: int


@dataclass(frozen=True)
class Load:
    """What one run found; times in ms, processor in microseconds a request."""

    per_s: float
    p50: float
    p99: float
    server_us: float
    postgres_us: float
    requests: int
    failed: int
    repeated: int
    bytes_each: float


def write(file: Path, lines: Any) -> Asked:
    """Write `lines`, an array of byte strings of one width, in a shuffled order that is the same each time."""
    import numpy as np

    table = np.asarray(lines)
    width = table.dtype.itemsize
    rows = np.full((len(table), width + 1), ord("\n"), dtype=np.uint8)
    rows[:, :width] = np.random.default_rng(8).permutation(table).view(np.uint8).reshape(-1, width)
    file.write_bytes(rows.tobytes())
    return Asked(file, width, len(table))


def wrk() -> str:
    """Return where wrk is, or skip."""
    found = shutil.which("wrk")
    if found is None:
        pytest.skip("no wrk: apt-get install wrk")
    return found


def drive(root: str, before: str, asked: Asked, *, seconds: float, begin: int = 0, after: str = "") -> dict[str, Any]:
    """Run wrk once on `root + before + line + after` and return what its script says at the end."""
    command = [
        wrk(), "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(SCRIPT), root, "--",
        str(asked.file), str(asked.width), str(begin), before, after,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def measure(
    server: processes.Server,
    before: str,
    asked: Asked,
    *,
    database: str = "",
    seconds: float = 8,
    runs: int = 3,
    after: str = "",
) -> Load:
    """Return the median of some runs by processor time; no address is asked twice in all of them."""
    begin = int(drive(server.root, before, asked, seconds=seconds / 4, after=after)["requests"]) + CONNECTIONS
    found = []
    for _ in range(runs):
        server_us, postgres_us = processes.used_us(server.pid), processes.postgres_us(database)
        told = drive(server.root, before, asked, seconds=seconds, begin=begin, after=after)
        begin += int(told["requests"]) + CONNECTIONS
        each = max(1, told["requests"])
        found.append(
            Load(
                per_s=told["requests"] / told["seconds"],
                p50=told["p50_ms"],
                p99=told["p99_ms"],
                server_us=(processes.used_us(server.pid) - server_us) / each,
                postgres_us=(processes.postgres_us(database) - postgres_us) / each,
                requests=told["requests"],
                failed=told["bad"] + told["lost"] + told["late"],
                repeated=told["over"],
                bytes_each=told["bytes"] / each,
            )
        )
    names = ("per_s", "p50", "p99", "server_us", "postgres_us", "bytes_each")
    middle = {name: statistics.median(getattr(one, name) for one in found) for name in names}
    sums = {name: sum(getattr(one, name) for one in found) for name in ("requests", "failed", "repeated")}
    return Load(**middle, **sums)
