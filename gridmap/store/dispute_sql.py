"""Conditions on disputes that several queries ask: written once, in the words of the partial indexes."""

from __future__ import annotations

from typing import Final

from gridmap.domain.dispute_words import ENDED, OVER


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(repr(word) for word in words)


#: Somebody holds it, until a day; as the partial indexes of migration 0011 say it.
OPEN: Final = f"state NOT IN ({_listed(OVER)})"
#: It was settled, and may have been closed since.
SETTLED: Final = f"state IN ({_listed(ENDED)})"
#: Nobody had to settle it: it counts for no rate.
DROPPED: Final = "state IN ('withdrawn', 'not_ours')"
#: A quarrel; a tip (线索), a hazard (隐患) and a fresh case (现案) run the same loop and are counted for themselves.
IS_DISPUTE: Final = "matter = 'dispute'"
