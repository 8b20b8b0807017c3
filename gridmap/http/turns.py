"""Turns: after a block of addresses has guessed codes, its requests wait for one another.

Refusing right codes would lock out a town behind one address; answering them at once would let a guesser go on at full
speed. So everybody in such a block is answered, one after the other, twice a second. Who waits already for longer than a
quarter of a minute ahead is told to come again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from gridmap.http.limits import TooManyTries


class Turns:
    """Blocks of addresses in trouble, and when the next request of each may be answered.

    Parameters
    ----------
    every
        Between two answers to one block [s].
    longest
        The longest a request waits [s].
    lasts
        How long a block stays in trouble after its last guess [s].
    keys
        Blocks remembered; the one in trouble for longest is forgiven first.
    """

    def __init__(
        self,
        *,
        every: float = 0.5,
        longest: float = 15.0,
        lasts: float = 300.0,
        keys: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.every, self.longest, self.lasts, self.keys, self.clock = every, longest, lasts, keys, clock
        #: block -> (in trouble until, next free turn)
        self._blocks: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        """Whether any block is in trouble; else nobody need look further."""
        return bool(self._blocks)

    def begin(self, block: str) -> None:
        """Let the requests of a block wait for one another from now on."""
        with self._lock:
            now = self.clock()
            _, free = self._blocks.pop(block, (0.0, now))
            self._blocks[block] = (now + self.lasts, free)
            if len(self._blocks) > self.keys:
                self._blocks.popitem(last=False)

    def take(self, block: str) -> float:
        """Take the next turn of a block and return how long to wait for it [s]; 0 where it is in no trouble.

        Raises
        ------
        TooManyTries
            If too many wait already; `retry_after` says for how long [s].
        """
        with self._lock:
            found = self._blocks.get(block)
            if found is None:
                return 0.0
            now = self.clock()
            until, free = found
            if now >= until:
                del self._blocks[block]
                return 0.0
            wait = max(0.0, free - now)
            if wait > self.longest:
                raise TooManyTries("too many unknown codes come from here; wait", retry_after=int(wait) + 1)
            self._blocks[block] = (until, max(free, now) + self.every)
            return wait
