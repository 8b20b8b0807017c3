"""Small stations for the snapshot's tests."""

from __future__ import annotations

from gridmap.store.snapshot.segment import SegmentRows

PLACES = [("东街", "三里村", "B1", "C1"), ("东街", "三里村", "B1", ""), ("", "", "", ""), ("西街", "", "B2", "C9")]
TAILS = ["1号", "2号院3栋", ""]


def rows(*numbers: int, tail: int = 0, replaced: dict[int, int] | None = None) -> SegmentRows:
    """Return rows of installed plates (replaced ones where `replaced` says so), over all places in turn."""
    replaced = replaced or {}
    return SegmentRows(
        list(numbers),
        [at % len(PLACES) for at in range(len(numbers))],
        [tail] * len(numbers),
        [5 if number in replaced else 2 for number in numbers],
        PLACES,
        TAILS,
        replaced,
    )
