"""Ask a server as phones do, and know which of its workers answered: keep-alive connections, from any loopback address."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.benchmarks.scan import processes


@dataclass(frozen=True)
class Answer:
    """What came back, and when it was asked and had (seconds of the monotonic clock)."""

    path: str
    status: int
    body: bytes
    asked: float
    had: float
    media: str = ""

    @property
    def ms(self) -> float:
        """How long it took [ms]."""
        return (self.had - self.asked) * 1000


class Phone:
    """One connection that stays open; `source` is the loopback address it comes from."""

    def __init__(self, root: str, *, source: str = "127.0.0.1", timeout: float = 60) -> None:
        parts = urlsplit(root)
        self.line = http.client.HTTPConnection(
            parts.hostname or "127.0.0.1", parts.port, timeout=timeout, source_address=(source, 0)
        )

    def ask(self, path: str, **headers: str) -> Answer:
        """Return what `path` answers; a connection that breaks raises."""
        asked = time.monotonic()
        self.line.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        reply = self.line.getresponse()
        body = reply.read()
        return Answer(path, reply.status, body, asked, time.monotonic(), reply.headers.get_content_type())

    def worker(self, family: Sequence[int]) -> int | None:
        """Return which process of `family` holds the other end of this connection."""
        mine, theirs = self.line.sock.getsockname()[1], self.line.sock.getpeername()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            parts = line.split()
            if (int(parts[1][9:], 16), int(parts[2][9:], 16)) == (theirs, mine):
                wanted = f"socket:[{parts[9]}]"
                return next((pid for pid in family if wanted in processes.open_files(pid)), None)
        return None

    def close(self) -> None:
        """Hang up."""
        self.line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def one_phone_a_worker(server: processes.Server, path: str, *, count: int) -> Iterator[dict[int, Phone]]:
    """Give a connection to each of the `count` workers of a server, by process."""
    family = processes.workers(server)
    found: dict[int, Phone] = {}
    phones = []
    try:
        while len(found) < count and len(phones) < 400:
            phones.append(Phone(server.root))  # all stay open: the next is the likelier to reach another worker
            phones[-1].ask(path)
            pid = phones[-1].worker(family)
            if pid is not None:
                found.setdefault(pid, phones[-1])
        assert len(found) == count, f"only {len(found)} of {count} workers ever answered"
        yield found
    finally:
        for phone in phones:
            phone.close()


def until_all_say(phones: dict[int, Phone], path: str, new: Callable[[Answer], bool], *, within_s: float) -> float:
    """Ask each worker until it answers anew; return when the last did (monotonic clock) [s]."""
    give_up, waiting = time.monotonic() + within_s, set(phones)
    while waiting:
        for pid in sorted(waiting):
            if new(phones[pid].ask(path)):
                waiting.discard(pid)
        assert time.monotonic() < give_up, f"{len(waiting)} of {len(phones)} workers still answer as before"
        time.sleep(0.005)
    return time.monotonic()


@dataclass
class Crowd:
    """Phones that ask without a pause, each in a thread of its own, from `with` to the end of its block.

    A phone whose connection breaks counts a failure and calls anew. `judge` says what is wrong with an answer, or "".
    """

    root: str
    paths: Sequence[str]
    judge: Callable[[Answer], str]
    phones: int = 4
    pause_s: float = 0.0
    answered: int = 0
    slowest_ms: float = 0.0
    wrong: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._run, args=(k,), daemon=True) for k in range(self.phones)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(90)

    def _run(self, first: int) -> None:
        at = first
        with Phone(self.root) as phone:  # it calls anew by itself once it has hung up
            while not self._stop.is_set():
                path = self.paths[at % len(self.paths)]
                at += self.phones
                try:
                    answer = phone.ask(path)
                except (OSError, http.client.HTTPException) as error:
                    self._count(f"{path}: {error!r}", 0)
                    phone.close()
                    continue
                self._count(self.judge(answer), answer.ms)
                if self.pause_s:
                    time.sleep(self.pause_s)

    def _count(self, wrong: str, ms: float) -> None:
        with self._lock:
            self.answered += 1
            self.slowest_ms = max(self.slowest_ms, ms)
            if wrong:
                self.wrong.append(wrong)
