"""What a ledger tells of a past dispute's life: when it went a tier up, and what whoever asked afterwards was told."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from gridmap.services.imports.columns import Field
from gridmap.services.imports.rows import Rows
from gridmap.services.imports.times import moments

#: Tiers whose own moment a file may tell: a dispute begins at the first, or wherever it was before it went up.
ABOVE: Final = (2, 3, 4, 5)
FIELDS: Final = (
    Field("escalated_at", ("escalated", "提级时间", "提级日期", "升级时间", "转上级时间")),
    *(Field(f"tier_{tier}_at", (f"level_{tier}_at", f"{word}级时间", f"提至{word}级时间", f"转{word}级时间"))
      for tier, word in zip(ABOVE, "二三四五", strict=True)),
    Field("visited_at", ("visited", "followed_up_at", "follow_up_at", "回访时间", "回访日期")),
    Field("rating", ("stars", "score", "satisfaction", "满意度", "评分", "回访评分", "满意度评分", "群众评价", "评价")),
)  # fmt: skip
COLUMNS: Final = {f"tier_{tier}_at": "timestamptz" for tier in ABOVE} | {
    "visited_at": "timestamptz",
    "rating": "integer",
}
#: How people write what was said of a settled dispute, 5 is best.
_STARS: Final = {
    **{f"{stars}{end}": stars for stars in range(1, 6) for end in ("", "星", "分")},
    "非常满意": 5, "很满意": 5, "满意": 4, "基本满意": 3, "一般": 3, "不满意": 2, "很不满意": 1, "非常不满意": 1,
    "very satisfied": 5, "satisfied": 4, "neutral": 3, "dissatisfied": 2, "very dissatisfied": 1,
}  # fmt: skip


def history_of(
    rows: Rows, tier: pd.Series[int], opened: pd.Series[pd.Timestamp], over: pd.Series[pd.Timestamp]
) -> dict[str, pd.Series[pd.Timestamp] | pd.Series[int]]:
    """Return the columns `COLUMNS` of each row; refused is what cannot have been.

    Parameters
    ----------
    tier
        At which it stands, or ended.
    opened, over
        When it was opened, and when it was settled or closed; NaT where it is not.
    """
    found: dict[str, pd.Series[pd.Timestamp] | pd.Series[int]] = {}
    last = moments(rows, "escalated_at", rows.zone)
    before = opened
    for above in ABOVE:
        name = f"tier_{above}_at"
        at = moments(rows, name, rows.zone)
        at = at.fillna(last.where(tier == above))  # a file with one such column tells of the tier it came to
        rows.reject((at.notna() & (tier < above)).to_numpy(), f"{name} is given, but its tier is lower", at)
        rows.reject((at < before).to_numpy(), f"{name} lies before it was opened, or came to the tier below", at)
        rows.reject(((at > over) | (at > pd.Timestamp.now("UTC"))).to_numpy(), f"{name} lies after its end, or now", at)
        before = at.fillna(before)
        found[name] = at
    rows.reject((last.notna() & (tier < ABOVE[0])).to_numpy(), "escalated_at is given, but its tier is the first", last)
    visited = moments(rows, "visited_at", rows.zone)
    rows.reject((visited.notna() & over.isna()).to_numpy(), "visited_at is given, but it is not settled", visited)
    rows.reject((visited < over).to_numpy(), "visited_at lies before it was settled", visited)
    rows.reject((visited > pd.Timestamp.now("UTC")).to_numpy(), "visited_at lies in the future", visited)
    texts = rows.text("rating").str.casefold().str.removesuffix(".0")
    rating = pd.Series([_STARS.get(text) for text in texts], dtype="Int64")
    rows.reject((rating.isna().to_numpy() & (texts != "").to_numpy()), "rating is no whole number from 1 to 5", texts)
    # Who said how it was, was asked: on which day is not told everywhere. What was opened again keeps its stars, without a visit.
    found["visited_at"] = visited.fillna(over.where(np.asarray(rating.notna(), dtype=bool)))
    found["rating"] = rating
    return found
