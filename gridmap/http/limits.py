"""How often one may try: token buckets in this process.

Each worker counts by itself, so N workers allow N times as many tries; behind several machines the proxy should limit
too. The buckets are bounded: the one used longest ago is forgotten first.
"""

from __future__ import annotations

import ipaddress
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
        self._lock = threading.RLock()

    def take(self, key: str) -> None:
        """Use one try of `key`.

        Raises
        ------
        TooManyTries
            If none is left; `retry_after` says how long to wait [s].
        """
        with self._lock:
            left, now = self._now(key)
            self._refuse(left)
            self._left[key] = (left - 1, now)
            self._left.move_to_end(key)
            if len(self._left) > self.keys:
                self._left.popitem(last=False)

    def require(self, key: str) -> None:
        """Check that `key` has a try left, without using it.

        Raises
        ------
        TooManyTries
            If none is left.
        """
        self._refuse(self._now(key)[0])

    def forgive(self, key: str) -> None:
        """Give `key` all its tries back, after one that was right."""
        with self._lock:
            self._left.pop(key, None)

    def _now(self, key: str) -> tuple[float, float]:
        """Return how many tries `key` has at this moment, and the moment."""
        now = self.clock()
        with self._lock:
            left, since = self._left.get(key, (float(self.burst), now))
        return min(float(self.burst), left + (now - since) / self.every), now

    def _refuse(self, left: float) -> None:
        if left < 1:
            wait = int((1 - left) * self.every) + 1
            raise TooManyTries(f"too many tries; wait {wait} s", retry_after=wait)


def block_of(address: str) -> str:
    """Return the block of addresses that one subscriber or a neighbourhood shares: IPv4 /24, IPv6 /56.

    An IPv4 address written as IPv6 counts as IPv4; what is no address is a block of its own.

    >>> block_of("192.0.2.77"), block_of("2001:db8:0:ff42::1"), block_of("::ffff:192.0.2.77"), block_of("unix")
    ('192.0.2.0/24', '2001:db8:0:ff00::/56', '192.0.2.0/24', 'unix')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    prefix = 24 if found.version == 4 else 56
    return str(ipaddress.ip_network((found, prefix), strict=False))
