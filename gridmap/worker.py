"""What each worker process of `gridmap serve` runs; its settings come from the environment, as the parent filled them in.

As a program it is the service for residents: `python -m gridmap.worker HOST PORT WORKERS [DATABASE]`. `gridmap serve
--public` becomes it, because a command has loaded far more than answering scans takes. The snapshot is kept by a process
beside it, which holds the database's libraries in its place.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Final

from gridmap.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

KEEPER: Final = (sys.executable, "-m", "gridmap", "snapshot", "keep", "--with-parent")
#: The first and the longest pause before what ended is started again [s].
PAUSES_S: Final = (1.0, 30.0)
#: What ran for this long had started well: its next pause is the first again [s].
WELL_S: Final = 60.0


def everything() -> ASGIApp:
    """Return the whole service."""
    from gridmap.app import create_app  # noqa: PLC0415 -- the other application goes without
    from gridmap.geo.warm import compile_kernels  # noqa: PLC0415

    _end_with_parent()
    app = create_app(Settings())
    # Machine code that is kept takes a second to load, and a minute to make: whoever comes first does not wait for it.
    threading.Thread(target=compile_kernels, name="gridmap-warm", daemon=True).start()
    settle()
    return app


def settle() -> None:
    """Let what is loaded be: to look for circles in all of it stopped every request for a quarter of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


def public() -> ASGIApp:
    """Return the service for residents alone."""
    from gridmap.public_app import create_public_app  # noqa: PLC0415

    _end_with_parent()
    app = create_public_app(Settings())
    # What a scan leaves behind refers to nothing that refers back: looking for circles in it took as long as scanning.
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    return app


def _end_with_parent() -> None:
    """End this worker when its parent is gone: it would hold the port, and nobody could stop or replace it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="gridmap-parent", daemon=True).start()


class Beside:
    """A process beside this one, started again whenever it ends, with longer pauses each time, until `stop`.

    Its standard input is a pipe that closes when this process ends, however it ends.
    """

    def __init__(self, command: Sequence[str], *, pauses_s: tuple[float, float] = PAUSES_S) -> None:
        self.command, self.pauses_s = tuple(command), pauses_s
        self.environment = dict(os.environ)
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="gridmap-beside", daemon=True)

    def start(self) -> None:
        """Start the process, and watch it."""
        self._thread.start()

    def stop(self, patience_s: float = 10.0) -> None:
        """End the process, hard after `patience_s` [s], and wait for it."""
        self._stop.set()
        with self._lock:
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(patience_s)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(patience_s)

    def _run(self) -> None:
        pause, longest = self.pauses_s
        while not self._stop.is_set():
            began = time.monotonic()
            ended = self._once()
            if self._stop.is_set():
                return
            if time.monotonic() - began > WELL_S:
                pause = self.pauses_s[0]
            sys.stderr.write(f"gridmap: the keeper of the snapshot {ended}; started again in {pause:.0f} s\n")
            sys.stderr.flush()
            self._stop.wait(pause)
            pause = min(pause * 2, longest)

    def _once(self) -> str:
        """Run the process until it ends; return how that was."""
        with self._lock:
            if self._stop.is_set():
                return "was stopped"
            try:
                self._process = subprocess.Popen(self.command, stdin=subprocess.PIPE, env=self.environment)  # noqa: S603
            except OSError as error:  # no memory or no process left just now
                return f"did not start ({error.strerror})"
        code = self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        return f"ended ({code})"


def serve_public(host: str, port: int, workers: int, database: str | None = None) -> None:
    """Serve residents until stopped.

    Parameters
    ----------
    database
        Where the workers find the database, if elsewhere than the settings say, which hold for the keeper.
    """
    import uvicorn  # noqa: PLC0415 -- workers are started by it and have it

    beside = Beside(KEEPER)
    if database is not None:
        os.environ["GRIDMAP_DATABASE_URL"] = database
    signal.signal(signal.SIGTERM, _leave)  # else the process were gone before it has ended what it started
    beside.start()
    try:
        uvicorn.run(
            "gridmap.worker:public",
            factory=True,
            workers=workers,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        beside.stop()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    serve_public(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
