"""The commander's figures by tier, kind and source; medians beside those of the span before and a year ago."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row

from gridmap.domain.dispute_filter import ANY
from gridmap.domain.figure_spans import Span
from gridmap.services.disputes.figure_span import DISPUTES, Number, Took, took
from gridmap.store.dispute_days import SOURCES, Each, Ints, Sums

#: What the figures are told by.
BYS: Final = ("tier", "kind", "source")


@dataclass(frozen=True, slots=True)
class Part:
    """A tier, a kind or a source: taken in and of these settled, in the span; open and overdue now.

    `took`, `before`, `year`: how long it took in the span, the one before and a year ago; None where nothing is on record.
    """

    key: str
    taken: Number
    settled_of: Number
    took: Took
    before: Took | None
    year: Took | None
    open: Number
    overdue: Number

    def numbers(self) -> list[Number]:
        """Return every number that opens a list."""
        then = [one.number for one in (self.before, self.year) if one is not None]
        return [self.taken, self.settled_of, self.took.number, *then, self.open, self.overdue]


def parts(
    by: str, spans: Sequence[Span | None], sums: Sequence[Sums], each: Each, held: Iterable[Row[Any]],
    kinds: Mapping[int, str], *, only: str | None = None,
) -> tuple[Part, ...]:  # fmt: skip
    """Return what is told by tier, kind or source: tiers from the lowest, all else from what is taken in most.

    Parameters
    ----------
    spans
        The span, the one before and that of a year ago; None where there is no record.
    sums
        What the days of each add up to.
    each
        Every dispute of the span.
    held
        What is open now, as `dispute_figures.open_now` returns it.
    kinds
        The kinds by the number they are counted as.
    only
        Of one tier, kind or source alone, as `Part.key` says it, there or not.
    """
    span = spans[0]
    if span is None:
        raise ValueError("the span itself is asked for")
    keys = _keys(by, each.opened)
    opened, done = _counted(by, keys, kinds), _counted(by, keys[each.over], kinds)
    alone: Any = only if only is None or by != "tier" else int(only)
    # Of a year the one before and a year ago are the same days, and looked through once.
    once = {id(one): _times(by, one, kinds, alone) for one in {id(one): one for one in sums}.values()}
    times = [once[id(one)] for one in sums]
    open_: Counter[Any] = Counter()
    late: Counter[Any] = Counter()
    for row in held:
        if (key := getattr(row, by)) is not None:
            open_[key] += row.open
            late[key] += row.overdue
    known = {alone} if alone is not None else opened.keys() | open_.keys() | {
        key for one, then in zip(times, spans, strict=True) if then is not None for key in one
    }  # fmt: skip
    found = []
    for key in sorted(known, key=lambda key: (key,) if by == "tier" else (-opened[key], key)):
        of: dict[str, Any] = {by: key}
        taken = replace(DISPUTES, opened=span.pair, state=ANY, **of)
        took_of = {
            then: took(one.get(key, _NONE), replace(DISPUTES, settled=then.pair, **of))
            for then, one in dict(zip(spans, times, strict=True)).items()
            if then is not None
        }
        before, year = (None if then is None else took_of[then] for then in spans[1:])
        found.append(Part(
            str(key), Number(opened[key], taken), Number(done[key], replace(taken, settled=(None, span.last))),
            took_of[span], before, year,
            Number(open_[key], replace(DISPUTES, **of)), Number(late[key], replace(DISPUTES, due="overdue", **of)),
        ))  # fmt: skip
    return tuple(found)


_NONE: Final = np.empty(0)


def _keys(by: str, what: Ints) -> NDArray[np.uint16]:
    """Return the number of the tier, kind or source of each."""
    keys = what >> 16 if by == "kind" else (what >> 8 if by == "source" else what) & 255
    return keys.astype(np.uint16)


def _named(by: str, number: int, kinds: Mapping[int, str]) -> Any:
    return number if by == "tier" else kinds[number] if by == "kind" else SOURCES[number - 1]


def _counted(by: str, keys: NDArray[np.uint16], kinds: Mapping[int, str]) -> Counter[Any]:
    found = np.bincount(keys)
    return Counter({_named(by, int(key), kinds): int(found[key]) for key in found.nonzero()[0]})


def _times(by: str, sums: Sums, kinds: Mapping[int, str], only: Any) -> dict[Any, NDArray[np.float64]]:
    """Return how long each took [s], by tier, kind or source; `only` of one where it is given."""
    keys = _keys(by, sums.done)
    counts = np.bincount(keys)
    # Sixteen bits are sorted by counting them: one walk for all of them, instead of one for each.
    ordered, ends = sums.took[np.argsort(keys, kind="stable")], counts.cumsum()
    named = {int(key): _named(by, int(key), kinds) for key in counts.nonzero()[0]}
    return {
        name: ordered[ends[key] - counts[key] : ends[key]]
        for key, name in named.items()
        if only is None or name == only
    }
