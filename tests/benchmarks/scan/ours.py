"""Our service as residents reach it, in processes of its own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gridmap.services.scan import CONFIRMED
from tests.served import SECRET

PAGE, JSON = "/p/", "/api/v1/plates/"
#: Where nobody listens: a database that is away for good.
NO_DATABASE = "postgresql+psycopg://nobody@127.0.0.1:1/none"


def public(url: str, data: Path, workers: int = 1) -> dict[str, Any]:
    """Return how to run the service for residents on a database and a data folder.

    Without a database ("") its workers run alone, on the snapshot that is there: the command asks for one first.
    """
    command = ["-m", "gridmap", "serve", "--public"]
    if not url:
        command = ["-m", "uvicorn", "--factory", "gridmap.worker:public", "--no-access-log", "--log-level", "warning"]
    return {
        "command": [sys.executable, *command, "--workers", str(workers), "--port", "{port}"],
        "GRIDMAP_DATABASE_URL": url or NO_DATABASE,
        "GRIDMAP_DATA": str(data),
        "GRIDMAP_SECRET": SECRET,
        "GRIDMAP_SECURE_COOKIES": "false",
        "GRIDMAP_LOG_LEVEL": "warning",
    }


@contextmanager
def confirmed(data: Path) -> Iterator[None]:
    """Say in the place of a database that the snapshot is what it holds, so that answers are drawn as they always are."""
    stop = threading.Event()

    def say() -> None:
        (data / "scan" / CONFIRMED).touch()
        while not stop.wait(2):
            (data / "scan" / CONFIRMED).touch()

    thread = threading.Thread(target=say, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()
