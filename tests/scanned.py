"""Wait until an application's snapshot holds what a test has put into the database."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI

from gridmap.services.scan import Found, PlateNotFound
from gridmap.store.snapshot.faults import SnapshotMissing

_MADE: list[tempfile.TemporaryDirectory[str]] = []


def wait_for(app: FastAPI, code: str, sees: Callable[[Found], bool] = lambda _: True, *, seconds: float = 60) -> Found:
    """Return what the running application's scans know of a plate, once they know it and `sees` says yes.

    Raises
    ------
    TimeoutError
        If they do not in time.
    """
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        app.state.scans.refresh()
        try:
            found: Found = app.state.scans.find(code)
        except (PlateNotFound, SnapshotMissing):
            pass
        else:
            if sees(found):
                return found
        time.sleep(0.05)
    raise TimeoutError(f"the snapshot does not tell of {code} after {seconds} s")


def own_folder() -> Path:
    """Return a fresh folder for a snapshot, so that a service of a test never touches the machine's own; removed at the end."""
    made = tempfile.TemporaryDirectory(prefix="gridmap-test-scan-", ignore_cleanup_errors=True)
    _MADE.append(made)  # a folder nobody holds is removed at once
    return Path(made.name)
