"""From when on something is a gap: how many doors are too many, how long ago is too long, how far is too far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from gridmap.errors import Invalid
from gridmap.geo.reach import MODES, Mode


class LimitsNotPossible(Invalid):
    """A limit for coverage gaps is no number that can be one."""

    slug, title = "limits-not-possible", "The limits of coverage gaps are not possible"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits; what is above is told as a gap.

    `doors_per_officer`, `doors_per_member`: doors of one person. `visit_days`: since a door's last visit. `follow_up_days`:
    since a dispute was settled, or last written to. `history_days`: disputes settled longer ago are history, and not asked
    about. `reach_minutes`: from the nearest police post, `reach_by` vehicle or on foot.
    """

    doors_per_officer: int = 3_000
    doors_per_member: int = 1_000
    visit_days: int = 180
    follow_up_days: int = 30
    history_days: int = 365
    reach_minutes: float = 10.0
    reach_by: Mode = "vehicle"

    def __post_init__(self) -> None:
        """Refuse what can be no limit.

        Raises
        ------
        LimitsNotPossible
        """
        counts = (
            self.doors_per_officer,
            self.doors_per_member,
            self.visit_days,
            self.follow_up_days,
            self.history_days,
        )
        if min(counts) < 1 or max(counts) > 1_000_000:
            raise LimitsNotPossible(f"doors and days are 1 to 1,000,000; got {counts}")
        if not (math.isfinite(self.reach_minutes) and 0 < self.reach_minutes <= 10_000):
            raise LimitsNotPossible(f"minutes are above 0 and at most 10,000; got {self.reach_minutes}")
        if self.reach_by not in MODES:
            raise LimitsNotPossible(f"{self.reach_by!r} is no way of moving; give one of {', '.join(MODES)}")

    @property
    def unvisited(self) -> timedelta:
        """How long without a visit is too long."""
        return timedelta(days=self.visit_days)

    @property
    def waiting(self) -> timedelta:
        """How long without a word is too long."""
        return timedelta(days=self.follow_up_days)
