"""Whether the figures of a station, or of a city, changed beyond chance against the span before and the same days a year ago."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from gridmap.geo.case_tests import compare_shares
from gridmap.geo.change_tests import compare_counts
from gridmap.services.disputes.figure_span import Compared, SpanFigures

#: Called a change up to this p.
SIGNIFICANT: Final = 0.05
#: What is compared: counts by the E-test, each over its days; shares by Fisher's exact test.
COUNTS: Final = ("taken", "took", "calls")
SHARES: Final = ("share_settled", "share_closed")


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure of the span stands to an earlier one: how many times as much, the p, and one word."""

    ratio: float
    p: float

    @property
    def said(self) -> Literal["more", "fewer", "same"]:
        """The comparison in one word."""
        if self.p > SIGNIFICANT or self.ratio == 1:
            return "same"
        return "more" if self.ratio > 1 else "fewer"


def changes(found: Compared) -> dict[str, tuple[Change | None, Change | None]]:
    """Return for each of `COUNTS` and `SHARES` the change against the span before and a year ago.

    None where an earlier span has no record, or there is nothing to compare.
    """
    pairs = [_against(found.now, then) for then in (found.before, found.year)]
    return {name: (pairs[0].get(name), pairs[1].get(name)) for name in (*COUNTS, *SHARES)}


def _against(now: SpanFigures, then: SpanFigures) -> dict[str, Change]:
    if not then.recorded:
        return {}
    told = compare_counts(
        [_count(then, name) for name in COUNTS], [_count(now, name) for name in COUNTS],
        exposure_before=then.span.days, exposure_after=now.span.days,
    )  # fmt: skip
    found = {
        name: Change(float(ratio), float(p))
        for name, ratio, p in zip(COUNTS, told["ratio"], told["p"], strict=True)
        if not math.isnan(ratio)
    }
    for name in SHARES:
        one, two = getattr(then, name), getattr(now, name)
        ratio = compare_shares((one.part, one.of), (two.part, two.of))
        if ratio is not None:
            found[name] = Change(ratio.ratio, ratio.p)
    return found


def _count(span: SpanFigures, name: str) -> int:
    return {"taken": span.taken.value, "took": span.took.number.value, "calls": span.calls}[name]
