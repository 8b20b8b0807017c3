"""How often one may try: token buckets in this process.

Each worker counts by itself, so N workers allow N times as many tries; behind several machines the proxy should limit
too. The buckets are bounded: the one used longest ago is forgotten first.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from gridmap.errors import GridmapError


class TooManyTries(GridmapError):
    """Somebody tries too often; the kind that is answered with 429."""

    slug, title = "too-many-tries", "Too many tries"


class Buckets:
    """Token buckets by key: `burst` tries at once, then one every `every` seconds."""

    def __init__(
        self, burst: int, every: float, *, keys: int = 50_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.burst, self.every, self.keys, self.clock = burst, every, keys, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> None:
        """Use one try of `key`.

        Raises
        ------
        TooManyTries
            If none is left; `retry_after` says how long to wait [s].
        """
        now = self.clock()
        with self._lock:
            left, since = self._left.pop(key, (float(self.burst), now))
            left = min(float(self.burst), left + (now - since) / self.every)
            allowed = left >= 1
            self._left[key] = (left - 1 if allowed else left, now)
            if len(self._left) > self.keys:
                self._left.popitem(last=False)
        if not allowed:
            wait = int((1 - left) * self.every) + 1
            raise TooManyTries(f"too many tries; wait {wait} s", retry_after=wait)

    def forgive(self, key: str) -> None:
        """Give `key` all its tries back, after one that was right."""
        with self._lock:
            self._left.pop(key, None)
