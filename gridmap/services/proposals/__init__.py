"""Balanced proposals: wishes → what is there (read) → options (computed, no database) → kept, opened as drafts (written)."""

from gridmap.services.proposals.ground import Ground, read
from gridmap.services.proposals.keep import GroundMoved, Kept, find, keep, open_option
from gridmap.services.proposals.make import Made, TooManyUnits, make
from gridmap.services.proposals.wishes import MOST_UNITS, PARTS, USUAL, PlanWishes, WishNotPossible, check

__all__ = [
    "MOST_UNITS",
    "PARTS",
    "USUAL",
    "Ground",
    "GroundMoved",
    "Kept",
    "Made",
    "PlanWishes",
    "TooManyUnits",
    "WishNotPossible",
    "check",
    "find",
    "keep",
    "make",
    "open_option",
    "read",
]
