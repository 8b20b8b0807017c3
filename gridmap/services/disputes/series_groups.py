"""Groups of like matters as a station's rule makes them: found in columns of numbers, and kept while nothing changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np

from gridmap.domain.loops import SeriesRule
from gridmap.store.dispute_series import Found

#: A group is at most so many times as wide and as long as two of its links: a chain does not run across the town.
WHOLE: Final = 3.0
#: Groups chance makes as seldom as this are told even where the station names no kinds.
LEVEL: Final = 0.05
DEALT: Final = 99
MOST_PROPOSALS: Final = 12


@dataclass(frozen=True, slots=True)
class Keyed:
    """A group by the keys of its matters, as `Found` has them; the rest as in a proposal."""

    keys: tuple[int, ...]
    extent_m: float
    days: float
    around: int
    expected: float
    p: float


#: Groups found last, by what they were made of: words of no matter are kept, but keys and figures.
_KEPT: Final[OrderedDict[bytes, list[Keyed]]] = OrderedDict()
_MOST_KEPT: Final = 64
_LOCK: Final = threading.Lock()


def group(found: Found, rule: SeriesRule) -> list[Keyed]:
    """Return the groups a rule makes of matters, the most unusual first, whatever order they come in; no query."""
    # Loaded here: only whoever asks for series needs what is compiled.
    from gridmap.geo.series import like_groups  # noqa: PLC0415

    found = found.part(np.argsort(found.keys))  # links of one length are taken in the same order every time
    asked = _asked(found, rule)
    with _LOCK:
        kept = _KEPT.get(asked)
    if kept is None:  # the same matters make the same groups: maps are dealt out anew when something has changed
        _, code = np.unique(found.kinds, return_inverse=True)
        groups = like_groups(
            found.x, found.y, np.round(found.at).astype(np.int64), code, reach_m=rule.within_m, reach_days=float(rule.within_days),
            most_extent_m=WHOLE * rule.within_m, most_days=WHOLE * rule.within_days, least=max(rule.least, 2),
            level=1.0 if rule.kinds else LEVEL, permutations=DEALT,
        )  # fmt: skip
        kept = [
            Keyed(tuple(found.keys[one.members].tolist()), one.extent_m, one.days, one.around, one.expected, one.p)
            for one in groups[:MOST_PROPOSALS]
        ]
        with _LOCK:
            _KEPT[asked] = kept
            while len(_KEPT) > _MOST_KEPT:
                _KEPT.popitem(last=False)
    return kept


def _asked(found: Found, rule: SeriesRule) -> bytes:
    """Return a digest of all that groups are made of: equal digests, equal groups."""
    digest = blake2b(repr((rule, found.names)).encode(), digest_size=32)
    for column in (found.keys, found.kinds, found.at, found.x, found.y):
        digest.update(column.tobytes())
    return digest.digest()
