"""What both applications share: the desk that answers scans, and the threads that keep what it answers from fresh."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import structlog

from gridmap.http.scan import PlateDesk
from gridmap.services.scan import Scans
from gridmap.settings import Settings
from gridmap.store.cluster_folder import default_folder
from gridmap.web.resident_page import ResidentPages

#: How often a process looks whether there is a newer snapshot [s].
LOOK_S = 0.2
log = structlog.stdlib.get_logger("gridmap.snapshot")


def scan_folder(settings: Settings) -> Path:
    """Return the folder of the snapshot that scans are answered from."""
    return settings.scan or (settings.data or default_folder()) / "scan"


def make_desk(settings: Settings, counts: Counter[str] | None = None) -> PlateDesk:
    """Return the desk that answers scans in this process, counting outcomes in `counts`."""
    pages = ResidentPages(settings.emergency_numbers, secure=settings.secure_cookies)
    return PlateDesk(Scans(scan_folder(settings)), pages, counts=counts, secure=settings.secure_cookies)


class Watch:
    """A thread that takes the newest state of the snapshot a few times a second, until `stop`."""

    def __init__(self, scans: Scans) -> None:
        self.scans = scans
        self._stop = threading.Event()
        # A daemon: it only reads, and a process that ends need not wait for it.
        self._thread = threading.Thread(target=self._run, name="gridmap-scans", daemon=True)

    def start(self) -> None:
        """Take the present state, then look for newer ones."""
        self.scans.refresh()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(2)

    def _run(self) -> None:
        trouble = self.scans.trouble  # a service that starts for the first time has no snapshot yet: no news
        while not self._stop.wait(LOOK_S):
            try:
                self.scans.refresh()
            except Exception:  # the watch goes on: the state of before still answers
                log.exception("watch_broken")
            if self.scans.trouble != trouble:
                trouble = self.scans.trouble
                if trouble is None:
                    log.info("snapshot_whole", serial=None if self.scans.state is None else self.scans.state.serial)
                else:
                    log.warning("snapshot_trouble", slug=trouble)
